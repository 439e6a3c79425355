"""One check as a bullet chart: value, limit, baseline, and the band in which a twin only warns."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.checks.numbers import EXACT, shown
from pytest_mlflow_gate.reporting.page.marks import band, mark
from pytest_mlflow_gate.reporting.page.scale import finite, scale
from pytest_mlflow_gate.reporting.wording import URGENCY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.reporting.page.marks import Band, Mark
    from pytest_mlflow_gate.reporting.wording import Mood

LENGTH = 200


class Bullet(NamedTuple):
    """
    A check that has a number for its limit.

    Attributes:
        check: The check's name.
        title: The same in words.
        mood: Whether the value passes, fails and blocks, or fails and only warns.
        limit: The bound.
        passing: Where values pass.
        warning: Where values pass and the warn twin does not.
        value: The candidate's value; None where there is no number.
        reach: With a confidence the end of the interval that has to clear the limit; else None.
        baseline: The baseline's value, or None.
    """

    check: str
    title: str
    mood: Mood
    limit: Mark | None
    passing: Band | None
    warning: Band | None
    value: Mark | None
    reach: Mark | None
    baseline: Mark | None


def bullet(finding: Finding, twin: Finding | None = None) -> Bullet | None:
    """
    Return the chart of a check, or None for one without a numeric limit.

    Args:
        finding: What was found.
        twin: The same condition with another limit and severity ``warn``, if there is one.
    """
    bound = finite(finding.bound)
    if bound is None or finding.passes is None:
        return None
    low, high = passing(finding, bound)
    value, judged = finite(finding.value), finite(finding.judged)
    reach = judged if judged != value else None
    essential = [number for number in (bound, low, high, value, reach) if number is not None]
    warn_low, warn_high = _warning(low, high, twin)
    others = [number for number in (finite(finding.baseline), warn_low, warn_high) if number is not None]
    drawn = scale(essential, others)
    return Bullet(
        check=finding.check,
        title=_title(finding),
        mood=mood(finding),
        limit=mark(bound, drawn, LENGTH),
        passing=band(low, high, drawn, LENGTH),
        warning=None if warn_low is None else band(warn_low, warn_high, drawn, LENGTH),
        value=mark(finding.value, drawn, LENGTH),
        reach=mark(reach, drawn, LENGTH),
        baseline=mark(finding.baseline, drawn, LENGTH),
    )


def twins(findings: Sequence[Finding]) -> Mapping[str, Finding]:
    """Return by the name of a check its warn twin: the same condition on the same metric that only warns."""
    warns = {finding.check: finding for finding in findings if finding.severity == "warn"}
    pairs = ((finding.check, warns.get(f"{finding.check[:-1]}:warn]")) for finding in findings)
    return {name: twin for name, twin in pairs if twin is not None}


def mood(finding: Finding) -> Mood:
    """Return how a finding is to be looked at."""
    if finding.outcome in ("passed", "exempt"):
        return "good"
    return "bad" if finding.blocks else "doubtful"


def worst(moods: Iterable[Mood]) -> Mood:
    """Return the worst of some moods, ``good`` for none."""
    return min(moods, key=URGENCY.__getitem__, default="good")


def passing(finding: Finding, bound: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """Return the ends of what passes, None for an open one; *bound* is the finding's."""
    if finding.passes == "around":
        tolerance = Decimal(finding.tolerance)
        return EXACT.subtract(bound, tolerance), EXACT.add(bound, tolerance)
    return (bound, None) if finding.passes == "above" else (None, bound)


def _warning(
    low: Decimal | None, high: Decimal | None, twin: Finding | None
) -> tuple[Decimal | None, Decimal | None]:
    """Return the ends of what passes here and not for the twin; no part where the twin asks for less."""
    bound = finite(twin.bound) if twin else None
    if bound is None or (low is None) == (high is None):
        return None, None
    return (bound, high) if low is None else (low, bound)


def _title(finding: Finding) -> str:
    value = "no value" if finding.value is None else shown(finding.value)
    held = "" if finding.outcome == "passed" else " must be"
    base = "" if finding.baseline is None else f", baseline {shown(finding.baseline)}"
    return f"{value}{held} {finding.limit}{base}"
