"""A gate as one session sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.tracking.snapshot import Missing, Rival, Snapshot
    from pytest_mlflow_gate.tracking.uri import TrackingUri


class SessionGate(NamedTuple):
    """
    A gate file together with what the session's options say of it.

    Attributes:
        gate: The gate, its candidate replaced where an option says so.
        file: Absolute path of the file.
        tracking: The tracking URI that won; None only in sessions that run nothing.
        registry_uri: Where the registry is elsewhere.
        asked: Whether the gate came by option or ini key and may promote; an explicit path only judges.
    """

    gate: Gate
    file: Path
    tracking: TrackingUri | None
    registry_uri: str | None
    asked: bool


class ItemJudge(Protocol):
    """
    What items ask when they run.

    Attributes:
        token: What an item shows after a true comparison.
    """

    token: str

    def finding(self, gate: Gate, check: AnyCheck | None) -> Finding:
        """Return what was found for a check; None is the check that there is a candidate."""


class Judge(ItemJudge, Protocol):
    """Who knows the candidates: the controller resolves and judges, its xdist workers are told and judge."""

    def candidate(self, gate: SessionGate) -> Snapshot | str:
        """Return a gate's candidate, or why there is none."""

    def baseline(self, gate: SessionGate) -> Rival | Missing | None:
        """Return what a candidate that was found is compared with; None where the gate has no baseline."""
