"""GitLab CI: the example pipeline, checked by GitLab's schema and run by gitlab-ci-local."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from integration_tests.churn_team import Team, team
from integration_tests.environments import node_program, run_as_job
from integration_tests.training import EXAMPLE
from tests.ci_readers import gitlab_dotenv

if TYPE_CHECKING:
    from pathlib import Path

    from integration_tests.conftest import Environments
    from tests.seeding import RestSeeder

PIPELINE = EXAMPLE / "ci" / "gitlab" / ".gitlab-ci.yml"
TOKEN = "canary-of-the-token"


def checked(file: Path, environments: Environments) -> subprocess.CompletedProcess[str]:
    """Hold a file against GitLab's own schema."""
    program = environments("ci").path / "bin" / "check-jsonschema"
    words = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    return subprocess.run((program, *words, file), capture_output=True, text=True, check=False)


def test_file_is_clean(environments: Environments) -> None:
    """The pipeline is what GitLab's schema asks for."""
    result = checked(PIPELINE, environments)
    assert result.returncode == 0, result.stdout


def test_schema_refuses_a_mistake(environments: Environments, tmp_path: Path) -> None:
    """The same schema sees a misspelt report, so that its silence says something."""
    broken = tmp_path / PIPELINE.name
    broken.write_text(
        PIPELINE.read_text(encoding="utf-8").replace("  dotenv:", "  dot_env:"), encoding="utf-8"
    )
    result = checked(broken, environments)
    assert result.returncode == 1
    assert "dot_env" in result.stdout


class Project:
    """
    A repository on GitLab whose pipelines run here.

    Attributes:
        team: Whose it is.
    """

    def __init__(self, folder: Path, variables: dict[str, str], environ: dict[str, str]) -> None:
        self.team: Team = team(folder)
        self.team.copy("ci/gitlab/.gitlab-ci.yml", ".gitlab-ci.yml")
        self._variables = variables
        self._environ = environ
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", "git@gitlab.example.org:team/churn.git")
        self._git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")

    def push(self) -> None:
        """Commit what is there."""
        self._git("add", "--all")
        self._git(
            "-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "--message=x"
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a pipeline, or the jobs that *words* name."""
        program = node_program("gitlab-ci-local", "gitlab-ci-local@4.69.0")
        given = (word for pair in self._variables.items() for word in ("--variable", "=".join(pair)))
        return run_as_job(
            (program, "--force-shell-executor", "--shell-isolation", *given, *words),
            self.team.folder,
            # Its first line asks for node.
            {**self._environ, "PATH": f"{program.parent}{os.pathsep}{self._environ['PATH']}"},
        )

    def artifact(self, name: str) -> str:
        """Return a file that the gate's job kept."""
        kept = self.team.folder / ".gitlab-ci-local" / "artifacts" / "gate" / "mlflow-gate" / name
        return kept.read_text(encoding="utf-8")

    def _git(self, *words: str) -> None:
        command = ("git", *words)
        subprocess.run(command, cwd=self.team.folder, check=True)


@pytest.fixture
def project(tmp_path: Path, environments: Environments, wheel: Path, mlflow_server: str) -> Project:
    """Return a project whose runner has the packages of the example."""
    variables = {
        "GATE_PACKAGE": f"{wheel}[report]",
        "MLFLOW_TRACKING_URI": mlflow_server,
        "MLFLOW_TRACKING_TOKEN": TOKEN,
    }
    environ = environments("ci").variables(NO_COLOR="1")
    folder = tmp_path / "churn"
    folder.mkdir()
    return Project(folder, variables, environ)


def test_the_pipeline_deploys_what_passes_and_nothing_else(project: Project, seed: RestSeeder) -> None:
    """A model that passes is deployed once approved; the next one fails, and the alias stays where it was."""
    project.push()
    unapproved = project.run()
    assert unapproved.returncode == 1
    assert "approve is when:manual, its needed by deploy" in unapproved.stdout

    passed = project.run("--manual", "approve")
    assert passed.returncode == 0, passed.stdout
    assert f"> version 1 of {project.team.model} approved by " in passed.stdout
    assert f"> deploying models:/{project.team.model}/1\n" in passed.stdout
    assert project.team.champion(seed) == "1"
    assert gitlab_dotenv(project.artifact("gate.env"))["MLFLOW_GATE_PROMOTED"] == "true"
    assert json.loads(project.artifact("codequality.json")) == []
    assert len(json.loads(project.artifact("annotations.json"))["MLflow gate"]) == 2

    project.team.degrade()
    project.push()
    failed = project.run("--manual", "approve")
    assert failed.returncode == 1
    assert "recall[min]" in failed.stdout
    assert "> version" not in failed.stdout
    assert "> deploying" not in failed.stdout
    assert project.team.champion(seed) == "1"
    assert gitlab_dotenv(project.artifact("gate.env"))["MLFLOW_GATE_PROMOTED"] == "false"
    assert "recall[min]" in {
        entry["check_name"] for entry in json.loads(project.artifact("codequality.json"))
    }
    assert "below this the retention team misses more customers" in project.artifact("junit.xml")
    assert "recall[min]" in project.artifact("gate.html")

    assert TOKEN not in passed.stdout + failed.stdout


def test_a_training_without_a_run(project: Project) -> None:
    """A gate whose training named no run ends with 4, because nothing was judged."""
    project.push()
    ended = project.run("gate")
    assert ended.returncode == 1
    assert "--mlflow-gate-run: the value is empty" in ended.stdout
    assert "FAIL 4" in ended.stdout
