"""From what a gate names as its candidate to the one snapshot that all of its checks see."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.problems import did_you_mean
from pytest_mlflow_gate.gatefile.types import LoggedModelById, RegisteredVersion, RunById, RunOfExperiment
from pytest_mlflow_gate.tracking.candidate_run import (
    NoCandidate,
    Patience,
    require_active_experiment,
    run_with_id,
)
from pytest_mlflow_gate.tracking.selection import select_run
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pytest_mlflow_gate.gatefile.types import Candidate
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import Experiment, LoggedModel, ModelVersion, RegisteredModel, Run

__all__ = ["NoCandidate", "choose", "resolve"]

_LOGGED_MODEL = "models:/m-"


def resolve(  # noqa: PLR0913 - clock and sleep are for tests only
    candidate: Candidate,
    store: Store,
    *,
    needed: Collection[str],
    wait: float,
    progress: Callable[[str], None],
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Snapshot:
    """
    Return the candidate, chosen once: whatever happens at MLflow later, this is what is judged.

    Args:
        candidate: As the gate file says it.
        store: Where to look.
        needed: Metrics that the gate reads; one that is missing from a run that has just ended is waited for.
        wait: Longest time for the run to finish and its metrics to arrive, in seconds.
        progress: Is told, in one line, what is waited for, before each pause.
        now: Seconds since the epoch.
        sleep: Waits for so many seconds.

    Raises:
        NoCandidate: When MLflow answers and there is nothing to judge.
        StoreError: When MLflow does not answer as it should.
    """
    found = choose(candidate, store)
    run = Patience(needed, wait, progress, now, sleep).finished(store, found.run)
    return found._replace(run=run, taken=now())


def choose(candidate: Candidate, store: Store) -> Snapshot:
    """
    Return the candidate as it is at this moment, whatever the status of its run.

    Raises:
        NoCandidate: When there is none.
        StoreError: When MLflow does not answer as it should.
    """
    version: ModelVersion | None = None
    model_id: str | None = None
    match candidate:
        case RunById():
            run = run_with_id(store, candidate.run_id, "check candidate.run_id and tracking_uri")
            experiment = _experiment_of(run, store, candidate.experiment)
        case RunOfExperiment():
            run, experiment = select_run(candidate, store)
        case RegisteredVersion():
            version = _registered(candidate, store)
            run = _run_behind(version, store)
            experiment = _experiment_of(run, store)
        case LoggedModelById(model_id=model_id):
            run = _run_of(_logged_model(model_id, store), f"logged model {model_id}", store)
            experiment = _experiment_of(run, store)
    return Snapshot(run, experiment, version, model_id, store.run_url(run), taken=time.time())


def _experiment_of(run: Run, store: Store, expected: str | None = None) -> Experiment:
    experiment = store.experiment(run.experiment_id)
    if expected is not None and experiment.name != expected:
        raise NoCandidate(
            f"run {run.run_id} belongs to experiment {experiment.name!r}, not to {expected!r}: check "
            "candidate.experiment and the run id"
        )
    require_active_experiment(experiment)
    return experiment


def _registered(candidate: RegisteredVersion, store: Store) -> ModelVersion:
    if candidate.version is not None:
        found = store.model_version(candidate.model, candidate.version)
        if found is None:
            model = _registered_model(candidate.model, store)
            raise NoCandidate(
                f"registered model {model.name!r} has no version {candidate.version}{_aliases(model)}: check "
                "candidate.version"
            )
    else:
        found = _aliased(_registered_model(candidate.model, store), str(candidate.alias), store)
    if not found.ready:
        raise NoCandidate(f"{_words(found)} is not READY: wait for its registration, or register it again")
    return found


def _aliased(model: RegisteredModel, alias: str, store: Store) -> ModelVersion:
    number = model.aliases.get(alias)
    if number is None:
        raise NoCandidate(
            f"registered model {model.name!r} has no alias {alias!r}{did_you_mean(alias, model.aliases)}"
            f"{_aliases(model)}: check candidate.alias"
        )
    found = store.model_version(model.name, number)
    if found is None:
        raise NoCandidate(
            f"alias {alias!r} of registered model {model.name!r} points to version {number}, which is gone: "
            "set the alias again"
        )
    return found


def _registered_model(name: str, store: Store) -> RegisteredModel:
    model = store.registered_model(name)
    if model is None:
        raise NoCandidate(
            f"no registered model {name!r} in the registry of {store.description}: check candidate.model"
        )
    return model


def _aliases(model: RegisteredModel) -> str:
    known = ", ".join(f"{alias} -> {version}" for alias, version in sorted(model.aliases.items()))
    return f" (aliases: {known})" if known else " (it has no aliases)"


def _run_behind(version: ModelVersion, store: Store) -> Run:
    what = _words(version)
    if version.run_id is not None:
        return run_with_id(store, version.run_id, f"{what} came from it, choose another version")
    if not version.source.startswith(_LOGGED_MODEL):
        raise NoCandidate(_no_run(what))
    model_id = version.source.removeprefix("models:/").partition("/")[0]
    return _run_of(_logged_model(model_id, store), what, store)


def _run_of(model: LoggedModel, what: str, store: Store) -> Run:
    if not model.ready:
        raise NoCandidate(f"logged model {model.model_id} is not READY: wait for its upload, or log it again")
    if model.run_id is None:
        raise NoCandidate(_no_run(what))
    return run_with_id(store, model.run_id, f"{what} came from it, choose another")


def _logged_model(model_id: str, store: Store) -> LoggedModel:
    try:
        return store.logged_model(model_id)
    except NotFound:
        raise NoCandidate(
            f"no logged model {model_id!r} at {store.description}: check candidate.model_id"
        ) from None


def _no_run(what: str) -> str:
    return f"{what} came from no run, so there are no metrics to judge: log the model inside of a run"


def _words(version: ModelVersion) -> str:
    return f"version {version.version} of registered model {version.model!r}"
