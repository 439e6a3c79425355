"""Charts and the decision in the page of pytest-html, and true after the model moved."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.pytest_glue import internals
from pytest_mlflow_gate.reporting.page import chart
from pytest_mlflow_gate.reporting.wording import verdict

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.decision import SessionDecision
    from pytest_mlflow_gate.pytest_glue.account import Account
    from pytest_mlflow_gate.pytest_glue.collection import CheckItem


def add_chart(report: pytest.TestReport, item: CheckItem) -> None:
    """Have a report carry its check's chart; a plain text, because it travels between processes."""
    drawn = chart(item.found) if item.found is not None else ""
    if drawn:
        from pytest_html import extras  # noqa: PLC0415 - only where it is active

        carrier: Any = report
        carrier.extras = [*getattr(report, "extras", ()), extras.html(drawn)]


class HtmlReport:
    """A plugin for sessions with ``--html``, on the process that decides; one of its report files."""

    def __init__(self, config: pytest.Config, account: Account) -> None:
        self.config = config
        self.account = account
        self._log: internals.HtmlLog | None = None
        self._prefix: list[str] = []
        self._place = 0
        self._written: SessionDecision | None = None
        self._amended = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str], session: pytest.Session) -> None:
        """Add the decision as it is at this moment, above what pytest-html counts."""
        # At the very end of a session pytest forgets it, and the file may have to be written once more.
        self._log = internals.HtmlLog.of(self.config)
        self._prefix, self._place = prefix, len(prefix)
        self._written = self.account.decided(int(session.exitstatus))
        prefix.append(_summary(self._written))

    def take(self, report: pytest.TestReport) -> None:
        """Add one report."""
        if self._log is not None:
            self._log.take(report)
            self._amended = True

    def forget(self, nodeid: str, outcome: str) -> None:
        """Drop what was taken about a testcase of that outcome."""
        if self._log is not None:
            self._log.forget(nodeid, outcome)

    def write(self, session: pytest.Session) -> None:
        """Write the file again if it is not true any more."""
        decided = self.account.decided(int(session.exitstatus))
        if self._log is not None and (self._amended or decided != self._written):
            self._prefix[self._place] = _summary(decided)
            self._log.write()
            self._written, self._amended = decided, False


def _summary(decided: SessionDecision) -> str:
    lines = []
    for decision in decided.gates:
        word, _ = verdict(decision)
        about = f"{decision.gate.name}: {decision.result.text}".removesuffix(": ")
        lines.append(f"<p><strong>{word}</strong> {escape(about)}</p>")
        lines += [f"<p>{escape(left)}</p>" for left in decision.result.left]
    return "".join(lines)
