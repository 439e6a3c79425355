"""
From a passed gate to a plan: everything that the move needs is read, then the version is found or registered.

Reading (`survey`) is done for every gate of the session before the first version is registered (`register`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.plan import Plan, SetAlias, SetStage, SetTag, Step
from pytest_mlflow_gate.promotion.source import Refused, Source, find_source, source_of_version
from pytest_mlflow_gate.tracking.store import NotFound, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion, RegisteredModel, Snapshot

_POLL = 1.0


@dataclass(frozen=True, slots=True)
class Survey:
    """
    What was read before anything is written.

    Attributes:
        gate: The gate's name.
        promotion: Where its candidate goes.
        source: What a new version would be made of.
        version: The version that exists already and loads, or None.
        model_exists: Whether the registered model does.
        alias_before: The version that the alias points to, or None.
        in_stage: The other versions that are in the target stage.
        note: Something that people should know, or an empty text.
        wait: Longest time to wait for a new version to become READY, in seconds.
    """

    gate: str
    promotion: Promotion
    source: Source
    version: ModelVersion | None
    model_exists: bool
    alias_before: str | None
    in_stage: tuple[str, ...]
    note: str
    wait: float


def survey(
    gate: Gate, promotion: Promotion, snapshot: Snapshot, began: RegisteredModel | None, store: Store
) -> Survey:
    """
    Read everything that moving *gate*'s candidate needs; writes nothing.

    Args:
        gate: The gate.
        promotion: Where its candidate goes.
        snapshot: Its candidate.
        began: The registered model as it was when the session began.
        store: Where to read.

    Raises:
        Refused: If the candidate cannot be promoted, or the alias moved since the session began.
        StoreError: If MLflow cannot say.
    """
    source = find_source(promotion, snapshot, store)
    model = store.registered_model(promotion.model)
    alias_before = _alias(model, promotion)
    if alias_before != _alias(began, promotion):
        raise Refused(
            f"@{promotion.alias} of {promotion.model} moved from {_version(_alias(began, promotion))} to "
            f"{_version(alias_before)} since this session began, run the gate again"
        )
    versions = store.model_versions(promotion.model) if model and promotion.stage else ()
    version, note = _existing(promotion, snapshot, source, model, store)
    return Survey(
        gate=gate.name,
        promotion=promotion,
        source=source,
        version=version,
        model_exists=model is not None,
        alias_before=alias_before,
        in_stage=tuple(
            other.version
            for other in versions
            if other.stage == promotion.stage and (version is None or other.version != version.version)
        ),
        note=note,
        wait=gate.wait,
    )


def register(
    found: Survey,
    store: Store,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Plan:
    """
    Find or make the version, and return what is left to do.

    The same run and model never make a second version.

    Raises:
        Refused: If the version could not be registered or does not become READY.
        StoreError: If MLflow cannot say.
    """
    promotion, version = found.promotion, found.version
    created = version is None
    if version is None:
        if not found.model_exists:
            store.create_registered_model(promotion.model)
        version = _create(found, store)
    deadline = now() + found.wait
    while not version.ready:
        if now() >= deadline:
            raise Refused(
                f"version {version.version} of {promotion.model} is not READY after {found.wait:g} s, "
                "look at it in the registry and run the gate again"
            )
        sleep(_POLL)
        version = store.model_version(promotion.model, version.version) or version
    return Plan(
        gate=found.gate,
        model=promotion.model,
        version=version.version,
        created=created,
        destination=promotion.destination,
        previous_version=found.alias_before if promotion.alias else next(iter(found.in_stage), None),
        note=found.note,
        steps=tuple(_steps(found, version)),
    )


def _alias(model: RegisteredModel | None, promotion: Promotion) -> str | None:
    return model.aliases.get(promotion.alias) if model and promotion.alias else None


def _version(version: str | None) -> str:
    return f"version {version}" if version else "no version"


def _existing(
    promotion: Promotion, snapshot: Snapshot, source: Source, model: RegisteredModel | None, store: Store
) -> tuple[ModelVersion | None, str]:
    if snapshot.version is not None and snapshot.version.model == promotion.model:
        return snapshot.version, ""
    if model is None:
        return None, ""
    of_run = store.model_versions(promotion.model, run_id=source.run_id)
    same = [version for version in of_run if version.source in source.spellings]
    if same:
        return max(same, key=lambda version: int(version.version)), ""
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


def _create(found: Survey, store: Store) -> ModelVersion:
    model, source = found.promotion.model, found.source
    try:
        return store.create_model_version(
            model, source=source.uri, run_id=source.run_id, model_id=source.model_id
        )
    except Unreachable:
        # The answer may be lost and the version made; asking again would make a second one.
        for version in store.model_versions(model, run_id=source.run_id):
            if version.source in source.spellings:
                return version
        raise


def _steps(found: Survey, version: ModelVersion) -> Iterator[Step]:
    promotion = found.promotion
    if promotion.alias and found.alias_before != version.version:
        yield SetAlias(promotion.model, promotion.alias, version.version, found.alias_before)
    if promotion.stage and (version.stage != promotion.stage or found.in_stage):
        yield SetStage(promotion.model, version.version, promotion.stage, version.stage, found.in_stage)
    for key, value in promotion.tags:
        before = version.tags.get(key)
        if before != value:
            yield SetTag(promotion.model, version.version, key, value, before)
