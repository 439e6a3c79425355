"""
What becomes of the gates of a session: decided when the run loop ends, moved when the exit status is final.

Nothing is written to MLflow before every other plugin has had its say about the exit status; whoever turns it
red afterwards has the promotion put back.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.decision import Result, SessionDecision
from pytest_mlflow_gate.promotion.provenance import provenance
from pytest_mlflow_gate.promotion.verdict import Judged, decide
from pytest_mlflow_gate.pytest_glue import publishing
from pytest_mlflow_gate.pytest_glue.account import UNFINISHED
from pytest_mlflow_gate.pytest_glue.extending import PromotionHooks
from pytest_mlflow_gate.pytest_glue.run_report import RunReports
from pytest_mlflow_gate.pytest_glue.testcases import PromotionCases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pytest_mlflow_gate.promotion.candidacy import Candidacy
    from pytest_mlflow_gate.promotion.prepare import Survey
    from pytest_mlflow_gate.promotion.together import Moved
    from pytest_mlflow_gate.promotion.verdict import Policy, Verdict
    from pytest_mlflow_gate.pytest_glue.account import Account
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.pytest_glue.publishing import OutputFile
    from pytest_mlflow_gate.pytest_glue.report_files import ReportFile
    from pytest_mlflow_gate.pytest_glue.terminal import Terminal
    from pytest_mlflow_gate.pytest_glue.testcases import Outcome

_BROKEN = Result("withheld", "the session broke before it came to a decision")
_TRIED = "nothing moves with --mlflow-gate-set"


class Decider:
    """Holds findings and conduct together, and acts on what comes out; what it comes to is in the account."""

    def __init__(  # noqa: PLR0913 - what a decision is made from, each by its name
        self,
        config: pytest.Config,
        account: Account,
        terminal: Terminal,
        *,
        policy: Policy,
        token: str,
        files: tuple[OutputFile, ...],
        report_files: tuple[ReportFile, ...],
    ) -> None:
        self.account = account
        self.terminal = terminal
        self.policy = policy
        self.token = token
        self.files = files
        self.testcases = PromotionCases(config, account.witness, report_files)
        self.hooks = PromotionHooks(config)
        self.reports = RunReports(config, account, policy)
        self._surveys: tuple[Survey, ...] = ()
        self._moved: tuple[Moved, ...] = ()
        self._status_then = 0

    def prepare(self, session: pytest.Session) -> None:
        """Decide, and read all that the moves of what is granted need; what is refused becomes a testcase."""
        granted = self._granted(self._verdicts(session))
        if granted:
            # Judging alone does not pay for these.
            from pytest_mlflow_gate.promotion import results, together  # noqa: PLC0415

            if self.policy == "never":
                outcomes = {candidacy.gate.name: results.dry_run(candidacy) for candidacy in granted}
            else:
                self._surveys, outcomes = together.prepare(granted, self.policy, self.hooks.veto)
            self.account.results |= outcomes
        if any(gate.gate.overrides for gate in self.account.gates):
            self.account.results = {
                name: result._replace(text=f"{result.text}; {_TRIED}")
                for name, result in self.account.results.items()
            }
        for gate in self._promotable:
            self._announce(session, gate)

    def close_unfinished(self, session: pytest.Session) -> None:
        """Close a session whose loop did not come to its end: nothing moves, and it is never green."""
        for gate in self._promotable:
            self.account.results.setdefault(
                gate.gate.name, Result("withheld", "the session did not run to its end")
            )
        self._never_green_unless_promoted(session)
        self._conclude(session)

    def promote(self, session: pytest.Session) -> None:
        """Decide once more at the final exit status, move, and make all reports true, whatever happens."""
        for gate in self._promotable:
            self.account.results.setdefault(gate.gate.name, _BROKEN)
        planned = {found.candidacy.gate.name for found in self._surveys}
        self.account.results |= dict.fromkeys(planned, UNFINISHED)
        try:
            verdicts = self._verdicts(session)
            if self._surveys:
                from pytest_mlflow_gate.promotion import together  # noqa: PLC0415 - as above

                done, self._moved = together.carry_out(
                    self._surveys, verdicts, self.policy, provenance(os.environ), time.time()
                )
                self.account.results |= done
            self._record_rejections(verdicts)
            for line in self.reports.prepare(verdicts, self.account.results):
                self.terminal.warn(line)
        finally:
            self._bring_up_to_date(session, planned)
            self._status_then = int(session.exitstatus)

    def take_back(self, session: pytest.Session, why: str) -> None:
        """Put back what was moved, because the session is not green after all; say so everywhere."""
        if not self._moved:
            return
        from pytest_mlflow_gate.promotion import together  # noqa: PLC0415 - as above

        moved, self._moved = self._moved, ()
        self.account.results |= together.take_back(moved, why)
        self._bring_up_to_date(session, {change.gate for change in moved})

    def tell(self) -> None:
        """Tell other plugins what was promoted and stands."""
        gates = {gate.gate.name: gate.gate for gate in self.account.gates}
        for change in self._moved:
            for line in self.hooks.promoted(gates[change.gate], change.result):
                self.terminal.warn(line)

    def conclusion(self, session: pytest.Session) -> SessionDecision:
        """Return what stands when nothing can be put back any more, of a session that broke too."""
        for gate in self._promotable:
            self.account.results.setdefault(gate.gate.name, _BROKEN)
        return self._decided(session)

    def keep_reports(self, session: pytest.Session) -> None:
        """Write the reports that belong to the runs; only for what nobody can put back any more."""
        for line in self.reports.keep(self._decided(session)):
            self.terminal.warn(line)

    def turned_red(self, session: pytest.Session) -> bool:
        """Whether the exit status became another one after the promotion."""
        return int(session.exitstatus) not in (0, self._status_then)

    @property
    def _promotable(self) -> list[SessionGate]:
        return [gate for gate in self.account.gates if gate.gate.promotion is not None]

    def _granted(self, verdicts: Mapping[str, Verdict]) -> list[Candidacy]:
        """Return what may be promoted as far as the verdicts go; every other gate has its result then."""
        granted = []
        for gate in self._promotable:
            name = gate.gate.name
            if self.account.backtests is not None:
                self.account.results[name] = self.account.backtests.result(gate.gate)
            elif not verdicts[name].granted and (gate.asked or verdicts[name].failed):
                self.account.results[name] = Result.withheld(verdicts[name])
            elif not gate.asked:
                self.account.results[name] = _judged_only(gate)
            else:
                granted.append(self.account.candidates.candidacy(gate, self.account.judged(gate.gate)))
        return granted

    def _announce(self, session: pytest.Session, gate: SessionGate) -> None:
        result = self.account.results.get(gate.gate.name)
        # A session that was told to leave out the one item of a backtest ran nothing, and is to say so.
        if result is None or (self.account.backtests is not None and not self.account.judged(gate.gate)):
            return
        # Nobody waits for a dry run, and a session that shows a failure needs no second one to be red.
        skipped = (
            not gate.asked
            or result.status == "dry-run"
            or self.policy == "never"
            or (result.status == "withheld" and self.account.witness.saw_failure)
        )
        self.testcases.announce(session, gate, "skipped" if skipped else "failed", result.text)

    def _verdicts(self, session: pytest.Session) -> dict[str, Verdict]:
        judged = [
            Judged(
                gate=gate.gate.name,
                declared=tuple(gate.gate.check_names()),
                findings=self.account.judged(gate.gate),
                token=self.token,
                unchanged=_digest(gate.file) == gate.gate.digest,
            )
            for gate in self.account.gates
        ]
        # A plugin that counts a failure without a report of it (a coverage limit) has only this number.
        exit_status = int(session.exitstatus) or int(bool(session.testsfailed))
        if exit_status == pytest.ExitCode.TESTS_FAILED and self.testcases.failures == session.testsfailed:
            # Red for nothing but our own testcases, which are about single gates.
            exit_status = 0
        verdicts = decide(judged, self.account.witness.conduct(exit_status), self.policy)
        self.account.reasons = {
            verdict.gate: tuple(reason.text for reason in verdict.reasons) for verdict in verdicts
        }
        return {verdict.gate: verdict for verdict in verdicts}

    def _record_rejections(self, verdicts: Mapping[str, Verdict]) -> None:
        """Have the run of a gate remember that it was rejected, in sessions that were asked and complete."""
        for gate in self._promotable:
            asked = gate.asked and self.policy != "never"
            if not asked or not verdicts[gate.gate.name].rejects or self.account.candidate(gate) is None:
                continue
            from pytest_mlflow_gate.promotion import together  # noqa: PLC0415 - as above

            candidacy = self.account.candidates.candidacy(gate, self.account.judged(gate.gate))
            verdict = verdicts[gate.gate.name]
            failed = together.record_rejection(candidacy, verdict, provenance(os.environ), time.time())
            if failed:
                self.terminal.warn(f"mlflow-gate: {gate.gate.name}: the rejection is not recorded: {failed}")

    def _bring_up_to_date(self, session: pytest.Session, changed: Iterable[str]) -> None:
        self._never_green_unless_promoted(session)
        names = set(changed)
        for gate in self._promotable:
            if gate.gate.name in names:
                result = self.account.results[gate.gate.name]
                outcome: Outcome = "passed" if result.status == "promoted" else "failed"
                self.testcases.amend(gate, outcome, result.text, result.left)
        self._conclude(session)

    def _never_green_unless_promoted(self, session: pytest.Session) -> None:
        """Exit 0 means promoted; settled before the reports are written again, which hold the status."""
        asked = [gate for gate in self._promotable if gate.asked and self.policy != "never"]
        unmoved = any(self.account.results[gate.gate.name].status != "promoted" for gate in asked)
        if unmoved and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _conclude(self, session: pytest.Session) -> None:
        decided = self._decided(session)
        self.testcases.rewrite(session)
        self.terminal.outcomes(self.account.gates, decided.gates)
        for problem in publishing.write(self.files, decided):
            self.terminal.warn(problem)
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        # A file that could not be written makes the session fail, which those before it do not say yet.
        self.testcases.rewrite(session)

    def _decided(self, session: pytest.Session) -> SessionDecision:
        return self.account.decided(int(session.exitstatus))


def _judged_only(gate: SessionGate) -> Result:
    promotion = gate.gate.promotion
    target = promotion.target if promotion else ""
    return Result("dry-run", f"judged only, --mlflow-gate {gate.gate.path} promotes to {target}")


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
