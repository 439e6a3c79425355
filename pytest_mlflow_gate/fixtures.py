"""
What Python tests are given of the gates of their session.

pytest has to know the fixtures in every session, so this imports nothing but pytest; what they give, the
session's gates say, where there are any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Any, Literal, Protocol

    from pytest_mlflow_gate.tracking.candidate import Candidate

    class Subjects(Protocol):
        """
        The gates of a session, for Python tests; each method fails the test that asks for what there is not.

        Attributes:
            several: Whether a test has to say by the marker which gate it is about.
        """

        several: bool

        def candidate(self, node: pytest.Item | pytest.Session) -> Candidate:
            """Return the candidate."""

        def baseline(self, node: pytest.Item | pytest.Session) -> Candidate | None:
            """Return the baseline."""

        def model(self, node: pytest.Item | pytest.Session) -> object:
            """Return the candidate's model, loaded."""


FIXTURES = frozenset({"mlflow_gate_candidate", "mlflow_gate_baseline", "mlflow_gate_model"})
MARKER = "mlflow_gate"


SUBJECTS = pytest.StashKey["Subjects"]()
"""Set in a session with gates."""


def register_marker(config: pytest.Config) -> None:
    """Have ``--strict-markers`` know the marker, with a gate or without one."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(name): which gate of the session a test is about; every check of a gate has it, for -m",
    )


def _scope(fixture_name: str, config: pytest.Config) -> Literal["session", "function"]:
    """Return ``session``, so that all fixtures may build on ours, unless tests are about several gates."""
    del fixture_name
    subjects = config.stash.get(SUBJECTS, None)
    return "function" if subjects and subjects.several else "session"


def _subjects(request: pytest.FixtureRequest) -> Subjects:
    subjects = request.config.stash.get(SUBJECTS, None)
    if subjects is None:
        pytest.skip("needs a gate: add --mlflow-gate PATH")
    return subjects


@pytest.fixture(scope=_scope)
def mlflow_gate_candidate(request: pytest.FixtureRequest) -> Candidate:
    """The gate's candidate: run_id, params, tags, metrics and model_uri."""
    return _subjects(request).candidate(request.node)


@pytest.fixture(scope=_scope)
def mlflow_gate_baseline(request: pytest.FixtureRequest) -> Candidate | None:
    """What the candidate is compared with; None where the gate has no baseline or excuses a missing one."""
    return _subjects(request).baseline(request.node)


@pytest.fixture(scope=_scope)
def mlflow_gate_model(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - MLflow has no types
    """The candidate as mlflow.pyfunc.load_model loads it, once for all tests of a process."""
    return _subjects(request).model(request.node)
