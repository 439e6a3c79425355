"""Back to the version before: what is written, every refusal, and kills in the middle."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.history import history_of
from pytest_mlflow_gate.promotion.move import MoveFailed, move
from pytest_mlflow_gate.promotion.provenance import Provenance
from pytest_mlflow_gate.promotion.rollback import rollback_of
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.tracking.store import Denied, Unreachable
from tests.commands.past import MODEL, NOON, PROMOTION, promote, promoted, registry, state
from tests.gates import gate
from tests.soaking import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.promotion.rollback import Rollback
    from tests.fakes import FakeStore

ALICE = Provenance("alice")
HOUR = 3600.0
KEY = "mlflow_gate.decision.20251121T130000.000000Z"
EVERYTHING = PROMOTION._replace(stage="Production", previous_alias="former", tags=(("validated_by", "ci"),))
STAGED = PROMOTION._replace(alias=None, stage="Production")
REMOVED = ("previous_version", "commit", "job_url")
COPIED = PROMOTION._replace(copy_to="prod", previous_alias="former", stage="Production", approval="always")


def planned(store: FakeStore, promotion: Promotion = PROMOTION, *, hour: int = 1) -> Rollback:
    """Return the plan of alice's roll back, so many hours after noon."""
    return rollback_of(gate(promotion=promotion), promotion, store, ALICE, NOON + HOUR * hour)


def roll_back(store: FakeStore, promotion: Promotion = PROMOTION, *, hour: int = 1) -> tuple[str, str]:
    """Roll back as alice, so many hours after noon; return where to, and from where."""
    plan = planned(store, promotion, hour=hour)
    move(plan.steps, store)
    return plan.version, plan.previous_version


def approve(store: FakeStore, version: str) -> None:
    """Approve a version of the promoted model as bob."""
    store.set_version_tag(MODEL, version, "mlflow_gate.approved_by", "bob")


def of_copies() -> FakeStore:
    """Return a store in which two approved versions were promoted as copies."""
    store = registry()
    for number in (1, 2):
        promote(store, number, COPIED, minute=2 * number)
        approve(store, str(number))
        promote(store, number, COPIED, minute=2 * number + 1)
    store.writes.clear()
    return store


def test_planning_writes_nothing() -> None:
    """Everything is read before the first write; a dry run ends here."""
    store = promoted(1, 2, promotion=EVERYTHING)
    plan = planned(store, EVERYTHING)
    assert (plan.version, plan.previous_version) == ("1", "2")
    assert store.writes == []


def test_what_is_written_in_what_order() -> None:
    """The intent, the aliases, the stage, what run and version remember, and that it is done."""
    store = promoted(1, 2, promotion=EVERYTHING)
    approve(store, "2")
    store.writes.clear()
    roll_back(store, EVERYTHING)
    entry: dict[str, object] = {
        "verdict": "rolling back",
        "time": "2025-11-21T13:00:00Z",
        "gate": "churn",
        "model": MODEL,
        "version": "1",
        "alias": "champion",
        "stage": "Production",
        "previous_version": "2",
        "memory_version": "1",
        "by": "alice",
        "approved_by": None,
        "commit": None,
        "job_url": None,
        "gate_sha256": "d",
        "run_id": None,
        "checks": [],
    }
    text = json.dumps(entry, separators=(",", ":"))
    removals = {write for write in store.writes if write.startswith("no run tag")}
    assert removals == {f"no run tag r2 mlflow_gate.{key}" for key in REMOVED}
    assert [write for write in store.writes if write not in removals] == [
        f"tag {MODEL}/1 {KEY} = {text}",
        f"no alias {MODEL}@former",
        f"alias {MODEL}@champion = 1",
        f"stage {MODEL}/1 = Production alone",
        (
            "run tags r2 mlflow_gate.verdict = rolled back, mlflow_gate.time = 2025-11-21T13:00:00Z, "
            "mlflow_gate.reason = rolled back to version 1 by alice, mlflow_gate.by = alice"
        ),
        f"tag {MODEL}/2 mlflow_gate.verdict = rolled back",
        f"tag {MODEL}/2 mlflow_gate.time = 2025-11-21T13:00:00Z",
        f"tag {MODEL}/2 mlflow_gate.reason = rolled back to version 1 by alice",
        *(f"no tag {MODEL}/2 mlflow_gate.{key}" for key in REMOVED),
        f"tag {MODEL}/2 mlflow_gate.by = alice",
        f"no tag {MODEL}/2 mlflow_gate.approved_by",
        f"tag {MODEL}/1 {KEY} = {text.replace('rolling back', 'rolled back')}",
    ]
    assert store.aliases == {MODEL: {"champion": "1"}}
    assert [version.stage for version in store.versions[MODEL].values()] == ["Production", "Archived"]


def test_the_numbers_stay_with_the_version() -> None:
    """It was taken down, and what it was judged by is as true as before."""
    store = promoted(1, 2)
    numbers = store.versions[MODEL]["2"].tags["mlflow_gate.checks"]
    roll_back(store)
    assert store.versions[MODEL]["2"].tags["mlflow_gate.checks"] == numbers
    assert numbers.startswith("accuracy[min] 0.93 >= 0.85 passed")


def test_further_and_further_back() -> None:
    """Each roll back goes one further, none goes forward, and a new promotion starts from where it was."""
    store = promoted(1, 2, 3, promotion=EVERYTHING)
    assert store.aliases[MODEL] == {"champion": "3", "former": "2"}
    assert roll_back(store, EVERYTHING, hour=1) == ("2", "3")
    assert store.aliases[MODEL] == {"champion": "2", "former": "1"}
    assert roll_back(store, EVERYTHING, hour=2) == ("1", "2")
    assert store.aliases[MODEL] == {"champion": "1"}
    with pytest.raises(Refused, match="was the first"):
        roll_back(store, EVERYTHING, hour=3)
    assert promote(store, 3, EVERYTHING, minute=240) == "promoted"
    assert store.aliases[MODEL] == {"champion": "3", "former": "1"}
    assert roll_back(store, EVERYTHING, hour=5) == ("1", "3")
    with pytest.raises(Refused, match="was the first"):
        roll_back(store, EVERYTHING, hour=6)
    assert [version.stage for version in store.versions[MODEL].values()] == [
        "Production",
        "Archived",
        "Archived",
    ]


def test_a_stage_alone() -> None:
    """A gate without an alias goes by who is in the stage."""
    store = promoted(1, 2, promotion=STAGED)
    assert roll_back(store, STAGED) == ("1", "2")
    assert [version.stage for version in store.versions[MODEL].values()] == ["Production", "Archived"]


def test_of_a_copy_the_original_is_taken_down_too() -> None:
    """The copy goes back; the version that was approved needs a new approval."""
    store = of_copies()
    assert roll_back(store, COPIED) == ("1", "2")
    assert store.aliases == {MODEL: {}, "prod": {"champion": "1"}}
    for model in (MODEL, "prod"):
        tags = store.versions[model]["2"].tags
        assert tags["mlflow_gate.verdict"] == "rolled back"
        assert "mlflow_gate.approved_by" not in tags
    assert store.versions[MODEL]["1"].tags["mlflow_gate.approved_by"] == "bob"
    (entry,) = (e for e in history_of(store.versions["prod"].values()).entries if e.version == "2")
    assert entry.approved_by == "bob"
    assert promote(store, 2, COPIED, minute=120) == "awaiting"


def test_a_second_alias_that_somebody_moved_is_left_alone() -> None:
    """Who put it elsewhere meant it."""
    store = promoted(1, 2, 3, 4, promotion=EVERYTHING)
    store.aliases[MODEL]["former"] = "1"
    roll_back(store, EVERYTHING)
    assert store.aliases[MODEL] == {"champion": "3", "former": "1"}


def test_a_second_alias_has_no_place_when_its_version_is_gone() -> None:
    """It is removed, and the model goes back all the same."""
    store = promoted(1, 2, 3, promotion=EVERYTHING)
    store.delete_model_version(MODEL, "1")
    roll_back(store, EVERYTHING)
    assert store.aliases[MODEL] == {"champion": "2"}


@pytest.mark.parametrize("gone", ["deleted", "gone-for-good", "never-there"])
def test_a_run_that_cannot_be_written_on_is_no_reason_to_stay(gone: str) -> None:
    """MLflow takes no tags for a deleted run, and a roll back is urgent."""
    store = promoted(1, 2)
    if gone == "deleted":
        store.runs["r2"] = store.runs["r2"]._replace(active=False)
    elif gone == "gone-for-good":
        del store.runs["r2"]
    else:
        store.versions[MODEL]["2"] = store.versions[MODEL]["2"]._replace(run_id=None)
    assert roll_back(store) == ("1", "2")
    assert not any(write.startswith("run tags") for write in store.writes)


# Refusals


def deleted(store: FakeStore) -> None:
    """Delete the version before."""
    store.delete_model_version(MODEL, "1")


def pending(store: FakeStore) -> None:
    """Let the version before be one that MLflow has not finished."""
    store.versions[MODEL]["1"] = store.versions[MODEL]["1"]._replace(ready=False)


def moved(store: FakeStore) -> None:
    """Move the alias, as people do in the UI."""
    store.add_version(MODEL, "3")
    store.aliases[MODEL]["champion"] = "3"


def removed(store: FakeStore) -> None:
    """Remove the alias."""
    del store.aliases[MODEL]["champion"]


def scribbled(store: FakeStore) -> None:
    """Write tags that look like the record."""
    for number in ("1", "2"):
        store.set_version_tag(MODEL, number, "mlflow_gate.decision.x", "me too")


def begun(store: FakeStore) -> None:
    """Kill a promotion after its first write."""
    left_behind(store, lambda: promote(store, 3, minute=30), 2)


def begun_back(store: FakeStore) -> None:
    """Kill the roll back of another gate, which has a stage too, after its first write."""
    left_behind(store, lambda: roll_back(store, EVERYTHING), 1)


def left_behind(store: FakeStore, act: Callable[[], object], writes: int) -> None:
    """Act, and have the store be as it was after so many writes."""
    killed = killed_after(store, act, writes)
    store.versions, store.aliases = killed.versions, killed.aliases


def killed_after(store: FakeStore, act: Callable[[], object], writes: int) -> FakeStore:
    """Act, and return the store as it was after so many writes."""
    taken: list[FakeStore] = []

    def watch(text: str) -> None:
        del text
        if len(store.writes) == writes:
            store.on_write = None
            taken.append(copy.deepcopy(store))

    store.writes.clear()
    store.on_write = watch
    act()
    store.on_write = None
    (killed,) = taken
    killed.writes.clear()
    return killed


def by_hand(store: FakeStore) -> None:
    """Go back to a version that no gate promoted."""
    store.add_version(MODEL, "8", source="models:/m-8")
    store.aliases[MODEL]["champion"] = "8"
    promote(store, 3, minute=30)
    roll_back(store)


def staged(store: FakeStore) -> None:
    """Set the alias by hand, and have a gate set nothing but the stage."""
    store.add_version(MODEL, "3", source="models:/m-3", run_id="r3")
    store.aliases[MODEL]["champion"] = "3"
    promote(store, 3, EVERYTHING, minute=30)


@pytest.mark.parametrize(
    ("promotions", "happened", "text"),
    [
        pytest.param((), None, f"there is no registered model {MODEL}", id="no-model"),
        pytest.param(
            (),
            lambda store: store.add_version(MODEL, "1"),
            f"no promotion to @champion of {MODEL} is on record, so nobody knows what was there before: move it by hand",
            id="no-record",
        ),
        pytest.param(
            (1,),
            None,
            (
                f"version 1 was the first at @champion of {MODEL}, so there is none before it; to take it away, use the "
                f"MLflow UI or MlflowClient().delete_registered_model_alias('{MODEL}', 'champion')"
            ),
            id="first",
        ),
        pytest.param(
            (1, 2),
            moved,
            (
                f"@champion of {MODEL} points to version 3, and the record ends with version 2: it was moved meanwhile, "
                "put it where it belongs by hand"
            ),
            id="moved",
        ),
        pytest.param(
            (1, 2),
            removed,
            (
                f"@champion of {MODEL} points to no version, and the record ends with version 2: it was moved meanwhile, "
                "put it where it belongs by hand"
            ),
            id="alias-removed",
        ),
        pytest.param(
            (1, 2),
            deleted,
            (
                f"version 1, which was at @champion of {MODEL} before version 2, does not exist any more: move it by hand"
            ),
            id="deleted",
        ),
        pytest.param(
            (1, 2), pending, f"version 1 of {MODEL} is not READY, look at it in the registry", id="not-ready"
        ),
        pytest.param(
            (1, 2),
            scribbled,
            (
                f"version 1 of {MODEL}: tag mlflow_gate.decision.x is not one of this plugin's (and 1 more): the record "
                "cannot be trusted, remove what is no record first"
            ),
            id="unreadable",
        ),
        pytest.param(
            (1, 2),
            begun,
            (
                "a promotion to version 3 began at 2025-11-21T12:30:00Z and did not come to its end: unless it is still "
                "running, run the gate again, or remove tag mlflow_gate.decision.20251121T123000.000000Z of version 3"
            ),
            id="promotion-killed",
        ),
        pytest.param(
            (1, 2),
            begun_back,
            (
                "a roll back to version 1 began at 2025-11-21T13:00:00Z and did not come to its end: unless it is still "
                f"running, remove tag {KEY} of version 1"
            ),
            id="other-roll-back-killed",
        ),
        pytest.param(
            (1, 2),
            by_hand,
            "the record does not say what was at @champion before version 8: move it by hand",
            id="set-by-hand",
        ),
        pytest.param(
            (1, 2),
            staged,
            "the record does not say what was at @champion before version 3: move it by hand",
            id="only-the-stage-by-a-gate",
        ),
    ],
)
def test_refusals(
    promotions: tuple[int, ...], happened: Callable[[FakeStore], object] | None, text: str
) -> None:
    """Where the record and the registry do not tell one story, a person has to look."""
    store = promoted(*promotions)
    if happened:
        happened(store)
    store.writes.clear()
    with pytest.raises(Refused) as caught:
        roll_back(store, hour=2)
    assert str(caught.value) == text
    assert store.writes == []


@pytest.mark.parametrize(
    ("stages", "text"),
    [
        pytest.param(("Archived", "Archived"), "no version", id="left"),
        pytest.param(("Production", "Archived"), "version 1", id="moved"),
        pytest.param(("Production", "Production"), "version 1 and version 2", id="joined"),
    ],
)
def test_a_stage_that_was_changed_meanwhile_refuses(stages: tuple[str, str], text: str) -> None:
    """Of a gate without an alias, the stage has to be as the gate left it."""
    store = promoted(1, 2, promotion=STAGED)
    for number, stage in zip("12", stages, strict=True):
        store.versions[MODEL][number] = store.versions[MODEL][number]._replace(stage=stage)
    with pytest.raises(Refused) as caught:
        roll_back(store, STAGED)
    there = " and ".join(reversed(text.split(" and ")))
    assert str(caught.value) == (
        f"in stage Production of {MODEL} is {there}, and the record ends with version 2: it was moved meanwhile, "
        "put it where it belongs by hand"
    )


def test_the_first_in_a_stage() -> None:
    """The remedy is the one for stages."""
    with pytest.raises(Refused) as caught:
        roll_back(promoted(1, promotion=STAGED), STAGED)
    assert str(caught.value) == (
        f"version 1 was the first at stage Production of {MODEL}, so there is none before it; to take it away, use the "
        f"MLflow UI or MlflowClient().transition_model_version_stage('{MODEL}', '1', 'Archived')"
    )


def test_a_mere_copy_has_nothing_to_move_back() -> None:
    """Nothing points to it."""
    with pytest.raises(Refused) as caught:
        roll_back(registry(), PROMOTION._replace(alias=None, copy_to="prod"))
    assert str(caught.value) == "promote has neither alias nor stage, so there is nothing to move back"


def test_what_other_gates_did_to_other_aliases_is_no_obstacle() -> None:
    """A challenger that moved later, or whose promotion was killed, is another story."""
    store = promoted(1, 2)
    challenger = PROMOTION._replace(alias="challenger")
    promote(store, 3, challenger, minute=10)
    left_behind(store, lambda: promote(store, 4, challenger, minute=11), 2)
    assert roll_back(store) == ("1", "2")
    assert store.aliases[MODEL] == {"champion": "1", "challenger": "3"}


def test_an_older_promotion_that_was_killed_is_no_obstacle() -> None:
    """A later one came to its end, so what it left does not matter any more."""
    store = promoted(1, 2)
    left_behind(store, lambda: promote(store, 3, minute=10), 2)
    assert promote(store, 4, minute=20) == "promoted"
    assert roll_back(store) == ("2", "4")


# Failures and kills


@pytest.mark.parametrize("promotion", [EVERYTHING, STAGED], ids=["everything", "stage"])
def test_every_write_that_fails_puts_everything_back(promotion: Promotion) -> None:
    """All or nothing, whichever write is refused."""
    writes = len(_writes_of(promoted(1, 2, promotion=promotion), promotion))
    for failing in range(writes):
        store = promoted(1, 2, promotion=promotion)
        before = state(store)
        plan = planned(store, promotion)

        def refuse(text: str, store: FakeStore = store, failing: int = failing) -> None:
            if len(store.writes) == failing:
                store.on_write = None
                raise Denied(f"not {text.split(maxsplit=1)[0]}")

        store.on_write = refuse
        with pytest.raises(MoveFailed, match=r"^moving .* failed: not "):
            move(plan.steps, store)
        count("faults injected")
        assert state(store) == before, f"write {failing}"


def _writes_of(store: FakeStore, promotion: Promotion) -> list[str]:
    roll_back(store, promotion)
    return store.writes


def test_an_answer_that_was_lost_is_no_failure() -> None:
    """The registry is asked what is true now."""
    store = promoted(1, 2)
    original = store.set_alias

    def set_and_lose(model: str, alias: str, version: str) -> None:
        original(model, alias, version)
        raise Unreachable("reset")

    store.set_alias = set_and_lose  # type: ignore[method-assign]
    assert roll_back(store) == ("1", "2")
    assert store.aliases[MODEL] == {"champion": "1"}


def test_what_could_not_be_put_back_is_named() -> None:
    """Nothing is left half-moved in silence."""
    store = promoted(1, 2)
    store.failing = {"run tags": Denied("no tags"), f"alias {MODEL}@champion = 2": Denied("no aliases")}
    with pytest.raises(MoveFailed) as caught:
        roll_back(store)
    assert "; could not put back @champion of churn-classifier to version 1: no aliases" in str(caught.value)


def test_somebody_who_moves_the_alias_at_the_same_time_keeps_it() -> None:
    """It is looked at once more in the end: both versions are named, and theirs stays."""
    store = promoted(1, 2)
    store.add_version(MODEL, "3")

    def overtake(text: str) -> None:
        if text.startswith("run tags"):
            store.aliases[MODEL]["champion"] = "3"

    store.on_write = overtake
    with pytest.raises(MoveFailed) as caught:
        roll_back(store)
    assert str(caught.value) == (
        f"moving @champion of {MODEL} to version 1 failed: it points to version 3 now, somebody else moved it; could not "
        f"put back @champion of {MODEL} to version 1: it points to version 3 now, which this session did not set"
    )
    assert store.aliases[MODEL]["champion"] == "3"


@pytest.mark.parametrize(
    ("promotion", "past"),
    [
        pytest.param(EVERYTHING, lambda: promoted(1, 2, promotion=EVERYTHING), id="everything-to-the-first"),
        pytest.param(EVERYTHING, lambda: promoted(1, 2, 3, promotion=EVERYTHING), id="everything"),
        pytest.param(STAGED, lambda: promoted(1, 2, 3, promotion=STAGED), id="stage"),
        pytest.param(COPIED, of_copies, id="copy"),
    ],
)
def test_killed_after_any_write_and_run_again(promotion: Promotion, past: Callable[[], FakeStore]) -> None:
    """The end is the same as without the kill; only when all was written is a second run a second roll back."""
    undisturbed = past()
    roll_back(undisturbed, promotion)
    for writes in range(len(undisturbed.writes)):
        store = past()
        killed = killed_after(store, lambda store=store: roll_back(store, promotion), writes)  # type: ignore[misc]
        roll_back(killed, promotion, hour=1 if writes == 0 else 2)
        count("kills")
        assert state(killed) == state(undisturbed), f"killed after write {writes}"
        assert sorted(killed.writes) == sorted(undisturbed.writes[writes:]), "nothing is written twice"
