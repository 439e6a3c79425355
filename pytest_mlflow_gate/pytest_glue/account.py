"""What is known of a session's gates, and the one value that every report is made from."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.promotion.decision import Decision, Result, SessionDecision
from pytest_mlflow_gate.promotion.provenance import provenance
from pytest_mlflow_gate.pytest_glue.candidates import shown_uri
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.pytest_glue.backtesting import Backtests
    from pytest_mlflow_gate.pytest_glue.candidates import ResolvedCandidates
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.pytest_glue.witness import Witness
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.values import Run

UNFINISHED = Result("failed", "the promotion did not come to its end")
"""What is true of a promotion until it is decided, and stays true where the session is killed."""


class Account:
    """
    Judges the gates, and holds together what became of them so far.

    Attributes:
        gates: The session's.
        candidates: Who is judged.
        witness: What pytest reported.
        backtests: What was found of past runs, in a session that judges those in place of candidates.
        results: What became of each gate's promotion so far, by the gate's name.
        reasons: What spoke against it, by the gate's name.
        past: Runs before the candidate, newest first, by the gate's name; only where a page draws them.
    """

    def __init__(
        self, gates: tuple[SessionGate, ...], candidates: ResolvedCandidates, witness: Witness
    ) -> None:
        self.gates = gates
        self.candidates = candidates
        self.witness = witness
        self.backtests: Backtests | None = None
        self.results: dict[str, Result] = {}
        self.reasons: dict[str, tuple[str, ...]] = {}
        self.past: dict[str, tuple[Run, ...]] = {}
        self._findings: dict[str, dict[str, Finding]] = {}
        self._last: SessionDecision | None = None

    def candidate(self, gate: SessionGate) -> Snapshot | None:
        """Return a gate's candidate; None where there is none, or where nobody needed it."""
        found = self.candidates.all().get(gate.gate.name)
        return None if isinstance(found, str) else found

    def judged(self, gate: Gate) -> Mapping[str, Finding]:
        """Judge every check that a gate declares, once; empty while nobody needed its candidate."""
        if self.backtests is not None:
            return self.backtests.findings(gate)
        candidate = self.candidates.all().get(gate.name)
        if candidate is None:
            return {}
        if gate.name not in self._findings:
            self._findings[gate.name] = {finding.check: finding for finding in judge_gate(gate, candidate)}
        return self._findings[gate.name]

    def decision(self, gate: SessionGate) -> Decision:
        """Return everything that there is to say about one gate."""
        name = gate.gate.name
        return Decision(
            gate=gate.gate,
            tracking_uri=shown_uri(gate),
            candidate=self.candidate(gate),
            findings=tuple(self.judged(gate.gate).values()),
            result=self.results.get(name, UNFINISHED if gate.gate.promotion else Result("none", "")),
            past=self.past.get(name, ()),
            reasons=self.reasons.get(name, ()),
            registry_uri=gate.registry_uri and mask(gate.registry_uri),
            backtest=self.backtests.made(gate.gate) if self.backtests else None,
        )

    def decided(self, exit_status: int) -> SessionDecision:
        """Return everything that there is to say about the session, the same value until that changes."""
        now = SessionDecision(
            gates=tuple(map(self.decision, self.gates)),
            tests=self.witness.conduct(exit_status).tests,
            exit_status=exit_status,
            time=time.time(),
            provenance=provenance(os.environ),
        )
        if self._last is None or now._replace(time=self._last.time) != self._last:
            self._last = now
        return self._last
