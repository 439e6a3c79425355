"""Exact numbers: a metric is the decimal that MLflow shows, not the binary fraction behind it."""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal

EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Adds and subtracts without rounding: decimals themselves round to 28 digits, and a limit may have more."""

_PLAIN_DIGITS = 15
_FEW = Context(prec=6)


def exact(value: float) -> Decimal:
    """
    Return the shortest decimal that means the same float, so that 0.88 - 0.8 is 0.08.

    Raises:
        ValueError: If *value* is NaN or infinite, because no limit could be compared with it.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    return Decimal(repr(value))


def shown(number: float | Decimal) -> str:
    """Return *number* as people write it: without an exponent where few digits do, 120 rather than 120.0."""
    if isinstance(number, float):
        if not math.isfinite(number):
            return "NaN" if math.isnan(number) else ("infinity" if number > 0 else "-infinity")
        number = Decimal(repr(number).removesuffix(".0"))
    plain = format(number, "f")
    return plain if len(plain) <= _PLAIN_DIGITS else str(number)


def short(value: float, margin: Decimal | None) -> str:
    """Return *value* with six digits for a table; with all where six would hide its *margin*."""
    if not math.isfinite(value):
        return shown(value)
    full = exact(value)
    rounded = full.normalize(_FEW)
    hides = margin is not None and abs(rounded - full) >= abs(margin) > 0
    return shown(value) if hides or value.is_integer() or rounded == full else shown(rounded)


def signed(number: Decimal) -> str:
    """Return *number* with its sign and at most six digits, e.g. ``+0.01``; zero stays ``0``."""
    if not number:
        return "0"
    plain = shown(number.normalize(_FEW))
    return plain if number < 0 else f"+{plain}"
