"""
One suite for every Store: the same answers and the same kinds of errors, whichever way they come.

Over plain HTTP and over MLflow's client, on MLflow 3 and on the last MLflow 2 release, and on SQLite.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.client import ClientStore
from pytest_mlflow_gate.tracking.rest import RestStore
from pytest_mlflow_gate.tracking.store import NotFound, NotMlflow, Rejected, StoreError
from pytest_mlflow_gate.tracking.values import Artifact, DatasetMetric, LoggedModel, RegisteredModel
from tests.seeding import RestSeeder, fresh
from tests.servers import THIS_PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.tracking.store import Store
    from tests.seeding import Dataset, Seeder, Steps
    from tests.servers import Backends, RealModel

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


def test_search_for_child_runs(store: Store, seed: Seeder) -> None:
    """A run's children are found by MLflow's own tag, which names their parent."""
    experiment_id = seed.experiment()
    parent, other = seed.run(experiment_id), seed.run(experiment_id)
    children = {seed.run(experiment_id, tags={"mlflow.parentRunId": parent}) for _ in range(3)}
    seed.run(experiment_id, tags={"mlflow.parentRunId": other})
    condition = f"tags.mlflow.parentRunId = '{parent}'"
    found = store.search_runs(experiment_id, filter_string=condition, order_by=(), page_size=2)
    assert sorted(run.run_id for run in found) == sorted(children)


def test_datasets(store: Store, seed: Seeder) -> None:
    """A run has the datasets that were logged as its inputs, each once, also when a search finds it."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id)
    assert store.run(run_id).datasets == ()
    seed.log_datasets(run_id, ("train", "9f2c"), ("größe's", "1"), ("holdout", "9f2c"), ("holdout", "77"))
    seed.log_datasets(run_id, ("train", "9f2c"))
    run = store.run(run_id)
    assert run.datasets == (("größe's", "1"), ("holdout", "77"), ("holdout", "9f2c"), ("train", "9f2c"))
    assert list(store.search_runs(experiment_id, filter_string="", order_by=(), page_size=5)) == [run]


def test_metric_history(store: Store, seed: Seeder) -> None:
    """Every logged value, by step and time, NaN and infinities as themselves; the last is the run's own."""
    run_id = seed.run(seed.experiment(), start=AGES_AGO)
    began = int(AGES_AGO * 1000)
    for late, values in enumerate(([(0.25, 7), (0.5, 2)], [(0.75, 1), (-math.inf, 3), (math.inf, 4)])):
        seed.log(run_id, {"größe/x y": values}, at=began + late)
    seed.log(run_id, {"größe/x y": [(0.5, 7), (0.125, 7)]}, at=began)
    assert store.metric_history(run_id, "größe/x y") == (
        (0.75, 1, began + 1),
        (0.5, 2, began),
        (-math.inf, 3, began + 1),
        (math.inf, 4, began + 1),
        (0.125, 7, began),
        (0.25, 7, began),
        (0.5, 7, began),
    )
    assert store.run(run_id).metrics == {"größe/x y": 0.5}


def test_history_of_a_metric_with_nan(store: Store, seed: Seeder) -> None:
    """NaN at the last step is the last value; beside a number of the same step and time it comes first."""
    run_id = seed.run(seed.experiment())
    seed.log(run_id, {"loss": [(0.5, 1), (math.nan, 1), (-0.5, 1), (math.nan, 2)]}, at=5)
    history = store.metric_history(run_id, "loss")
    assert [(str(value), step, timestamp) for value, step, timestamp in history] == [
        ("nan", 1, 5),
        ("-0.5", 1, 5),
        ("0.5", 1, 5),
        ("nan", 2, 5),
    ]


def test_history_of_a_metric_that_was_never_logged(store: Store, seed: Seeder) -> None:
    """Nothing logged, no history; nor has a run that never was."""
    assert store.metric_history(seed.run(seed.experiment(), metrics={"acc": 1.0}), "accuracy") == ()
    assert store.metric_history("0" * 32, "acc") == ()


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


def test_metrics_of_a_logged_model(side: Side) -> None:
    """A model has each value with its dataset and run; to a SQL store, NaN is 0.0 there."""
    if side.release == 2:
        return
    experiment_id = side.seed.experiment()
    run_id = side.seed.run(experiment_id)
    model_id = side.seed.logged_model(experiment_id, run_id)
    assert side.store.logged_model(model_id).metrics == ()

    def log(metrics: dict[str, Steps], dataset: Dataset | None, at: int) -> None:
        side.seed.log_for_model(run_id, model_id, metrics, dataset=dataset, at=at)

    log({"acc": [(0.8, 4), (0.9, 3)]}, ("holdout", "9f2c"), 10)
    log({"acc": 0.7, "loss": math.inf}, ("holdout", "77"), 11)
    log({"acc": 0.6, "loss": math.nan}, None, 12)
    log({"acc": 0.5, "loss": -math.inf}, ("eval", "77"), 13)
    assert side.store.logged_model(model_id).metrics == (
        DatasetMetric("acc", 0.6, 0, 12, None, None, run_id),
        DatasetMetric("acc", 0.5, 0, 13, "eval", "77", run_id),
        DatasetMetric("acc", 0.7, 0, 11, "holdout", "77", run_id),
        DatasetMetric("acc", 0.9, 3, 10, "holdout", "9f2c", run_id),
        DatasetMetric("acc", 0.8, 4, 10, "holdout", "9f2c", run_id),
        DatasetMetric("loss", 0.0, 0, 12, None, None, run_id),
        DatasetMetric("loss", -math.inf, 0, 13, "eval", "77", run_id),
        DatasetMetric("loss", math.inf, 0, 11, "holdout", "77", run_id),
    )
    history = side.store.metric_history(run_id, "acc")
    assert history == ((0.7, 0, 11), (0.6, 0, 12), (0.5, 0, 13), (0.9, 3, 10), (0.8, 4, 10))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("MLmodel", "signature: größe\n", id="text"),
        pytest.param("model/MLmodel", "", id="empty"),
        pytest.param("größe, x/deep/MLmodel", '{"error_code": "RESOURCE_DOES_NOT_EXIST"}', id="json"),
        pytest.param("model/MLmodel", "<html><body>log in</body></html>", id="html"),
        pytest.param("model/MLmodel", "ä" * 500_000, id="longest"),
    ],
)
def test_run_file(store: Store, seed: Seeder, path: str, text: str) -> None:
    """A run's file is read as it was written, whatever its text is; there is none of another name."""
    run_id = seed.run(seed.experiment())
    seed.run_file(run_id, path, text)
    assert store.run_file(run_id, path) == text
    assert store.run_file(run_id, f"{path}.bak") is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("notes.txt", "größe", id="text"),
        pytest.param("mlflow_gate/größe, x/report.html", "<html><body>log in</body></html>", id="html"),
        pytest.param("mlflow_gate/churn/decision.json", '{"error_code": "INTERNAL_ERROR"}', id="json"),
        pytest.param("mlflow_gate/a b+1&c/empty.txt", "", id="empty"),
    ],
)
def test_log_text(store: Store, seed: Seeder, path: str, text: str) -> None:
    """A file is written as it is, and the next one of its name takes its place."""
    run = store.run(seed.run(seed.experiment()))
    store.log_text(run, path, "an earlier one, which was longer")
    store.log_text(run, path, text)
    # Over REST, what MLflow 2 sends for a page of HTML cannot be told from a login page.
    assert ClientStore(seed.uri, None, os.environ).run_file(run.run_id, path) == text
    folder = path.rpartition("/")[0]
    assert store.run_artifacts(run.run_id, folder) == (Artifact(path, is_dir=False),)


def test_log_text_beside_what_is_there(store: Store, seed: Seeder) -> None:
    """A file in a folder leaves the others of the run alone, and may be larger than what a gate reads."""
    run = store.run(seed.run(seed.experiment()))
    seed.run_file(run.run_id, "model/MLmodel", "whole")
    store.log_text(run, "model/report.html", "x" * 5_000_000)
    assert store.run_file(run.run_id, "model/MLmodel") == "whole"
    assert len(store.run_artifacts(run.run_id, "model")) == 2


@pytest.mark.parametrize("make", [RestStore, ClientStore])
@pytest.mark.parametrize("address", [Path.as_uri, str], ids=["uri", "path"])
def test_log_text_where_the_server_has_no_files(
    make: type[RestStore | ClientStore], address: Callable[[Path], str], mlflow_server: str, tmp_path: Path
) -> None:
    """Artifacts that are in a folder of this machine are written there, without the server."""
    store, seed = make(mlflow_server, None, os.environ), RestSeeder(mlflow_server)
    folder = tmp_path / "größe x"
    folder.mkdir()
    experiment = seed.ask(
        "POST", "experiments/create", name=fresh("local"), artifact_location=address(folder)
    )
    run = store.run(seed.run(experiment["experiment_id"]))
    store.log_text(run, "mlflow_gate/churn/report.html", "größe")
    written = folder / run.run_id / "artifacts" / "mlflow_gate" / "churn" / "report.html"
    assert written.read_text(encoding="utf-8") == "größe"
    assert store.run_artifacts(run.run_id, "mlflow_gate/churn") == (
        Artifact("mlflow_gate/churn/report.html", is_dir=False),
    )


@pytest.mark.parametrize("make", [RestStore, ClientStore])
def test_log_text_where_the_files_are_on_the_servers_machine(
    make: type[RestStore | ClientStore], mlflow_server: str, tmp_path: Path
) -> None:
    """A folder that only the server's machine has is no folder to make here, where nobody looks."""
    store, seed = make(mlflow_server, None, os.environ), RestSeeder(mlflow_server)
    location = str(tmp_path / "elsewhere")
    experiment = seed.ask("POST", "experiments/create", name=fresh("remote"), artifact_location=location)
    run = store.run(seed.run(experiment["experiment_id"]))
    with pytest.raises(Rejected) as caught:
        store.log_text(run, "mlflow_gate/churn/report.html", "x")
    assert str(caught.value) == (
        f"{seed.uri}: keeps the run's files in a folder of its own machine, which this one does not have: "
        "start it with --serve-artifacts, or give the experiment another artifact location"
    )
    assert not (tmp_path / "elsewhere").exists()


def test_run_file_that_is_none(store: Store, seed: Seeder) -> None:
    """A folder is no file, nor is a file's name a folder; a run that never was has none."""
    run_id = seed.run(seed.experiment())
    assert store.run_file(run_id, "model/MLmodel") is None
    seed.run_file(run_id, "model/MLmodel")
    for path in ("model", "MLmodel", "model/MLmodel/MLmodel", "nowhere/deep/MLmodel"):
        assert store.run_file(run_id, path) is None
    with pytest.raises(NotFound):
        store.run_file("0" * 32, "MLmodel")


def test_run_file_that_is_too_large(store: Store, seed: Seeder) -> None:
    """A file with a byte more than a million is refused, and not read to its end."""
    run_id = seed.run(seed.experiment())
    seed.run_file(run_id, "model/MLmodel", "x" * 1_000_001)
    with pytest.raises(Rejected) as caught:
        store.run_file(run_id, "model/MLmodel")
    assert str(caught.value) == (
        f"{store.description}: 'model/MLmodel' is larger than 1 MB, and a gate reads small text files only"
    )


def test_model_file(side: Side) -> None:
    """A logged model's file is read as a run's is; an MLflow 2 server has no such part."""
    if side.release == 2:
        with pytest.raises(NotMlflow):
            side.store.model_file("m-1f2e", "MLmodel")
        return
    experiment_id = side.seed.experiment()
    model_id = side.seed.logged_model(experiment_id, None)
    side.seed.model_file(model_id, "MLmodel", "signature: größe\n")
    side.seed.model_file(model_id, "data/card.md", "")
    side.seed.model_file(model_id, "data/large", "x" * 1_000_001)
    assert side.store.model_file(model_id, "MLmodel") == "signature: größe\n"
    assert side.store.model_file(model_id, "data/card.md") == ""
    for path in ("conda.yaml", "data", "card.md", "nowhere/deep/MLmodel"):
        assert side.store.model_file(model_id, path) is None
    with pytest.raises(Rejected, match="'data/large' is larger than 1 MB"):
        side.store.model_file(model_id, "data/large")
    with pytest.raises(NotFound):
        side.store.model_file("m-1f2e", "MLmodel")


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


def test_aliased_version(store: Store, seed: Seeder, registered: tuple[str, str]) -> None:
    """A version is found by its alias in one request; a model, an alias or a version that is gone is None."""
    model, _ = registered
    seed.alias(model, "champion", "2")
    assert store.aliased_version(model, "champion") == store.model_version(model, "2")
    assert store.aliased_version(model, "challenger") is None
    assert store.aliased_version(fresh("nowhere"), "champion") is None
    store.delete_model_version(model, "2")
    assert store.aliased_version(model, "champion") is None


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


def test_copy_of_a_version(store: Store, registered: tuple[str, str]) -> None:
    """A copy's source is the name and number that it was made of, by which it is found among its run's."""
    model, run_id = registered
    name = fresh("copy")
    store.create_registered_model(name)
    source = f"models:/{model}/2"
    made = store.create_model_version(name, source=source, run_id=run_id, model_id=None)
    assert (made.model, made.version, made.source, made.run_id) == (name, "1", source, run_id)
    assert made.ready
    assert store.model_version(name, "1") == made
    assert store.model_versions(name, run_id=run_id) == (made,)
    store.delete_model_version(model, "2")
    assert store.model_version(name, "1") == made


def test_copy_of_a_version_without_a_run(side: Side) -> None:
    """Some versions were registered from files alone, and so are their copies."""
    model, name = side.seed.registered_model(), side.seed.registered_model()
    side.seed.version(model, source="s3://models/1")
    source = f"models:/{model}/1"
    made = side.store.create_model_version(name, source=source, run_id=None, model_id=None)
    assert (made.version, made.source, made.run_id) == ("1", source, None)
    assert side.store.model_version(name, "1") == made


@pytest.mark.parametrize("version", ["99", "2"])
def test_copy_of_a_version_that_does_not_exist(
    store: Store, registered: tuple[str, str], version: str
) -> None:
    """Whatever MLflow calls it, what is not there or was deleted is not copied."""
    model, run_id = registered
    store.delete_model_version(model, "2")
    name = fresh("copy")
    store.create_registered_model(name)
    with pytest.raises(StoreError):
        store.create_model_version(name, source=f"models:/{model}/{version}", run_id=run_id, model_id=None)
    assert store.model_versions(name) == ()


def test_delete_model_version(side: Side, registered: tuple[str, str]) -> None:
    """A deleted version is gone, in whatever stage it was; its number is not used again."""
    model, run_id = registered
    side.store.set_stage(model, "3", "Production", archive_existing=False)
    side.store.set_version_tag(model, "3", "by", "ci")
    side.store.delete_model_version(model, "3")
    assert side.store.model_version(model, "3") is None
    assert [version.version for version in side.store.model_versions(model)] == ["2", "1"]
    for gone in ((model, "3"), (model, "99"), (fresh("nowhere"), "1")):
        side.store.delete_model_version(*gone)
    source = f"runs:/{run_id}/model"
    made = side.store.create_model_version(model, source=source, run_id=run_id, model_id=None)
    assert (made.version, made.stage, made.tags) == ("4", "None", {})


def test_delete_the_only_model_version(store: Store, seed: Seeder) -> None:
    """A registered model may be left without versions, and the next one still has a number of its own."""
    run_id = seed.run(seed.experiment())
    model = seed.registered_model()
    seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    store.delete_model_version(model, "1")
    assert store.registered_model(model) == RegisteredModel(model, {})
    assert store.model_versions(model) == ()
    made = store.create_model_version(model, source=f"runs:/{run_id}/model", run_id=run_id, model_id=None)
    assert made.version == "2"


def test_delete_a_model_version_that_has_an_alias(side: Side, registered: tuple[str, str]) -> None:
    """MLflow 3 removes the alias too; MLflow 2 keeps one that points to nothing, which can still be moved."""
    model, _ = registered
    side.store.set_alias(model, "champion", "3")
    side.store.delete_model_version(model, "3")
    found = side.store.registered_model(model)
    assert found is not None
    assert found.aliases == ({"champion": "3"} if side.release == 2 else {})
    side.store.set_alias(model, "champion", "2")
    side.store.delete_alias(model, "champion")
    assert side.store.registered_model(model) == RegisteredModel(model, {})


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


def test_description(store: Store, registered: tuple[str, str]) -> None:
    """A description is replaced and kept as it is, also the longest that every database takes."""
    model, _ = registered

    def description() -> str:
        found = store.model_version(model, "1")
        assert found is not None
        return found.description

    assert description() == ""
    for text in ("<!-- a -->\n| größe | `x` |\n|---|---|\n😀\n", "ä" * 5_000, ""):
        store.set_version_description(model, "1", text)
        assert description() == text
    others = {version.version: version.description for version in store.model_versions(model)}
    assert others == {"1": "", "2": "", "3": ""}
    with pytest.raises(NotFound):
        store.set_version_description(model, "99", "x")


DECISION = "mlflow_gate.decision.20261121T064907.123456Z"


@pytest.mark.parametrize("key", [DECISION, "mlflow_gate.by-me/now", "mlflow_gate.größe: x", "k" * 250])
def test_keys_that_tags_may_have(store: Store, registered: tuple[str, str], key: str) -> None:
    """Letters, digits and . _ - / : and spaces are fine in keys of versions and of runs."""
    model, run_id = registered
    value = "a\n'ü' \"😀\" = {}, "
    store.set_version_tag(model, "1", key, value)
    store.set_run_tags(run_id, {key: value})
    version = store.model_version(model, "1")
    assert version is not None
    assert version.tags == {key: value}
    assert store.run(run_id).tags[key] == value
    store.delete_version_tag(model, "1", key)
    store.delete_run_tag(run_id, key)
    version = store.model_version(model, "1")
    assert version is not None
    assert version.tags == {}
    assert key not in store.run(run_id).tags


@pytest.mark.parametrize("key", ["a,b", "a=b", "a+b", "a@b", "a[b]", "it's", "a//b", "k" * 251])
def test_keys_that_tags_may_not_have(store: Store, registered: tuple[str, str], key: str) -> None:
    """MLflow refuses other keys, and of the run's tags that come with one it sets none."""
    model, run_id = registered
    with pytest.raises(Rejected):
        store.set_version_tag(model, "1", key, "x")
    with pytest.raises(Rejected):
        store.set_run_tags(run_id, {"before": "x", key: "x", "after": "x"})
    assert not {"before", "after"} & store.run(run_id).tags.keys()


@pytest.mark.parametrize(
    ("length", "version_from"),
    [
        pytest.param(5_000, 2, id="all-keep-5000"),
        pytest.param(5_001, 3, id="more-than-mlflow-2-takes"),
        pytest.param(100_000, 3, id="all-that-mlflow-3-takes"),
        pytest.param(100_001, 4, id="too-long"),
    ],
)
def test_length_of_a_version_tag(
    side: Side, registered: tuple[str, str], length: int, version_from: int
) -> None:
    """A version's tag is kept whole or refused, counted in characters; who refuses it depends on MLflow."""
    model, _ = registered
    value = "😀" * length
    if side.release < version_from:
        with pytest.raises(Rejected, match="maximum length"):
            side.store.set_version_tag(model, "1", DECISION, value)
        value = ""
    else:
        side.store.set_version_tag(model, "1", DECISION, value)
    found = side.store.model_version(model, "1")
    assert found is not None
    assert found.tags.get(DECISION, "") == value


@pytest.mark.parametrize("length", [8_000, 8_001, 100_000])
def test_length_of_a_run_tag(store: Store, seed: Seeder, length: int) -> None:
    """A run's tag is never refused: its first 8,000 characters are kept, and nobody is told."""
    run_id = seed.run(seed.experiment())
    store.set_run_tags(run_id, {DECISION: "😀" * length, "after": "x"})
    tags = store.run(run_id).tags
    assert tags[DECISION] == "😀" * 8_000
    assert tags["after"] == "x"


def test_run_tags(store: Store, seed: Seeder) -> None:
    """Tags can be set together, replaced and removed, and removing one that is not there is fine."""
    run_id = seed.run(seed.experiment(), tags={"phase": "eval"})

    def tags() -> dict[str, str]:
        return {key: value for key, value in store.run(run_id).tags.items() if not key.startswith("mlflow.")}

    store.set_run_tags(run_id, {"mlflow_gate.verdict": "promoted", "mlflow_gate.by": "ci", "empty": ""})
    store.set_run_tags(run_id, {"mlflow_gate.verdict": "rejected", "phase": "train"})
    store.set_run_tags(run_id, {})
    left = {"mlflow_gate.verdict": "rejected", "phase": "train", "empty": ""}
    assert tags() == {**left, "mlflow_gate.by": "ci"}
    for _ in "ab":
        store.delete_run_tag(run_id, "mlflow_gate.by")
    store.delete_run_tag("0" * 32, "mlflow_gate.by")
    assert tags() == left
    with pytest.raises(NotFound):
        store.set_run_tags("0" * 32, {"by": "ci"})


def test_tags_of_a_deleted_run(store: Store, seed: Seeder) -> None:
    """A deleted run keeps its tags as they are, and says so: they would come back with it."""
    run_id = seed.run(seed.experiment(), tags={"by": "ci"})
    seed.delete_run(run_id)
    with pytest.raises(Rejected, match="active"):
        store.set_run_tags(run_id, {"by": "me"})
    with pytest.raises(Rejected, match="active"):
        store.delete_run_tag(run_id, "by")
    assert store.run(run_id).tags["by"] == "ci"


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


@pytest.mark.parametrize("release", [3, 2])
def test_copy_loads_and_is_what_mlflow_itself_makes(
    request: pytest.FixtureRequest, backends: Backends, mlflow2_environment: Path, release: int
) -> None:
    """A copy is the same as `copy_model_version`'s, and loads, also when what it is a copy of was deleted."""
    real: RealModel = request.getfixturevalue("real_model" if release == 3 else "real_model2")
    python = THIS_PYTHON if release == 3 else mlflow2_environment
    model, name = fresh("real"), fresh("copy")
    store = RestStore(real.tracking_uri, None, os.environ)
    store.create_registered_model(model)
    store.create_registered_model(name)
    source = f"models:/{real.model_id}" if real.model_id else f"runs:/{real.run_id}/model"
    store.create_model_version(model, source=source, run_id=real.run_id, model_id=real.model_id)
    original = f"models:/{model}/1"
    ours = store.create_model_version(name, source=original, run_id=real.run_id, model_id=None)
    by_client = ClientStore(real.tracking_uri, None, os.environ).create_model_version(
        name, source=original, run_id=real.run_id, model_id=None
    )
    by_mlflow = backends.run_script(python, "copy_version.py", real.tracking_uri, original, name)
    assert (by_client, by_mlflow) == (ours._replace(version="2"), "3")
    assert store.model_version(name, "3") == ours._replace(version="3")
    store.delete_model_version(model, "1")
    loaded = backends.run_script(python, "load_model.py", real.tracking_uri, f"models:/{name}/1")
    assert loaded == [2.0, 4.0]
