"""The short form of a threshold: a comparison and a number, ``>= 0.92``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.problems import plain
from pytest_mlflow_gate.gatefile.quantities import NUMBER, number
from pytest_mlflow_gate.gatefile.scalars import VARIABLE, Kind, Misread

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pytest_mlflow_gate.gatefile.language import ConditionKey


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    A condition in its short form.

    Attributes:
        condition: The key that the long form would use, e.g. ``min``.
        limit: In the metric's own unit.
    """

    condition: str
    limit: Decimal


def comparison(keys: Mapping[str, ConditionKey]) -> Kind:
    """Return the kind of a text that compares with one of the symbols in *keys*."""
    names = {key.symbol: key.name for key in keys.values() if key.symbol}
    symbols = sorted(names, key=len, reverse=True)
    example = f"{symbols[0]} 0.92"
    either = "|".join(re.escape(symbol) for symbol in symbols)

    def read(text: str) -> Comparison:
        written = re.fullmatch(rf"({either})(?![<>=])(.+)", text.strip(), re.DOTALL)
        if written:
            return Comparison(names[written[1]], number(written[2]))
        bare = text.strip()
        if re.fullmatch(NUMBER, bare):
            raise Misread(f"is a bare number, write '{symbols[0]} {plain(bare)}'")
        raise Misread(f"is no condition, write {', '.join(names)} and a number, such as '{example}'")

    pattern = rf"^\s*(?:{either})\s*{NUMBER}\s*$|{VARIABLE}"
    return Kind(
        f"a condition such as '{example}'",
        read,
        {"type": "string", "pattern": pattern, "examples": [example]},
    )
