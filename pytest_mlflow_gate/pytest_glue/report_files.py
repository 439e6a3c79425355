"""Other people's report files, which are on disk before anybody knows whether the model moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_mlflow_gate.pytest_glue.json_report import JsonReport

if TYPE_CHECKING:
    import pytest

    from pytest_mlflow_gate.pytest_glue.account import Account


class ReportFile(Protocol):
    """A file that can be told of one more testcase and written again; silent where the session has none."""

    def take(self, report: pytest.TestReport) -> None:
        """Add one report."""

    def forget(self, nodeid: str, outcome: str) -> None:
        """Drop what was taken about a testcase of that outcome."""

    def write(self, session: pytest.Session) -> None:
        """Write the file again if it is not true any more."""


def report_files(config: pytest.Config, account: Account) -> tuple[ReportFile, ...]:
    """Return those that a session may have, which listen from now on."""
    json = JsonReport(config, account)
    config.pluginmanager.register(json, "mlflow-gate-json-report")
    files: list[ReportFile] = [json]
    if config.getoption("xmlpath", default=None) is not None:
        from pytest_mlflow_gate.pytest_glue.junit import JUnit  # noqa: PLC0415 - on request only

        junit = JUnit(config, account)
        config.pluginmanager.register(junit, "mlflow-gate-junit")
        files.append(junit)
    if config.getoption("htmlpath", default=None) is not None:
        from pytest_mlflow_gate.pytest_glue.html_report import HtmlReport  # noqa: PLC0415 - on request only

        html = HtmlReport(config, account)
        config.pluginmanager.register(html, "mlflow-gate-html")
        files.append(html)
    return tuple(files)
