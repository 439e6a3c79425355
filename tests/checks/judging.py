"""Checks as a gate file writes them, and candidates and baselines to judge with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.judge import judge
from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.tracking.snapshot import Rival, Snapshot
from pytest_mlflow_gate.tracking.values import (
    DatasetMetric,
    Experiment,
    LoggedModel,
    Measurement,
    ModelVersion,
)
from tests.fakes import RUN
from tests.gatefile.loading import load_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.checks.finding import Finding

_HEAD = """\
candidate: {run_id: r1}
baseline: {model: churn, alias: champion}
"""


def candidate(metrics: Mapping[str, float], **changes: object) -> Snapshot:
    """Return a candidate, run r1, that logged just these metrics; *changes* are of the snapshot."""
    experiment = Experiment("1", "churn", active=True)
    made = Snapshot(RUN._replace(metrics=metrics), experiment, taken=2_000.0)
    return made._replace(**changes)  # type: ignore[arg-type]


def rival(
    metrics: Mapping[str, float], *, run_id: str = "r0", version: str = "3", **changes: object
) -> Rival:
    """Return a version of churn that was made of run r0, which logged just these metrics."""
    made = ModelVersion("churn", version, "models:/m-0", run_id, ready=True, stage="None", tags={})
    run = RUN._replace(run_id=run_id, metrics=metrics, model_ids=("m-0",))
    return Rival(made, run)._replace(**changes)  # type: ignore[arg-type]


def history(*values: float) -> tuple[Measurement, ...]:
    """Return values that were logged at step 0, 1 and so on."""
    return tuple(Measurement(value, step, 1_000 + step) for step, value in enumerate(values))


def measured(*metrics: DatasetMetric, model_id: str = "m-1") -> LoggedModel:
    """Return a logged model with these metrics."""
    return LoggedModel(model_id, "model", "r1", ready=True, metrics=metrics)


def on(
    dataset: str | None,
    value: float,
    *,
    key: str = "accuracy",
    digest: str | None = "d1",
    step: int = 0,
    timestamp: int = 1_000,
    run_id: str = "r1",
) -> DatasetMetric:
    """Return a value that was measured on *dataset*."""
    return DatasetMetric(key, value, step, timestamp, dataset, digest, run_id)


def findings(text: str, snapshot: Snapshot | str, *, head: str = _HEAD) -> dict[str, Finding]:
    """Return what is found for each check of a gate file, by name; *text* are its thresholds or rules."""
    gate = load_text(head + text, language=language())
    return {check.name: judge(gate, check, snapshot) for check in gate.checks}


def finding(text: str, snapshot: Snapshot | str, *, head: str = _HEAD) -> Finding:
    """Return what is found for the one check of a gate file; *text* are its thresholds or rules."""
    (only,) = findings(text, snapshot, head=head).values()
    return only
