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


def judge_check(check: Check, snapshot: Snapshot) -> Finding:
    """Judge one check of a gate."""
    return KEYS[check.condition].judge(check, snapshot)


def judge_run(gate: Gate, candidate: Snapshot | str) -> Finding:
    """Judge the check that every gate has: there is a candidate. A text says why there is none."""
    line = gate.candidate.line
    if isinstance(candidate, str):
        return Finding(RUN_CHECK, "unevaluable", f"cannot judge {gate.name}: {candidate}", line)
    return Finding(RUN_CHECK, "passed", f"run {candidate.run.name or candidate.run.run_id}", line)


def judge_gate(gate: Gate, candidate: Snapshot | str) -> tuple[Finding, ...]:
    """Judge every check of *gate*, the candidate's own first; without a candidate the others are skipped."""
    first = judge_run(gate, candidate)
    if isinstance(candidate, str):
        return (first, *(_skipped(check) for check in gate.checks))
    return (first, *(judge_check(check, candidate) for check in gate.checks))


def _skipped(check: Check) -> Finding:
    return Finding(check.name, "skipped", NO_CANDIDATE, check.line, check.severity, check.metric)
