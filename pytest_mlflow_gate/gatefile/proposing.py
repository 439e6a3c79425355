"""A limit for a metric, from the values that the last runs had."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.gatefile.quantities import number
from pytest_mlflow_gate.gatefile.scalars import Misread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_mlflow_gate.gatefile.directions import Direction

ROOM = 5
"""Percent of the value that a limit is away from it, where its history says nothing of how much it varies."""

_DIGITS = 2
_WORSE = 4
_LONGEST = 15
_OUTWARD = {
    "up": Context(prec=_DIGITS, rounding=ROUND_FLOOR, Emax=MAX_EMAX, Emin=MIN_EMIN),
    "down": Context(prec=_DIGITS, rounding=ROUND_CEILING, Emax=MAX_EMAX, Emin=MIN_EMIN),
}
_SYMBOLS = {"up": ">=", "down": "<="}


class Proposal(NamedTuple):
    """
    A limit that the newest value meets.

    Attributes:
        condition: As a gate file has it, e.g. ``>= 0.92``.
        passing: How many of the values meet it.
        has_room: Whether it is `ROOM` percent away from the newest value, because all values are the same.
    """

    condition: str
    passing: int
    has_room: bool


def propose(values: Sequence[float], direction: Direction) -> Proposal | None:
    """
    Return a limit that the newest value meets, and about three quarters of the others.

    It has two digits, rounded to the side where more passes.

    Args:
        values: Finite ones, the newest first, at least one.
        direction: Which way is better.

    Returns:
        None where the values give no scale: the limit would be 0, or out of a metric's range.
    """
    sign = 1 if direction == "up" else -1
    exact = [Decimal(repr(value)) for value in values]
    ordered = sorted(exact, key=lambda value: value * sign)
    has_room = ordered[0] == ordered[-1]
    if has_room:
        worst = exact[0] - sign * exact[0].copy_abs() * ROOM / 100
    else:
        worst = min(exact[0], ordered[ceil(len(ordered) / _WORSE) - 1], key=lambda value: value * sign)
    limit = _OUTWARD[direction].plus(worst)
    written = _written(limit)
    try:
        number(written)
    except Misread:
        return None
    if not limit:
        return None
    passing = sum((value - limit) * sign >= 0 for value in exact)
    return Proposal(f"{_SYMBOLS[direction]} {written}", passing, has_room)


def _written(limit: Decimal) -> str:
    plain = format(limit, "f")
    return plain if len(plain) <= _LONGEST else str(limit).lower()
