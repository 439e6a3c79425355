"""The session's conversations with MLflow: one store for each pair of URIs, one candidate for each gate."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.candidacy import Candidacy
from pytest_mlflow_gate.tracking.opening import open_store
from pytest_mlflow_gate.tracking.resolve import NoCandidate, resolve
from pytest_mlflow_gate.tracking.store import StoreError
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import RegisteredModel, Snapshot

_FIRST_REPORT = 10.0


class ResolvedCandidates:
    """What the controller found, once; every check of the session sees this."""

    def __init__(self, config: pytest.Config) -> None:
        self._progress = Progress(config)
        self._stores: dict[tuple[str, str], Store] = {}
        self._found: dict[str, Snapshot | str] = {}
        self._began: dict[str, RegisteredModel | StoreError | None] = {}

    def all(self) -> Mapping[str, Snapshot | str]:
        """Return what was resolved so far, by the gate's name: a candidate, or why there is none."""
        return self._found

    def resolve(self, session_gate: SessionGate) -> None:
        """Find the candidate, and where it may be promoted what the registry says now; only once."""
        gate = session_gate.gate
        if gate.name in self._found:
            return
        try:
            store = self.store(session_gate)
            self._found[gate.name] = resolve(
                gate.candidate,
                store,
                needed=frozenset(check.metric for check in gate.checks),
                wait=gate.wait,
                progress=lambda text: self._progress.report(f"{gate.name}: {text}"),
            )
        except (NoCandidate, StoreError) as error:
            self._found[gate.name] = str(error)
            return
        finally:
            self._progress.finish()
        if session_gate.asked and gate.promotion is not None:
            try:
                self._began[gate.name] = store.registered_model(gate.promotion.target_model)
            except StoreError as error:
                self._began[gate.name] = error

    def candidacy(self, session_gate: SessionGate, findings: Mapping[str, Finding]) -> Candidacy:
        """Return what the promotion of a gate needs, and what the record of its rejection does."""
        gate = session_gate.gate
        snapshot = self._found[gate.name]
        if gate.promotion is None or isinstance(snapshot, str):
            raise TypeError(f"gate {gate.name} has nothing to promote")
        began = self._began[gate.name]
        found = tuple(findings.values())
        return Candidacy(gate, gate.promotion, snapshot, found, self.store(session_gate), began)

    def store(self, session_gate: SessionGate) -> Store:
        """
        Return the store of a gate, opened on first use.

        Raises:
            StoreError: If it cannot be opened.
        """
        if session_gate.tracking is None:
            raise ValueError("a session without a tracking URI runs nothing")
        tracking = session_gate.tracking.uri
        key = tracking, session_gate.registry_uri or tracking
        if key not in self._stores:
            self._stores[key] = open_store(*key, os.environ)
        return self._stores[key]

    def close(self) -> None:
        """Give back all connections."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()


def shown_uri(session_gate: SessionGate) -> str:
    """Return the gate's tracking URI without credentials."""
    return mask(session_gate.tracking.uri) if session_gate.tracking else ""


class Progress:
    """One line that is rewritten on a terminal; in a log file a new line at growing distances."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rewriting = False
        self._started = time.monotonic()
        self._next = _FIRST_REPORT

    def report(self, text: str) -> None:
        """Show *text*."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        elapsed = time.monotonic() - self._started
        if terminal.isatty:
            if not self._rewriting:
                terminal.ensure_newline()
            terminal.rewrite(text, erase=True)
            self._rewriting = True
        elif elapsed >= self._next or self._next == _FIRST_REPORT:
            self._next = max(elapsed * 2, _FIRST_REPORT) + 1
            terminal.ensure_newline()
            terminal.write_line(text)
            terminal.flush()

    def finish(self) -> None:
        """End the line that was being rewritten."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and self._rewriting:
            terminal.write_line("")
        self._rewriting = False
