"""Cohorts: the spread between them, and a limit that every one of them has to meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.condition import Condition, cannot_judge, found
from pytest_mlflow_gate.checks.finding import Cohort
from pytest_mlflow_gate.checks.numbers import EXACT, exact, shown
from pytest_mlflow_gate.checks.reading import Unreadable, value_of
from pytest_mlflow_gate.gatefile.declared import COHORT, EVERY_COHORT
from pytest_mlflow_gate.gatefile.needs import matching
from pytest_mlflow_gate.tracking.snapshot import Rival

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.checks.reading import Measured
    from pytest_mlflow_gate.gatefile.declared import Check
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

_FEWEST = 2


def judge_every_cohort(
    check: Check, snapshot: Snapshot, judge: Callable[[Check, Snapshot], Finding]
) -> Finding:
    """
    Judge a check of ``cohorts: "*"``: every cohort that was logged has to pass.

    Args:
        check: With ``{cohort}`` in its metric.
        snapshot: The candidate.
        judge: Judges the same condition for one metric.

    Returns:
        ``unevaluable`` when one cohort is, when the baseline has one that the candidate lacks, or when there
        is none; else the finding of the worst one, with a text that lists each that fails.
    """
    cohorts = _logged(check, snapshot)
    if not cohorts:
        return cannot_judge(check, _none(snapshot), fix="log one")
    lost = _lost(check, snapshot, cohorts)
    if lost:
        why = f"the baseline has cohort {', '.join(lost)}, and the candidate never logged it"
        return cannot_judge(check, why, fix="log it")
    findings = {
        cohort: judge(check._replace(metric=metric, cohorts=None), snapshot)
        for cohort, metric in cohorts.items()
    }
    for outcome in ("unevaluable", "failed", "passed", "exempt"):
        of_outcome = {cohort: one for cohort, one in findings.items() if one.outcome == outcome}
        if of_outcome:
            together = _together(check, of_outcome, len(findings))
            each = (
                Cohort(cohort, one.value, one.outcome, one.bound, one.baseline)
                for cohort, one in findings.items()
            )
            return together._replace(cohorts=tuple(each))
    raise AssertionError("a condition was judged and came to nothing")


def _together(check: Check, findings: Mapping[str, Finding], of: int) -> Finding:
    ordered = sorted(findings.values(), key=lambda finding: finding.margin or 0)
    worst = ordered[0]
    causes = {_without_reason(check, one).removeprefix(f"{one.metric}: ") for one in ordered}
    if worst.outcome == "exempt":
        text = worst.text
    elif worst.outcome == "unevaluable" and len(findings) == of and len(causes) == 1:
        text = f"cannot judge {check.metric}: {causes.pop()}"
    elif worst.outcome == "passed":
        text = f"{of} cohorts, the closest: {_cohort(findings, worst)} {worst.text}"
    else:
        what = "cannot be judged" if worst.outcome == "unevaluable" else "fail"
        start = f"cannot judge {check.metric}" if worst.outcome == "unevaluable" else check.metric
        listed = "; ".join(_without_reason(check, finding) for finding in ordered)
        text = f"{start}: {len(findings)} of {of} cohorts {what}: {listed}"
    return found(
        check,
        worst.outcome,
        text,
        value=worst.value,
        limit=worst.limit,
        margin=worst.margin,
        baseline=worst.baseline,
        bound=worst.bound,
        passes=worst.passes,
        remedy=worst.remedy,
    )


def _cohort(findings: Mapping[str, Finding], one: Finding) -> str:
    return next(cohort for cohort, finding in findings.items() if finding is one)


def _without_reason(check: Check, finding: Finding) -> str:
    text = finding.text.removeprefix("cannot judge ").removesuffix(finding.remedy)
    return text.removesuffix(f", because: {check.reason}") if check.reason else text


def _logged(check: Check, measured: Measured) -> dict[str, str]:
    """Return the cohorts that were logged, with their metrics; by dataset where the check says one."""
    names = set(measured.run.metrics)
    if check.reading.dataset is not None:
        names = {
            entry.key
            for model in measured.models
            for entry in model.metrics
            if entry.dataset == check.reading.dataset
        }
    return matching(check.metric, names)


def _lost(check: Check, snapshot: Snapshot, cohorts: Mapping[str, str]) -> list[str]:
    if "baseline" not in check.condition.needs or not isinstance(snapshot.baseline, Rival):
        return []
    return sorted(_logged(check, snapshot.baseline).keys() - cohorts.keys())


def _none(snapshot: Snapshot) -> str:
    some = ", ".join(sorted(snapshot.run.metrics)[:5])
    return f"run {snapshot.run.run_id} logged no metric that matches it; it logged {some or 'none at all'}"


def _spread(check: Check, snapshot: Snapshot) -> Finding:
    requirement = f"<= {shown(check.limit)}"
    if check.cohorts == EVERY_COHORT or check.cohorts is None:
        cohorts = _logged(check, snapshot)
        if len(cohorts) < _FEWEST:
            why = _none(snapshot) if not cohorts else f"{next(iter(cohorts))} is the only cohort"
            return cannot_judge(check, why, limit=requirement, fix="log another" if cohorts else "log some")
    else:
        cohorts = {cohort: check.metric.replace(COHORT, cohort) for cohort in check.cohorts}
    values = {}
    for cohort, metric in cohorts.items():
        try:
            values[cohort] = value_of(check._replace(metric=metric, cohorts=None), snapshot).number
        except Unreadable as error:
            why = f"cohort {cohort}: {error.why}"
            return cannot_judge(check, why, limit=requirement, fix=error.fix)
    return _of_values(check, values, requirement)


def _of_values(check: Check, values: Mapping[str, float], requirement: str) -> Finding:
    smallest, largest = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    spread = EXACT.subtract(exact(values[largest]), exact(values[smallest])).normalize(EXACT)
    margin = EXACT.subtract(check.limit, spread)
    ends = f"({largest} {shown(values[largest])}, {smallest} {shown(values[smallest])})"
    if margin >= 0:
        text = f"spread {shown(spread)} {ends} {requirement}"
    else:
        text = f"{check.metric} spreads {shown(spread)} {ends}, must be {requirement}"
    return found(
        check,
        "passed" if margin >= 0 else "failed",
        text,
        value=float(spread),
        limit=requirement,
        margin=margin,
        bound=check.limit,
        passes="below",
        cohorts=tuple(Cohort(cohort, value) for cohort, value in values.items()),
    )


CONDITIONS: Sequence[Condition] = (
    Condition(
        name="max_spread",
        description="How far the largest and the smallest cohort may be apart, in the metric's unit.",
        needs=frozenset({"cohorts"}),
        judge=_spread,
    ),
)
