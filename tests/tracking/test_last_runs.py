"""The last runs of an experiment, as real servers and stores answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import RunById, RunOfExperiment
from pytest_mlflow_gate.promotion.champions import runs_with_ids
from pytest_mlflow_gate.tracking.candidate_run import NoCandidate
from pytest_mlflow_gate.tracking.opening import open_store
from pytest_mlflow_gate.tracking.past import last_runs
from pytest_mlflow_gate.tracking.store import Rejected
from tests.fakes import Asked
from tests.forwarding import forwarding
from tests.seeding import ClientSeeder, RestSeeder, fresh

if TYPE_CHECKING:
    from tests.seeding import Seeder

NOON = 1_700_000_000.0


def of(experiment: str, condition: str | None = None) -> RunOfExperiment:
    """Return the choice of the newest run that matches."""
    return RunOfExperiment(experiment, "latest", None, "max", condition, 3)


@pytest.fixture(params=["mlflow3", "mlflow2", "sqlite"])
def place(request: pytest.FixtureRequest) -> Seeder:
    """Return the way to put runs into each kind of store."""
    if request.param == "sqlite":
        return ClientSeeder(request.getfixturevalue("sqlite_store"))
    return RestSeeder(request.getfixturevalue(f"mlflow{'2' if request.param == 'mlflow2' else ''}_server"))


def names(place: Seeder, candidate: RunById | RunOfExperiment, number: int = 10) -> list[str]:
    """Return the tag ``n`` of the last runs, in order."""
    _, runs = last_runs(candidate, open_store(place.uri, None, os.environ), number)
    return [run.tags["n"] for run in runs]


def test_only_finished_runs_newest_first(place: Seeder) -> None:
    """Unfinished, failed and deleted runs and other experiments' are none of them, and the number is a limit."""
    name = fresh("churn")
    experiment_id, other = place.experiment(name), place.experiment()
    for number, status in enumerate(("FINISHED", "RUNNING", "FAILED", "KILLED", "FINISHED", "FINISHED")):
        place.run(experiment_id, status=status, tags={"n": str(number)}, start=NOON + number)
    place.delete_run(place.run(experiment_id, tags={"n": "deleted"}, start=NOON + 9))
    place.run(other, tags={"n": "elsewhere"}, start=NOON + 9)
    assert names(place, of(name)) == ["5", "4", "0"]
    assert names(place, of(name), 2) == ["5", "4"]


def test_filter(place: Seeder) -> None:
    """The gate's own filter chooses them."""
    name = fresh("churn")
    experiment_id = place.experiment(name)
    for number, phase in enumerate(("eval", "train", "eval")):
        place.run(experiment_id, tags={"n": str(number), "phase": phase}, start=NOON + number)
    assert names(place, of(name, "tags.phase = 'eval'")) == ["2", "0"]


def test_one_run_stands_for_its_experiment(place: Seeder) -> None:
    """A gate that names its run judges all runs of that run's experiment, or of the one that it names."""
    name = fresh("churn")
    experiment_id = place.experiment(name)
    run_id = place.run(experiment_id, tags={"n": "0"}, start=NOON)
    place.run(experiment_id, tags={"n": "1"}, start=NOON + 1)
    assert names(place, RunById(run_id, None, 3)) == ["1", "0"]
    assert names(place, RunById("gone", name, 3)) == ["1", "0"]


@pytest.mark.parametrize(("number", "requests"), [(5, 1), (100, 1), (101, 2)])
def test_one_request_for_each_page(seed: RestSeeder, number: int, requests: int) -> None:
    """Up to a hundred runs are one request, also where there are more of them."""
    name = fresh("churn")
    experiment_id = seed.experiment(name)
    for start in range(103):
        seed.run(experiment_id, start=NOON + start)
    with forwarding(seed.uri) as proxy:
        _, runs = last_runs(of(name), open_store(proxy.url, None, os.environ), number)
    assert len(runs) == number
    searches = [request for request in proxy.passed if request.endswith("/runs/search")]
    assert len(searches) == requests


def test_runs_with_ids(place: Seeder) -> None:
    """Active runs of the experiment are one request; deleted ones and those of others are asked for one by one."""
    experiment_id, other = place.experiment(), place.experiment()
    here = [place.run(experiment_id, start=NOON + number) for number in range(3)]
    elsewhere, deleted = place.run(other), place.run(experiment_id)
    place.delete_run(deleted)
    asked = Asked(open_store(place.uri, None, os.environ))
    wanted = {*here[:2], elsewhere, deleted, "0" * 32, 'it\'s "quoted"'}
    assert set(runs_with_ids(wanted, asked, experiment_id)) == {*here[:2], elsewhere, deleted}
    assert [entry.partition(" ")[0] for entry in asked.log] == ["search_runs", *["run"] * 3]


def test_no_experiment(place: Seeder) -> None:
    """A name that nobody used, a deleted experiment and an empty one are three sentences."""
    empty, deleted, missing = fresh("empty"), fresh("deleted"), fresh("missing")
    place.experiment(empty)
    place.delete_experiment(experiment_id := place.experiment(deleted))
    store = open_store(place.uri, None, os.environ)
    said = []
    for name in (missing, deleted, empty):
        with pytest.raises(NoCandidate) as caught:
            last_runs(of(name), store, 3)
        said.append(str(caught.value))
    assert said == [
        f"no experiment {missing!r} at {store.description}: check candidate.experiment and tracking_uri",
        (
            f"experiment {deleted!r} is deleted: choose another, or restore it with "
            f"`mlflow experiments restore --experiment-id {experiment_id}`"
        ),
        (
            f"no FINISHED run of experiment {empty!r} at {store.description}: train first, or check the choice "
            "of candidate"
        ),
    ]


def test_no_run(place: Seeder) -> None:
    """A run that does not exist has no experiment."""
    store = open_store(place.uri, None, os.environ)
    with pytest.raises(NoCandidate) as caught:
        last_runs(RunById("0" * 32, None, 3), store, 3)
    assert str(caught.value) == (
        f"no run '{'0' * 32}' at {store.description}: check candidate.run_id and tracking_uri"
    )


def test_filter_that_mlflow_does_not_understand(seed: RestSeeder) -> None:
    """It is an error, and no empty past."""
    name = fresh("churn")
    seed.experiment(name)
    with pytest.raises(Rejected, match="filter string"):
        names(seed, of(name, "accuracy"))
