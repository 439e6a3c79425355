"""What is left to do when everything was read and the version exists: an ordered list of small steps."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.promotion.approval import approver
from pytest_mlflow_gate.promotion.history import finished, history_of
from pytest_mlflow_gate.promotion.record import (
    BASELINE_VERSION,
    ENTRY,
    Entry,
    check_lines,
    compared_with,
    last_decision,
)
from pytest_mlflow_gate.promotion.steps import KeepCopy, MoveAlias, SetStage
from pytest_mlflow_gate.promotion.tagging import DropEntries, TagChange, TagRun, TagVersion, tag_changes
from pytest_mlflow_gate.tracking.snapshot import Rival

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.promotion.prepare import Survey
    from pytest_mlflow_gate.promotion.provenance import Provenance
    from pytest_mlflow_gate.promotion.steps import Step
    from pytest_mlflow_gate.tracking.values import ModelVersion


class Plan(NamedTuple):
    """
    One gate's promotion, ready to be carried out.

    Attributes:
        version: The version that alias and stage go to.
        created: Whether this session made it.
        previous_version: The version that held the alias (or stage) before, or None.
        steps: What has to be written; empty when the registry is as it should be.
    """

    version: str
    created: bool
    previous_version: str | None
    steps: tuple[Step, ...]


def plan_of(
    found: Survey, version: ModelVersion, target: ModelVersion, provenance: Provenance, now: float
) -> Plan:
    """
    Return what has to be written so that alias and stage are at *target*, and that the record says so.

    Args:
        found: What was read.
        version: The candidate's version.
        target: The same, or its copy in another registered model.
        provenance: Who decides, for the record.
        now: Seconds since the epoch.
    """
    promotion = found.candidacy.promotion
    goal = promotion.target_model, promotion.alias, promotion.stage
    entries = history_of((target,)).entries
    # A mere copy has nothing to move: only the record tells one that was finished from one that was not.
    unrecorded = not promotion.destination and not any(
        finished(entry) and entry.target == goal for entry in entries
    )
    killed = found.unfinished[-1] if found.unfinished else None
    previous = found.alias_before if promotion.alias else next(iter(found.in_stage), None)
    there = found.alias_before == target.version if promotion.alias else target.stage == promotion.stage
    if killed and there:
        # It has moved it already, and only its own record knows from where.
        previous = killed.previous_version
    intent = _entry(found, version, target, previous, provenance, now)
    moves = tuple(_moves(found, target, intent))
    copied = promotion.copy_to is not None and found.copy is None
    tags = tuple(tag_changes(dict(promotion.tags), target.tags))
    steps: list[Step] = []
    if moves or killed or unrecorded:
        steps += _recorded(found, version, target, intent, moves, tags, provenance)
    elif tags:
        steps += [TagVersion(target.model, target.version, tags)]
    return Plan(
        version=target.version,
        created=copied or found.version is None,
        previous_version=previous,
        steps=(*([KeepCopy(target.model, target.version)] if copied else ()), *steps),
    )


def iso(now: float) -> str:
    """Return seconds since the epoch as ISO 8601, UTC."""
    return datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_key(now: float) -> str:
    """Return the key of an entry that begins now; keys are in the order of time."""
    return ENTRY + datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")


def _moves(found: Survey, target: ModelVersion, intent: Entry) -> Iterator[Step]:
    promotion, previous = found.candidacy.promotion, intent.previous_version
    # What a killed session has moved is moved once more, so that it can be put back if this session fails.
    if promotion.alias and (found.alias_before != target.version or found.unfinished):
        remembers = promotion.previous_alias is not None and previous is not None
        yield MoveAlias(
            model=target.model,
            alias=promotion.alias,
            version=target.version,
            before=previous,
            memory=promotion.previous_alias if remembers else None,
            memory_version=previous if remembers else None,
            memory_before=intent.memory_version if remembers else None,
            entry=intent.key,
            known=target.tags,
        )
    if promotion.stage and (target.stage != promotion.stage or found.in_stage):
        yield SetStage(target.model, target.version, promotion.stage, target.stage, found.in_stage)


def _entry(  # noqa: PLR0913, PLR0917 - what a decision is made of
    found: Survey,
    version: ModelVersion,
    target: ModelVersion,
    previous: str | None,
    provenance: Provenance,
    now: float,
) -> Entry:
    """Return what is about to happen; what a killed session had announced is told on."""
    gate, promotion = found.candidacy.gate, found.candidacy.promotion
    snapshot = found.candidacy.snapshot
    entry = Entry(
        key=new_key(now),
        verdict="promoting",
        time=iso(now),
        gate=gate.name,
        model=target.model,
        version=target.version,
        alias=promotion.alias,
        stage=promotion.stage,
        previous_version=previous,
        memory_version=found.memory_before,
        by=provenance.by,
        approved_by=approver(version) if promotion.approval else None,
        commit=provenance.commit,
        job_url=provenance.job_url,
        gate_sha256=gate.digest,
        run_id=snapshot.run.run_id,
        checks=check_lines(found.candidacy.findings),
        baseline_version=compared_with(snapshot, promotion),
    )
    if found.unfinished:
        killed = found.unfinished[-1]
        entry = entry._replace(memory_version=killed.memory_version)
        if isinstance(snapshot.baseline, Rival) and snapshot.baseline.is_candidate:
            # What it was compared with is not the baseline any more, because that session had moved it.
            entry = entry._replace(checks=killed.checks, baseline_version=killed.baseline_version)
    return entry


def _recorded(  # noqa: PLR0913, PLR0917 - as above
    found: Survey,
    version: ModelVersion,
    target: ModelVersion,
    intent: Entry,
    moves: tuple[Step, ...],
    tags: tuple[TagChange, ...],
    provenance: Provenance,
) -> Iterator[Step]:
    """Yield the steps in between of two entries: what is about to happen, and that it did."""
    gate, run = found.candidacy.gate, found.candidacy.snapshot.run
    decision = last_decision(
        "promoted",
        gate,
        intent.checks,
        provenance,
        time=intent.time,
        previous_version=intent.previous_version,
        baseline_version=intent.baseline_version,
    )
    about, done = intent.to_tag(), intent._replace(verdict="promoted").to_tag()
    begun = TagChange(intent.key, about, None)
    yield TagVersion(target.model, target.version, (begun,), read_back=False)
    yield from moves
    # A version takes one request for each tag, and has the baseline in its entry.
    of_version = {key: value for key, value in decision.items() if key != BASELINE_VERSION}
    if version != target:
        yield TagVersion(version.model, version.version, tuple(tag_changes(of_version, version.tags)))
    yield TagRun(run.run_id, tuple(tag_changes(decision, run.tags)))
    if found.unfinished:
        # Not before the end: such a session may live, and its entry shows it as long as this one may fail.
        begun_before = {entry.key: target.tags.get(entry.key, "") for entry in found.unfinished}
        yield DropEntries(target.model, target.version, begun_before)
    last = (*tags, *tag_changes(of_version, target.tags), TagChange(intent.key, done, about))
    yield TagVersion(target.model, target.version, last)
