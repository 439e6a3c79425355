"""A registry in memory with a past: promotions as sessions make them, for what looks back at them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.gatefile.types import Promotion
from pytest_mlflow_gate.promotion.candidacy import Candidacy
from pytest_mlflow_gate.promotion.provenance import Provenance
from pytest_mlflow_gate.promotion.together import Moved, carry_out, prepare
from pytest_mlflow_gate.promotion.verdict import Verdict
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from pytest_mlflow_gate.tracking.values import Experiment, LoggedModel
from tests.fakes import MLMODEL, RUN, FakeStore
from tests.gates import gate

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.decision import Result

MODEL = "churn-classifier"
EXPERIMENT = Experiment("1", "churn", active=True)
NOON = 1_763_726_400.0
"""2025-11-21T12:00:00Z."""

CI = Provenance("ci", "c0ffee", "https://ci.example/job/7")
PROMOTION = Promotion(MODEL, "champion", None, None, (), None, None, 0, 6)


def registry(runs: int = 4) -> FakeStore:
    """Return a store with so many runs, r1 and so on, each with a logged model."""
    store = FakeStore()
    for number in range(1, runs + 1):
        run_id, model_id = f"r{number}", f"m-{number}"
        store.runs[run_id] = RUN._replace(run_id=run_id, model_ids=(model_id,))
        store.models[model_id] = LoggedModel(model_id, "model", run_id, ready=True)
        store.files[model_id] = MLMODEL
    return store


def promote(store: FakeStore, number: int, promotion: Promotion = PROMOTION, *, minute: int = 0) -> str:
    """Have a gate promote the run of this *number*, *minute* minutes after noon; return what came of it."""
    results, _ = carried_out(store, number, promotion, minute=minute)
    (result,) = results.values()
    return result.status


def carried_out(
    store: FakeStore, number: int, promotion: Promotion, *, minute: int
) -> tuple[dict[str, Result], tuple[Moved, ...]]:
    """Do the same; return what `carry_out` does."""
    asked = gate(promotion=promotion)
    snapshot = Snapshot(store.runs[f"r{number}"], EXPERIMENT)
    began = store.registered_model(promotion.target_model)
    findings = tuple(judge_gate(asked, snapshot))
    surveys, _ = prepare([Candidacy(asked, promotion, snapshot, findings, store, began)], "all")
    granted = {asked.name: Verdict(asked.name, ())}
    return carry_out(surveys, granted, "all", CI, NOON + 60 * minute)


def promoted(*numbers: int, promotion: Promotion = PROMOTION) -> FakeStore:
    """Return a store in which the runs of these numbers were promoted, a minute after each other."""
    store = registry()
    for minute, number in enumerate(numbers):
        if promote(store, number, promotion, minute=minute) != "promoted":
            raise ValueError(f"run r{number} was not promoted")
    store.writes.clear()
    return store


def state(store: FakeStore) -> object:
    """Return everything that a promotion or a roll back may change."""
    return copy.deepcopy(
        (store.aliases, store.versions, {run_id: run.tags for run_id, run in store.runs.items()})
    )
