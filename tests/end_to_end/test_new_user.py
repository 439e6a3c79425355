"""From a server with three runs to a gate that promotes: init, explain, pytest."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pytest_mlflow_gate.__main__ import main
from tests.end_to_end.test_promoting import aliases, versions
from tests.forwarding import forwarding
from tests.seeding import fresh

if TYPE_CHECKING:
    from click.testing import Result

    from tests.end_to_end.conftest import Project
    from tests.seeding import ClientSeeder, RestSeeder, Seeder

RUNS = (
    {"accuracy": 0.902, "log_loss": 0.31, "latency_ms": 118.0, "n_test": 3000.0, "on": 0.5, "1e3": 1.0},
    {"accuracy": 0.941, "log_loss": 0.28, "latency_ms": 109.2, "n_test": 3000.0, "val:f1 eu": 0.81},
    {
        "accuracy": 0.948,
        "log_loss": 0.29,
        "latency_ms": 104.7,
        "n_test": 3000.0,
        "val:f1 eu": 0.84,
        "val_loss": float("nan"),
        "rmse": float("inf"),
        "on": 0.5,
        "1e3": 1.0,
    },
)
MOST = 8
READS = ("GET ", "POST /api/2.0/mlflow/runs/search")


def command(*words: str) -> Result:
    """Run ``python -m pytest_mlflow_gate`` in this process."""
    return CliRunner().invoke(main, words)


def trained(seed: Seeder, experiment: str, *, release: int = 3) -> str:
    """Make an experiment of three finished runs with models; return the id of the newest."""
    experiment_id = seed.experiment(experiment)
    for age, metrics in enumerate(reversed(RUNS)):
        start = 1_790_000_000.0 - 60 * age
        run_id = seed.run(experiment_id, metrics=metrics, start=start, end=start + 30)
        if release == 3:
            seed.logged_model(experiment_id, run_id)
        else:
            seed.run_file(run_id, "model/MLmodel")
        if not age:
            newest = run_id
    return newest


@pytest.mark.parametrize(("seeder", "release"), [("seed", 3), ("seed2", 2)], ids=["mlflow3", "mlflow2"])
def test_a_gate_in_three_commands(
    project: Project, request: pytest.FixtureRequest, seeder: str, release: int
) -> None:
    """What init wrote loads, passes on the newest run, and promotes it; explain told so before."""
    seed: RestSeeder = request.getfixturevalue(seeder)
    experiment, model = fresh("churn: eu"), fresh("model")
    run_id = trained(seed, experiment, release=release)

    made = command("init", "--tracking-uri", seed.uri, "--experiment", experiment, "--model", model)
    assert (made.exit_code, made.stderr) == (0, "")
    assert "eval_gate.yaml: 4 limits, from the last 3 finished runs, the newest is " in made.stdout
    assert "  commented out: 1e3, n_test, on\n  left out: rmse, val_loss\n" in made.stdout
    explained = command("explain", "eval_gate.yaml")
    assert (explained.exit_code, explained.stderr) == (0, "")
    assert run_id in explained.stdout

    dry = project.run("--mlflow-gate-promote", "never")
    assert dry.ret == 0
    dry.assert_outcomes(passed=5, skipped=1)
    real = project.run()
    assert (real.ret, real.outlines[-1]) == (0, f"PROMOTED: {model} version 1 is now @champion")
    assert aliases(seed, model) == {"champion": "1"}
    assert [version["run_id"] for version in versions(seed, model)] == [run_id]
    assert "version 1, made of " in command("explain", "eval_gate.yaml").stdout


# In this order: what is imported once there is a project is forgotten with it, and MLflow cannot be imported twice.
def test_sqlite_store(sqlite_seed: ClientSeeder, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded store, named by the environment, and each command a process of its own."""
    trained(sqlite_seed, "churn")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite_seed.uri)

    def run(*words: str) -> list[str]:
        result = project.pytester.run(sys.executable, "-m", "pytest_mlflow_gate", *words)
        assert (result.ret, result.errlines) == (0, [])
        return result.outlines

    run("init", "--experiment", "churn", "--model", "m")
    assert "tracking_uri: ${MLFLOW_TRACKING_URI}\n" in (project.path / "eval_gate.yaml").read_text()
    assert any(
        line.startswith("promotion  a new version of run ") for line in run("explain", "eval_gate.yaml")
    )
    assert project.run_apart().ret == 0


def test_init_and_explain_write_nothing(project: Project, seed: RestSeeder) -> None:
    """Nothing but reads passes between them and the server, and few of these."""
    experiment, model = fresh("churn"), fresh("model")
    trained(seed, experiment)
    with forwarding(seed.uri) as proxy:
        command("init", "--tracking-uri", proxy.url, "--experiment", experiment, "--model", model)
        asked = list(proxy.passed)
        with (project.path / "eval_gate.yaml").open("a") as file:
            file.write("  previous_alias: former\n  approval: first\nbaseline: {missing: bootstrap}\n")
        result = command("explain", "eval_gate.yaml")
        told = proxy.passed[len(asked) :]

    assert result.exit_code == 0
    assert "the first has nothing to beat" in " ".join(result.stdout.split())
    assert [line for line in (*asked, *told) if not line.startswith(READS)] == []
    assert max(len(asked), len(told)) <= MOST


def test_asked_on_a_terminal(project: Project, seed: RestSeeder) -> None:
    """What was not given is asked for, an answer that is none once more, and the gate is as with options."""
    experiment = fresh("churn")
    trained(seed, experiment)
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "pytest_mlflow_gate", "init"],
        cwd=project.path,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        os.write(controller, f"{seed.uri}\n \n{experiment}\n\n".encode())
        said = b""
        # The end of a terminal is an error on Linux.
        with suppress(OSError):
            while part := os.read(controller, 4096):
                said += part
    os.close(controller)

    text = said.decode()
    assert process.returncode == 0, text
    assert "Tracking URI: " in text
    assert text.count("Experiment: ") == 2
    assert "Registered model to promote to (nothing: only judge): " in text
    assert "eval_gate.yaml: 4 limits" in text
    result = project.run()
    assert result.ret == 0
    result.assert_outcomes(passed=5)


def test_a_file_that_exists_is_left_alone(project: Project, seed: RestSeeder) -> None:
    """Whatever was given: not one byte changes."""
    project.write("eval_gate.yaml", "mine")

    result = command("init", "--tracking-uri", seed.uri, "--experiment", "x")

    assert result.exit_code == 1
    assert (
        result.stderr
        == "eval_gate.yaml exists already and is left alone: choose another file with --output\n"
    )
    assert (project.path / "eval_gate.yaml").read_text() == "mine"
