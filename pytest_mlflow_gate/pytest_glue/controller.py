"""
A session with gates, on the process that decides.

The way of a session: resolve the candidates before the first item runs, decide when the run loop ends, move
in the outermost session-finish wrapper, then bring the reports on disk up to date.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.gatefile.declared import RUN_CHECK
from pytest_mlflow_gate.options import explicit_gate_arguments
from pytest_mlflow_gate.pytest_glue.account import Account
from pytest_mlflow_gate.pytest_glue.candidates import ResolvedCandidates
from pytest_mlflow_gate.pytest_glue.collection import CheckItem
from pytest_mlflow_gate.pytest_glue.deciding import Decider
from pytest_mlflow_gate.pytest_glue.python_tests import PythonTests
from pytest_mlflow_gate.pytest_glue.report_files import report_files
from pytest_mlflow_gate.pytest_glue.terminal import Terminal
from pytest_mlflow_gate.pytest_glue.witness import Witness
from pytest_mlflow_gate.pytest_glue.worker import INPUT, pack

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.verdict import Policy
    from pytest_mlflow_gate.pytest_glue.ci_systems import GitHubActions
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.pytest_glue.publishing import OutputFile
    from pytest_mlflow_gate.tracking.snapshot import Missing, Rival, Snapshot


class Controller:
    """The plugin that resolves, decides and promotes; never registered on an xdist worker."""

    def __init__(  # noqa: PLR0913 - the session's settings, each by its name
        self,
        config: pytest.Config,
        gates: tuple[SessionGate, ...],
        *,
        policy: Policy,
        runs: bool,
        token: str,
        files: tuple[OutputFile, ...],
    ) -> None:
        self.config = config
        self.gates = gates
        self.policy = policy
        self.runs = runs
        self.token = token
        self.candidates = ResolvedCandidates(config)
        self.witness = Witness(config, {gate.gate.name: gate.gate.digest for gate in gates})
        self.terminal = Terminal(config)
        self.python_tests = PythonTests(gates, self)
        self.account = Account(gates, self.candidates, self.witness)
        self.loop_ended = False
        config.pluginmanager.register(self.witness, "mlflow-gate-witness")
        self.decider = Decider(
            config,
            self.account,
            self.terminal,
            policy=policy,
            token=token,
            files=files,
            report_files=report_files(config, self.account) if runs else (),
        )
        self.github: GitHubActions | None = None
        if runs and os.environ.get("GITHUB_ACTIONS") == "true":
            from pytest_mlflow_gate.pytest_glue.ci_systems import GitHubActions  # noqa: PLC0415 - only there

            self.github = GitHubActions(config, self.terminal)
            config.pluginmanager.register(self.github, "mlflow-gate-github-actions")

    # What items ask

    def finding(self, gate: Gate, check: AnyCheck | None) -> Finding:
        """Return what this process found for a check."""
        return self.account.judged(gate)[check.name if check else RUN_CHECK]

    def candidate(self, gate: SessionGate) -> Snapshot | str:
        """Return a gate's candidate, found now if nobody needed it before, or why there is none."""
        self.candidates.resolve_all([gate])
        return self.candidates.all()[gate.gate.name]

    def baseline(self, gate: SessionGate) -> Rival | Missing | None:
        """Return what a candidate is compared with, found now if no check compares."""
        if isinstance(self.candidate(gate), str):
            return None
        self.candidates.find_baselines([gate])
        candidate = self.candidate(gate)
        return None if isinstance(candidate, str) else candidate.baseline

    # Before the first item

    def pytest_report_header(self) -> list[str]:
        """Say which gates run, against what, and where they promote to."""
        return self.terminal.header(self.gates, self.policy)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self) -> None:
        """Resolve before the workers exist: they are told, and never ask."""
        others = set(self.config.args) - set(explicit_gate_arguments(self.config))
        if others or self.account.backtests is None:
            self.candidates.resolve_all(self.gates)
        if others:
            # What else is run may have Python tests that compare; only the workers will know.
            self.candidates.find_baselines(self.gates)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401
        """Hand the candidates to a worker, replacements for crashed ones included."""
        node.workerinput[INPUT] = pack(self.token, self.candidates.all())

    # The run loop and what comes after it

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Resolve, let everything run, then decide while reports can still be natural."""
        if not self.runs:
            return (yield)
        if not session.testsfailed or self.config.option.continue_on_collection_errors:
            self.witness.expect(session.items)
            needed = self.python_tests.gates_of(session.items)
            if self.account.backtests is None:
                needed |= {item.gate.name for item in session.items if isinstance(item, CheckItem)}
            self.candidates.resolve_all(gate for gate in self.gates if gate.gate.name in needed)
        try:
            result = yield
        except (session.Failed, session.Interrupted):
            self.decider.prepare(session)
            raise
        self.loop_ended = True
        # A plugin may swallow the exception by which these two stop the loop.
        self.witness.finished = not (session.shouldfail or session.shouldstop)
        # The last one to be registered, and first in order, is the outermost: it sees the final exit status.
        self.config.pluginmanager.register(_Outermost(self, session), "mlflow-gate-outermost")
        self.decider.prepare(session)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Close a session whose loop did not come to its end."""
        yield
        if self.runs and not self.loop_ended:
            self.decider.close_unfinished(session)
            self.candidates.close()
            self.tell_ci_system(session)

    def tell_ci_system(self, session: pytest.Session) -> None:
        """Tell GitHub Actions, where the session runs there; nothing may be put back after it."""
        if self.github is not None:
            self.github.tell(self.decider.conclusion(session))

    # The terminal

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, object] | None:
        """Show the numbers of a passed check under ``-v``."""
        return self.terminal.status(report)

    def pytest_terminal_summary(self) -> None:
        """Print each gate's table."""
        if self.runs:
            self.terminal.summary([self.account.decision(gate) for gate in self.gates])


class _Outermost:
    """The end of a session, outside of everybody else's; exists only once the run loop came to its end."""

    def __init__(self, controller: Controller, session: pytest.Session) -> None:
        self.controller = controller
        self.session = session
        self.raised_before = sys.exc_info()[1]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Promote at the final exit status."""
        try:
            yield
        except pytest.exit.Exception as stopped:
            # Its return code becomes the exit status, and nothing was promoted.
            stopped.returncode = stopped.returncode or pytest.ExitCode.TESTS_FAILED
            raise
        self.controller.decider.promote(session)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_unconfigure(self) -> Generator[None, None, None]:
        """Look whether the session is still as green as it was when the model moved."""
        decider = self.controller.decider
        try:
            yield
        except BaseException:
            decider.take_back(self.session, "another plugin broke at the end of the session")
            raise
        finally:
            if sys.exc_info()[1] is not self.raised_before:
                # Raised outside of our session finish: the exit status does not tell.
                decider.take_back(self.session, "another plugin broke at the end of the session")
            if decider.turned_red(self.session):
                status = int(self.session.exitstatus)
                decider.take_back(self.session, f"the session's exit status became {status} after it")
            decider.tell()
            self.controller.tell_ci_system(self.session)
            # Last of all: what a deploy step reads must not wait for it.
            decider.keep_reports(self.session)
            self.controller.candidates.close()
