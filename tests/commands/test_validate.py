"""Gate files checked offline, and their schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_mlflow_gate.__main__ import main

GOOD = "candidate: {run_id: '${RUN_ID}'}\nthresholds: {a: '>= 1', b: {min: 1, max: 2, severity: warn}}\n"
BAD = "candidate: {run_id: abc}\nthresholds: {a: 0.92}\nname:\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two gates, one of them wrong, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUN_ID", raising=False)
    Path("eval_gate.yaml").write_text(GOOD)
    Path("more/x").mkdir(parents=True)
    Path("more/x/bad.gate.yml").write_text(BAD)


def test_schema_is_printed() -> None:
    """What is printed is the file that the package carries."""
    result = CliRunner().invoke(main, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "MLflow promotion gate"


@pytest.mark.parametrize(
    ("arguments", "stdout", "stderr", "code"),
    [
        pytest.param(
            ["eval_gate.yaml"], "eval_gate.yaml: ok (4 checks; not set here: RUN_ID)\n", "", 0, id="good"
        ),
        pytest.param(
            ["more/x/bad.gate.yml"],
            "",
            "more/x/bad.gate.yml:2: thresholds.a: '0.92' is a bare number, write '>= 0.92'\n"
            "more/x/bad.gate.yml:3: name: is empty, write a value\n",
            1,
            id="bad",
        ),
        pytest.param(
            ["more", "eval_gate.yaml"],
            "eval_gate.yaml: ok (4 checks; not set here: RUN_ID)\n",
            "more/x/bad.gate.yml:2: thresholds.a: '0.92' is a bare number, write '>= 0.92'\n"
            "more/x/bad.gate.yml:3: name: is empty, write a value\n",
            1,
            id="folder-and-file",
        ),
        pytest.param(
            ["none.yaml"],
            "",
            "none.yaml:1: cannot be read (No such file or directory), check the path and its permissions\n",
            1,
            id="missing",
        ),
    ],
)
def test_validate(arguments: list[str], stdout: str, stderr: str, code: int) -> None:
    """Problems on stderr, the rest on stdout, and the exit status for pre-commit."""
    result = CliRunner().invoke(main, ["validate", *arguments])
    assert (result.stdout, result.stderr, result.exit_code) == (stdout, stderr, code)


def test_a_variable_that_is_set_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment is complete the file is judged as pytest would."""
    monkeypatch.setenv("RUN_ID", "abc")
    result = CliRunner().invoke(main, ["validate", "eval_gate.yaml"])
    assert result.stdout == "eval_gate.yaml: ok (4 checks)\n"


def test_an_empty_folder_is_a_mistake() -> None:
    """A hook with the wrong path must not be green."""
    Path("empty").mkdir()
    result = CliRunner().invoke(main, ["validate", "empty"])
    assert result.stderr == "empty:1: no *gate.yaml or *gate.yml in this folder, check the path\n"
    assert result.exit_code == 1


def test_no_file_is_a_usage_error() -> None:
    """Click's own exit status for a command line that makes no sense."""
    assert CliRunner().invoke(main, ["validate"]).exit_code == 2
