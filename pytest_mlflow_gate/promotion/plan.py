"""What is left to do when everything was read and the version exists: an ordered list of small steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetAlias:
    """Point an alias to a version; *before* is the version it points to now, or None."""

    model: str
    alias: str
    version: str
    before: str | None

    def __str__(self) -> str:
        return f"@{self.alias} of {self.model} to version {self.version}"


@dataclass(frozen=True, slots=True)
class SetStage:
    """Move a version to a legacy stage; the versions *displaced* from there are archived."""

    model: str
    version: str
    stage: str
    before: str
    displaced: tuple[str, ...]

    def __str__(self) -> str:
        return f"version {self.version} of {self.model} to stage {self.stage}"


@dataclass(frozen=True, slots=True)
class SetTag:
    """Set a model version tag; *before* is its value now, or None."""

    model: str
    version: str
    key: str
    value: str
    before: str | None

    def __str__(self) -> str:
        return f"tag {self.key} of {self.model} version {self.version}"


Step = SetAlias | SetStage | SetTag


@dataclass(frozen=True, slots=True)
class Plan:
    """
    One gate's promotion, ready to be carried out.

    Attributes:
        gate: The gate's name.
        model: Registered model name.
        version: The version that is promoted.
        created: Whether this session registered it.
        destination: Where the version goes, as people write it, e.g. ``@champion``.
        previous_version: The version that held the alias (or stage) before, or None.
        note: Something that people should know, or an empty text.
        steps: What has to be written; empty when the registry is as it should be.
    """

    gate: str
    model: str
    version: str
    created: bool
    destination: str
    previous_version: str | None
    note: str
    steps: tuple[Step, ...]
