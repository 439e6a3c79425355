"""The candidate's model in Python tests: loaded by MLflow from where the gate says, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.seeding import fresh

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.seeding import ClientSeeder, RestSeeder
    from tests.servers import RealModel

PREDICTS = """\
import os

def test_it_predicts(mlflow_gate_model):
    assert list(mlflow_gate_model.unwrap_python_model().predict(None, [1.0, 2.0])) == [2.0, 4.0]

def test_it_is_loaded_once(mlflow_gate_model, request):
    assert request.getfixturevalue("mlflow_gate_model") is mlflow_gate_model

def test_the_process_stays_as_it_is(mlflow_gate_model):
    import mlflow
    assert (mlflow.get_tracking_uri(), mlflow.get_registry_uri()) == ("http://elsewhere", "http://registry")
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://elsewhere"
"""
# What a process can import that has mlflow-skinny only.
SKINNY = "import sys\nfor name in ('numpy', 'pandas'): sys.modules[name] = None\n"


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment name other servers than the gate file does, which wins."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://registry")


def gate_on(project: Project, real: RealModel, candidate: str, goal: str = "alias: champion") -> None:
    """Write a gate whose registry is that of *real*."""
    first = f"registry_uri: {real.tracking_uri}"
    project.gate(real.tracking_uri, candidate, fresh("model"), goal=goal, first=first)


@pytest.mark.parametrize(
    ("server", "candidate", "goal", "processes"),
    [
        pytest.param("real_model", "run_id: {run}", "alias: champion", (), id="run"),
        pytest.param("real_model", "run_id: {run}", "alias: champion, artifact: model", ("-n1",), id="named-xdist"),
        pytest.param("real_model", "model: {model}, version: 1", "alias: champion", (), id="version"),
        pytest.param("real_model2", "run_id: {run}", "alias: champion", ("-n1",), id="mlflow2-run-xdist"),
        pytest.param("real_model2", "model: {model}, version: 1", "alias: champion", (), id="mlflow2-version"),
    ],
)  # fmt: skip
def test_model_of_a_server(
    project: Project,
    request: pytest.FixtureRequest,
    server: str,
    candidate: str,
    goal: str,
    processes: tuple[str, ...],
) -> None:
    """Tests predict with what is promoted, plain and on a worker, and the process's own URIs stay."""
    real: RealModel = request.getfixturevalue(server)
    seed: RestSeeder = request.getfixturevalue("seed" if server == "real_model" else "seed2")
    model = seed.registered_model()
    source = f"models:/{real.model_id}" if real.model_id else f"runs:/{real.run_id}/model"
    seed.version(model, source=source, run_id=real.run_id, model_id=real.model_id)
    gate_on(project, real, candidate.format(run=real.run_id, model=model), goal)
    project.write("test_model.py", PREDICTS)
    result = project.run_apart("test_model.py", *processes)
    result.assert_outcomes(passed=5)
    assert result.ret == 0


def test_model_of_an_embedded_store(
    project: Project, sqlite_seed: ClientSeeder, real_model: RealModel
) -> None:
    """A candidate that does not load fails its tests in one line, and withholds."""
    del real_model
    experiment_id = sqlite_seed.experiment("churn")
    run_id = sqlite_seed.run(experiment_id, metrics={"accuracy": 0.93})
    model_id = sqlite_seed.logged_model(experiment_id, run_id)
    project.gate(sqlite_seed.uri, f"run_id: {run_id}", "m", first=f"registry_uri: {sqlite_seed.uri}")
    project.write("test_model.py", "def test_it(mlflow_gate_model): pass\n")
    result = project.run_apart("test_model.py")
    assert result.ret == 1
    start = f"gate m: models:/{model_id} does not load: {sqlite_seed.uri}: "
    (line,) = [line for line in result.outlines if line.startswith(start)]
    assert "python_function" in line
    assert "NOT PROMOTED m: test_model.py::test_it failed" in result.outlines


def test_without_numpy(project: Project, real_model: RealModel) -> None:
    """Where only mlflow-skinny is installed, the text says what to install."""
    gate_on(project, real_model, f"run_id: {real_model.run_id}")
    project.write("conftest.py", SKINNY)
    project.write("test_model.py", "def test_it(mlflow_gate_model): pass\n")
    result = project.run_apart("test_model.py")
    assert result.ret == 1
    text = (
        "loading a model needs more than mlflow-skinny (numpy is missing): "
        "pip install 'pytest-mlflow-gate[local]'"
    )
    assert any(line.endswith(text) for line in result.outlines), result.stdout.str()
