"""The example's dvc.yaml, executed by ``dvc repro``: deploy runs if and only if the gate promoted."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from integration_tests.environments import run_as_job
from integration_tests.training import EXAMPLE, example_gate
from tests.seeding import RestSeeder, fresh

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from integration_tests.conftest import Environments
    from integration_tests.environments import Environment


class Project(NamedTuple):
    """
    A team's folder, with DVC in it.

    Attributes:
        folder: The folder.
        model: Name of its registered model.
        environment: What its commands run in.
        server: URL of its MLflow server.
    """

    folder: Path
    model: str
    environment: Environment
    server: str

    def dvc(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run DVC in the folder, both outputs as one."""
        variables = {"MLFLOW_TRACKING_URI": self.server, "DVC_SITE_CACHE_DIR": str(self.folder / "site")}
        program = self.environment.path / "bin" / "dvc"
        return run_as_job((program, *words), self.folder, self.environment.variables(**variables))

    def metrics(self) -> dict[str, Any]:
        """Return what ``dvc metrics show`` has for the gate."""
        shown = self.dvc("metrics", "show", "--json")
        assert shown.returncode == 0, shown.stdout
        data: dict[str, Any] = json.loads(shown.stdout)[""]["data"]["gate/metrics.json"]["data"]
        return data

    def replace(self, name: str, old: str, new: str) -> None:
        """Edit a file."""
        file = self.folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def champion(self) -> dict[str, Any]:
        """Return the version that was promoted last."""
        path = f"registered-models/alias?name={self.model}&alias=champion"
        version: dict[str, Any] = RestSeeder(self.server).ask("GET", path)["model_version"]
        return version


@pytest.fixture(scope="module")
def deployed(
    environments: Environments, mlflow_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """Return a project whose first ``dvc repro`` deployed a good model."""
    project = Project(
        tmp_path_factory.mktemp("dvc"), fresh("churn-classifier"), environments("dvc"), mlflow_server
    )
    for name in ("train.py", "customers.py", "dvc/dvc.yaml", "dvc/params.yaml", "dvc/deploy.py"):
        shutil.copy(EXAMPLE / name, project.folder)
    experiment = fresh("customer-churn")
    project.replace("params.yaml", "customer-churn", experiment)
    gate = example_gate(experiment, project.model)
    (project.folder / "eval_gate.yaml").write_text(gate, encoding="utf-8")
    init = project.dvc("init", "--no-scm")
    assert init.returncode == 0, init.stdout
    # It would report this use, and ask for newer releases of itself.
    with (project.folder / ".dvc" / "config").open("a", encoding="utf-8") as config:
        config.write("    analytics = false\n    check_update = false\n")
    repro = project.dvc("repro")
    assert repro.returncode == 0, repro.stdout
    return project


@pytest.fixture
def project(deployed: Project, tmp_path: Path) -> Project:
    """Return a copy of `deployed`, the test's own."""
    copy = tmp_path / "project"
    shutil.copytree(deployed.folder, copy, symlinks=True)
    return deployed._replace(folder=copy)


def test_passing_gate_deploys_what_it_promoted(deployed: Project) -> None:
    """The run that train made is judged, promoted and deployed; its metrics are DVC's metrics."""
    run_id = (deployed.folder / "run_id").read_text().strip()
    passed = dict(line.split("=", 1) for line in (deployed.folder / "gate.ok").read_text().splitlines())

    assert (deployed.champion()["version"], deployed.champion()["run_id"]) == ("1", run_id)
    assert passed["MLFLOW_GATE_VERSION"] == "1"
    assert passed["MLFLOW_GATE_RUN_ID"] == run_id
    assert f"run_id: {run_id}" in (deployed.folder / "deployed" / "MLmodel").read_text()
    metrics = deployed.metrics()
    assert metrics["accuracy"] > 0.9
    assert (metrics["gate.passed"], metrics["gate.promoted"]) == (True, True)


def test_gate_runs_again_and_deploys_once(project: Project) -> None:
    """An unchanged project asks the gate again, and does not deploy the same version a second time."""
    repro = project.dvc("repro")

    assert repro.returncode == 0, repro.stdout
    assert "Stage 'train' didn't change, skipping" in repro.stdout
    assert "Running stage 'gate'" in repro.stdout
    assert f"PROMOTED: {project.model} version 1 is already @champion" in repro.stdout
    assert "Stage 'deploy' didn't change, skipping" in repro.stdout


def test_failing_gate_deploys_nothing(project: Project) -> None:
    """A model that misses a limit stops the pipeline before deploy, and its metrics can be looked at."""
    project.replace("params.yaml", "degraded: false", "degraded: true")

    repro = project.dvc("repro")

    assert repro.returncode == 255, repro.stdout
    assert "failed to reproduce 'gate'" in repro.stdout
    assert "exited with 1" in repro.stdout
    assert "Running stage 'deploy'" not in repro.stdout
    assert not (project.folder / "gate.ok").exists()
    assert project.champion()["version"] == "1"
    metrics = project.metrics()
    assert metrics["recall"] < 0.75
    assert (metrics["gate.passed"], metrics["gate.promoted"]) == (False, False)


def test_usage_error_is_no_verdict(project: Project) -> None:
    """A gate file that cannot be read is told from a model that failed, and leaves no older result behind."""
    project.replace("eval_gate.yaml", '">= 0.85"', "0.85")

    repro = project.dvc("repro")

    assert repro.returncode == 255, repro.stdout
    assert "'0.85' is a bare number" in repro.stdout
    assert "exited with 4" in repro.stdout
    assert "Running stage 'deploy'" not in repro.stdout
    assert not (project.folder / "gate.ok").exists()
    assert not (project.folder / "gate" / "metrics.json").exists()
