"""A gate on real MLflow: what is in the registry afterwards, read back past the plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.forwarding import forwarding
from tests.reports import junit_cases
from tests.seeding import RestSeeder, fresh
from tests.servers import THIS_PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Project
    from tests.seeding import ClientSeeder, Seeder
    from tests.servers import Backends, RealModel


def good_run(seed: Seeder, experiment_id: str, accuracy: float = 0.93) -> tuple[str, str]:
    """Make a finished run with a logged model; return the ids of both."""
    run_id = seed.run(experiment_id, metrics={"accuracy": accuracy})
    return run_id, seed.logged_model(experiment_id, run_id)


def aliases(seed: RestSeeder, model: str) -> dict[str, str]:
    """Return what a registered model's aliases point to."""
    found = seed.ask("GET", f"registered-models/get?name={model}")["registered_model"]
    return {alias["alias"]: str(alias["version"]) for alias in found.get("aliases", [])}


def versions(seed: RestSeeder, model: str) -> list[dict[str, Any]]:
    """Return all versions of a registered model, oldest first."""
    found = seed.ask("GET", f"model-versions/search?filter=name%3D'{model}'").get("model_versions", [])
    return sorted(found, key=lambda version: int(version["version"]))


def tags_of(entity: dict[str, Any], *, but: str = "mlflow.") -> dict[str, str]:
    """Return the tags of a version, or of a run's data, but those whose key begins with *but*."""
    tags = {tag["key"]: tag["value"] for tag in entity.get("tags", [])}
    return {key: value for key, value in tags.items() if not key.startswith(but)}


def test_life_of_an_alias(project: Project, seed: RestSeeder) -> None:
    """The first good run is promoted, the same again changes nothing, a worse one is kept out, a new one wins."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    experiment_id = seed.experiment(experiment)
    run_id, model_id = good_run(seed, experiment_id)
    project.gate(seed.uri, f"experiment: {experiment}", model)

    first = project.run()
    assert (first.ret, first.outlines[-1]) == (0, f"PROMOTED: {model} version 1 is now @champion")
    assert aliases(seed, model) == {"champion": "1"}
    (made,) = versions(seed, model)
    assert (made["run_id"], made["source"], made["status"]) == (run_id, f"models:/{model_id}", "READY")

    again = project.run()
    assert (again.ret, again.outlines[-1]) == (0, f"PROMOTED: {model} version 1 is already @champion")
    assert versions(seed, model) == [made]

    good_run(seed, experiment_id, accuracy=0.91)
    worse = project.run()
    assert worse.ret == 1
    assert "accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:4)" in worse.outlines
    assert (aliases(seed, model), versions(seed, model)) == ({"champion": "1"}, [made])

    good_run(seed, experiment_id, accuracy=0.95)
    better = project.run()
    assert better.outlines[-1] == f"PROMOTED: {model} version 2 is now @champion (was version 1)"
    assert aliases(seed, model) == {"champion": "2"}


def test_stage_and_tags(project: Project, seed: RestSeeder) -> None:
    """A legacy stage moves with the alias, archives who was there, and the version carries the tags."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    experiment_id = seed.experiment(experiment)
    goal = "alias: champion, stage: Production, tags: {validated_by: ci, ticket: '7'}"
    project.gate(seed.uri, f"experiment: {experiment}", model, goal=goal)
    for number in (1, 2):
        good_run(seed, experiment_id)
        result = project.run()
        assert result.outlines[-1].startswith(
            f"PROMOTED: {model} version {number} is now @champion and stage Production"
        )
    assert [
        (version["current_stage"], tags_of(version, but="mlflow_gate.")) for version in versions(seed, model)
    ] == [
        ("Archived", {"validated_by": "ci", "ticket": "7"}),
        ("Production", {"validated_by": "ci", "ticket": "7"}),
    ]
    assert aliases(seed, model) == {"champion": "2"}


@pytest.mark.parametrize("release", [3, 2])
def test_promoted_version_loads(
    project: Project, backends: Backends, release: int, request: pytest.FixtureRequest
) -> None:
    """What MLflow logged is registered as something that MLflow loads, on the server of either release."""
    real: RealModel = request.getfixturevalue("real_model" if release == 3 else "real_model2")
    python: Path = THIS_PYTHON if release == 3 else request.getfixturevalue("mlflow2_environment")
    model = fresh("doubler")
    project.gate(real.tracking_uri, f"experiment: {real.experiment}", model)
    result = project.run()
    assert result.outlines[-1] == f"PROMOTED: {model} version 1 is now @champion"
    (made,) = versions(RestSeeder(real.tracking_uri), model)
    assert made["source"] == (f"models:/{real.model_id}" if release == 3 else f"runs:/{real.run_id}/model")
    loaded = backends.run_script(python, "load_model.py", real.tracking_uri, f"models:/{model}@champion")
    assert loaded == [2.0, 4.0]


# In this order: what is imported once there is a project is forgotten with it, and MLflow cannot be imported twice.
def test_sqlite_store(sqlite_seed: ClientSeeder, project: Project) -> None:
    """On an embedded store, in a process of its own, the same command promotes, and a second time is a no-op."""
    experiment_id = sqlite_seed.experiment("churn")
    good_run(sqlite_seed, experiment_id)
    project.gate(sqlite_seed.uri, "experiment: churn", "churn-classifier")
    first = project.run_apart()
    assert (first.ret, first.outlines[-1]) == (0, "PROMOTED: churn-classifier version 1 is now @champion")
    assert f"mlflow-gate: tracking {sqlite_seed.uri} (eval_gate.yaml)" in first.outlines
    assert first.errlines == []
    assert not (project.path / "mlflow.db").exists()
    again = project.run_apart()
    assert (again.ret, again.outlines[-1]) == (0, "PROMOTED: churn-classifier version 1 is already @champion")


NO_ROUTE = """
import socket
def pytest_configure(config):
    if hasattr(config, "workerinput"):
        def connect(*args): raise OSError("workers never talk to MLflow")
        socket.socket.connect = socket.socket.connect_ex = connect
"""


def test_workers_never_talk(project: Project, seed: RestSeeder) -> None:
    """Under xdist as many requests arrive as without, and workers without a network judge all the same."""
    experiment = fresh("churn")
    experiment_id = seed.experiment(experiment)
    passed = []
    for workers in ("-n0", "-n2"):
        good_run(seed, experiment_id)
        model = fresh("churn-classifier")
        project.write("conftest.py", NO_ROUTE)
        with forwarding(seed.uri) as proxy:
            project.gate(proxy.url, f"experiment: {experiment}", model)
            result = project.run_apart("-p", "no:rerunfailures", workers)
            assert (result.ret, result.outlines[-1]) == (0, f"PROMOTED: {model} version 1 is now @champion")
            passed.append([request for request in proxy.passed if "logged-models" not in request])
    assert passed[0] == passed[1]


@pytest.mark.parametrize(
    ("candidate", "most"),
    [
        pytest.param("run_id: {run}", 2, id="run-id"),
        pytest.param("experiment: {experiment}", 3, id="experiment"),
    ],
)
def test_judging_needs_few_requests(project: Project, seed: RestSeeder, candidate: str, most: int) -> None:
    """A gate that only judges asks for the run and its experiment, however many checks it has."""
    experiment = fresh("churn")
    run_id = seed.run(seed.experiment(experiment), metrics={f"m{number}": 1.0 for number in range(50)})
    thresholds = ", ".join(f'm{number}: ">= 1"' for number in range(50))
    with forwarding(seed.uri) as proxy:
        found = candidate.format(run=run_id, experiment=experiment)
        project.write(
            "eval_gate.yaml",
            f"tracking_uri: {proxy.url}\ncandidate: {{{found}}}\nthresholds: {{{thresholds}}}\n",
        )
        result = project.run()
        result.assert_outcomes(passed=51)
        assert len(proxy.passed) <= most, proxy.passed


def test_run_option(project: Project, seed: RestSeeder) -> None:
    """`--mlflow-gate-run` judges and promotes that run in place of the newest one."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    experiment_id = seed.experiment(experiment)
    older, _ = good_run(seed, experiment_id)
    good_run(seed, experiment_id, accuracy=0.5)
    project.gate(seed.uri, f"experiment: {experiment}", model)
    assert project.run("--mlflow-gate-run", older).ret == 0
    assert [version["run_id"] for version in versions(seed, model)] == [older]


@pytest.mark.parametrize("candidate", ["model: {model}, version: 1", "model: {model}, alias: challenger"])
def test_registered_version_as_candidate(project: Project, seed: RestSeeder, candidate: str) -> None:
    """A version that is registered already is promoted itself, not registered again."""
    run_id, model_id = good_run(seed, seed.experiment())
    model = seed.registered_model()
    version = seed.version(model, source=f"models:/{model_id}", run_id=run_id, model_id=model_id)
    seed.alias(model, "challenger", version)
    project.gate(seed.uri, candidate.format(model=model), model)
    result = project.run()
    assert result.outlines[-1] == f"PROMOTED: {model} version 1 is now @champion"
    assert aliases(seed, model) == {"challenger": "1", "champion": "1"}
    assert len(versions(seed, model)) == 1


def test_logged_model_as_candidate(project: Project, seed: RestSeeder) -> None:
    """A logged model is promoted by its id, also where its run has another one of the same name."""
    experiment_id = seed.experiment()
    run_id, _ = good_run(seed, experiment_id)
    model_id, model = seed.logged_model(experiment_id, run_id), fresh("churn-classifier")
    project.gate(seed.uri, f"model_id: {model_id}", model)
    assert project.run().ret == 0
    assert [version["source"] for version in versions(seed, model)] == [f"models:/{model_id}"]


@pytest.mark.parametrize(
    ("policy", "accuracy", "status", "moved"),
    [
        pytest.param("all", 0.93, 0, {"a", "b"}, id="all-good"),
        pytest.param("each", 0.93, 0, {"a", "b"}, id="each-good"),
        pytest.param("all", 0.5, 1, set(), id="all-with-one-bad"),
        pytest.param("each", 0.5, 1, {"a"}, id="each-with-one-bad"),
        pytest.param("never", 0.93, 0, set(), id="never"),
    ],
)
def test_several_gates(
    project: Project, seed: RestSeeder, policy: str, accuracy: float, status: int, moved: set[str]
) -> None:
    """Under `all` gates stand and fall together, under `each` everybody goes alone, and red stays red."""
    start = fresh("gate")
    for name, value in (("a", 0.95), ("b", accuracy)):
        run_id, _ = good_run(seed, seed.experiment(), value)
        project.gate(seed.uri, f"run_id: {run_id}", f"{start}-{name}", file=f"{name}_gate.yaml")
    result = project.run("--mlflow-gate-promote", policy, gates=("a_gate.yaml", "b_gate.yaml"))
    assert result.ret == status
    registered = seed.ask("GET", f"registered-models/search?filter=name%20LIKE%20'{start}-%25'")
    found = {model["name"] for model in registered.get("registered_models", [])}
    assert found == {f"{start}-{name}" for name in moved}
    assert all(aliases(seed, model) == {"champion": "1"} for model in found)
    outcomes = {
        name: junit_cases(project.path / "junit.xml")[f"{name}_gate.yaml.{start}-{name}::promotion"][0]
        for name in ("a", "b")
    }
    assert {name for name, outcome in outcomes.items() if outcome == "passed"} == moved
    assert set(outcomes.values()) <= {"passed", "skipped"}


def test_failing_python_test_withholds(project: Project, seed: RestSeeder) -> None:
    """Beside an ordinary test that fails, nothing reaches the registry."""
    run_id, _ = good_run(seed, seed.experiment())
    model = fresh("churn-classifier")
    project.gate(seed.uri, f"run_id: {run_id}", model)
    project.write("test_bad.py", "def test_bad(): assert False\n")
    result = project.run("test_bad.py")
    assert (result.ret, result.outlines[-1]) == (1, f"NOT PROMOTED {model}: test_bad.py::test_bad failed")
    with pytest.raises(RuntimeError, match="RESOURCE_DOES_NOT_EXIST"):
        aliases(seed, model)
