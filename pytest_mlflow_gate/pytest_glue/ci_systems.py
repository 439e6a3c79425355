"""What CI systems are told: the files that an option asks for, and GitHub Actions without being asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.options import absolute
from pytest_mlflow_gate.pytest_glue import internals
from pytest_mlflow_gate.pytest_glue.publishing import OutputFile
from pytest_mlflow_gate.reporting import flat_metrics, github, github_summary, gitlab, open_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.decision import SessionDecision
    from pytest_mlflow_gate.pytest_glue.terminal import Terminal


def ci_files(config: pytest.Config, option: str, value: str) -> Iterator[OutputFile]:
    """
    Yield the files of ``--mlflow-gate-ci-files``.

    Args:
        config: The session's.
        option: The option, for messages.
        value: The folder, as it was typed; made later if only its last part is missing.

    Raises:
        pytest.UsageError: For a path that cannot be a folder.
    """
    folder = absolute(config, value)
    if folder.exists() and not folder.is_dir():
        raise pytest.UsageError(f"{option} {value}: is no folder, give another path")
    if not folder.parent.is_dir():
        raise pytest.UsageError(f"{option} {value}: is in a folder that does not exist, make that one first")
    place = _in_repository(config, "CI_PROJECT_DIR")
    texts: dict[str, Callable[[SessionDecision], str]] = {
        "gate.env": gitlab.dotenv,
        "codequality.json": lambda decided: gitlab.code_quality(decided, place),
        "annotations.json": gitlab.job_annotations,
        "metrics.txt": open_metrics.exposition,
        "metrics.json": flat_metrics.flat_metrics,
    }
    for name, text in texts.items():
        yield OutputFile(f"{option} {Path(value, name).as_posix()}", folder / name, text)


class GitHubActions:
    """Hears what another plugin annotates, and tells GitHub the rest once nothing can change any more."""

    def __init__(self, config: pytest.Config, terminal: Terminal) -> None:
        self.config = config
        self.terminal = terminal
        self._failed: set[tuple[str, str]] = set()
        self._warned: set[tuple[str, str]] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down what pytest-github-actions-annotate-failures makes an error of."""
        if report.when == "call" and report.failed:
            self._failed.add(_gate_and_check(report.nodeid))

    def pytest_warning_recorded(self, nodeid: str) -> None:
        """Take down what it makes a warning of."""
        self._warned.add(_gate_and_check(nodeid))

    def tell(self, decided: SessionDecision) -> None:
        """Write annotations, step summary and outputs; what cannot be written is one line each."""
        plugins = self.config.pluginmanager
        told = self._failed if plugins.hasplugin("annotate_errors") else set()
        told = told | (self._warned if plugins.hasplugin("annotate_warnings") else set())
        place = _in_repository(self.config, "GITHUB_WORKSPACE")
        reporter = plugins.get_plugin("terminalreporter")
        if reporter is not None:
            for line in github.workflow_commands(decided, place, told):
                # GitHub looks for them at the beginning of a line.
                internals.ensure_newline(reporter)
                reporter.write_line(line)
        self._append(
            "GITHUB_STEP_SUMMARY",
            lambda taken: github_summary.summary(decided, github_summary.MOST_BYTES - taken),
            "this step has no summary",
        )
        # An empty line is nothing to GitHub, and somebody else's last line may have no end.
        self._append("GITHUB_OUTPUT", lambda _: "\n" + github.outputs(decided), "later steps get no outputs")

    def _append(self, variable: str, text: Callable[[int], str], consequence: str) -> None:
        """Append to the file that *variable* names; *text* is told how many bytes it holds."""
        path = os.environ.get(variable)
        if not path:
            return
        try:
            with Path(path).open("a", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(text(file.tell()))
        except OSError as error:
            self.terminal.warn(f"{variable}: cannot be written ({error.strerror}), {consequence}")


def _gate_and_check(nodeid: str) -> tuple[str, str]:
    gate, _, check = nodeid.partition("::")[2].partition("::")
    return gate, check


def _in_repository(config: pytest.Config, variable: str) -> Callable[[Gate], str]:
    """Return what shows a gate's file relative to the folder that *variable* names, else to pytest's root."""
    root = os.path.realpath(os.environ.get(variable) or config.rootpath)

    def place(gate: Gate) -> str:
        file = absolute(config, str(gate.path))
        relative = os.path.relpath(os.path.realpath(file.parent) + f"/{file.name}", root)
        return gate.path.as_posix() if relative.startswith("..") else Path(relative).as_posix()

    return place
