"""Choosing a run of an experiment: the newest one, or the best one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.problems import did_you_mean
from pytest_mlflow_gate.tracking.candidate_run import NoCandidate, experiment_with_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.gatefile.types import RunOfExperiment
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import Experiment, Run

NEWEST_FIRST = "attributes.start_time DESC"
FINISHED = "attributes.status = 'FINISHED'"
_PAGE = 20


def select_run(candidate: RunOfExperiment, store: Store) -> tuple[Run, Experiment]:
    """
    Return the run that the gate chooses, whatever its status for ``latest``, and its experiment.

    Raises:
        NoCandidate: When the experiment does not exist, is deleted, or has no such run.
    """
    experiment = experiment_with_name(store, candidate.experiment)
    if candidate.by is None:
        return _latest(candidate, store, experiment), experiment
    return _best(candidate, candidate.by, store, experiment), experiment


def _latest(candidate: RunOfExperiment, store: Store, experiment: Experiment) -> Run:
    for run in search(store, experiment.experiment_id, (candidate.filter,), (NEWEST_FIRST,), page_size=1):
        return run
    raise NoCandidate(_nothing("run", candidate, store))


def _best(candidate: RunOfExperiment, metric: str, store: Store, experiment: Experiment) -> Run:
    direction = "DESC" if candidate.order == "max" else "ASC"
    order_by = (f"metrics.{_quoted(metric)} {direction}", NEWEST_FIRST)
    for run in search(
        store, experiment.experiment_id, (candidate.filter, FINISHED), order_by, page_size=_PAGE
    ):
        value = run.metrics.get(metric, math.nan)
        # MLflow sorts NaN and runs without the metric behind all others, and ignores an order_by whose metric
        # nobody logged: nothing better comes after either.
        if math.isnan(value):
            break
        if run.status == "FINISHED" and math.isfinite(value):
            return run
    raise NoCandidate(_no_best(candidate, metric, store, experiment))


def search(
    store: Store,
    experiment_id: str,
    conditions: Sequence[str | None],
    order_by: Sequence[str],
    page_size: int,
) -> Iterator[Run]:
    """Yield the experiment's runs that are not deleted and meet all *conditions*, page by page."""
    filter_string = " and ".join(condition for condition in conditions if condition)
    found = store.search_runs(
        experiment_id, filter_string=filter_string, order_by=order_by, page_size=page_size
    )
    for run in found:
        # MLflow ignores what it does not understand in a search.
        if run.experiment_id == experiment_id and run.active:
            yield run


def _no_best(candidate: RunOfExperiment, metric: str, store: Store, experiment: Experiment) -> str:
    conditions = (candidate.filter, FINISHED)
    for run in search(store, experiment.experiment_id, conditions, (NEWEST_FIRST,), page_size=1):
        return (
            f"no FINISHED run of experiment {experiment.name!r}{_matching(candidate)} has a number for "
            f"{metric!r}{did_you_mean(metric, run.metrics)}: check candidate.by"
        )
    return _nothing("FINISHED run", candidate, store)


def _nothing(what: str, candidate: RunOfExperiment, store: Store) -> str:
    return (
        f"no {what} of experiment {candidate.experiment!r}{_matching(candidate)} at {store.description}: "
        "train first, or check the choice of candidate"
    )


def _matching(candidate: RunOfExperiment) -> str:
    return f" that matches {candidate.filter!r}" if candidate.filter else ""


def _quoted(metric: str) -> str:
    mark = '"' if "`" in metric else "`"
    return f"{mark}{metric}{mark}"
