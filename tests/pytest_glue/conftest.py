"""Inner pytest sessions with a gate, against a store in memory that logs every write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.pytest_glue import activation, candidates  # noqa: F401 - else each session here loads it anew
from tests import fake_session
from tests.quick import QUICK

if TYPE_CHECKING:
    from pathlib import Path

GATE = """\
tracking_uri: http://fake
candidate:
  run_id: r1
thresholds:
  accuracy: ">= 0.92"
  f1: ">= 0.85"
  latency_ms: "<= 120"
promote:
  model: churn-classifier
  alias: champion
"""
GOOD = {"accuracy": 0.93, "f1": 0.9, "latency_ms": 110.0}
PROMOTED = [
    "create model churn-classifier",
    "create version of churn-classifier from models:/m-1 (r1, m-1)",
    "alias churn-classifier@champion = 1",
]


@dataclass(frozen=True)
class Inner:
    """
    A folder with a gate file in which sessions can be run.

    Attributes:
        pytester: pytest's own.
        monkeypatch: For the environment.
    """

    pytester: pytest.Pytester
    monkeypatch: pytest.MonkeyPatch

    @property
    def path(self) -> Path:
        """The folder."""
        return self.pytester.path

    def write(self, name: str, text: str) -> None:
        """Write a file into the folder."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *args: str, **metrics: float) -> pytest.RunResult:
        """Run a session on a run that logged good metrics, except for *metrics*."""
        self.monkeypatch.setenv("FAKE_METRICS", json.dumps({**GOOD, **metrics}))
        return self.pytester.runpytest_subprocess("-p", "tests.fake_session", *QUICK, *args)

    def gate(self, *args: str, **metrics: float) -> pytest.RunResult:
        """Run a session that is asked to promote."""
        return self.run("--mlflow-gate", "eval_gate.yaml", *args, **metrics)

    def run_here(self, *args: str, **metrics: float) -> pytest.RunResult:
        """Do as `run` does in this process, which is ten times as fast, for sessions that leave it as it is."""
        self.monkeypatch.setenv("FAKE_METRICS", json.dumps({**GOOD, **metrics}))
        with self.monkeypatch.context() as patched:
            patched.setattr(candidates, "open_store", fake_session.open_store)
            # This process turns warnings into errors, which is not what the session starts from elsewhere.
            return self.pytester.runpytest_inprocess(*QUICK, "-W", "default", *args)

    def gate_here(self, *args: str, **metrics: float) -> pytest.RunResult:
        """Do as `gate` does in this process."""
        return self.run_here("--mlflow-gate", "eval_gate.yaml", *args, **metrics)

    def registry(self, **models: dict[str, object]) -> None:
        """Have registered models in the store, as FAKE_REGISTRY has them."""
        self.monkeypatch.setenv("FAKE_REGISTRY", json.dumps(models))

    @property
    def opened(self) -> list[str]:
        """Each opening of a store, by its tracking and registry URI."""
        log = self.path / "opened.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def writes(self) -> list[str]:
        """Return every write that reached the store, in order."""
        log = self.path / "writes.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def moves(self) -> list[str]:
        """Return the writes without the record of the decision, which is tags."""
        return [line for line in self.writes() if " mlflow_gate." not in line]


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> Inner:
    """Return a folder with `GATE` as eval_gate.yaml."""
    monkeypatch.setenv("PYTHONPATH", str(pytestconfig.rootpath))
    monkeypatch.setenv("FAKE_FOLDER", str(pytester.path))
    for name in ("GITHUB_ACTIONS", "CI", "MLFLOW_TRACKING_URI", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    folder = Inner(pytester, monkeypatch)
    folder.write("eval_gate.yaml", GATE)
    folder.write("test_ordinary.py", "def test_one(): pass\ndef test_two(): pass\n")
    return folder
