"""What a user sees when there is nothing to judge, nothing to promote, or nobody who answers."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking import retry
from tests.forwarding import forwarding
from tests.reports import junit_cases
from tests.seeding import fresh
from tests.wire import Reply, closed_port, reply_error, reply_html, served

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.conftest import Project
    from tests.seeding import RestSeeder

METRICS = {"accuracy": 0.93}


def assert_no_candidate(project: Project, result: pytest.RunResult, cause: str) -> None:
    """Hold that *cause* is in terminal and JUnit, all else is skipped, and the session is red."""
    sentence = f"cannot judge m: {cause}"
    assert result.errlines == []
    assert f"{sentence} (eval_gate.yaml:3)" in result.outlines
    assert result.outlines[-1] == f"NOT PROMOTED m: {sentence}"
    assert result.ret == 1
    assert junit_cases(project.path / "junit.xml") == {
        "eval_gate.yaml.m::candidate[run]": ("failure", f"{sentence} (eval_gate.yaml:3)"),
        "eval_gate.yaml.m::accuracy[min]": ("skipped", "no candidate"),
        "eval_gate.yaml.m::promotion": ("skipped", sentence),
    }


def assert_no_answer(project: Project, result: pytest.RunResult, cause: str) -> None:
    """Hold the same, and that the line names the command that shows where the gate asks and why."""
    command = "`python -m pytest_mlflow_gate explain eval_gate.yaml` shows why it asks there"
    assert_no_candidate(project, result, f"{cause}; {command}")


# The server


def test_server_down(project: Project) -> None:
    """Nobody listens: a few attempts, then one line, long before anybody gives up on the job."""
    uri = f"http://127.0.0.1:{closed_port()}"
    project.gate(uri, "experiment: churn", "m")
    result = project.run()
    (seconds,) = set(re.findall(r"tried 4 times in (\d+) s", result.stdout.str()))
    assert_no_answer(project, result, f"{uri}: connection refused (tried 4 times in {seconds} s)")
    assert int(seconds) < 30


def test_server_that_never_answers(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing is left after the bounded time."""
    monkeypatch.setattr(retry, "TOTAL_SECONDS", 2.0)
    with served(Reply(raw=b"HTTP/1.1 200 OK\r\n", pause=60.0)) as server:
        project.gate(server.url, "experiment: churn", "m")
        result = project.run()
        assert_no_answer(project, result, f"{server.url}: no complete answer within 2 s")


ANSWERS = {
    "401": (
        Reply(401, b"You are not authenticated. Please see the documentation."),
        (
            "401 Unauthorized: You are not authenticated. Please see the documentation. (no credentials were sent: "
            "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN)"
        ),
    ),
    "403": (
        reply_error(403, "PERMISSION_DENIED", "Permission denied"),
        (
            "403 Forbidden: Permission denied (no credentials were sent: set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; for users who are no admins, MLflow also answers "
            "this about what does not exist)"
        ),
    ),
    "404": (
        reply_html("<h1>Not Found</h1>", 404),
        (
            "no MLflow API at /api/2.0/mlflow/experiments/get-by-name (404 Not Found): check the path in "
            "tracking_uri; an old server may also lack this part"
        ),
    ),
    "login-page": (
        reply_html("<html><form>Log in</form></html>"),
        "answered with an HTML page instead of MLflow's API (a login page or a proxy?)",
    ),
    "redirect-to-login": (
        Reply(302, headers={"Location": "https://login.example/?next=secret"}),
        (
            "redirects to https://login.example/ instead of answering (a login page or a proxy?); put the address "
            "of MLflow itself into tracking_uri"
        ),
    ),
}


@pytest.mark.parametrize(("reply", "cause"), ANSWERS.values(), ids=ANSWERS)
def test_answer_that_is_none(project: Project, reply: Reply, cause: str) -> None:
    """Whatever stands between the gate and MLflow is called by its name."""
    with served(reply) as server:
        project.gate(server.url, "experiment: churn", "m")
        assert_no_answer(project, project.run(), f"{server.url}: {cause}")


def test_host_check(project: Project, seed: RestSeeder) -> None:
    """MLflow 3 refuses hosts that it does not know; the message says what the server has to be started with."""
    with forwarding(seed.uri, host="mlflow.example") as proxy:
        project.gate(proxy.url, "experiment: churn", "m")
        assert_no_answer(
            project,
            project.run(),
            f"{proxy.url}: 403 Forbidden: Invalid Host header - possible DNS rebinding attack detected "
            f"(start the server with: mlflow server --allowed-hosts {proxy.url.removeprefix('http://')})",
        )


# The candidate

Row = tuple[str, str]
"""A gate file's candidate, and why there is none; ``{uri}`` is the server's address."""


def unknown_experiment(_: RestSeeder) -> Row:
    """There is no experiment of that name."""
    name = fresh("no")
    return (
        f"experiment: {name}",
        f"no experiment '{name}' at {{uri}}: check candidate.experiment and tracking_uri",
    )


def deleted_experiment(seed: RestSeeder) -> Row:
    """The experiment was deleted, and MLflow goes on answering for it."""
    name = fresh("gone")
    experiment_id = seed.experiment(name)
    seed.run(experiment_id, metrics=METRICS)
    seed.delete_experiment(experiment_id)
    return (
        f"experiment: {name}",
        (
            f"experiment '{name}' is deleted: choose another, or restore it with "
            f"`mlflow experiments restore --experiment-id {experiment_id}`"
        ),
    )


def no_run_matches(seed: RestSeeder) -> Row:
    """The filter leaves no run."""
    name = fresh("churn")
    seed.run(seed.experiment(name), metrics=METRICS)
    return (
        f"experiment: {name}, filter: \"tags.phase = 'eval'\"",
        (
            f"no run of experiment '{name}' that matches \"tags.phase = 'eval'\" at {{uri}}: train first, or check "
            "the choice of candidate"
        ),
    )


def no_run_is_best(seed: RestSeeder) -> Row:
    """No run has a number for the metric that chooses."""
    name = fresh("churn")
    seed.run(seed.experiment(name), metrics={**METRICS, "recall": float("nan")})
    return (
        f"experiment: {name}, select: best, by: recal",
        (
            f"no FINISHED run of experiment '{name}' has a number for 'recal', did you mean 'recall'?: check "
            "candidate.by"
        ),
    )


def run_of_another_experiment(seed: RestSeeder) -> Row:
    """The run is there, and somewhere else."""
    name, other = fresh("churn"), fresh("other")
    seed.experiment(other)
    run_id = seed.run(seed.experiment(name), metrics=METRICS)
    return (
        f"run_id: {run_id}, experiment: {other}",
        f"run {run_id} belongs to experiment '{name}', not to '{other}': check candidate.experiment and the run id",
    )


def unknown_run(_: RestSeeder) -> Row:
    """There is no run with this id."""
    run_id = "0123456789abcdef0123456789abcdef"
    return f"run_id: {run_id}", f"no run '{run_id}' at {{uri}}: check candidate.run_id and tracking_uri"


def deleted_run(seed: RestSeeder) -> Row:
    """The run was deleted, and MLflow goes on answering for it."""
    run_id = seed.run(seed.experiment(), metrics=METRICS)
    seed.delete_run(run_id)
    return (
        f"run_id: {run_id}",
        f"run {run_id} is deleted: choose another, or restore it with `mlflow runs restore --run-id {run_id}`",
    )


def failed_run(seed: RestSeeder) -> Row:
    """The newest run ended badly; an older good one is no substitute."""
    name = fresh("churn")
    experiment_id = seed.experiment(name)
    seed.run(experiment_id, metrics=METRICS, start=time.time() - 60)
    run_id = seed.run(experiment_id, metrics=METRICS, status="FAILED")
    return (
        f"experiment: {name}",
        f"run {run_id} ended as FAILED: only a FINISHED run can be judged, train again",
    )


def running_run(seed: RestSeeder) -> Row:
    """The run does not end within `wait`."""
    run_id = seed.run(seed.experiment(), metrics=METRICS, status="RUNNING")
    return (
        f"run_id: {run_id}",
        (
            f"run {run_id} is still RUNNING after 1 s: gate it when the training has ended, or raise wait in the "
            "gate file"
        ),
    )


def unknown_model(_: RestSeeder) -> Row:
    """There is no registered model of that name."""
    name = fresh("no")
    return (
        f"model: {name}, alias: challenger",
        f"no registered model '{name}' in the registry of {{uri}}: check candidate.model",
    )


def unknown_alias(seed: RestSeeder) -> Row:
    """The registered model is there, the alias is not."""
    run_id = seed.run(seed.experiment(), metrics=METRICS)
    model = seed.registered_model()
    version = seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    seed.alias(model, "challengers", version)
    return (
        f"model: {model}, alias: challenger",
        (
            f"registered model '{model}' has no alias 'challenger', did you mean 'challengers'? "
            "(aliases: challengers -> 1): check candidate.alias"
        ),
    )


def unknown_version(seed: RestSeeder) -> Row:
    """The registered model is there, the version is not."""
    model = seed.registered_model()
    return (
        f"model: {model}, version: 7",
        f"registered model '{model}' has no version 7 (it has no aliases): check candidate.version",
    )


def unknown_logged_model(_: RestSeeder) -> Row:
    """There is no logged model with this id."""
    return "model_id: m-1f2e", "no logged model 'm-1f2e' at {uri}: check candidate.model_id"


NO_CANDIDATE = (
    unknown_experiment,
    deleted_experiment,
    no_run_matches,
    no_run_is_best,
    run_of_another_experiment,
    unknown_run,
    deleted_run,
    failed_run,
    running_run,
    unknown_model,
    unknown_alias,
    unknown_version,
    unknown_logged_model,
)


@pytest.mark.parametrize("prepare", NO_CANDIDATE, ids=lambda prepare: prepare.__name__)
def test_no_candidate(project: Project, seed: RestSeeder, prepare: Callable[[RestSeeder], Row]) -> None:
    """MLflow answers, and there is nothing to judge: one failed check with the remedy, the rest skipped."""
    candidate, cause = prepare(seed)
    project.gate(seed.uri, candidate, "m")
    assert_no_candidate(project, project.run(), cause.format(uri=seed.uri))


def test_waiting_is_shown(project: Project, seed: RestSeeder) -> None:
    """While a run is waited for, a line says so, and for how long."""
    run_id = seed.run(seed.experiment(), metrics=METRICS, status="RUNNING")
    project.gate(seed.uri, f"run_id: {run_id}", "m")
    assert f"m: waiting for run {run_id}: it is RUNNING, 1 s left" in project.run().outlines


# The metrics


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        pytest.param(
            {"acuracy": 0.93, "f1": 0.9},
            "cannot judge accuracy: run {run} never logged it, closest: acuracy; log it, or change line 4",
            id="misspelt",
        ),
        pytest.param(
            {"f1": 0.9, "auc": 1.0},
            "cannot judge accuracy: run {run} never logged it; it logged auc, f1; log it, or change line 4",
            id="other-ones",
        ),
        pytest.param(
            {},
            "cannot judge accuracy: run {run} logged no metrics at all; log it, or change line 4",
            id="none",
        ),
        pytest.param(
            {"accuracy": float("nan")},
            "cannot judge accuracy: its value is NaN, must be >= 0.92; log a finite number, or change line 4",
            id="nan",
        ),
        pytest.param(
            {"accuracy": float("inf")},
            "cannot judge accuracy: its value is infinity, must be >= 0.92; log a finite number, or change line 4",
            id="infinity",
        ),
        pytest.param(
            {"accuracy": [(0.99, 0), (0.91, 1)]}, "accuracy is 0.91, must be >= 0.92", id="worse-at-the-end"
        ),
    ],
)
def test_metric(project: Project, seed: RestSeeder, metrics: dict[str, float], expected: str) -> None:
    """A metric that is not there, or no number, or too small, is one line; a run that ended long ago is not waited for."""
    long_ago = time.time() - 3600
    run_id = seed.run(seed.experiment(), metrics=metrics, start=long_ago, end=long_ago + 1)
    project.gate(seed.uri, f"run_id: {run_id}", "m")
    result = project.run()
    sentence = f"{expected.format(run=run_id)} (eval_gate.yaml:4)"
    assert sentence in result.outlines
    assert (result.ret, result.outlines[-1]) == (1, "NOT PROMOTED m: accuracy[min] did not pass")
    cases = junit_cases(project.path / "junit.xml")
    assert cases["eval_gate.yaml.m::accuracy[min]"] == ("failure", sentence)


# The model


def without_a_model(seed: RestSeeder) -> tuple[str, str, str]:
    """The run logged metrics only."""
    run_id = seed.run(seed.experiment(), metrics=METRICS)
    return (
        f"run_id: {run_id}",
        "alias: champion",
        f"run {run_id} has no logged model, log one with log_model or leave promote out",
    )


def with_several_models(seed: RestSeeder) -> tuple[str, str, str]:
    """The run logged several models, and the gate says not which."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id, metrics=METRICS)
    for name in ("model", "explainer"):
        seed.logged_model(experiment_id, run_id, name=name)
    return (
        f"run_id: {run_id}",
        "alias: champion",
        f"run {run_id} has 2 logged models (explainer, model), name one with promote.artifact",
    )


def with_another_model(seed: RestSeeder) -> tuple[str, str, str]:
    """The run has no model of the name that the gate says."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id, metrics=METRICS)
    seed.logged_model(experiment_id, run_id, name="model")
    return (
        f"run_id: {run_id}",
        "alias: champion, artifact: modle",
        f"run {run_id} has no logged model named 'modle', it has model",
    )


def with_a_model_in_upload(seed: RestSeeder) -> tuple[str, str, str]:
    """The model is not READY."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id, metrics=METRICS)
    model_id = seed.logged_model(experiment_id, run_id, ready=False)
    return (
        f"run_id: {run_id}",
        "alias: champion",
        f"logged model {model_id} (model) is not READY, log it again",
    )


REFUSED = (without_a_model, with_several_models, with_another_model, with_a_model_in_upload)


@pytest.mark.parametrize("prepare", REFUSED, ids=lambda prepare: prepare.__name__)
def test_refused(
    project: Project, seed: RestSeeder, prepare: Callable[[RestSeeder], tuple[str, str, str]]
) -> None:
    """A candidate that passed and has no model to promote is a failed testcase; nothing is registered."""
    candidate, goal, cause = prepare(seed)
    model = fresh("model")
    project.gate(seed.uri, candidate, model, goal=goal)
    result = project.run()
    assert (result.ret, result.outlines[-1]) == (1, f"NOT PROMOTED {model}: {cause}")
    cases = junit_cases(project.path / "junit.xml")
    sentence = f"not promoted: {cause} (eval_gate.yaml:5)"
    assert cases[f"eval_gate.yaml.{model}::promotion"] == ("failure", sentence)
    with pytest.raises(RuntimeError, match="RESOURCE_DOES_NOT_EXIST"):
        seed.ask("GET", f"registered-models/get?name={model}")


def test_version_that_does_not_load(project: Project, seed: RestSeeder) -> None:
    """A version of the run that MLflow cannot load is noted, and one that loads is registered and promoted."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id, metrics=METRICS)
    model_id, model = seed.logged_model(experiment_id, run_id), seed.registered_model()
    seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    project.gate(seed.uri, f"run_id: {run_id}", model)
    result = project.run()
    assert (result.ret, result.outlines[-1]) == (
        0,
        (
            f"PROMOTED: {model} version 2 is now @champion; version 1 of this run does not load (source "
            f"runs:/{run_id}/model), so it is not used"
        ),
    )
    made = seed.ask("GET", f"model-versions/get?name={model}&version=2")["model_version"]
    assert made["source"] == f"models:/{model_id}"


# Embedded stores


def test_sqlite_file_that_does_not_exist(project: Project) -> None:
    """A wrong path is an error; neither the file nor its folder is made."""
    path = project.path / "stores" / "mlflow.db"
    project.gate(f"sqlite:///{path}", "experiment: churn", "m")
    result = project.run()
    assert_no_answer(
        project,
        result,
        f"sqlite:///{path}: no such file: {path} (a gate creates no store; check the path)",
    )
    assert not path.parent.exists()


def revision(uri: str) -> str:
    """Return the schema revision of a SQLite store."""
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_sqlite_store_of_an_older_release(
    project: Project, older_sqlite_store: str, request: pytest.FixtureRequest
) -> None:
    """A store that MLflow would migrate is refused with both revisions, and not a byte of it changes."""
    path = Path(older_sqlite_store.removeprefix("sqlite:///"))
    before, found = hashlib.sha256(path.read_bytes()).hexdigest(), revision(older_sqlite_store)
    project.gate(older_sqlite_store, "experiment: first", "m")
    result = project.run()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert sorted(path.parent.glob("mlflow.db*")) == [path]
    head = revision(request.getfixturevalue("sqlite_store"))  # takes the older one's place
    assert_no_answer(
        project,
        result,
        f"{older_sqlite_store}: its schema is {found}, that of an older MLflow; mlflow {version('mlflow')} has "
        f"{head} and would migrate it, which breaks the older server: set tracking_uri to that server, or "
        "install its mlflow",
    )
