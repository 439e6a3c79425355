"""Cohorts side by side: a dot for each, the limits that it has to meet, and how far they spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.checks.finding import Cohort
from pytest_mlflow_gate.checks.numbers import short, shown
from pytest_mlflow_gate.gatefile.declared import Check
from pytest_mlflow_gate.gatefile.needs import matching
from pytest_mlflow_gate.reporting.page.bullets import LENGTH, mood, worst
from pytest_mlflow_gate.reporting.page.marks import band, mark
from pytest_mlflow_gate.reporting.page.scale import finite, scale

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision
    from pytest_mlflow_gate.reporting.page.marks import Band, Mark
    from pytest_mlflow_gate.reporting.page.scale import Scale
    from pytest_mlflow_gate.reporting.wording import Mood

MOST = 100
"""Most cohorts of a plot, those that did not pass first; each of them has a line in the tables too."""

_SPREAD = "max_spread"


class Dot(NamedTuple):
    """
    One cohort.

    Attributes:
        cohort: Its name.
        shown: Its value for people.
        limit: What it has to clear, for people.
        title: Value and limit in words.
        mood: Of the worst check about it.
        value: Its value; None where there is no number.
        limits: The bounds that it has to clear.
        baseline: The baseline's value, or None.
    """

    cohort: str
    shown: str
    limit: str
    title: str
    mood: Mood
    value: Mark | None
    limits: tuple[Mark, ...]
    baseline: Mark | None


class Spread(NamedTuple):
    """
    How far the cohorts are apart.

    Attributes:
        shown: The spread for people.
        limit: What it has to be, as people write it.
        title: The whole sentence.
        mood: Of the check.
        band: From the smallest cohort to the largest; None where they are equal or unknown.
    """

    shown: str
    limit: str
    title: str
    mood: Mood
    band: Band | None


class Plot(NamedTuple):
    """
    The cohorts of one metric.

    Attributes:
        metric: Key with ``{cohort}``.
        dots: One for each cohort.
        more: How many cohorts are left out.
        spreads: What is required of their spread.
    """

    metric: str
    dots: tuple[Dot, ...]
    more: int
    spreads: tuple[Spread, ...]


def plots(decision: Decision) -> tuple[Plot, ...]:
    """Return a plot for each metric with ``{cohort}`` that has a value."""
    checks = {check.name: check for check in decision.gate.checks if isinstance(check, Check)}
    cohorts: dict[str, dict[str, list[tuple[Cohort, Mood]]]] = {}
    spreads: dict[str, list[Finding]] = {}
    for finding in decision.findings:
        check = checks.get(finding.check)
        if check is None or (check.family is None and check.cohorts is None):
            continue
        family = cohorts.setdefault(check.family or check.metric, {})
        for cohort, how in _cohorts(check, finding):
            family.setdefault(cohort.name, []).append((cohort, how))
        if check.condition.name == _SPREAD:
            spreads.setdefault(check.metric, []).append(finding)
    made = (_plot(metric, found, spreads.get(metric, ())) for metric, found in cohorts.items())
    return tuple(plot for plot in made if plot is not None)


def _cohorts(check: Check, finding: Finding) -> Iterator[tuple[Cohort, Mood]]:
    """Yield each cohort that a finding is about, and how it stands."""
    if check.family is not None:
        for name in matching(check.family, [check.metric]):
            bound, baseline = finding.bound, finding.baseline
            yield Cohort(name, finding.value, finding.outcome, bound, baseline), mood(finding)
        return
    for cohort in finding.cohorts:
        passed = cohort.outcome in ("passed", "exempt", None)
        yield cohort, "good" if passed else mood(finding)


def _plot(
    metric: str, found: Mapping[str, list[tuple[Cohort, Mood]]], spreads: Sequence[Finding]
) -> Plot | None:
    values = [
        number
        for several in found.values()
        for cohort, _ in several
        if (number := finite(cohort.value)) is not None
    ]
    if not values:
        return None
    beside = [
        number
        for several in found.values()
        for cohort, _ in several
        for one in (cohort.bound, cohort.baseline)
        if (number := finite(one)) is not None
    ]
    drawn = scale(values, beside)
    dots = sorted(
        (_dot(name, several, drawn) for name, several in found.items()), key=lambda dot: dot.mood == "good"
    )
    most, least = max(values), min(values)
    return Plot(
        metric=metric,
        dots=tuple(dots[:MOST]),
        more=max(0, len(dots) - MOST),
        spreads=tuple(
            Spread(
                shown="no value" if finding.value is None else short(finding.value, finding.margin),
                limit=finding.limit,
                title=finding.text,
                mood=mood(finding),
                band=None if finding.value is None else band(least, most, drawn, LENGTH),
            )
            for finding in spreads
        ),
    )


def _dot(name: str, several: Sequence[tuple[Cohort, Mood]], drawn: Scale) -> Dot:
    first = next((cohort for cohort, _ in several if cohort.value is not None), several[0][0])
    baseline = next((cohort.baseline for cohort, _ in several if cohort.baseline is not None), None)
    bounds = dict.fromkeys(bound for cohort, _ in several if (bound := finite(cohort.bound)) is not None)
    value = "no value" if first.value is None else shown(first.value)
    limit = ", ".join(map(shown, bounds))
    return Dot(
        cohort=name,
        shown=value if first.value is None else short(first.value, None),
        limit=limit,
        title=f"{value}, limit {limit}" if limit else value,
        mood=worst(how for _, how in several),
        value=mark(first.value, drawn, LENGTH),
        limits=tuple(place for bound in bounds if (place := mark(bound, drawn, LENGTH)) is not None),
        baseline=mark(baseline, drawn, LENGTH),
    )
