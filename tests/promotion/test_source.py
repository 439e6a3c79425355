"""Where the candidate's model is: what can be registered, and what is refused because it would not load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import Promotion
from pytest_mlflow_gate.promotion.source import Refused, find_source
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from pytest_mlflow_gate.tracking.values import Artifact, Experiment, LoggedModel
from tests.fakes import MLMODEL, RUN, FakeStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.tracking.values import ModelVersion, Run

EXPERIMENT = Experiment("1", "churn", active=True)
OLD_RUN = RUN._replace(model_ids=())
HISTORY = {"mlflow.log-model.history": '[{"artifact_path": "model"}, {"artifact_path": "model"}]'}


def promotion(artifact: str | None = None) -> Promotion:
    """Return a promotion that names this artifact."""
    return Promotion("churn-classifier", "champion", None, artifact, (), None, None, 0, 6)


def snapshot(run: Run, **changes: object) -> Snapshot:
    """Return a candidate with this run."""
    return Snapshot(run=run, experiment=EXPERIMENT)._replace(**changes)  # type: ignore[arg-type]


def mlmodel_at(path: str) -> tuple[Artifact, ...]:
    """Return what the store lists for a model folder of MLflow 2."""
    return (Artifact(f"{path}/MLmodel", is_dir=False), Artifact(f"{path}/code", is_dir=True))


def test_a_logged_model_of_mlflow_3_is_registered_by_its_id() -> None:
    """A runs:/ address of an MLflow 3 model would be accepted by MLflow and never load."""
    source = find_source(promotion(), snapshot(RUN), FakeStore())
    assert (source.uri, source.model_id, source.run_id) == ("models:/m-1", "m-1", "r1")


@pytest.mark.parametrize(
    ("artifact", "run"),
    [
        pytest.param(None, OLD_RUN._replace(tags=HISTORY), id="from-the-tag-that-mlflow-2-writes"),
        pytest.param(None, OLD_RUN, id="found-in-the-listing"),
        pytest.param("model", OLD_RUN, id="named"),
    ],
)
def test_an_artifact_of_mlflow_2_is_registered_by_its_run(artifact: str | None, run: Run) -> None:
    """The version loads through runs:/, and the address that MLflow 2's client stores counts as the same."""
    store = FakeStore(run)
    store.files = {
        "r1/": (Artifact("model", is_dir=True), Artifact("plots", is_dir=True)),
        "r1/model": mlmodel_at("model"),
    }
    source = find_source(promotion(artifact), snapshot(run), store)
    assert (source.uri, source.model_id) == ("runs:/r1/model", None)
    assert source.spellings == {"runs:/r1/model", "mlflow-artifacts:/1/r1/artifacts/model"}


def test_a_logged_model_that_the_gate_names_is_taken_whatever_else_the_run_has() -> None:
    """candidate.model_id needs no promote.artifact."""
    store = FakeStore(RUN._replace(model_ids=("m-1", "m-2")))
    source = find_source(promotion(), snapshot(store.runs["r1"], model_id="m-2"), store)
    assert source.uri == "models:/m-2"


def two_models(second: str) -> FakeStore:
    """Return a store whose run logged two models."""
    store = FakeStore(RUN._replace(model_ids=("m-1", "m-2")))
    store.models["m-2"] = LoggedModel("m-2", second, "r1", ready=True)
    return store


def test_the_artifact_chooses_between_several_logged_models() -> None:
    """With several, promote.artifact is what decides."""
    store = two_models("explainer")
    assert find_source(promotion("explainer"), snapshot(store.runs["r1"]), store).uri == "models:/m-2"


def _nothing(store: FakeStore) -> None:
    store.files = {}


def _not_ready(store: FakeStore) -> None:
    store.models["m-1"] = LoggedModel("m-1", "model", "r1", ready=False)


def _no_mlmodel(store: FakeStore) -> None:
    store.files["m-1"] = (Artifact("model.pkl", is_dir=False), Artifact("MLmodel", is_dir=True))


def _two_folders(store: FakeStore) -> None:
    store.files = {
        "r1/": (Artifact("b", is_dir=True), Artifact("a", is_dir=True)),
        "r1/a": mlmodel_at("a"),
        "r1/b": mlmodel_at("b"),
    }


@pytest.mark.parametrize(
    ("store", "artifact", "prepare", "text"),
    [
        pytest.param(
            FakeStore(OLD_RUN),
            None,
            _nothing,
            "run r1 has no logged model, log one with log_model or leave promote out",
            id="no-model",
        ),
        pytest.param(
            FakeStore(OLD_RUN),
            "model",
            _nothing,
            "run r1 has no MLmodel file at 'model', so that model would not load",
            id="artifact-missing",
        ),
        pytest.param(
            FakeStore(OLD_RUN),
            None,
            _two_folders,
            "run r1 has 2 logged models (a, b), name one with promote.artifact",
            id="two-mlflow-2-models",
        ),
        pytest.param(
            FakeStore(),
            "modle",
            None,
            "run r1 has no logged model named 'modle', it has model",
            id="name-unknown",
        ),
        pytest.param(
            FakeStore(),
            None,
            _not_ready,
            "logged model m-1 (model) is not READY, log it again",
            id="not-ready",
        ),
        pytest.param(
            FakeStore(),
            None,
            _no_mlmodel,
            "logged model m-1 (model) has no MLmodel file, so it would not load",
            id="no-mlmodel-file",
        ),
        pytest.param(
            two_models("explainer"),
            None,
            None,
            "run r1 has 2 logged models (explainer, model), name one with promote.artifact",
            id="two-names",
        ),
        pytest.param(
            two_models("model"),
            None,
            None,
            "run r1 has 2 logged models named 'model' (m-1, m-2), choose one with candidate.model_id",
            id="one-name-twice",
        ),
        pytest.param(
            two_models("model"),
            "model",
            None,
            "run r1 has 2 logged models named 'model' (m-1, m-2), choose one with candidate.model_id",
            id="one-name-twice-and-named",
        ),
    ],
)
def test_what_would_not_load_is_refused(
    store: FakeStore, artifact: str | None, prepare: Callable[[FakeStore], None] | None, text: str
) -> None:
    """MLflow would register each of these and call it READY."""
    if prepare:
        prepare(store)
    with pytest.raises(Refused) as caught:
        find_source(promotion(artifact), snapshot(store.runs["r1"]), store)
    assert str(caught.value) == text
    assert store.writes == []


@pytest.mark.parametrize(
    ("run", "source", "expected"),
    [
        pytest.param(RUN, "models:/m-1", "models:/m-1", id="mlflow-3"),
        pytest.param(RUN, "models:/other/4", "models:/m-1", id="copy-of-another-version"),
        pytest.param(OLD_RUN, "runs:/r1/model", "runs:/r1/model", id="mlflow-2-by-run"),
        pytest.param(
            OLD_RUN, "mlflow-artifacts:/1/r1/artifacts/model", "runs:/r1/model", id="mlflow-2-resolved"
        ),
    ],
)
def test_a_registered_version_is_followed_to_its_files(run: Run, source: str, expected: str) -> None:
    """However a version was registered, its model is found."""
    store = FakeStore(run)
    store.files |= {"r1/model": mlmodel_at("model"), "m-1": MLMODEL}
    store.add_version("other", "4")
    version = store.add_version("churn-classifier", "7", source=source)
    assert find_source(promotion(), snapshot(run, version=version), store).uri == expected


def _version(store: FakeStore, source: str) -> ModelVersion:
    return store.add_version("churn-classifier", "7", source=source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param(
            "runs:/r1/model",
            "version 7 of churn-classifier does not load: its source runs:/r1/model is an MLflow 2 address of an "
            "MLflow 3 model, register the run's model again",
            id="mlflow-2-address-of-an-mlflow-3-model",
        ),
        pytest.param(
            "models:/gone/3",
            "version 7 of churn-classifier is a copy of models:/gone/3, which does not exist any more",
            id="copy-of-nothing",
        ),
        pytest.param(
            "s3://bucket/model",
            "version 7 of churn-classifier has its files at s3://bucket/model, outside of run r1: no MLmodel file "
            "can be seen there",
            id="elsewhere",
        ),
    ],
)
def test_a_registered_version_that_cannot_be_seen_to_load_is_refused(source: str, text: str) -> None:
    """A version is not promoted on the registry's word alone."""
    store = FakeStore()
    with pytest.raises(Refused) as caught:
        find_source(promotion(), snapshot(RUN, version=_version(store, source)), store)
    assert str(caught.value) == text
