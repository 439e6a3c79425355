"""What a session decided: the one value that every report is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from pytest_mlflow_gate.checks.backtest import Backtest
    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.evidence import OrdinaryTests
    from pytest_mlflow_gate.promotion.provenance import Provenance
    from pytest_mlflow_gate.promotion.verdict import Verdict
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.values import Run

Status = Literal["promoted", "withheld", "refused", "awaiting", "failed", "dry-run", "none"]
"""
``withheld``: the verdict is no. ``refused``: the verdict is yes and the registry or the run stands against
it; nothing moved. ``awaiting``: a human has to approve it first. ``failed``: the move itself failed.
``dry-run``: would have moved. ``none``: the gate has no promotion.
"""


class Result(NamedTuple):
    """
    What became of a gate's promotion.

    Attributes:
        status: In one word.
        text: In one line, for people.
        version: The version that was or would have been promoted, or None.
        created: Whether this session registered it.
        previous_version: The version that held the alias or stage before, or None.
        left: A line for each change that could not be put back.
    """

    status: Status
    text: str
    version: str | None = None
    created: bool = False
    previous_version: str | None = None
    left: tuple[str, ...] = ()

    @classmethod
    def withheld(cls, verdict: Verdict) -> Result:
        """Return the result of a verdict that is no: its first reason, and how many more there are."""
        first, *more = verdict.reasons
        others = f" (and {len(more)} more reason{'s' if len(more) > 1 else ''})" if more else ""
        return cls("withheld", f"{first.text}{others}")


class Decision(NamedTuple):
    """
    Everything that there is to say about one gate of a session.

    Attributes:
        gate: The gate.
        tracking_uri: The server or store, credentials masked.
        candidate: The candidate, or None where there was none.
        findings: One for each check that the file declares; empty where the session never judged the gate.
        result: What became of the promotion.
        past: Finished runs of the candidate's experiment before it, newest first; only where a report draws
            them.
        reasons: Everything that spoke against the promotion when it was decided; empty where nothing did.
        registry_uri: Where the registry is another server or store than the tracking's, credentials masked.
        backtest: What the gate says of past runs, in a session that judges those in place of a candidate.
    """

    gate: Gate
    tracking_uri: str
    candidate: Snapshot | None
    findings: tuple[Finding, ...]
    result: Result
    past: tuple[Run, ...] = ()
    reasons: tuple[str, ...] = ()
    registry_uri: str | None = None
    backtest: Backtest | None = None

    @property
    def passed(self) -> bool:
        """Whether every check that blocks passed, whatever else the session saw."""
        return bool(self.findings) and not any(finding.blocks for finding in self.findings)


class SessionDecision(NamedTuple):
    """
    Everything that there is to say about a session.

    Attributes:
        gates: One decision for each gate.
        tests: The session's ordinary tests.
        exit_status: The session's, as it is now.
        time: When this was put together, in seconds since the epoch.
        provenance: Who decided, on what commit, in which job; None where nobody looked.
    """

    gates: tuple[Decision, ...]
    tests: OrdinaryTests
    exit_status: int
    time: float
    provenance: Provenance | None = None

    @property
    def promoted(self) -> bool:
        """Whether at least one gate promotes and every gate that promotes did."""
        asked = [decision for decision in self.gates if decision.gate.promotion is not None]
        return bool(asked) and all(decision.result.status == "promoted" for decision in asked)
