"""
Listens to the whole session and remembers everything bad, first-hand.

pytest's own counters can be set back by anybody; what was seen here stays seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.promotion.evidence import Conduct, OrdinaryTests, Phase, Trouble
from pytest_mlflow_gate.pytest_glue.collection import EVIDENCE, CheckItem
from pytest_mlflow_gate.pytest_glue.worker import SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_MAIN = "main"
_MODES = {
    "setuponly": "--setup-only runs no check",
    "setupplan": "--setup-plan runs no check",
    "lf": "--lf runs a selection of what failed before",
    "stepwise": "--sw stops and selects",
    "usepdb": "--pdb lets a person intervene",
    "trace": "--trace lets a person intervene",
}
_KNOWN_OUTCOMES = ("passed", "skipped", "failed")


class Witness:
    """
    A pytest plugin for the controller; `conduct` is what it saw so far.

    Attributes:
        saw_failure: Whether pytest shows a failure or an error, so that nobody takes the session for green.
    """

    def __init__(self, config: pytest.Config, digests: dict[str, str]) -> None:
        self.config = config
        self.digests = digests
        self.finished = False
        self.ours: set[str] = set()
        self._phases: dict[str, dict[tuple[str, str], tuple[Phase, ...]]] = {}
        self._courses: dict[tuple[Phase, ...], tuple[Phase, ...]] = {}
        self._troubles: list[Trouble] = []
        self._collected: dict[str, set[str]] = {}
        self._reported: dict[str, set[str]] = {}
        self._counts = dict.fromkeys(("passed", "failed", "skipped", "xfailed"), 0)
        self._deselected: dict[str, int] = {}
        self._warnings = 0
        self.saw_failure = False

    def conduct(self, exit_status: int) -> Conduct:
        """Return what was seen, together with the session's exit status at this moment."""
        return Conduct(
            phases=self._phases,
            troubles=tuple(self._troubles),
            modes=tuple(self._modes()),
            unreported=tuple(sorted(self._unreported())),
            finished=self.finished,
            exit_status=exit_status,
            tests=OrdinaryTests(**self._counts, deselected=max(self._deselected.values(), default=0)),
        )

    def expect(self, items: Sequence[pytest.Item]) -> None:
        """Remember what this process is about to run."""
        self._collected[_MAIN] = {item.nodeid for item in items}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down one phase of one item."""
        if report.nodeid in self.ours:
            return
        node = getattr(report, "node", None)
        process = node.gateway.id if node is not None else _MAIN
        if report.when == "teardown":
            self._reported.setdefault(process, set()).add(report.nodeid)
        evidence: dict[str, str] | None = getattr(report, EVIDENCE, None)
        expected_failure = hasattr(report, "wasxfail")
        gate = evidence["gate"] if evidence else None
        if evidence:
            phase = Phase(
                str(report.when), str(report.outcome), xfail=expected_failure, token=evidence.get("token")
            )
            of_process = self._phases.setdefault(process, {})
            key = (evidence["gate"], evidence["check"])
            course = (*of_process.get(key, ()), phase)
            # Ten thousand checks take the same course: one tuple for all is less for the garbage collector.
            of_process[key] = self._courses.setdefault(course, course)
        else:
            self._count(report, expected_failure=expected_failure)
        if report.outcome == "failed":
            self._trouble(f"{report.nodeid} failed", gate, failure=True)
        elif report.outcome not in _KNOWN_OUTCOMES:
            self._trouble(f"{report.nodeid} was reported as {report.outcome}", gate)
        elif expected_failure and report.outcome == "passed":
            self._trouble(f"{report.nodeid} passed although it was expected to fail", gate)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take down what could not be collected."""
        if report.failed:
            self._trouble(f"{report.nodeid} could not be collected", None)
            self.saw_failure = True

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count ordinary tests that the user left out; gate checks that are missing show by themselves."""
        ordinary = sum(not isinstance(item, CheckItem) for item in items)
        self._deselected[_MAIN] = self._deselected.get(_MAIN, 0) + ordinary

    def pytest_warning_recorded(self) -> None:
        """Count warnings: pytest itself holds them against --max-warnings only when reports are written."""
        self._warnings += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self) -> None:
        """Take down that pytest or a plugin broke."""
        self._trouble("pytest had an internal error", None)
        self.saw_failure = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Take down Ctrl-C and pytest.exit."""
        self._trouble("the session was interrupted", None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Collection[str]) -> None:  # noqa: ANN401
        """Remember what a worker collected."""
        self._collected[node.gateway.id] = set(ids)

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ANN401
        """Take down workers that died, or left without the signature that everything was in order."""
        signature = getattr(node, "workeroutput", {}).get(SIGNATURE)
        worker = node.gateway.id
        if error or not signature:
            self._trouble(f"worker {worker} died", None)
            return
        self._deselected[worker] = signature["deselected"]
        if signature["exit_status"] not in (0, 1, 5):
            self._trouble(f"worker {worker} ended with exit status {signature['exit_status']}", None)
        if signature["digests"] != self.digests:
            self._trouble(f"worker {worker} read other gate files", None)

    def _modes(self) -> Iterator[str]:
        yield from (why for mode, why in _MODES.items() if self.config.getoption(mode, default=False))
        if hasattr(self.config.option, "max_warnings"):  # pytest 9.1 and newer
            limit = self.config.option.max_warnings
            limit = self.config.getini("max_warnings") if limit is None else limit
            if limit is not None and self._warnings > int(limit):
                yield f"{self._warnings} warnings are more than the {limit} that max_warnings allows"

    def _trouble(self, text: str, gate: str | None, *, failure: bool = False) -> None:
        self._troubles.append(Trouble(text, gate, failure))
        self.saw_failure = self.saw_failure or failure

    def _count(self, report: pytest.TestReport, *, expected_failure: bool) -> None:
        if report.outcome == "failed":
            self._counts["failed"] += 1
        elif report.outcome == "skipped":
            self._counts["xfailed" if expected_failure else "skipped"] += 1
        elif report.when == "call":
            self._counts["passed"] += 1

    def _unreported(self) -> set[str]:
        distributed = set(self._collected) - {_MAIN}
        if not distributed:
            return self._collected.get(_MAIN, set()) - self._reported.get(_MAIN, set())
        collected = set().union(*self._collected.values())
        reported = set().union(*self._reported.values())
        if self.config.getoption("dist", default="no") != "each":
            return collected - reported
        return {
            nodeid
            for worker in distributed
            for nodeid in self._collected[worker] - self._reported.get(worker, set())
        }
