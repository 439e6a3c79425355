"""MLflow's JSON to our own values: the one place that knows how its REST API 2.0 spells them."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Json = dict[str, Any]


def number(value: float | str) -> float:
    """Return a metric's value; MLflow writes NaN as text, its SQL stores infinity as the largest float."""
    parsed = float(value)
    return math.copysign(math.inf, parsed) if abs(parsed) == sys.float_info.max else parsed


def history(measurements: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """Return *measurements* oldest first: the last one is what MLflow calls the metric's latest value."""
    return tuple(sorted(measurements, key=_age))


def by_dataset(metrics: Iterable[DatasetMetric]) -> tuple[DatasetMetric, ...]:
    """Return *metrics* by key, dataset and digest, and those of one dataset oldest first."""
    return tuple(
        sorted(
            metrics,
            key=lambda metric: (metric.key, metric.dataset or "", metric.digest or "", *_age(metric)),
        )
    )


def _age(measured: Measurement | DatasetMetric) -> tuple[int, int, float]:
    # MLflow's own order. Of two values with one step and time it takes the greater, and a number before NaN.
    value = -math.inf if math.isnan(measured.value) else measured.value
    return measured.step, measured.timestamp, value


def experiment(document: Json) -> Experiment:
    """Return the experiment that *document* describes."""
    return Experiment(
        experiment_id=str(document["experiment_id"]),
        name=document["name"],
        active=document["lifecycle_stage"] == "active",
    )


def run(document: Json) -> Run:
    """Return the run that *document* describes."""
    info, data = document["info"], document.get("data", {})
    inputs = document.get("inputs", {}).get("dataset_inputs", ())
    outputs = document.get("outputs", {}).get("model_outputs", ())
    return Run(
        run_id=info["run_id"],
        name=info.get("run_name", ""),
        experiment_id=str(info["experiment_id"]),
        status=info["status"],
        active=info["lifecycle_stage"] == "active",
        start_time=_seconds(info.get("start_time")),
        end_time=_seconds(info.get("end_time")),
        artifact_uri=info.get("artifact_uri", ""),
        metrics={metric["key"]: number(metric["value"]) for metric in data.get("metrics", ())},
        params=_texts(data.get("params", ())),
        tags=_texts(data.get("tags", ())),
        model_ids=tuple(dict.fromkeys(output["model_id"] for output in outputs)),
        datasets=tuple(sorted({(entry["dataset"]["name"], entry["dataset"]["digest"]) for entry in inputs})),
    )


def measurement(document: Json) -> Measurement:
    """Return the value that *document* describes, of whatever metric."""
    return Measurement(
        value=number(document["value"]),
        step=int(document.get("step", 0)),
        timestamp=int(document["timestamp"]),
    )


def logged_model(document: Json) -> LoggedModel:
    """Return the logged model that *document* describes."""
    info = document["info"]
    return LoggedModel(
        model_id=info["model_id"],
        name=info["name"],
        run_id=info.get("source_run_id") or None,
        ready=info["status"] == "LOGGED_MODEL_READY",
        metrics=by_dataset(map(_dataset_metric, document.get("data", {}).get("metrics", ()))),
    )


def _dataset_metric(document: Json) -> DatasetMetric:
    return DatasetMetric(
        key=document["key"],
        value=number(document["value"]),
        step=int(document.get("step", 0)),
        timestamp=int(document["timestamp"]),
        dataset=document.get("dataset_name") or None,
        digest=document.get("dataset_digest") or None,
        run_id=document.get("run_id") or None,
    )


def artifact(document: Json) -> Artifact:
    """Return the artifact that *document* describes."""
    return Artifact(path=document["path"], is_dir=bool(document.get("is_dir", False)))


def registered_model(document: Json) -> RegisteredModel:
    """Return the registered model that *document* describes."""
    aliases = document.get("aliases", ())
    return RegisteredModel(
        name=document["name"], aliases={entry["alias"]: str(entry["version"]) for entry in aliases}
    )


def model_version(document: Json) -> ModelVersion:
    """Return the model version that *document* describes."""
    return ModelVersion(
        model=document["name"],
        version=str(document["version"]),
        source=document.get("source", ""),
        run_id=document.get("run_id") or None,
        ready=document["status"] == "READY",
        stage=document.get("current_stage", "None"),
        tags=_texts(document.get("tags", ())),
        description=document.get("description", ""),
    )


def _texts(entries: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {entry["key"]: entry.get("value", "") for entry in entries}


def _seconds(milliseconds: float | str | None) -> float | None:
    return float(milliseconds) / 1000 if milliseconds else None
