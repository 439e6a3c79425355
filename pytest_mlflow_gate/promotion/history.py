"""What ever moved in a registered model, from the tags of its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.promotion.record import ENTRY, entry_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mlflow_gate.promotion.record import Entry
    from pytest_mlflow_gate.tracking.values import ModelVersion


class History(NamedTuple):
    """
    The moves of a registered model.

    Attributes:
        entries: Oldest first.
        unreadable: A line for each tag that looks like an entry and is none.
    """

    entries: tuple[Entry, ...]
    unreadable: tuple[str, ...]


def history_of(versions: Iterable[ModelVersion]) -> History:
    """Read the entries of all *versions* of a model."""
    entries, unreadable = [], []
    for version in versions:
        for key, value in version.tags.items():
            if not key.startswith(ENTRY):
                continue
            try:
                entry = entry_of(key, value)
            except ValueError as error:
                unreadable.append(f"version {version.version} of {version.model}: {error}")
                continue
            # MLflow copies the tags when it copies a version, and the copy was never moved anywhere.
            if (entry.model, entry.version) == (version.model, version.version):
                entries.append(entry)
    return History(tuple(sorted(entries, key=lambda entry: entry.key)), tuple(sorted(unreadable)))


def finished(entry: Entry) -> bool:
    """Return whether this move came to its end."""
    return entry.verdict in ("promoted", "rolled back")


def unfinished(
    entries: Iterable[Entry], version: str, goal: tuple[str, str | None, str | None]
) -> tuple[Entry, ...]:
    """
    Return what sessions that were killed had announced, oldest first; nothing where something moved since.

    Args:
        entries: Of the model, oldest first.
        version: Of the model.
        goal: Model, alias and stage, as `Entry.target`.
    """
    _, alias, stage = goal
    found: list[Entry] = []
    for entry in entries:
        if entry.target == goal and entry.version == version and entry.verdict == "promoting":
            found.append(entry)
        elif finished(entry) and (entry.alias == alias if alias else entry.stage == stage):
            found.clear()
    return tuple(found)


def lineage(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """
    Return the promotions that one would go back through, the last of them last.

    What was rolled back, or taken back by hand before the next promotion, is not among them, so that going
    back never leads forward again.

    Args:
        entries: Of one alias or stage, finished, oldest first.
    """
    line: list[Entry] = []
    for entry in entries:
        if entry.verdict == "rolled back":
            _go_back(line, entry.version)
        elif entry.previous_version != entry.version:
            _go_back(line, entry.previous_version)
            line.append(entry)
    return tuple(line)


def _go_back(line: list[Entry], version: str | None) -> None:
    """Drop what comes after *version*; everything, when nobody knows how that one came there."""
    while line and line[-1].version != version:
        line.pop()
