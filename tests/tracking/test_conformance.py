"""
One suite for every Store: the same answers and the same kinds of errors, whichever way they come.

Over plain HTTP and over MLflow's client, on MLflow 3 and on the last MLflow 2 release, and on SQLite.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.client import ClientStore
from pytest_mlflow_gate.tracking.rest import RestStore
from pytest_mlflow_gate.tracking.store import NotFound, NotMlflow, Rejected
from pytest_mlflow_gate.tracking.values import Artifact, LoggedModel
from tests.seeding import RestSeeder, fresh

if TYPE_CHECKING:
    from pytest_mlflow_gate.tracking.store import Store
    from tests.seeding import Seeder
    from tests.servers import RealModel

pytestmark = pytest.mark.usefixtures("mlflow_server", "mlflow2_server")

AGES_AGO = 1_700_000_000.0


@dataclass(frozen=True)
class Side:
    """
    One store under test.

    Attributes:
        store: Of ours.
        seed: Puts things into the same place, by itself.
        release: MLflow's major version there.
        over_http: Whether there is a server.
    """

    store: Store
    seed: Seeder
    release: int
    over_http: bool


@pytest.fixture(params=["rest-3", "client-3", "client-sqlite", "rest-2", "client-2"])
def side(request: pytest.FixtureRequest) -> Side:
    """Return each store in turn."""
    way, _, where = request.param.partition("-")
    name = {"3": "mlflow_server", "2": "mlflow2_server", "sqlite": "sqlite_store"}[where]
    uri = request.getfixturevalue(name)
    seed = RestSeeder(uri) if where != "sqlite" else request.getfixturevalue("sqlite_seed")
    make = RestStore if way == "rest" else ClientStore
    return Side(make(uri, None, os.environ), seed, 2 if where == "2" else 3, where != "sqlite")


@pytest.fixture
def store(side: Side) -> Store:
    """Return the store under test."""
    return side.store


@pytest.fixture
def seed(side: Side) -> Seeder:
    """Return the way to put things into it."""
    return side.seed


@pytest.fixture
def registered(seed: Seeder) -> tuple[str, str]:
    """Return a registered model with the versions 1, 2 and 3, all of one run, and the run's id."""
    run_id = seed.run(seed.experiment())
    model = seed.registered_model()
    for _ in range(3):
        seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    return model, run_id


def test_description_is_the_uri(side: Side) -> None:
    """Messages name the store by its URI."""
    assert side.store.description == side.seed.uri


@pytest.mark.parametrize("prefix", ["plain", "it's", 'say "x"', "größe/汉字 %20&x=1#y"])
def test_experiment_named(store: Store, seed: Seeder, prefix: str) -> None:
    """An experiment is found by its exact name, whatever characters that has."""
    name = fresh(prefix)
    experiment_id = seed.experiment(name)
    found = store.experiment_named(name)
    assert found is not None
    assert (found.experiment_id, found.name, found.active) == (experiment_id, name, True)
    assert store.experiment(experiment_id) == found


def test_experiment_that_does_not_exist(store: Store) -> None:
    """A missing name is None; a missing id is NotFound, because only a broken reference has one."""
    assert store.experiment_named(fresh("nowhere")) is None
    with pytest.raises(NotFound):
        store.experiment("987654")


def test_deleted_experiment(store: Store, seed: Seeder) -> None:
    """A deleted experiment is answered, and called inactive; so are its runs, and no search finds them."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id)
    seed.delete_experiment(experiment_id)
    assert store.experiment(experiment_id).active is False
    assert store.run(run_id).active is False
    assert list(store.search_runs(experiment_id, filter_string="", order_by=(), page_size=5)) == []


def test_run(store: Store, seed: Seeder) -> None:
    """A run has its status, its times in seconds, its parameters, tags and last metric values."""
    experiment_id = seed.experiment()
    run_id = seed.run(
        experiment_id,
        metrics={"acc": [(0.5, 1), (0.75, 2)], "größe/x y": 3.0},
        params={"depth": "3"},
        tags={"phase": "eval's"},
        start=AGES_AGO,
        end=AGES_AGO + 1.5,
    )
    run = store.run(run_id)
    assert (run.run_id, run.experiment_id, run.status, run.active) == (
        run_id,
        experiment_id,
        "FINISHED",
        True,
    )
    assert (run.start_time, run.end_time) == (AGES_AGO, AGES_AGO + 1.5)
    assert run.metrics == {"acc": 0.75, "größe/x y": 3.0}
    assert run.params == {"depth": "3"}
    assert run.tags["phase"] == "eval's"
    assert run.model_ids == ()
    assert run.name
    assert run.artifact_uri


@pytest.mark.parametrize("status", ["RUNNING", "SCHEDULED", "FAILED", "KILLED"])
def test_status(store: Store, seed: Seeder, status: str) -> None:
    """Statuses are MLflow's words, and only an ended run has an end."""
    run = store.run(seed.run(seed.experiment(), status=status))
    assert run.status == status
    assert (run.end_time is None) == (status in ("RUNNING", "SCHEDULED"))


def test_metrics_that_are_no_numbers(store: Store, seed: Seeder) -> None:
    """NaN and the infinities are themselves, however the store spells them, in a run and in a search."""
    experiment_id = seed.experiment()
    run_id = seed.run(
        experiment_id, metrics={"nan": math.nan, "up": math.inf, "down": -math.inf, "zero": 0.0}
    )
    found = list(store.search_runs(experiment_id, filter_string="", order_by=(), page_size=5))
    for run in (store.run(run_id), *found):
        assert math.isnan(run.metrics["nan"])
        assert (run.metrics["up"], run.metrics["down"], run.metrics["zero"]) == (math.inf, -math.inf, 0.0)
    assert len(found) == 1


def test_exact_floats_survive(store: Store, seed: Seeder) -> None:
    """A value comes back bit by bit, because limits are compared with its shortest decimals."""
    values = {"a": 0.1 + 0.2, "b": 1e-300, "c": 0.9199999, "d": 1e300, "e": -0.07}
    assert store.run(seed.run(seed.experiment(), metrics=values)).metrics == values


def test_deleted_run(store: Store, seed: Seeder) -> None:
    """A deleted run is answered with its metrics, and called inactive; no search finds it."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id, metrics={"acc": 1.0})
    seed.delete_run(run_id)
    assert store.run(run_id).active is False
    assert store.run(run_id).metrics == {"acc": 1.0}
    assert list(store.search_runs(experiment_id, filter_string="", order_by=(), page_size=5)) == []


def test_run_that_does_not_exist(store: Store) -> None:
    """A run that never was is NotFound."""
    with pytest.raises(NotFound):
        store.run("0" * 32)


def test_search_pages(store: Store, seed: Seeder) -> None:
    """A search goes on over all pages, in the order asked for, each run once."""
    experiment_id = seed.experiment()
    made = [
        seed.run(experiment_id, metrics={"acc": index / 10}, start=AGES_AGO + index) for index in range(5)
    ]
    newest = store.search_runs(
        experiment_id, filter_string="", order_by=("attributes.start_time DESC",), page_size=2
    )
    assert [run.run_id for run in newest] == made[::-1]
    best = store.search_runs(
        experiment_id, filter_string="metrics.acc < 0.35", order_by=("metrics.acc DESC",), page_size=2
    )
    assert [run.metrics["acc"] for run in best] == [0.3, 0.2, 0.1, 0.0]


def test_search_with_a_filter_that_mlflow_does_not_understand(store: Store, seed: Seeder) -> None:
    """MLflow's own refusal of a filter comes through."""
    experiment_id = seed.experiment()
    with pytest.raises(Rejected, match="filter string"):
        list(store.search_runs(experiment_id, filter_string="accuracy", order_by=(), page_size=2))


def test_run_artifacts(store: Store, seed: Seeder) -> None:
    """One level of a run's files, folders marked; a path that is not there is empty."""
    run_id = seed.run(seed.experiment())
    seed.run_file(run_id, "model/MLmodel")
    seed.run_file(run_id, "notes.txt")
    assert set(store.run_artifacts(run_id)) == {
        Artifact("model", is_dir=True),
        Artifact("notes.txt", is_dir=False),
    }
    assert store.run_artifacts(run_id, "model") == (Artifact("model/MLmodel", is_dir=False),)
    assert store.run_artifacts(run_id, "nowhere") == ()
    assert store.run_artifacts(run_id, "nowhere/deep") == ()


def test_artifacts_of_a_run_that_does_not_exist(store: Store) -> None:
    """No run, no list."""
    for path in ("", "model"):
        with pytest.raises(NotFound):
            store.run_artifacts("0" * 32, path)


def test_logged_model(side: Side) -> None:
    """An MLflow 3 model has its run, its name and its files; an MLflow 2 server has no such part."""
    if side.release == 2:
        with pytest.raises(NotMlflow):
            side.store.logged_model("m-1f2e")
        with pytest.raises(NotMlflow):
            side.store.logged_model_artifacts("m-1f2e")
        return
    experiment_id = side.seed.experiment()
    run_id = side.seed.run(experiment_id)
    model_id = side.seed.logged_model(experiment_id, run_id, name="churn")
    assert side.store.logged_model(model_id) == LoggedModel(model_id, "churn", run_id, ready=True)
    assert side.store.run(run_id).model_ids == (model_id,)
    assert side.store.logged_model_artifacts(model_id) == (Artifact("MLmodel", is_dir=False),)
    assert side.store.run_artifacts(run_id, "churn") == ()
    pending = side.seed.logged_model(experiment_id, None, ready=False)
    assert side.store.logged_model(pending) == LoggedModel(pending, "model", None, ready=False)
    with pytest.raises(NotFound):
        side.store.logged_model("m-1f2e")
    with pytest.raises(NotFound):
        side.store.logged_model_artifacts("m-1f2e")


def test_registered_model(store: Store, seed: Seeder, registered: tuple[str, str]) -> None:
    """A registered model has its aliases, each with a version number as text."""
    model, _ = registered
    found = store.registered_model(model)
    assert found is not None
    assert (found.name, found.aliases) == (model, {})
    seed.alias(model, "champion", "2")
    found = store.registered_model(model)
    assert found is not None
    assert found.aliases == {"champion": "2"}


def test_registry_things_that_do_not_exist(store: Store, registered: tuple[str, str]) -> None:
    """Whatever the registry does not have is None or empty, because a first champion has no predecessor."""
    model, _ = registered
    assert store.registered_model(fresh("nowhere")) is None
    assert store.model_version(fresh("nowhere"), "1") is None
    assert store.model_version(model, "99") is None
    assert store.model_versions(fresh("nowhere")) == ()
    assert store.model_versions(model, run_id="0" * 32) == ()


def test_model_version(store: Store, registered: tuple[str, str]) -> None:
    """A version has what it was registered with."""
    model, run_id = registered
    found = store.model_version(model, "2")
    assert found is not None
    assert (found.model, found.version, found.run_id) == (model, "2", run_id)
    assert (found.source, found.ready, found.stage, found.tags) == (f"runs:/{run_id}/model", True, "None", {})


def test_model_versions(store: Store, seed: Seeder, registered: tuple[str, str]) -> None:
    """All versions, newest first by number and not by text; or those of one run."""
    model, run_id = registered
    other = seed.run(seed.experiment())
    for _ in range(7):
        seed.version(model, source=f"runs:/{other}/model", run_id=other)
    every = [version.version for version in store.model_versions(model)]
    assert every == [str(number) for number in range(10, 0, -1)]
    assert [version.version for version in store.model_versions(model, run_id=run_id)] == ["3", "2", "1"]


@pytest.mark.parametrize("prefix", ["it's", 'say "x"', "größe 汉字 %20"])
def test_versions_of_a_model_with_a_strange_name(store: Store, seed: Seeder, prefix: str) -> None:
    """A model is found by its exact name, whatever characters that has."""
    run_id = seed.run(seed.experiment())
    model = seed.registered_model(fresh(prefix))
    seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    assert [version.model for version in store.model_versions(model)] == [model]
    assert [version.model for version in store.model_versions(model, run_id=run_id)] == [model]


def test_create_model_version(store: Store, seed: Seeder) -> None:
    """A version is made once for each call, of a model that may exist already."""
    run_id = seed.run(seed.experiment())
    model = fresh("model")
    store.create_registered_model(model)
    store.create_registered_model(model)
    for number in ("1", "2"):
        made = store.create_model_version(model, source=f"runs:/{run_id}/model", run_id=run_id, model_id=None)
        assert (made.model, made.version, made.run_id, made.ready) == (model, number, run_id, True)
    assert len(store.model_versions(model)) == 2


def test_create_model_version_of_a_missing_model(store: Store, seed: Seeder) -> None:
    """There is no version without its registered model."""
    run_id = seed.run(seed.experiment())
    with pytest.raises(NotFound):
        store.create_model_version(fresh("no"), source=f"runs:/{run_id}/model", run_id=run_id, model_id=None)


def test_alias(store: Store, registered: tuple[str, str]) -> None:
    """An alias can be set, set again, moved and removed, and removing one that is not there is fine."""
    model, _ = registered

    def aliases() -> dict[str, str]:
        found = store.registered_model(model)
        assert found is not None
        return dict(found.aliases)

    store.set_alias(model, "champion", "1")
    store.set_alias(model, "champion", "1")
    store.set_alias(model, "Champion", "3")
    assert aliases() == {"champion": "1", "Champion": "3"}
    store.set_alias(model, "champion", "2")
    assert aliases() == {"champion": "2", "Champion": "3"}
    store.delete_alias(model, "champion")
    store.delete_alias(model, "champion")
    assert aliases() == {"Champion": "3"}
    store.delete_alias(fresh("nowhere"), "champion")


def test_alias_to_a_version_that_does_not_exist(store: Store, registered: tuple[str, str]) -> None:
    """MLflow points no alias to nothing, and takes no reserved word for one."""
    model, _ = registered
    with pytest.raises(NotFound):
        store.set_alias(model, "champion", "99")
    with pytest.raises(Rejected):
        store.set_alias(model, "latest", "1")


def test_stage(store: Store, registered: tuple[str, str]) -> None:
    """A version moves to a stage, and the others there stay or are archived, as asked."""
    model, _ = registered

    def stages() -> list[str]:
        return [version.stage for version in store.model_versions(model)]

    store.set_stage(model, "1", "Production", archive_existing=True)
    store.set_stage(model, "2", "Production", archive_existing=False)
    assert stages() == ["None", "Production", "Production"]
    store.set_stage(model, "3", "Production", archive_existing=True)
    assert stages() == ["Production", "Archived", "Archived"]
    with pytest.raises(Rejected):
        store.set_stage(model, "1", "Prod", archive_existing=False)
    with pytest.raises(NotFound):
        store.set_stage(model, "99", "Production", archive_existing=False)


def test_version_tags(store: Store, registered: tuple[str, str]) -> None:
    """Tags can be set, replaced and removed, and removing one that is not there is fine."""
    model, _ = registered
    long = "ä" * 5000  # the longest that MLflow 2 takes

    def tags() -> dict[str, str]:
        found = store.model_version(model, "1")
        assert found is not None
        return dict(found.tags)

    store.set_version_tag(model, "1", "by", "ci")
    store.set_version_tag(model, "1", "by", "ci's")
    store.set_version_tag(model, "1", "mlflow_gate.checks", long)
    assert tags() == {"by": "ci's", "mlflow_gate.checks": long}
    store.delete_version_tag(model, "1", "by")
    store.delete_version_tag(model, "1", "by")
    store.delete_version_tag(model, "99", "by")
    assert tags() == {"mlflow_gate.checks": long}
    with pytest.raises(NotFound):
        store.set_version_tag(model, "99", "by", "ci")


def test_run_url(side: Side) -> None:
    """A server has a page for each run; a database has none."""
    run = side.store.run(side.seed.run(side.seed.experiment()))
    page = f"{side.seed.uri}/#/experiments/{run.experiment_id}/runs/{run.run_id}"
    assert side.store.run_url(run) == (page if side.over_http else None)


@pytest.mark.parametrize("make", [RestStore, ClientStore])
def test_model_that_mlflow3_logged(make: type[RestStore | ClientStore], real_model: RealModel) -> None:
    """What MLflow 3 itself logs is a logged model with an MLmodel file, registered with its model id."""
    store = make(real_model.tracking_uri, None, os.environ)
    run = store.run(real_model.run_id)
    assert run.model_ids == (real_model.model_id,)
    assert real_model.model_id is not None
    assert Artifact("MLmodel", is_dir=False) in store.logged_model_artifacts(real_model.model_id)
    name = fresh("real")
    store.create_registered_model(name)
    source = f"models:/{real_model.model_id}"
    made = store.create_model_version(name, source=source, run_id=run.run_id, model_id=real_model.model_id)
    assert (made.source, made.run_id, made.ready) == (source, run.run_id, True)


@pytest.mark.parametrize("make", [RestStore, ClientStore])
def test_model_that_mlflow2_logged(make: type[RestStore | ClientStore], real_model2: RealModel) -> None:
    """What MLflow 2 itself logs is a folder of the run with an MLmodel file, registered by its path."""
    store = make(real_model2.tracking_uri, None, os.environ)
    assert store.run(real_model2.run_id).model_ids == ()
    assert store.run_artifacts(real_model2.run_id) == (Artifact("model", is_dir=True),)
    assert Artifact("model/MLmodel", is_dir=False) in store.run_artifacts(real_model2.run_id, "model")
    name = fresh("real")
    store.create_registered_model(name)
    source = f"runs:/{real_model2.run_id}/model"
    made = store.create_model_version(name, source=source, run_id=real_model2.run_id, model_id=None)
    assert (made.source, made.run_id, made.ready) == (source, real_model2.run_id, True)
