"""Changes against the baseline: max_drop, max_rise, min_rise, min_drop, absolute or in percent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_mlflow_gate.checks.condition import (
    Condition,
    cannot_judge,
    compare,
    described,
    found,
    rival_of,
)
from pytest_mlflow_gate.checks.numbers import EXACT, exact, shown
from pytest_mlflow_gate.checks.reading import Unreadable, point
from pytest_mlflow_gate.tracking.snapshot import Missing

if TYPE_CHECKING:
    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.checks.reading import Value
    from pytest_mlflow_gate.gatefile.declared import Check
    from pytest_mlflow_gate.tracking.snapshot import Snapshot


def _change(name: str, side: Literal["lower", "upper"], sign: int, description: str) -> Condition:
    """
    Return a condition that the baseline makes a bound of.

    Args:
        name: The key.
        side: Whether the candidate has to stay above the bound (``lower``) or below it.
        sign: Of the limit in the bound: baseline + sign * limit.
        description: For the JSON Schema.
    """

    def judge(check: Check, snapshot: Snapshot) -> Finding:
        rival = rival_of(snapshot, by_model=check.reading.dataset is not None)
        if isinstance(rival, str):
            return found(check, "exempt", rival)
        if isinstance(rival, Missing):
            return cannot_judge(check, f"there is no baseline to compare with: {rival.why}")
        try:
            base = point(check.metric, check.reading, rival)
            _require_same_data(check, snapshot, base)
        except Unreadable as error:
            why = f"the baseline ({described(rival)}): {error.why}"
            return cannot_judge(check, why, fix=error.fix)
        number = exact(base.number)
        amount = check.limit
        if check.percent:
            if not number:
                text = f"the baseline is 0, and {shown(amount)}% of it is nothing: write an absolute limit"
                return cannot_judge(check, text)
            amount = EXACT.multiply(number.copy_abs(), EXACT.scaleb(check.limit, -2))
        bound = EXACT.add(number, amount if sign > 0 else amount.copy_negate()).normalize(EXACT)
        limit = f"{shown(check.limit)}{'%' if check.percent else ''}"
        return compare(
            check,
            snapshot,
            requirement=f"{'>=' if side == 'lower' else '<='} {shown(bound)}",
            margin=lambda value: EXACT.subtract(*((value, bound) if side == "lower" else (bound, value))),
            told=f"baseline {shown(base.number)}, {name} {limit}",
            baseline=base.number,
            bound=bound,
            passes="above" if side == "lower" else "below",
        )

    return Condition(
        name=name,
        description=description,
        unit="change",
        side=side,
        needs=frozenset({"baseline"}),
        judge=judge,
    )


def _require_same_data(check: Check, snapshot: Snapshot, base: Value) -> None:
    if check.reading.dataset is None:
        return
    try:
        own = point(check.metric, check.reading, snapshot)
    except Unreadable:
        # What is wrong with the candidate's own value is said when that is compared.
        return
    if own.digest != base.digest:
        raise Unreadable(
            f"its dataset {check.reading.dataset!r} has digest {base.digest} and the candidate's has "
            f"{own.digest}, so they were measured on different data",
            fix="measure both on the same",
        )


CONDITIONS = (
    _change("max_drop", "lower", -1, "How much less than the baseline the metric may be, e.g. 0.01 or 2%."),
    _change("max_rise", "upper", 1, "How much more than the baseline the metric may be, e.g. 5 or 2%."),
    _change("min_rise", "lower", 1, "How much more than the baseline the metric has to be, e.g. 0.01 or 1%."),
    _change("min_drop", "upper", -1, "How much less than the baseline the metric has to be, e.g. 3 or 1%."),
)
