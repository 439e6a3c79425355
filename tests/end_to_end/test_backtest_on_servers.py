"""Past runs judged on real servers: the table, who was champion, the requests, and that nothing moves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pytest_mlflow_gate.__main__ import main
from tests.forwarding import forwarding
from tests.registry import facts
from tests.seeding import fresh

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Project
    from tests.seeding import RestSeeder, Seeder

LIMITS = '{accuracy: {min: 0.92, max_drop: 0.02}, latency_ms: "<= 120"}'
MODES = [pytest.param((), id="plain"), pytest.param(("-n1",), id="n1"), pytest.param(("-n2",), id="n2")]
EACH = pytest.mark.parametrize(("seeder", "release"), [("seed", 3), ("seed2", 2)], ids=["mlflow3", "mlflow2"])
FIRST = "baseline: {{model: {}, alias: champion, missing: bootstrap}}"


def good_run(seed: Seeder, experiment_id: str, release: int, accuracy: float, latency: float = 100.0) -> str:
    """Make a finished run with a model as this release of MLflow logs it, and return its id."""
    run_id = seed.run(experiment_id, metrics={"accuracy": accuracy, "latency_ms": latency})
    if release == 3:
        seed.logged_model(experiment_id, run_id)
    else:
        seed.run_file(run_id, "model/MLmodel")
    return run_id


class Past:
    """
    An experiment with four runs, of which two were promoted by a real gate.

    Attributes:
        experiment: Its name.
        model: The registered model.
        runs: Ids, oldest first; the second and the third were champion.
    """

    def __init__(self, project: Project, seed: RestSeeder, release: int) -> None:
        self.experiment, self.model = fresh("churn"), fresh("model")
        experiment_id = seed.experiment(self.experiment)
        self.runs = [good_run(seed, experiment_id, release, 0.80)]
        self.gate(project, seed.uri)
        for accuracy in (0.93, 0.95):
            self.runs.append(good_run(seed, experiment_id, release, accuracy))
            assert project.run().ret == 0
        self.runs.append(good_run(seed, experiment_id, release, 0.90, 150.0))

    def gate(self, project: Project, uri: str, limits: str = LIMITS) -> None:
        """Write the gate file."""
        project.gate(
            uri,
            f"experiment: {self.experiment}",
            self.model,
            thresholds=limits,
            first=FIRST.format(self.model),
        )


def rows(result: pytest.RunResult) -> list[list[str]]:
    """Return the rows of the table without names and ages."""
    found = (re.match(r"  .* (?:\d+ s|1 min) +(.*)$", line) for line in result.outlines)
    return [re.split(r"  +", match[1]) for match in found if match]


@EACH
@pytest.mark.parametrize("workers", MODES)
def test_table(
    project: Project,
    request: pytest.FixtureRequest,
    seeder: str,
    release: int,
    workers: tuple[str, ...],
) -> None:
    """Newest first, champions marked, changes held against the present champion, and nothing written."""
    seed: RestSeeder = request.getfixturevalue(seeder)
    past = Past(project, seed, release)
    before = facts(seed, {past.model}, past.runs[-1])
    result = project.run("--mlflow-gate-backtest", "10", *workers)
    assert result.ret == 0, result.stdout.str()
    assert rows(result) == [
        ["0.9 !", "0.9 !", "150 !", "FAIL"],
        ["0.95", "=", "100", "pass"],
        ["0.93", "0.93", "100", "pass"],
        ["0.8 !", "0.8 !", "100", "FAIL"],
    ]
    table = [
        line for line in result.outlines if line.startswith(("  limit", "  would", "  champions meet  "))
    ]
    assert [line.split(maxsplit=2 if "limit" not in line else 1)[-1] for line in table] == [
        ">= 0.92   0.02      <= 120",
        "2 of 4    1 of 3    3 of 4      2 of 4",
        ">= 0.93   0         <= 100",
    ]
    compared = f"changes compared with version 2 of {past.model}, run {past.runs[2]}"
    assert compared in " ".join(line.strip() for line in result.outlines)
    assert (
        "  champions meet: the tightest limit that would pass 2 runs once champion; for a" in result.outlines
    )
    assert facts(seed, {past.model}, past.runs[-1]) == before


@pytest.mark.parametrize("workers", MODES)
@pytest.mark.parametrize("number", [1, 3])
def test_requests(project: Project, seed: RestSeeder, number: int, workers: tuple[str, ...]) -> None:
    """Two for the runs, three for baseline and champions; what was listed is not asked for again, and nothing is written."""
    past = Past(project, seed, 3)
    with forwarding(seed.uri) as proxy:
        past.gate(project, proxy.url)
        assert project.run("--mlflow-gate-backtest", str(number), *workers).ret == 0
    paths = [request.rpartition("mlflow/")[2] for request in proxy.passed]
    # Of one listed run, none was champion: one more search has the champions.
    assert sorted(paths) == sorted(
        [
            "experiments/get-by-name",
            "runs/search",
            "registered-models/alias",
            "runs/get",
            "registered-models/get",
            "model-versions/search",
            *(["runs/search"] if number == 1 else []),
        ]
    )


def test_limit_that_is_tried(project: Project, seed: RestSeeder) -> None:
    """Another limit tells at once what it would have done to past runs."""
    Past(project, seed, 3)
    result = project.run("--mlflow-gate-backtest", "10", "--mlflow-gate-set", "accuracy.min=0.94")
    assert result.ret == 0
    assert [row[-1] for row in rows(result)] == ["FAIL", "pass", "FAIL", "FAIL"]


@EACH
def test_suggest(project: Project, request: pytest.FixtureRequest, seeder: str, release: int) -> None:
    """The command says the same of the champions, and the gate with its lines passes every one of them."""
    seed: RestSeeder = request.getfixturevalue(seeder)
    past = Past(project, seed, release)
    before = facts(seed, {past.model}, past.runs[-1])
    with forwarding(seed.uri) as proxy:
        words = ("suggest", "eval_gate.yaml", "--runs", "4", "--tracking-uri", proxy.url)
        result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[lines.index("") + 1 :] == [
        "eval_gate.yaml:4: accuracy[min]: tighten >= 0.92 to >= 0.93",
        '  thresholds: {accuracy: {min: 0.93, max_drop: 0.02}, latency_ms: "<= 120"}',
        "eval_gate.yaml:4: accuracy[max_drop]: tighten 0.02 to 0",
        '  thresholds: {accuracy: {min: 0.92, max_drop: 0}, latency_ms: "<= 120"}',
        "eval_gate.yaml:4: latency_ms[max]: tighten <= 120 to <= 100",
        '  thresholds: {accuracy: {min: 0.92, max_drop: 0.02}, latency_ms: "<= 100"}',
    ]
    reads = {"runs/search", "model-versions/search"}
    assert [
        one for one in proxy.passed if not one.startswith("GET ") and one.split("mlflow/")[1] not in reads
    ] == []
    assert facts(seed, {past.model}, past.runs[-1]) == before
    assert "max_drop: 0.02" in _text(project.path / "eval_gate.yaml")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("suggest", "eval_gate.yaml"), ()], ids=["suggest", "backtest"])
def test_server_that_is_down(project: Project, words: tuple[str, ...]) -> None:
    """One line that says so, and the password nowhere."""
    project.gate("http://eve:kanarienvogel@127.0.0.1:9", "experiment: churn", "m")
    if words:
        told = CliRunner().invoke(main, words)
        status, text = told.exit_code, told.output
    else:
        result = project.run("--mlflow-gate-backtest", "3")
        status, text = int(result.ret), result.stdout.str() + result.stderr.str()
    assert status == 1
    assert "http://***@127.0.0.1:9: connection refused" in text
    assert "kanarienvogel" not in text
    assert "Traceback" not in text
