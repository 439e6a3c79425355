"""Which of a run's logged models is meant: by the gate, by a registered version."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import LoggedModel, ModelVersion, Run

_LONGEST_COPY_CHAIN = 5
_MLFLOW_2_MODELS = "mlflow.log-model.history"


class Meant(NamedTuple):
    """
    A model of a run, as far as it is said.

    Attributes:
        model_id: Of the MLflow 3 logged model, or None.
        name: The name (MLflow 2: artifact path) that it was logged under, or None.
    """

    model_id: str | None = None
    name: str | None = None


def logged_model_id(version: ModelVersion) -> str | None:
    """Return the id of the MLflow 3 logged model that a version was made of, or None."""
    kind, _, rest = version.source.partition(":/")
    # A registered model may be called m-1 too, and then a copy's source is models:/m-1/7.
    return rest if kind == "models" and rest.startswith("m-") and "/" not in rest else None


def by_candidate(snapshot: Snapshot, promotion: Promotion | None, store: Store) -> Meant:
    """Return the model under test: the one that the gate names, else the one that it promotes."""
    if snapshot.model_id is not None:
        return Meant(snapshot.model_id)
    if snapshot.version is not None:
        return by_version(snapshot.version, snapshot.run, store)
    return Meant(name=promotion.artifact if promotion else None)


def by_version(version: ModelVersion, run: Run, store: Store) -> Meant:
    """
    Return the model of *run* that a registered version was made of; a copy was made of what it copies.

    Raises:
        StoreError: If MLflow cannot say.
    """
    original, _ = original_of(version, store)
    if model_id := logged_model_id(original):
        return Meant(model_id)
    path = path_in_run(original, run)
    return Meant(name=path and path.strip("/"))


def original_of(version: ModelVersion, store: Store) -> tuple[ModelVersion, bool]:
    """
    Return what a version is a copy of, or the version itself, and whether what that one copies is gone.

    Raises:
        StoreError: If MLflow cannot say.
    """
    for _ in range(_LONGEST_COPY_CHAIN):
        kind, _, rest = version.source.partition(":/")
        model, _, number = rest.partition("/")
        if kind != "models" or not number:
            break
        copied = store.model_version(model, number)
        if copied is None:
            return version, True
        version = copied
    return version, False


def path_in_run(version: ModelVersion, run: Run) -> str | None:
    """Return where among the artifacts of *run* a version has its files, or None where they are elsewhere."""
    for root in (f"runs:/{run.run_id}", run.artifact_uri.rstrip("/")):
        path = version.source.removeprefix(f"{root}/")
        if root and path != version.source:
            return path
    return None


def models_of(run: Run, meant: Meant, store: Store) -> tuple[LoggedModel, ...]:
    """Return those MLflow 3 logged models of *run* that may be meant, with their metrics."""
    found = []
    for model_id in (meant.model_id,) if meant.model_id else run.model_ids:
        # One that was deleted has no values; the checks say what that means.
        with suppress(NotFound):
            found.append(store.logged_model(model_id))
    return tuple(model for model in found if meant.name in (None, model.name))


def mlflow_2_paths(run: Run, meant: Meant) -> tuple[str, ...]:
    """Return where those of the run's models may be that MLflow 2 logged, as it says itself in a tag."""
    return (meant.name,) if meant.name is not None else logged_paths(run)


def same_model(run: Run, ours: Meant, theirs: Meant, store: Store) -> bool:
    """
    Return whether two models of one run certainly are the same.

    Raises:
        StoreError: If MLflow cannot say.
    """
    if ours.model_id and theirs.model_id:
        return ours.model_id == theirs.model_id
    if len({ours.model_id, theirs.model_id, *run.model_ids} - {None}) > 1:
        of_ours = {model.model_id for model in models_of(run, ours, store)}
        of_theirs = {model.model_id for model in models_of(run, theirs, store)}
        return of_ours == of_theirs and len(of_ours) == 1
    return len({*mlflow_2_paths(run, ours), *mlflow_2_paths(run, theirs)}) <= 1


def logged_paths(run: Run) -> tuple[str, ...]:
    """Return what MLflow 2 writes on a run for each model that it logs: the artifact path."""
    paths = []
    with suppress(KeyError, TypeError, ValueError):
        for entry in json.loads(run.tags.get(_MLFLOW_2_MODELS, "[]")):
            paths.append(str(entry["artifact_path"]))  # noqa: PERF401 - what comes before nonsense counts
    return tuple(dict.fromkeys(paths))
