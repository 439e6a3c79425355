"""The decision in the file of pytest-json-report, and true after the model moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.pytest_glue import internals

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.decision import SessionDecision
    from pytest_mlflow_gate.pytest_glue.account import Account


class JsonReport:
    """A plugin for the process that decides; one of its report files."""

    def __init__(self, config: pytest.Config, account: Account) -> None:
        self.config = config
        self.account = account
        self._plugin: Any = None
        self._written: SessionDecision | None = None
        self._amended = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Add the decision as it is at this moment."""
        from pytest_mlflow_gate.reporting.decision_file import content  # noqa: PLC0415 - on request only

        # At the very end of a session pytest forgets it, and the file may have to be written once more.
        self._plugin = self._plugin or internals.json_report(self.config)
        self._written = self.account.decided(int(json_report["exitcode"]))
        json_report["mlflow_gate"] = content(self._written)

    def take(self, report: pytest.TestReport) -> None:
        """Add one report."""
        if self._plugin is not None:
            self._plugin.pytest_runtest_logreport(report=report)
            self._amended = True

    def forget(self, nodeid: str, outcome: str) -> None:
        """Do nothing: a report takes the place of an earlier one about the same testcase."""

    def write(self, session: pytest.Session) -> None:
        """Write the file again if it is not true any more."""
        true = self._written == self.account.decided(int(session.exitstatus)) and not self._amended
        if self._plugin is not None and not true:
            self._plugin.pytest_sessionfinish(session)
            self._amended = False
