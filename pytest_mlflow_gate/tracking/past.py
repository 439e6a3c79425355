"""The finished runs of a candidate's experiment: for the pictures of a page, and for a backtest."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.types import RunById, RunOfExperiment
from pytest_mlflow_gate.tracking.candidate_run import (
    NoCandidate,
    experiment_with_name,
    require_active_experiment,
    run_with_id,
)
from pytest_mlflow_gate.tracking.selection import FINISHED, NEWEST_FIRST, search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.gatefile.types import Candidate
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import Experiment, Run

MOST = 30
"""Runs before the candidate that a page draws."""

_PAGE = 100


def past_runs(chosen: Candidate, run: Run, store: Store) -> tuple[Run, ...]:
    """
    Return the last `MOST` finished runs that began before the candidate, newest first; one request.

    Args:
        chosen: How the gate chooses its candidate: what its filter leaves out is no past of it either.
        run: The candidate's.
        store: Where it is from.

    Raises:
        StoreError: If MLflow does not answer.
    """
    wanted = chosen.filter if isinstance(chosen, RunOfExperiment) else None
    before = None if run.start_time is None else f"attributes.start_time < {round(run.start_time * 1000)}"
    found = _finished(run.experiment_id, (wanted, before), store, MOST)
    return tuple(past for past in found if past.run_id != run.run_id)


def last_runs(
    candidate: RunById | RunOfExperiment, store: Store, number: int
) -> tuple[Experiment, tuple[Run, ...]]:
    """
    Return the experiment and its last finished runs, newest first; one request for each 100 of them.

    Args:
        candidate: As the gate chooses it: its filter holds for all of them, ``select`` and ``by`` do not. One
            run by its id stands for all runs of its experiment.
        store: Where to look.
        number: The most runs to return, 1 or more.

    Raises:
        NoCandidate: When the experiment does not exist, is deleted, or has no such run.
        StoreError: When MLflow does not answer as it should.
    """
    experiment = _experiment(candidate, store)
    wanted = None if isinstance(candidate, RunById) else candidate.filter
    runs = tuple(_finished(experiment.experiment_id, (wanted,), store, number))
    if not runs:
        matching = f" that matches {wanted!r}" if wanted else ""
        raise NoCandidate(
            f"no FINISHED run of experiment {experiment.name!r}{matching} at {store.description}: train "
            "first, or check the choice of candidate"
        )
    return experiment, runs


def _experiment(candidate: RunById | RunOfExperiment, store: Store) -> Experiment:
    if candidate.experiment is not None:
        return experiment_with_name(store, candidate.experiment)
    run = run_with_id(store, candidate.run_id, "check candidate.run_id and tracking_uri")
    experiment = store.experiment(run.experiment_id)
    require_active_experiment(experiment)
    return experiment


def _finished(
    experiment_id: str, conditions: tuple[str | None, ...], store: Store, number: int
) -> Iterator[Run]:
    found = search(store, experiment_id, (*conditions, FINISHED), (NEWEST_FIRST,), min(number, _PAGE))
    # After a full page the next one would be asked for.
    return islice((run for run in found if run.status == "FINISHED"), number)
