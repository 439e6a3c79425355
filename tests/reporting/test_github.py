"""Outputs and annotations of GitHub Actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.evidence import OrdinaryTests
from pytest_mlflow_gate.reporting.github import outputs, workflow_commands
from tests.ci_readers import Command, github_commands, github_outputs
from tests.reporting.decisions import NASTY, PAGE, WITHHELD, decided, many, session, warned, without_candidate

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.decision import SessionDecision


def place(gate: Gate) -> str:
    """Return a gate's file below a folder with what commands escape."""
    return f"a,b%/{gate.path}"


def commands(decision: SessionDecision, told: frozenset[tuple[str, str]] = frozenset()) -> list[Command]:
    """Return the annotations of a session as GitHub understands them."""
    return github_commands(list(workflow_commands(decision, place, told)))


def test_outputs() -> None:
    """One line each; the gates as JSON, where promoted is what expressions take for true or false."""
    two = session(decided(name="a=b\n<<c"), decided(name="é", result=WITHHELD))
    values = github_outputs(outputs(two))
    gates = json.loads(values.pop("gates"))
    assert values == {
        "promoted": "false",
        "version": "3",
        "run_id": "r1",
        "verdict": "passed",
        "promotion": "promoted",
        "model": "churn-classifier",
    }
    common = {"run_id": "r1", "verdict": "passed", "model": "churn-classifier"}
    assert gates == {
        "a=b\n<<c": {"promoted": True, "version": "3", "promotion": "promoted", **common},
        "é": {"promoted": False, "version": "", "promotion": "withheld", **common},
    }


def test_a_failed_check_as_it_is_written() -> None:
    """One line, in which a property escapes more than the message."""
    bad = decided({"accuracy": 0.5, "f1": 0.9}, WITHHELD, name="a:b,c%")
    assert list(workflow_commands(session(bad), place)) == [
        (
            "::error file=a%2Cb%25/eval_gate.yaml,line=4,title=a%3Ab%2Cc%25%3A accuracy[min]"
            f"::accuracy is 0.5, must be >= 0.85%0A{PAGE}"
        )
    ]


def test_checks_are_annotated_at_their_lines() -> None:
    """What failed and what cannot be judged is an error, a warn check a warning; what passed is nothing."""
    bad = decided({"accuracy": 0.5}, WITHHELD)
    found = commands(session(bad, warned()))
    file = "a,b%/eval_gate.yaml"
    assert found == [
        Command(
            "error",
            {"file": file, "line": "4", "title": "churn: accuracy[min]"},
            f"accuracy is 0.5, must be >= 0.85\n{PAGE}",
        ),
        Command(
            "error",
            {"file": file, "line": "5", "title": "churn: f1[min]"},
            f"{bad.findings[2].text}\n{PAGE}",
        ),
        Command(
            "warning",
            {"file": file, "line": "7", "title": "churn: latency[max:warn]"},
            f"latency is 110, must be <= 100\n{PAGE}",
        ),
    ]


def test_without_a_candidate_there_is_one_annotation() -> None:
    """Checks that had nothing to look at do not repeat it."""
    assert [
        (found.properties["title"], found.message) for found in commands(session(without_candidate()))
    ] == [("churn: candidate[run]", "cannot judge churn: no run 'r1'")]


@pytest.mark.parametrize(
    ("result", "tests", "expected"),
    [
        pytest.param(Result("promoted", "done"), 0, [], id="promoted"),
        pytest.param(Result("dry-run", "would"), 0, [], id="dry-run"),
        pytest.param(Result("refused", "no model"), 0, ["not promoted: no model"], id="refused"),
        pytest.param(Result("awaiting", "set a tag"), 0, ["not promoted: set a tag"], id="awaiting"),
        pytest.param(
            Result("failed", "it broke", left=("could not put back @a: no",)),
            0,
            ["not promoted: it broke\ncould not put back @a: no"],
            id="failed",
        ),
        pytest.param(
            Result("withheld", "not run: f1[min]"), 0, ["not promoted: not run: f1[min]"], id="withheld"
        ),
        pytest.param(Result("withheld", "test_x failed"), 1, [], id="withheld-for-a-test-that-says-so"),
    ],
)
def test_a_promotion_that_failed(result: Result, tests: int, expected: list[str]) -> None:
    """An error at the line of ``promote``, unless a check or a test says why at its own place."""
    found = commands(session(decided(result=result), tests=OrdinaryTests(failed=tests)))
    assert [command.message for command in found] == expected
    assert all(command.properties["line"] == "6" for command in found)


@pytest.mark.parametrize(
    ("failed", "shown", "notice"),
    [
        pytest.param(10, 10, None, id="ten"),
        pytest.param(11, 10, "1 more error: see the step summary", id="eleven"),
        pytest.param(5000, 10, "4990 more errors: see the step summary", id="five-thousand"),
    ],
)
def test_what_github_would_drop_is_counted(failed: int, shown: int, notice: str | None) -> None:
    """Ten errors of a step are shown; the promotion that failed comes first."""
    broken = many(failed)._replace(result=Result("failed", "it broke"))
    errors = many(failed, failed=failed)
    found = commands(session(errors))
    assert [command.level for command in found].count("error") == shown
    assert [command.message for command in found if command.level == "notice"] == ([notice] if notice else [])
    first, *_ = commands(session(errors, broken))
    assert first.message == "not promoted: it broke"


def test_what_somebody_else_annotated_is_not_repeated() -> None:
    """By gate and check, a promotion too."""
    both = session(
        decided({"f1": 0.9}, WITHHELD), decided(name="other", result=Result("refused", "no model"))
    )
    told = {("churn", "accuracy[min]")}
    assert [command.message for command in commands(both, frozenset(told))] == ["not promoted: no model"]
    assert commands(both, frozenset(told | {("other", "promotion")})) == []


def test_nothing_breaks_out_of_an_annotation() -> None:
    """Names and texts are somebody else's; a line break or a colon of theirs is no command."""
    text = f"{NASTY}\r\n::error::fake\n::set-output name=promoted::true"
    finding = warned().findings[0]._replace(check=NASTY, text=text)
    lines = list(
        workflow_commands(session(decided(name=f"{NASTY}\n::notice::x", findings=(finding,))), place)
    )
    assert [line.count("\n") + line.count("\r") for line in lines] == [0]
    (found,) = github_commands(lines)
    assert found.properties["title"] == f"{NASTY}\n::notice::x: {NASTY}"
    assert found.message == f"{text}\n{PAGE}"
