"""From options and files to a session with gates, or to usage errors before anything runs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.fixtures import SUBJECTS
from pytest_mlflow_gate.gatefile.discovery import gate_files
from pytest_mlflow_gate.gatefile.overriding import Overriding, Unsettable
from pytest_mlflow_gate.gatefile.problems import GateFileError
from pytest_mlflow_gate.options import absolute, explicit_gate_arguments, past_runs_asked, text_option
from pytest_mlflow_gate.pytest_glue.collection import GateCollection
from pytest_mlflow_gate.pytest_glue.controller import Controller
from pytest_mlflow_gate.pytest_glue.discretion import Discretion
from pytest_mlflow_gate.pytest_glue.extending import added_conditions
from pytest_mlflow_gate.pytest_glue.gates import SessionGate
from pytest_mlflow_gate.pytest_glue.publishing import output_files
from pytest_mlflow_gate.pytest_glue.python_tests import PythonTests
from pytest_mlflow_gate.pytest_glue.run_report import require_engine
from pytest_mlflow_gate.pytest_glue.worker import Worker, is_worker
from pytest_mlflow_gate.tracking.uri import choose_registry_uri, choose_tracking_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.verdict import Policy

_NO_RUN_MODES = ("collectonly", "showfixtures", "show_fixtures_per_test", "markers", "cacheshow")


def activate(config: pytest.Config) -> None:
    """
    Load the session's gates and register what runs them.

    Raises:
        pytest.UsageError: With every problem of every gate file, or for options that contradict.
    """
    config.pluginmanager.register(Discretion(), "mlflow-gate-discretion")
    runs = not any(config.getoption(mode, default=False) for mode in _NO_RUN_MODES)
    # Before the gates are read: a session that ends with one that is wrong leaves no older decision either.
    files = () if is_worker(config) else output_files(config, runs=runs)
    gates = tuple(_session_gates(config, needs_uri=runs))
    _refuse_twins(gates)
    past = past_runs_asked(config)
    if past is not None:
        from pytest_mlflow_gate.pytest_glue import backtesting  # noqa: PLC0415 - few sessions

        backtesting.refuse_without_past(gate.gate for gate in gates)
    if config.args_source is not pytest.Config.ArgsSource.ARGS and config.option.mlflow_gate:
        # Nothing but the gates was asked for: neither testpaths nor the current folder.
        config.args = []
        config.args_source = pytest.Config.ArgsSource.ARGS
    if is_worker(config):
        worker = Worker(config, gates)
        _register_python_tests(config, PythonTests(gates, worker))
        config.pluginmanager.register(worker, "mlflow-gate-worker")
        collection = GateCollection(config, gates, worker)
        if past is not None:
            collection = backtesting.BacktestCollection(config, gates, backtesting.ToldBacktests(config))
        config.pluginmanager.register(collection, "mlflow-gate-collection")
        return
    if runs:
        require_engine(gates)
    controller = Controller(
        config,
        gates,
        policy=_policy(config),
        runs=runs,
        token=secrets.token_hex(8),
        files=files,
    )
    config.pluginmanager.register(controller, "mlflow-gate-controller")
    _register_python_tests(config, controller.python_tests)
    collection = GateCollection(config, gates, controller)
    if past is not None:
        backtests = controller.account.backtests = backtesting.Backtests(gates, controller.candidates, past)
        config.pluginmanager.register(backtests, "mlflow-gate-backtests")
        collection = backtesting.BacktestCollection(config, gates, backtests)
    config.pluginmanager.register(collection, "mlflow-gate-collection")


def _register_python_tests(config: pytest.Config, python_tests: PythonTests) -> None:
    config.stash[SUBJECTS] = python_tests
    config.pluginmanager.register(python_tests, "mlflow-gate-python-tests")


def _session_gates(config: pytest.Config, *, needs_uri: bool) -> Iterator[SessionGate]:
    asked = list(_asked_files(config))
    explicit = [
        path
        for argument in explicit_gate_arguments(config)
        if (path := absolute(config, argument.partition("::")[0])).is_file()
        and not any(path.samefile(other) for other in asked)
    ]
    known = language(added_conditions(config))
    overriding = Overriding(config.option.mlflow_gate_set or (), language=known, environ=os.environ)
    gates, problems = [], []
    for path in dict.fromkeys((*asked, *explicit)):
        try:
            gate = overriding.load(_as_typed(config, path))
        except (GateFileError, Unsettable) as error:
            problems.append(str(error))
        else:
            gates.append((gate, path))
    if problems or (problems := overriding.problems([gate for gate, _ in gates])):
        raise pytest.UsageError("\n".join(problems))
    run_id = text_option(config, "mlflow_gate_run", "--mlflow-gate-run", "give a run id")
    option_uri = text_option(config, "mlflow_gate_tracking_uri", "--mlflow-gate-tracking-uri", "give a URI")
    if run_id is not None and not any(gate.for_run(run_id) for gate, _ in gates):
        raise pytest.UsageError("--mlflow-gate-run: no gate of this session chooses a run, leave it out")
    for gate, path in gates:
        tracking = choose_tracking_uri(
            option=option_uri,
            in_file=gate.tracking_uri,
            file_name=gate.path.name,
            ini=config.getini("mlflow_gate_tracking_uri"),
            environ=os.environ,
        )
        if tracking is None and needs_uri:
            raise pytest.UsageError(
                f"{gate.path}: no tracking URI, and MLflow would silently open an empty local store: write "
                "tracking_uri, set MLFLOW_TRACKING_URI, or give --mlflow-gate-tracking-uri"
            )
        yield SessionGate(
            gate=(run_id and gate.for_run(run_id)) or gate,
            file=path,
            tracking=tracking,
            registry_uri=choose_registry_uri(in_file=gate.registry_uri, environ=os.environ),
            asked=path in asked and config.option.mlflow_gate_backtest is None,
        )


def _asked_files(config: pytest.Config) -> Iterator[Path]:
    found: list[Path] = []
    named = [
        (f"--mlflow-gate {text}", text, config.invocation_params.dir) for text in config.option.mlflow_gate
    ]
    base = config.inipath.parent if config.inipath else config.rootpath
    named += [(f"ini key mlflow_gate: {text}", text, base) for text in config.getini("mlflow_gate")]
    for shown, text, folder in named:
        path = Path(os.path.normpath(folder / text))
        if not text.strip():
            raise pytest.UsageError("--mlflow-gate: the path is empty, give a gate file or a folder")
        if not path.exists():
            raise pytest.UsageError(f"{shown}: no such file or folder")
        try:
            files = gate_files(path)
        except GateFileError as error:
            problems = ", ".join(problem.text for problem in error.problems)
            raise pytest.UsageError(f"{shown}: {problems}") from error
        for file in files:
            if "::" in str(file) or "[" in str(file):
                raise pytest.UsageError(f"{shown}: pytest cannot run a path with '[' or '::'")
            if not any(file.samefile(other) for other in found):
                found.append(file)
                yield file


def _as_typed(config: pytest.Config, path: Path) -> Path:
    """Return *path* as messages show it: relative where that is shorter."""
    relative = os.path.relpath(path, config.invocation_params.dir)
    return path if relative.startswith("..") else Path(relative)


def _policy(config: pytest.Config) -> Policy:
    value = config.option.mlflow_gate_promote or config.getini("mlflow_gate_promote") or "all"
    if value not in ("all", "each", "never"):
        raise pytest.UsageError(f"ini key mlflow_gate_promote: {value!r} is none of all, each, never")
    dry = config.option.mlflow_gate_set or config.option.mlflow_gate_backtest is not None
    return "never" if dry else cast("Policy", value)


def _refuse_twins(gates: tuple[SessionGate, ...]) -> None:
    names: dict[str, Gate] = {}
    targets: dict[tuple[object, ...], Gate] = {}
    for gate in (session_gate.gate for session_gate in gates):
        if (twin := names.setdefault(gate.name, gate)) is not gate:
            raise pytest.UsageError(
                f"{gate.path}: {twin.path} has the same gate name {gate.name!r}, set another name"
            )
        for kind, to in _targets(gate):
            target = (gate.promotion and gate.promotion.target_model, kind, to)
            if (twin := targets.setdefault(target, gate)) is not gate:
                raise pytest.UsageError(
                    f"{gate.path}: {twin.path} promotes to the same {kind} {to} of {target[0]}, "
                    "only one gate of a session can"
                )


def _targets(gate: Gate) -> Iterator[tuple[str, str]]:
    """Yield what a gate moves, by kind and name; ``previous_alias`` is an alias like any other."""
    promotion = gate.promotion
    if promotion is None:
        return
    yield from (("alias", alias) for alias in (promotion.alias, promotion.previous_alias) if alias)
    if promotion.stage:
        yield "stage", promotion.stage
    if promotion.copy_to and not (promotion.alias or promotion.stage):
        yield "copy", promotion.copy_to
