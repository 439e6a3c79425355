"""The command line as a whole: what it offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GOOD = "candidate: {run_id: abc}\nthresholds: {a: '>= 1'}\n"


@pytest.mark.parametrize("command", ["schema", "validate eval_gate.yaml"])
def test_nothing_heavy_is_imported(tmp_path: Path, command: str) -> None:
    """pre-commit runs this on every commit: no MLflow, no HTTP client, no pytest."""
    (tmp_path / "eval_gate.yaml").write_text(GOOD)
    program = (
        "import sys\n"
        "from pytest_mlflow_gate.__main__ import main\n"
        f"main({command.split()}, standalone_mode=False)\n"
        "print({'mlflow', 'requests', 'pytest'} & set(sys.modules), file=sys.stderr)"
    )
    path = str(Path(__file__).parent.parent)
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == "set()\n"


def test_it_runs_as_a_module() -> None:
    """`python -m pytest_mlflow_gate --help` shows all commands and says how to judge."""
    path = str(Path(__file__).parent.parent)
    result = subprocess.run(
        [sys.executable, "-m", "pytest_mlflow_gate", "--help"],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.startswith("Usage: python -m pytest_mlflow_gate [OPTIONS] COMMAND [ARGS]...\n")
    for words in (
        "approve",
        "explain",
        "history",
        "init",
        "rollback",
        "schema",
        "validate",
        "pytest --mlflow-gate eval_gate.yaml",
    ):
        assert words in result.stdout
