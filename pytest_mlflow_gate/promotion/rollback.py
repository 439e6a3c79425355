"""Back to the version before, as the record knows it: read, planned and written like a promotion."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.promotion.plan import iso, new_key
from pytest_mlflow_gate.promotion.record import APPROVED_BY, PREFIX, Entry, last_decision
from pytest_mlflow_gate.promotion.standing import standing_of
from pytest_mlflow_gate.promotion.steps import MoveAlias, SetStage
from pytest_mlflow_gate.promotion.tagging import TagChange, TagRun, TagVersion, tag_changes
from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from pytest_mlflow_gate.promotion.provenance import Provenance
    from pytest_mlflow_gate.promotion.standing import Standing
    from pytest_mlflow_gate.promotion.steps import Step
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion, Run


class Rollback(NamedTuple):
    """
    A roll back, ready to be carried out.

    Attributes:
        version: The version that alias and stage go back to.
        previous_version: The version that is taken down.
        steps: What has to be written.
    """

    version: str
    previous_version: str
    steps: tuple[Step, ...]


def rollback_of(
    gate: Gate, promotion: Promotion, store: Store, provenance: Provenance, now: float
) -> Rollback:
    """
    Read the record and return what has to be written; writes nothing.

    Args:
        gate: The gate whose last promotion is to be undone.
        promotion: The same as the gate's.
        store: Where it was promoted.
        provenance: Who decides.
        now: Seconds since the epoch.

    Raises:
        Refused: If the record does not say where to go back to, or somebody moved the alias meanwhile.
        StoreError: If MLflow cannot say.
    """
    found = standing_of(gate, promotion, store)
    return Rollback(
        version=found.back_to.version,
        previous_version=found.promoted.version,
        steps=tuple(_steps(found, store, provenance, now)),
    )


def _steps(found: Standing, store: Store, provenance: Provenance, now: float) -> Iterator[Step]:
    intent = _entry(found, provenance, now)
    to = found.back_to
    about, before = intent.to_tag(), to.tags.get(intent.key)
    if about != before:
        yield TagVersion(to.model, to.version, (TagChange(intent.key, about, before),), read_back=False)
    yield from _moves(found)
    yield from _taken_down(found, intent, store, provenance)
    done = intent._replace(verdict="rolled back").to_tag()
    yield TagVersion(to.model, to.version, (TagChange(intent.key, done, about),))


def _entry(found: Standing, provenance: Provenance, now: float) -> Entry:
    own, memory = found.own, found.promotion.previous_alias
    return Entry(
        key=own.key if own else new_key(now),
        verdict="rolling back",
        time=own.time if own else iso(now),
        gate=found.gate.name,
        model=found.model.name,
        version=found.back_to.version,
        alias=found.promotion.alias,
        stage=found.promotion.stage,
        previous_version=found.promoted.version,
        memory_version=own.memory_version if own else found.model.aliases.get(memory or ""),
        by=provenance.by,
        approved_by=None,
        commit=provenance.commit,
        job_url=provenance.job_url,
        gate_sha256=found.gate.digest,
        run_id=None,
        checks=(),
    )


def _moves(found: Standing) -> Iterator[Step]:
    promotion, model, to = found.promotion, found.model, found.back_to
    if promotion.alias and model.aliases.get(promotion.alias) != to.version:
        memory = promotion.previous_alias
        memory_before = model.aliases.get(memory or "")
        # Elsewhere it is there by somebody else's will, or where an attempt that was killed has put it.
        remembers = memory is not None and memory_before == to.version
        remembered = found.promoted.memory_version
        yield MoveAlias(
            model=model.name,
            alias=promotion.alias,
            version=to.version,
            before=model.aliases.get(promotion.alias),
            memory=memory if remembers else None,
            memory_version=remembered if remembers and remembered in found.versions else None,
            memory_before=memory_before if remembers else None,
        )
    if promotion.stage:
        displaced = tuple(
            version.version
            for version in found.versions.values()
            if version.stage == promotion.stage and version.version != to.version
        )
        if displaced or to.stage != promotion.stage:
            yield SetStage(model.name, to.version, promotion.stage, to.stage, displaced)


def _taken_down(found: Standing, intent: Entry, store: Store, provenance: Provenance) -> Iterator[Step]:
    """Yield what version and run remember; whoever wants the version back needs a new approval."""
    decision = last_decision(
        "rolled back",
        found.gate,
        (),
        provenance,
        time=intent.time,
        reason=f"rolled back to version {intent.version} by {provenance.by}",
    )
    # The numbers are still those of this version.
    del decision[f"{PREFIX}checks"]
    down = found.versions[found.promoted.version]
    if (run := _run(down, store)) and (changes := tuple(tag_changes(decision, run.tags))):
        yield TagRun(run.run_id, changes)
    for version in (_original(found, down, store), down):
        if version and (changes := tuple(tag_changes({**decision, APPROVED_BY: None}, version.tags))):
            yield TagVersion(version.model, version.version, changes)


def _original(found: Standing, copy: ModelVersion, store: Store) -> ModelVersion | None:
    """Return the version that the gate copied, which is the one that was approved."""
    start = f"models:/{found.promotion.model}/"
    if found.promotion.copy_to is None or not copy.source.startswith(start):
        return None
    return store.model_version(found.promotion.model, copy.source.removeprefix(start))


def _run(version: ModelVersion, store: Store) -> Run | None:
    """Return the version's run, if one can still write on it: a deleted run is no reason to stay."""
    try:
        run = store.run(version.run_id) if version.run_id else None
    except NotFound:
        return None
    return run if run and run.active else None
