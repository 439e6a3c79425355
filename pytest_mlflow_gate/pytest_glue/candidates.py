"""The session's conversations with MLflow: one store for each pair of URIs, one candidate for each gate."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.gatefile.needs import needs_of
from pytest_mlflow_gate.options import connections
from pytest_mlflow_gate.promotion.candidacy import Candidacy
from pytest_mlflow_gate.tracking.context import complete
from pytest_mlflow_gate.tracking.histories import Histories
from pytest_mlflow_gate.tracking.opening import open_store
from pytest_mlflow_gate.tracking.resolve import NoCandidate, resolve
from pytest_mlflow_gate.tracking.rivals import unread
from pytest_mlflow_gate.tracking.store import StoreError
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pytest

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import RegisteredModel

_FIRST_REPORT = 10.0
_FIRST_COUNT = 1.0
_COUNTING_PAUSE = 0.2


class _Resolved(NamedTuple):
    """
    What was found for one gate.

    Attributes:
        found: The candidate, or why there is none.
        began: Where it may be promoted, what the registry said of the model then; None where there was none.
    """

    found: Snapshot | str
    began: RegisteredModel | StoreError | None = None


class _RegisteredModels:
    """One gate's registered models, each asked for once: what it moves mostly is what it compares with."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answers: dict[str, RegisteredModel | StoreError | None] = {}

    def ask(self, name: str) -> RegisteredModel | StoreError | None:
        """Return the registered model, None where there is none, or why nobody knows."""
        if name not in self._answers:
            try:
                self._answers[name] = self._store.registered_model(name)
            except StoreError as error:
                self._answers[name] = error
        return self._answers[name]

    def get(self, name: str) -> RegisteredModel | None:
        """Return the same; raises what `ask` returns as an error."""
        answer = self.ask(name)
        if isinstance(answer, StoreError):
            raise answer
        return answer


class ResolvedCandidates:
    """What the controller found, once; every check of the session sees this."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._connections = connections(config)
        self._stores: dict[tuple[str, str | None], Store] = {}
        self._histories: dict[Store, Histories] = {}
        self._resolved: dict[str, _Resolved] = {}
        self._found: dict[str, Snapshot | str] = {}

    def all(self) -> Mapping[str, Snapshot | str]:
        """Return what was resolved so far, by the gate's name: a candidate, or why there is none."""
        return self._found

    def resolve_all(self, gates: Iterable[SessionGate]) -> None:
        """Find each gate's candidate, and where it may be promoted what the registry says now; only once."""
        missing = {gate.gate.name: gate for gate in gates if gate.gate.name not in self._found}
        progress = Progress(self._config, len(missing))
        resolved: dict[str, _Resolved] = {}

        def done(gate: SessionGate, result: _Resolved) -> None:
            resolved[gate.gate.name] = result
            progress.count()

        try:
            together = self._on_servers(missing.values()) if len(missing) > 1 else []
            if together:
                from pytest_mlflow_gate.pytest_glue.side_by_side import (  # noqa: PLC0415 - one gate needs no threads
                    side_by_side,
                )

                side_by_side(self._resolve, together, self._connections, hear=progress.report, done=done)
            for name, gate in missing.items():
                if name not in resolved:
                    done(gate, self._resolve(gate, progress.report, time.sleep))
        finally:
            progress.finish()
            for name in missing:
                if name in resolved:
                    self._resolved[name] = resolved[name]
                    self._found[name] = resolved[name].found

    def find_baselines(self, gates: Iterable[SessionGate]) -> None:
        """Find what candidates are compared with by Python tests, where no check compares them; only once."""
        for session_gate in gates:
            gate = session_gate.gate
            resolved = self._resolved[gate.name]
            if (
                gate.baseline is None
                or isinstance(resolved.found, str)
                or resolved.found.baseline is not None
            ):
                continue
            store = self.store(session_gate)
            needs = needs_of(gate._replace(checks=()))._replace(baseline=True)
            try:
                history = self._histories[store].get
                baseline = complete(
                    gate, resolved.found, needs, store, store.registered_model, history
                ).baseline
            except StoreError as error:
                baseline = unread(error)
            found = resolved.found._replace(baseline=baseline)
            self._resolved[gate.name] = resolved._replace(found=found)
            self._found[gate.name] = found

    def _resolve(
        self, session_gate: SessionGate, report: Callable[[str], None], sleep: Callable[[float], None]
    ) -> _Resolved:
        """Ask for all that a gate needs; threads do it side by side, so nothing of the session changes."""
        gate = session_gate.gate
        try:
            store = self.store(session_gate)
            needs = needs_of(gate)
            found = resolve(
                gate.candidate,
                store,
                needed=needs.metrics,
                wait=gate.wait,
                progress=lambda text: report(f"{gate.name}: {text}"),
                sleep=sleep,
            )
            models = _RegisteredModels(store)
            began = None
            if session_gate.asked and gate.promotion is not None:
                began = models.ask(gate.promotion.target_model)
            history = self._histories[store].get
            return _Resolved(complete(gate, found, needs, store, models.get, history), began)
        except NoCandidate as error:
            return _Resolved(str(error))
        except StoreError as error:
            command = f"python -m pytest_mlflow_gate explain {gate.path}"
            return _Resolved(f"{error}; `{command}` shows why it asks there")

    def _on_servers(self, gates: Iterable[SessionGate]) -> list[SessionGate]:
        """Return the gates that can be resolved side by side; to use MLflow's client changes the process."""
        from pytest_mlflow_gate.tracking.rest import RestStore  # noqa: PLC0415 - imports requests

        found = []
        for gate in gates:
            # What cannot be opened says so when it is this gate's turn.
            with suppress(StoreError):
                if isinstance(self.store(gate), RestStore):
                    found.append(gate)
        return found

    def candidacy(self, session_gate: SessionGate, findings: Mapping[str, Finding]) -> Candidacy:
        """Return what the promotion of a gate needs, and what the record of its rejection does."""
        gate = session_gate.gate
        snapshot, began = self._resolved[gate.name]
        if gate.promotion is None or isinstance(snapshot, str) or not session_gate.asked:
            raise TypeError(f"gate {gate.name} has nothing to promote")
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
        key = tracking, session_gate.registry_uri
        if key not in self._stores:
            self._stores[key] = open_store(*key, os.environ)
            self._histories[self._stores[key]] = Histories(self._stores[key])
        return self._stores[key]

    def close(self) -> None:
        """Give back all connections."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()
        self._histories.clear()


def shown_uri(session_gate: SessionGate) -> str:
    """Return the gate's tracking URI without credentials."""
    return mask(session_gate.tracking.uri) if session_gate.tracking else ""


class Progress:
    """
    How far the session's gates are, in the thread that owns the terminal.

    On a terminal one line is rewritten; in a log file there is a new line at growing distances. Gates are
    counted once somebody may wonder.
    """

    def __init__(self, config: pytest.Config, gates: int) -> None:
        self._config = config
        self._gates = gates
        self._resolved = 0
        self._rewriting = False
        self._started = time.monotonic()
        self._next = _FIRST_REPORT
        self._next_count = _FIRST_COUNT

    def count(self) -> None:
        """Count one more gate, and show the number when it is time."""
        self._resolved += 1
        elapsed = time.monotonic() - self._started
        last = self._resolved == self._gates and self._rewriting
        if self._gates > 1 and (last or elapsed >= self._next_count):
            self._next_count = elapsed + _COUNTING_PAUSE
            self._show(self._how_far)

    def report(self, text: str) -> None:
        """Show *text*, what one gate waits for."""
        self._show(f"{self._how_far}, {text}" if self._gates > 1 else text)

    def finish(self) -> None:
        """End the line that was being rewritten."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and self._rewriting:
            terminal.write_line("")
        self._rewriting = False

    @property
    def _how_far(self) -> str:
        return f"resolving gates: {self._resolved:,} of {self._gates:,}"

    def _show(self, text: str) -> None:
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
