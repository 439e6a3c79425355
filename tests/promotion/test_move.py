"""Steps carried out: each is read back, and all are put back when a later one fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_mlflow_gate.promotion.move import MoveFailed, move, put_back
from pytest_mlflow_gate.promotion.steps import KeepCopy, MoveAlias, SetStage, Step
from pytest_mlflow_gate.promotion.tagging import TagChange, TagRun, TagVersion
from pytest_mlflow_gate.tracking.store import Denied, Unreachable
from tests.commands.past import MODEL, state
from tests.fakes import FakeStore
from tests.promotion.faults import LOST, lose_answers, refusing

COPY = KeepCopy(MODEL, "2")
ALIAS = MoveAlias(MODEL, "champion", "2", "1", "previous", "1", None)
STAGE = SetStage(MODEL, "2", "Production", "Staging", ("1",))
RUN = TagRun("r1", (TagChange("validated_by", "ci", None),))
TAG = TagVersion(MODEL, "2", (TagChange("validated_by", "ci", None), TagChange("old", None, "1")))
STEPS = (ALIAS, STAGE, RUN, TAG)
WRITES = [
    f"alias {MODEL}@previous = 1",
    f"alias {MODEL}@champion = 2",
    f"stage {MODEL}/2 = Production alone",
    "run tags r1 validated_by = ci",
    f"tag {MODEL}/2 validated_by = ci",
    f"no tag {MODEL}/2 old",
]


def registry() -> FakeStore:
    """Return a registry with version 1 in charge and version 2 ready to follow."""
    store = FakeStore()
    store.add_version(MODEL, "1", stage="Production")
    store.add_version(MODEL, "2", stage="Staging", tags={"old": "1"})
    store.aliases[MODEL]["champion"] = "1"
    return store


BEFORE = state(registry())


def test_every_step_is_carried_out_once() -> None:
    """In the order of the plan, nothing twice."""
    store = registry()
    move(STEPS, store)
    assert store.aliases == {MODEL: {"champion": "2", "previous": "1"}}
    assert [(v.stage, v.tags) for v in store.versions[MODEL].values()] == [
        ("Archived", {}),
        ("Production", {"validated_by": "ci"}),
    ]
    assert store.runs["r1"].tags == {"validated_by": "ci"}
    assert store.writes == WRITES


def test_no_steps_write_nothing() -> None:
    """What is in place already is a no-op that passes."""
    store = registry()
    move((), store)
    assert store.writes == []


@pytest.mark.parametrize("write", WRITES)
def test_a_lost_answer_to_a_change_that_was_made_is_no_failure(write: str) -> None:
    """The registry is asked what is true now; tags that were not asked for any more are the only loss."""
    store = registry()
    lose_answers(store, write)
    steps: tuple[Step, ...] = (
        ALIAS,
        STAGE,
        RUN,
        replace(TAG, changes=TAG.changes[:1]),
        replace(TAG, changes=TAG.changes[1:]),
    )
    if write == WRITES[0]:
        steps = (replace(ALIAS, memory=None), MoveAlias(MODEL, "previous", "1", None), *steps[1:])
    move(steps, store)
    assert sorted(store.writes) == sorted(WRITES)


@pytest.mark.parametrize(
    ("write", "text"),
    [
        pytest.param(
            WRITES[0],
            f"moving @champion of {MODEL} to version 2 failed: {LOST}",
            id="memory",
        ),
        pytest.param(
            WRITES[4],
            f"moving tag validated_by and 1 more of {MODEL} version 2 failed: {LOST}",
            id="first-tag",
        ),
    ],
)
def test_a_lost_answer_in_the_middle_of_a_step_puts_everything_back(write: str, text: str) -> None:
    """The rest of the step was not asked for, so it did not happen."""
    store = registry()
    lose_answers(store, write)
    with pytest.raises(MoveFailed) as caught:
        move(STEPS, store)
    assert str(caught.value) == text
    assert state(store) == BEFORE


@pytest.mark.parametrize(
    ("write", "step"),
    [
        (WRITES[0], f"@champion of {MODEL} to version 2"),
        (WRITES[1], f"@champion of {MODEL} to version 2"),
        (WRITES[2], f"version 2 of {MODEL} to stage Production"),
        (WRITES[3], "tag validated_by of run r1"),
        (WRITES[4], f"tag validated_by and 1 more of {MODEL} version 2"),
        (WRITES[5], f"tag validated_by and 1 more of {MODEL} version 2"),
    ],
    ids=["memory", "alias", "stage", "run-tags", "tag", "no-tag"],
)
def test_a_refused_write_puts_everything_back(write: str, step: str) -> None:
    """All or nothing, and the step is named."""
    store = registry()
    store.on_write = refusing(write)
    with pytest.raises(MoveFailed) as caught:
        move(STEPS, store)
    assert str(caught.value) == f"moving {step} failed: no"
    assert state(store) == BEFORE


def test_steps_are_put_back_in_reverse_order() -> None:
    """What was written last is put back first."""
    store = registry()
    store.on_write = refusing(WRITES[-1])
    with pytest.raises(MoveFailed):
        move((COPY, *STEPS), store)
    assert store.writes[len(WRITES) - 1 :] == [
        f"no tag {MODEL}/2 validated_by",
        "no run tag r1 validated_by",
        f"stage {MODEL}/2 = Staging",
        f"stage {MODEL}/1 = Production",
        f"alias {MODEL}@champion = 1",
        f"no alias {MODEL}@previous",
        f"delete version {MODEL}/2",
    ]


@pytest.mark.parametrize(
    ("method", "text"),
    [
        pytest.param(
            "set_alias",
            f"moving @champion of {MODEL} to version 2 failed: "
            "@previous points to no version now, somebody else moved it",
            id="alias",
        ),
        pytest.param(
            "set_stage",
            f"moving version 2 of {MODEL} to stage Production failed: it is in stage Staging",
            id="stage",
        ),
        pytest.param(
            "set_version_tag",
            f"moving tag validated_by and 1 more of {MODEL} version 2 failed: "
            "tag validated_by is None and not 'ci'",
            id="tag",
        ),
    ],
)
def test_a_registry_that_takes_a_change_and_shows_another_state_is_not_believed(
    method: str, text: str
) -> None:
    """Read back after every write."""
    store = registry()
    # Once: what is called on the instance gives way to what the class does.
    setattr(store, method, lambda *_, **__: delattr(store, method))
    with pytest.raises(MoveFailed) as caught:
        move(STEPS, store)
    assert str(caught.value) == text
    assert state(store) == BEFORE


def test_an_alias_that_somebody_else_moved_before_is_left_alone() -> None:
    """The last look is one request before the write."""
    store = registry()
    store.add_version(MODEL, "3")
    store.aliases[MODEL]["champion"] = "3"
    with pytest.raises(MoveFailed) as caught:
        move(STEPS, store)
    assert str(caught.value) == (
        f"moving @champion of {MODEL} to version 2 failed: @champion of {MODEL} points to version 3 and not to "
        "version 1 any more: somebody else moved it, run the command again"
    )
    assert store.writes == []


@pytest.mark.parametrize("write", WRITES[2:])
def test_who_was_overtaken_says_so_and_leaves_the_winner_alone(write: str) -> None:
    """Both versions are named; all else that this session wrote is put back."""
    store = registry()
    store.add_version(MODEL, "3")

    def overtake(text: str) -> None:
        if text == write:
            store.aliases[MODEL] = {"champion": "3", "previous": "1"}

    store.on_write = overtake
    with pytest.raises(MoveFailed) as caught:
        move(STEPS, store)
    assert str(caught.value) == (
        f"moving @champion of {MODEL} to version 2 failed: it points to version 3 now, somebody else moved it; "
        f"could not put back @champion of {MODEL} to version 2: "
        "it points to version 3 now, which this session did not set"
    )
    assert store.aliases == {MODEL: {"champion": "3", "previous": "1"}}
    assert [(v.stage, v.tags) for v in store.versions[MODEL].values()] == [
        ("Production", {}),
        ("Staging", {"old": "1"}),
        ("None", {}),
    ]
    assert store.runs["r1"].tags == {}


def test_what_could_not_be_put_back_is_named() -> None:
    """Nothing is left half-moved in silence, and the rest is put back all the same."""
    store = registry()
    store.on_write = refusing(WRITES[-1], f"alias {MODEL}@champion = 1", f"stage {MODEL}/2 = Staging")
    with pytest.raises(MoveFailed) as caught:
        move(STEPS, store)
    assert str(caught.value) == (
        f"moving tag validated_by and 1 more of {MODEL} version 2 failed: no; "
        f"could not put back version 2 of {MODEL} to stage Production: no; "
        f"could not put back @champion of {MODEL} to version 2: no"
    )
    assert store.runs["r1"].tags == {}
    assert store.versions[MODEL]["2"].tags == {"old": "1"}


def test_a_registry_that_is_gone_names_everything() -> None:
    """The server died in the middle of the move."""
    store = registry()

    def die(text: str) -> None:
        if text == WRITES[-1]:
            store.on_write = refusing("", error=Denied("gone"))
            raise Denied("gone")

    store.on_write = die
    with pytest.raises(MoveFailed) as caught:
        move(STEPS, store)
    first, *left = str(caught.value).split("; ")
    assert first == f"moving tag validated_by and 1 more of {MODEL} version 2 failed: gone"
    assert left == [f"could not put back {step}: gone" for step in reversed(STEPS)]


def test_all_is_put_back_after_a_move_that_came_to_its_end() -> None:
    """Another gate failed, or the session turned red afterwards."""
    store = registry()
    move(STEPS, store)
    assert put_back(STEPS, store) == ()
    assert state(store) == BEFORE


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), ZeroDivisionError()])
def test_whatever_breaks_the_move_puts_back_and_goes_on(write: str, error: BaseException) -> None:
    """A person who interrupts gets the registry as it was, and so does one who meets a bug of ours."""
    store = registry()
    store.on_write = refusing(write, error=error)
    with pytest.raises(type(error)):
        move(STEPS, store)
    assert state(store) == BEFORE


def test_a_registry_that_fell_silent_is_asked_once_more_and_not_for_each_step() -> None:
    """Each question takes its whole time then: the steps that were not tried are named all the same."""
    store = registry()

    def die(text: str) -> None:
        if text == WRITES[-1]:
            store.on_write = refusing("", error=Unreachable("fake: no answer"))
            raise Denied("gone")

    store.on_write = die
    with pytest.raises(MoveFailed) as caught:
        move(STEPS, store)
    last, *others = [str(step) for step in reversed(STEPS)]
    assert caught.value.left == (
        f"could not put back {last}: fake: no answer",
        *(f"could not put back {step}: fake://store does not answer any more" for step in others),
    )
