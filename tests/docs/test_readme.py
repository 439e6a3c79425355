"""What the README says about gate files is what the loader and a session say."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.kinds import KEYS, language
from pytest_mlflow_gate.gatefile.loader import load
from pytest_mlflow_gate.gatefile.schema import schema
from tests.docs.examples import blocks_of, differs, environment, printed
from tests.servers import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.seeding import RestSeeder

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
BLOCKS = blocks_of(README)
SMALLEST, LANGUAGE = (block.text for block in BLOCKS if block.kind == "yaml")
CONSOLES = [block for block in BLOCKS if block.kind == "console"]
SERVER = "http://mlflow.internal:5000"
THREE_RUNS = (
    {"accuracy": 0.921, "precision": 0.8833333, "recall": 0.8577293},
    {"accuracy": 0.941, "precision": 0.9033333, "recall": 0.8677293},
    {"accuracy": 0.948, "precision": 0.8933333, "recall": 0.8777293},
)


def names(part: object) -> Iterator[str]:
    """Yield every key that a JSON Schema, or a part of one, knows."""
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for value in part.values():
            yield from names(value)
    if isinstance(part, list):
        for value in part:
            yield from names(value)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="CEL's library needs Python 3.11")
def test_whole_language_loads(tmp_path: Path) -> None:
    """Whoever copies the long block has a gate file without a problem."""
    path = tmp_path / "eval_gate.yaml"
    path.write_text(LANGUAGE, encoding="utf-8")
    environ = {"MLFLOW_TRACKING_URI": "http://mlflow.internal:5000", "GITHUB_SHA": "0f3c9ad4"}

    gate = load(path, language=language(), environ=environ)

    assert {check.name for check in gate.checks} >= {
        "candidate[signature]",
        "f1[equals:warn]",
        "recall/{cohort}[max_spread]",
        "conversions[max_value_remaining]",
        "rules[cheaper-or-better:warn]",
    }


def test_whole_language_is_whole() -> None:
    """Every key that the JSON Schema knows stands in the long block."""
    written = set(re.findall(r"(\w+):(?=\s|$)", LANGUAGE, re.MULTILINE))

    assert set(names(schema(KEYS))) - written == set()


def test_first_screen_is_what_happens(seed: RestSeeder, tmp_path: Path) -> None:
    """Whoever has three runs on a server gets the gate that the README shows, and what it shows of good and bad."""
    experiment = seed.experiment("customer-churn")
    for start, metrics in enumerate(THREE_RUNS):
        tags = {"mlflow.runName": "incongruous-carp-689"}
        run = seed.run(experiment, metrics=metrics, tags=tags, start=time.time() - 60 + 10 * start)
        seed.logged_model(experiment, run)
    environ = environment(seed.uri)
    _, (made, proposed) = CONSOLES[0].commands
    ((command, said),) = CONSOLES[1].commands

    wrong = differs(proposed, printed(made.replace(SERVER, seed.uri), tmp_path, environ))
    assert wrong is None, wrong
    smallest = tmp_path / "smallest.yaml"
    smallest.write_text(SMALLEST.replace(SERVER, seed.uri), encoding="utf-8")
    shown, written = (
        load(path, language=language(), environ={}) for path in (smallest, tmp_path / "eval_gate.yaml")
    )
    assert list(written.check_names()) == list(shown.check_names())
    assert [check.limit for check in written.conditions] == [check.limit for check in shown.conditions]
    smallest.rename(tmp_path / "eval_gate.yaml")

    wrong = differs(said, printed(command, tmp_path, environ))
    seed.run(experiment, metrics={**THREE_RUNS[-1], "recall": 0.598})
    rejected = differs(
        ["...", *CONSOLES[2].text.splitlines()], list(decisive(printed(command, tmp_path, environ)))
    )

    assert wrong is None, wrong
    assert rejected is None, rejected


def decisive(lines: list[str]) -> Iterator[str]:
    """Yield the lines that name a failure or a promotion, and not the totals between them."""
    return (line for line in lines if line.startswith(("FAILED", "NOT PROMOTED")))


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    """The mistakes that the README makes in its smallest gate are reported as it shows."""
    wrong = SMALLEST.replace('accuracy: ">= 0.92"', "accuracy: {minimum: 0.92}").replace('">= 0.85"', "0.85")
    (tmp_path / "eval_gate.yaml").write_text(wrong, encoding="utf-8")
    block = next(block for block in CONSOLES if "ERROR:" in block.text)
    ((command, said),) = block.commands

    found = differs([*said, "..."], printed(command, tmp_path, environment("http://mlflow.internal:5000")))

    assert found is None, found


def test_extras_are_those_of_the_package() -> None:
    """Each extra that can be installed has a row in the README, and no other one has."""
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    section = project.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]

    assert set(re.findall(r"pytest-mlflow-gate\[(\w+)\]", README)) == set(
        re.findall(r"^(\w+) = ", section, re.MULTILINE)
    )
