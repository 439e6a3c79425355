"""The session's gates for Python tests: which one a test is about, its candidate, baseline and model."""

from __future__ import annotations

import os
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_mlflow_gate.fixtures import FIXTURES, MARKER
from pytest_mlflow_gate.gatefile.problems import did_you_mean
from pytest_mlflow_gate.pytest_glue.collection import CheckItem
from pytest_mlflow_gate.tracking.candidate import baseline_of, candidate_of
from pytest_mlflow_gate.tracking.snapshot import Missing, Snapshot
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_mlflow_gate.pytest_glue.gates import Judge, SessionGate
    from pytest_mlflow_gate.tracking.candidate import Candidate

_USAGE = f'@pytest.mark.{MARKER}("%s")'


class Unclear(Exception):
    """A test does not say which gate of the session it is about; one line with the remedy."""


class PythonTests:
    """
    What the fixtures give, on the process that runs the tests.

    Attributes:
        several: Whether a test has to say by the marker which gate it is about.
    """

    def __init__(self, gates: tuple[SessionGate, ...], judge: Judge) -> None:
        self.several = len(gates) > 1
        self._gates = {gate.gate.name: gate for gate in gates}
        self._judge = judge
        self._models: dict[str, object] = {}
        self._folders = ExitStack()

    # Hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Have ``-m mlflow_gate`` select all that is about gates: checks, and tests that use a fixture."""
        for item in _using(items):
            if item.get_closest_marker(MARKER) is None:
                item.add_marker(MARKER)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Fail a test whose marker names no gate, whatever it asks for."""
        marker = item.get_closest_marker(MARKER)
        if not isinstance(item, CheckItem) and marker is not None and (marker.args or marker.kwargs):
            self._of(item)

    def pytest_unconfigure(self) -> None:
        """Remove the files of models: some read them for as long as they are used."""
        self._models.clear()
        self._folders.close()

    # What fixtures ask

    def candidate(self, node: pytest.Item | pytest.Session) -> Candidate:
        """Return the candidate of the gate that a test is about."""
        gate, snapshot = self._found(node)
        return candidate_of(snapshot, gate.gate.promotion)

    def baseline(self, node: pytest.Item | pytest.Session) -> Candidate | None:
        """Return the baseline, or None where the gate has none or excuses that it is missing."""
        gate, _ = self._found(node)
        rival = self._judge.baseline(gate)
        if isinstance(rival, Missing):
            if rival.first:
                return None
            _fail(f"no baseline for gate {gate.gate.name}: {rival.why}")
        return None if rival is None else baseline_of(rival)

    def model(self, node: pytest.Item | pytest.Session) -> object:
        """Return the candidate's model, loaded once for each gate."""
        gate, snapshot = self._found(node)
        name = gate.gate.name
        if name not in self._models:
            uri = candidate_of(snapshot, gate.gate.promotion).model_uri
            if uri is None:
                _fail(f"gate {name}: {_nameless(snapshot)}")
            self._models[name] = self._load(gate, uri)
        return self._models[name]

    # What the controller asks before the first test

    def gates_of(self, items: Iterable[pytest.Item]) -> set[str]:
        """Return the names of the gates whose fixtures these tests use."""
        names = set()
        for item in _using(items):
            try:
                names.add(self._choose(item).gate.name)
            except Unclear:
                # It fails when it runs, and says so.
                continue
        return names

    def _found(self, node: pytest.Item | pytest.Session) -> tuple[SessionGate, Snapshot]:
        gate = self._of(node)
        snapshot = self._judge.candidate(gate)
        if isinstance(snapshot, str):
            _fail(f"no candidate for gate {gate.gate.name}: {snapshot}")
        return gate, snapshot

    def _of(self, node: pytest.Item | pytest.Session) -> SessionGate:
        try:
            return self._choose(node)
        except Unclear as unclear:
            _fail(str(unclear))

    def _choose(self, node: pytest.Item | pytest.Session) -> SessionGate:
        marker = node.get_closest_marker(MARKER)
        first = next(iter(self._gates))
        if marker is None or not (marker.args or marker.kwargs):
            if self.several:
                known = ", ".join(self._gates)
                raise Unclear(
                    f"this session has {len(self._gates)} gates ({known}), say which one this test is about: "
                    f"{_USAGE % first}"
                )
            return self._gates[first]
        if marker.kwargs or len(marker.args) > 1 or not isinstance(marker.args[0], str):
            raise Unclear(f"the marker {MARKER} takes the name of one gate: {_USAGE % first}")
        name = marker.args[0]
        if name not in self._gates:
            meant = did_you_mean(name, self._gates) or f", it has {', '.join(self._gates)}"
            raise Unclear(f"no gate of this session is called {name!r}{meant}")
        return self._gates[name]

    def _load(self, gate: SessionGate, model_uri: str) -> object:
        from pytest_mlflow_gate.tracking.loading import load_model  # noqa: PLC0415 - few sessions load a model

        if gate.tracking is None:
            raise ValueError("a session without a tracking URI runs nothing")
        folder = self._folders.enter_context(
            TemporaryDirectory(prefix="mlflow-gate-model-", ignore_cleanup_errors=True)
        )
        try:
            return load_model(model_uri, gate.tracking.uri, gate.registry_uri, os.environ, folder)
        except StoreError as error:
            _fail(f"gate {gate.gate.name}: {error}")


def _using(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    return (item for item in items if not FIXTURES.isdisjoint(getattr(item, "fixturenames", ())))


def _nameless(snapshot: Snapshot) -> str:
    """Return why nobody knows which model is meant, and the remedy."""
    run = snapshot.run
    if run.model_ids or "mlflow.log-model.history" in run.tags:
        several = f"run {run.run_id} has several logged models"
        return f"{several}, name one with promote.artifact or candidate.model_id"
    return f"run {run.run_id} has no logged model, log one with log_model"


def _fail(text: str) -> NoReturn:
    pytest.fail(text, pytrace=False)
