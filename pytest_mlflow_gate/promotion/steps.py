"""
The small changes of which a promotion is made: each can be asked for, looked at, and undone.

MLflow has no compare-and-set, so an alias is read in the request before it is moved; the window in which
another writer can come between is that one request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pytest_mlflow_gate.promotion.history import history_of
from pytest_mlflow_gate.promotion.source import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.tracking.store import Store


class Step(Protocol):
    """
    One change. Every method raises `Refused` or `StoreError` when it cannot do what it says.

    Attributes:
        read_back: Whether the change is looked at although MLflow said that it was made.
    """

    @property
    def read_back(self) -> bool:
        """Whether the change is looked at although MLflow said that it was made."""

    def require(self, store: Store) -> None:
        """Look whether the registry is still as the plan found it, where that can be lost."""

    def write(self, store: Store) -> None:
        """Make the change."""

    def differs(self, store: Store) -> str:
        """Return what the registry shows in place of this change, or an empty text."""

    def undo(self, store: Store) -> None:
        """Put back what was there before; what is there already is left alone."""


@dataclass(frozen=True, slots=True)
class MoveAlias:
    """
    Point an alias to another version, and a second alias to remember one by.

    Attributes:
        model: Registered model name.
        alias: Alias to move.
        version: Where to.
        before: The version that it points to now, or None.
        memory: Alias that is moved together with it, or None.
        memory_version: Where *memory* goes; None removes it.
        memory_before: The version that *memory* points to now, or None.
        entry: Key of this session's own entry on *version*, or None where nobody else can be promoting it.
        known: The tags of *version* when this session read them.
    """

    model: str
    alias: str
    version: str
    before: str | None
    memory: str | None = None
    memory_version: str | None = None
    memory_before: str | None = None
    entry: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)

    read_back = True

    def __str__(self) -> str:
        return f"@{self.alias} of {self.model} to version {self.version}"

    def require(self, store: Store) -> None:
        """Refuse when somebody else moved one of the aliases meanwhile."""
        now = _aliases(self.model, store)
        for alias, before, after in (
            (self.alias, self.before, self.version),
            (self.memory, self.memory_before, self.memory_version),
        ):
            # There already: another session promotes the same version at this moment.
            if alias is not None and now.get(alias) not in (before, after):
                raise Refused(
                    f"@{alias} of {self.model} points to {name(now.get(alias))} and not to {name(before)} "
                    "any more: somebody else moved it, run the command again"
                )

    def write(self, store: Store) -> None:
        """Move what remembers first, so that nothing is forgotten when the second request is not made."""
        if self.memory is not None and self.memory_version != self.memory_before:
            _point(self.model, self.memory, self.memory_version, store)
        store.set_alias(self.model, self.alias, self.version)

    def differs(self, store: Store) -> str:
        """Return where the aliases point to, if it is elsewhere."""
        now = _aliases(self.model, store)
        if now.get(self.alias) != self.version:
            return f"it points to {name(now.get(self.alias))} now, somebody else moved it"
        if self.memory is not None and now.get(self.memory) != self.memory_version:
            return f"@{self.memory} points to {name(now.get(self.memory))} now, somebody else moved it"
        return ""

    def undo(self, store: Store) -> None:
        """Put both aliases back, unless somebody else moved the first one: both are theirs then."""
        now = _aliases(self.model, store)
        if now.get(self.alias) not in (self.version, self.before):
            raise Refused(f"it points to {name(now.get(self.alias))} now, which this session did not set")
        if now.get(self.alias) != self.before:
            if self._shared(store):
                raise Refused("another session promotes the same version, and this alias is its own too")
            _point(self.model, self.alias, self.before, store)
        if self.memory is not None and now.get(self.memory) != self.memory_before:
            _point(self.model, self.memory, self.memory_before, store)

    def _shared(self, store: Store) -> bool:
        """Whether another session began or finished to move the alias to this version meanwhile."""
        found = store.model_version(self.model, self.version) if self.entry else None
        return found is not None and any(
            entry.alias == self.alias
            and entry.key != self.entry
            and found.tags[entry.key] != self.known.get(entry.key)
            for entry in history_of((found,)).entries
        )


@dataclass(frozen=True, slots=True)
class SetStage:
    """Move a version to a legacy stage; the versions *displaced* from there are archived."""

    model: str
    version: str
    stage: str
    before: str
    displaced: tuple[str, ...]

    read_back = True

    def __str__(self) -> str:
        return f"version {self.version} of {self.model} to stage {self.stage}"

    def require(self, store: Store) -> None:
        """Ask for nothing: whoever is in the stage at that moment is archived."""

    def write(self, store: Store) -> None:
        """Move the version."""
        store.set_stage(self.model, self.version, self.stage, archive_existing=True)

    def differs(self, store: Store) -> str:
        """Return which version is in another stage than it should be."""
        now = _stage(self.model, self.version, store)
        if now != self.stage:
            return f"it is in stage {now}"
        for other in self.displaced:
            if _stage(self.model, other, store) == self.stage:
                return f"version {other} is still in stage {self.stage}"
        return ""

    def undo(self, store: Store) -> None:
        """Move every version back to the stage in which it was."""
        for version, stage in ((self.version, self.before), *((v, self.stage) for v in self.displaced)):
            if _stage(self.model, version, store) != stage:
                store.set_stage(self.model, version, stage, archive_existing=False)


@dataclass(frozen=True, slots=True)
class KeepCopy:
    """Keep a version that this session made by copying: nothing is left to write, and undoing deletes it."""

    model: str
    version: str

    read_back = False

    def __str__(self) -> str:
        return f"the copy {self.model} version {self.version}"

    def require(self, store: Store) -> None:
        """Ask for nothing."""

    def write(self, store: Store) -> None:
        """Write nothing."""

    def differs(self, store: Store) -> str:
        """Return whether the copy is gone."""
        return "" if store.model_version(self.model, self.version) else "it is gone"

    def undo(self, store: Store) -> None:
        """Delete the copy, unless somebody uses it already."""
        users = [alias for alias, version in _aliases(self.model, store).items() if version == self.version]
        if users:
            raise Refused(f"it stays, in use as @{', @'.join(users)}")
        store.delete_model_version(self.model, self.version)


def name(version: str | None) -> str:
    """Return a version number as messages name it."""
    return f"version {version}" if version else "no version"


def _point(model: str, alias: str, version: str | None, store: Store) -> None:
    if version is None:
        store.delete_alias(model, alias)
    else:
        store.set_alias(model, alias, version)


def _aliases(model: str, store: Store) -> Mapping[str, str]:
    found = store.registered_model(model)
    return found.aliases if found else {}


def _stage(model: str, version: str, store: Store) -> str | None:
    found = store.model_version(model, version)
    return found.stage if found else None
