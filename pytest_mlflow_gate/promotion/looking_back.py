"""What a backtest and a suggestion are made of: the last runs, what they are compared with, and champions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.backtest import Past, backtest, seen
from pytest_mlflow_gate.gatefile.needs import needs_of
from pytest_mlflow_gate.gatefile.types import RunById, RunOfExperiment
from pytest_mlflow_gate.promotion.champions import champions
from pytest_mlflow_gate.tracking.past import last_runs
from pytest_mlflow_gate.tracking.rivals import find_baseline
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from pytest_mlflow_gate.checks.backtest import Backtest, Champion
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.tracking.snapshot import Missing, Rival
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import Run


def no_past(gate: Gate) -> str | None:
    """Return why there are no earlier candidates of *gate*; None where there may be."""
    if isinstance(gate.candidate, RunById | RunOfExperiment):
        return None
    return (
        f"{gate.path}:{gate.candidate.line}: this candidate is a model and no run of an experiment, so there "
        "are no earlier ones to judge: choose it with candidate.experiment"
    )


def look_back(gate: Gate, store: Store, number: int, now: float) -> Backtest:
    """
    Judge the last finished runs of the candidate's experiment; writes nothing.

    Args:
        gate: A gate for which `no_past` has nothing to say.
        store: Where to look.
        number: How many runs, 1 or more.
        now: Seconds since the epoch.

    Raises:
        NoCandidate: When there is no such experiment, or no finished run in it.
        StoreError: When MLflow does not say which runs there are. What it cannot say about the baseline or
            the champions is part of the result.
    """
    if not isinstance(gate.candidate, RunById | RunOfExperiment):
        raise TypeError(f"the candidate of gate {gate.name} is no run of an experiment")
    experiment, runs = last_runs(gate.candidate, store, number)
    found, why_none = _champions(gate, store, experiment.experiment_id, runs)
    past = Past(
        experiment=experiment,
        runs=runs,
        baseline=_baseline(gate, store),
        champions=found,
        no_champions=why_none,
        urls={run.run_id: store.run_url(run) for run in runs},
        taken=now,
    )
    return backtest(gate, past, number)


def _baseline(gate: Gate, store: Store) -> Rival | Missing | None:
    if gate.baseline is None or not needs_of(gate._replace(checks=seen(gate.checks))).baseline:
        return None
    return find_baseline(gate.baseline, gate.promotion, store, store.registered_model)


def _champions(
    gate: Gate, store: Store, experiment_id: str, runs: tuple[Run, ...]
) -> tuple[tuple[Champion, ...], str]:
    promotion = gate.promotion
    if promotion is None or not promotion.destination:
        return (), "this gate sets neither alias nor stage, so it has no champions"
    try:
        found = champions(gate, promotion, store, experiment_id, {run.run_id: run for run in runs})
    except StoreError as error:
        return (), f"who was champion could not be read: {error}"
    return found, "" if found else f"no version ever was {promotion.target}"
