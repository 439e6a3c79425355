"""Conditions on one metric that no value can meet together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from pytest_mlflow_gate.gatefile.declared import Check


@dataclass(frozen=True, slots=True)
class _End:
    """One end of the values that a check lets pass; *is_open* when the end itself does not."""

    at: Decimal
    is_open: bool
    check: Check


def contradiction(checks: Sequence[Check]) -> tuple[Check, Check] | None:
    """Return two of *checks*, in the order of the file, that no value meets together, or None."""
    lower: _End | None = None
    upper: _End | None = None
    for check in checks:
        interval = check.condition.interval
        if interval is None:
            continue
        passing = interval(check.limit, check.tolerance)
        if passing.lower is not None:
            end = _End(passing.lower, passing.lower_open, check)
            if lower is None or (end.at, end.is_open) > (lower.at, lower.is_open):
                lower = end
        if passing.upper is not None:
            end = _End(passing.upper, passing.upper_open, check)
            if upper is None or (end.at, not end.is_open) < (upper.at, not upper.is_open):
                upper = end
    if lower is None or upper is None or lower.at < upper.at:
        return None
    if lower.at == upper.at and not (lower.is_open or upper.is_open):
        return None
    first, second = sorted((lower.check, upper.check), key=checks.index)
    return first, second
