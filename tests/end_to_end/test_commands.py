"""The life of a model from the command line: promoted with an approval, shown, taken back."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pytest_mlflow_gate.__main__ import main
from tests.seeding import fresh
from tests.wire import closed_port

if TYPE_CHECKING:
    from click.testing import Result

    from tests.end_to_end.conftest import Project
    from tests.seeding import ClientSeeder, RestSeeder, Seeder

VARYING = (
    (re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"), "TIME               "),
    (re.compile(r"sha256 [0-9a-f]{12}$"), "sha256 SHA"),
)


def command(*words: str) -> Result:
    """Run ``python -m pytest_mlflow_gate`` in this process."""
    return CliRunner().invoke(main, words)


def good_run(seed: Seeder, experiment_id: str, release: int, accuracy: float) -> str:
    """Make a finished run with a model as this release of MLflow logs it, and return its id."""
    run_id = seed.run(experiment_id, metrics={"accuracy": accuracy})
    if release == 3:
        seed.logged_model(experiment_id, run_id)
    else:
        seed.run_file(run_id, "model/MLmodel")
    return run_id


def told(result: Result) -> list[str]:
    """Return what a command that went well has printed, one word for every time and digest."""
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    for pattern, word in VARYING:
        lines = [pattern.sub(word, line) for line in lines]
    return lines


def refused(result: Result) -> str:
    """Return the one line of a command that could not do what it was asked for."""
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize(("seeder", "release"), [("seed", 3), ("seed2", 2)], ids=["mlflow3", "mlflow2"])
def test_life_of_a_model(
    project: Project,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    seeder: str,
    release: int,
) -> None:
    """The first promotion awaits its approval, the second one is taken back, and all of it can be read."""
    seed: RestSeeder = request.getfixturevalue(seeder)
    monkeypatch.setenv("GITHUB_ACTOR", "ci-bot")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", seed.uri)
    experiment, model = fresh("churn"), fresh("model")
    experiment_id = seed.experiment(experiment)
    first = good_run(seed, experiment_id, release, 0.93)
    goal = "alias: champion, previous_alias: former, approval: first"
    project.gate(seed.uri, f"experiment: {experiment}", model, goal=goal)

    assert refused(command("approve", "eval_gate.yaml", "--by", "alice")) == (
        f"no version of {model} waits for an approval of gate {model}, run the gate first: "
        "pytest --mlflow-gate eval_gate.yaml"
    )
    assert project.run().ret == 1
    assert told(command("approve", "eval_gate.yaml", "--by", " alice ")) == [
        f"version 1 of {model}, run {first}",
        "  accuracy[min] 0.93 >= 0.92 passed",
        "approved by alice; now run: pytest --mlflow-gate eval_gate.yaml",
    ]
    assert project.run().ret == 0
    second = good_run(seed, experiment_id, release, 0.95)
    assert project.run().ret == 0

    assert told(command("rollback", "eval_gate.yaml", "--dry-run")) == [
        f"WOULD ROLL BACK {model} @champion: version 1 (is version 2)"
    ]
    assert told(command("rollback", "eval_gate.yaml", "--by", "bob")) == [
        f"ROLLED BACK {model} @champion: version 1 (was version 2)"
    ]
    assert told(command("history", model)) == [
        "when (UTC)           verdict      what       version    by",
        "TIME                 rolled back  @champion  2 -> 1     bob",
        f"    gate {model}, sha256 SHA",
        "TIME                 promoted     @champion  1 -> 2     ci-bot",
        "    accuracy[min] 0.95 >= 0.92 passed",
        f"    run {second}",
        f"    gate {model}, sha256 SHA",
        "TIME                 promoted     @champion  none -> 1  ci-bot, approved by",
        "                                                        alice",
        "    accuracy[min] 0.93 >= 0.92 passed",
        f"    run {first}",
        f"    gate {model}, sha256 SHA",
    ]
    assert refused(command("rollback", "eval_gate.yaml")).startswith(
        f"NOT ROLLED BACK {model} @champion: version 1 was the first at @champion of {model}, so there is none before it"
    )

    registered = seed.ask("GET", f"registered-models/get?name={model}")["registered_model"]
    assert {(alias["alias"], str(alias["version"])) for alias in registered["aliases"]} == {("champion", "1")}
    version = seed.ask("GET", f"model-versions/get?name={model}&version=2")["model_version"]
    run = seed.ask("GET", f"runs/get?run_id={second}")["run"]["data"]
    for tags in (version["tags"], run["tags"]):
        found = {tag["key"]: tag["value"] for tag in tags}
        assert found["mlflow_gate.verdict"] == "rolled back"
        assert found["mlflow_gate.reason"] == "rolled back to version 1 by bob"
        assert found["mlflow_gate.checks"] == "accuracy[min] 0.95 >= 0.92 passed"


# In this order: what is imported once there is a project is forgotten with it, and MLflow cannot be imported twice.
def test_sqlite_store(sqlite_seed: ClientSeeder, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an embedded store, each command in a process of its own."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite_seed.uri)
    experiment_id = sqlite_seed.experiment("churn")
    project.gate(sqlite_seed.uri, "experiment: churn", "m", goal="alias: champion, approval: first")

    def run(*words: str) -> list[str]:
        result = project.pytester.run(sys.executable, "-m", "pytest_mlflow_gate", *words)
        assert (result.ret, result.errlines) == (0, [])
        return result.outlines

    good_run(sqlite_seed, experiment_id, 3, 0.93)
    assert project.run_apart().ret == 1
    assert run("approve", "eval_gate.yaml", "--by", "alice")[1] == "  accuracy[min] 0.93 >= 0.92 passed"
    assert project.run_apart().ret == 0
    good_run(sqlite_seed, experiment_id, 3, 0.95)
    assert project.run_apart().ret == 0
    assert run("rollback", "eval_gate.yaml") == ["ROLLED BACK m @champion: version 1 (was version 2)"]
    entries = json.loads("\n".join(run("history", "m", "--json")))
    assert [(entry["verdict"], entry["previous_version"], entry["version"]) for entry in entries] == [
        ("rolled back", "2", "1"),
        ("promoted", "1", "2"),
        ("promoted", None, "1"),
    ]


def test_an_alias_that_was_moved_meanwhile(project: Project, seed: RestSeeder) -> None:
    """Both versions are named, and it stays where somebody put it."""
    experiment, model = fresh("churn"), fresh("model")
    experiment_id = seed.experiment(experiment)
    project.gate(seed.uri, f"experiment: {experiment}", model)
    for accuracy in (0.93, 0.95):
        good_run(seed, experiment_id, 3, accuracy)
        assert project.run().ret == 0
    seed.alias(model, "champion", "1")
    assert refused(command("rollback", "eval_gate.yaml")) == (
        f"NOT ROLLED BACK {model} @champion: @champion of {model} points to version 1, and the record ends with version 2: "
        "it was moved meanwhile, put it where it belongs by hand"
    )


@pytest.mark.parametrize(
    "words", ["history m", "approve eval_gate.yaml --by alice", "rollback eval_gate.yaml"]
)
def test_a_server_that_is_down(project: Project, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """One line, exit status 1, no traceback, and the password nowhere."""
    at = f"127.0.0.1:{closed_port()}"
    uri = f"http://eve:kanarienvogel@{at}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    project.gate(uri, "experiment: churn", "m", goal="alias: champion, approval: always")
    line = refused(command(*words.split()))
    assert f"http://***@{at}: connection refused (tried 4 times in " in line
    assert "kanarienvogel" not in line
