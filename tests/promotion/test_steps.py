"""The small changes of which a promotion is made: each is written, looked at, undone, and done by nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.promotion.steps import KeepCopy, MoveAlias, SetStage, Step
from pytest_mlflow_gate.promotion.tagging import DropEntries, TagChange, TagRun, TagVersion, tag_changes
from tests.commands.past import MODEL, state
from tests.fakes import RUN, FakeStore
from tests.promotion.candidates import ENTRY, KEY

ALIAS = MoveAlias(MODEL, "champion", "3", "2")
MEMORY = replace(ALIAS, memory="previous", memory_version="2", memory_before="1")
STAGE = SetStage(MODEL, "3", "Production", "Staging", ("2",))
CHANGES = (
    TagChange("new", "1", None),
    TagChange("changed", "1", "0"),
    TagChange("removed", None, "0"),
    TagChange("gone", None, "0"),
)
VERSION_TAGS = TagVersion(MODEL, "3", CHANGES)
RUN_TAGS = TagRun("r1", CHANGES)
COPY = KeepCopy(MODEL, "3")


def registry() -> FakeStore:
    """Return a registry with version 2 in charge, version 1 before it, and version 3 ready to follow."""
    tags = {"changed": "0", "removed": "0", "gone": "0", "other": "0"}
    store = FakeStore(RUN._replace(tags=tags))
    store.add_version(MODEL, "1", stage="Archived")
    store.add_version(MODEL, "2", stage="Production")
    store.add_version(MODEL, "3", stage="Staging", tags=tags)
    store.aliases[MODEL] = {"champion": "2", "previous": "1"}
    return store


BEFORE = state(registry())


@pytest.mark.parametrize(
    ("step", "name", "shown", "written", "undone"),
    [
        pytest.param(
            ALIAS,
            f"@champion of {MODEL} to version 3",
            "it points to version 2 now, somebody else moved it",
            [f"alias {MODEL}@champion = 3"],
            [f"alias {MODEL}@champion = 2"],
            id="alias",
        ),
        pytest.param(
            MoveAlias(MODEL, "first", "3", None),
            f"@first of {MODEL} to version 3",
            "it points to no version now, somebody else moved it",
            [f"alias {MODEL}@first = 3"],
            [f"no alias {MODEL}@first"],
            id="first-alias",
        ),
        pytest.param(
            MEMORY,
            f"@champion of {MODEL} to version 3",
            "it points to version 2 now, somebody else moved it",
            [f"alias {MODEL}@previous = 2", f"alias {MODEL}@champion = 3"],
            [f"alias {MODEL}@champion = 2", f"alias {MODEL}@previous = 1"],
            id="memory",
        ),
        pytest.param(
            replace(MEMORY, memory="older", memory_before=None),
            f"@champion of {MODEL} to version 3",
            "it points to version 2 now, somebody else moved it",
            [f"alias {MODEL}@older = 2", f"alias {MODEL}@champion = 3"],
            [f"alias {MODEL}@champion = 2", f"no alias {MODEL}@older"],
            id="first-memory",
        ),
        pytest.param(
            replace(MEMORY, memory_version=None),
            f"@champion of {MODEL} to version 3",
            "it points to version 2 now, somebody else moved it",
            [f"no alias {MODEL}@previous", f"alias {MODEL}@champion = 3"],
            [f"alias {MODEL}@champion = 2", f"alias {MODEL}@previous = 1"],
            id="memory-removed",
        ),
        pytest.param(
            replace(MEMORY, memory_version="1"),
            f"@champion of {MODEL} to version 3",
            "it points to version 2 now, somebody else moved it",
            [f"alias {MODEL}@champion = 3"],
            [f"alias {MODEL}@champion = 2"],
            id="memory-is-there",
        ),
        pytest.param(
            STAGE,
            f"version 3 of {MODEL} to stage Production",
            "it is in stage Staging",
            [f"stage {MODEL}/3 = Production alone"],
            [f"stage {MODEL}/3 = Staging", f"stage {MODEL}/2 = Production"],
            id="stage",
        ),
        pytest.param(
            SetStage(MODEL, "2", "Production", "Production", ()),
            f"version 2 of {MODEL} to stage Production",
            "",
            [f"stage {MODEL}/2 = Production alone"],
            [],
            id="stage-is-there",
        ),
        pytest.param(
            VERSION_TAGS,
            f"tag new and 3 more of {MODEL} version 3",
            "tag new is None and not '1'",
            [
                f"tag {MODEL}/3 new = 1",
                f"tag {MODEL}/3 changed = 1",
                f"no tag {MODEL}/3 removed",
                f"no tag {MODEL}/3 gone",
            ],
            [
                f"tag {MODEL}/3 gone = 0",
                f"tag {MODEL}/3 removed = 0",
                f"tag {MODEL}/3 changed = 0",
                f"no tag {MODEL}/3 new",
            ],
            id="version-tags",
        ),
        pytest.param(
            RUN_TAGS,
            "tag new and 3 more of run r1",
            "tag new is None and not '1'",
            ["run tags r1 new = 1, changed = 1", "no run tag r1 removed", "no run tag r1 gone"],
            ["run tags r1 changed = 0, removed = 0, gone = 0", "no run tag r1 new"],
            id="run-tags",
        ),
        pytest.param(TagRun("r1", ()), "no tag of run r1", "", [], [], id="no-tags"),
    ],
)
def test_each_step_is_written_seen_and_undone(
    step: Step, name: str, shown: str, written: list[str], undone: list[str]
) -> None:
    """With no request too many; undone, the registry is as it was, and undoing again is harmless."""
    store = registry()
    assert (str(step), step.differs(store)) == (name, shown)
    step.require(store)
    step.write(store)
    assert step.differs(store) == ""
    assert store.writes == written
    store.writes.clear()
    step.undo(store)
    assert store.writes == undone
    assert state(store) == BEFORE
    store.writes.clear()
    step.undo(store)
    assert (store.writes, state(store)) == ([], BEFORE)


def test_a_single_tag_is_named_alone() -> None:
    """The name of a step stands in messages."""
    assert str(TagVersion(MODEL, "3", CHANGES[:1])) == f"tag new of {MODEL} version 3"


@pytest.mark.parametrize(
    ("alias", "now", "text"),
    [
        pytest.param("champion", "1", "points to version 1 and not to version 2", id="moved"),
        pytest.param("champion", None, "points to no version and not to version 2", id="removed"),
        pytest.param("previous", "3", "points to version 3 and not to version 1", id="memory-moved"),
    ],
)
def test_an_alias_that_somebody_else_moved_refuses(alias: str, now: str | None, text: str) -> None:
    """The last look is one request before the write."""
    store = registry()
    del store.aliases[MODEL][alias]
    if now:
        store.aliases[MODEL][alias] = now
    with pytest.raises(Refused) as caught:
        MEMORY.require(store)
    assert str(caught.value) == (
        f"@{alias} of {MODEL} {text} any more: somebody else moved it, run the command again"
    )


def test_an_alias_that_somebody_else_set_refuses_a_first_promotion() -> None:
    """Two sessions may both be the first."""
    with pytest.raises(Refused) as caught:
        replace(ALIAS, before=None).require(registry())
    assert str(caught.value) == (
        f"@champion of {MODEL} points to version 2 and not to no version any more: "
        "somebody else moved it, run the command again"
    )


@pytest.mark.parametrize(
    ("step", "change", "text"),
    [
        pytest.param(
            MEMORY,
            lambda store: store.aliases[MODEL].update(champion="1"),
            "it points to version 1 now, somebody else moved it",
            id="alias-moved",
        ),
        pytest.param(
            MEMORY,
            lambda store: store.aliases[MODEL].pop("champion"),
            "it points to no version now, somebody else moved it",
            id="alias-removed",
        ),
        pytest.param(
            MEMORY,
            lambda store: store.aliases[MODEL].update(previous="3"),
            "@previous points to version 3 now, somebody else moved it",
            id="memory-moved",
        ),
        pytest.param(
            MEMORY,
            lambda store: store.aliases.pop(MODEL) and store.versions.pop(MODEL),
            "it points to no version now, somebody else moved it",
            id="model-removed",
        ),
        pytest.param(
            STAGE,
            lambda store: store.set_stage(MODEL, "3", "Archived", archive_existing=False),
            "it is in stage Archived",
            id="stage-moved",
        ),
        pytest.param(
            STAGE,
            lambda store: store.set_stage(MODEL, "2", "Production", archive_existing=False),
            "version 2 is still in stage Production",
            id="displaced-is-back",
        ),
        pytest.param(
            STAGE, lambda store: store.delete_model_version(MODEL, "3"), "it is in stage None", id="no-stage"
        ),
        pytest.param(
            VERSION_TAGS,
            lambda store: store.set_version_tag(MODEL, "3", "removed", "2"),
            "tag removed is '2' and not None",
            id="version-tag",
        ),
        pytest.param(
            VERSION_TAGS,
            lambda store: store.delete_model_version(MODEL, "3"),
            "tag new is None and not '1'",
            id="version-removed",
        ),
        pytest.param(
            RUN_TAGS,
            lambda store: store.set_run_tags("r1", {"changed": "2"}),
            "tag changed is '2' and not '1'",
            id="run-tag",
        ),
        pytest.param(COPY, lambda store: store.delete_model_version(MODEL, "3"), "it is gone", id="copy"),
    ],
)
def test_what_somebody_else_did_afterwards_is_seen(step: Step, change: object, text: str) -> None:
    """Reading back says what the registry shows in place of the change."""
    store = registry()
    step.write(store)
    assert callable(change)
    change(store)
    assert step.differs(store) == text


@pytest.mark.parametrize(
    ("now", "text"),
    [
        pytest.param("1", "it points to version 1 now, which this session did not set", id="moved"),
        pytest.param(None, "it points to no version now, which this session did not set", id="removed"),
    ],
)
def test_an_alias_that_is_somebody_elses_by_now_is_not_put_back(now: str | None, text: str) -> None:
    """Nor is the one that remembers: both are theirs."""
    store = registry()
    MEMORY.write(store)
    del store.aliases[MODEL]["champion"]
    if now:
        store.aliases[MODEL]["champion"] = now
    store.writes.clear()
    with pytest.raises(Refused) as caught:
        MEMORY.undo(store)
    assert str(caught.value) == text
    assert store.writes == []


def test_a_move_that_stopped_half_way_is_undone() -> None:
    """What remembers was moved and the alias was not."""
    store = registry()
    store.aliases[MODEL]["previous"] = "2"
    MEMORY.undo(store)
    assert store.writes == [f"alias {MODEL}@previous = 1"]
    assert state(store) == BEFORE


def test_tags_that_stopped_half_way_are_undone() -> None:
    """Only what was written is written back."""
    store = registry()
    store.set_version_tag(MODEL, "3", "new", "1")
    store.writes.clear()
    VERSION_TAGS.undo(store)
    assert store.writes == [f"no tag {MODEL}/3 new"]
    assert state(store) == BEFORE


def test_a_copy_is_kept_by_writing_nothing_and_undone_by_deleting_it() -> None:
    """It was made before; a re-run would find it."""
    store = registry()
    COPY.require(store)
    COPY.write(store)
    assert (str(COPY), COPY.differs(store)) == (f"the copy {MODEL} version 3", "")
    assert store.writes == []
    COPY.undo(store)
    assert store.writes == [f"delete version {MODEL}/3"]


def test_a_copy_that_somebody_uses_stays() -> None:
    """MLflow would delete the version and leave their alias pointing to nothing."""
    store = registry()
    store.aliases[MODEL] |= {"shadow": "3", "canary": "3"}
    with pytest.raises(Refused) as caught:
        COPY.undo(store)
    assert str(caught.value) == "it stays, in use as @shadow, @canary"
    assert store.writes == []


@pytest.mark.parametrize(
    ("step", "read_back"),
    [(ALIAS, True), (STAGE, True), (VERSION_TAGS, True), (RUN_TAGS, False), (COPY, False)],
    ids=["alias", "stage", "version-tags", "run-tags", "copy"],
)
def test_what_is_read_back(step: Step, read_back: bool) -> None:
    """A run may have thousands of metrics, which come with its tags."""
    assert step.read_back is read_back


def test_tag_changes_are_what_differs() -> None:
    """What is there already is not written again; None is a tag that is not to be there."""
    wanted = {"same": "1", "new": "1", "other": "1", "gone": None, "absent": None}
    before = {"same": "1", "other": "0", "gone": "0", "foreign": "0"}
    assert list(tag_changes(wanted, before)) == [("new", "1", None), ("other", "1", "0"), ("gone", None, "0")]


BEGUN = ENTRY._replace(verdict="promoting").to_tag()


@pytest.mark.parametrize(
    ("now", "writes"),
    [
        pytest.param(BEGUN, [f"no tag {MODEL}/1 {KEY}"], id="as-it-was"),
        pytest.param(ENTRY.to_tag(), [], id="finished-by-who-lives"),
    ],
)
def test_entries_of_sessions_that_are_taken_for_killed(now: str, writes: list[str]) -> None:
    """They are removed, and put back, unless such a session lives and finished its own."""
    store = FakeStore()
    store.add_version(MODEL, "1", tags={KEY: now})
    step = DropEntries(MODEL, "1", {KEY: BEGUN})
    assert str(step) == f"{KEY} of {MODEL} version 1"
    assert step.differs(store) == (f"tag {KEY} is still there" if writes else "")
    step.write(store)
    assert (store.writes, step.differs(store)) == (writes, "")
    step.undo(store)
    assert store.versions[MODEL]["1"].tags == {KEY: now}
