"""What every family of conditions has in common: its key, its judge, and the ways to have no value."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.numbers import exact, shown
from pytest_mlflow_gate.gatefile.types import ConditionKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from pytest_mlflow_gate.gatefile.types import Check
    from pytest_mlflow_gate.tracking.values import Run, Snapshot


@dataclass(frozen=True, slots=True)
class Condition(ConditionKey):
    """
    One key of a threshold together with the function that judges it.

    Attributes:
        judge: Check and candidate to finding; pure.
    """

    judge: Callable[[Check, Snapshot], Finding]


def compare(
    check: Check, snapshot: Snapshot, *, requirement: str, margin: Callable[[Decimal], Decimal], strict: bool
) -> Finding:
    """
    Judge *check* by the distance of the run's value to the limit.

    Args:
        check: What to judge.
        snapshot: The candidate.
        requirement: The comparison as people write it, e.g. ``>= 0.92``.
        margin: Exact value to its distance from the limit, negative on the failing side.
        strict: Whether a distance of zero fails.

    Returns:
        ``unevaluable`` for a value that is missing, NaN or infinite; else ``passed`` or ``failed``.
    """
    value = snapshot.run.metrics.get(check.metric)
    if value is None:
        return _unevaluable(check, requirement, None, _missing(check.metric, snapshot.run))
    if not math.isfinite(value):
        return _unevaluable(check, requirement, value, f"its value is {shown(value)}, must be {requirement}")
    distance = margin(exact(value))
    holds = distance > 0 if strict else distance >= 0
    if holds:
        text = f"{shown(value)} {requirement}"
    else:
        text = f"{check.metric} is {shown(value)}, must be {requirement}{_because(check)}"
    return Finding(
        check=check.name,
        outcome="passed" if holds else "failed",
        text=text,
        line=check.line,
        severity=check.severity,
        metric=check.metric,
        value=value,
        limit=requirement,
        margin=distance,
    )


def _unevaluable(check: Check, requirement: str, value: float | None, why: str) -> Finding:
    return Finding(
        check=check.name,
        outcome="unevaluable",
        text=f"cannot judge {check.metric}: {why}{_because(check)}",
        line=check.line,
        severity=check.severity,
        metric=check.metric,
        value=value,
        limit=requirement,
    )


def _because(check: Check) -> str:
    return f", because: {check.reason}" if check.reason else ""


def _missing(metric: str, run: Run) -> str:
    if not run.metrics:
        return f"run {run.run_id} logged no metrics at all"
    folded = {name.casefold(): name for name in run.metrics}
    close = difflib.get_close_matches(metric.casefold(), folded, n=3)
    if close:
        return f"run {run.run_id} never logged it, closest: {', '.join(folded[name] for name in close)}"
    some = ", ".join(sorted(run.metrics)[:5])
    return f"run {run.run_id} never logged it; it logged {some}{', ...' if len(run.metrics) > 5 else ''}"  # noqa: PLR2004
