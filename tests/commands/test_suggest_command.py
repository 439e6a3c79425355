"""Margins of past runs, the tightest limit that champions meet, and the line to change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands.conftest import GATE
from tests.commands.past import promoted
from tests.fakes import FakeStore

if TYPE_CHECKING:
    from tests.commands.conftest import Command

OF_EXPERIMENT = GATE.replace("{run_id: r1}", "{experiment: churn}")


def store_with(*accuracies: float) -> FakeStore:
    """Return a store where the runs r1, r2 and so on logged these, and the first two were champion."""
    store = promoted(1, 2)
    for number, accuracy in enumerate(accuracies, 1):
        run = store.runs[f"r{number}"]
        store.runs[run.run_id] = run._replace(metrics={"accuracy": accuracy, "latency_ms": 100.0 + number})
    for number in range(len(accuracies) + 1, 5):
        del store.runs[f"r{number}"]
    return store


def said(command: Command, thresholds: str, *accuracies: float) -> list[str]:
    """Return what is suggested for a gate with these thresholds."""
    gate = OF_EXPERIMENT.replace('{accuracy: ">= 0.85"}', thresholds)
    Path("eval_gate.yaml").write_text(gate, encoding="utf-8")
    result = command(store_with(*accuracies), "suggest", "eval_gate.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_whole(command: Command) -> None:
    """A table of margins, and below it each limit that could be another one with its line as it would be."""
    Path("eval_gate.yaml").write_text(OF_EXPERIMENT, encoding="utf-8")
    store = store_with(0.95, 0.93, 0.8)
    result = command(store, "suggest", "eval_gate.yaml", "--runs", "10")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "last 3 finished runs (all that there are of 10) of experiment churn",
        "  check          limit    runs  median  worst  champions meet",
        "  accuracy[min]  >= 0.85  3     +0.08   -0.05  >= 0.93",
        "  median, worst: the margins of these runs, negative where one misses the limit",
        "  champions meet: the tightest limit that would pass 2 runs once champion",
        "",
        "eval_gate.yaml:4: accuracy[min]: tighten >= 0.85 to >= 0.93",
        '  thresholds: {accuracy: ">= 0.93"}',
    ]
    assert store.writes == []
    assert Path("eval_gate.yaml").read_text(encoding="utf-8") == OF_EXPERIMENT


@pytest.mark.parametrize(
    ("thresholds", "changes"),
    [
        pytest.param('{accuracy: ">= 0.93"}', [], id="as-tight-as-can-be"),
        pytest.param(
            '{accuracy: ">= 0.94"}',
            [
                "eval_gate.yaml:4: accuracy[min]: loosen >= 0.94 to >= 0.93",
                '  thresholds: {accuracy: ">= 0.93"}',
            ],
            id="a-champion-misses-it",
        ),
        pytest.param(
            '{accuracy: "> 0.93"}',
            [
                "eval_gate.yaml:4: accuracy[above]: loosen > 0.93 to >= 0.93",
                "  write min: 0.93 in place of above",
            ],
            id="a-champion-touches-a-strict-one",
        ),
        pytest.param(
            '{latency_ms: "< 120"}',
            [
                "eval_gate.yaml:4: latency_ms[below]: tighten < 120 to <= 102",
                "  write max: 102 in place of below",
            ],
            id="strict",
        ),
        pytest.param(
            "{accuracy: {max_drop: 5%}}",
            [
                "eval_gate.yaml:4: accuracy[max_drop]: tighten 5% to 2.10527%",
                "  thresholds: {accuracy: {max_drop: 2.10527%}}",
            ],
            id="percent",
        ),
        pytest.param(
            "{accuracy: {min_rise: 0.01}}",
            ["eval_gate.yaml:4: accuracy[min_rise]: no limit lets every champion pass"],
            id="a-champion-fell",
        ),
        pytest.param(
            "{accuracy: {equals: 0.95, tolerance: 0.1}}",
            [
                "eval_gate.yaml:4: accuracy[equals]: tighten == 0.95 +- 0.1 to +- 0.02",
                "  write tolerance: 0.02",
            ],
            id="tolerance",
        ),
        pytest.param(
            "{accuracy: {min: 0.5, max: 0.5}}",
            [
                "eval_gate.yaml:4: accuracy[min]: tighten >= 0.5 to >= 0.93",
                "  write min: 0.93",
                "eval_gate.yaml:4: accuracy[max]: loosen <= 0.5 to <= 0.95",
                "  write max: 0.95",
            ],
            id="one-number-twice-in-the-line",
        ),
        pytest.param(
            "{accuracy: {min: 5e-1}}",
            [
                "eval_gate.yaml:4: accuracy[min]: tighten >= 0.5 to >= 0.93",
                "  thresholds: {accuracy: {min: 0.93}}",
            ],
            id="written-otherwise",
        ),
        pytest.param("{accuracy: {min: 0.5, over: min}}", [], id="not-judged"),
    ],
)
def test_line_to_change(command: Command, thresholds: str, changes: list[str]) -> None:
    """The line as it would be, or what to write where the line does not tell which number it is."""
    lines = said(command, thresholds, 0.95, 0.93)
    assert lines[lines.index("") + 1 :] == changes if changes else "" not in lines


def test_no_champion(command: Command) -> None:
    """Without one there are margins, and nothing to change."""
    Path("eval_gate.yaml").write_text(OF_EXPERIMENT, encoding="utf-8")
    result = command(FakeStore(), "suggest", "eval_gate.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == [
        "  check          limit    runs  median  worst  champions meet",
        "  accuracy[min]  >= 0.85  1     +0.08   +0.08",
        "  median, worst: the margins of these runs, negative where one misses the limit",
        "  no version ever was churn-classifier @champion",
    ]


@pytest.mark.parametrize(
    ("gate", "words", "status", "line"),
    [
        pytest.param(
            OF_EXPERIMENT.replace("churn}", "chrun}"),
            (),
            1,
            "eval_gate.yaml: no experiment 'chrun' at http://mlflow: check candidate.experiment and tracking_uri",
            id="no-experiment",
        ),
        pytest.param(
            GATE.replace("run_id: r1", "model_id: m-1"),
            (),
            1,
            "eval_gate.yaml:3: this candidate is a model and no run of an experiment, so there are no earlier ones "
            "to judge: choose it with candidate.experiment",
            id="model",
        ),
        pytest.param(
            GATE.replace("thresholds", "thresolds"),
            (),
            1,
            "eval_gate.yaml:4: unknown key 'thresolds', did you mean 'thresholds'?",
            id="broken-file",
        ),
        pytest.param(
            OF_EXPERIMENT,
            ("--runs", "0"),
            2,
            "Error: Invalid value for '--runs': 0 is not in the range 1<=x<=10000.",
            id="no-runs",
        ),
    ],
)
def test_refused(command: Command, gate: str, words: tuple[str, ...], status: int, line: str) -> None:
    """What cannot be done is one line that says what to do."""
    Path("eval_gate.yaml").write_text(gate, encoding="utf-8")
    result = command(FakeStore(), "suggest", "eval_gate.yaml", *words)
    assert (result.exit_code, result.stdout) == (status, "")
    assert line in result.stderr.splitlines()
