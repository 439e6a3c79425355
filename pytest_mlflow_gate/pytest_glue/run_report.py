"""
The reports of gates with ``report: artifact``: page and decision on the run, a table on the version.

Written when the session is over and nothing can be put back any more, by sessions that were asked to promote
and are complete. What is on record about a promotion are its tags; a report that cannot be written is a line
on the terminal, and changes neither the promotion nor the exit status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.pytest_glue.publishing import require_page_engine
from pytest_mlflow_gate.tracking.store import StoreError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

    from pytest_mlflow_gate.promotion.decision import Decision, Result, SessionDecision
    from pytest_mlflow_gate.promotion.verdict import Policy, Verdict
    from pytest_mlflow_gate.pytest_glue.account import Account
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion


def require_engine(gates: tuple[SessionGate, ...]) -> None:
    """
    Refuse to begin what could not be ended.

    Raises:
        pytest.UsageError: If a gate that was asked for wants a report, and what makes the page is missing.
    """
    for gate in gates:
        if gate.asked and gate.gate.report == "artifact":
            require_page_engine(f"{gate.gate.path}: report: artifact")


class RunReports:
    """The session's reports on runs; reads the past of its candidates, which their pages and others draw."""

    def __init__(
        self,
        config: pytest.Config,
        account: Account,
        policy: Policy,
    ) -> None:
        self._account = account
        self._policy = policy
        self._has_page = config.getoption("mlflow_gate_report", default=None) is not None
        self._wanted: tuple[SessionGate, ...] = ()

    def prepare(self, verdicts: Mapping[str, Verdict], results: Mapping[str, Result]) -> Iterator[str]:
        """
        Settle whose run gets a report, and read what pages draw; yield a line for what could not be read.

        Args:
            verdicts: By the gate's name, at the session's final exit status.
            results: What became of the promotions, by the gate's name.
        """
        self._wanted = tuple(gate for gate in self._account.gates if self._keeps(gate, verdicts, results))
        gone: dict[Store, Unreachable] = {}
        for gate in self._account.gates if self._has_page else self._wanted:
            found = self._account.candidate(gate)
            if found is None or (store := self._account.candidates.store(gate)) in gone:
                continue
            from pytest_mlflow_gate.tracking.past import past_runs  # noqa: PLC0415 - for pages only

            try:
                self._account.past[gate.gate.name] = past_runs(gate.gate.candidate, found.run, store)
            except StoreError as error:
                if isinstance(error, Unreachable):
                    gone[store] = error
                yield f"mlflow-gate: {gate.gate.name}: the page has no earlier runs: {error}"

    def keep(self, decided: SessionDecision) -> Iterator[str]:
        """Write the reports, and yield a line for each that could not be written."""
        decisions = {decision.gate.name: decision for decision in decided.gates}
        gone: dict[Store, Unreachable] = {}
        for gate in self._wanted:
            name = gate.gate.name
            store = self._account.candidates.store(gate)
            try:
                # Nobody waits for the same silence twice.
                if store in gone:
                    raise gone[store]
                _write(decided._replace(gates=(decisions[name],)), store)
            except StoreError as error:
                if isinstance(error, Unreachable):
                    gone[store] = error
                yield f"mlflow-gate: {name}: the report is not on the run: {error}"
                continue
            try:
                if not _describe(decisions[name], decided.time, store):
                    yield f"mlflow-gate: {name}: the version's description has no room for the report"
            except StoreError as error:
                yield f"mlflow-gate: {name}: the report is not in the version's description: {error}"

    def _keeps(
        self, gate: SessionGate, verdicts: Mapping[str, Verdict], results: Mapping[str, Result]
    ) -> bool:
        """Whether a gate's run gets a report: after a whole session that was asked to promote."""
        name = gate.gate.name
        if gate.gate.report != "artifact" or not gate.asked or self._policy == "never":
            return False
        if self._account.candidate(gate) is None:
            return False
        verdict = verdicts[name]
        if gate.gate.promotion is None:
            return verdict.granted or verdict.rejects
        return verdict.rejects or results[name].status in ("promoted", "awaiting", "failed")


def _write(decided: SessionDecision, store: Store) -> None:
    """Put the page and the decision of one gate among the files of the candidate's run."""
    from pytest_mlflow_gate.reporting.decision_file import document  # noqa: PLC0415 - on request only
    from pytest_mlflow_gate.reporting.page import page  # noqa: PLC0415 - imports Jinja2
    from pytest_mlflow_gate.reporting.run_folder import DECISION, PAGE, run_folder  # noqa: PLC0415 - as above

    (decision,) = decided.gates
    if decision.candidate is None:
        raise ValueError(f"gate {decision.gate.name} has no run")
    folder, run = run_folder(decision.gate.name), decision.candidate.run
    store.log_text(run, f"{folder}/{PAGE}", page(decided))
    store.log_text(run, f"{folder}/{DECISION}", document(decided))


def _describe(decision: Decision, time: float, store: Store) -> bool:
    """Put the table into the description of each version it is about; tell whether there was room."""
    from pytest_mlflow_gate.reporting.description import with_report  # noqa: PLC0415 - on request only

    fits = True
    for version in _versions(decision, store):
        text = with_report(version.description, decision, time)
        if text is None:
            fits = False
        else:
            store.set_version_description(version.model, version.version, text)
    return fits


def _versions(decision: Decision, store: Store) -> Iterator[ModelVersion]:
    """Yield the versions that a decision is about, as they are now."""
    promotion, result = decision.gate.promotion, decision.result
    if promotion is None or result.version is None:
        # A registered version was under test.
        version = decision.candidate and decision.candidate.version
        if version and (found := store.model_version(version.model, version.version)):
            yield found
        return
    if result.status == "failed" and promotion.copy_to:
        # Which of the two the number is of depends on how far it came.
        return
    model = promotion.model if result.status == "awaiting" else promotion.target_model
    found = store.model_version(model, result.version)
    if found is None:
        return
    yield found
    source, _, number = found.source.rpartition("/")
    if promotion.copy_to and source == f"models:/{promotion.model}":
        origin = store.model_version(promotion.model, number)
        if origin is not None:
            yield origin
