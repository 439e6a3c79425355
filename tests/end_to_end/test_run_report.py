"""`report: artifact` on real servers: what is on the run and on the version afterwards, and when nothing is."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.end_to_end.test_on_record import Server
from tests.end_to_end.test_promoting import aliases, good_run, versions
from tests.faultproxy import faulty
from tests.forwarding import forwarding
from tests.seeding import RestSeeder, fresh

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.faultproxy import Moment
    from tests.seeding import ClientSeeder
    from tests.wire import Arrived

CANARY = "kanarienvogel"
KEEP = "report: artifact\nwait: 1s"
WORDS = "# Why\n\n* we **like** it"


@pytest.fixture(params=[3, 2], ids=["mlflow3", "mlflow2"])
def server(request: pytest.FixtureRequest) -> Server:
    """Return a server of either release."""
    return Server(request.getfixturevalue(f"mlflow{'' if request.param == 3 else 2}_server"), request.param)


def stored(uri: str, run_id: str, gate: str) -> tuple[str, dict[str, Any]]:
    """Return page and decision of a gate as the server hands them out."""
    page, text = (
        requests.get(
            f"{uri}/get-artifact",
            params={"run_uuid": run_id, "path": f"mlflow_gate/{gate}/{name}"},
            timeout=60,
        )
        for name in ("report.html", "decision.json")
    )
    page.raise_for_status()
    return page.content.decode(), text.json()


def reports(seed: RestSeeder, run_id: str) -> list[str]:
    """Return the folders of the reports on a run."""
    listed = seed.ask("GET", f"artifacts/list?run_id={run_id}&path=mlflow_gate")
    return [entry["path"] for entry in listed.get("files", [])]


def description(seed: RestSeeder, model: str, number: int = 1) -> str:
    """Return the description of a version."""
    return str(versions(seed, model)[number - 1].get("description", ""))


def test_promotion(project: Project, server: Server) -> None:
    """Page and decision are on the run, the version has a table, and people's own words stay."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    experiment_id = server.experiment(experiment)
    server.candidate(experiment_id, accuracy=0.8125)
    run_id = server.candidate(experiment_id)
    project.gate(server.uri, f"experiment: {experiment}", model, first=KEEP)
    assert project.run().ret == 0

    page, decided = stored(server.uri, run_id, model)
    assert page.lower().startswith("<!doctype html>")
    assert decided["promoted"] is True
    assert decided["gates"][0]["promotion"]["version"] == "1"
    assert "0.8125" in page
    table = description(server, model)
    assert "| accuracy\\[min\\] | 0.93 | &gt;= 0.92 | +0.01 | passed |" in table
    assert f"artifacts/mlflow_gate/{model}/report.html" in table

    edited = f"{WORDS}\n\n{table}\n\nafter"
    server.ask("PATCH", "model-versions/update", name=model, version="1", description=edited)
    again = project.run()
    assert again.outlines[-1] == f"PROMOTED: {model} version 1 is already @champion"
    renewed = description(server, model)
    assert renewed.startswith(f"{WORDS}\n\n<!-- mlflow_gate/{model} -->\nPROMOTED")
    assert renewed.endswith(f"<!-- /mlflow_gate/{model} -->\n\nafter")
    assert renewed.count("| check |") == 1
    assert f"{model} version 1 is already" in renewed
    assert "already" in stored(server.uri, run_id, model)[1]["gates"][0]["promotion"]["text"]


def test_embedded_store(sqlite_seed: ClientSeeder, sqlite_store: str, project: Project) -> None:
    """A database with its files beside it keeps the same, without a page to link to."""
    model = fresh("churn-classifier")
    run_id, _ = good_run(sqlite_seed, sqlite_seed.experiment())
    project.gate(sqlite_store, f"run_id: {run_id}", model, first=KEEP)
    assert project.run_apart().ret == 0
    database = Path(sqlite_store.removeprefix("sqlite:///"))
    (folder,) = database.parent.glob(f"artifacts/*/{run_id}/artifacts/mlflow_gate/{model}")
    assert (folder / "report.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert json.loads((folder / "decision.json").read_text())["promoted"] is True
    with closing(sqlite3.connect(database)) as connection:
        (text,) = connection.execute("SELECT description FROM model_versions").fetchone()
    assert "| accuracy" in text
    assert "](" not in text


@pytest.mark.parametrize(
    ("args", "gates"),
    [
        pytest.param(("--mlflow-gate-promote", "never"), ("eval_gate.yaml",), id="dry-run"),
        pytest.param(("-k", "candidate"), ("eval_gate.yaml",), id="selection"),
        pytest.param(("eval_gate.yaml",), (), id="without-the-option"),
        pytest.param(("--collect-only",), ("eval_gate.yaml",), id="only-collected"),
    ],
)
def test_sessions_that_write_nothing(
    project: Project, seed: RestSeeder, args: tuple[str, ...], gates: tuple[str, ...]
) -> None:
    """Who only looks leaves no report."""
    run_id, _ = good_run(seed, seed.experiment())
    project.gate(seed.uri, f"run_id: {run_id}", fresh("churn-classifier"), first=KEEP)
    with forwarding(seed.uri) as proxy:
        result = project.run(*args, "--mlflow-gate-tracking-uri", proxy.url, gates=gates)
    assert result.ret in (0, 1)
    assert reports(seed, run_id) == []
    assert not [request for request in proxy.passed if request.startswith(("PUT", "PATCH"))]


def test_report_is_none_by_default(project: Project, seed: RestSeeder) -> None:
    """Without the key there is no report, and no request for one."""
    run_id, _ = good_run(seed, seed.experiment())
    with forwarding(seed.uri) as proxy:
        project.gate(proxy.url, f"run_id: {run_id}", fresh("churn-classifier"))
        assert project.run().ret == 0
    assert reports(seed, run_id) == []
    assert not [request for request in proxy.passed if request.endswith("runs/search")]


def test_requests_of_a_report(project: Project, seed: RestSeeder) -> None:
    """A report is one question for earlier runs, two files, and the version read and written."""
    experiment_id, model = seed.experiment(), fresh("churn-classifier")
    run_id, _ = good_run(seed, experiment_id)
    with forwarding(seed.uri) as proxy:
        project.gate(proxy.url, f"run_id: {run_id}", model)
        project.run()
        plain = len(proxy.passed)
        project.run()
        again = proxy.passed[plain:]
        project.gate(proxy.url, f"run_id: {run_id}", model, first=KEEP)
        project.run()
        kept = proxy.passed[plain + len(again) :]
    files = f"PUT /api/2.0/mlflow-artifacts/artifacts/{experiment_id}/{run_id}/artifacts/mlflow_gate/{model}/"
    assert kept == [
        *again,
        "POST /api/2.0/mlflow/runs/search",
        f"{files}report.html",
        f"{files}decision.json",
        "GET /api/2.0/mlflow/model-versions/get",
        "PATCH /api/2.0/mlflow/model-versions/update",
    ]


def test_rejection(project: Project, seed: RestSeeder) -> None:
    """The run that was rejected says so in a report, and no version is made for it."""
    run_id, _ = good_run(seed, seed.experiment(), accuracy=0.91)
    model = fresh("churn-classifier")
    project.gate(seed.uri, f"run_id: {run_id}", model, first=KEEP)
    assert project.run().ret == 1
    _, decided = stored(seed.uri, run_id, model)
    assert decided["promoted"] is False
    assert decided["gates"][0]["checks"][1]["outcome"] == "failed"
    assert versions(seed, model) == []


def test_rejected_version(project: Project, seed: RestSeeder) -> None:
    """A version under test that was rejected does not keep the table of the day when it was good."""
    run_id, model_id = good_run(seed, seed.experiment())
    model = seed.registered_model()
    seed.version(model, source=f"models:/{model_id}", run_id=run_id, model_id=model_id)
    for limit, expected in (("0.92", "PROMOTED"), ("0.94", "NOT PROMOTED")):
        chosen = f"model: {model}, version: 1"
        project.gate(seed.uri, chosen, model, first=KEEP, thresholds=f'{{accuracy: ">= {limit}"}}')
        project.run()
        assert description(seed, model).startswith(f"<!-- mlflow_gate/{model} -->\n{expected}")
        assert description(seed, model).count("| check |") == 1


def test_awaiting_approval(project: Project, seed: RestSeeder) -> None:
    """Who is to approve finds the numbers on the version, and after the approval what became of it."""
    run_id, _ = good_run(seed, seed.experiment())
    model = fresh("churn-classifier")
    project.gate(seed.uri, f"run_id: {run_id}", model, goal="alias: champion, approval: always", first=KEEP)
    assert project.run().ret == 1
    waiting = description(seed, model)
    assert "NOT PROMOTED" in waiting
    assert "mlflow\\_gate.approved\\_by" in waiting
    seed.ask(
        "POST", "model-versions/set-tag", name=model, version="1", key="mlflow_gate.approved_by", value="ada"
    )
    assert project.run().ret == 0
    assert "NOT PROMOTED" not in description(seed, model)
    assert stored(seed.uri, run_id, model)[1]["promoted"] is True


def test_copy(project: Project, seed: RestSeeder) -> None:
    """The copy that was promoted has the table, and so has the version that it is a copy of."""
    run_id, _ = good_run(seed, seed.experiment())
    model, production = fresh("churn-classifier"), fresh("prod")
    goal = f"alias: champion, copy_to: {production}"
    project.gate(seed.uri, f"run_id: {run_id}", model, goal=goal, first=KEEP)
    assert project.run().ret == 0
    assert description(seed, production) == description(seed, model) != ""


def test_two_gates_on_one_run(project: Project, seed: RestSeeder) -> None:
    """Each gate's report is in its own folder and about nothing but that gate, also with workers."""
    run_id, _ = good_run(seed, seed.experiment())
    models = fresh("a"), fresh("b")
    files = ("a_gate.yaml", "b_gate.yaml")
    for file, model in zip(files, models, strict=True):
        project.gate(seed.uri, f"run_id: {run_id}", model, file=file, first=KEEP)
    assert project.run("-n", "1", gates=files).ret == 0
    assert sorted(reports(seed, run_id)) == [f"mlflow_gate/{model}" for model in models]
    for model in models:
        assert [gate["name"] for gate in stored(seed.uri, run_id, model)[1]["gates"]] == [model]


def test_gate_that_only_judges(project: Project, seed: RestSeeder) -> None:
    """A gate without `promote` keeps its report on the run, whichever way it ends."""
    experiment_id = seed.experiment()
    for accuracy, passed in ((0.93, True), (0.91, False)):
        run_id, _ = good_run(seed, experiment_id, accuracy)
        project.write(
            "eval_gate.yaml",
            f"tracking_uri: {seed.uri}\nname: churn\nreport: artifact\ncandidate: {{run_id: {run_id}}}\n"
            "thresholds: {accuracy: '>= 0.92'}\n",
        )
        assert project.run().ret == (0 if passed else 1)
        assert stored(seed.uri, run_id, "churn")[1]["gates"][0]["passed"] is passed


@pytest.mark.parametrize(
    "conftest",
    [
        pytest.param("def pytest_unconfigure(config): raise RuntimeError('late')\n", id="breaks"),
        pytest.param(
            "import pytest\n"
            "@pytest.hookimpl(tryfirst=True)\n"
            "def pytest_sessionstart(session): session.config.kept = session\n"
            "def pytest_unconfigure(config): config.kept.exitstatus = 3\n",
            id="turns-red",
        ),
    ],
)
def test_promotion_that_was_put_back(project: Project, seed: RestSeeder, conftest: str) -> None:
    """The report is written when nothing can be put back any more, so it never says more than is true."""
    run_id, _ = good_run(seed, seed.experiment())
    model = fresh("churn-classifier")
    project.gate(seed.uri, f"run_id: {run_id}", model, first=KEEP)
    project.write("conftest.py", conftest)
    project.run_apart()
    assert aliases(seed, model) == {}
    _, decided = stored(seed.uri, run_id, model)
    assert (decided["promoted"], decided["gates"][0]["promotion"]["status"]) == (False, "failed")
    assert "PROMOTION FAILED" in description(seed, model)


@pytest.mark.parametrize(
    ("method", "path", "problem"),
    [
        pytest.param("PUT", "report.html", "the report is not on the run", id="files"),
        pytest.param(
            "PATCH",
            "model-versions/update",
            "the report is not in the version's description",
            id="description",
        ),
        pytest.param("POST", "runs/search", "the page has no earlier runs", id="past"),
    ],
)
def test_server_that_goes_away(
    project: Project, seed: RestSeeder, method: str, path: str, problem: str
) -> None:
    """What could not be kept is one line without a password; the promotion stands, and the exit status."""
    run_id, _ = good_run(seed, seed.experiment())
    model = fresh("churn-classifier")
    with faulty(seed.uri) as proxy:
        address = proxy.url.removeprefix("http://")
        project.gate(f"http://ci:{CANARY}@{address}", f"run_id: {run_id}", model, first=KEEP)

        def gone(arrived: Arrived, moment: Moment) -> bool:
            return moment == "before" and arrived.method == method and arrived.target.endswith(path)

        proxy.interrupt = gone
        result = project.run()
    assert result.ret == 0
    assert aliases(seed, model) == {"champion": "1"}
    (said,) = (line for line in result.outlines if line.startswith(f"mlflow-gate: {model}: "))
    assert said.startswith(f"mlflow-gate: {model}: {problem}: http://***@{address}: ")
    assert CANARY not in result.stdout.str() + result.stderr.str()
    kept = reports(seed, run_id)
    assert kept == ([] if method == "PUT" else [f"mlflow_gate/{model}"])


def test_no_room_in_the_description(project: Project, seed: RestSeeder) -> None:
    """A description that people filled stays theirs, which is one line."""
    run_id, model_id = good_run(seed, seed.experiment())
    model = seed.registered_model()
    seed.version(model, source=f"models:/{model_id}", run_id=run_id, model_id=model_id)
    seed.ask("PATCH", "model-versions/update", name=model, version="1", description="x" * 4_900)
    project.gate(seed.uri, f"run_id: {run_id}", model, first=KEEP)
    result = project.run()
    assert result.ret == 0
    assert f"mlflow-gate: {model}: the version's description has no room for the report" in result.outlines
    assert description(seed, model) == "x" * 4_900


def test_past_of_a_page(project: Project, seed: RestSeeder) -> None:
    """A page that an option asks for draws the runs before the candidate."""
    experiment_id = seed.experiment()
    good_run(seed, experiment_id, accuracy=0.8125)
    run_id, _ = good_run(seed, experiment_id)
    project.gate(seed.uri, f"run_id: {run_id}", fresh("churn-classifier"))
    assert project.run("--mlflow-gate-report", "page.html", "--mlflow-gate-promote", "never").ret == 0
    assert "0.8125" in (project.path / "page.html").read_text(encoding="utf-8")


def test_without_jinja2(project: Project, seed: RestSeeder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that could not write its report does not begin; judging alone needs nothing more."""
    run_id, _ = good_run(seed, seed.experiment())
    project.gate(seed.uri, f"run_id: {run_id}", fresh("churn-classifier"), first=KEEP)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    result = project.run()
    assert result.ret == 4
    assert result.errlines[0] == (
        "ERROR: eval_gate.yaml: report: artifact needs Jinja2, "
        'install it with pip install "pytest-mlflow-gate[report]"'
    )
    assert project.run("eval_gate.yaml", gates=()).ret == 0
