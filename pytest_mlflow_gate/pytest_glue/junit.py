"""pytest's JUnit file: with all that is known of a failure, and true after the model moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.pytest_glue import internals
from pytest_mlflow_gate.pytest_glue.collection import EVIDENCE
from pytest_mlflow_gate.reporting.junit import PREFIX, check_facts, promotion_facts, properties

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_mlflow_gate.promotion.decision import SessionDecision
    from pytest_mlflow_gate.pytest_glue.account import Account


class JUnit:
    """A plugin for sessions with ``--junitxml``, on the process that decides; one of its report files."""

    def __init__(self, config: pytest.Config, account: Account) -> None:
        self.config = config
        self.account = account
        self._log: internals.JUnitLog | None = None
        self._written: SessionDecision | None = None
        self._amended = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Complete what pytest wrote about one of our testcases."""
        yield
        # At the very end of a session pytest forgets it, and the file may have to be written once more.
        self._log = self._log or internals.JUnitLog.of(self.config)
        self._complete(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Describe the suite before pytest writes the file."""
        self._log = self._log or internals.JUnitLog.of(self.config)
        self._describe(self.account.decided(int(session.exitstatus)))

    def take(self, report: pytest.TestReport) -> None:
        """Add one report."""
        if self._log is not None:
            self._log.take(report)
            self._complete(report)
            self._amended = True

    def forget(self, nodeid: str, outcome: str) -> None:
        """Drop what was taken about a testcase of that outcome."""
        if self._log is not None:
            self._log.forget(nodeid, outcome)

    def write(self, session: pytest.Session) -> None:
        """Write the file again if it is not true any more."""
        decided = self.account.decided(int(session.exitstatus))
        if self._log is not None and (self._amended or decided != self._written):
            self._describe(decided)
            self._log.write()
            self._amended = False

    def _describe(self, decided: SessionDecision) -> None:
        if self._log is not None:
            self._log.describe(PREFIX, properties(decided))
        self._written = decided

    def _complete(self, report: pytest.TestReport) -> None:
        """Give a testcase of ours its line, and its failure all that is known; a bug is left alone."""
        about: dict[str, str] | None = getattr(report, EVIDENCE, None)
        if self._log is None or about is None or report.when == "teardown":
            return
        _, line, _ = report.location
        self._log.complete(report, (line or 0) + 1, self._facts(report, about))

    def _facts(self, report: pytest.TestReport, about: dict[str, str]) -> list[str]:
        gate = next(gate for gate in self.account.gates if gate.gate.name == about["gate"])
        crash = getattr(report.longrepr, "reprcrash", None)
        if report.when != "call" or not report.failed or crash is None or crash.path != str(gate.file):
            return []
        if "check" not in about:
            return promotion_facts(self.account.decision(gate))
        return check_facts(self.account.judged(gate.gate)[about["check"]], self.account.candidate(gate))
