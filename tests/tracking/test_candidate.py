"""What Python code is shown of a candidate: values that nobody can write to, and what its model loads by."""

from __future__ import annotations

import json

import pytest

from pytest_mlflow_gate.gatefile.types import Promotion
from pytest_mlflow_gate.tracking.candidate import Candidate, baseline_of, candidate_of
from pytest_mlflow_gate.tracking.snapshot import Rival, Snapshot
from pytest_mlflow_gate.tracking.values import Experiment, ModelVersion
from tests.fakes import RUN

EXPERIMENT = Experiment("1", "churn", active=True)
VERSION = ModelVersion("churn model", "7", "models:/m-9", "r1", ready=True, stage="None", tags={})
PROMOTION = Promotion("m", "champion", None, None, (), None, None, 0, 6)


def logged(*paths: str) -> dict[str, str]:
    """Return the tag by which an MLflow 2 run says which models it logged."""
    return {"mlflow.log-model.history": json.dumps([{"artifact_path": path} for path in paths])}


def snapshot(**run: object) -> Snapshot:
    """Return a candidate whose run is changed."""
    return Snapshot(RUN._replace(**run), EXPERIMENT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("candidate", "artifact", "uri"),
    [
        pytest.param(snapshot(), None, "models:/m-1", id="only-model"),
        pytest.param(snapshot()._replace(version=VERSION), None, "models:/churn model/7", id="version"),
        pytest.param(snapshot()._replace(model_id="m-3"), None, "models:/m-3", id="model-id"),
        pytest.param(snapshot(model_ids=("m-1", "m-2")), None, None, id="several"),
        pytest.param(snapshot(model_ids=("m-1", "m-2")), "best", "runs:/r1/best", id="several-one-named"),
        pytest.param(snapshot(), "best", "runs:/r1/best", id="one-named"),
        pytest.param(
            snapshot()._replace(version=VERSION), "best", "models:/churn model/7", id="version-and-named"
        ),
        pytest.param(snapshot(model_ids=()), None, None, id="none"),
        pytest.param(
            snapshot(model_ids=(), tags=logged("model", "model")), None, "runs:/r1/model", id="mlflow2"
        ),
        pytest.param(snapshot(model_ids=(), tags=logged("a", "b")), None, None, id="mlflow2-several"),
        pytest.param(snapshot(model_ids=(), tags=logged("a", "b")), "b", "runs:/r1/b", id="mlflow2-named"),
        pytest.param(
            snapshot(model_ids=(), tags={"mlflow.log-model.history": "[{"}), None, None, id="mlflow2-garbled"
        ),
    ],
)
def test_what_the_model_loads_by(candidate: Snapshot, artifact: str | None, uri: str | None) -> None:
    """Known without asking anybody: what the gate names, else the run's only model, else nothing."""
    promotion = PROMOTION._replace(artifact=artifact) if artifact else None
    assert candidate_of(candidate, promotion).model_uri == uri


def test_a_baseline_loads_by_its_version() -> None:
    """The baseline is a registered version, whatever its run logged."""
    shown = baseline_of(Rival(VERSION, RUN._replace(model_ids=("m-1", "m-2"))))
    assert shown == Candidate("r1", {}, {}, RUN.metrics, "models:/churn model/7")


def test_nobody_can_change_what_is_judged() -> None:
    """A test that writes to its candidate fails, and what the checks see stays."""
    shown = candidate_of(snapshot(), None)
    with pytest.raises(TypeError):
        shown.metrics["accuracy"] = 1.0  # type: ignore[index]
    assert shown.metrics == RUN.metrics
