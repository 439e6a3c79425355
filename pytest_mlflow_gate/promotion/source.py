"""
Where the candidate's model is: something that loads, or a refusal.

MLflow registers sources that do not exist and calls them READY, so the model's ``MLmodel`` file is looked
at before anything is registered or moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.meant import logged_model_id, logged_paths, original_of, path_in_run
from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import Artifact, LoggedModel, ModelVersion, Run


class Refused(Exception):
    """The promotion may not happen; the text is one line with the remedy."""


@dataclass(frozen=True, slots=True)
class Source:
    """
    A model that can be registered.

    Attributes:
        uri: What the registry is given.
        run_id: The run behind it.
        model_id: The MLflow 3 logged model, or None for an MLflow 2 artifact.
        spellings: Every URI under which an existing version of the same model loads too.
    """

    uri: str
    run_id: str
    model_id: str | None
    spellings: frozenset[str]


def find_source(promotion: Promotion, snapshot: Snapshot, store: Store) -> Source:
    """
    Find the model of the candidate that is to be registered.

    Raises:
        Refused: If there is none, there are several, or it would not load.
        StoreError: If MLflow cannot say.
    """
    if snapshot.model_id is not None:
        return _logged(store.logged_model(snapshot.model_id), snapshot.run, store)
    if snapshot.version is not None:
        return source_of_version(snapshot.version, snapshot.run, store)
    if snapshot.run.model_ids:
        return _logged(_choose(promotion, snapshot.run, store), snapshot.run, store)
    return _artifact(promotion, snapshot.run, store)


def source_of_version(version: ModelVersion, run: Run, store: Store) -> Source:
    """
    Return what a registered version was made of.

    Raises:
        Refused: If it would not load.
        StoreError: If MLflow cannot say.
    """
    label = f"version {version.version} of {version.model}"
    origin, gone = original_of(version, store)
    if gone:
        raise Refused(f"{label} is a copy of {origin.source}, which does not exist any more")
    if model_id := logged_model_id(origin):
        return _logged(store.logged_model(model_id), run, store)
    path = path_in_run(origin, run)
    if path is None:
        raise Refused(
            f"{label} has its files at {origin.source}, outside of run {run.run_id}: "
            "no MLmodel file can be seen there"
        )
    if run.model_ids:
        raise Refused(
            f"{label} does not load: its source {origin.source} is an MLflow 2 address of an "
            "MLflow 3 model, register the run's model again"
        )
    return _verified_artifact(path, run, store)


def _choose(promotion: Promotion, run: Run, store: Store) -> LoggedModel:
    models = [store.logged_model(model_id) for model_id in run.model_ids]
    wanted = [model for model in models if promotion.artifact in (None, model.name)]
    names = ", ".join(sorted({model.name for model in models}))
    if not wanted:
        raise Refused(f"run {run.run_id} has no logged model named {promotion.artifact!r}, it has {names}")
    if len(wanted) == 1:
        return wanted[0]
    if promotion.artifact is None and len({model.name for model in wanted}) > 1:
        raise Refused(
            f"run {run.run_id} has {len(wanted)} logged models ({names}), name one with promote.artifact"
        )
    ids = ", ".join(model.model_id for model in wanted)
    raise Refused(
        f"run {run.run_id} has {len(wanted)} logged models named {wanted[0].name!r} ({ids}), "
        "choose one with candidate.model_id"
    )


def _logged(model: LoggedModel, run: Run, store: Store) -> Source:
    if not model.ready:
        raise Refused(f"logged model {model.model_id} ({model.name}) is not READY, log it again")
    if not _has_mlmodel(store.logged_model_artifacts(model.model_id)):
        raise Refused(
            f"logged model {model.model_id} ({model.name}) has no MLmodel file, so it would not load"
        )
    uri = f"models:/{model.model_id}"
    return Source(uri, run.run_id, model.model_id, frozenset({uri}))


def _artifact(promotion: Promotion, run: Run, store: Store) -> Source:
    if promotion.artifact is not None:
        return _verified_artifact(promotion.artifact, run, store)
    paths = logged_paths(run) or tuple(
        entry.path
        for entry in store.run_artifacts(run.run_id)
        if entry.is_dir and _has_mlmodel(store.run_artifacts(run.run_id, entry.path))
    )
    if not paths:
        raise Refused(f"run {run.run_id} has no logged model, log one with log_model or leave promote out")
    if len(paths) > 1:
        raise Refused(
            f"run {run.run_id} has {len(paths)} logged models ({', '.join(sorted(paths))}), "
            "name one with promote.artifact"
        )
    return _verified_artifact(paths[0], run, store)


def _verified_artifact(path: str, run: Run, store: Store) -> Source:
    path = path.strip("/")
    try:
        found = _has_mlmodel(store.run_artifacts(run.run_id, path))
    except NotFound:
        found = False
    if not found:
        raise Refused(f"run {run.run_id} has no MLmodel file at {path!r}, so that model would not load")
    uri = f"runs:/{run.run_id}/{path}"
    return Source(uri, run.run_id, None, frozenset({uri, f"{run.artifact_uri.rstrip('/')}/{path}"}))


def _has_mlmodel(entries: tuple[Artifact, ...]) -> bool:
    return any(not entry.is_dir and entry.path.rpartition("/")[2] == "MLmodel" for entry in entries)
