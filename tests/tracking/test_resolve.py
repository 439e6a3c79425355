"""From what a gate names to one snapshot, on a real server; and each way in which there is no candidate."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pytest

from pytest_mlflow_gate.gatefile.types import LoggedModelById, RegisteredVersion, RunById, RunOfExperiment
from pytest_mlflow_gate.tracking.resolve import NoCandidate, resolve
from pytest_mlflow_gate.tracking.rest import RestStore
from pytest_mlflow_gate.tracking.store import NotMlflow, Rejected
from tests.seeding import fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.gatefile.types import Candidate
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.store import Store
    from tests.seeding import RestSeeder

NOW = 1_750_000_000.0
NOTHING = "0" * 32


@dataclass
class Waiter:
    """
    A clock that only sleeping moves, and what happens meanwhile.

    Attributes:
        time: Seconds since the epoch.
        events: What to do when so many pauses are over.
        lines: The progress that was told.
        pauses: How long each was, in seconds.
    """

    time: float = NOW
    events: dict[int, Callable[[], None]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let time pass, and the event of this pause happen."""
        self.time += seconds
        self.pauses.append(seconds)
        self.events.get(len(self.pauses), lambda: None)()

    def find(self, candidate: Candidate, store: Store, *needed: str, wait: float = 30.0) -> Snapshot:
        """Resolve with this clock."""
        return resolve(
            candidate,
            store,
            needed=needed,
            wait=wait,
            progress=self.lines.append,
            now=lambda: self.time,
            sleep=self.sleep,
        )


class CountingStore(RestStore):
    """A store that counts its requests."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri, None, {})
        self.requests = 0
        ask = self._tracking.transport.ask

        def counted(*arguments: object, **options: object) -> dict[str, object]:
            self.requests += 1
            return ask(*arguments, **options)  # type: ignore[arg-type]

        self._tracking.transport.ask = counted  # type: ignore[method-assign]


@pytest.fixture
def store(mlflow_server: str) -> CountingStore:
    """Return the server's store."""
    return CountingStore(mlflow_server)


@pytest.fixture
def waiter() -> Waiter:
    """Return a clock of the test's own."""
    return Waiter()


def by_id(run_id: str, experiment: str | None = None) -> RunById:
    """Return the candidate, way 1."""
    return RunById(run_id=run_id, experiment=experiment, line=3)


def latest(experiment: str, filter_string: str | None = None) -> RunOfExperiment:
    """Return the candidate, way 2: the newest."""
    return RunOfExperiment(experiment, select="latest", by=None, order="max", filter=filter_string, line=3)


def best(
    experiment: str, by: str, order: Literal["max", "min"] = "max", filter_string: str | None = None
) -> RunOfExperiment:
    """Return the candidate, way 2: the best."""
    return RunOfExperiment(experiment, select="best", by=by, order=order, filter=filter_string, line=3)


def version(model: str, number: str) -> RegisteredVersion:
    """Return the candidate, way 3: by number."""
    return RegisteredVersion(model=model, version=number, alias=None, line=3)


def aliased(model: str, alias: str) -> RegisteredVersion:
    """Return the candidate, way 3: by alias."""
    return RegisteredVersion(model=model, version=None, alias=alias, line=3)


def refusal(waiter: Waiter, candidate: Candidate, store: Store, wait: float = 30.0) -> str:
    """Return why there is no candidate."""
    with pytest.raises(NoCandidate) as caught:
        waiter.find(candidate, store, wait=wait)
    assert "cannot judge" not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Way 1: a run


def test_run_by_id(waiter: Waiter, store: CountingStore, seed: RestSeeder) -> None:
    """A finished run is taken as it is, with two requests and without waiting."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    run_id = seed.run(experiment_id, metrics={"acc": 0.9}, end=NOW - 3600)
    for candidate in (by_id(run_id), by_id(run_id, name)):
        store.requests = 0
        snapshot = waiter.find(candidate, store, "acc", "never_logged")
        assert store.requests == 2
        assert (snapshot.run.run_id, snapshot.run.metrics) == (run_id, {"acc": 0.9})
        assert (snapshot.experiment.experiment_id, snapshot.experiment.name) == (experiment_id, name)
        assert snapshot.url == f"{seed.uri}/#/experiments/{experiment_id}/runs/{run_id}"
        assert (snapshot.version, snapshot.model_id) == (None, None)
    assert waiter.pauses == []


def test_no_such_run(waiter: Waiter, store: Store, mlflow_server: str) -> None:
    """A run id that MLflow does not know."""
    assert refusal(waiter, by_id(NOTHING), store) == (
        f"no run '{NOTHING}' at {mlflow_server}: check candidate.run_id and tracking_uri"
    )


def test_run_of_another_experiment(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """Both experiments are named."""
    name, other = fresh("experiment"), fresh("other")
    run_id = seed.run(seed.experiment(other))
    assert refusal(waiter, by_id(run_id, name), store) == (
        f"run {run_id} belongs to experiment {other!r}, not to {name!r}: check candidate.experiment and the run id"
    )


def test_deleted_run(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """MLflow still answers for a deleted run; a gate does not take it."""
    run_id = seed.run(seed.experiment())
    seed.delete_run(run_id)
    assert refusal(waiter, by_id(run_id), store) == (
        f"run {run_id} is deleted: choose another, or restore it with `mlflow runs restore --run-id {run_id}`"
    )


def test_deleted_experiment(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """MLflow still answers for a deleted experiment and its runs; a gate does not take them."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    run_id = seed.run(experiment_id)
    seed.delete_experiment(experiment_id)
    for candidate in (by_id(run_id), latest(name), best(name, "acc")):
        assert refusal(waiter, candidate, store) == (
            f"experiment {name!r} is deleted: choose another, or restore it with "
            f"`mlflow experiments restore --experiment-id {experiment_id}`"
        )


@pytest.mark.parametrize("status", ["FAILED", "KILLED"])
def test_run_that_ended_otherwise(waiter: Waiter, store: Store, seed: RestSeeder, status: str) -> None:
    """Only a FINISHED run counts, and nothing is waited for."""
    run_id = seed.run(seed.experiment(), status=status)
    assert refusal(waiter, by_id(run_id), store) == (
        f"run {run_id} ended as {status}: only a FINISHED run can be judged, train again"
    )
    assert waiter.pauses == []


# Waiting


@pytest.mark.parametrize("status", ["RUNNING", "SCHEDULED"])
def test_run_that_does_not_end(waiter: Waiter, store: Store, seed: RestSeeder, status: str) -> None:
    """It is polled until wait is over, in growing pauses, each with a progress line."""
    run_id = seed.run(seed.experiment(), status=status)
    assert refusal(waiter, by_id(run_id), store) == (
        f"run {run_id} is still {status} after 30 s: gate it when the training has ended, or raise wait in the "
        "gate file"
    )
    assert sum(waiter.pauses) == pytest.approx(30.0)
    assert waiter.pauses[:3] == [1.0, 1.5, 2.25]
    assert waiter.lines[0] == f"waiting for run {run_id}: it is {status}, 30 s left"
    assert len(waiter.lines) == len(waiter.pauses)


def test_no_wait(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """A gate that does not wait asks once."""
    run_id = seed.run(seed.experiment(), status="RUNNING")
    assert refusal(waiter, by_id(run_id), store, wait=0.0).startswith(
        f"run {run_id} is still RUNNING after 0 s"
    )
    assert waiter.pauses == []


def test_run_that_ends_while_waited_for(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """The snapshot is the run as it ended."""
    run_id = seed.run(seed.experiment(), status="RUNNING")

    def end() -> None:
        seed.log(run_id, {"acc": 0.95})
        seed.set_status(run_id, "FINISHED", end=waiter.time)

    waiter.events[2] = end
    snapshot = waiter.find(by_id(run_id), store, "acc")
    assert (snapshot.run.status, snapshot.run.metrics) == ("FINISHED", {"acc": 0.95})
    assert len(waiter.pauses) == 2


def test_run_that_is_deleted_while_waited_for(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """It is told as what it is."""
    run_id = seed.run(seed.experiment(), status="RUNNING")
    waiter.events[1] = lambda: seed.delete_run(run_id)
    assert refusal(waiter, by_id(run_id), store).startswith(f"run {run_id} is deleted: ")


def test_metric_that_arrives_late(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """A metric missing from a run that has just ended is waited for."""
    run_id = seed.run(seed.experiment(), metrics={"acc": 0.9}, end=NOW - 5)
    waiter.events[2] = lambda: seed.log(run_id, {"f1": 0.8})
    snapshot = waiter.find(by_id(run_id), store, "acc", "f1")
    assert snapshot.run.metrics == {"acc": 0.9, "f1": 0.8}
    assert waiter.lines[0] == f"waiting for run {run_id}: it has no metric f1 yet, 10 s left"


@pytest.mark.parametrize(
    ("ended_ago", "wait", "waited"),
    [
        pytest.param(5.0, 30.0, 10.0, id="until-15-s-after-the-end"),
        pytest.param(5.0, 4.0, 4.0, id="not-longer-than-wait"),
        pytest.param(15.0, 30.0, 0.0, id="ended-long-ago"),
    ],
)
def test_metric_that_never_arrives(
    waiter: Waiter, store: Store, seed: RestSeeder, ended_ago: float, wait: float, waited: float
) -> None:
    """The wait for a metric is short, and its absence is left to the checks."""
    run_id = seed.run(seed.experiment(), end=NOW - ended_ago)
    assert waiter.find(by_id(run_id), store, "acc", wait=wait).run.metrics == {}
    assert sum(waiter.pauses) == pytest.approx(waited)


# Way 2: a run of an experiment


def test_latest(waiter: Waiter, store: CountingStore, seed: RestSeeder) -> None:
    """The newest by start, with two requests."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    newest = seed.run(experiment_id, start=NOW - 100, metrics={"acc": 0.5})
    seed.run(experiment_id, start=NOW - 200, metrics={"acc": 0.9})
    assert waiter.find(latest(name), store, "acc").run.run_id == newest
    assert store.requests == 2


def test_latest_that_matches(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """A filter narrows the choice, quotes in names and values included."""
    name = fresh("it's")
    experiment_id = seed.experiment(name)
    chosen = seed.run(experiment_id, start=NOW - 200, tags={"phase": "eval"})
    seed.run(experiment_id, start=NOW - 100, tags={"phase": "train"})
    assert waiter.find(latest(name, "tags.phase = 'eval'"), store).run.run_id == chosen


@pytest.mark.parametrize("status", ["RUNNING", "FAILED"])
def test_latest_is_never_skipped(waiter: Waiter, store: Store, seed: RestSeeder, status: str) -> None:
    """An unfinished newest run is waited for, a failed one is reported; an older one never takes its place."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    seed.run(experiment_id, start=NOW - 200)
    newest = seed.run(experiment_id, start=NOW - 100, status=status)
    assert refusal(waiter, latest(name), store).startswith(f"run {newest} ")


def test_latest_is_pinned(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """A run that starts while the chosen one is waited for is not taken."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    chosen = seed.run(experiment_id, start=NOW - 100, status="RUNNING")

    def another_starts() -> None:
        seed.run(experiment_id, start=NOW)
        seed.set_status(chosen, "FINISHED")

    waiter.events[1] = another_starts
    assert waiter.find(latest(name), store).run.run_id == chosen


def test_no_such_experiment(waiter: Waiter, store: Store, mlflow_server: str) -> None:
    """An experiment that MLflow does not know."""
    assert refusal(waiter, latest("nowhere"), store) == (
        f"no experiment 'nowhere' at {mlflow_server}: check candidate.experiment and tracking_uri"
    )


def test_no_run(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """An experiment without runs, or without one that matches."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    where = f"at {seed.uri}: train first, or check the choice of candidate"
    assert refusal(waiter, latest(name), store) == f"no run of experiment {name!r} {where}"
    assert refusal(waiter, best(name, "acc"), store) == f"no FINISHED run of experiment {name!r} {where}"
    seed.run(experiment_id, metrics={"acc": 1.0})
    matching = f"{name!r} that matches \"tags.phase = 'eval'\""
    assert (
        refusal(waiter, latest(name, "tags.phase = 'eval'"), store)
        == f"no run of experiment {matching} {where}"
    )
    assert refusal(waiter, best(name, "acc", filter_string="tags.phase = 'eval'"), store) == (
        f"no FINISHED run of experiment {matching} {where}"
    )


def test_filter_that_mlflow_does_not_understand(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """MLflow's own words about it come through."""
    name = fresh("experiment")
    seed.experiment(name)
    with pytest.raises(Rejected, match="Invalid clause"):
        waiter.find(latest(name, "phase eval"), store)


@pytest.mark.parametrize("metric", ["acc", "recall/größe x", "f1.macro-avg: a"])
@pytest.mark.parametrize(("order", "expected"), [("max", 2), ("min", 0)])
def test_best(
    waiter: Waiter,
    store: CountingStore,
    seed: RestSeeder,
    metric: str,
    order: Literal["max", "min"],
    expected: int,
) -> None:
    """The FINISHED run with the best real number, with two requests, whatever the metric's name."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    runs = [
        seed.run(experiment_id, metrics={metric: value}, start=NOW - age)
        for value, age in ((-5.0, 300), (0.5, 200), (0.9, 400))
    ]
    for value in (math.nan, math.inf, -math.inf):
        seed.run(experiment_id, metrics={metric: value}, start=NOW)
    for status in ("RUNNING", "FAILED", "KILLED"):
        for value in (-99.0, 99.0):
            seed.run(experiment_id, metrics={metric: value}, start=NOW, status=status)
    seed.run(experiment_id, start=NOW)
    seed.delete_run(seed.run(experiment_id, metrics={metric: 99.0}))
    assert waiter.find(best(name, metric, order), store, metric).run.run_id == runs[expected]
    assert store.requests == 2


def test_best_of_equals_is_the_newest(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """Of runs with one value, the one that started last."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    runs = [seed.run(experiment_id, metrics={"acc": 0.9}, start=NOW - age) for age in (200, 100, 300)]
    for order in ("max", "min"):
        assert waiter.find(best(name, "acc", order), store).run.run_id == runs[1]


def test_best_of_those_that_match(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """A filter narrows the choice."""
    name = fresh("experiment")
    experiment_id = seed.experiment(name)
    seed.run(experiment_id, metrics={"acc": 0.9})
    chosen = seed.run(experiment_id, metrics={"acc": 0.8}, tags={"phase": "eval"})
    candidate = best(name, "acc", filter_string="tags.phase = 'eval'")
    assert waiter.find(candidate, store).run.run_id == chosen


def test_best_by_a_metric_that_nobody_logged(waiter: Waiter, store: CountingStore, seed: RestSeeder) -> None:
    """MLflow would answer with the newest run; a gate names the closest metric, with one request more."""
    name = fresh("experiment")
    seed.run(seed.experiment(name), metrics={"accuracy": 0.9})
    assert refusal(waiter, best(name, "accurcy"), store) == (
        f"no FINISHED run of experiment {name!r} has a number for 'accurcy', did you mean 'accuracy'?: check "
        "candidate.by"
    )
    assert store.requests == 3


# Way 3: a registered version


def test_registered_version(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """By number or by alias: the version, and the run behind it."""
    run_id = seed.run(seed.experiment(), metrics={"acc": 0.9})
    model = seed.registered_model()
    seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    number = seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    seed.alias(model, "challenger", number)
    for candidate in (version(model, number), aliased(model, "challenger")):
        snapshot = waiter.find(candidate, store)
        assert snapshot.run.run_id == run_id
        assert snapshot.version is not None
        assert (snapshot.version.model, snapshot.version.version) == (model, number)


def test_registered_version_of_a_logged_model(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """A version that names no run has that of its logged model."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id)
    model_id = seed.logged_model(experiment_id, run_id)
    model = seed.registered_model()
    number = seed.version(model, source=f"models:/{model_id}", model_id=model_id)
    assert waiter.find(version(model, number), store).run.run_id == run_id


def test_registry_without_the_candidate(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """Model, alias and version that do not exist are three different messages."""
    run_id = seed.run(seed.experiment())
    model = seed.registered_model()
    for candidate in (version("nowhere", "1"), aliased("nowhere", "champion")):
        assert refusal(waiter, candidate, store) == (
            f"no registered model 'nowhere' in the registry of {seed.uri}: check candidate.model"
        )
    assert refusal(waiter, aliased(model, "champion"), store) == (
        f"registered model {model!r} has no alias 'champion' (it has no aliases): check candidate.alias"
    )
    number = seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    seed.alias(model, "champion", number)
    seed.alias(model, "shadow", number)
    assert refusal(waiter, aliased(model, "Champion"), store) == (
        f"registered model {model!r} has no alias 'Champion', did you mean 'champion'? (aliases: champion -> 1, "
        "shadow -> 1): check candidate.alias"
    )
    assert refusal(waiter, version(model, "7"), store) == (
        f"registered model {model!r} has no version 7 (aliases: champion -> 1, shadow -> 1): check "
        "candidate.version"
    )


def test_alias_of_a_deleted_version(waiter: Waiter, seed2: RestSeeder) -> None:
    """MLflow 2 leaves an alias of a deleted version behind."""
    run_id = seed2.run(seed2.experiment())
    model = seed2.registered_model()
    number = seed2.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    seed2.alias(model, "champion", number)
    seed2.delete_version(model, number)
    assert refusal(waiter, aliased(model, "champion"), RestStore(seed2.uri, None, {})) == (
        f"alias 'champion' of registered model {model!r} points to version 1, which is gone: set the alias again"
    )


def test_version_without_a_run(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """No run, no metrics; also when the version's run, or its model's, was never there."""
    experiment_id = seed.experiment()
    model = seed.registered_model()
    model_id = seed.logged_model(experiment_id, None)
    seed.version(model, source="s3://elsewhere/model")
    seed.version(model, source=f"models:/{model_id}", model_id=model_id)
    seed.version(model, source=f"runs:/{NOTHING}/model", run_id=NOTHING)
    for number in ("1", "2"):
        assert refusal(waiter, version(model, number), store) == (
            f"version {number} of registered model {model!r} came from no run, so there are no metrics to judge: "
            "log the model inside of a run"
        )
    assert refusal(waiter, version(model, "3"), store) == (
        f"no run '{NOTHING}' at {seed.uri}: version 3 of registered model {model!r} came from it, choose another "
        "version"
    )


# Way 4: a logged model


def test_logged_model(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """The run that wrote it is judged, and the model is remembered."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id, metrics={"acc": 0.9})
    model_id = seed.logged_model(experiment_id, run_id)
    snapshot = waiter.find(LoggedModelById(model_id, 3), store)
    assert (snapshot.run.run_id, snapshot.model_id, snapshot.version) == (run_id, model_id, None)


def test_logged_model_that_cannot_be_judged(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """One that does not exist, that is not READY, that has no run."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id)
    pending = seed.logged_model(experiment_id, run_id, ready=False)
    orphan = seed.logged_model(experiment_id, None)
    assert refusal(waiter, LoggedModelById("m-1f2e", 3), store) == (
        f"no logged model 'm-1f2e' at {seed.uri}: check candidate.model_id"
    )
    assert refusal(waiter, LoggedModelById(pending, 3), store) == (
        f"logged model {pending} is not READY: wait for its upload, or log it again"
    )
    assert refusal(waiter, LoggedModelById(orphan, 3), store) == (
        f"logged model {orphan} came from no run, so there are no metrics to judge: log the model inside of a run"
    )


def test_logged_model_of_a_deleted_run(waiter: Waiter, store: Store, seed: RestSeeder) -> None:
    """The rules for the run hold however it was found."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id)
    model_id = seed.logged_model(experiment_id, run_id)
    seed.delete_run(run_id)
    assert refusal(waiter, LoggedModelById(model_id, 3), store).startswith(f"run {run_id} is deleted: ")


def test_logged_model_on_mlflow2(waiter: Waiter, mlflow2_server: str) -> None:
    """MLflow 2 has no logged models; the message says what may be wrong."""
    with pytest.raises(NotMlflow, match="an old server may also lack this part"):
        waiter.find(LoggedModelById("m-1f2e", 3), RestStore(mlflow2_server, None, {}))


def test_real_clock(store: Store, seed: RestSeeder) -> None:
    """Without a clock of a test's own, real time passes."""
    run_id = seed.run(seed.experiment(), status="RUNNING")
    start = time.monotonic()
    with pytest.raises(NoCandidate):
        resolve(by_id(run_id), store, needed=(), wait=0.3, progress=lambda _: None)
    assert 0.3 <= time.monotonic() - start < 10
