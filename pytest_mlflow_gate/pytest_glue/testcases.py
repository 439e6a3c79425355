"""The testcase ``...::promotion`` in terminal, JUnit and JSON."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

import pytest

from pytest_mlflow_gate.pytest_glue import internals
from pytest_mlflow_gate.pytest_glue.collection import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.pytest_glue.report_files import ReportFile
    from pytest_mlflow_gate.pytest_glue.witness import Witness

Outcome = Literal["passed", "failed", "skipped"]


class PromotionCases:
    """
    Reports a promotion as a testcase: naturally before session finish, on paper only after it.

    Attributes:
        failures: How many failed testcases were announced: that many of the session's are ours.
        files: Those who have written when the model moves, and have to be told.
    """

    def __init__(self, config: pytest.Config, witness: Witness, files: tuple[ReportFile, ...]) -> None:
        self.config = config
        self.witness = witness
        self.failures = 0
        self.files = files
        self._told: dict[str, Outcome] = {}

    def announce(self, session: pytest.Session, gate: SessionGate, outcome: Outcome, text: str) -> None:
        """Report while the session still runs: everybody hears it, and a failure makes the session fail."""
        plugins = self.config.pluginmanager
        # These two would remember a testcase that no later session can run.
        deaf = [
            plugin
            for name in ("lfplugin", "stepwiseplugin")
            if (plugin := plugins.get_plugin(name)) is not None
        ]
        send = plugins.subset_hook_caller("pytest_runtest_logreport", deaf)
        session.testscollected += 1
        terminal = plugins.get_plugin("terminalreporter")
        if terminal is not None:
            internals.ensure_newline(terminal)
            if self.config.option.verbose <= 0:
                terminal.write(f"{self._nodeid(gate)} ")
        self.failures += outcome == "failed"
        self._told[self._nodeid(gate)] = outcome
        for report in self._reports(gate, outcome, text):
            send(report=report)

    def amend(self, gate: SessionGate, outcome: Outcome, text: str, left: Sequence[str]) -> None:
        """
        Report to those who have written their files already, in place of what they were told before.

        Args:
            gate: The gate.
            outcome: Of its promotion.
            text: One line.
            left: More lines below a failure.
        """
        nodeid = self._nodeid(gate)
        for file in self.files:
            if (told := self._told.get(nodeid)) is not None:
                file.forget(nodeid, told)
            for report in self._reports(gate, outcome, text, left):
                file.take(report)
        self._told[nodeid] = outcome

    def rewrite(self, session: pytest.Session) -> None:
        """Have the files written again that are not true any more."""
        for file in self.files:
            file.write(session)

    def _reports(
        self, gate: SessionGate, outcome: Outcome, text: str, left: Sequence[str] = ()
    ) -> Iterator[pytest.TestReport]:
        promotion = gate.gate.promotion
        if promotion is None:
            raise ValueError(f"gate {gate.gate.name} promotes nothing")
        path, line = str(gate.file), promotion.line
        nodeid = self._nodeid(gate)
        relative = nodeid.partition("::")[0]
        self.witness.ours.add(nodeid)
        longrepr: object = None
        if outcome == "failed":
            sentence = f"not promoted: {text} ({gate.gate.path.name}:{line})"
            longrepr = internals.one_line_failure(self.config, path, line, sentence, left)
        elif outcome == "skipped":
            longrepr = (path, line, text)
        report = self._maker(nodeid, (relative, line - 1, f"{gate.gate.name}: promotion"), gate.gate.name)
        yield report("setup", "passed", None)
        yield report("call", outcome, longrepr)
        yield report("teardown", "passed", None)

    def _nodeid(self, gate: SessionGate) -> str:
        relative = os.path.relpath(gate.file, self.config.rootpath).replace(os.sep, "/")
        return f"{relative}::{gate.gate.name}::promotion"

    @staticmethod
    def _maker(
        nodeid: str, location: tuple[str, int, str], gate: str
    ) -> Callable[[Literal["setup", "call", "teardown"], Outcome, object], pytest.TestReport]:
        def make(
            when: Literal["setup", "call", "teardown"], outcome: Outcome, longrepr: object
        ) -> pytest.TestReport:
            report = pytest.TestReport(nodeid, location, {}, outcome, longrepr, when)  # type: ignore[arg-type]
            setattr(report, EVIDENCE, {"gate": gate})
            return report

        return make
