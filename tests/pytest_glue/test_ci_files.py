"""The folder of --mlflow-gate-ci-files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.ci_readers import gitlab_dotenv
from tests.pytest_glue.conftest import GATE

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

FILES = ["annotations.json", "codequality.json", "gate.env", "metrics.json", "metrics.txt"]
ASKED = ("--mlflow-gate-ci-files", "ci")


def names(inner: Inner) -> list[str]:
    """Return what is in the folder."""
    return sorted(path.name for path in (inner.path / "ci").iterdir())


def test_files_of_a_promotion(inner: Inner) -> None:
    """The folder is made, and holds these five files and nothing else."""
    result = inner.gate_here(*ASKED)
    assert result.ret == 0
    assert names(inner) == FILES
    text = (inner.path / "ci" / "gate.env").read_text(encoding="utf-8")
    assert gitlab_dotenv(text) == {
        "MLFLOW_GATE_PROMOTED": "true",
        "MLFLOW_GATE_VERSION": "1",
        "MLFLOW_GATE_RUN_ID": "r1",
        "MLFLOW_GATE_VERDICT": "passed",
        "MLFLOW_GATE_PROMOTION": "promoted",
        "MLFLOW_GATE_MODEL": "churn-classifier",
    }


def test_other_files_of_the_folder_stay(inner: Inner) -> None:
    """Only ours are removed at the start, and those before anything runs."""
    for name in ("gate.env", "metrics.json", "coverage.xml"):
        inner.write(f"ci/{name}", "stale")
    inner.write(
        "conftest.py",
        "import os, pathlib\n"
        "def pytest_collection_finish(): pathlib.Path('seen.txt').write_text(' '.join(os.listdir('ci')))\n",
    )
    inner.gate_here(*ASKED)
    assert (inner.path / "seen.txt").read_text(encoding="utf-8") == "coverage.xml"
    assert names(inner) == sorted([*FILES, "coverage.xml"])


def test_collect_only_leaves_them_alone(inner: Inner) -> None:
    """A session that decides nothing takes nothing away and makes no folder."""
    inner.gate_here(*ASKED, "--collect-only")
    assert not (inner.path / "ci").exists()
    inner.write("ci/gate.env", "stale")
    inner.gate_here(*ASKED, "--collect-only")
    assert names(inner) == ["gate.env"]


def test_the_decision_is_written_after_them(inner: Inner) -> None:
    """Whoever sees the decision sees all files of the same session."""
    result = inner.gate_here(*ASKED, "--mlflow-gate-decision", "decision.json")
    assert result.ret == 0
    folder = inner.path / "ci"
    latest = max(path.stat().st_mtime_ns for path in folder.iterdir())
    assert (inner.path / "decision.json").stat().st_mtime_ns >= latest


@pytest.mark.parametrize(
    ("root", "path"),
    [
        pytest.param("", "eval_gate.yaml", id="root-of-pytest"),
        pytest.param("..", "{folder}/eval_gate.yaml", id="project-of-gitlab"),
    ],
)
def test_paths_are_the_projects(inner: Inner, root: str, path: str) -> None:
    """GitLab finds the line in the merge request by the file's path in the project."""
    inner.monkeypatch.setenv("CI_PROJECT_DIR", str(inner.path / root) if root else "")
    inner.gate_here(*ASKED, accuracy=0.5)
    (entry,) = json.loads((inner.path / "ci" / "codequality.json").read_text(encoding="utf-8"))
    place = {"path": path.format(folder=inner.path.name), "lines": {"begin": 5}}
    assert (entry["location"], entry["severity"]) == (place, "blocker")


def test_a_file_that_cannot_be_written_is_no_success(inner: Inner) -> None:
    """A job that waits for it must not be told that all is well; the others are written."""
    inner.write(
        "conftest.py",
        "import pathlib\n"
        "def pytest_sessionfinish(): pathlib.Path('ci/gate.env').mkdir(parents=True, exist_ok=True)\n",
    )
    result = inner.gate_here(*ASKED)
    assert result.outlines[-1] == "--mlflow-gate-ci-files ci/gate.env: Is a directory"
    assert result.ret == 1
    assert names(inner) == FILES


def test_several_gates(inner: Inner) -> None:
    """One set of files for the session; the variables are those of the first gate that promotes."""
    inner.write("b_gate.yaml", GATE.replace("model: churn-classifier", "model: other"))
    inner.write("a_gate.yaml", "name: judge\n" + GATE.partition("promote:")[0])
    gates = ("--mlflow-gate", "a_gate.yaml", "--mlflow-gate", "b_gate.yaml")
    inner.gate_here(*gates, *ASKED)
    folder = inner.path / "ci"
    variables = gitlab_dotenv((folder / "gate.env").read_text(encoding="utf-8"))
    assert (variables["MLFLOW_GATE_PROMOTED"], variables["MLFLOW_GATE_MODEL"]) == ("true", "churn-classifier")
    flat = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert {key.partition(".")[0] for key in flat} == {"churn-classifier", "judge", "other", "gate"}
