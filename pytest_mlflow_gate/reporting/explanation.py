"""What a gate comes to, as lines: which server, which run and why, what would be promoted, which checks."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.checks.numbers import shown
from pytest_mlflow_gate.checks.requirements import limit_of
from pytest_mlflow_gate.gatefile.declared import RUN_CHECK, Check, Requirement, Rule
from pytest_mlflow_gate.gatefile.types import LoggedModelById, RegisteredVersion, RunById, RunOfExperiment
from pytest_mlflow_gate.promotion.results import would_move
from pytest_mlflow_gate.reporting.table import aligned
from pytest_mlflow_gate.reporting.terminal import age
from pytest_mlflow_gate.tracking.snapshot import Missing
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.types import Candidate, Gate
    from pytest_mlflow_gate.promotion.prepare import Survey
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.uri import TrackingUri
    from pytest_mlflow_gate.tracking.values import Run

_LABEL = 11


class Resolved(NamedTuple):
    """
    A gate, and all that was found for it.

    Attributes:
        gate: The gate, its candidate replaced where an option says so.
        tracking: The tracking URI that won.
        registry: The registry's, or None where it is the same.
        run_option: The option that named the run, or None.
        found: The candidate, whatever the status of its run; None where there is none.
        findings: Of each check; none where the candidate cannot be judged.
        survey: What a promotion needs, or None where there would be none.
    """

    gate: Gate
    tracking: TrackingUri
    registry: TrackingUri | None
    run_option: str | None
    found: Snapshot | None = None
    findings: Sequence[Finding] = ()
    survey: Survey | None = None


def explanation(resolved: Resolved, now: float, columns: int) -> Iterator[str]:
    """
    Yield the lines.

    Args:
        resolved: What to explain.
        now: Seconds since the epoch, for the age of the run.
        columns: How many a line may have, as far as its words can be parted.
    """
    for label, text in _rows(resolved, now):
        yield from textwrap.wrap(
            text,
            columns,
            initial_indent=label.ljust(_LABEL),
            subsequent_indent=" " * _LABEL,
            break_long_words=False,
            break_on_hyphens=False,
        )
    limits = {finding.check: finding.limit for finding in resolved.findings}
    gate = resolved.gate
    rows = [(RUN_CHECK, "", f"{gate.path.name}:{gate.candidate.line}")]
    rows += [
        (check.name, limits.get(check.name) or _declared(check), f"{gate.path.name}:{check.line}")
        for check in gate.checks
    ]
    yield from aligned(rows, columns, elastic=(0, 1))


def _rows(resolved: Resolved, now: float) -> Iterator[tuple[str, str]]:
    gate = resolved.gate
    yield "gate", f"{gate.name} ({gate.path})"
    yield "tracking", _place(resolved.tracking)
    if resolved.registry is not None:
        yield "registry", _place(resolved.registry)
    found = resolved.found
    chosen_by = resolved.run_option or f"{gate.path.name}:{gate.candidate.line}"
    yield "candidate", f"{_why(gate.candidate)} ({chosen_by})"
    if found:
        yield "", _candidate(found, now)
        yield "", found.url or ""
    if gate.baseline is not None:
        yield "baseline", _baseline(gate.baseline.place, found)
    yield "promotion", _promotion(resolved)
    yield "checks", str(1 + len(gate.checks))


def _place(uri: TrackingUri) -> str:
    return f"{mask(uri.uri)} ({uri.origin})"


def _candidate(found: Snapshot, now: float) -> str:
    run = found.run
    named = f"{run.name} ({run.run_id})" if run.name else run.run_id
    version = f"version {found.version.version} of {found.version.model}, " if found.version else ""
    return f"{version}run {named} of experiment {found.experiment.name}, {_status(run, now)}"


def _status(run: Run, now: float) -> str:
    deleted = "" if run.active else ", deleted"
    if run.end_time is not None:
        return f"{run.status}, ended {age(now - run.end_time)} ago{deleted}"
    began = "" if run.start_time is None else f", began {age(now - run.start_time)} ago"
    return f"{run.status}{began}{deleted}"


def _why(candidate: Candidate) -> str:
    match candidate:
        case RunById():
            return f"run {candidate.run_id}"
        case RunOfExperiment(by=None):
            return f"the newest run {_of(candidate)}, whatever its status"
        case RunOfExperiment():
            best = "largest" if candidate.order == "max" else "smallest"
            return f"the finished run {_of(candidate)} with the {best} {candidate.by}"
        case RegisteredVersion(version=None):
            return f"the version that @{candidate.alias} of {candidate.model} points to"
        case RegisteredVersion():
            return f"version {candidate.version} of {candidate.model}"
        case LoggedModelById():
            return f"logged model {candidate.model_id}"


def _of(candidate: RunOfExperiment) -> str:
    matching = f" that matches {candidate.filter!r}" if candidate.filter else ""
    return f"of experiment {candidate.experiment}{matching}"


def _baseline(place: str, found: Snapshot | None) -> str:
    if found is None or found.baseline is None:
        return place
    if isinstance(found.baseline, Missing):
        first = ": the first has nothing to beat" if found.baseline.first else ""
        return f"none, {found.baseline.why}{first}"
    version = found.baseline.version
    same = ", which is the candidate itself" if found.baseline.is_candidate else ""
    return f"{place}, version {version.version}, run {found.baseline.run.run_id}{same}"


def _promotion(resolved: Resolved) -> str:
    promotion = resolved.gate.promotion
    if promotion is None:
        return "none, this gate only judges"
    if resolved.survey is None:
        return f"to {promotion.target}, not now"
    what, where = would_move(resolved.survey)
    return f"{what}, made of {resolved.survey.source.uri}, to {where}"


def _declared(check: AnyCheck) -> str:
    match check:
        case Check():
            percent = "%" if check.percent else ""
            return f"{check.condition.symbol or check.condition.name} {shown(check.limit)}{percent}"
        case Rule():
            return " ".join(check.expression.text.split())
        case Requirement():
            return limit_of(check)
