"""What is on record after a decision, on real servers: promotions on version and run, rejections on the run."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.test_promoting import aliases, good_run, tags_of, versions
from tests.seeding import RestSeeder, fresh
from tests.servers import THIS_PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.servers import Backends, RealModel

ENTRY = "mlflow_gate.decision."
GITHUB = {
    "GITHUB_ACTOR": "ada",
    "GITHUB_SHA": "0f3c9a",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "team/churn",
    "GITHUB_RUN_ID": "17",
}
JOB = "https://github.example/team/churn/actions/runs/17"


class Server(RestSeeder):
    """
    A server of MLflow 2 or 3, and how to put runs with models on it.

    Attributes:
        release: 2 or 3.
    """

    def __init__(self, uri: str, release: int) -> None:
        super().__init__(uri)
        self.release = release

    def candidate(self, experiment_id: str, accuracy: float = 0.93) -> str:
        """Make a finished run with a model as that release logs them, and return its id."""
        run_id = self.run(experiment_id, metrics={"accuracy": accuracy})
        if self.release == 3:
            self.logged_model(experiment_id, run_id)
        else:
            self.run_file(run_id, "model/MLmodel")
        return run_id


@pytest.fixture(params=[3, 2], ids=["mlflow3", "mlflow2"])
def server(request: pytest.FixtureRequest) -> Server:
    """Return a server of either release."""
    return Server(request.getfixturevalue(f"mlflow{'' if request.param == 3 else 2}_server"), request.param)


def run_tags(server: Server, run_id: str) -> dict[str, str]:
    """Return the tags of a run, but MLflow's own."""
    return tags_of(server.ask("GET", f"runs/get?run_id={run_id}")["run"]["data"])


def split(tags: dict[str, str]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the tags of the last decision, and the entries of what ever moved."""
    entries = [json.loads(value) for key, value in sorted(tags.items()) if key.startswith(ENTRY)]
    return {key: value for key, value in tags.items() if not key.startswith(ENTRY)}, entries


def test_promotion_is_on_record(project: Project, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version and run say verdict, time, file, numbers, previous version, commit, job and who; once each."""
    for key, value in GITHUB.items():
        monkeypatch.setenv(key, value)
    experiment, model = fresh("churn"), fresh("churn-classifier")
    experiment_id = server.experiment(experiment)
    project.gate(server.uri, f"experiment: {experiment}", model)
    server.candidate(experiment_id)
    assert project.run().ret == 0
    run_id = server.candidate(experiment_id, accuracy=0.95)
    assert project.run().ret == 0
    last, entries = split(tags_of(versions(server, model)[1]))
    time = last["mlflow_gate.time"]
    sha256 = hashlib.sha256((project.path / "eval_gate.yaml").read_bytes()).hexdigest()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)
    assert last == {
        "mlflow_gate.verdict": "promoted",
        "mlflow_gate.time": time,
        "mlflow_gate.gate": model,
        "mlflow_gate.gate_sha256": sha256,
        "mlflow_gate.checks": "accuracy[min] 0.95 >= 0.92 passed",
        "mlflow_gate.previous_version": "1",
        "mlflow_gate.commit": "0f3c9a",
        "mlflow_gate.job_url": JOB,
        "mlflow_gate.by": "ada",
    }
    assert run_tags(server, run_id) == last
    assert entries == [
        {
            "verdict": "promoted",
            "time": time,
            "gate": model,
            "model": model,
            "version": "2",
            "alias": "champion",
            "stage": None,
            "previous_version": "1",
            "memory_version": None,
            "by": "ada",
            "approved_by": None,
            "commit": "0f3c9a",
            "job_url": JOB,
            "gate_sha256": sha256,
            "run_id": run_id,
            "checks": ["accuracy[min] 0.95 >= 0.92 passed"],
        }
    ]


def test_nothing_moved_nothing_recorded(project: Project, server: Server) -> None:
    """The same promotion again, a dry run and a selection leave version and run as they are."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    run_id = server.candidate(server.experiment(experiment))
    project.gate(server.uri, f"experiment: {experiment}", model)
    project.run("--mlflow-gate-promote", "never")
    project.run("-k", "candidate")
    assert run_tags(server, run_id) == {}
    project.run()
    before = versions(server, model), run_tags(server, run_id)
    assert project.run().ret == 0
    assert (versions(server, model), run_tags(server, run_id)) == before


def test_rejection_is_on_the_run(project: Project, server: Server) -> None:
    """A run that was rejected says so with numbers and reason, and there is no version."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    run_id = server.candidate(server.experiment(experiment), accuracy=0.91)
    project.gate(server.uri, f"experiment: {experiment}", model)
    assert project.run().ret == 1
    tags = run_tags(server, run_id)
    assert (tags["mlflow_gate.verdict"], tags["mlflow_gate.checks"], tags["mlflow_gate.reason"]) == (
        "rejected",
        "accuracy[min] 0.91 >= 0.92 failed",
        "accuracy[min] did not pass",
    )
    assert server.ask("GET", f"model-versions/search?filter=name%3D'{model}'").get("model_versions", []) == []


def test_more_checks_than_mlflow_keeps(project: Project, server: Server) -> None:
    """What does not fit into MLflow's tags is counted there, and the entry stays JSON that can be read."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    server.candidate(server.experiment(experiment))
    many = ", ".join(f"m{number}: {{min: 0, severity: warn}}" for number in range(500))
    project.gate(
        server.uri, f"experiment: {experiment}", model, thresholds=f"{{accuracy: '>= 0.92', {many}}}"
    )
    assert project.run().ret == 0
    last, (entry,) = split(tags_of(versions(server, model)[0]))
    left_out = re.compile(r"\.\.\. and \d+ more, left out because MLflow keeps 5000 characters")
    assert left_out.fullmatch(entry["checks"][-1])
    assert left_out.search(last["mlflow_gate.checks"])
    assert len(last["mlflow_gate.checks"]) > 4000


def test_copy_with_the_previous_one_remembered(project: Project, server: Server) -> None:
    """`copy_to` copies the version once and sets the aliases there; the first model has none of them."""
    experiment, model, production = fresh("churn"), fresh("churn-classifier"), fresh("prod")
    experiment_id = server.experiment(experiment)
    goal = f"alias: champion, previous_alias: previous-champion, copy_to: {production}"
    project.gate(server.uri, f"experiment: {experiment}", model, goal=goal)
    server.candidate(experiment_id)
    first = project.run()
    assert first.outlines[-1] == (
        f"PROMOTED {model}: {production} version 1 is now @champion as a copy of {model} version 1"
    )
    assert aliases(server, production) == {"champion": "1"}
    again = project.run()
    assert again.outlines[-1] == (
        f"PROMOTED {model}: {production} version 1 is already @champion as a copy of {model} version 1"
    )
    server.candidate(experiment_id)
    second = project.run()
    assert second.outlines[-1] == (
        f"PROMOTED {model}: {production} version 2 is now @champion as a copy of {model} version 2 (was version 1)"
    )
    assert aliases(server, production) == {"champion": "2", "previous-champion": "1"}
    assert aliases(server, model) == {}
    assert len(versions(server, model)) == len(versions(server, production)) == 2
    copied = tags_of(versions(server, production)[1])
    origin = tags_of(versions(server, model)[1])
    assert copied["mlflow_gate.verdict"] == origin["mlflow_gate.verdict"] == "promoted"


@pytest.mark.parametrize("release", [3, 2])
def test_copy_loads(
    project: Project, backends: Backends, release: int, request: pytest.FixtureRequest
) -> None:
    """The copy of what MLflow logged is something that MLflow loads."""
    real: RealModel = request.getfixturevalue("real_model" if release == 3 else "real_model2")
    python = THIS_PYTHON if release == 3 else request.getfixturevalue("mlflow2_environment")
    production = fresh("prod")
    goal = f"alias: champion, copy_to: {production}"
    project.gate(real.tracking_uri, f"experiment: {real.experiment}", fresh("doubler"), goal=goal)
    assert project.run().ret == 0
    loaded = backends.run_script(python, "load_model.py", real.tracking_uri, f"models:/{production}@champion")
    assert loaded == [2.0, 4.0]


@pytest.mark.parametrize(
    ("approval", "asked"),
    [
        pytest.param("first", [True, False, False], id="first"),
        pytest.param("2", [True, True, False], id="two"),
        pytest.param("always", [True, True, True], id="always"),
        pytest.param("none", [False, False, False], id="none"),
    ],
)
def test_approval(project: Project, seed: RestSeeder, approval: str, asked: list[bool]) -> None:
    """A promotion that needs a human registers the version and waits; the same command promotes it later."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    experiment_id = seed.experiment(experiment)
    project.gate(seed.uri, f"experiment: {experiment}", model, goal=f"alias: champion, approval: {approval}")
    for number, waits in enumerate(asked, 1):
        good_run(seed, experiment_id)
        if waits:
            for _ in range(2):
                result = project.run()
                assert result.ret == 1
                assert result.outlines[-1] == (
                    f"NOT PROMOTED {model}: version {number} of {model} awaits approval: set its tag "
                    "mlflow_gate.approved_by to your name, or run python -m pytest_mlflow_gate approve "
                    "eval_gate.yaml --by NAME; then run the gate again"
                )
                assert aliases(seed, model).get("champion") == (str(number - 1) if number > 1 else None)
            waiting = tags_of(versions(seed, model)[-1])
            assert waiting["mlflow_gate.verdict"] == "awaiting approval"
            tag = {"key": "mlflow_gate.approved_by", "value": "ada"}
            seed.ask("POST", "model-versions/set-tag", name=model, version=str(number), **tag)
        assert project.run().outlines[-1].startswith(f"PROMOTED: {model} version {number} is now @champion")
        assert aliases(seed, model) == {"champion": str(number)}
        (entry,) = split(tags_of(versions(seed, model)[-1]))[1]
        assert entry["approved_by"] == ("ada" if waits else None)
