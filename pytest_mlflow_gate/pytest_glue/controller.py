"""
A session with gates, on the process that decides.

The way of a session: resolve the candidates before the first item runs, decide and prepare when the run loop
ends, move in the outermost session-finish wrapper, then bring the reports on disk up to date.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.gatefile.types import RUN_CHECK
from pytest_mlflow_gate.promotion.decision import Decision, Result
from pytest_mlflow_gate.promotion.verdict import Judged, decide
from pytest_mlflow_gate.pytest_glue.candidates import ResolvedCandidates, shown_uri
from pytest_mlflow_gate.pytest_glue.collection import CheckItem
from pytest_mlflow_gate.pytest_glue.terminal import Terminal
from pytest_mlflow_gate.pytest_glue.testcases import PromotionCases
from pytest_mlflow_gate.pytest_glue.witness import Witness
from pytest_mlflow_gate.pytest_glue.worker import INPUT, pack

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.types import Check, Gate
    from pytest_mlflow_gate.promotion.plan import Plan
    from pytest_mlflow_gate.promotion.verdict import Policy, Verdict
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.pytest_glue.testcases import Outcome


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
        decision: Path | None,
    ) -> None:
        self.config = config
        self.gates = gates
        self.policy = policy
        self.runs = runs
        self.token = token
        self.decision_path = decision
        self.candidates = ResolvedCandidates(config)
        self.witness = Witness(config, {gate.gate.name: gate.gate.digest for gate in gates})
        self.testcases = PromotionCases(config, self.witness)
        self.terminal = Terminal(config)
        self.results: dict[str, Result] = {}
        self.plans: dict[str, Plan] = {}
        self.loop_ended = False
        self._findings: dict[str, dict[str, Finding]] = {}
        config.pluginmanager.register(self.witness, "mlflow-gate-witness")
        if runs and decision is not None:
            decision.unlink(missing_ok=True)

    # What items ask

    def finding(self, gate: Gate, check: Check | None) -> Finding:
        """Return what this process found for a check."""
        return self._judged(gate)[check.name if check else RUN_CHECK]

    # Before the first item

    def pytest_report_header(self) -> list[str]:
        """Say which gates run, against what, and where they promote to."""
        return self.terminal.header(self.gates, self.policy)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self) -> None:
        """Resolve before the workers exist: they are told, and never ask."""
        for gate in self.gates:
            self.candidates.resolve(gate)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401
        """Hand the candidates to a worker, replacements for crashed ones included."""
        node.workerinput[INPUT] = pack(self.token, self.candidates.all())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Resolve, let everything run, then decide and prepare while reports can still be natural."""
        if not self.runs:
            return (yield)
        if not session.testsfailed or self.config.option.continue_on_collection_errors:
            self.witness.expect(session.items)
            collected = {item.gate.name for item in session.items if isinstance(item, CheckItem)}
            for gate in self.gates:
                if gate.gate.name in collected:
                    self.candidates.resolve(gate)
        try:
            result = yield
        except (session.Failed, session.Interrupted):
            self._prepare(session)
            raise
        self.loop_ended = True
        # A plugin may swallow the exception by which these two stop the loop.
        self.witness.finished = not (session.shouldfail or session.shouldstop)
        # The last one to be registered, and first in order, is the outermost: it sees the final exit status.
        self.config.pluginmanager.register(_Outermost(self), "mlflow-gate-outermost")
        self._prepare(session)
        return result

    # The end of the run loop

    def _prepare(self, session: pytest.Session) -> None:
        """Decide, and for what is granted read and register all that the move needs."""
        verdicts = self._verdicts(session)
        dry, moving = [], []
        for gate in self._promotable:
            name = gate.gate.name
            if not verdicts[name].granted and (gate.asked or verdicts[name].failed):
                self.results[name] = Result.withheld(verdicts[name])
            elif not gate.asked:
                self.results[name] = _judged_only(gate)
            elif self.policy == "never":
                dry.append(self.candidates.candidacy(gate))
            else:
                moving.append(self.candidates.candidacy(gate))
        if dry or moving:
            from pytest_mlflow_gate.promotion import together  # noqa: PLC0415 - judging alone does not pay for it

            self.results |= {candidacy.gate.name: together.dry_run(candidacy) for candidacy in dry}
            self.plans, refused = together.prepare(moving, self.policy)
            self.results |= refused
        for gate in self._promotable:
            result = self.results.get(gate.gate.name)
            if result is None:
                continue
            # Nobody waits for a dry run, and a session that shows a failure needs no second one to be red.
            skipped = (
                result.status == "dry-run"
                or self.policy == "never"
                or (result.status == "withheld" and self.witness.saw_failure)
            )
            self.testcases.announce(session, gate, "skipped" if skipped else "failed", result.text)

    # Session finish

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Close a session whose loop did not come to its end: nothing moves, and it is never green."""
        yield
        if self.runs and not self.loop_ended:
            for gate in self._promotable:
                unfinished = Result("withheld", "the session did not run to its end")
                self.results.setdefault(gate.gate.name, unfinished)
            self._never_green_unless_promoted(session)
            self._conclude(session)
            self.candidates.close()

    def promote(self, session: pytest.Session) -> None:
        """Decide once more at the final exit status, move, and make all reports true, whatever happens."""
        for gate in self._promotable:
            broken = Result("withheld", "the session broke before it came to a decision")
            self.results.setdefault(gate.gate.name, broken)
        planned = [gate for gate in self._promotable if gate.gate.name in self.plans]
        for gate in planned:
            self.results[gate.gate.name] = Result("failed", "the promotion did not come to its end")
        try:
            if planned:
                from pytest_mlflow_gate.promotion import together  # noqa: PLC0415 - as above

                stores = {gate.gate.name: self.candidates.store(gate) for gate in planned}
                verdicts = self._verdicts(session)
                self.results |= together.carry_out(self.plans, stores, verdicts, self.policy)
        finally:
            self._never_green_unless_promoted(session)
            for gate in planned:
                result = self.results[gate.gate.name]
                outcome: Outcome = "passed" if result.status == "promoted" else "failed"
                self.testcases.amend(gate, outcome, result.text)
            if planned:
                self.testcases.rewrite(session)
            self._conclude(session)
            self.candidates.close()

    def _never_green_unless_promoted(self, session: pytest.Session) -> None:
        """Exit 0 means promoted; settled before the reports are written again, which hold the status."""
        asked = [gate for gate in self._promotable if gate.asked and self.policy != "never"]
        unmoved = any(self.results[gate.gate.name].status != "promoted" for gate in asked)
        if unmoved and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _conclude(self, session: pytest.Session) -> None:
        decisions = self._decisions()
        self.terminal.outcomes(decisions)
        if self.decision_path is not None:
            from pytest_mlflow_gate.reporting.decision_file import document  # noqa: PLC0415 - on request only

            status = int(session.exitstatus)
            try:
                self.decision_path.write_text(
                    document(decisions, self.witness.conduct(status).tests, status, time.time()),
                    encoding="utf-8",
                )
            except OSError as error:
                self.terminal.warn(f"--mlflow-gate-decision {self.decision_path}: {error.strerror}")
                session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    # The terminal

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, object] | None:
        """Show the numbers of a passed check under ``-v``."""
        return self.terminal.status(report)

    def pytest_terminal_summary(self) -> None:
        """Print each gate's table."""
        if self.runs:
            self.terminal.summary(self._decisions())

    # Values

    def _judged(self, gate: Gate) -> Mapping[str, Finding]:
        """Judge every check that a gate declares, once; empty while nobody needed its candidate."""
        candidate = self.candidates.all().get(gate.name)
        if candidate is None:
            return {}
        if gate.name not in self._findings:
            self._findings[gate.name] = {finding.check: finding for finding in judge_gate(gate, candidate)}
        return self._findings[gate.name]

    @property
    def _promotable(self) -> list[SessionGate]:
        return [gate for gate in self.gates if gate.gate.promotion is not None]

    def _verdicts(self, session: pytest.Session) -> dict[str, Verdict]:
        judged = [
            Judged(
                gate=gate.gate.name,
                declared=tuple(gate.gate.check_names()),
                findings=self._judged(gate.gate),
                token=self.token,
                unchanged=_digest(gate.file) == gate.gate.digest,
            )
            for gate in self.gates
        ]
        # A plugin that counts a failure without a report of it (a coverage limit) has only this number.
        exit_status = int(session.exitstatus) or int(bool(session.testsfailed))
        verdicts = decide(judged, self.witness.conduct(exit_status), self.policy)
        return {verdict.gate: verdict for verdict in verdicts}

    def _decisions(self) -> tuple[Decision, ...]:
        decisions = []
        for gate in self.gates:
            candidate = self.candidates.all().get(gate.gate.name)
            decisions.append(
                Decision(
                    gate=gate.gate,
                    tracking_uri=shown_uri(gate),
                    candidate=None if isinstance(candidate, str) else candidate,
                    findings=tuple(self._judged(gate.gate).values()),
                    result=self.results.get(gate.gate.name, Result("none", "")),
                )
            )
        return tuple(decisions)


class _Outermost:
    """Session finish outside of everybody else's; exists only once the run loop came to its end."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        yield
        self.controller.promote(session)


def _judged_only(gate: SessionGate) -> Result:
    promotion = gate.gate.promotion
    target = f"{promotion.model} {promotion.destination}" if promotion else ""
    return Result("dry-run", f"judged only, --mlflow-gate {gate.gate.path} promotes to {target}")


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
