"""MLflow's JSON to our own values: the one place that knows how its REST API 2.0 spells them."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from pytest_mlflow_gate.tracking.values import (
    Artifact,
    Experiment,
    LoggedModel,
    ModelVersion,
    RegisteredModel,
    Run,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]


def number(value: float | str) -> float:
    """Return a metric's value; MLflow writes NaN as text, its SQL stores infinity as the largest float."""
    parsed = float(value)
    return math.copysign(math.inf, parsed) if abs(parsed) == sys.float_info.max else parsed


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
    )


def logged_model(document: Json) -> LoggedModel:
    """Return the logged model that *document* describes."""
    info = document["info"]
    return LoggedModel(
        model_id=info["model_id"],
        name=info["name"],
        run_id=info.get("source_run_id") or None,
        ready=info["status"] == "LOGGED_MODEL_READY",
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
    )


def _texts(entries: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {entry["key"]: entry.get("value", "") for entry in entries}


def _seconds(milliseconds: float | str | None) -> float | None:
    return float(milliseconds) / 1000 if milliseconds else None
