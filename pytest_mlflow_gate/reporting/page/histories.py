"""A metric over the last runs of the experiment: where the candidate stands, and which limits hold now."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.checks.numbers import exact, short, shown
from pytest_mlflow_gate.gatefile.declared import Check
from pytest_mlflow_gate.reporting.page.bullets import mood, passing, worst
from pytest_mlflow_gate.reporting.page.marks import mark, units
from pytest_mlflow_gate.reporting.page.scale import finite, scale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision
    from pytest_mlflow_gate.reporting.page.marks import Mark
    from pytest_mlflow_gate.reporting.wording import Mood
    from pytest_mlflow_gate.tracking.values import Run

WIDTH, HEIGHT = 240, 60
_SIDE = 6
MOST = 100
"""Most metrics that are drawn: thousands of them would make the page too large to open."""


class Point(NamedTuple):
    """
    One run.

    Attributes:
        across: Its place from left (oldest) to right.
        value: The metric's last value in it, from the top.
        title: Run and value in words.
    """

    across: str
    value: Mark | None
    title: str


class Line(NamedTuple):
    """
    A limit.

    Attributes:
        check: The check's name.
        limit: Its bound, from the top.
        title: The comparison in words.
    """

    check: str
    limit: Mark | None
    title: str


class History(NamedTuple):
    """
    A metric over several runs.

    Attributes:
        metric: Its key.
        said: The same in words.
        path: The line through the points, as SVG writes it.
        points: The runs before the candidate.
        candidate: The candidate; None where it has no value.
        mood: Of the worst check of the metric's last value.
        limits: What is required of the metric's last value.
    """

    metric: str
    said: str
    path: str
    points: tuple[Point, ...]
    candidate: Point | None
    mood: Mood
    limits: tuple[Line, ...]


def histories(decision: Decision) -> tuple[tuple[History, ...], int]:
    """
    Return a history for each metric whose last value is judged and that an earlier run has.

    At most `MOST`, those with a check that did not pass first; and how many are left out.
    """
    if decision.candidate is None:
        return (), 0
    limits = dict(_judged_metrics(decision))
    troubled = [metric for metric, found in limits.items() if any(_troubled(one) for one in found)]
    ordered = [
        metric
        for metric in dict.fromkeys((*troubled, *limits))
        if any(_has(run, metric) for run in decision.past)
    ]
    drawn = tuple(
        _history(metric, limits[metric], decision.past, decision.candidate.run) for metric in ordered[:MOST]
    )
    return drawn, max(0, len(ordered) - MOST)


def _judged_metrics(decision: Decision) -> Iterator[tuple[str, list[Finding]]]:
    """Yield each metric that is judged by its last value, with the findings that are about this value."""
    checks = {check.name: check for check in decision.gate.checks if isinstance(check, Check)}
    found: dict[str, list[Finding]] = {}
    for finding in decision.findings:
        check = checks.get(finding.check)
        if check is None or check.cohorts is not None or check.arms is not None:
            continue
        if (check.reading.over, check.reading.dataset, check.reading.of_replicates) == ("last", None, False):
            found.setdefault(check.metric, []).append(finding)
    yield from found.items()


def _troubled(finding: Finding) -> bool:
    return finding.outcome not in ("passed", "exempt")


def _history(metric: str, findings: Sequence[Finding], before: Sequence[Run], own: Run) -> History:
    past = [run for run in reversed(before) if _has(run, metric)]
    runs = [*past, *([own] if _has(own, metric) else [])]
    values = [exact(run.metrics[metric]) for run in runs]
    limits = list(_limits(findings))
    drawn = scale(values, [number for _, number in limits])
    step = (WIDTH - 2 * _SIDE) / max(1, len(runs) - 1)
    points = [
        Point(
            units(_SIDE + number * step),
            mark(run.metrics[metric], drawn, HEIGHT, upwards=True),
            f"{run.name or run.run_id}: {shown(run.metrics[metric])}",
        )
        for number, run in enumerate(runs)
    ]
    least, most = min(values[: len(past)]), max(values[: len(past)])
    ends = [short(float(number), None) for number in dict.fromkeys((least, most))]
    count = f"{len(past)} earlier runs" if len(past) > 1 else "1 earlier run"
    required = "".join(f", {limit}" for limit in dict.fromkeys(one.limit for one in findings) if limit)
    this = f"this run {short(own.metrics[metric], None)}" if _has(own, metric) else "this run has no value"
    return History(
        metric=metric,
        said=f"{this}{required}; {count} {' to '.join(ends)}",
        path=" ".join(f"{point.across},{point.value.at}" for point in points if point.value),
        points=tuple(points[: len(past)]),
        candidate=points[-1] if len(points) > len(past) else None,
        mood=worst(map(mood, findings)),
        limits=tuple(
            Line(
                finding.check,
                mark(number, drawn, HEIGHT, upwards=True),
                f"{finding.check}: {finding.limit}",
            )
            for finding, number in limits
        ),
    )


def _limits(findings: Sequence[Finding]) -> Iterator[tuple[Finding, Decimal]]:
    """Yield each number at which a check begins or ceases to pass."""
    for finding in findings:
        bound = finite(finding.bound)
        if bound is not None:
            ends = (number for number in passing(finding, bound) if number is not None)
            yield from ((finding, number) for number in dict.fromkeys(ends))


def _has(run: Run, metric: str) -> bool:
    return math.isfinite(run.metrics.get(metric, math.nan))
