"""The tightest limit at which all of several runs still pass a check."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.checks.judge import judge
from pytest_mlflow_gate.checks.numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mlflow_gate.gatefile.declared import Check
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

_STEPS = 100
_PLENTY = 40
_LEGIBLE, _DIGITS = 9, 6


class Tightest(NamedTuple):
    """
    What the limit of a check could be.

    Attributes:
        number: In the unit of the check's limit; of ``equals``, the tolerance. Of a strict comparison the
            number that is touched, so it has to let that pass. None where no limit lets all of them pass.
        of: How many runs it was found from: those that have a value.
        rising: Whether more of it lets more pass, as with ``max``.
    """

    number: Decimal | None
    of: int
    rising: bool = False


def tightest(gate: Gate, check: Check, candidates: Iterable[Snapshot]) -> Tightest:
    """
    Return the tightest limit that all *candidates* meet, rounded to their side where it has many digits.

    Args:
        gate: The gate.
        check: One of its thresholds.
        candidates: Those that have no value, or nothing to be compared with, have no say.
    """
    found = [root for candidate in candidates if (root := _root(gate, check, candidate)) is not None]
    if not found:
        return Tightest(None, 0)
    rising = found[0][1]
    number = (max if rising else min)(number for number, _ in found)
    if check.condition.unit == "change" and number < 0:
        # A change has no negative limit: to allow nothing is the tightest, and a fall is no rise of anything.
        return Tightest(Decimal(0) if rising else None, len(found), rising)
    return Tightest(_legible(number, rising=rising), len(found), rising)


def _root(gate: Gate, check: Check, candidate: Snapshot) -> tuple[Decimal, bool] | None:
    """
    Return the limit that leaves no margin, and whether larger ones leave more.

    The margin is a straight line over the limit or, of several cohorts, the lowest of several: Newton's
    method ends at its root after one step for each of the lines.
    """
    number = check.tolerance if check.condition.uses_tolerance else check.limit
    margin = _margin(gate, check, number, candidate)
    for _ in range(_STEPS):
        beyond = _margin(gate, check, EXACT.add(number, Decimal(1)), candidate)
        if margin is None or beyond is None or beyond == margin:
            return None
        slope = EXACT.subtract(beyond, margin)
        # Rounded to the side of the candidate, which has to pass.
        up, down = (Context(prec=_PLENTY, rounding=mode) for mode in (ROUND_CEILING, ROUND_FLOOR))
        near, far = (up, down) if slope > 0 else (down, up)
        number = near.subtract(number, far.divide(margin, slope))
        margin = _margin(gate, check, number, candidate)
        if margin is not None and margin >= 0:
            return number, slope > 0
    return None


def _margin(gate: Gate, check: Check, number: Decimal, candidate: Snapshot) -> Decimal | None:
    of_tolerance = check.condition.uses_tolerance
    changed = check._replace(tolerance=number) if of_tolerance else check._replace(limit=number)
    return judge(gate, changed, candidate).margin


def _legible(number: Decimal, *, rising: bool) -> Decimal:
    plain = number.normalize(EXACT)
    if len(plain.as_tuple().digits) <= _LEGIBLE:
        return plain
    return plain.normalize(Context(prec=_DIGITS, rounding=ROUND_CEILING if rising else ROUND_FLOOR))
