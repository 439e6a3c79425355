"""What was found when a check was judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_mlflow_gate.gatefile.declared import Severity

Outcome = Literal["passed", "failed", "unevaluable", "skipped", "exempt"]


class Finding(NamedTuple):
    """
    The result of one check.

    Attributes:
        check: The check's name, unique in its gate.
        outcome: ``failed`` is a condition that does not hold, ``unevaluable`` one that cannot be judged,
            ``skipped`` one that has no candidate to look at, ``exempt`` one that the gate file excuses: there
            is nothing to compare with yet, or nothing but the candidate itself.
        text: One sentence for people; for a passed check the comparison alone (``0.93 >= 0.92``).
        line: 1-based line in the gate file.
        severity: ``warn`` never blocks.
        metric: MLflow metric key, or None for a check of the candidate itself.
        value: The metric's value, NaN and infinities included; None where there is none.
        limit: The comparison as people write it, e.g. ``>= 0.92``; empty where there is none.
        margin: Distance to the limit in the metric's unit, negative on the failing side; None where the
            check could not be judged.
        baseline: The baseline's value, for a check that compares with it; else None.
    """

    check: str
    outcome: Outcome
    text: str
    line: int
    severity: Severity = "fail"
    metric: str | None = None
    value: float | None = None
    limit: str = ""
    margin: Decimal | None = None
    baseline: float | None = None

    @property
    def blocks(self) -> bool:
        """Whether this finding alone keeps the candidate from being promoted."""
        return self.severity == "fail" and self.outcome not in ("passed", "exempt")
