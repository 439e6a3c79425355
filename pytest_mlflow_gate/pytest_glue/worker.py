"""
An xdist worker: it is told the candidates, judges its items, and signs off.

It never talks to MLflow, except to load a model that a Python test asks for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_mlflow_gate.checks.judge import judge
from pytest_mlflow_gate.pytest_glue.collection import CheckItem
from pytest_mlflow_gate.tracking.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.pytest_glue.gates import SessionGate
    from pytest_mlflow_gate.tracking.snapshot import Missing, Rival

INPUT = "mlflow_gate"
SIGNATURE = "mlflow_gate"


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is an xdist worker."""
    return hasattr(config, "workerinput")


def pack(token: str, candidates: Mapping[str, Snapshot | str]) -> str:
    """Return what a worker needs, as the one text that xdist carries safely."""
    return json.dumps(
        {
            "token": token,
            "candidates": {
                gate: {"missing": candidate} if isinstance(candidate, str) else {"found": candidate.to_json()}
                for gate, candidate in candidates.items()
            },
        }
    )


class Worker:
    """The worker's side of a session with gates."""

    def __init__(self, config: pytest.Config, gates: Sequence[SessionGate]) -> None:
        self.config = config
        content = json.loads(cast("Any", config).workerinput[INPUT])
        self.token: str = content["token"]
        self._candidates: dict[str, Snapshot | str] = {
            gate: Snapshot.from_json(entry["found"]) if "found" in entry else entry["missing"]
            for gate, entry in content["candidates"].items()
        }
        self._digests = {gate.gate.name: gate.gate.digest for gate in gates}
        self._deselected = 0

    def finding(self, gate: Gate, check: AnyCheck | None) -> Finding:
        """Judge a check by the candidate that the controller found."""
        return judge(gate, check, self._candidates[gate.name])

    def candidate(self, gate: SessionGate) -> Snapshot | str:
        """Return the candidate that the controller found, or why there is none."""
        return self._candidates[gate.gate.name]

    def baseline(self, gate: SessionGate) -> Rival | Missing | None:
        """Return the baseline that the controller found."""
        candidate = self.candidate(gate)
        return None if isinstance(candidate, str) else candidate.baseline

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count the ordinary tests that the user left out."""
        self._deselected += sum(not isinstance(item, CheckItem) for item in items)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Sign off; innermost, so that it is there before xdist ships it."""
        yield
        cast("Any", self.config).workeroutput[SIGNATURE] = {
            "exit_status": int(session.exitstatus),
            "deselected": self._deselected,
            "digests": self._digests,
        }
