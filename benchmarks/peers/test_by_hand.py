"""The gate as a good engineer writes it today: a pytest file that asks MlflowClient."""

from __future__ import annotations

import os

import pytest
from mlflow import MlflowClient

LIMITS = {"accuracy": 0.92, "precision": 0.88, "recall": 0.85}


@pytest.fixture(scope="module")
def metrics() -> dict[str, float]:
    """Return the metrics of the experiment's latest run."""
    client = MlflowClient()
    experiment = client.get_experiment_by_name(os.environ["EXPERIMENT"])
    runs = client.search_runs(
        [experiment.experiment_id], order_by=["attributes.start_time DESC"], max_results=1
    )
    return dict(runs[0].data.metrics)


@pytest.mark.parametrize("metric", LIMITS)
def test_metric(metrics: dict[str, float], metric: str) -> None:
    """A metric reaches its limit."""
    assert metrics[metric] >= LIMITS[metric]  # noqa: S101 - how pytest tests speak
