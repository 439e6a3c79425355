"""
The gates of one session: prepared together, moved together, put back together.

Under ``all`` they stand and fall as one; under ``each`` everybody goes alone. Nothing is written before
`carry_out`, which is for a session whose final exit status is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.move import MoveFailed, move, put_back
from pytest_mlflow_gate.promotion.plan import iso, plan_of
from pytest_mlflow_gate.promotion.prepare import Survey, survey
from pytest_mlflow_gate.promotion.record import check_lines, compared_with, decided, last_decision
from pytest_mlflow_gate.promotion.registering import copy, existing_copy, register
from pytest_mlflow_gate.promotion.results import awaiting, promoted
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.promotion.tagging import TagRun, TagVersion, tag_changes
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_mlflow_gate.promotion.candidacy import Candidacy
    from pytest_mlflow_gate.promotion.provenance import Provenance
    from pytest_mlflow_gate.promotion.steps import Step
    from pytest_mlflow_gate.promotion.verdict import Policy, Verdict
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion


_APART = 1e-3
"""Seconds between two gates' entries; less would round to the same microsecond now and then."""


class Moved(NamedTuple):
    """What a gate's promotion changed, so that it can be put back."""

    gate: str
    steps: tuple[Step, ...]
    store: Store
    result: Result


def prepare(
    candidacies: Sequence[Candidacy], policy: Policy, veto: Callable[[Survey], str | None] = lambda _: None
) -> tuple[tuple[Survey, ...], dict[str, Result]]:
    """
    Read everything for every gate; writes nothing.

    Args:
        candidacies: Whom the verdict lets pass.
        policy: How gates stand together.
        veto: Returns a reason against a promotion, or None; asked about those that would move something.

    Returns:
        What `carry_out` needs of the gates that can go on, and by the gate's name the results of those that
        cannot; a gate that awaits approval is in both, because its version is registered all the same.
    """
    surveys: list[Survey] = []
    results: dict[str, Result] = {}
    for candidacy in candidacies:
        try:
            found = survey(candidacy)
        except (Refused, StoreError) as error:
            results[candidacy.gate.name] = Result("refused", str(error))
            continue
        reason = None if found.in_place else veto(found)
        if reason is None:
            surveys.append(found)
        else:
            results[candidacy.gate.name] = Result("refused", reason)
    refused = next(iter(results), None)
    for found in surveys:
        if found.awaits:
            results[found.candidacy.gate.name] = awaiting(found, found.version)
    if policy == "all" and results:
        if refused is not None:
            surveys = []
            text = f"the promotion of {refused} was refused"
        else:
            surveys = [found for found in surveys if found.awaits]
            text = f"the promotion of {next(iter(results))} awaits approval"
        for candidacy in candidacies:
            name = candidacy.gate.name
            if name not in results or (refused is not None and results[name].status == "awaiting"):
                results[name] = Result("withheld", text)
    return tuple(surveys), results


def carry_out(
    surveys: Sequence[Survey],
    verdicts: Mapping[str, Verdict],
    policy: Policy,
    provenance: Provenance,
    now: float,
) -> tuple[dict[str, Result], tuple[Moved, ...]]:
    """
    Register the versions of what is still granted, then move, in order.

    Under ``all`` the first failure puts everything back.

    Args:
        surveys: As `prepare` returned them.
        verdicts: By the gate's name, at the session's final exit status.
        policy: How gates stand together.
        provenance: Who decides, for the record.
        now: Seconds since the epoch.

    Returns:
        A result for each survey, by the gate's name, and what was changed.
    """
    registered, results = _register(surveys, verdicts, policy)
    culprit = next((name for name, result in results.items() if result.status == "refused"), None)
    if policy == "all" and culprit is not None:
        text = f"the promotion of {culprit} was refused"
        return {name: Result("withheld", text) for name in _names(surveys)} | results, ()
    moved: list[Moved] = []
    written_on: set[str] = set()
    for index, (found, version) in enumerate(registered):
        name = found.candidacy.gate.name
        try:
            run_id = found.candidacy.snapshot.run.run_id
            if run_id in written_on:
                found, version = _afresh(found, version)  # noqa: PLW2901 - the same, as it is now
            written_on.add(run_id)
            if found.awaits:
                results[name] = _wait(found, version, provenance, now)
                continue
            # Two gates may move the same version, and each has an entry of its own.
            steps, results[name] = _move(found, version, provenance, now + index * _APART)
        except StoreError as error:
            results[name] = Result("failed", str(error), version=version.version)
        except BaseException:
            # Ctrl-C: a person who interrupts gets the registry as it was.
            if policy == "all":
                take_back(moved, f"the promotion of {name} was interrupted")
            raise
        if results[name].status == "promoted":
            moved.append(Moved(name, steps, found.candidacy.store, results[name]))
        elif policy == "all":
            text = f"the promotion of {name} failed"
            later = _names(found for found, _ in registered[index + 1 :])
            results |= dict.fromkeys(later, Result("withheld", text))
            return results | take_back(moved, text), ()
    return results, tuple(moved)


def take_back(moved: Sequence[Moved], why: str) -> dict[str, Result]:
    """Put back what was moved, in reverse order, and return what became of each gate."""
    results = {}
    silent: set[str] = set()
    for change in reversed(moved):
        left = put_back(change.steps, change.store, silent)
        text = (
            f"{why}, and not everything of this one could be put back" if left else f"put back, because {why}"
        )
        results[change.gate] = change.result._replace(status="failed", text=text, left=left)
    return results


def record_rejection(candidacy: Candidacy, verdict: Verdict, provenance: Provenance, now: float) -> str:
    """Write on the run that it was rejected; return why that failed, or an empty text."""
    run = candidacy.snapshot.run
    decision = last_decision(
        "rejected",
        candidacy.gate,
        check_lines(candidacy.findings),
        provenance,
        time=iso(now),
        reason=Result.withheld(verdict).text,
        baseline_version=compared_with(candidacy.snapshot, candidacy.promotion),
    )
    try:
        TagRun(run.run_id, tuple(tag_changes(decision, run.tags))).write(candidacy.store)
    except StoreError as error:
        return str(error)
    return ""


def _register(
    surveys: Sequence[Survey], verdicts: Mapping[str, Verdict], policy: Policy
) -> tuple[list[tuple[Survey, ModelVersion]], dict[str, Result]]:
    """Register what is still granted; under ``all`` nothing more once one was refused."""
    registered: list[tuple[Survey, ModelVersion]] = []
    results: dict[str, Result] = {}
    for found in surveys:
        name = found.candidacy.gate.name
        if not verdicts[name].granted:
            results[name] = Result.withheld(verdicts[name])
            continue
        try:
            registered.append((found, register(found)))
        except (Refused, StoreError) as error:
            results[name] = Result("refused", str(error))
            if policy == "all":
                break
    return registered, results


def _names(surveys: Iterable[Survey]) -> Iterator[str]:
    return (found.candidacy.gate.name for found in surveys)


def _wait(found: Survey, version: ModelVersion, provenance: Provenance, now: float) -> Result:
    """Write on version and run that they wait, for whoever is to approve; once."""
    candidacy = found.candidacy
    gate, run, store = candidacy.gate, candidacy.snapshot.run, candidacy.store
    decision = last_decision(
        "awaiting approval",
        gate,
        check_lines(candidacy.findings),
        provenance,
        time=iso(now),
        baseline_version=compared_with(candidacy.snapshot, candidacy.promotion),
    )
    wanted = {key: value for key, value in decision.items() if value is not None}
    try:
        for tags, step in (
            (run.tags, TagRun(run.run_id, tuple(tag_changes(decision, run.tags)))),
            (
                version.tags,
                TagVersion(version.model, version.version, tuple(tag_changes(decision, version.tags))),
            ),
        ):
            if decided(tags) != decided(wanted):
                step.write(store)
    except StoreError as error:
        return Result("refused", str(error), version=version.version, created=found.version is None)
    return awaiting(found, version)._replace(created=found.version is None)


def _afresh(found: Survey, version: ModelVersion) -> tuple[Survey, ModelVersion]:
    """Read again what an earlier gate of the session wrote of the same run: its record, and its copy."""
    candidacy, store = found.candidacy, found.candidacy.store
    run = candidacy.snapshot.run._replace(tags=store.run(candidacy.snapshot.run.run_id).tags)
    return (
        found._replace(
            candidacy=candidacy._replace(snapshot=candidacy.snapshot._replace(run=run)),
            copy=existing_copy(candidacy.promotion, version, found.source, store),
        ),
        store.model_version(version.model, version.version) or version,
    )


def _move(
    found: Survey, version: ModelVersion, provenance: Provenance, now: float
) -> tuple[tuple[Step, ...], Result]:
    store = found.candidacy.store
    try:
        target = copy(found, version)
    except (Refused, StoreError) as error:
        return (), Result("failed", str(error), version=version.version, created=found.version is None)
    plan = plan_of(found, version, target, provenance, now)
    result = promoted(found, version, plan)
    try:
        move(plan.steps, store)
    except MoveFailed as error:
        result = result._replace(status="failed", text=error.text, previous_version=None, left=error.left)
    return plan.steps, result
