"""Two sessions for one alias, at once, on a server that answers several requests at a time."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.forwarding import forwarding
from tests.racing import race, racing
from tests.seeding import RestSeeder, fresh
from tests.soaking import SOAK, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.end_to_end.conftest import Project
    from tests.racing import Ended, Place, Racer

TIMES = 4 if SOAK else 1


@pytest.fixture(scope="module")
def racers() -> Iterator[tuple[Racer, Racer]]:
    """Keep two processes in which sessions run."""
    with racing() as both:
        yield both


@pytest.fixture
def postgres_seed(postgres_server: str) -> RestSeeder:
    """Return the way to put runs and models on `postgres_server`."""
    return RestSeeder(postgres_server)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder for each of two sessions."""
    both = tmp_path / "first", tmp_path / "second"
    for folder in both:
        folder.mkdir()
    return both


def good_run(seed: RestSeeder, experiment_id: str) -> tuple[str, str]:
    """Make a finished run with a logged model; return the ids of both."""
    run_id = seed.run(experiment_id, metrics={"accuracy": 0.93})
    return run_id, seed.logged_model(experiment_id, run_id)


def champion(seed: RestSeeder, model: str) -> str | None:
    """Return the version that @champion points to, or None."""
    found = seed.ask("GET", f"registered-models/get?name={model}")["registered_model"]
    return next(
        (alias["version"] for alias in found.get("aliases", []) if alias["alias"] == "champion"), None
    )


def versions_of_runs(seed: RestSeeder, model: str) -> dict[str, list[str]]:
    """Return the versions that each run has, newest first."""
    versions = seed.ask("GET", f"model-versions/search?filter=name%3D'{model}'")["model_versions"]
    found: dict[str, list[str]] = {}
    for version in sorted(versions, key=lambda version: -int(version["version"])):
        found.setdefault(version["run_id"], []).append(version["version"])
    return found


def says_promoted(seed: RestSeeder, model: str) -> set[str]:
    """Return the versions whose record says that they were promoted, in either of its two places."""
    found = set()
    for version in seed.ask("GET", f"model-versions/search?filter=name%3D'{model}'")["model_versions"]:
        tags = {tag["key"]: tag["value"] for tag in version.get("tags", [])}
        history = [
            json.loads(value) for key, value in tags.items() if key.startswith("mlflow_gate.decision.")
        ]
        if "promoted" in (tags.get("mlflow_gate.verdict"), *(entry["verdict"] for entry in history)):
            found.add(version["version"])
    return found


def verdict_on_run(seed: RestSeeder, run_id: str) -> str | None:
    """Return the verdict that a run carries, or None."""
    tags = seed.ask("GET", f"runs/get?run_id={run_id}")["run"]["data"].get("tags", [])
    return next((tag["value"] for tag in tags if tag["key"] == "mlflow_gate.verdict"), None)


def write_gate(folder: Path, uri: str, run_id: str, model: str) -> None:
    """Write a gate that the run passes."""
    (folder / "eval_gate.yaml").write_text(
        f"tracking_uri: {uri}\n"
        f"candidate: {{run_id: {run_id}}}\n"
        'thresholds: {accuracy: ">= 0.92"}\n'
        f"promote: {{model: {model}, alias: champion}}\n",
        encoding="utf-8",
    )


def promoted_version(ended: Ended) -> str | None:
    """Return the version that a session says it promoted, held against its exit status."""
    said = re.match(r"PROMOTED: \S+ version (\d+) is (?:now|already) @champion", ended.lines[-1])
    assert ended.status == (0 if said else 1), ended.lines
    return said[1] if said else None


def hold_true(said: Sequence[str | None], winner: str | None, shown: str) -> None:
    """Hold what sessions say against the alias: nobody may name another version, and nobody wins for nothing."""
    if winner is None or not {winner} <= set(said) <= {winner, None}:
        count("wrongful promotions")
        pytest.fail(f"@champion points to version {winner}:\n{shown}")


@pytest.mark.parametrize(
    ("place", "has_champion", "times"),
    [
        pytest.param("moving", True, 20, id="next-promotion"),
        pytest.param("moving", False, 10, id="first-promotion"),
        pytest.param("alias", True, 10, id="next-promotion-in-the-window"),
        pytest.param("alias", False, 10, id="first-promotion-in-the-window"),
    ],
)
def test_one_wins(
    racers: tuple[Racer, Racer],
    folders: tuple[Path, Path],
    postgres_seed: RestSeeder,
    place: Place,
    has_champion: bool,
    times: int,
) -> None:
    """Of two sessions one exits 0 and has the alias, and the other one exits 1 and names both versions."""
    experiment_id = postgres_seed.experiment()
    runs = [good_run(postgres_seed, experiment_id)[0] for _ in folders]
    for _ in range(times * TIMES):
        model = postgres_seed.registered_model()
        if has_champion:
            older = postgres_seed.version(model, source=f"runs:/{runs[0]}/older", run_id=runs[0])
            postgres_seed.alias(model, "champion", older)
        for folder, run_id in zip(folders, runs, strict=True):
            write_gate(folder, postgres_seed.uri, run_id, model)
        ends = race(racers, folders, place)
        count("races")
        said = [promoted_version(ended) for ended in ends]
        shown = "\n".join(ended.lines[-1] for ended in ends)
        winner = champion(postgres_seed, model)
        hold_true(said, winner, shown)
        versions = versions_of_runs(postgres_seed, model)
        loser = said.index(None)
        assert [versions[runs[1 - loser]][0], None] == [said[1 - loser], said[loser]], shown
        named = set(re.findall(r"version (\d+)", ends[loser].lines[-1]))
        assert {winner, versions[runs[loser]][0]} <= named, shown
        assert says_promoted(postgres_seed, model) == {winner}


@pytest.mark.parametrize(
    ("place", "is_registered"),
    [
        pytest.param("moving", False, id="new-version"),
        pytest.param("moving", True, id="registered-version"),
        pytest.param("alias", False, id="new-version-in-the-window"),
        pytest.param("alias", True, id="registered-version-in-the-window"),
    ],
)
def test_one_run_twice(
    racers: tuple[Racer, Racer],
    folders: tuple[Path, Path],
    postgres_seed: RestSeeder,
    place: Place,
    is_registered: bool,
) -> None:
    """Two sessions with one run both look, then both make a version; who exits 0 names the one with the alias."""
    run_id, model_id = good_run(postgres_seed, postgres_seed.experiment())
    for _ in range(3 * TIMES):
        model = postgres_seed.registered_model()
        if is_registered:
            postgres_seed.version(model, source=f"models:/{model_id}", run_id=run_id, model_id=model_id)
        for folder in folders:
            write_gate(folder, postgres_seed.uri, run_id, model)
        ends = race(racers, folders, place)
        count("races")
        said = [promoted_version(ended) for ended in ends]
        shown = "\n".join(ended.lines[-1] for ended in ends)
        winner = champion(postgres_seed, model)
        hold_true(said, winner, shown)
        if place == "moving":
            assert len(versions_of_runs(postgres_seed, model)[run_id]) == (1 if is_registered else 2)
        assert says_promoted(postgres_seed, model) == {winner}
        assert verdict_on_run(postgres_seed, run_id) == "promoted"


MOVE = """
import pytest
import requests
from pytest_mlflow_gate.tracking.rest import RestStore

def move():
    asked = {{"name": "{model}", "alias": "champion", "version": "2"}}
    requests.post("{uri}/api/2.0/mlflow/registered-models/alias", json=asked).raise_for_status()
"""

WHILE_RECORDING = """
def pytest_configure(config):
    original = RestStore.set_run_tags
    def set_run_tags(*args):
        move()
        original(*args)
    RestStore.set_run_tags = set_run_tags
    config.add_cleanup(lambda: setattr(RestStore, "set_run_tags", original))
"""


MOVED_BEFORE = "NOT PROMOTED M: @champion of M moved from version 1 to version 2 since this session began, run the gate again"
MOVED_LATER = (
    "PROMOTION FAILED M: moving @champion of M to version 3 failed: @champion of M points to version 2 and not to "
    "version 1 any more: somebody else moved it, run the command again"
)
OVERTAKEN = (
    "PROMOTION FAILED M: moving @champion of M to version 3 failed: it points to version 2 now, somebody else moved it"
    "|  could not put back @champion of M to version 3: it points to version 2 now, which this session did not set"
)


@pytest.mark.parametrize(
    ("file", "when", "last"),
    [
        pytest.param("test_it.py", "def test_it(): move()", MOVED_BEFORE, id="while-judging"),
        pytest.param("conftest.py", "def pytest_sessionfinish(): move()", MOVED_LATER, id="after-judging"),
        pytest.param("conftest.py", WHILE_RECORDING, OVERTAKEN, id="while-recording"),
    ],
)
def test_moved_meanwhile(
    project: Project, postgres_seed: RestSeeder, file: str, when: str, last: str
) -> None:
    """An alias that somebody else moves during a session stays where they moved it, and both are named."""
    run_id, _ = good_run(postgres_seed, postgres_seed.experiment())
    model = postgres_seed.registered_model()
    for name in ("one", "two"):
        postgres_seed.version(model, source=f"runs:/{run_id}/{name}", run_id=run_id)
    postgres_seed.alias(model, "champion", "1")
    write_gate(project.path, postgres_seed.uri, run_id, model)
    project.write(file, MOVE.format(model=model, uri=postgres_seed.uri) + when)
    result = project.run(*([file] if file.startswith("test") else []))
    lines = last.split("|")
    assert [line.replace(model, "M") for line in result.outlines[-len(lines) :]] == lines
    assert result.ret == 1
    assert champion(postgres_seed, model) == "2"
    assert says_promoted(postgres_seed, model) == set()
    assert verdict_on_run(postgres_seed, run_id) is None


def test_window_is_one_request(project: Project, postgres_seed: RestSeeder) -> None:
    """Nothing is asked between the look at the alias and the request that moves it."""
    run_id, _ = good_run(postgres_seed, postgres_seed.experiment())
    with forwarding(postgres_seed.uri) as proxy:
        write_gate(project.path, proxy.url, run_id, fresh("model"))
        assert project.run().ret == 0
    at = proxy.passed.index("POST /api/2.0/mlflow/registered-models/alias")
    assert proxy.passed[at - 1] == "GET /api/2.0/mlflow/registered-models/get"
