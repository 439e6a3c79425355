"""The first champion has nothing to beat, the next one has: bootstrap, comparison and record on real servers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from pytest_mlflow_gate.__main__ import main
from tests.end_to_end.test_commands import good_run
from tests.end_to_end.test_kills import kill_a_session
from tests.end_to_end.test_promoting import aliases, tags_of, versions
from tests.faultproxy import faulty
from tests.reports import junit_cases
from tests.seeding import RestSeeder, fresh

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project

DECISION = "--mlflow-gate-decision=decision.json"
THRESHOLDS = "{accuracy: {min: 0.9, max_drop: 0.01}}"
BOOTSTRAP = "baseline: {missing: bootstrap}"
WORKERS = ("-p", "no:rerunfailures", "-n1")


def session(project: Project, workers: tuple[str, ...], *arguments: str) -> pytest.RunResult:
    """Run the gate in this process, or with workers in one of its own."""
    return (project.run_apart if workers else project.run)(DECISION, *workers, *arguments)


def decided(project: Project) -> dict[str, Any]:
    """Return what the decision file says of the only gate."""
    (gate,) = json.loads((project.path / "decision.json").read_text(encoding="utf-8"))["gates"]
    found: dict[str, Any] = gate
    return found


def change_check(project: Project) -> tuple[str, str, float | None]:
    """Return outcome, text and baseline of the check that compares."""
    found = next(check for check in decided(project)["checks"] if check["name"] == "accuracy[max_drop]")
    return found["outcome"], found["text"], found["baseline"]


@pytest.fixture(params=[3, 2], ids=["mlflow3", "mlflow2"])
def release(request: pytest.FixtureRequest) -> int:
    """Return which release of MLflow the server is of."""
    number: int = request.param
    return number


@pytest.fixture
def server(request: pytest.FixtureRequest, release: int) -> RestSeeder:
    """Return the way to put runs and models on a server of that release."""
    return RestSeeder(request.getfixturevalue(f"mlflow{'' if release == 3 else 2}_server"))


@pytest.mark.parametrize("workers", [(), WORKERS], ids=["plain", "n1"])
def test_life_of_a_champion(
    project: Project,
    server: RestSeeder,
    release: int,
    workers: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first one is excused, the same again is a no-op, a worse one is kept out, a good one is compared."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    experiment, model = fresh("churn"), fresh("churn-classifier")
    experiment_id = server.experiment(experiment)
    project.gate(server.uri, f"experiment: {experiment}", model, thresholds=THRESHOLDS, first=BOOTSTRAP)

    first_run = good_run(server, experiment_id, release, 0.93)
    first = session(project, workers)
    assert (first.ret, first.outlines[-1]) == (0, f"PROMOTED: {model} version 1 is now @champion")
    nothing = f"there is no registered model '{model}': the first has nothing to beat"
    assert change_check(project) == ("exempt", nothing, None)
    assert decided(project)["baseline"] == {"missing": f"there is no registered model '{model}'"}
    cases = junit_cases(project.path / "junit.xml")
    assert cases[f"eval_gate.yaml.{model}::accuracy[max_drop]"] == ("skipped", nothing)
    assert cases[f"eval_gate.yaml.{model}::promotion"] == ("passed", "")
    (made,) = versions(server, model)
    assert tags_of(made)["mlflow_gate.checks"] == (
        "accuracy[max_drop] exempt; accuracy[min] 0.93 >= 0.9 passed"
    )

    again = session(project, workers)
    assert (again.ret, again.outlines[-1]) == (0, f"PROMOTED: {model} version 1 is already @champion")
    itself = f"the candidate already is the baseline, version 1 of {model}"
    assert change_check(project) == ("exempt", itself, None)
    assert decided(project)["baseline"] == {"model": model, "version": "1", "run_id": first_run}
    assert versions(server, model) == [made]

    worse_run = good_run(server, experiment_id, release, 0.915)
    worse = session(project, workers)
    text = "accuracy is 0.915, must be >= 0.92 (baseline 0.93, max_drop 0.01)"
    assert (worse.ret, worse.outlines[-1]) == (
        1,
        f"NOT PROMOTED {model}: accuracy[max_drop] did not pass",
    )
    assert f"{text} (eval_gate.yaml:4)" in worse.outlines
    assert change_check(project) == ("failed", text, 0.93)
    assert (aliases(server, model), versions(server, model)) == ({"champion": "1"}, [made])
    rejected = tags_of(server.ask("GET", f"runs/get?run_id={worse_run}")["run"]["data"])
    assert (rejected["mlflow_gate.verdict"], rejected["mlflow_gate.baseline_version"]) == ("rejected", "1")

    better_run = good_run(server, experiment_id, release, 0.925)
    better = session(project, workers)
    assert (better.ret, better.outlines[-1]) == (
        0,
        f"PROMOTED: {model} version 2 is now @champion (was version 1)",
    )
    assert change_check(project) == ("passed", "0.925 >= 0.92 (baseline 0.93, max_drop 0.01)", 0.93)
    assert decided(project)["baseline"] == {"model": model, "version": "1", "run_id": first_run}
    promoted = tags_of(server.ask("GET", f"runs/get?run_id={better_run}")["run"]["data"])
    assert promoted["mlflow_gate.baseline_version"] == "1"

    history = CliRunner().invoke(main, ["history", model, "--json"])
    entries = json.loads(history.stdout)
    assert [(entry["version"], entry.get("baseline_version")) for entry in entries] == [
        ("2", "1"),
        ("1", None),
    ]


@pytest.mark.parametrize(
    ("registered", "why"),
    [
        pytest.param(False, "there is no registered model '{model}'", id="no-model"),
        pytest.param(True, "registered model '{model}' has no alias 'champion'", id="no-alias"),
    ],
)
def test_missing_baseline(project: Project, seed: RestSeeder, registered: bool, why: str) -> None:
    """Without `bootstrap` nothing to compare with cannot be judged, and nothing moves."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    good_run(seed, seed.experiment(experiment), 3, 0.93)
    if registered:
        seed.registered_model(model)
    project.gate(seed.uri, f"experiment: {experiment}", model, thresholds=THRESHOLDS)
    result = session(project, ())
    assert (result.ret, result.outlines[-1]) == (
        1,
        f"NOT PROMOTED {model}: accuracy[max_drop] did not pass",
    )
    text = (
        f"cannot judge accuracy: there is no baseline to compare with: {why.format(model=model)}: add "
        "baseline.missing: bootstrap if the first has nothing to beat"
    )
    assert f"{text} (eval_gate.yaml:4)" in result.outlines
    assert change_check(project) == ("unevaluable", text, None)
    assert len(versions(seed, model)) == 0


MARKED = """
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        if "max_drop" in item.name:
            item.add_marker(pytest.mark.{marker})
"""


@pytest.mark.parametrize("workers", [(), WORKERS], ids=["plain", "n1"])
@pytest.mark.parametrize(
    ("marker", "arguments", "why"),
    [
        pytest.param("skip(reason='later')", (), "not run: accuracy[max_drop]", id="skip"),
        pytest.param("xfail", (), "not reported as passed, once and in full: accuracy[max_drop]", id="xfail"),
        pytest.param("slow", ("-k", "not max_drop"), "not run: accuracy[max_drop]", id="deselected"),
    ],
)
def test_excused_check_has_to_run(
    project: Project,
    seed: RestSeeder,
    marker: str,
    arguments: tuple[str, ...],
    why: str,
    workers: tuple[str, ...],
) -> None:
    """A check that the gate file excuses counts only when it ran: skipped by others or left out, it withholds."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    good_run(seed, seed.experiment(experiment), 3, 0.93)
    project.write("conftest.py", MARKED.format(marker=marker))
    project.write("pytest.ini", "[pytest]\nmarkers = slow\n")
    project.gate(seed.uri, f"experiment: {experiment}", model, thresholds=THRESHOLDS, first=BOOTSTRAP)
    result = session(project, workers, *arguments)
    assert (result.ret, result.outlines[-1]) == (1, f"NOT PROMOTED {model}: {why}")
    assert len(versions(seed, model)) == 0


@pytest.mark.parametrize(
    ("champions", "write"),
    [
        pytest.param(0, "alias champion", id="first"),
        pytest.param(1, "alias champion", id="next"),
        pytest.param(1, "run tags", id="next-while-recording"),
    ],
)
def test_killed_between_move_and_record(
    project: Project, seed: RestSeeder, champions: int, write: str
) -> None:
    """Killed when the alias has moved, the same command finds its own version there, and finishes the record."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    experiment_id = seed.experiment(experiment)
    with faulty(seed.uri) as proxy:
        project.gate(proxy.url, f"experiment: {experiment}", model, thresholds=THRESHOLDS, first=BOOTSTRAP)
        for _ in range(champions):
            good_run(seed, experiment_id, 3, 0.93)
            assert project.run().ret == 0
        good_run(seed, experiment_id, 3, 0.925)
        kill_a_session(project, proxy, write, "after")
        number = str(champions + 1)
        assert aliases(seed, model) == {"champion": number}
        again = session(project, ())
        assert (again.ret, again.outlines[-1][:9]) == (0, "PROMOTED:"), again.stdout.str()
    assert aliases(seed, model) == {"champion": number}
    assert [version["version"] for version in versions(seed, model)] == ["1", "2"][: champions + 1]
    tags = tags_of(versions(seed, model)[-1])
    assert tags["mlflow_gate.verdict"] == "promoted"
    assert tags.get("mlflow_gate.previous_version") == ("1" if champions else None)
    (entry,) = (json.loads(value) for key, value in tags.items() if key.startswith("mlflow_gate.decision."))
    assert (entry["verdict"], entry.get("baseline_version")) == ("promoted", "1" if champions else None)
