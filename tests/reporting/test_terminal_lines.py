"""What a decision looks like on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.promotion.decision import Decision, Result
from pytest_mlflow_gate.reporting.terminal import age, outcome, summary
from pytest_mlflow_gate.tracking.snapshot import Rival, Snapshot
from pytest_mlflow_gate.tracking.values import Experiment, ModelVersion
from tests.fakes import RUN
from tests.gates import gate

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.decision import Status

NOW = 2_000.0 + 7_200


def decision(metrics: dict[str, float], **changes: object) -> Decision:
    """Return the decision on a run that logged these metrics."""
    candidate = Snapshot(RUN._replace(metrics=metrics), Experiment("1", "churn", active=True))
    made = Decision(
        gate(), "http://mlflow:5000", candidate, judge_gate(gate(), candidate), Result("none", "")
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def test_the_table_is_aligned_and_marks_what_failed() -> None:
    """Metric, value, limit and margin under each other; the failing line says so and is red."""
    lines = list(summary(decision({"accuracy": 0.8499999999, "f1": 0.9333333333}), NOW))
    assert [line.text for line in lines] == [
        "run bold-shrew (r1) of experiment churn, ended 2 h ago",
        "  check          value         limit    margin",
        "  accuracy[min]  0.8499999999  >= 0.85  -0.0000000001  FAILED",
        "  f1[min]        0.933333      >= 0.85  +0.0833333",
    ]
    assert [line.mood for line in lines] == ["plain", "plain", "bad", "plain"]


def test_what_cannot_be_judged_is_told_from_what_failed() -> None:
    """A metric that nobody logged has no value and no margin."""
    lines = [line.text for line in summary(decision({"accuracy": float("nan")}), NOW)]
    assert lines[2:] == [
        "  accuracy[min]  NaN       >= 0.85          CANNOT JUDGE",
        "  f1[min]        no value  >= 0.85          CANNOT JUDGE",
    ]


def test_what_is_excused_says_why_and_with_whom_it_is_compared() -> None:
    """One line for each reason, below the table; a baseline that there is stands above it."""
    excused = tuple(
        Finding(f"{name}[max_drop]", "exempt", "the first has nothing to beat", 4, metric=name)
        for name in ("accuracy", "f1")
    )
    lines = [line.text for line in summary(decision({}, findings=excused), NOW)]
    assert lines[1:] == [
        "  check               value  limit  margin",
        "  accuracy[max_drop]                        skipped",
        "  f1[max_drop]                              skipped",
        "  skipped: the first has nothing to beat",
    ]
    rival = Rival(
        ModelVersion("churn", "3", "", "r0", ready=True, stage="None", tags={}), RUN._replace(run_id="r0")
    )
    compared = decision({"accuracy": 0.9})
    compared = compared._replace(candidate=compared.candidate and compared.candidate._replace(baseline=rival))
    assert [line.text for line in summary(compared, NOW)][1] == "compared with version 3 of churn, run r0"


def test_a_warning_is_marked_and_not_red() -> None:
    """Severity warn stands apart from what blocks."""
    warned = gate(checks=tuple(check._replace(severity="warn") for check in gate().conditions))
    candidate = Snapshot(RUN._replace(metrics={"accuracy": 0.5}), Experiment("1", "churn", active=True))
    lines = list(summary(decision({}, findings=judge_gate(warned, candidate)), NOW))
    assert [(line.text.rpartition("  ")[2], line.mood) for line in lines[2:]] == [
        ("warn: failed", "doubtful"),
        ("warn: cannot judge", "doubtful"),
    ]


def test_without_a_candidate_there_is_only_the_reason() -> None:
    """No table of nothing."""
    lines = list(summary(decision({}, candidate=None, findings=judge_gate(gate(), "no such run")), NOW))
    assert [line.text for line in lines] == ["cannot judge churn: no such run"]


def test_a_version_under_test_is_named_before_its_run() -> None:
    """Whoever judges version 7 wants to read version 7."""
    version = ModelVersion("staging", "7", "models:/m-1", "r1", ready=True, stage="None", tags={})
    snapshot = Snapshot(RUN, Experiment("1", "churn", active=True), version=version)
    first = next(iter(summary(decision({}, candidate=snapshot), NOW)))
    assert first.text == "version 7 of staging, run bold-shrew (r1) of experiment churn, ended 2 h ago"


def test_a_thousand_checks_show_those_that_failed() -> None:
    """The screen is for what needs a person."""
    many = gate(
        checks=tuple(
            gate().conditions[0]._replace(name=f"m{number}[min]", metric=f"m{number}")
            for number in range(1000)
        )
    )
    metrics = {f"m{number}": 0.5 if number == 7 else 0.9 for number in range(1000)}
    candidate = Snapshot(RUN._replace(metrics=metrics), Experiment("1", "churn", active=True))
    lines = [line.text for line in summary(decision({}, findings=judge_gate(many, candidate)), NOW)]
    assert lines[2:] == [
        "  m7[min]  0.5    >= 0.85  -0.35   FAILED",
        "  ... and 999 more that passed",
    ]


@pytest.mark.parametrize(
    ("status", "text", "expected", "mood"),
    [
        pytest.param(
            "promoted",
            "churn-classifier version 3 is now @champion",
            "PROMOTED churn: churn-classifier version 3 is now @champion",
            "good",
            id="promoted",
        ),
        pytest.param(
            "withheld",
            "f1[min] did not pass",
            "NOT PROMOTED churn: f1[min] did not pass",
            "bad",
            id="withheld",
        ),
        pytest.param("refused", "no model", "NOT PROMOTED churn: no model", "bad", id="refused"),
        pytest.param("failed", "it broke", "PROMOTION FAILED churn: it broke", "bad", id="failed"),
        pytest.param("dry-run", "would have", "DRY RUN churn: would have", "doubtful", id="dry-run"),
        pytest.param(
            "promoted",
            "churn version 3 is now @champion",
            "PROMOTED: churn version 3 is now @champion",
            "good",
            id="gate-named-like-its-model",
        ),
    ],
)
def test_the_last_line_says_whether_the_model_moved(
    status: Status, text: str, expected: str, mood: str
) -> None:
    """One line, the verb first."""
    (line,) = outcome(decision({}, result=Result(status, text)))
    assert (line.text, line.mood) == (expected, mood)


def test_a_gate_without_a_promotion_has_no_last_line() -> None:
    """It was not asked to move anything."""
    assert list(outcome(decision({}))) == []


def test_what_was_not_put_back_has_a_line_each() -> None:
    """Below what became of the promotion, so that nothing of it is missed."""
    result = Result("failed", "it broke", left=("could not put back @a: no", "could not put back @b: gone"))
    assert [line.text for line in outcome(decision({}, result=result))] == [
        "PROMOTION FAILED churn: it broke",
        "  could not put back @a: no",
        "  could not put back @b: gone",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (86400, "1 d"),
        (10**7, "115 d"),
    ],
)
def test_ages_have_one_unit(seconds: float, text: str) -> None:
    """The largest that fits; a clock that is ahead counts as now."""
    assert age(seconds) == text
