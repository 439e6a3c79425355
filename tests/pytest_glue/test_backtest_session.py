"""Sessions that judge past runs in place of a candidate: one item for each gate, and nothing ever moves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.pytest_glue.conftest import GATE
from tests.reports import junit_cases

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

BACKTEST = ("--mlflow-gate-backtest", "5")
MODES = [
    pytest.param((), id="plain"),
    pytest.param(("-n1",), id="n1"),
    pytest.param(("-n2",), id="n2"),
]
NODE = "eval_gate.yaml::churn-classifier"
DRY = "only a backtest, without --mlflow-gate-backtest this gate promotes to churn-classifier @champion"
NO_SERVER = GATE.replace("run_id: r1", "experiment: nowhere")
NOT_JUDGED = (
    "cannot judge churn-classifier: no experiment 'nowhere' at fake://store: check candidate.experiment and "
    "tracking_uri (eval_gate.yaml:3)"
)
TESTS = {
    "test_whose_run.py": "def test_it(mlflow_gate_candidate): assert mlflow_gate_candidate.run_id == 'r1'\n"
}


@pytest.mark.parametrize("workers", MODES)
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="alone"),
        pytest.param(("--mlflow-gate-promote", "all"), id="promote-all"),
        pytest.param(("--mlflow-gate-promote", "each"), id="promote-each"),
        pytest.param(("--mlflow-gate-promote", "never"), id="promote-never"),
        pytest.param((".",), id="with-tests"),
        pytest.param((".", "--mlflow-gate-promote", "each"), id="with-tests-each"),
        pytest.param(("-k", "backtest"), id="selected"),
        pytest.param(("--mlflow-gate-set", "accuracy.min=0.1"), id="another-limit"),
    ],
)
def test_never_promotes(inner: Inner, arguments: tuple[str, ...], workers: tuple[str, ...]) -> None:
    """A candidate that would be promoted stays where it is, the session is green, and nothing is written."""
    inner.registry(**{"churn-classifier": {"versions": 1, "aliases": {"champion": "1"}}})
    result = inner.gate_here(*BACKTEST, "--mlflow-gate-decision", "d.json", *arguments, *workers)
    assert result.ret == 0, result.stdout.str()
    assert inner.writes() == []
    decided = json.loads((inner.path / "d.json").read_text(encoding="utf-8"))
    assert decided["promoted"] is False
    assert [gate["promotion"]["status"] for gate in decided["gates"]] == ["dry-run"]
    assert [line for line in result.outlines if line.startswith(f"DRY RUN churn-classifier: {DRY}")]


@pytest.mark.parametrize("workers", MODES)
@pytest.mark.parametrize("accuracy", [0.93, 0.5], ids=["good", "bad"])
def test_item_passes_whatever_the_runs_are(inner: Inner, workers: tuple[str, ...], accuracy: float) -> None:
    """The one item of a gate passes when there is a table, and the promotion is skipped with its goal."""
    result = inner.gate_here(*BACKTEST, "--junitxml=j.xml", *workers, accuracy=accuracy)
    assert result.ret == 0, result.stdout.str()
    cases = junit_cases(inner.path / "j.xml")
    assert [(name.rpartition("::")[2], outcome) for name, (outcome, _) in cases.items()] == [
        ("backtest", "passed"),
        ("promotion", "skipped"),
    ]
    assert (
        result.stdout.str().count("last 2 finished runs (all that there are of 5) of experiment churn") == 1
    )
    assert "mlflow-gate: backtest of the last 5 finished runs, promotes nothing" in result.outlines


@pytest.mark.parametrize("workers", MODES)
def test_no_table(inner: Inner, workers: tuple[str, ...]) -> None:
    """Where no runs can be read, the item fails with one line that says why."""
    inner.write("eval_gate.yaml", NO_SERVER)
    result = inner.gate_here(*BACKTEST, "--junitxml=j.xml", "--json-report", *workers)
    assert result.ret == 1
    assert NOT_JUDGED in result.outlines
    assert "Traceback" not in result.stdout.str()
    outcomes = [outcome for outcome, _ in junit_cases(inner.path / "j.xml").values()]
    assert outcomes == ["failure", "skipped"]
    assert inner.writes() == []


@pytest.mark.parametrize("workers", MODES)
def test_failing_test(inner: Inner, workers: tuple[str, ...]) -> None:
    """An ordinary test that fails makes such a session red as any other."""
    inner.write("test_bad.py", "def test_bad(): assert False\n")
    result = inner.gate_here(*BACKTEST, ".", *workers)
    assert result.ret == 1
    result.assert_outcomes(passed=3, failed=1, skipped=1)
    assert inner.writes() == []


@pytest.mark.parametrize("workers", MODES)
@pytest.mark.parametrize("accuracy", [0.93, 0.5], ids=["good", "bad"])
def test_python_tests_still_have_their_candidate(
    inner: Inner, workers: tuple[str, ...], accuracy: float
) -> None:
    """A fixture finds the candidate, and what it is judged by changes nothing of the backtest."""
    for name, text in TESTS.items():
        inner.write(name, text)
    result = inner.gate_here(*BACKTEST, ".", *workers, accuracy=accuracy)
    assert result.ret == 0, result.stdout.str()
    result.assert_outcomes(passed=4, skipped=1)
    assert f"DRY RUN churn-classifier: {DRY}" in result.outlines
    assert inner.writes() == []


def test_explicit_path_and_gate_without_promotion(inner: Inner) -> None:
    """Without a goal there is no promotion testcase, and a path alone is enough."""
    inner.write("eval_gate.yaml", GATE.partition("promote:")[0])
    result = inner.run_here("eval_gate.yaml", *BACKTEST)
    assert result.ret == 0
    result.assert_outcomes(passed=1)
    assert "  this gate sets neither alias nor stage, so it has no champions" in result.outlines


def test_two_gates(inner: Inner) -> None:
    """Each gate has an item and a table of its own."""
    second = GATE.replace("churn-classifier", "second")
    inner.write("second_gate.yaml", second)
    result = inner.gate_here(*BACKTEST, "--mlflow-gate", "second_gate.yaml", "-v")
    assert result.ret == 0
    result.assert_outcomes(passed=2, skipped=2)
    assert [
        line for line in result.outlines if line.startswith("eval_gate.yaml::churn-classifier::backtest")
    ] == [f"{NODE}::backtest PASSED (2 of 2 runs would pass) [ 50%]"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(("--collect-only", "-q"), 0, id="collect-only"),
        pytest.param(("-k", "nothing"), 5, id="deselected"),
        pytest.param((f"{NODE}::accuracy[min]",), 4, id="node-id-of-a-check"),
    ],
)
def test_nobody_is_asked(inner: Inner, arguments: tuple[str, ...], status: int) -> None:
    """What runs no backtest opens no store."""
    result = inner.gate_here(*BACKTEST, *arguments)
    assert result.ret == status
    assert inner.opened == []


def test_quiet(inner: Inner) -> None:
    """With -q a gate is one line that says how many runs would pass."""
    result = inner.gate_here(*BACKTEST, "-q")
    assert [line for line in result.outlines if "churn" in line and "::" not in line] == [
        "BACKTEST churn-classifier: 2 of 2 runs would pass"
    ]


MISTAKES = {
    "zero": (
        GATE,
        ("--mlflow-gate-backtest", "0"),
        "--mlflow-gate-backtest 0: write a whole number from 1 to 10000",
    ),
    "negative": (
        GATE,
        ("--mlflow-gate-backtest=-3",),
        "--mlflow-gate-backtest -3: write a whole number from 1 to 10000",
    ),
    "too-many": (
        GATE,
        ("--mlflow-gate-backtest", "10001"),
        "--mlflow-gate-backtest 10001: write a whole number from 1 to 10000",
    ),
    "one-run-too": (
        GATE,
        (*BACKTEST, "--mlflow-gate-run", "r1"),
        "--mlflow-gate-backtest and --mlflow-gate-run do not go together, leave one of them out",
    ),
    "registered-version": (
        GATE.replace("run_id: r1", "model: churn\n  version: 1"),
        BACKTEST,
        (
            "--mlflow-gate-backtest: eval_gate.yaml:4: this candidate is a model and no run of an experiment, so "
            "there are no earlier ones to judge: choose it with candidate.experiment"
        ),
    ),
    "logged-model": (
        GATE.replace("run_id: r1", "model_id: m-1"),
        BACKTEST,
        (
            "--mlflow-gate-backtest: eval_gate.yaml:3: this candidate is a model and no run of an experiment, so "
            "there are no earlier ones to judge: choose it with candidate.experiment"
        ),
    ),
}


@pytest.mark.parametrize(("gate", "arguments", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_mistake(inner: Inner, gate: str, arguments: tuple[str, ...], expected: str) -> None:
    """What cannot be a backtest is a usage error before anybody is asked."""
    inner.write("eval_gate.yaml", gate)
    result = inner.gate_here(*arguments)
    assert [line for line in result.errlines if line] == [f"ERROR: {expected}"]
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert inner.opened == []


def test_needs_a_gate(inner: Inner) -> None:
    """Without a gate there is nothing to judge."""
    result = inner.run_here(*BACKTEST)
    assert result.errlines[0] == "ERROR: --mlflow-gate-backtest needs a gate, add --mlflow-gate PATH"
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_not_a_number(inner: Inner) -> None:
    """A word is refused by the option parser."""
    result = inner.gate_here("--mlflow-gate-backtest", "five")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*error: argument --mlflow-gate-backtest: invalid int value: 'five'"])
