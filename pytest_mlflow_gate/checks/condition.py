"""What every family of conditions has in common: its key, its judge, and the ways to say what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.finding import Finding, remedy
from pytest_mlflow_gate.checks.numbers import exact, shown
from pytest_mlflow_gate.checks.reading import Unreadable, value_of
from pytest_mlflow_gate.gatefile.language import ConditionKey
from pytest_mlflow_gate.tracking.snapshot import Missing, Rival

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from pytest_mlflow_gate.checks.finding import Cohort, Outcome, Passes
    from pytest_mlflow_gate.checks.reading import Value
    from pytest_mlflow_gate.gatefile.declared import AnyCheck, Check
    from pytest_mlflow_gate.tracking.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(ConditionKey):
    """
    One key of a threshold together with the function that judges it.

    Attributes:
        judge: Check and candidate to finding; pure.
    """

    judge: Callable[[Check, Snapshot], Finding]


def compare(  # noqa: PLR0913 - what a comparison is made of, each by its name
    check: Check,
    snapshot: Snapshot,
    *,
    requirement: str,
    margin: Callable[[Decimal], Decimal],
    strict: bool = False,
    told: str = "",
    baseline: float | None = None,
    bound: Decimal | None = None,
    passes: Passes | None = None,
) -> Finding:
    """
    Judge *check* by the distance of the candidate's value to the limit.

    Args:
        check: What to judge.
        snapshot: The candidate.
        requirement: The comparison as people write it, e.g. ``>= 0.92``.
        margin: Exact value to its distance from the limit, negative on the failing side.
        strict: Whether a distance of zero fails.
        told: Where the limit comes from, for people; in parentheses behind it.
        baseline: The value that the limit comes from, if it does.
        bound: The number in the requirement, for charts.
        passes: On which side of it values pass.

    Returns:
        ``unevaluable`` for a value that is missing, NaN or infinite; else ``passed`` or ``failed``.
    """
    try:
        value = value_of(check, snapshot)
    except Unreadable as error:
        must = f", must be {requirement}" if error.value is not None else ""
        why = f"{error.why}{must}"
        return cannot_judge(
            check, why, limit=requirement, value=error.value, bound=bound, passes=passes, fix=error.fix
        )
    judged, note = _bound(check, value)
    distance = margin(exact(judged))
    holds = distance > 0 if strict else distance >= 0
    must_be = f"{requirement} ({told})" if told else requirement
    said = f"{shown(value.number)}{note}"
    text = f"{said} {must_be}" if holds else f"{check.metric} is {said}, must be {must_be}"
    return found(
        check,
        "passed" if holds else "failed",
        text,
        value=value.number,
        limit=requirement,
        margin=distance,
        baseline=baseline,
        bound=bound,
        passes=passes,
    )


def found(  # noqa: PLR0913 - what a finding is made of, each by its name
    check: Check,
    outcome: Outcome,
    text: str,
    *,
    value: float | None = None,
    limit: str = "",
    margin: Decimal | None = None,
    baseline: float | None = None,
    bound: Decimal | None = None,
    passes: Passes | None = None,
    cohorts: tuple[Cohort, ...] = (),
    remedy: str = "",
) -> Finding:
    """Return what was found for *check*; the team's reason follows *text* unless it passed, then *remedy*."""
    return Finding(
        check=check.name,
        outcome=outcome,
        text=text if outcome in ("passed", "exempt") else f"{text}{because(check)}{remedy}",
        line=check.line,
        severity=check.severity,
        metric=check.metric,
        value=value,
        limit=limit,
        margin=margin,
        baseline=baseline,
        bound=bound,
        passes=passes,
        tolerance=check.tolerance if passes == "around" else 0,
        cohorts=cohorts,
        remedy=remedy,
    )


def cannot_judge(  # noqa: PLR0913 - as `found`
    check: Check,
    why: str,
    *,
    limit: str = "",
    value: float | None = None,
    bound: Decimal | None = None,
    passes: Passes | None = None,
    fix: str = "",
) -> Finding:
    """
    Return that *check* cannot be judged.

    Args:
        check: What was to be judged.
        why: What is wrong, as the rest of a sentence.
        limit: As in `Finding`.
        value: As in `Finding`.
        bound: As in `Finding`.
        passes: As in `Finding`.
        fix: What to do about it, as a command (``log it``); the line to change follows. Empty where *why*
            says it.
    """
    return found(
        check,
        "unevaluable",
        f"cannot judge {check.metric}: {why}",
        limit=limit,
        value=value,
        bound=bound,
        passes=passes,
        remedy=fix and remedy(check.line, fix),
    )


def because(check: AnyCheck) -> str:
    """Return the team's own reason, to follow a sentence."""
    return f", because: {check.reason}" if check.reason else ""


def rival_of(snapshot: Snapshot, *, by_model: bool = False) -> Rival | str | Missing:
    """
    Return the baseline to compare with, why none is needed (a text), or why there is none.

    Args:
        snapshot: The candidate.
        by_model: Whether the values that are compared belong to logged models; a run's metrics are the same
            for all of its models, and the candidate would be compared with itself.
    """
    baseline = snapshot.baseline
    if baseline is None:
        raise TypeError("a check compares, and nobody looked for the baseline")
    if isinstance(baseline, Missing):
        return f"{baseline.why}: the first has nothing to beat" if baseline.first else baseline
    if baseline.is_candidate:
        return f"the candidate already is the baseline, {described(baseline)}"
    if baseline.run.run_id == snapshot.run.run_id and not by_model:
        return Missing(
            f"{described(baseline)} is another model of the same run {snapshot.run.run_id}; both have its "
            "metrics: compare by dataset, or log each model in a run of its own"
        )
    return baseline


def described(rival: Rival) -> str:
    """Return a version as people call it."""
    return f"version {rival.version.version} of {rival.version.model}"


def _bound(check: Check, value: Value) -> tuple[float, str]:
    """Return what has to clear the limit, and what to tell of it."""
    confidence, side = check.reading.confidence, check.condition.side
    if confidence is None or side is None:
        return value.number, ""
    bound = value.lower if side == "lower" else value.upper
    share = shown(confidence.scaleb(2).normalize())
    return bound, f" ({share}% {side} bound {shown(bound)}, {value.behind})"
