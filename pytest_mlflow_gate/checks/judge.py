"""A whole gate against one candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.cohorts import judge_every_cohort
from pytest_mlflow_gate.checks.condition import Condition
from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.requirements import judge_requirement
from pytest_mlflow_gate.gatefile.declared import EVERY_COHORT, RUN_CHECK, Check, Requirement, Rule

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

NO_CANDIDATE = "no candidate"


def judge(gate: Gate, check: AnyCheck | None, candidate: Snapshot | str) -> Finding:
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
        metric = check.metric if isinstance(check, Check) else None
        return Finding(check.name, "skipped", NO_CANDIDATE, check.line, check.severity, metric)
    match check:
        case Check():
            finding = _judge_condition(check, candidate)
            # Whoever shows what was found shows that the limit is not the file's.
            return finding._replace(text=f"{finding.text} ({check.option})") if check.option else finding
        case Requirement():
            return judge_requirement(check, candidate)
        case Rule():
            from pytest_mlflow_gate.checks.rules import judge_rule  # noqa: PLC0415 - most gates have none

            return judge_rule(check, candidate)


def judge_gate(gate: Gate, candidate: Snapshot | str) -> tuple[Finding, ...]:
    """Judge every check of *gate*, the candidate's own first; without a candidate the others are skipped."""
    return tuple(judge(gate, check, candidate) for check in (None, *gate.checks))


def _judge_condition(check: Check, candidate: Snapshot) -> Finding:
    condition = check.condition
    if not isinstance(condition, Condition):
        raise TypeError(f"condition {condition.name} has nobody who judges it")
    if check.cohorts == EVERY_COHORT and "cohorts" not in condition.needs:
        return judge_every_cohort(check, candidate, condition.judge)
    return condition.judge(check, candidate)


def _judge_run(gate: Gate, candidate: Snapshot | str) -> Finding:
    line = gate.candidate.line
    if isinstance(candidate, str):
        return Finding(RUN_CHECK, "unevaluable", f"cannot judge {gate.name}: {candidate}", line)
    return Finding(RUN_CHECK, "passed", f"run {candidate.run.name or candidate.run.run_id}", line)
