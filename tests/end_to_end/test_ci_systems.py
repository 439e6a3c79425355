"""What a CI system gets from a gate on a real server, in a process of its own as a job runs it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.ci_readers import github_commands, github_outputs, gitlab_dotenv, gitlab_metrics
from tests.end_to_end.test_promoting import aliases, good_run
from tests.seeding import fresh

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.seeding import RestSeeder

WORKERS = [pytest.param((), id="plain"), pytest.param(("-n1",), id="n1"), pytest.param(("-n2",), id="n2")]
TAKEN_BACK = """\
def pytest_sessionstart(session): globals()["session"] = session
def pytest_unconfigure(): session.exitstatus = 3
"""


class Job:
    """
    A step of a job on GitHub with a folder for GitLab's files, about a candidate that may be promoted.

    Attributes:
        model: The registered model.
        run_id: The candidate.
    """

    def __init__(self, project: Project, seed: RestSeeder) -> None:
        self.project = project
        self.model = fresh("churn")
        self.run_id, _ = good_run(seed, seed.experiment())
        project.gate(seed.uri, f"run_id: {self.run_id}", self.model)
        for name in ("outputs.txt", "summary.md"):
            project.write(name, "")

    def text(self, name: str) -> str:
        """Return a file of the project."""
        return (self.project.path / name).read_text(encoding="utf-8")


@pytest.fixture
def job(project: Project, seed: RestSeeder, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Return a job whose step begins."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(project.path / "outputs.txt"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "summary.md"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.path))
    return Job(project, seed)


@pytest.mark.parametrize("workers", WORKERS)
def test_a_promotion(job: Job, seed: RestSeeder, workers: tuple[str, ...]) -> None:
    """Later steps load the version by its number, and people find run and version by one click."""
    result = job.project.run_apart("--mlflow-gate-ci-files", "ci", *workers)
    assert (result.ret, aliases(seed, job.model)) == (0, {"champion": "1"})
    outputs = github_outputs(job.text("outputs.txt"))
    assert (outputs["promoted"], outputs["version"]) == ("true", "1")
    assert (outputs["model"], outputs["run_id"]) == (job.model, job.run_id)
    variables = gitlab_dotenv(job.text("ci/gate.env"))
    assert {f"MLFLOW_GATE_{name.upper()}": outputs[name] for name in outputs if name != "gates"} == variables
    run, version = (
        link["external_link"] for link in json.loads(job.text("ci/annotations.json"))["MLflow gate"]
    )
    assert run["url"].startswith(f"{seed.uri}/#/experiments/")
    assert run["url"].endswith(f"/runs/{job.run_id}")
    assert version["url"] == f"{seed.uri}/#/models/{job.model}/versions/1"
    assert f'<a href="{version["url"]}">' in job.text("summary.md")
    assert gitlab_metrics(job.text("ci/metrics.txt"))[f"mlflow_gate_promoted{{gate={job.model}}}"] == "1"
    assert json.loads(job.text("ci/metrics.json")) == {
        "accuracy": 0.93,
        "gate.passed": True,
        "gate.promoted": True,
    }
    assert github_commands(result.outlines + result.errlines) == []


@pytest.mark.parametrize("workers", WORKERS)
def test_a_promotion_that_was_taken_back(job: Job, seed: RestSeeder, workers: tuple[str, ...]) -> None:
    """Another plugin turned the session red after the alias had moved: it is back, and nobody is told otherwise."""
    job.project.write("conftest.py", TAKEN_BACK)
    result = job.project.run_apart("--mlflow-gate-ci-files", "ci", *workers)
    assert (result.ret, aliases(seed, job.model)) == (3, {})
    outputs = github_outputs(job.text("outputs.txt"))
    assert (outputs["promoted"], outputs["promotion"]) == ("false", "failed")
    assert gitlab_dotenv(job.text("ci/gate.env"))["MLFLOW_GATE_PROMOTED"] == "false"
    assert json.loads(job.text("ci/metrics.json"))["gate.promoted"] is False
    (found,) = github_commands(result.outlines)
    assert (found.level, found.properties) == (
        "error",
        {"file": "eval_gate.yaml", "line": "5", "title": f"{job.model}: promotion"},
    )
    assert found.message.startswith("not promoted: put back, because the session's exit status became 3")
    assert "PROMOTION FAILED" in job.text("summary.md")


def test_no_job_of_this_suite_is_written_to() -> None:
    """The suite runs inside of a job too, and its sessions must not tell that one anything."""
    assert [name for name in os.environ if name.startswith("GITHUB_")] == []
