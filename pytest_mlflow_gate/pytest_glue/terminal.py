"""What a session with gates prints."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_mlflow_gate.pytest_glue.collection import EVIDENCE
from pytest_mlflow_gate.reporting import terminal
from pytest_mlflow_gate.tracking.opening import tls_warning
from pytest_mlflow_gate.tracking.store import StoreError
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from pytest_mlflow_gate.promotion.decision import Decision, Result
    from pytest_mlflow_gate.promotion.verdict import Policy
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate

_COLOURS: dict[terminal.Tone, dict[str, bool]] = {
    "good": {"green": True, "bold": True},
    "bad": {"red": True},
    "doubtful": {"yellow": True},
    "plain": {},
}


class Terminal:
    """Prints through pytest's terminal reporter, and nothing where there is none."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._in_summary = False
        # What pytest's own lines and the testcases said about each promotion while the session ran.
        self._known: dict[str, Result] = {}

    def header(self, gates: Sequence[SessionGate], policy: Policy) -> list[str]:
        """Return a line for each gate (file, checks, goal), limit that an option tries, and server."""
        lines, servers = [], []
        for gate in gates:
            promotion = gate.gate.promotion
            if promotion is None:
                goal = "only judges"
            elif not gate.asked or policy == "never":
                goal = f"dry run for {promotion.target}"
            else:
                goal = f"promotes to {promotion.target}"
            checks = len(gate.gate.checks)
            count = "1 check" if checks == 1 else f"{checks} checks"
            lines.append(f"mlflow-gate: {gate.gate.name} ({gate.gate.path}), {count}, {goal}")
            lines += (f"mlflow-gate: {gate.gate.name}: {tried.sentence}" for tried in gate.gate.overrides)
            if gate.tracking is not None:
                servers.append(f"mlflow-gate: tracking {mask(gate.tracking.uri)} ({gate.tracking.origin})")
        return [*lines, *dict.fromkeys(servers), *tls_warnings(gates)]

    def status(self, report: pytest.TestReport) -> tuple[str, str, object] | None:
        """Return pytest's word for a passed check with its numbers; None leaves it to pytest."""
        evidence: dict[str, str] | None = getattr(report, EVIDENCE, None)
        if not evidence or report.when != "call" or report.outcome != "passed" or "shown" not in evidence:
            return None
        if self._in_summary:
            # The lines of -rA are searched by programs for the bare word.
            return None
        return "passed", ".", (f"PASSED ({evidence['shown']})", {"green": True})

    def summary(self, decisions: Sequence[Decision]) -> None:
        """Print each gate's table, before pytest's own last line."""
        self._in_summary = True
        self._known = {decision.gate.name: decision.result for decision in decisions}
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or self.config.option.verbose < 0 or getattr(reporter, "no_summary", False):
            return
        columns = max(shutil.get_terminal_size().columns, terminal.NARROWEST)
        for decision in decisions:
            reporter.write_sep("-", f"mlflow gate {decision.gate.name}")
            for line in terminal.summary(decision, time.time(), columns):
                reporter.write_line(line.text, **_COLOURS[line.mood])

    def outcomes(self, gates: Sequence[SessionGate], decisions: Sequence[Decision]) -> None:
        """Print what became of each promotion, after everything else, and what makes it doubtful."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        for text in tls_warnings(gates):
            self.warn(text)
        verbosity = self.config.option.verbose
        told = terminal.in_one_line if verbosity == -1 else terminal.outcome
        for decision in decisions:
            if verbosity < -1 and self._says_nothing_new(decision):
                continue
            for line in told(decision):
                reporter.ensure_newline()
                reporter.write_line(line.text, **_COLOURS[line.mood])

    def warn(self, text: str) -> None:
        """Print one line that nobody should miss."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(text, red=True)

    def _says_nothing_new(self, decision: Decision) -> bool:
        """Whether exit status and testcases have told it all: what happens later shows nowhere else."""
        result = decision.result
        return result.status == "promoted" or result == self._known.get(decision.gate.name)


def tls_warnings(gates: Sequence[SessionGate]) -> list[str]:
    """Return a line for each pair of servers whose certificates are not verified."""
    found = []
    for gate in gates:
        if gate.tracking is not None:
            # A setting that is neither true nor false is what the candidate's own check will say.
            with suppress(StoreError):
                found.append(tls_warning(gate.tracking.uri, gate.registry_uri, os.environ))
    return [text for text in dict.fromkeys(found) if text is not None]
