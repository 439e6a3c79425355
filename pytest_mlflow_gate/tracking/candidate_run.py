"""What a run has to be before it can be judged, and the waiting for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import Experiment, Run

LAG_SECONDS = 15.0
"""How long after a run's end a store may still miss metrics that were logged before it."""

_UNFINISHED = ("RUNNING", "SCHEDULED")
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 10.0
_GROWTH = 1.5


class NoCandidate(Exception):
    """MLflow answered, and there is nothing to judge: one line with the remedy."""


def run_with_id(store: Store, run_id: str, remedy: str) -> Run:
    """Return the run, deleted or not; `NoCandidate` with *remedy* when there is none."""
    try:
        return store.run(run_id)
    except NotFound:
        raise NoCandidate(f"no run {run_id!r} at {store.description}: {remedy}") from None


def experiment_with_name(store: Store, name: str) -> Experiment:
    """Return the experiment that a gate names; `NoCandidate` when there is none, or it was deleted."""
    experiment = store.experiment_named(name)
    if experiment is None:
        raise NoCandidate(
            f"no experiment {name!r} at {store.description}: check candidate.experiment and tracking_uri"
        )
    require_active_experiment(experiment)
    return experiment


def require_active_experiment(experiment: Experiment) -> None:
    """Raise `NoCandidate` when the experiment was deleted; MLflow goes on answering for it."""
    if not experiment.active:
        raise NoCandidate(
            f"experiment {experiment.name!r} is deleted: choose another, or restore it with "
            f"`mlflow experiments restore --experiment-id {experiment.experiment_id}`"
        )


def _require_active(run: Run) -> None:
    if not run.active:
        raise NoCandidate(
            f"run {run.run_id} is deleted: choose another, or restore it with "
            f"`mlflow runs restore --run-id {run.run_id}`"
        )


@dataclass(frozen=True, slots=True)
class Patience:
    """
    How to wait for one candidate.

    Attributes:
        needed: Metrics that the gate reads.
        wait: Longest time for the run to finish and its metrics to arrive, in seconds.
        progress: Is told, in one line, what is waited for, before each pause.
        now: Seconds since the epoch.
        sleep: Waits for so many seconds.
    """

    needed: Collection[str]
    wait: float
    progress: Callable[[str], None]
    now: Callable[[], float] = field(default=time.time)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def finished(self, store: Store, run: Run) -> Run:
        """
        Return *run* as it is once it is FINISHED and complete; at once when it is so already.

        A metric that is needed and missing is waited for only as long as a store may lag, and is no error
        here: the checks say what that means.

        Raises:
            NoCandidate: When the run is deleted, ended otherwise, or does not end in time.
        """
        deadline = self.now() + self.wait
        pause = _FIRST_PAUSE
        while True:
            _require_active(run)
            what = self._still_missing(run)
            left = self._until(run, deadline) - self.now()
            if what is None or left <= 0:
                return self._ended(run)
            self.progress(f"waiting for run {run.run_id}: {what}, {left:.0f} s left")
            self.sleep(min(pause, left))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
            run = store.run(run.run_id)

    def _still_missing(self, run: Run) -> str | None:
        if run.status in _UNFINISHED:
            return f"it is {run.status}"
        absent = sorted(set(self.needed) - run.metrics.keys())
        if absent and run.status == "FINISHED" and run.end_time is not None:
            return f"it has no metric {', '.join(absent)} yet"
        return None

    def _until(self, run: Run, deadline: float) -> float:
        if run.status in _UNFINISHED or run.end_time is None:
            return deadline
        return min(deadline, run.end_time + LAG_SECONDS)

    def _ended(self, run: Run) -> Run:
        if run.status in _UNFINISHED:
            raise NoCandidate(
                f"run {run.run_id} is still {run.status} after {self.wait:g} s: gate it when the training "
                "has ended, or raise wait in the gate file"
            )
        if run.status != "FINISHED":
            raise NoCandidate(
                f"run {run.run_id} ended as {run.status}: only a FINISHED run can be judged, train again"
            )
        return run
