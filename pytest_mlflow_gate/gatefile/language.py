"""What the loader is told about conditions and rules, because other rooms and packages define them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Unit = Literal["metric", "change", "share"]
"""
What a limit is written in: the metric's own unit; the same or a percentage of the baseline, never negative;
a share of 1, as ``95%`` or ``0.95``.
"""

Need = Literal["baseline", "cohorts", "trials"]
"""What a condition cannot be judged without: a baseline, several cohorts, a number of trials for each arm."""


class Interval(NamedTuple):
    """
    The values that a condition lets pass, or the changes, for finding conditions that contradict.

    Attributes:
        lower: Smallest value, or None where there is no lower end.
        upper: Largest value, or None where there is no upper end.
        lower_open: Whether *lower* itself does not pass.
        upper_open: Whether *upper* itself does not pass.
    """

    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_open: bool = False
    upper_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionKey:
    """
    One key of a threshold: what the loader and the JSON Schema know of a condition.

    Attributes:
        name: The key in the gate file.
        description: One sentence for the JSON Schema and the editor that shows it.
        symbol: The comparison of the short form (``>=``), or an empty text for a key that has none.
        interval: Limit and tolerance to the values that pass; None where that depends on more than these.
        unit: What the limit is written in.
        side: Which bound of an interval has to clear the limit, where a confidence is asked for; None for a
            condition that takes no confidence.
        needs: What it cannot be judged without.
    """

    name: str
    description: str
    symbol: str = ""
    interval: Callable[[Decimal, Decimal], Interval] | None = None
    unit: Unit = "metric"
    side: Literal["lower", "upper"] | None = None
    needs: frozenset[Need] = frozenset()

    @property
    def uses_tolerance(self) -> bool:
        """Whether a tolerance changes what this condition lets pass."""
        if self.interval is None:
            return False
        return self.interval(Decimal(0), Decimal(1)) != self.interval(Decimal(0), Decimal(0))


class ExpressionProblem(Exception):
    """
    A text that is no expression.

    Attributes:
        says: What is wrong and the remedy, as the rest of a sentence.
        line: 0-based line within the text.
    """

    def __init__(self, says: str, line: int = 0) -> None:
        self.says = says
        self.line = line
        super().__init__(says)


class Expression(Protocol):
    """A CEL expression that was compiled."""

    @property
    def text(self) -> str:
        """As in the gate file."""

    @property
    def metrics(self) -> frozenset[str]:
        """Names of the metrics that it is seen to read."""

    @property
    def uses_baseline(self) -> bool:
        """Whether it reads the baseline."""


@dataclass(frozen=True, slots=True)
class Language:
    """
    What the loader has to be told, because other rooms and other packages define it.

    Attributes:
        conditions: The keys of a threshold, by name.
        compile_rule: Compiles a rule's text; raises `ExpressionProblem`.
    """

    conditions: Mapping[str, ConditionKey]
    compile_rule: Callable[[str], Expression]
