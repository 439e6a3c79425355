"""From exact numbers to places in a picture."""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.checks.numbers import exact

if TYPE_CHECKING:
    from collections.abc import Iterable

# Enough for any two floats beside each other; the largest exponents, because floats may be 1e308 apart.
_MATHS = Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN)
_NEAR = Decimal("0.1")
_CLOSEST = Decimal(40)
_FAR = Decimal(3)
_MARGIN = Decimal("0.125")

Edge = Literal["low", "high"]


class Scale(NamedTuple):
    """
    The part of the number line that a picture shows.

    Attributes:
        low: Number at its lower end.
        high: Number at its higher end; more than *low*.
    """

    low: Decimal
    high: Decimal

    def share(self, number: Decimal) -> float:
        """Return where *number* is, from 0 (lower end) to 1 (higher end), and never beyond."""
        if number <= self.low or number >= self.high:
            return 0.0 if number <= self.low else 1.0
        above, whole = _MATHS.subtract(number, self.low), _MATHS.subtract(self.high, self.low)
        return float(_MATHS.divide(above, whole))

    def edge(self, number: Decimal) -> Edge | None:
        """Return behind which end *number* lies, or None for one that the picture shows."""
        if self.low <= number <= self.high:
            return None
        return "low" if number < self.low else "high"


def scale(essential: Iterable[Decimal], others: Iterable[Decimal] = ()) -> Scale:
    """
    Return a scale that shows all of *essential*, with room at both ends, and those of *others* that are near.

    Numbers that differ by less than a tenth of their size look near each other, and never nearer than a
    fortieth of that part of the picture: on which side of the other one a number is can always be seen.

    Args:
        essential: Finite numbers, one or more.
        others: Finite numbers; one that is far away would squeeze the rest, and is left outside.
    """
    numbers = list(essential)
    low, high = min(numbers), max(numbers)
    apart = _MATHS.subtract(high, low)
    near = _MATHS.multiply(max(low.copy_abs(), high.copy_abs()), _NEAR)
    span = min(max(apart, near), _MATHS.multiply(apart, _CLOSEST)) if apart else near or Decimal(1)
    room = _MATHS.divide(_MATHS.subtract(span, apart), Decimal(2))
    low, high = _MATHS.subtract(low, room), _MATHS.add(high, room)
    reach = _MATHS.multiply(span, _FAR)
    least, most = _MATHS.subtract(low, reach), _MATHS.add(high, reach)
    beside = [number for number in others if least <= number <= most]
    low, high = min([low, *beside]), max([high, *beside])
    margin = _MATHS.multiply(_MATHS.subtract(high, low), _MARGIN)
    return Scale(_MATHS.subtract(low, margin), _MATHS.add(high, margin))


def finite(number: float | Decimal | None) -> Decimal | None:
    """Return *number* exactly, or None for one that has no place on a number line."""
    if number is None or not math.isfinite(number):
        return None
    return number if isinstance(number, Decimal) else exact(number)
