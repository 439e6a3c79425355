"""What a user can ask for on the command line and in the ini file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, cast

import pytest

from pytest_mlflow_gate.endings import GATE_FILE_ENDINGS

_CONNECTIONS = 16
_MOST_CONNECTIONS = 64
MOST_PAST_RUNS = 10_000
"""The longest past that is judged: a hundred requests."""

_ONLY_WITH_GATES = {
    "mlflow_gate_tracking_uri": "--mlflow-gate-tracking-uri",
    "mlflow_gate_run": "--mlflow-gate-run",
    "mlflow_gate_promote": "--mlflow-gate-promote",
    "mlflow_gate_set": "--mlflow-gate-set",
    "mlflow_gate_backtest": "--mlflow-gate-backtest",
    "mlflow_gate_ci_files": "--mlflow-gate-ci-files",
    "mlflow_gate_report": "--mlflow-gate-report",
    "mlflow_gate_decision": "--mlflow-gate-decision",
}


def add_options(parser: pytest.Parser) -> None:
    """Register options and ini keys."""
    group = parser.getgroup("mlflow-gate", "MLflow promotion gate")
    group.addoption(
        "--mlflow-gate",
        metavar="PATH",
        action="append",
        default=[],
        help="gate file to run, or a folder: every *gate.yaml and *gate.yml below it (repeatable)",
    )
    group.addoption(
        "--mlflow-gate-tracking-uri", metavar="URI", help="tracking URI in place of the gate file's"
    )
    group.addoption("--mlflow-gate-run", metavar="RUN_ID", help="the candidate, for gates that choose a run")
    group.addoption(
        "--mlflow-gate-promote",
        choices=("all", "each", "never"),
        help="all: promote when the whole session passed (default); each: a gate promotes when its own "
        "checks and every ordinary test passed; never: a dry run that says what would have moved",
    )
    group.addoption(
        "--mlflow-gate-set",
        metavar="METRIC.CONDITION=VALUE",
        action="append",
        help="try another limit in place of the gate file's, e.g. accuracy.min=0.95, of one gate with "
        "GATE: before it; nothing is promoted (repeatable)",
    )
    group.addoption(
        "--mlflow-gate-backtest",
        metavar="N",
        type=int,
        help="judge the last N finished runs of the candidate's experiment in place of one, as a table; "
        "nothing is promoted",
    )
    group.addoption(
        "--mlflow-gate-ci-files",
        metavar="DIR",
        help="write gate.env, codequality.json, annotations.json and metrics.txt for GitLab CI, and "
        "metrics.json for DVC and Jenkins, into this folder",
    )
    group.addoption(
        "--mlflow-gate-report",
        metavar="PATH",
        help='write one HTML page with charts; needs pip install "pytest-mlflow-gate[report]"',
    )
    group.addoption(
        "--mlflow-gate-decision", metavar="PATH", help="write the decision as JSON, after everything else"
    )
    parser.addini("mlflow_gate", "gate files or folders to run in every session", type="args", default=[])
    parser.addini("mlflow_gate_tracking_uri", "tracking URI for gate files that have none", type="string")
    parser.addini("mlflow_gate_promote", "all (default), each or never", type="string")
    # Where pytest knows numbers, a bare one in its own TOML table is refused for a string.
    number: Literal["int", "string"] = "int" if pytest.version_tuple >= (8, 4) else "string"
    parser.addini(
        "mlflow_gate_connections",
        f"how many gates are resolved at the same time, 1 to {_MOST_CONNECTIONS} (default {_CONNECTIONS})",
        type=number,
        default=_CONNECTIONS,
    )


def asks_for_gates(config: pytest.Config) -> bool:
    """
    Return whether this session has a gate, by option, by ini key or as an explicit path.

    Raises:
        pytest.UsageError: If another of our options is given and no gate is.
    """
    if config.option.mlflow_gate or config.getini("mlflow_gate") or explicit_gate_arguments(config):
        return True
    for name, option in _ONLY_WITH_GATES.items():
        if getattr(config.option, name) is not None:
            raise pytest.UsageError(f"{option} needs a gate, add --mlflow-gate PATH")
    return False


def explicit_gate_arguments(config: pytest.Config) -> list[str]:
    """Return the positional arguments that name a gate file, or something in one."""
    return [argument for argument in config.args if argument.partition("::")[0].endswith(GATE_FILE_ENDINGS)]


def connections(config: pytest.Config) -> int:
    """
    Return how many gates are resolved at the same time, and so the most connections to one server.

    Raises:
        pytest.UsageError: If the ini file has something else than a number of them.
    """
    try:
        number = int(config.getini("mlflow_gate_connections"))
    except (TypeError, ValueError, pytest.UsageError):  # which of them depends on the version of pytest
        number = 0
    if not 1 <= number <= _MOST_CONNECTIONS:
        raise pytest.UsageError(
            f"ini key mlflow_gate_connections: write a whole number from 1 to {_MOST_CONNECTIONS}"
        )
    return number


def past_runs_asked(config: pytest.Config) -> int | None:
    """
    Return how many past runs are judged in place of one candidate, or None where that was not asked for.

    Raises:
        pytest.UsageError: If that is no number of runs, or one candidate is named too.
    """
    number = cast("int | None", config.getoption("mlflow_gate_backtest"))
    if number is None:
        return None
    if not 1 <= number <= MOST_PAST_RUNS:
        raise pytest.UsageError(
            f"--mlflow-gate-backtest {number}: write a whole number from 1 to {MOST_PAST_RUNS}"
        )
    if config.option.mlflow_gate_run is not None:
        raise pytest.UsageError(
            "--mlflow-gate-backtest and --mlflow-gate-run do not go together, leave one of them out"
        )
    return number


def absolute(config: pytest.Config, text: str) -> Path:
    """Return a path from the command line as an absolute one; links stay what they are."""
    return Path(os.path.normpath(config.invocation_params.dir / text))


def text_option(config: pytest.Config, name: str, option: str, remedy: str) -> str | None:
    """
    Return an option's value, or None where it is not given.

    Raises:
        pytest.UsageError: If it is empty, as with a variable that is not set; ends with *remedy*.
    """
    value = cast("str | None", config.getoption(name))
    if value is not None and not value.strip():
        raise pytest.UsageError(f"{option}: the value is empty, {remedy}")
    return value


def refuse_loop_on_fail(config: pytest.Config) -> None:
    """
    Refuse ``--looponfail``: its sessions cannot be told from ordinary ones and would promote at every save.

    Raises:
        pytest.UsageError: If it is given together with a gate.
    """
    if config.getoption("looponfail", default=False) and asks_for_gates(config):
        raise pytest.UsageError("--looponfail and gates do not go together, leave one of them out")
