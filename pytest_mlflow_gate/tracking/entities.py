"""MLflow's client objects to our own values: the counterpart of `shapes` for MlflowClient."""

from __future__ import annotations

from typing import Any, TypeAlias

from pytest_mlflow_gate.tracking.shapes import by_dataset, number
from pytest_mlflow_gate.tracking.values import (
    Artifact,
    DatasetMetric,
    Experiment,
    LoggedModel,
    Measurement,
    ModelVersion,
    RegisteredModel,
    Run,
)

Entity: TypeAlias = Any
"""An object of MLflow's client, which has no types that can be relied on."""


def experiment(entity: Entity) -> Experiment:
    """Return the experiment that an ``mlflow.entities.Experiment`` is."""
    return Experiment(
        experiment_id=str(entity.experiment_id),
        name=entity.name,
        active=entity.lifecycle_stage == "active",
    )


def run(entity: Entity) -> Run:
    """Return the run that an ``mlflow.entities.Run`` is."""
    info, data = entity.info, entity.data
    inputs = entity.inputs.dataset_inputs if entity.inputs else ()
    outputs = entity.outputs.model_outputs if entity.outputs else ()
    return Run(
        run_id=info.run_id,
        name=info.run_name or "",
        experiment_id=str(info.experiment_id),
        status=info.status,
        active=info.lifecycle_stage == "active",
        start_time=_seconds(info.start_time),
        end_time=_seconds(info.end_time),
        artifact_uri=info.artifact_uri or "",
        metrics={key: number(value) for key, value in data.metrics.items()},
        params=dict(data.params),
        tags=dict(data.tags),
        model_ids=tuple(dict.fromkeys(output.model_id for output in outputs)),
        datasets=tuple(sorted({(entry.dataset.name, entry.dataset.digest) for entry in inputs})),
    )


def measurement(entity: Entity) -> Measurement:
    """Return the value that an ``mlflow.entities.Metric`` of a run is."""
    return Measurement(value=number(entity.value), step=int(entity.step), timestamp=int(entity.timestamp))


def logged_model(entity: Entity) -> LoggedModel:
    """Return the logged model that an ``mlflow.entities.LoggedModel`` is."""
    return LoggedModel(
        model_id=entity.model_id,
        name=entity.name,
        run_id=entity.source_run_id or None,
        ready=str(entity.status) == "READY",
        metrics=by_dataset(map(_dataset_metric, entity.metrics or ())),
    )


def _dataset_metric(entity: Entity) -> DatasetMetric:
    return DatasetMetric(
        key=entity.key,
        value=number(entity.value),
        step=int(entity.step),
        timestamp=int(entity.timestamp),
        dataset=entity.dataset_name or None,
        digest=entity.dataset_digest or None,
        run_id=entity.run_id or None,
    )


def artifact(entity: Entity) -> Artifact:
    """Return the artifact that an ``mlflow.entities.FileInfo`` is."""
    return Artifact(path=entity.path, is_dir=entity.is_dir)


def registered_model(entity: Entity) -> RegisteredModel:
    """Return the registered model that MLflow's entity is; SQL stores have numbers for versions."""
    return RegisteredModel(
        name=entity.name,
        aliases={alias: str(version) for alias, version in entity.aliases.items()},
    )


def model_version(entity: Entity) -> ModelVersion:
    """Return the model version that MLflow's entity is; SQL stores have numbers for versions."""
    return ModelVersion(
        model=entity.name,
        version=str(entity.version),
        source=entity.source or "",
        run_id=entity.run_id or None,
        ready=entity.status == "READY",
        stage=entity.current_stage or "None",
        tags=dict(entity.tags),
        description=entity.description or "",
    )


def _seconds(milliseconds: float | None) -> float | None:
    return milliseconds / 1000 if milliseconds else None
