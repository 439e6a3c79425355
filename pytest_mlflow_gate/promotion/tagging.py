"""Steps that write tags: what a file asks for, and the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.promotion.record import ENTRY, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_mlflow_gate.tracking.store import Store


class TagChange(NamedTuple):
    """A tag's new value and the one before; None stands for no tag."""

    key: str
    value: str | None
    before: str | None


@dataclass(frozen=True, slots=True)
class TagVersion:
    """Set or remove tags of a model version, in order."""

    model: str
    version: str
    changes: tuple[TagChange, ...]
    read_back: bool = True

    def __str__(self) -> str:
        return f"{_named(self.changes)} of {self.model} version {self.version}"

    def require(self, store: Store) -> None:
        """Ask for nothing: the last writer of a tag wins."""

    def write(self, store: Store) -> None:
        """Write each tag; MLflow takes one for each request."""
        for change in self.changes:
            self._put(change.key, change.value, store)

    def differs(self, store: Store) -> str:
        """Return the first tag that has another value."""
        now = _tags_of(self.model, self.version, store)
        # A session that promotes this version at the same moment signs it too, and the last writer stays.
        wanted = [change for change in self.changes if not _signed_by_another(now, (change,))]
        return _difference(now, tuple(wanted))

    def undo(self, store: Store) -> None:
        """Give each tag the value that it had."""
        for change in reversed(tuple(_to_undo(_tags_of(self.model, self.version, store), self.changes))):
            self._put(change.key, change.before, store)

    def _put(self, key: str, value: str | None, store: Store) -> None:
        if value is None:
            store.delete_version_tag(self.model, self.version, key)
        else:
            store.set_version_tag(self.model, self.version, key, value)


@dataclass(frozen=True, slots=True)
class TagRun:
    """Set or remove tags of a run."""

    run_id: str
    changes: tuple[TagChange, ...]

    # A run may have thousands of metrics, which come with its tags.
    read_back = False

    def __str__(self) -> str:
        return f"{_named(self.changes)} of run {self.run_id}"

    def require(self, store: Store) -> None:
        """Ask for nothing: the last writer of a tag wins."""

    def write(self, store: Store) -> None:
        """Write all tags in one request, then remove those that are not to be there."""
        self._put({change.key: change.value for change in self.changes}, store)

    def differs(self, store: Store) -> str:
        """Return the first tag that has another value."""
        return _difference(store.run(self.run_id).tags, self.changes)

    def undo(self, store: Store) -> None:
        """Give each tag the value that it had."""
        changes = _to_undo(store.run(self.run_id).tags, self.changes)
        self._put({change.key: change.before for change in changes}, store)

    def _put(self, tags: Mapping[str, str | None], store: Store) -> None:
        present = {key: value for key, value in tags.items() if value is not None}
        if present:
            store.set_run_tags(self.run_id, present)
        for key, value in tags.items():
            if value is None:
                store.delete_run_tag(self.run_id, key)


@dataclass(frozen=True, slots=True)
class DropEntries:
    """Remove what killed sessions announced on a version; an entry that was finished meanwhile stays."""

    model: str
    version: str
    entries: Mapping[str, str]

    read_back = False

    def __str__(self) -> str:
        return f"{', '.join(self.entries)} of {self.model} version {self.version}"

    def require(self, store: Store) -> None:
        """Ask for nothing: what has changed stays."""

    def write(self, store: Store) -> None:
        """Remove each entry that is as it was."""
        for key in self._present(store):
            store.delete_version_tag(self.model, self.version, key)

    def differs(self, store: Store) -> str:
        """Return which entry is still as it was."""
        return next((f"tag {key} is still there" for key in self._present(store)), "")

    def undo(self, store: Store) -> None:
        """Write again what is gone."""
        tags = _tags_of(self.model, self.version, store)
        for key, value in self.entries.items():
            if key not in tags:
                store.set_version_tag(self.model, self.version, key, value)

    def _present(self, store: Store) -> tuple[str, ...]:
        tags = _tags_of(self.model, self.version, store)
        return tuple(key for key, value in self.entries.items() if tags.get(key) == value)


def _tags_of(model: str, version: str, store: Store) -> Mapping[str, str]:
    """Return the tags of a version as they are now; none where it is gone."""
    found = store.model_version(model, version)
    return found.tags if found else {}


def tag_changes(tags: Mapping[str, str | None], before: Mapping[str, str]) -> Iterator[TagChange]:
    """Yield what has to be written so that *before* holds *tags*."""
    for key, value in tags.items():
        if before.get(key) != value:
            yield TagChange(key, value, before.get(key))


def _named(changes: tuple[TagChange, ...]) -> str:
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"tag {changes[0].key}{more}" if changes else "no tag"


def _difference(now: Mapping[str, str], changes: tuple[TagChange, ...]) -> str:
    for change in changes:
        if now.get(change.key) != change.value:
            return f"tag {change.key} is {now.get(change.key)!r} and not {change.value!r}"
    return ""


def _to_undo(now: Mapping[str, str], changes: tuple[TagChange, ...]) -> Iterator[TagChange]:
    """Yield what is not as it was; a decision that another session signed meanwhile is left whole."""
    theirs = _signed_by_another(now, changes)
    for change in changes:
        if now.get(change.key) != change.before and not (theirs and _is_signature(change)):
            yield change


def _is_signature(change: TagChange) -> bool:
    return change.key.startswith(PREFIX) and not change.key.startswith(ENTRY)


def _signed_by_another(now: Mapping[str, str], changes: tuple[TagChange, ...]) -> bool:
    """Whether a session that promotes the same run or version wrote one of the record's tags meanwhile."""
    return any(
        _is_signature(change) and now.get(change.key) not in (change.before, change.value)
        for change in changes
    )
