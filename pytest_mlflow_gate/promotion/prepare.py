"""
From a passed gate to a plan: everything that the move needs is read, then the version is found or registered.

Reading (`survey`) is done for every gate of the session before the first version is registered (`register`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.promotion.approval import approver, needs_approval
from pytest_mlflow_gate.promotion.history import history_of, unfinished
from pytest_mlflow_gate.promotion.registering import existing_copy, newest
from pytest_mlflow_gate.promotion.source import Refused, Source, find_source, source_of_version
from pytest_mlflow_gate.promotion.steps import name
from pytest_mlflow_gate.tracking.store import NotFound, StoreError

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.promotion.candidacy import Candidacy
    from pytest_mlflow_gate.promotion.record import Entry
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion, RegisteredModel


class Survey(NamedTuple):
    """
    What was read before anything is written.

    Attributes:
        candidacy: Who is to be promoted.
        source: What a new version would be made of.
        version: The version that exists already and loads, or None.
        copy: The copy of *version* in the target model, where the gate copies and there is one.
        models: Which of the registered models exist.
        alias_before: The version that the alias points to, or None.
        memory_before: The version that ``previous_alias`` points to, or None.
        in_stage: The other versions that are in the target stage.
        unfinished: What sessions that were killed had announced, oldest first.
        awaits: Whether this promotion needs a human who did not say yes yet.
        note: Something that people should know, or an empty text.
    """

    candidacy: Candidacy
    source: Source
    version: ModelVersion | None
    copy: ModelVersion | None
    models: frozenset[str]
    alias_before: str | None
    memory_before: str | None
    in_stage: tuple[str, ...]
    unfinished: tuple[Entry, ...]
    awaits: bool
    note: str

    @property
    def target(self) -> ModelVersion | None:
        """The version that alias and stage are to be at, as far as it exists."""
        return self.copy if self.candidacy.promotion.copy_to else self.version

    @property
    def in_place(self) -> bool:
        """Whether alias and stage are where they are to be."""
        promotion, target = self.candidacy.promotion, self.target
        if target is None or (promotion.alias and self.alias_before != target.version):
            return False
        return promotion.stage is None or (target.stage == promotion.stage and not self.in_stage)


def survey(candidacy: Candidacy) -> Survey:
    """
    Read everything that moving a gate's candidate needs; writes nothing.

    Raises:
        Refused: If the candidate cannot be promoted, or the alias moved since the session began.
        StoreError: If MLflow cannot say, or could not when the session began.
    """
    promotion, snapshot, store = candidacy.promotion, candidacy.snapshot, candidacy.store
    began = candidacy.began
    if isinstance(began, StoreError):
        raise began
    if promotion.stage and not store.has_stages:
        raise Refused(f"{store.description} has no stages, in the gate file write alias in place of stage")
    source = find_source(promotion, snapshot, store)
    target = store.registered_model(promotion.target_model)
    alias_before = _at(target, promotion.alias)
    if alias_before != _at(began, promotion.alias):
        raise Refused(
            f"@{promotion.alias} of {promotion.target_model} moved from {name(_at(began, promotion.alias))} "
            f"to {name(alias_before)} since this session began, run the gate again"
        )
    model = store.registered_model(promotion.model) if promotion.copy_to else target
    version, note = _existing(promotion, snapshot, source, model, store)
    copy = existing_copy(promotion, version, source, store) if version and target else None
    found = Survey(
        candidacy=candidacy,
        source=source,
        version=version,
        copy=copy,
        models=frozenset(known.name for known in (model, target) if known),
        alias_before=alias_before,
        memory_before=_at(target, promotion.previous_alias),
        in_stage=(),
        unfinished=(),
        awaits=False,
        note=note,
    )
    goal = promotion.target_model, promotion.alias, promotion.stage
    here = found.target.version if found.target else ""
    announced = found.target and unfinished(history_of((found.target,)).entries, here, goal)
    asks = promotion.stage or announced or promotion.approval not in (0, "always")
    others = store.model_versions(promotion.target_model) if target and asks else ()
    in_stage = [other for other in others if promotion.stage and other.stage == promotion.stage]
    entries = history_of(others).entries
    found = found._replace(
        in_stage=tuple(other.version for other in in_stage if other.version != here),
        unfinished=unfinished(entries, here, goal),
    )
    waits = approver(version) is None and needs_approval(promotion, entries)
    return found._replace(awaits=waits and not found.in_place)


def _at(model: RegisteredModel | None, alias: str | None) -> str | None:
    return model.aliases.get(alias) if model and alias else None


def _existing(
    promotion: Promotion, snapshot: Snapshot, source: Source, model: RegisteredModel | None, store: Store
) -> tuple[ModelVersion | None, str]:
    if snapshot.version is not None and snapshot.version.model == promotion.model:
        return snapshot.version, ""
    if model is None:
        return None, ""
    of_run = store.model_versions(promotion.model, run_id=source.run_id)
    if same := newest(of_run, source):
        return same, ""
    broken = [version for version in of_run if not _loads(version, snapshot, store)]
    if broken:
        return None, (
            f"version {broken[0].version} of this run does not load (source {broken[0].source}), "
            "so it is not used"
        )
    return None, ""


def _loads(version: ModelVersion, snapshot: Snapshot, store: Store) -> bool:
    try:
        source_of_version(version, snapshot.run, store)
    except (Refused, NotFound):
        return False
    return True
