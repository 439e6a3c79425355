"""The kinds of numbers that a key can hold: limits, changes, shares, samples, durations."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, NewType

from pytest_mlflow_gate.gatefile.problems import plain
from pytest_mlflow_gate.gatefile.scalars import COUNT, VARIABLE, Kind, Misread, line

if TYPE_CHECKING:
    from collections.abc import Mapping

Seconds = NewType("Seconds", float)
"""A duration."""

Share = NewType("Share", Decimal)
"""A share of 1 between 0 and 1, both excluded: ``95%`` or ``0.95``."""

Samples = int | str
"""A number of samples, or the metric that holds it."""


class Amount(NamedTuple):
    """
    How much a metric may, or has to, change against the baseline.

    Attributes:
        number: 0 or more.
        percent: Whether it is in percent of the baseline's absolute value, else in the metric's own unit.
    """

    number: Decimal
    percent: bool


# With one way only to match a row of digits: two would take minutes on a long one that ends in a letter.
NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SMALLEST, _LARGEST = Decimal("4.9e-324"), Decimal("1.7976931348623157e308")


def number(text: str) -> Decimal:
    """
    Return the decimal that *text* writes, exactly.

    Raises:
        Misread: If it is no plain decimal, or no metric could ever be near it.
    """
    written = text.strip()
    if not re.fullmatch(NUMBER, written):
        raise Misread(f"is {_not_a_number(written)}", written)
    exponent = re.search(r"[eE][-+]?0*([0-9]*)$", written)
    digits = len(exponent[1]) if exponent else 0
    value = Decimal(written) if digits <= len("999") else Decimal("inf")
    if value and not _SMALLEST <= value.copy_abs() <= _LARGEST:
        raise Misread("is out of the range of a metric, write a number from 4.9e-324 to 1.8e308", written)
    return value


def _not_a_number(written: str) -> str:
    if re.fullmatch(r"[-+]?[0-9.]{1,20}\s*%", written) and re.fullmatch(NUMBER, written.rstrip("% ")):
        return f"a percentage, write {Decimal(written.rstrip('% ')).scaleb(-2):f}"
    if re.fullmatch(r"[-+]?\.?(?:nan|inf|infinity)", written, re.IGNORECASE):
        return "no limit, write a finite number such as 0.92"
    if re.fullmatch("[0-9_]*[0-9]", written):
        return f"not a plain decimal, write {plain(written.replace('_', ''))}"
    return "not a decimal number, write one such as 0.92 or 1e-3"


def _amount(text: str) -> Amount:
    written = text.strip()
    percent = re.fullmatch(rf"({NUMBER})\s*%", written)
    value = number(percent[1] if percent else written)
    if value.is_signed():
        raise Misread("must not be negative, the key says the direction; write 0 or more", written)
    return Amount(value, percent is not None)


def _share(text: str) -> Decimal:
    written = text.strip()
    percent = re.fullmatch(rf"({NUMBER})\s*%", written)
    value = number(percent[1] if percent else written)
    share = value.scaleb(-2) if percent else value
    # Statistics are computed in floats, which take so many nines for 1.
    if not 0 < float(share) < 1:
        raise Misread("is no share between 0 and 1, write one such as 95% or 0.95", written)
    return share


def _samples(text: str) -> Samples:
    if re.fullmatch(COUNT, text.strip()):
        return int(text)
    if re.fullmatch(NUMBER, text.strip()):
        raise Misread("is no number of samples, write a whole number from 1 to 999999999, or a metric's name")
    return line(text)


def _seconds(text: str) -> float:
    written = re.fullmatch("([0-9]{1,9})([smhd])", text.strip())
    if not written:
        raise Misread("is no duration, write a whole number with its unit: 30s, 10m, 24h or 7d")
    return int(written[1]) * _UNITS[written[2]]


def _number_schema(pattern: str = NUMBER, **bounds: float) -> Mapping[str, object]:
    return {"type": ["number", "string"], **bounds, "pattern": rf"^\s*(?:{pattern})\s*$|{VARIABLE}"}


_NOT_NEGATIVE = NUMBER.replace("[-+]", "[+]")
_BELOW_ONE = r"[+]?0*\.[0-9]*[1-9][0-9]*"
_BELOW_HUNDRED = r"[+]?(?:0*[1-9][0-9]?(?:\.[0-9]*)?|0*\.[0-9]*[1-9][0-9]*)\s*%"
_WITH_EXPONENT = r"[+]?[0-9.]+[eE][-+]?[0-9]+\s*%?"
_SHARE = f"{_BELOW_ONE}|{_BELOW_HUNDRED}|{_WITH_EXPONENT}"
_SAMPLES: Mapping[str, object] = {
    "anyOf": [
        {"type": ["integer", "string"], "minimum": 1, "maximum": 999_999_999, "pattern": rf"^\s*{COUNT}\s*$"},
        {
            "type": ["string", "boolean"],
            "pattern": r"\S",
            "not": {"type": "string", "pattern": rf"^\s*{NUMBER}\s*$"},
        },
    ]
}

QUANTITIES: Mapping[object, Kind] = {
    Decimal: Kind("a number", number, _number_schema()),
    Amount: Kind("a number or a percentage", _amount, _number_schema(rf"{_NOT_NEGATIVE}\s*%?", minimum=0)),
    Share: Kind(
        "a share such as 95% or 0.95", _share, _number_schema(_SHARE, exclusiveMinimum=0, exclusiveMaximum=1)
    ),
    Samples: Kind("a number of samples or a metric's name", _samples, _SAMPLES),
    Seconds: Kind(
        "a duration", _seconds, {"type": "string", "pattern": rf"^\s*[0-9]{{1,9}}[smhd]\s*$|{VARIABLE}"}
    ),
}
"""By the type that a key is declared with in `layout`."""
