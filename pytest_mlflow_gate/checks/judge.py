"""A whole gate against one candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.types import RUN_CHECK

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Check, Gate
    from pytest_mlflow_gate.tracking.values import Snapshot

NO_CANDIDATE = "no candidate"


def judge(gate: Gate, check: Check | None, candidate: Snapshot | str) -> Finding:
    """
    Judge one check of a gate.

    Args:
        gate: The gate.
        check: One of its checks, or None for the one that every gate has: there is a candidate.
        candidate: What is under test, or a text that says why there is none.
    """
    if check is None:
        return _judge_run(gate, candidate)
    if isinstance(candidate, str):
        return Finding(check.name, "skipped", NO_CANDIDATE, check.line, check.severity, check.metric)
    return KEYS[check.condition].judge(check, candidate)


def judge_gate(gate: Gate, candidate: Snapshot | str) -> tuple[Finding, ...]:
    """Judge every check of *gate*, the candidate's own first; without a candidate the others are skipped."""
    return tuple(judge(gate, check, candidate) for check in (None, *gate.checks))


def _judge_run(gate: Gate, candidate: Snapshot | str) -> Finding:
    line = gate.candidate.line
    if isinstance(candidate, str):
        return Finding(RUN_CHECK, "unevaluable", f"cannot judge {gate.name}: {candidate}", line)
    return Finding(RUN_CHECK, "passed", f"run {candidate.run.name or candidate.run.run_id}", line)
