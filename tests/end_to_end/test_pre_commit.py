"""The hook for pre-commit, installed from this project into another repository and tried on commits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.servers import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "pytest_mlflow_gate")
CONFIG = """\
repos:
  - repo: {project}
    rev: {revision}
    hooks:
      - id: mlflow-gate-validate
"""
GATE = """\
tracking_uri: ${MLFLOW_TRACKING_URI}
candidate:
  experiment: churn
thresholds:
  accuracy: ">= 0.92"
"""


class Repository(NamedTuple):
    """
    A git repository.

    Attributes:
        path: Its folder.
        environ: Of the commands that are run in it.
    """

    path: Path
    environ: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it."""
        return subprocess.run(
            command, cwd=self.path, env=self.environ, text=True, capture_output=True, check=False
        )

    def must(self, *command: str) -> str:
        """Run a command that has to succeed, and return what it prints."""
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def committed(self, name: str, text: str) -> subprocess.CompletedProcess[str]:
        """Write a file and try to commit it."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.must("git", "add", name)
        return self.run("git", "commit", "--message", name)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Return a team's repository in which the hook is installed."""
    home = tmp_path_factory.mktemp("home")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT_"))},
        "HOME": str(home),
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        # git's hint about the names of branches would fill the output.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "init.defaultBranch",
        "GIT_CONFIG_VALUE_0": "main",
    }
    for kind in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{kind}_NAME": "Ada", f"GIT_{kind}_EMAIL": "ada@example.org"}
    project = Repository(tmp_path_factory.mktemp("project"), environ)
    for name in SHIPPED:
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        copy(CHECKOUT / name, project.path / name)
    project.must("git", "init", "--quiet")
    project.must("git", "add", "--all")
    project.must("git", "commit", "--quiet", "--message", "project")
    team = Repository(tmp_path_factory.mktemp("team"), environ)
    team.must("git", "init", "--quiet")
    config = CONFIG.format(project=project.path, revision=project.must("git", "rev-parse", "HEAD"))
    (team.path / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    team.must(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    assert team.committed(".pre-commit-config.yaml", config).returncode == 0
    return team


def test_right_gate_is_committed(team: Repository) -> None:
    """Variables that are not set on the machine that commits are no problem."""
    done = team.committed("gates/churn.gate.yaml", GATE)
    assert done.returncode == 0, done.stderr
    assert "validate MLflow gate files" in done.stderr
    assert team.must("git", "log", "-1", "--format=%s") == "gates/churn.gate.yaml"


def test_wrong_gate_is_not(team: Repository) -> None:
    """Each problem is shown with its line and a remedy, and the commit is refused."""
    done = team.committed("eval_gate.yml", GATE.replace("0.92", "0,92").replace("experiment", "experimnt"))
    assert done.returncode == 1
    assert "eval_gate.yml:3: candidate: unknown key 'experimnt', did you mean 'experiment'?" in done.stderr
    assert "eval_gate.yml:5: thresholds.accuracy" in done.stderr
    assert team.must("git", "status", "--short") == "A  eval_gate.yml"
    team.must("git", "rm", "--force", "--quiet", "eval_gate.yml")


def test_other_files_are_left_alone(team: Repository) -> None:
    """A YAML file that is no gate is none of the hook's business."""
    done = team.committed("compose.yaml", "services: {}\n")
    assert done.returncode == 0
    assert "no files to check" in done.stderr
