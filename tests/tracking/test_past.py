"""The runs before a candidate, as real servers and stores answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import RegisteredVersion, RunById, RunOfExperiment
from pytest_mlflow_gate.tracking.opening import open_store
from pytest_mlflow_gate.tracking.past import past_runs
from pytest_mlflow_gate.tracking.store import Rejected, Unreachable
from tests.fakes import Asked, FakeStore
from tests.seeding import ClientSeeder, RestSeeder, fresh

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Candidate
    from tests.seeding import Seeder

BY_ID = RunById("r1", None, 3)
NOON = 1_700_000_000.0


def latest(condition: str | None) -> RunOfExperiment:
    """Return the choice of the newest run that matches."""
    return RunOfExperiment("churn", "latest", None, "max", condition, 3)


@pytest.fixture(params=["mlflow3", "mlflow2", "sqlite"])
def place(request: pytest.FixtureRequest) -> Seeder:
    """Return the way to put runs into each kind of store."""
    if request.param == "sqlite":
        return ClientSeeder(request.getfixturevalue("sqlite_store"))
    return RestSeeder(request.getfixturevalue(f"mlflow{'2' if request.param == 'mlflow2' else ''}_server"))


def names_before(place: Seeder, run_id: str, chosen: Candidate = BY_ID) -> list[str]:
    """Return the tag ``n`` of the runs before one, in order."""
    store = open_store(place.uri, None, os.environ)
    return [run.tags["n"] for run in past_runs(chosen, store.run(run_id), store)]


def test_only_finished_runs_of_the_experiment_before_it(place: Seeder) -> None:
    """Later, unfinished, failed and deleted runs and other experiments' are no past; the newest comes first."""
    experiment_id, other = place.experiment(), place.experiment()

    def run(name: str, start: float, *, status: str = "FINISHED", where: str = experiment_id) -> str:
        return place.run(where, status=status, tags={"n": name, "mlflow.runName": name}, start=start)

    run("oldest", NOON - 0.003)
    run("newest", NOON - 0.001)
    for status in ("RUNNING", "FAILED", "KILLED", "SCHEDULED"):
        run(status, NOON - 0.002, status=status)
    place.delete_run(run("deleted", NOON - 0.002))
    run("elsewhere", NOON - 0.002, where=other)
    run("middle", NOON - 0.002)
    candidate = run("candidate", NOON)
    run("later", NOON + 0.001)
    assert names_before(place, candidate) == ["newest", "middle", "oldest"]


def test_no_past(place: Seeder) -> None:
    """The first run of an experiment has none."""
    assert names_before(place, place.run(place.experiment())) == []


@pytest.mark.parametrize(
    ("chosen", "seen"),
    [
        pytest.param(latest("tags.phase = 'eval'"), ["2", "0"], id="the-filter-counts"),
        pytest.param(latest(None), ["2", "1", "0"], id="no-filter"),
        pytest.param(RegisteredVersion("churn", "1", None, 3), ["2", "1", "0"], id="no-experiment-chosen"),
    ],
)
def test_what_the_gate_would_not_choose(seed: RestSeeder, chosen: Candidate, seen: list[str]) -> None:
    """A filter that chooses the candidate chooses its past, too."""
    experiment_id = seed.experiment()
    for number, phase in enumerate(("eval", "train", "eval")):
        seed.run(experiment_id, tags={"n": str(number), "phase": phase}, start=NOON + number)
    candidate = seed.run(experiment_id, tags={"phase": "eval"}, start=NOON + 9)
    assert names_before(seed, candidate, chosen) == seen


def test_a_long_past_is_one_request(seed: RestSeeder) -> None:
    """Of many runs the newest thirty are taken, in one request."""
    experiment_id = seed.experiment()
    for number in range(33):
        seed.run(experiment_id, tags={"n": str(number)}, start=NOON + number)
    candidate = seed.run(experiment_id, start=NOON + 99)
    asked = Asked(open_store(seed.uri, None, os.environ))
    past = past_runs(BY_ID, asked.run(candidate), asked)
    assert [run.tags["n"] for run in past] == [str(number) for number in range(32, 2, -1)]
    assert [entry.partition(" ")[0] for entry in asked.log] == ["run", "search_runs"]


def test_what_the_server_answers_is_looked_at(seed: RestSeeder) -> None:
    """A filter that MLflow does not understand is an error, not an empty past."""
    candidate = seed.run(seed.experiment())
    with pytest.raises(Rejected, match="filter string"):
        names_before(seed, candidate, latest(fresh("accuracy")))


def test_candidate_without_a_start() -> None:
    """A store that heeds no condition makes neither the candidate nor an unfinished run its own past."""
    store = FakeStore()
    run = store.run("r1")._replace(start_time=None)
    for name, status in (("r2", "FINISHED"), ("r3", "RUNNING")):
        store.runs[name] = run._replace(run_id=name, status=status)
    assert [past.run_id for past in past_runs(BY_ID, run, store)] == ["r2"]


def test_server_that_is_gone() -> None:
    """Nobody swallows that there was no answer."""
    asked = Asked(FakeStore())
    asked.refusing["search_runs"] = Unreachable("fake://store: gone")
    with pytest.raises(Unreachable):
        past_runs(BY_ID, asked.run("r1"), asked)
