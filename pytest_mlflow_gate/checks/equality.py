"""A value that has to be met: equals, with a tolerance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.condition import Condition, compare
from pytest_mlflow_gate.checks.numbers import EXACT, shown
from pytest_mlflow_gate.gatefile.language import Interval

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.declared import Check
    from pytest_mlflow_gate.tracking.snapshot import Snapshot


def _interval(limit: Decimal, tolerance: Decimal) -> Interval:
    return Interval(lower=EXACT.subtract(limit, tolerance), upper=EXACT.add(limit, tolerance))


def _judge(check: Check, snapshot: Snapshot) -> Finding:
    within = f" +- {shown(check.tolerance)}" if check.tolerance else ""
    return compare(
        check,
        snapshot,
        requirement=f"== {shown(check.limit)}{within}",
        margin=lambda value: EXACT.subtract(check.tolerance, EXACT.subtract(value, check.limit).copy_abs()),
        strict=False,
        bound=check.limit,
        passes="around",
    )


CONDITIONS = (
    Condition(
        name="equals",
        symbol="==",
        description="The metric has to be this number, give or take `tolerance`.",
        interval=_interval,
        judge=_judge,
    ),
)
