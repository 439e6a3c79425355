"""Fleets: one session with many gates, spread over processes, and each model on its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from tests.seeding import fresh

if TYPE_CHECKING:
    from pathlib import Path

    from tests.seeding import RestSeeder

GATES = 200
FAILING = range(0, GATES, 25)
"""The numbers of the gates whose run is not good enough."""
GATE = """\
tracking_uri: {uri}
candidate: {{run_id: {run_id}}}
thresholds: {{accuracy: ">= 0.92"}}
promote: {{model: {model}, alias: champion}}
"""


def write_gates(folder: Path, seed: RestSeeder) -> list[str]:
    """Make a gate for each model of a fleet, each with a run of its own, and return the models."""
    fleet = fresh("fleet")
    experiment_id = seed.experiment(fleet)
    models = [f"{fleet}-{number:03d}" for number in range(GATES)]
    for number, model in enumerate(models):
        run_id = seed.run(experiment_id, metrics={"accuracy": 0.5 if number in FAILING else 0.93})
        seed.logged_model(experiment_id, run_id)
        text = GATE.format(uri=seed.uri, run_id=run_id, model=model)
        (folder / f"{number:03d}_gate.yaml").write_text(text)
    return models


def champions(seed: RestSeeder, models: list[str]) -> dict[str, str]:
    """Return the version that each of *models* has as its champion, of those that have one."""
    prefix = models[0].rpartition("-")[0]
    found = seed.ask("GET", f"registered-models/search?max_results={GATES}&filter=name LIKE '{prefix}%25'")
    return {
        model["name"]: str(entry["version"])
        for model in found["registered_models"]
        for entry in model.get("aliases", ())
        if entry["alias"] == "champion"
    }


def test_two_hundred_gates(tmp_path: Path, seed: RestSeeder) -> None:
    """Of 200 gates in two processes each model moves whose own gate passed; the others' failures hold none back."""
    models = write_gates(tmp_path, seed)
    failing = [models[number] for number in FAILING]
    words = ("-q", "-n2", "--mlflow-gate", ".", "--mlflow-gate-promote", "each")
    files = ("--mlflow-gate-decision", "decision.json", "--junitxml", "gate.xml")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", *words, *files],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout[-4000:]
    assert done.stderr == ""
    assert champions(seed, models) == {model: "1" for model in models if model not in failing}

    told = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert told.count("FAILED 000_gate.yaml") == 1
    promoted = [line for line in done.stdout.splitlines() if line.startswith("PROMOTED: ")]
    refused = [line for line in done.stdout.splitlines() if line.startswith("NOT PROMOTED ")]
    assert (len(promoted), len(refused)) == (GATES - len(failing), len(failing))
    document: dict[str, Any] = json.loads((tmp_path / "decision.json").read_text())
    decided = {gate["name"]: gate["promotion"]["status"] for gate in document["gates"]}
    assert decided == {model: "withheld" if model in failing else "promoted" for model in models}
    suite = ET.parse(tmp_path / "gate.xml").getroot()  # noqa: S314 - pytest wrote it
    cases = {(case.get("classname", ""), case.get("name")) for case in suite.iter("testcase")}
    # Run, limit and promotion of each.
    assert len(cases) == 3 * GATES
