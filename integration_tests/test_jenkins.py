"""Jenkins: the example Jenkinsfile, linted as Groovy, and its shell steps run as an agent runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from integration_tests.churn_team import Team, team
from integration_tests.environments import node_program, run_as_job
from integration_tests.training import EXAMPLE

if TYPE_CHECKING:
    from integration_tests.conftest import Environments
    from tests.seeding import RestSeeder

JENKINSFILE = EXAMPLE / "ci" / "jenkins" / "Jenkinsfile"
TOKEN = "canary-of-the-token"


def test_lint(tmp_path: Path) -> None:
    """The Jenkinsfile is Groovy without errors, and the same linter sees a brace that is missing."""
    for name, text in {
        "good": JENKINSFILE.read_text(encoding="utf-8"),
        "broken": JENKINSFILE.read_text(encoding="utf-8").rstrip().removesuffix("}"),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "Jenkinsfile").write_text(text, encoding="utf-8")
    program = node_program("npm-groovy-lint", "npm-groovy-lint@16.2.0")
    words = ("--path", ".", "--files", "**/Jenkinsfile", "--no-insight", "--noserver", "--output", "json")
    linted = subprocess.run(
        (program, *words, "--loglevel", "error", "--failon", "error"),
        cwd=tmp_path,
        # Its first line asks for node.
        env={**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 1, linted.stderr
    found = {
        Path(file).parent.name: [error["rule"] for error in told["errors"]]
        for file, told in json.loads(linted.stdout)["files"].items()
    }
    assert found == {"good": [], "broken": ["NglParseError"]}


class Agent:
    """
    An agent of Jenkins with the workspace of the example's job.

    Attributes:
        team: Whose repository is checked out.
        log: All that was printed.
    """

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.team: Team = team(folder)
        self.log = ""
        self._environ = environ

    def sh(self, stage: str, **more: str) -> int:
        """Run what a stage has for `sh`, and return the exit status; one that is not 0 ends a build."""
        script = self.team.folder.with_suffix(".sh")
        script.write_text(shell_steps()[stage], encoding="utf-8")
        ended = run_as_job(("/bin/sh", "-xe", script), self.team.folder, {**self._environ, **more})
        self.log += ended.stdout
        return ended.returncode


def shell_steps() -> dict[str, str]:
    """Return the text of the only `sh` of each stage that has one."""
    steps = {}
    stage = ""
    for name, text in re.findall(
        r"stage\('(\w+)'\)|\bsh '''(.*?)'''", JENKINSFILE.read_text(encoding="utf-8"), re.DOTALL
    ):
        stage = name or stage
        if text:
            assert stage not in steps
            steps[stage] = text
    return steps


@pytest.fixture
def agent(tmp_path: Path, environments: Environments, wheel: Path, mlflow_server: str) -> Agent:
    """Return an agent whose workspace has the Python environment of an earlier build."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / ".venv").symlink_to(environments("ci").path)
    environ = environments("ci").variables(
        GATE_PACKAGE=f"{wheel}[report]", MLFLOW_TRACKING_URI=mlflow_server, MLFLOW_TRACKING_TOKEN=TOKEN
    )
    return Agent(folder, environ)


def test_shell_steps(agent: Agent, seed: RestSeeder) -> None:
    """A model that fails ends the build; one that passes is promoted, and the deployment knows its version."""
    assert list(shell_steps()) == ["Train", "Gate", "Deploy"]
    assert agent.sh("Train") == 0, agent.log

    accepted = agent.team.ask_too_much()
    assert agent.sh("Gate") == 1, agent.log
    assert agent.team.champion(seed) is None
    assert agent.sh("Deploy", APPROVER="ada") == 1
    assert "deploying models:/" not in agent.log.replace("echo 'deploying models:/", "")

    accepted()
    assert agent.sh("Gate") == 0, agent.log
    assert agent.team.champion(seed) == "1"
    assert agent.sh("Deploy", APPROVER="ada") == 0, agent.log
    assert f"\ndeploying models:/{agent.team.model}/1, approved by ada\n" in agent.log
    assert TOKEN not in agent.log


def test_a_training_without_a_run(agent: Agent) -> None:
    """A gate whose training named no run ends with 4, and leaves no results of an earlier build."""
    results = agent.team.folder / "mlflow-gate"
    results.mkdir()
    shutil.copyfile(JENKINSFILE, results / "junit.xml")
    (agent.team.folder / "run_id").write_text("", encoding="utf-8")
    assert agent.sh("Gate") == 4, agent.log
    assert list(results.iterdir()) == []
