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

from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.promotion.decision import Decision, Result, SessionDecision
from pytest_mlflow_gate.promotion.provenance import provenance
from pytest_mlflow_gate.promotion.verdict import Judged, decide
from pytest_mlflow_gate.pytest_glue import publishing
from pytest_mlflow_gate.pytest_glue.candidates import shown_uri
from pytest_mlflow_gate.pytest_glue.extending import PromotionHooks
from pytest_mlflow_gate.pytest_glue.testcases import PromotionCases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.prepare import Survey
    from pytest_mlflow_gate.promotion.together import Moved
    from pytest_mlflow_gate.promotion.verdict import Policy, Verdict
    from pytest_mlflow_gate.pytest_glue.candidates import ResolvedCandidates
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.pytest_glue.publishing import OutputFile
    from pytest_mlflow_gate.pytest_glue.terminal import Terminal
    from pytest_mlflow_gate.pytest_glue.testcases import Outcome
    from pytest_mlflow_gate.pytest_glue.witness import Witness


class Decider:
    """
    Holds findings and conduct together, and acts on what comes out.

    Attributes:
        results: What became of each gate's promotion so far, by the gate's name.
    """

    def __init__(  # noqa: PLR0913 - what a decision is made from, each by its name
        self,
        config: pytest.Config,
        gates: tuple[SessionGate, ...],
        candidates: ResolvedCandidates,
        witness: Witness,
        terminal: Terminal,
        *,
        policy: Policy,
        token: str,
        files: tuple[OutputFile, ...],
    ) -> None:
        self.gates = gates
        self.candidates = candidates
        self.witness = witness
        self.terminal = terminal
        self.policy = policy
        self.token = token
        self.files = files
        self.testcases = PromotionCases(config, witness)
        self.hooks = PromotionHooks(config)
        self.results: dict[str, Result] = {}
        self._surveys: tuple[Survey, ...] = ()
        self._moved: tuple[Moved, ...] = ()
        self._status_then = 0
        self._findings: dict[str, dict[str, Finding]] = {}

    def judged(self, gate: Gate) -> Mapping[str, Finding]:
        """Judge every check that a gate declares, once; empty while nobody needed its candidate."""
        candidate = self.candidates.all().get(gate.name)
        if candidate is None:
            return {}
        if gate.name not in self._findings:
            self._findings[gate.name] = {finding.check: finding for finding in judge_gate(gate, candidate)}
        return self._findings[gate.name]

    def prepare(self, session: pytest.Session) -> None:
        """Decide, and read all that the moves of what is granted need; what is refused becomes a testcase."""
        verdicts = self._verdicts(session)
        dry, moving = [], []
        for gate in self._promotable:
            name = gate.gate.name
            if not verdicts[name].granted and (gate.asked or verdicts[name].failed):
                self.results[name] = Result.withheld(verdicts[name])
            elif not gate.asked:
                self.results[name] = _judged_only(gate)
            elif self.policy == "never":
                dry.append(self.candidates.candidacy(gate, self.judged(gate.gate)))
            else:
                moving.append(self.candidates.candidacy(gate, self.judged(gate.gate)))
        if dry or moving:
            # Judging alone does not pay for these.
            from pytest_mlflow_gate.promotion import results, together  # noqa: PLC0415

            self.results |= {candidacy.gate.name: results.dry_run(candidacy) for candidacy in dry}
            self._surveys, refused = together.prepare(moving, self.policy, self.hooks.veto)
            self.results |= refused
        for gate in self._promotable:
            result = self.results.get(gate.gate.name)
            if result is None:
                continue
            # Nobody waits for a dry run, and a session that shows a failure needs no second one to be red.
            skipped = (
                not gate.asked
                or result.status == "dry-run"
                or self.policy == "never"
                or (result.status == "withheld" and self.witness.saw_failure)
            )
            self.testcases.announce(session, gate, "skipped" if skipped else "failed", result.text)

    def close_unfinished(self, session: pytest.Session) -> None:
        """Close a session whose loop did not come to its end: nothing moves, and it is never green."""
        for gate in self._promotable:
            self.results.setdefault(gate.gate.name, Result("withheld", "the session did not run to its end"))
        self._never_green_unless_promoted(session)
        self._conclude(session)

    def promote(self, session: pytest.Session) -> None:
        """Decide once more at the final exit status, move, and make all reports true, whatever happens."""
        for gate in self._promotable:
            broken = Result("withheld", "the session broke before it came to a decision")
            self.results.setdefault(gate.gate.name, broken)
        planned = {found.candidacy.gate.name for found in self._surveys}
        self.results |= dict.fromkeys(planned, Result("failed", "the promotion did not come to its end"))
        try:
            verdicts = self._verdicts(session)
            if self._surveys:
                from pytest_mlflow_gate.promotion import together  # noqa: PLC0415 - as above

                done, self._moved = together.carry_out(
                    self._surveys, verdicts, self.policy, provenance(os.environ), time.time()
                )
                self.results |= done
            self._record_rejections(verdicts)
        finally:
            self._bring_up_to_date(session, planned)
            self._status_then = int(session.exitstatus)

    def take_back(self, session: pytest.Session, why: str) -> None:
        """Put back what was moved, because the session is not green after all; say so everywhere."""
        if not self._moved:
            return
        from pytest_mlflow_gate.promotion import together  # noqa: PLC0415 - as above

        moved, self._moved = self._moved, ()
        self.results |= together.take_back(moved, why)
        self._bring_up_to_date(session, {change.gate for change in moved})

    def tell(self) -> None:
        """Tell other plugins what was promoted and stands."""
        gates = {gate.gate.name: gate.gate for gate in self.gates}
        for change in self._moved:
            for line in self.hooks.promoted(gates[change.gate], change.result):
                self.terminal.warn(line)

    def turned_red(self, session: pytest.Session) -> bool:
        """Whether the exit status became another one after the promotion."""
        return int(session.exitstatus) not in (0, self._status_then)

    def decisions(self) -> tuple[Decision, ...]:
        """Return everything that there is to say about each gate."""
        decisions = []
        for gate in self.gates:
            candidate = self.candidates.all().get(gate.gate.name)
            decisions.append(
                Decision(
                    gate=gate.gate,
                    tracking_uri=shown_uri(gate),
                    candidate=None if isinstance(candidate, str) else candidate,
                    findings=tuple(self.judged(gate.gate).values()),
                    result=self.results.get(gate.gate.name, Result("none", "")),
                )
            )
        return tuple(decisions)

    @property
    def _promotable(self) -> list[SessionGate]:
        return [gate for gate in self.gates if gate.gate.promotion is not None]

    def _verdicts(self, session: pytest.Session) -> dict[str, Verdict]:
        judged = [
            Judged(
                gate=gate.gate.name,
                declared=tuple(gate.gate.check_names()),
                findings=self.judged(gate.gate),
                token=self.token,
                unchanged=_digest(gate.file) == gate.gate.digest,
            )
            for gate in self.gates
        ]
        # A plugin that counts a failure without a report of it (a coverage limit) has only this number.
        exit_status = int(session.exitstatus) or int(bool(session.testsfailed))
        if exit_status == pytest.ExitCode.TESTS_FAILED and self.testcases.failures == session.testsfailed:
            # Red for nothing but our own testcases, which are about single gates.
            exit_status = 0
        verdicts = decide(judged, self.witness.conduct(exit_status), self.policy)
        return {verdict.gate: verdict for verdict in verdicts}

    def _record_rejections(self, verdicts: Mapping[str, Verdict]) -> None:
        """Have the run of a gate remember that it was rejected, in sessions that were asked and complete."""
        for gate in self._promotable:
            candidate = self.candidates.all().get(gate.gate.name)
            asked = gate.asked and self.policy != "never"
            if (
                not asked
                or not verdicts[gate.gate.name].rejects
                or candidate is None
                or isinstance(candidate, str)
            ):
                continue
            from pytest_mlflow_gate.promotion import together  # noqa: PLC0415 - as above

            candidacy = self.candidates.candidacy(gate, self.judged(gate.gate))
            verdict = verdicts[gate.gate.name]
            failed = together.record_rejection(candidacy, verdict, provenance(os.environ), time.time())
            if failed:
                self.terminal.warn(f"mlflow-gate: {gate.gate.name}: the rejection is not recorded: {failed}")

    def _bring_up_to_date(self, session: pytest.Session, changed: Iterable[str]) -> None:
        self._never_green_unless_promoted(session)
        names = set(changed)
        for gate in self._promotable:
            if gate.gate.name in names:
                result = self.results[gate.gate.name]
                outcome: Outcome = "passed" if result.status == "promoted" else "failed"
                self.testcases.amend(gate, outcome, result.text, result.left)
        if names:
            self.testcases.rewrite(session)
        self._conclude(session)

    def _never_green_unless_promoted(self, session: pytest.Session) -> None:
        """Exit 0 means promoted; settled before the reports are written again, which hold the status."""
        asked = [gate for gate in self._promotable if gate.asked and self.policy != "never"]
        unmoved = any(self.results[gate.gate.name].status != "promoted" for gate in asked)
        if unmoved and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _conclude(self, session: pytest.Session) -> None:
        decisions = self.decisions()
        self.terminal.outcomes(self.gates, decisions)
        status = int(session.exitstatus)
        decided = SessionDecision(decisions, self.witness.conduct(status).tests, status, time.time())
        for problem in publishing.write(self.files, decided):
            self.terminal.warn(problem)
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def _judged_only(gate: SessionGate) -> Result:
    promotion = gate.gate.promotion
    target = promotion.target if promotion else ""
    return Result("dry-run", f"judged only, --mlflow-gate {gate.gate.path} promotes to {target}")


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
