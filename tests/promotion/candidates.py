"""Gates whose candidate passed, and what the record says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.promotion.candidacy import Candidacy
from pytest_mlflow_gate.promotion.record import Entry
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from tests.commands.past import EXPERIMENT, MODEL, PROMOTION
from tests.gates import gate

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion
    from tests.fakes import FakeStore

CHECKS = ("accuracy[min] 0.93 >= 0.85 passed", "f1[min] 0.9 >= 0.85 passed")
"""The lines of the test gate's two checks."""

KEY = "mlflow_gate.decision.20251121T120000.000000Z"
"""The key of what begins at noon."""

ENTRY = Entry(
    key=KEY,
    verdict="promoted",
    time="2025-11-21T12:00:00Z",
    gate="churn",
    model=MODEL,
    version="1",
    alias="champion",
    stage=None,
    previous_version=None,
    memory_version=None,
    by="ci",
    approved_by=None,
    commit="c0ffee",
    job_url="https://ci.example/job/7",
    gate_sha256="d",
    run_id="r1",
    checks=CHECKS,
)
"""What a first promotion at noon leaves."""

DECISION = {
    "mlflow_gate.verdict": "promoted",
    "mlflow_gate.time": ENTRY.time,
    "mlflow_gate.gate": "churn",
    "mlflow_gate.gate_sha256": "d",
    "mlflow_gate.checks": "; ".join(CHECKS),
    "mlflow_gate.commit": "c0ffee",
    "mlflow_gate.job_url": "https://ci.example/job/7",
    "mlflow_gate.by": "ci",
}
"""The tags that say so on run and version."""


def promoting(**changes: object) -> Promotion:
    """Return the promotion of the test gate, changed."""
    return PROMOTION._replace(**changes)  # type: ignore[arg-type]


def candidacy(store: FakeStore, promotion: Promotion = PROMOTION, **changes: object) -> Candidacy:
    """Return the candidacy of run r1, whose session began with the registry as it is now."""
    asked = gate(name=changes.pop("name", "churn"), promotion=promotion)
    snapshot = Snapshot(store.runs["r1"], EXPERIMENT)
    findings = tuple(judge_gate(asked, snapshot))
    began = store.registered_model(promotion.target_model)
    made = Candidacy(asked, promotion, snapshot, findings, store, began)
    return made._replace(**changes)  # type: ignore[arg-type]
