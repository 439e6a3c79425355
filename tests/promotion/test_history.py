"""What ever moved in a model, and the way back through it."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.promotion.history import History, finished, history_of, lineage, unfinished
from pytest_mlflow_gate.promotion.record import ENTRY, Entry
from pytest_mlflow_gate.tracking.values import ModelVersion

MODEL = "churn-classifier"


def entry(version: str, previous: str | None, *, verdict: str = "promoted", key: str = f"{ENTRY}1") -> Entry:
    """Return the record of one move."""
    return Entry(
        key=key,
        verdict=verdict,  # type: ignore[arg-type]
        time="2025-11-21T12:00:00Z",
        gate="churn",
        model=MODEL,
        version=version,
        alias="champion",
        stage=None,
        previous_version=previous,
        memory_version=None,
        by="ci",
        approved_by=None,
        commit=None,
        job_url=None,
        gate_sha256="d",
        run_id="r1",
        checks=(),
    )


def version(number: str, tags: dict[str, str]) -> ModelVersion:
    """Return a version with these tags."""
    return ModelVersion(MODEL, number, "models:/m-1", "r1", ready=True, stage="None", tags=tags)


def test_entries_of_all_versions_come_in_the_order_of_time() -> None:
    """However the registry orders versions and tags."""
    first, second, third = (entry("1", None, key=f"{ENTRY}{number}") for number in "123")
    second = second._replace(version="2")
    versions = (
        version("2", {second.key: second.to_tag()}),
        version(
            "1", {third.key: third.to_tag(), first.key: first.to_tag(), "mlflow_gate.verdict": "promoted"}
        ),
    )
    assert history_of(versions) == History((first, second, third), ())


def test_entries_that_came_along_with_a_copy_are_nobodys_past() -> None:
    """MLflow copies the tags when it copies a version."""
    moved = entry("1", None)
    copy = version("2", {moved.key: moved.to_tag()})
    assert history_of([copy, copy._replace(model="other", version="1")]) == History((), ())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("approved by me", id="no-json"),
        pytest.param("", id="empty"),
        pytest.param("[]", id="another-shape"),
        pytest.param('{"verdict": "promoted"}', id="half"),
        pytest.param('"' + "x" * 4000, id="cut"),
        pytest.param("[" * 5000, id="nested"),
    ],
)
def test_what_is_no_entry_is_named(value: str) -> None:
    """Anybody can write tags: nothing is guessed, and nothing is passed over in silence."""
    text = f"version 3 of {MODEL}: tag {ENTRY}x is not one of this plugin's"
    assert history_of([version("3", {f"{ENTRY}x": value})]) == History((), (text,))


@pytest.mark.parametrize(
    ("verdict", "ended"),
    [("promoting", False), ("promoted", True), ("rolling back", False), ("rolled back", True)],
)
def test_finished(verdict: str, ended: bool) -> None:
    """An intent is not a move."""
    assert finished(entry("1", None, verdict=verdict)) is ended


@pytest.mark.parametrize(
    ("past", "found"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param("promoting:1", (0,), id="killed"),
        pytest.param("promoting:1 promoting:1", (0, 1), id="killed-twice"),
        pytest.param("promoting:2", (), id="of-another-version"),
        pytest.param("promoting:1 promoted:2", (), id="another-was-promoted-since"),
        pytest.param("promoted:2 promoting:1", (1,), id="another-was-promoted-before"),
        pytest.param("promoting:1 rolled-back:2", (), id="rolled-back-since"),
        pytest.param("promoting:1 rolling-back:2", (0,), id="a-roll-back-was-killed-since"),
    ],
)
def test_unfinished(past: str, found: tuple[int, ...]) -> None:
    """What a killed session announced is finished by the next, unless the alias has moved since."""
    entries: list[Entry] = []
    for word in past.split():
        verdict, _, number = word.partition(":")
        key = f"{ENTRY}{len(entries)}"
        entries.append(entry(number, None, verdict=verdict.replace("-", " "), key=key))
    expected = tuple(entries[index] for index in found)
    assert unfinished(entries, "1", (MODEL, "champion", None)) == expected
    assert unfinished(entries, "1", (MODEL, "challenger", None)) == ()


def moves(text: str) -> list[Entry]:
    """Return entries from words such as ``2<1`` (2 took over from 1) and ``back:1`` (rolled back to 1)."""
    found = []
    for word in text.split():
        if word.startswith("back:"):
            found.append(entry(word.removeprefix("back:"), None, verdict="rolled back"))
        else:
            to, _, previous = word.partition("<")
            found.append(entry(to, previous or None))
    return found


@pytest.mark.parametrize(
    ("past", "line"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("1< 2<1 3<2", "1< 2<1 3<2", id="promotions"),
        pytest.param("1< 2<1 3<2 back:2", "1< 2<1", id="one-back"),
        pytest.param("1< 2<1 3<2 back:2 back:1", "1<", id="two-back"),
        pytest.param("1< 2<1 3<2 back:2 back:1 3<1", "1< 3<1", id="forward-again-by-promotion"),
        pytest.param("1< 2<1 3<2 back:2 back:1 3<1 back:1", "1<", id="and-back-to-where-it-came-from"),
        pytest.param("1< 2<1 1<2", "1< 2<1 1<2", id="an-old-one-again"),
        pytest.param("1< 2<1 1<2 back:2", "1< 2<1", id="from-the-old-one"),
        pytest.param("1< 2<1 1<2 back:2 back:1", "1<", id="never-forward-again"),
        pytest.param("1< 2<1 3<2 4<1", "1< 4<1", id="taken-back-by-hand"),
        pytest.param("1< 2<1 9<8", "9<8", id="set-by-hand"),
        pytest.param("1< 2<1 9<8 back:8", "", id="back-to-what-was-set-by-hand"),
        pytest.param("1< 2<1 3<", "3<", id="alias-was-removed"),
        pytest.param("1< 2<1 2<2", "1< 2<1", id="only-the-stage-was-set-again"),
        pytest.param("1< 2<1 back:2", "1< 2<1", id="the-version-taken-down-was-deleted"),
    ],
)
def test_lineage(past: str, line: str) -> None:
    """A second roll back goes one further back, and none ever leads forward."""
    assert list(lineage(moves(past))) == moves(line)
