"""What was found when a check was judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.checks.numbers import EXACT

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_mlflow_gate.gatefile.declared import Severity

Outcome = Literal["passed", "failed", "unevaluable", "skipped", "exempt"]

Passes = Literal["above", "below", "around"]
"""Where values pass: from the bound upwards, from it downwards, within a tolerance around it."""


def remedy(line: int, fix: str = "") -> str:
    """
    Return what helps where a check cannot be judged, to follow a sentence.

    Args:
        line: 1-based line of the check in the gate file.
        fix: What to do elsewhere, as a command: ``log it``.
    """
    return f"; {fix}, or change line {line}" if fix else f"; change line {line}"


class Cohort(NamedTuple):
    """
    One cohort of a check about several.

    Attributes:
        name: What ``{cohort}`` stands for.
        value: As in `Finding`.
        outcome: Of this cohort alone; None where only all of them together are judged.
        bound: As in `Finding`; None where the bound is not one of this cohort's value.
        baseline: As in `Finding`.
    """

    name: str
    value: float | None
    outcome: Outcome | None = None
    bound: Decimal | None = None
    baseline: float | None = None


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
        bound: The number in *limit*, exact and in the unit of *value*; None where the limit is no number.
        passes: On which side of *bound* values pass; None without one.
        tolerance: How far from *bound* values still pass, where they pass around it; else 0.
        cohorts: What was found of each cohort, for a check about several.
        remedy: What *text* ends with where the check could not be judged and something of its own helps.
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
    bound: Decimal | None = None
    passes: Passes | None = None
    tolerance: Decimal | int = 0
    cohorts: tuple[Cohort, ...] = ()
    remedy: str = ""

    @property
    def blocks(self) -> bool:
        """Whether this finding alone keeps the candidate from being promoted."""
        return self.severity == "fail" and self.outcome not in ("passed", "exempt")

    @property
    def urgency(self) -> int:
        """How soon a person has to look: 0 for what blocks, then warnings, what is excused, what passed."""
        if self.blocks:
            return 0
        return {"passed": 3, "exempt": 2}.get(self.outcome, 1)

    @property
    def judged(self) -> Decimal | None:
        """
        What was held against the bound: the value, or with a confidence the end of its interval.

        None where the check could not be judged or has no bound on one side.
        """
        if self.bound is None or self.margin is None or self.passes not in ("above", "below"):
            return None
        margin = self.margin if self.passes == "above" else self.margin.copy_negate()
        return EXACT.add(self.bound, margin)
