"""What a picture draws: places in its own units, and the numbers that they stand for."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.reporting.decision_file import number as in_json
from pytest_mlflow_gate.reporting.page.scale import finite

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_mlflow_gate.reporting.page.scale import Edge, Scale


class Mark(NamedTuple):
    """
    One number in a picture.

    Attributes:
        at: Its place along the scale.
        number: The number, spelled as in the decision's JSON.
        edge: The end of the scale behind which it lies, where it does; *at* is that end then.
    """

    at: str
    number: str
    edge: Edge | None = None


class Band(NamedTuple):
    """
    A part of the scale.

    Attributes:
        at: Where it begins.
        length: How long it is.
    """

    at: str
    length: str


def mark(
    number: float | Decimal | None, scale: Scale, length: float, *, upwards: bool = False
) -> Mark | None:
    """
    Return where *number* is on a scale; None for none and for NaN.

    Args:
        number: What to mark.
        scale: What the picture shows.
        length: How long it is drawn.
        upwards: Whether places are counted from the high end, as those of a vertical scale are.
    """
    if number is None or math.isnan(number):
        return None
    place = finite(number)
    if place is None:
        edge: Edge | None = "high" if number > 0 else "low"
        share = 1.0 if number > 0 else 0.0
    else:
        edge, share = scale.edge(place), scale.share(place)
    return Mark(units((1 - share if upwards else share) * length), spelled(number), edge)


def band(start: Decimal | None, end: Decimal | None, scale: Scale, length: float) -> Band | None:
    """Return the part of a scale between two numbers, None for an end that is open; None for no part."""
    first = scale.share(start) if start is not None else 0.0
    last = scale.share(end) if end is not None else 1.0
    if last <= first:
        return None
    return Band(units(first * length), units((last - first) * length))


def spelled(number: float | Decimal) -> str:
    """Return *number* as the decision's JSON spells it, without the quotes of a text."""
    return json.dumps(in_json(float(number))).strip('"')


def units(place: float) -> str:
    """Return a place in a picture with as many digits as can be seen."""
    return f"{place:.2f}".rstrip("0").rstrip(".")
