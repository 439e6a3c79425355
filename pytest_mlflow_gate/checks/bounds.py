"""One-sided bounds: min, max, above, below."""

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


def _bound(name: str, symbol: str, description: str) -> Condition:
    lower, strict = symbol[0] == ">", "=" not in symbol

    def interval(limit: Decimal, _tolerance: Decimal) -> Interval:
        if lower:
            return Interval(lower=limit, lower_open=strict)
        return Interval(upper=limit, upper_open=strict)

    def judge(check: Check, snapshot: Snapshot) -> Finding:
        return compare(
            check,
            snapshot,
            requirement=f"{symbol} {shown(check.limit)}",
            margin=lambda value: EXACT.subtract(*((value, check.limit) if lower else (check.limit, value))),
            strict=strict,
            bound=check.limit,
            passes="above" if lower else "below",
        )

    return Condition(
        name=name,
        symbol=symbol,
        description=description,
        interval=interval,
        side="lower" if lower else "upper",
        judge=judge,
    )


CONDITIONS = (
    _bound("min", ">=", "The metric has to be this much or more."),
    _bound("max", "<=", "The metric has to be this much or less."),
    _bound("above", ">", "The metric has to be more than this."),
    _bound("below", "<", "The metric has to be less than this."),
)
