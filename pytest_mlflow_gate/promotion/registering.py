"""The version of a candidate's model: found, or made; the same run and model never make a second one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.source import Refused, Source
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.promotion.prepare import Survey
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion

_POLL = 1.0


def register(
    found: Survey,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> ModelVersion:
    """
    Find or make the version; the same run and model never make a second one.

    Raises:
        Refused: If the version could not be registered or does not become READY.
        StoreError: If MLflow cannot say.
    """
    candidacy, version = found.candidacy, found.version
    model, store = candidacy.promotion.model, candidacy.store
    if version is None:
        version = _create(model, found.source, found.models, store)
    return _ready(version, candidacy.gate.wait, store, now, sleep)


def copy(
    found: Survey,
    version: ModelVersion,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> ModelVersion:
    """
    Return the version that alias and stage are to be at: *version*, or its copy where the gate copies.

    Raises:
        Refused: If the copy does not become READY.
        StoreError: If MLflow cannot say.
    """
    candidacy = found.candidacy
    promotion, store = candidacy.promotion, candidacy.store
    if promotion.copy_to is None:
        return version
    made = found.copy or _create(
        promotion.copy_to, source_of_copy(version, found.source), found.models, store
    )
    return _ready(made, candidacy.gate.wait, store, now, sleep)


def existing_copy(
    promotion: Promotion, version: ModelVersion, source: Source, store: Store
) -> ModelVersion | None:
    """Return the newest copy of *version*, made of *source*, in the model that the gate copies to."""
    if promotion.copy_to is None:
        return None
    of_run = store.model_versions(promotion.copy_to, run_id=source.run_id)
    return newest(of_run, source_of_copy(version, source))


def source_of_copy(version: ModelVersion, source: Source) -> Source:
    """Return what MLflow's own ``copy_model_version`` registers for *version*, which was made of *source*."""
    uri = f"models:/{version.model}/{version.version}"
    return Source(uri, source.run_id, None, frozenset({uri}))


def newest(versions: tuple[ModelVersion, ...], source: Source) -> ModelVersion | None:
    """Return the newest of *versions* that was made of *source*, or None."""
    same = [version for version in versions if version.source in source.spellings]
    return max(same, key=lambda version: int(version.version), default=None)


def _create(model: str, source: Source, models: frozenset[str], store: Store) -> ModelVersion:
    if model not in models:
        store.create_registered_model(model)
    # Another session with the same run may have made it since the survey; MLflow would make a second one.
    if made := newest(store.model_versions(model, run_id=source.run_id), source):
        return made
    try:
        return store.create_model_version(
            model, source=source.uri, run_id=source.run_id, model_id=source.model_id
        )
    except StoreError:
        # The answer may be lost, or be none of MLflow's, and the version made.
        made = newest(store.model_versions(model, run_id=source.run_id), source)
        if made is None:
            raise
        return made


def _ready(
    version: ModelVersion,
    wait: float,
    store: Store,
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> ModelVersion:
    deadline = now() + wait
    while not version.ready:
        if now() >= deadline:
            raise Refused(
                f"version {version.version} of {version.model} is not READY after {wait:g} s, "
                "look at it in the registry and run the gate again"
            )
        sleep(_POLL)
        version = store.model_version(version.model, version.version) or version
    return version
