"""The Store over REST: what is sent, and what the answers mean."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.tracking.rest import RestStore
from pytest_mlflow_gate.tracking.store import Denied, NotFound, NotMlflow, Rejected, StoreError, Unreachable
from pytest_mlflow_gate.tracking.values import (
    Artifact,
    DatasetMetric,
    Experiment,
    LoggedModel,
    Measurement,
    ModelVersion,
    RegisteredModel,
    Run,
)
from tests.fakes import RUN as FAKE_RUN
from tests.wire import Reply, Wire, reply_error, reply_html, reply_json, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

API = "/api/2.0/mlflow/"
CANARY = "kanarienvogel"
LARGEST = 1.7976931348623157e308
ABSENT = reply_error(404, "RESOURCE_DOES_NOT_EXIST", "no such thing")

EXPERIMENT = {"experiment_id": "1", "name": "gate", "lifecycle_stage": "active"}
RUN: dict[str, Any] = {
    "info": {
        "run_id": "r1",
        "run_name": "calm-fish",
        "experiment_id": "1",
        "status": "FINISHED",
        "start_time": 1700000000500,
        "end_time": 1700000001000,
        "artifact_uri": "mlflow-artifacts:/1/r1/artifacts",
        "lifecycle_stage": "active",
    },
    "data": {
        "metrics": [
            {"key": "acc", "value": 0.9199999, "timestamp": 1, "step": 0},
            {"key": "nan", "value": "NaN"},
            {"key": "inf", "value": "Infinity"},
            {"key": "sql_inf", "value": LARGEST},
            {"key": "sql_minus_inf", "value": -LARGEST},
        ],
        "params": [{"key": "depth", "value": "3"}],
        "tags": [{"key": "phase", "value": "eval"}],
    },
    "inputs": {
        "dataset_inputs": [
            {
                "tags": [{"key": "mlflow.data.context", "value": "eval"}],
                "dataset": {"name": "b", "digest": "2"},
            },
            {"dataset": {"name": "a", "digest": "1"}},
            {"dataset": {"name": "b", "digest": "2"}},
        ]
    },
    "outputs": {"model_outputs": [{"model_id": "m-2"}, {"model_id": "m-1"}, {"model_id": "m-2"}]},
}
VERSION = {
    "name": "churn",
    "version": 7,
    "source": "models:/m-1",
    "run_id": "r1",
    "status": "READY",
    "current_stage": "Production",
    "tags": [{"key": "k", "value": "v"}],
}
VERSION_7 = ModelVersion("churn", "7", "models:/m-1", "r1", ready=True, stage="Production", tags={"k": "v"})


ROOTED = FAKE_RUN._replace(artifact_uri="mlflow-artifacts:/base/1/r1/artifacts")


@pytest.fixture
def store_on(tmp_path: Path) -> Iterator[Callable[[Wire], RestStore]]:
    """Return the way to open a store on a server, without credentials."""
    stores = []

    def opened(wire: Wire) -> RestStore:
        stores.append(RestStore(wire.url, None, {}, home=tmp_path))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


def versions(*numbers: int) -> list[dict[str, Any]]:
    """Return versions of a model as MLflow sends them."""
    return [{**VERSION, "version": number} for number in numbers]


@pytest.mark.parametrize(
    ("ask", "method", "target", "fields", "answer", "expected"),
    [
        pytest.param(
            lambda store: store.experiment_named("a/b c"),
            "GET",
            "experiments/get-by-name?experiment_name=a%2Fb+c",
            None,
            {"experiment": EXPERIMENT},
            Experiment("1", "gate", active=True),
            id="experiment-by-name",
        ),
        pytest.param(
            lambda store: store.experiment("1"),
            "GET",
            "experiments/get?experiment_id=1",
            None,
            {"experiment": {**EXPERIMENT, "lifecycle_stage": "deleted"}},
            Experiment("1", "gate", active=False),
            id="deleted-experiment",
        ),
        pytest.param(
            lambda store: list(
                store.search_runs("1", filter_string="metrics.acc > 0", order_by=["a DESC"], page_size=5)
            ),
            "POST",
            "runs/search",
            {
                "experiment_ids": ["1"],
                "filter": "metrics.acc > 0",
                "order_by": ["a DESC"],
                "run_view_type": "ACTIVE_ONLY",
                "max_results": 5,
            },
            {},
            [],
            id="no-runs",
        ),
        pytest.param(
            lambda store: store.metric_history("r1", "a/b c"),
            "GET",
            "metrics/get-history?run_id=r1&metric_key=a%2Fb+c&max_results=25000",
            None,
            {},
            (),
            id="no-history",
        ),
        pytest.param(
            lambda store: store.logged_model("m-1/x"),
            "GET",
            "logged-models/m-1%2Fx",
            None,
            {
                "model": {
                    "info": {
                        "model_id": "m-1",
                        "name": "model",
                        "source_run_id": "r1",
                        "status": "LOGGED_MODEL_READY",
                    },
                    "data": {
                        "metrics": [
                            {
                                "key": "acc",
                                "value": -LARGEST,
                                "timestamp": "1700000000500",
                                "step": "3",
                                "dataset_name": "holdout",
                                "dataset_digest": "9f2c",
                                "model_id": "m-1",
                                "run_id": "r1",
                            },
                            {"key": "acc", "value": 0.9199999, "timestamp": 1, "model_id": "m-1"},
                        ]
                    },
                }
            },
            LoggedModel(
                "m-1",
                "model",
                "r1",
                ready=True,
                metrics=(
                    DatasetMetric("acc", 0.9199999, 0, 1, None, None, None),
                    DatasetMetric("acc", -math.inf, 3, 1700000000500, "holdout", "9f2c", "r1"),
                ),
            ),
            id="logged-model",
        ),
        pytest.param(
            lambda store: store.logged_model("m-1"),
            "GET",
            "logged-models/m-1",
            None,
            {"model": {"info": {"model_id": "m-1", "name": "model", "status": "LOGGED_MODEL_PENDING"}}},
            LoggedModel("m-1", "model", None, ready=False),
            id="logged-model-that-is-not-ready",
        ),
        pytest.param(
            lambda store: store.logged_model_artifacts("m-1"),
            "GET",
            "logged-models/m-1/artifacts/directories",
            None,
            {"files": [{"path": "MLmodel", "is_dir": False}]},
            (Artifact("MLmodel", is_dir=False),),
            id="logged-model-artifacts",
        ),
        pytest.param(
            lambda store: store.run_artifacts("r1"),
            "GET",
            "artifacts/list?run_id=r1",
            None,
            {"files": [{"path": "model", "is_dir": True}]},
            (Artifact("model", is_dir=True),),
            id="run-artifacts",
        ),
        pytest.param(
            lambda store: store.run_artifacts("r1", "model"),
            "GET",
            "artifacts/list?run_id=r1&path=model",
            None,
            {"root_uri": "x"},
            (),
            id="no-run-artifacts",
        ),
        pytest.param(
            lambda store: store.registered_model("churn"),
            "GET",
            "registered-models/get?name=churn",
            None,
            {"registered_model": {"name": "churn", "aliases": [{"alias": "champion", "version": 7}]}},
            RegisteredModel("churn", {"champion": "7"}),
            id="registered-model",
        ),
        pytest.param(
            lambda store: store.model_version("churn", "7"),
            "GET",
            "model-versions/get?name=churn&version=7",
            None,
            {"model_version": VERSION},
            VERSION_7,
            id="model-version",
        ),
        pytest.param(
            lambda store: store.model_versions("it's"),
            "GET",
            "model-versions/search?filter=name+%3D+%22it%27s%22&order_by=version_number+DESC&max_results=1000",
            None,
            {},
            (),
            id="quoted-name",
        ),
        pytest.param(
            lambda store: store.model_versions('"c"', run_id="r1"),
            "GET",
            "model-versions/search?filter=name+%3D+%27%22c%22%27+and+run_id+%3D+%27r1%27"
            "&order_by=version_number+DESC&max_results=1000",
            None,
            {},
            (),
            id="versions-of-a-run",
        ),
        pytest.param(
            lambda store: store.create_registered_model("churn"),
            "POST",
            "registered-models/create",
            {"name": "churn"},
            {"registered_model": {"name": "churn"}},
            None,
            id="create-model",
        ),
        pytest.param(
            lambda store: store.create_model_version(
                "churn", source="models:/m-1", run_id="r1", model_id="m-1"
            ),
            "POST",
            "model-versions/create",
            {"name": "churn", "source": "models:/m-1", "run_id": "r1", "model_id": "m-1"},
            {"model_version": VERSION},
            VERSION_7,
            id="create-version",
        ),
        pytest.param(
            lambda store: store.create_model_version(
                "churn", source="runs:/r1/m", run_id="r1", model_id=None
            ),
            "POST",
            "model-versions/create",
            {"name": "churn", "source": "runs:/r1/m", "run_id": "r1"},
            {"model_version": {"name": "churn", "version": "8", "status": "PENDING_REGISTRATION"}},
            ModelVersion("churn", "8", "", None, ready=False, stage="None", tags={}),
            id="create-version-of-mlflow-2",
        ),
        pytest.param(
            lambda store: store.create_model_version(
                "prod", source="models:/churn/7", run_id=None, model_id=None
            ),
            "POST",
            "model-versions/create",
            {"name": "prod", "source": "models:/churn/7"},
            {"model_version": VERSION},
            VERSION_7,
            id="copy-version-without-run",
        ),
        pytest.param(
            lambda store: store.delete_model_version("churn", "7"),
            "DELETE",
            "model-versions/delete",
            {"name": "churn", "version": "7"},
            {},
            None,
            id="delete-version",
        ),
        pytest.param(
            lambda store: store.set_alias("churn", "champion", "7"),
            "POST",
            "registered-models/alias",
            {"name": "churn", "alias": "champion", "version": "7"},
            {},
            None,
            id="set-alias",
        ),
        pytest.param(
            lambda store: store.delete_alias("churn", "champion"),
            "DELETE",
            "registered-models/alias",
            {"name": "churn", "alias": "champion"},
            {},
            None,
            id="delete-alias",
        ),
        pytest.param(
            lambda store: store.set_stage("churn", "7", "Production", archive_existing=True),
            "POST",
            "model-versions/transition-stage",
            {"name": "churn", "version": "7", "stage": "Production", "archive_existing_versions": True},
            {"model_version": VERSION},
            None,
            id="set-stage",
        ),
        pytest.param(
            lambda store: store.set_version_tag("churn", "7", "k", "v"),
            "POST",
            "model-versions/set-tag",
            {"name": "churn", "version": "7", "key": "k", "value": "v"},
            {},
            None,
            id="set-tag",
        ),
        pytest.param(
            lambda store: store.set_version_description("churn", "7", "| a |"),
            "PATCH",
            "model-versions/update",
            {"name": "churn", "version": "7", "description": "| a |"},
            {"model_version": VERSION},
            None,
            id="set-description",
        ),
        pytest.param(
            lambda store: store.delete_version_tag("churn", "7", "k"),
            "DELETE",
            "model-versions/delete-tag",
            {"name": "churn", "version": "7", "key": "k"},
            {},
            None,
            id="delete-tag",
        ),
        pytest.param(
            lambda store: store.set_run_tags("r1", {"b": "x", "a": ""}),
            "POST",
            "runs/log-batch",
            {"run_id": "r1", "tags": [{"key": "b", "value": "x"}, {"key": "a", "value": ""}]},
            {},
            None,
            id="set-run-tags",
        ),
        pytest.param(
            lambda store: store.delete_run_tag("r1", "k"),
            "POST",
            "runs/delete-tag",
            {"run_id": "r1", "key": "k"},
            {},
            None,
            id="delete-run-tag",
        ),
    ],
)
def test_one_request_each(
    store_on: Callable[[Wire], RestStore],
    ask: Callable[[RestStore], object],
    method: str,
    target: str,
    fields: dict[str, object] | None,
    answer: dict[str, object],
    expected: object,
) -> None:
    """Each method sends exactly these fields, once: MLflow ignores names that it does not know."""
    with served(reply_json(answer)) as wire:
        assert ask(store_on(wire)) == expected
    (arrived,) = wire.arrived
    assert (arrived.method, arrived.target) == (method, f"{API}{target}")
    assert (arrived.fields if arrived.body else None) == fields


def test_a_run_is_read_whole(store_on: Callable[[Wire], RestStore]) -> None:
    """Numbers are exact, NaN and infinities real, times in seconds, models without repeats in their order."""
    with served(reply_json({"run": RUN})) as wire:
        run = store_on(wire).run("r1")
    metrics = dict(run.metrics)
    assert math.isnan(metrics.pop("nan"))
    assert metrics == {
        "acc": 0.9199999,
        "inf": math.inf,
        "sql_inf": math.inf,
        "sql_minus_inf": -math.inf,
    }
    assert run == Run(
        run_id="r1",
        name="calm-fish",
        experiment_id="1",
        status="FINISHED",
        active=True,
        start_time=1700000000.5,
        end_time=1700000001.0,
        artifact_uri="mlflow-artifacts:/1/r1/artifacts",
        metrics=run.metrics,
        params={"depth": "3"},
        tags={"phase": "eval"},
        model_ids=("m-2", "m-1"),
        datasets=(("a", "1"), ("b", "2")),
    )


def test_a_bare_run_is_read(store_on: Callable[[Wire], RestStore]) -> None:
    """A run that just began on an MLflow 2 server has no data, no end and no models."""
    info = {"run_id": "r1", "experiment_id": 1, "status": "RUNNING", "lifecycle_stage": "deleted"}
    with served(reply_json({"run": {"info": info}})) as wire:
        run = store_on(wire).run("r1")
    assert run == Run("r1", "", "1", "RUNNING", False, None, None, "", {}, {}, {}, ())  # noqa: FBT003


def test_pages_are_asked_for_when_needed(store_on: Callable[[Wire], RestStore]) -> None:
    """The second page costs its request only once somebody wants its first run."""
    pages = (reply_json({"runs": [RUN, RUN], "next_page_token": "t/2"}), reply_json({"runs": [RUN]}))
    with served(*pages) as wire:
        found = store_on(wire).search_runs("1", filter_string="", order_by=[], page_size=2)
        assert wire.arrived == []
        assert [next(found).run_id, next(found).run_id] == ["r1", "r1"]
        assert len(wire.arrived) == 1
        assert [run.run_id for run in found] == ["r1"]
    assert [arrived.fields.get("page_token") for arrived in wire.arrived] == [None, "t/2"]


def test_history_comes_from_all_pages(store_on: Callable[[Wire], RestStore]) -> None:
    """A metric's values are put into order over all pages, NaN and infinities real."""
    first = [
        {"key": "a", "value": LARGEST, "timestamp": 7, "step": 1},
        {"key": "a", "value": 0.5, "timestamp": "8", "step": "0"},
    ]
    second = [{"key": "a", "value": "NaN", "timestamp": 9, "step": 0}]
    pages = (reply_json({"metrics": first, "next_page_token": "t/2"}), reply_json({"metrics": second}))
    with served(*pages) as wire:
        history = store_on(wire).metric_history("r1", "a")
    assert str(history) == str(
        (Measurement(0.5, 0, 8), Measurement(math.nan, 0, 9), Measurement(math.inf, 1, 7))
    )
    target = f"{API}metrics/get-history?run_id=r1&metric_key=a&max_results=25000"
    assert [arrived.target for arrived in wire.arrived] == [target, f"{target}&page_token=t%2F2"]


def test_versions_come_newest_first_from_all_pages(store_on: Callable[[Wire], RestStore]) -> None:
    """Versions are ordered as numbers, whatever order the server knows."""
    pages = (
        reply_json({"model_versions": versions(9, 2), "next_page_token": "x"}),
        reply_json({"model_versions": versions(10)}),
    )
    with served(*pages) as wire:
        found = store_on(wire).model_versions("churn")
    assert [version.version for version in found] == ["10", "9", "2"]


@pytest.mark.parametrize(
    ("ask", "reply"),
    [
        pytest.param(lambda store: store.experiment_named("x"), ABSENT, id="experiment"),
        pytest.param(lambda store: store.registered_model("x"), ABSENT, id="model"),
        pytest.param(lambda store: store.model_version("x", "1"), ABSENT, id="version"),
        pytest.param(lambda store: store.delete_alias("x", "a"), ABSENT, id="alias"),
        pytest.param(
            lambda store: store.delete_alias("x", "a"),
            reply_error(400, "INVALID_PARAMETER_VALUE", "Registered model alias a not found."),
            id="alias-as-400",
        ),
        pytest.param(lambda store: store.delete_version_tag("x", "1", "k"), ABSENT, id="tag"),
        pytest.param(lambda store: store.delete_run_tag("x", "k"), ABSENT, id="run-tag"),
        pytest.param(lambda store: store.delete_model_version("x", "1"), ABSENT, id="version-to-delete"),
        pytest.param(
            lambda store: store.create_registered_model("x"),
            reply_error(400, "RESOURCE_ALREADY_EXISTS", "there is one"),
            id="model-that-exists",
        ),
    ],
)
def test_absence_that_is_an_answer(
    store_on: Callable[[Wire], RestStore], ask: Callable[[RestStore], object], reply: Reply
) -> None:
    """What may be missing is None, or nothing to do."""
    with served(reply) as wire:
        assert ask(store_on(wire)) is None


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(reply_html("Not Found", 404), id="wrong-path"),
        pytest.param(reply_html("Permission denied", 403), id="not-allowed"),
        pytest.param(reply_html("login"), id="login-page"),
        pytest.param(reply_json({}), id="empty-answer"),
        pytest.param(reply_error(400, "INVALID_PARAMETER_VALUE", "bad name"), id="refused"),
    ],
)
@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda store: store.experiment_named("x"), id="experiment"),
        pytest.param(lambda store: store.registered_model("x"), id="model"),
        pytest.param(lambda store: store.model_version("x", "1"), id="version"),
    ],
)
def test_absence_is_never_guessed(
    store_on: Callable[[Wire], RestStore], ask: Callable[[RestStore], object], reply: Reply
) -> None:
    """Only MLflow's own word for it means that something does not exist."""
    with served(reply) as wire, pytest.raises((NotMlflow, Denied, Rejected)):
        ask(store_on(wire))


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda store: store.experiment("9"), id="experiment"),
        pytest.param(lambda store: store.run("x"), id="run"),
        pytest.param(lambda store: store.logged_model("m-x"), id="logged-model"),
        pytest.param(lambda store: store.run_artifacts("x"), id="artifacts"),
        pytest.param(lambda store: store.set_alias("x", "a", "1"), id="set-alias"),
        pytest.param(lambda store: store.set_version_tag("x", "1", "k", "v"), id="set-tag"),
        pytest.param(lambda store: store.set_run_tags("x", {"k": "v"}), id="set-run-tags"),
    ],
)
def test_what_has_to_be_there(
    store_on: Callable[[Wire], RestStore], ask: Callable[[RestStore], object]
) -> None:
    """Elsewhere a missing thing is `NotFound`, in MLflow's words."""
    with served(ABSENT) as wire, pytest.raises(NotFound) as caught:
        ask(store_on(wire))
    assert str(caught.value) == f"{wire.url}: no such thing"


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        pytest.param({}, "KeyError('run')", id="nothing"),
        pytest.param({"run": {"info": None}}, "TypeError(", id="no-info"),
        pytest.param(
            {"run": {**RUN, "data": {"metrics": [{"key": "a"}]}}},
            "KeyError('value')",
            id="metric-without-value",
        ),
        pytest.param(
            {"run": {**RUN, "data": {"metrics": [{"key": "a", "value": "high"}]}}},
            "ValueError(",
            id="metric-that-is-no-number",
        ),
    ],
)
def test_json_of_somebody_else(
    store_on: Callable[[Wire], RestStore], document: dict[str, object], detail: str
) -> None:
    """JSON in another form is an error, never a run with holes."""
    with served(reply_json(document)) as wire, pytest.raises(NotMlflow) as caught:
        store_on(wire).run("r1")
    assert str(caught.value).startswith(f"{wire.url}: answered with JSON that is not MLflow's: {detail}")


def test_a_version_is_never_created_twice(store_on: Callable[[Wire], RestStore]) -> None:
    """A 503 after the request may mean that the version exists: it is not sent again."""
    with served(reply_html("nginx", 503)) as wire, pytest.raises(Unreachable) as caught:
        store_on(wire).create_model_version("churn", source="models:/m-1", run_id="r1", model_id="m-1")
    assert str(caught.value) == (
        f"{wire.url}: 503 Service Unavailable: nginx (not sent again: it may have taken effect)"
    )
    assert len(wire.arrived) == 1


@pytest.mark.parametrize("reply", [reply_json({}), Reply()], ids=["mlflow2", "mlflow3"])
def test_file_that_is_sent(store_on: Callable[[Wire], RestStore], reply: Reply) -> None:
    """A file goes to the server's artifact proxy as its bytes, below the root that the run has."""
    with served(reply) as wire:
        store_on(wire).log_text(ROOTED, "mlflow_gate/a b/größe.html", "größe")
    (request,) = wire.arrived
    target = "/api/2.0/mlflow-artifacts/artifacts/base/1/r1/artifacts/mlflow_gate/a%20b/gr%C3%B6%C3%9Fe.html"
    assert (request.method, request.target, request.body) == ("PUT", target, "größe".encode())


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        pytest.param(
            reply_html("log in"),
            "answered with an HTML page instead of MLflow's API (a login page or a proxy?)",
            id="login-page",
        ),
        pytest.param(
            reply_error(400, "INVALID_PARAMETER_VALUE", "Invalid path"),
            "Invalid path (INVALID_PARAMETER_VALUE)",
            id="refused",
        ),
        pytest.param(
            Reply(413), "413 Request Entity Too Large (not an answer of MLflow's API)", id="proxy-takes-less"
        ),
    ],
)
def test_file_that_did_not_arrive(store_on: Callable[[Wire], RestStore], reply: Reply, problem: str) -> None:
    """Only what the server took counts as written."""
    with served(reply) as wire, pytest.raises(StoreError) as caught:
        store_on(wire).log_text(ROOTED, "a.html", "x")
    assert str(caught.value) == f"{wire.url}: {problem}"


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda store: store.set_run_tags("r1", {"k": "v"}), id="set-run-tags"),
        pytest.param(lambda store: store.log_text(ROOTED, "a/b.txt", "größe"), id="log-text"),
        pytest.param(lambda store: store.set_version_description("churn", "7", "x"), id="set-description"),
        pytest.param(lambda store: store.delete_run_tag("r1", "k"), id="delete-run-tag"),
        pytest.param(lambda store: store.delete_model_version("churn", "7"), id="delete-version"),
    ],
)
def test_what_may_happen_twice_is_sent_again(
    store_on: Callable[[Wire], RestStore], ask: Callable[[RestStore], object]
) -> None:
    """A lost answer is asked for again, and that the first request did its work already is fine."""
    with served(reply_html("nginx", 503), reply_json({})) as wire:
        ask(store_on(wire))
    first, second = wire.arrived
    assert (first.target, first.body) == (second.target, second.body)


COLLISION = reply_error(400, "BAD_REQUEST", "(sqlite3.IntegrityError) UNIQUE constraint failed")


def test_losing_the_race_for_a_new_alias(store_on: Callable[[Wire], RestStore]) -> None:
    """Of two clients that set an alias for the first time, the one that collides does not overwrite the other."""
    with served(COLLISION, reply_json({})) as wire, pytest.raises(Rejected) as caught:
        store_on(wire).set_alias("churn", "champion", "7")
    assert str(caught.value) == (
        f"{wire.url}: (sqlite3.IntegrityError) UNIQUE constraint failed (BAD_REQUEST)"
    )
    assert len(wire.arrived) == 1


def test_losing_the_race_for_a_new_tag(store_on: Callable[[Wire], RestStore]) -> None:
    """Two clients that set a tag for the first time collide in the database too; there the second try works."""
    with served(COLLISION, reply_json({})) as wire:
        store_on(wire).set_version_tag("churn", "7", "mlflow_gate.by", "ada")
    assert len(wire.arrived) == 2
    with served(COLLISION) as wire, pytest.raises(Rejected):
        store_on(wire).set_version_tag("churn", "7", "mlflow_gate.by", "ada")
    assert len(wire.arrived) == 2


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda store: store.set_alias("x", "latest", "1"), id="set-alias"),
        pytest.param(lambda store: store.delete_alias("x", "latest"), id="delete-alias"),
        pytest.param(lambda store: store.create_registered_model("x"), id="create-model"),
        pytest.param(lambda store: store.delete_model_version("x", "one"), id="delete-version"),
        pytest.param(lambda store: store.delete_version_tag("x", "1", "k"), id="delete-tag"),
        pytest.param(lambda store: store.delete_run_tag("x", "k"), id="delete-run-tag"),
        pytest.param(lambda store: store.set_run_tags("x", {"k": "v"}), id="set-run-tags"),
    ],
)
def test_a_refusal_is_not_swallowed(
    store_on: Callable[[Wire], RestStore], ask: Callable[[RestStore], object]
) -> None:
    """Only the refusals that mean "nothing to do" are fine."""
    reply = reply_error(400, "INVALID_PARAMETER_VALUE", "'latest' alias name is reserved")
    with served(reply) as wire, pytest.raises(Rejected) as caught:
        ask(store_on(wire))
    assert str(caught.value) == f"{wire.url}: 'latest' alias name is reserved (INVALID_PARAMETER_VALUE)"
    assert len(wire.arrived) == 1


def test_a_name_that_cannot_be_quoted(store_on: Callable[[Wire], RestStore]) -> None:
    """MLflow's filter language knows no escapes, so nothing is sent that would match other models."""
    with served(reply_json({})) as wire, pytest.raises(Rejected) as caught:
        store_on(wire).model_versions('it\'s "x"')
    assert str(caught.value) == (
        f"{wire.url}: MLflow cannot search for 'it\\'s \"x\"', which has both kinds of quotes"
    )
    assert wire.arrived == []


def test_the_registry_may_be_another_server(tmp_path: Path) -> None:
    """Runs are asked of one server, models of the other."""
    with served(reply_json({"run": RUN})) as tracking, served(ABSENT) as registry:
        store = RestStore(tracking.url, registry.url, {}, home=tmp_path)
        store.run("r1")
        assert store.registered_model("churn") is None
        store.close()
    assert [arrived.target for arrived in tracking.arrived] == [f"{API}runs/get?run_id=r1"]
    assert [arrived.target for arrived in registry.arrived] == [f"{API}registered-models/get?name=churn"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda store: store.run("r1"), id="tracking-read"),
        pytest.param(lambda store: store.set_run_tags("r1", {"k": "v"}), id="tracking-write"),
        pytest.param(lambda store: store.registered_model("churn"), id="registry-read"),
        pytest.param(lambda store: store.set_alias("churn", "champion", "7"), id="registry-write"),
    ],
)
@pytest.mark.parametrize("kind", ["token", "password", "uri"])
def test_no_redirect_is_followed(
    tmp_path: Path, ask: Callable[[RestStore], object], status: int, kind: str
) -> None:
    """Neither server can send the credentials, or a write, to another host; the line names the address."""
    environ = {
        "token": {"MLFLOW_TRACKING_TOKEN": CANARY},
        "password": {"MLFLOW_TRACKING_USERNAME": "eve", "MLFLOW_TRACKING_PASSWORD": CANARY},
        "uri": {},
    }[kind]
    with served(reply_json({})) as elsewhere:
        redirect = Reply(status, b"", {"Location": f"{elsewhere.url}/login?token={CANARY}"})
        with served(redirect) as tracking, served(redirect) as registry:
            user = f"eve:{CANARY}@" if kind == "uri" else ""
            first, second = (wire.url.replace("://", f"://{user}") for wire in (tracking, registry))
            store = RestStore(first, second, environ, home=tmp_path)
            with pytest.raises(NotMlflow) as caught:
                ask(store)
            store.close()
    assert elsewhere.arrived == []
    (arrived,) = tracking.arrived + registry.arrived
    assert "authorization" in arrived.headers
    assert f": redirects to {elsewhere.url}/login instead of answering (a login" in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "environ", "url"),
    [
        pytest.param(
            "http://u:secret@host:5000/x/", {}, "http://host:5000/x/#/experiments/1/runs/r1", id="plain"
        ),
        pytest.param(
            "https://host",
            {"MLFLOW_WORKSPACE": "a&b"},
            "https://host/#/experiments/1/runs/r1?workspace=a%26b",
            id="workspace",
        ),
    ],
)
def test_the_page_of_a_run(tmp_path: Path, uri: str, environ: dict[str, str], url: str) -> None:
    """A run's page in the UI is known without a request and without credentials; so is the description."""
    store = RestStore(uri, None, environ, home=tmp_path)
    run = Run("r1", "", "1", "RUNNING", True, None, None, "", {}, {}, {}, ())  # noqa: FBT003
    assert store.run_url(run) == url
    assert store.description == re.sub("u:secret", "***", uri)
