"""The registry changes: written, read back, and put back when a later one fails."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.promotion.move import MoveFailed, move, put_back
from pytest_mlflow_gate.promotion.plan import Plan, SetAlias, SetStage, SetTag, Step
from pytest_mlflow_gate.tracking.store import Denied, Unreachable
from tests.fakes import FakeStore

MODEL = "churn-classifier"
ALIAS = SetAlias(MODEL, "champion", "2", "1")
STAGE = SetStage(MODEL, "2", "Production", "Staging", ("1",))
TAG = SetTag(MODEL, "2", "validated_by", "ci", None)


def plan(*steps: Step) -> Plan:
    """Return a plan of these steps."""
    return Plan(
        "churn", MODEL, "2", created=True, destination="@champion", previous_version="1", note="", steps=steps
    )


def registry() -> FakeStore:
    """Return a registry with version 1 in charge and version 2 ready to follow."""
    store = FakeStore()
    store.add_version(MODEL, "1", stage="Production")
    store.add_version(MODEL, "2", stage="Staging")
    store.aliases[MODEL]["champion"] = "1"
    return store


def state(store: FakeStore) -> tuple[object, ...]:
    """Return everything that a move may change."""
    versions = store.versions[MODEL].values()
    return (
        dict(store.aliases[MODEL]),
        [version.stage for version in versions],
        [dict(v.tags) for v in versions],
    )


BEFORE = state(registry())


def test_every_step_is_carried_out_once() -> None:
    """Alias, stage and tag, in the order of the plan, nothing twice."""
    store = registry()
    move(plan(ALIAS, STAGE, TAG), store)
    assert state(store) == ({"champion": "2"}, ["Archived", "Production"], [{}, {"validated_by": "ci"}])
    assert store.writes == [
        f"alias {MODEL}@champion = 2",
        f"stage {MODEL}/2 = Production alone",
        f"tag {MODEL}/2 validated_by = ci",
    ]


def test_an_empty_plan_writes_nothing() -> None:
    """What is in place already is a no-op that passes."""
    store = registry()
    move(plan(), store)
    assert store.writes == []


@pytest.mark.parametrize("failing", [f"alias {MODEL}@champion = 2", "stage", "tag"])
def test_a_failed_step_puts_everything_back(failing: str) -> None:
    """Whether it took effect before the answer was an error or not, the registry is as it was."""
    store = registry()
    store.on_write = lambda text: (_ for _ in ()).throw(Denied("no")) if text.startswith(failing) else None
    with pytest.raises(MoveFailed) as caught:
        move(plan(ALIAS, STAGE, TAG), store)
    assert str(caught.value).endswith(" failed: no")
    assert state(store) == BEFORE


def test_a_lost_answer_to_a_change_that_was_made_is_no_failure() -> None:
    """The registry is asked what is true now."""
    store = registry()
    original = store.set_alias

    def set_and_lose(model: str, alias: str, version: str) -> None:
        original(model, alias, version)
        raise Unreachable("reset")

    store.set_alias = set_and_lose  # type: ignore[method-assign]
    move(plan(ALIAS), store)
    assert store.aliases[MODEL] == {"champion": "2"}


def test_a_registry_that_takes_a_change_and_shows_another_state_is_not_believed() -> None:
    """Read back after every write."""
    store = registry()
    store.set_alias = lambda model, alias, version: None  # type: ignore[method-assign]  # noqa: ARG005
    with pytest.raises(MoveFailed) as caught:
        move(plan(ALIAS), store)
    assert str(caught.value) == (
        f"moving @champion of {MODEL} to version 2 failed: the registry took the change and then showed another state"
    )


def test_an_alias_that_somebody_else_moved_is_left_alone() -> None:
    """The last look is one request before the write."""
    store = registry()
    store.add_version(MODEL, "3")
    store.aliases[MODEL]["champion"] = "3"
    with pytest.raises(MoveFailed) as caught:
        move(plan(ALIAS, TAG), store)
    assert str(caught.value) == (
        f"moving @champion of {MODEL} to version 2 failed: it points to version 3 and not to version 1 any more: "
        "somebody else moved it, run the gate again"
    )
    assert store.writes == []


def test_what_could_not_be_put_back_is_named() -> None:
    """Nothing is left half-moved in silence."""
    store = registry()
    store.failing = {"tag": Denied("tags are not allowed"), f"alias {MODEL}@champion = 1": Denied("gone")}
    store.set_version_tag = lambda *_: (_ for _ in ()).throw(Denied("tags are not allowed"))  # type: ignore[method-assign]
    with pytest.raises(MoveFailed) as caught:
        move(plan(ALIAS, TAG), store)
    assert str(caught.value) == (
        f"moving tag validated_by of {MODEL} version 2 failed: tags are not allowed; "
        f"could not put back @champion of {MODEL} to version 2: gone"
    )


def test_a_first_alias_is_removed_again() -> None:
    """Putting back a first promotion leaves no alias at all, and a first tag no tag."""
    store = registry()
    store.aliases[MODEL].clear()
    steps = (SetAlias(MODEL, "champion", "2", None), TAG)
    move(plan(*steps), store)
    assert put_back(steps, store) == ()
    assert store.aliases[MODEL] == {}
    assert state(store)[2] == [{}, {}]


def test_ctrl_c_in_the_middle_puts_back_and_goes_on_as_ctrl_c() -> None:
    """A person who interrupts gets the registry as it was."""
    store = registry()

    def interrupt(text: str) -> None:
        if text.startswith("tag"):
            raise KeyboardInterrupt

    store.on_write = interrupt
    with pytest.raises(KeyboardInterrupt):
        move(plan(ALIAS, STAGE, TAG), store)
    assert state(store) == BEFORE
