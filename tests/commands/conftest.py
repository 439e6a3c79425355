"""Commands on a store in memory: a gate file in the current folder, and what a command printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from click.testing import CliRunner

from pytest_mlflow_gate.__main__ import main
from pytest_mlflow_gate.tracking import opening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.testing import Result

    from tests.fakes import FakeStore

GATE = """\
name: churn
tracking_uri: http://mlflow
candidate: {run_id: r1}
thresholds: {accuracy: ">= 0.85"}
promote: {model: churn-classifier, alias: champion, approval: always}
"""


class Command(Protocol):
    """Runs a command on a store."""

    def __call__(self, store: FakeStore, *words: str) -> Result:
        """Run ``python -m pytest_mlflow_gate`` with these words."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a gate the current one, and nothing of MLflow's set."""
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "GITHUB_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    Path("eval_gate.yaml").write_text(GATE)
    return tmp_path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the way to run a command on a store in memory."""

    def run(store: FakeStore, *words: str) -> Result:
        def open_store(tracking: str, registry: str | None, environ: Mapping[str, str]) -> FakeStore:
            del environ
            store.description = f"{tracking} {registry}" if registry else tracking
            return store

        monkeypatch.setattr(opening, "open_store", open_store)
        return CliRunner().invoke(main, words)

    return run
