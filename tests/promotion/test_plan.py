"""What is written, request by request, for each kind of promotion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.move import move, put_back
from pytest_mlflow_gate.promotion.plan import Plan, iso, new_key, plan_of
from pytest_mlflow_gate.promotion.prepare import survey
from pytest_mlflow_gate.promotion.record import APPROVED_BY
from pytest_mlflow_gate.promotion.registering import copy, register
from tests.commands.past import CI, MODEL, NOON, state
from tests.fakes import RUN, FakeStore
from tests.promotion.candidates import DECISION, ENTRY, KEY, candidacy, promoting

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.promotion.record import Entry

CREATED = [f"create model {MODEL}", f"create version of {MODEL} from models:/m-1 (r1, m-1)"]
ALL = promoting(
    stage="Production", previous_alias="previous", tags=(("validated_by", "ci"), ("reviewed", "no"))
)


LATER = NOON + 60 * 90


def plan(store: FakeStore, promotion: Promotion, *, minute: int = 0) -> Plan:
    """Return the plan of run r1's promotion, so many minutes after noon."""
    found = survey(candidacy(store, promotion))
    version = register(found)
    return plan_of(found, version, copy(found, version), CI, NOON + 60 * minute)


def promote(store: FakeStore, promotion: Promotion, *, minute: int = 0) -> Plan:
    """Carry out the plan."""
    made = plan(store, promotion, minute=minute)
    move(made.steps, store)
    return made


def flat(where: str, **changes: str) -> list[str]:
    """Return the writes of the last decision on a version, in their order."""
    return [f"tag {where} {key} = {value}" for key, value in decision(**changes).items()]


def on_run(**changes: str) -> str:
    """Return the write of the last decision on the run."""
    return f"run tags r1 {', '.join(f'{key} = {value}' for key, value in decision(**changes).items())}"


def decision(**changes: str) -> dict[str, str]:
    """Return the last decision's tags in the order in which they are written."""
    tags = DECISION | {f"mlflow_gate.{key}": value for key, value in changes.items()}
    order = [
        "verdict",
        "time",
        "gate",
        "gate_sha256",
        "checks",
        "previous_version",
        "commit",
        "job_url",
        "by",
    ]
    return {key: tags[key] for key in (f"mlflow_gate.{name}" for name in order) if key in tags}


def recorded(entry: Entry, verdict: str) -> str:
    """Return the write of an entry."""
    tag = entry._replace(verdict=verdict).to_tag()  # type: ignore[arg-type]
    return f"tag {entry.model}/{entry.version} {entry.key} = {tag}"


def registry() -> FakeStore:
    """Return a registry with version 2 in charge, version 1 before it, and the candidate's version 3."""
    store = FakeStore()
    for version, stage in (("1", "Archived"), ("2", "Production")):
        store.add_version(MODEL, version, source="models:/m-0", run_id="r0", stage=stage)
    store.add_version(MODEL, "3")
    store.aliases[MODEL] = {"champion": "2", "previous": "1"}
    return store


def test_a_first_promotion() -> None:
    """What is about to happen is said before it happens, and that it did at the very end."""
    store = FakeStore()
    made = promote(store, promoting())
    assert (made.version, made.created, made.previous_version) == ("1", True, None)
    assert store.writes == [
        *CREATED,
        recorded(ENTRY, "promoting"),
        f"alias {MODEL}@champion = 1",
        on_run(),
        *flat(f"{MODEL}/1"),
        recorded(ENTRY, "promoted"),
    ]


def test_a_promotion_of_everything() -> None:
    """previous_alias, alias, stage, the file's tags, and the record."""
    store = registry()
    entry = ENTRY._replace(version="3", stage="Production", previous_version="2", memory_version="1")
    made = promote(store, ALL)
    assert (made.version, made.created, made.previous_version) == ("3", False, "2")
    assert store.writes == [
        recorded(entry, "promoting"),
        f"alias {MODEL}@previous = 2",
        f"alias {MODEL}@champion = 3",
        f"stage {MODEL}/3 = Production alone",
        on_run(previous_version="2"),
        f"tag {MODEL}/3 validated_by = ci",
        f"tag {MODEL}/3 reviewed = no",
        *flat(f"{MODEL}/3", previous_version="2"),
        recorded(entry, "promoted"),
    ]
    assert store.aliases[MODEL] == {"champion": "3", "previous": "2"}
    assert [version.stage for version in store.versions[MODEL].values()] == [
        "Archived",
        "Archived",
        "Production",
    ]


def test_a_copy() -> None:
    """The version is copied, alias and tags are set on the copy; the version and the run say so too."""
    store = registry()
    store.add_version("prod", "7", source=f"models:/{MODEL}/2", run_id="r0")
    store.aliases["prod"] = {"champion": "7"}
    entry = ENTRY._replace(model="prod", version="8", previous_version="7")
    made = promote(
        store, promoting(copy_to="prod", previous_alias="previous", tags=(("validated_by", "ci"),))
    )
    assert (made.version, made.created, made.previous_version) == ("8", True, "7")
    assert store.writes == [
        f"create version of prod from models:/{MODEL}/3 (r1, None)",
        recorded(entry, "promoting"),
        "alias prod@previous = 7",
        "alias prod@champion = 8",
        *flat(f"{MODEL}/3", previous_version="7"),
        on_run(previous_version="7"),
        "tag prod/8 validated_by = ci",
        *flat("prod/8", previous_version="7"),
        recorded(entry, "promoted"),
    ]
    assert store.aliases == {
        MODEL: {"champion": "2", "previous": "1"},
        "prod": {"champion": "8", "previous": "7"},
    }


def test_a_mere_copy() -> None:
    """Neither alias nor stage: the copy itself is the promotion."""
    store = FakeStore()
    entry = ENTRY._replace(model="prod", alias=None)
    made = promote(store, promoting(alias=None, copy_to="prod"))
    assert (made.version, made.created, made.previous_version) == ("1", True, None)
    assert store.writes == [
        *CREATED,
        "create model prod",
        f"create version of prod from models:/{MODEL}/1 (r1, None)",
        recorded(entry, "promoting"),
        *flat(f"{MODEL}/1"),
        on_run(),
        *flat("prod/1"),
        recorded(entry, "promoted"),
    ]


def test_a_stage_takes_over_from_who_is_there() -> None:
    """Who was there before is remembered, as with an alias."""
    store = registry()
    made = promote(store, promoting(alias=None, stage="Production"))
    assert made.previous_version == "2"
    assert store.writes[:2] == [
        recorded(
            ENTRY._replace(version="3", alias=None, stage="Production", previous_version="2"), "promoting"
        ),
        f"stage {MODEL}/3 = Production alone",
    ]


@pytest.mark.parametrize(
    "promotion",
    [
        pytest.param(promoting(), id="alias"),
        pytest.param(promoting(alias=None, stage="Production"), id="stage"),
        pytest.param(ALL, id="all"),
        pytest.param(ALL._replace(copy_to="prod"), id="copy"),
        pytest.param(promoting(alias=None, copy_to="prod"), id="mere-copy"),
    ],
)
@pytest.mark.parametrize("store", [FakeStore, registry], ids=["new", "another"])
def test_promoting_what_is_promoted_writes_nothing(promotion: Promotion, store: type[FakeStore]) -> None:
    """A no-op that passes, however often and whenever."""
    there = store()
    made = promote(there, promotion)
    there.writes.clear()
    for minute in (1, 2):
        again = promote(there, promotion, minute=minute)
        assert (again.version, again.created, again.steps) == (made.version, False, ())
    assert there.writes == []


def test_what_people_set_by_hand_is_no_promotion_of_ours() -> None:
    """The alias is there already, so nothing moved and there is nothing to record."""
    store = registry()
    store.aliases[MODEL]["champion"] = "3"
    assert promote(store, promoting(previous_alias="previous")).steps == ()
    assert store.aliases[MODEL]["previous"] == "1"


def test_tags_that_were_added_to_the_file_are_set_alone() -> None:
    """Nothing moved, so there is no new decision."""
    store = registry()
    promote(store, promoting())
    store.writes.clear()
    promote(store, promoting(tags=(("validated_by", "ci"),)), minute=1)
    assert store.writes == [f"tag {MODEL}/3 validated_by = ci"]


def test_what_a_decision_before_said_is_replaced() -> None:
    """Of a rejection nothing is left but its place in the history of the run's tags."""
    rejected = {"mlflow_gate.verdict": "rejected", "mlflow_gate.reason": "t.py::x failed", "other": "1"}
    store = FakeStore(RUN._replace(tags=rejected))
    store.add_version(MODEL, "1", tags=rejected | {"mlflow_gate.gate": "churn"})
    promote(store, promoting())
    assert store.runs["r1"].tags == DECISION | {"other": "1"}
    assert store.versions[MODEL]["1"].tags == DECISION | {"other": "1", KEY: ENTRY.to_tag()}
    assert "no run tag r1 mlflow_gate.reason" in store.writes
    assert f"no tag {MODEL}/1 mlflow_gate.reason" in store.writes
    assert f"tag {MODEL}/1 mlflow_gate.gate = churn" not in store.writes


def test_who_approved_it_is_recorded() -> None:
    """Where the gate asks for approval; elsewhere the tag says nothing."""
    for promotion, name in ((promoting(approval=1), "ada"), (promoting(), None)):
        store = registry()
        store.set_version_tag(MODEL, "3", APPROVED_BY, "ada")
        promote(store, promotion)
        entry = ENTRY._replace(version="3", previous_version="2", approved_by=name)
        assert store.versions[MODEL]["3"].tags[KEY] == entry.to_tag()
        assert store.versions[MODEL]["3"].tags[APPROVED_BY] == "ada"


@pytest.mark.parametrize(
    "promotion", [ALL, ALL._replace(copy_to="prod"), promoting(alias=None, copy_to="prod")]
)
def test_everything_in_a_plan_can_be_put_back(promotion: Promotion) -> None:
    """Down to the copy; only a version that was registered stays."""
    store = registry()
    before = state(store)
    made = promote(store, promotion)
    assert state(store) != before
    assert put_back(made.steps, store) == ()
    store.versions.pop("prod", None)
    store.aliases.pop("prod", None)
    assert state(store) == before


def test_what_a_killed_session_did_is_finished_by_the_next() -> None:
    """Its record knows from where the alias moved, and what the other one pointed to."""
    store = registry()
    entry = ENTRY._replace(version="3", stage="Production", previous_version="2", memory_version="1")
    store.set_version_tag(MODEL, "3", KEY, entry._replace(verdict="promoting").to_tag())
    store.aliases[MODEL] = {"champion": "3", "previous": "2"}
    store.writes.clear()
    made = promote(store, ALL, minute=90)
    assert (made.version, made.previous_version) == ("3", "2")
    later = entry._replace(key=new_key(LATER), time=iso(LATER))
    assert store.writes == [
        recorded(later, "promoting"),
        f"alias {MODEL}@previous = 2",
        f"alias {MODEL}@champion = 3",
        f"stage {MODEL}/3 = Production alone",
        on_run(previous_version="2", time=later.time),
        f"no tag {MODEL}/3 {KEY}",
        f"tag {MODEL}/3 validated_by = ci",
        f"tag {MODEL}/3 reviewed = no",
        *flat(f"{MODEL}/3", previous_version="2", time=later.time),
        recorded(later, "promoted"),
    ]


def test_what_a_killed_session_moved_can_be_put_back_by_the_next() -> None:
    """A session that finishes it and turns red afterwards puts the aliases back, as if both had never been."""
    store = registry()
    entry = ENTRY._replace(version="3", stage="Production", previous_version="2", memory_version="1")
    store.set_version_tag(MODEL, "3", KEY, entry._replace(verdict="promoting").to_tag())
    store.aliases[MODEL] = {"champion": "3", "previous": "2"}
    assert put_back(promote(store, ALL, minute=90).steps, store) == ()
    assert store.aliases[MODEL] == {"champion": "2", "previous": "1"}


def test_what_a_killed_session_announced_is_brought_up_to_date() -> None:
    """Somebody moved the alias by hand before the second try."""
    store = registry()
    entry = ENTRY._replace(version="3", previous_version="2")
    store.set_version_tag(MODEL, "3", KEY, entry._replace(verdict="promoting").to_tag())
    store.aliases[MODEL]["champion"] = "1"
    store.writes.clear()
    made = promote(store, promoting(), minute=90)
    assert made.previous_version == "1"
    later = entry._replace(key=new_key(LATER), time=iso(LATER), previous_version="1")
    assert store.writes[:2] == [
        recorded(later, "promoting"),
        f"alias {MODEL}@champion = 3",
    ]
    assert store.writes[-1] == recorded(later, "promoted")


def test_times_are_utc_and_keys_are_in_their_order() -> None:
    """History is read in the order of keys."""
    moments = (0.0, 0.5, NOON, NOON + 0.000_001, NOON + 1, 4_102_444_800.0)
    assert (iso(NOON), new_key(NOON)) == (ENTRY.time, KEY)
    keys = [new_key(moment) for moment in moments]
    assert keys == sorted(keys)
    assert len({*keys}) == len(keys)
