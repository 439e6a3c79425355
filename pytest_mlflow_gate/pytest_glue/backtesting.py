"""
``--mlflow-gate-backtest``: a gate's judgement of past runs in place of one candidate's.

Each gate has one item, which passes when its table could be made, whatever the table says. The checks that
the file declares are not run, so the verdict is no in every such session.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.looking_back import look_back, no_past
from pytest_mlflow_gate.pytest_glue.collection import CheckItem, GateCollection, GateFile, GateNode
from pytest_mlflow_gate.reporting.backtest import in_short
from pytest_mlflow_gate.tracking.candidate_run import NoCandidate
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_mlflow_gate.checks.backtest import Backtest
    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.pytest_glue.candidates import ResolvedCandidates
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate

BACKTEST = "backtest"
"""Name of a gate's one item in such a session."""

_INPUT = "mlflow_gate_backtests"


class Backtests:
    """
    What the process that decides found, once for each gate; a plugin.

    Attributes:
        token: Nothing: these items are about no candidate, and speak for none.
    """

    token = ""

    def __init__(self, gates: tuple[SessionGate, ...], candidates: ResolvedCandidates, runs: int) -> None:
        self._gates = {gate.gate.name: gate for gate in gates}
        self._candidates = candidates
        self._runs = runs
        self._made: dict[str, Backtest] = {}
        self._findings: dict[str, Finding] = {}

    def finding(self, gate: Gate, check: AnyCheck | None) -> Finding:
        """Return whether a gate's table could be made, making it now if nobody has."""
        del check
        if gate.name not in self._findings:
            self._findings[gate.name] = self._make(gate)
        return self._findings[gate.name]

    def findings(self, gate: Gate) -> Mapping[str, Finding]:
        """Return the same by the item's name; empty while nobody has asked."""
        found = self._findings.get(gate.name)
        return {} if found is None else {BACKTEST: found}

    def made(self, gate: Gate) -> Backtest | None:
        """Return what a gate's table is made from; None where there is none."""
        return self._made.get(gate.name)

    def result(self, gate: Gate) -> Result:
        """Return what becomes of a gate's promotion in such a session."""
        target = gate.promotion.target if gate.promotion else ""
        return Result(
            "dry-run", f"only a backtest, without --mlflow-gate-backtest this gate promotes to {target}"
        )

    def pytest_report_header(self) -> str:
        """Say what is judged."""
        runs = "finished run" if self._runs == 1 else f"{self._runs} finished runs"
        return f"mlflow-gate: backtest of the last {runs}, promotes nothing"

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self) -> None:
        """Make all tables before the workers exist: they are told, and never ask."""
        for gate in self._gates.values():
            self.finding(gate.gate, None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401
        """Tell a worker what was found."""
        told = {name: [found.outcome, found.text] for name, found in self._findings.items()}
        node.workerinput[_INPUT] = json.dumps(told)

    def _make(self, gate: Gate) -> Finding:
        try:
            store = self._candidates.store(self._gates[gate.name])
            backtest = self._made[gate.name] = look_back(gate, store, self._runs, time.time())
        except (NoCandidate, StoreError) as error:
            text = f"cannot judge {gate.name}: {error}"
            return Finding(BACKTEST, "unevaluable", text, gate.candidate.line)
        return Finding(BACKTEST, "passed", in_short(backtest), gate.candidate.line)


class ToldBacktests:
    """
    The same on an xdist worker, which is told.

    Attributes:
        token: As in `Backtests`.
    """

    token = ""

    def __init__(self, config: pytest.Config) -> None:
        self._told = json.loads(cast("Any", config).workerinput[_INPUT])

    def finding(self, gate: Gate, check: AnyCheck | None) -> Finding:
        """Return whether a gate's table could be made."""
        del check
        outcome, text = self._told[gate.name]
        return Finding(BACKTEST, outcome, text, gate.candidate.line)


class BacktestCollection(GateCollection):
    """Collects one item for each gate in place of its checks."""

    def file_class(self) -> type[GateFile]:
        """Return the node that a gate file becomes."""
        return _BacktestFile


def refuse_without_past(gates: Iterable[Gate]) -> None:
    """
    Refuse gates whose candidate is no run of an experiment.

    Raises:
        pytest.UsageError: With a line for each of them.
    """
    problems = [f"--mlflow-gate-backtest: {why}" for gate in gates if (why := no_past(gate))]
    if problems:
        raise pytest.UsageError("\n".join(problems))


class _BacktestFile(GateFile):
    def collect(self) -> Iterator[GateNode]:
        yield _BacktestNode.from_parent(self, name=self.gate.name, nodeid=f"{self.nodeid}::{self.gate.name}")


class _BacktestNode(GateNode):
    def collect(self) -> Iterator[CheckItem]:
        yield CheckItem.from_parent(
            self,
            name=BACKTEST,
            nodeid=f"{self.nodeid}::{BACKTEST}",
            gate=self.parent.gate,
            check=None,
            judge=self.parent.judge,
        )
