"""What a decision looks like on a terminal."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.promotion.decision import Decision, Result
from pytest_mlflow_gate.reporting.terminal import age, in_one_line, outcome, summary
from pytest_mlflow_gate.tracking.snapshot import Rival, Snapshot
from pytest_mlflow_gate.tracking.values import Experiment, ModelVersion
from tests.fakes import RUN
from tests.gates import gate

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.decision import Status

NOW = 2_000.0 + 7_200


def decision(metrics: dict[str, float], **changes: object) -> Decision:
    """Return the decision on a run that logged these metrics."""
    url = "http://mlflow:5000/#/experiments/1/runs/r1"
    candidate = Snapshot(RUN._replace(metrics=metrics), Experiment("1", "churn", active=True), url=url)
    made = Decision(
        gate(), "http://mlflow:5000", candidate, judge_gate(gate(), candidate), Result("none", "")
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def test_the_table_is_aligned_when_all_passed() -> None:
    """Metric, value, limit and margin under each other, and no more words than needed."""
    lines = list(summary(decision({"accuracy": 0.85, "f1": 0.9333333333}), NOW))
    assert [line.text for line in lines] == [
        "run bold-shrew of experiment churn, ended 2 h ago",
        "  http://mlflow:5000/#/experiments/1/runs/r1",
        "  check          value     limit    margin",
        "  accuracy[min]  0.85      >= 0.85  0",
        "  f1[min]        0.933333  >= 0.85  +0.0833333",
    ]
    assert {line.mood for line in lines} == {"plain"}


FOUND = (
    Finding("a[min]", "passed", "0.9 >= 0.8", 4, "fail", "a", 0.9, ">= 0.8", Decimal("0.1")),
    Finding("b[max:warn]", "failed", "b is 2, must be <= 1", 5, "warn", "b", 2.0, "<= 1", Decimal(-1)),
    Finding("c[min]", "unevaluable", "cannot judge c: never logged", 6, "fail", "c", None, ">= 0.8"),
    Finding("d[min:warn]", "unevaluable", "cannot judge d: NaN", 7, "warn", "d", math.nan, ">= 0.8"),
    Finding("e[max_drop]", "exempt", "the first has nothing to beat", 8, metric="e"),
    Finding("f[min]", "failed", "f is 0.7, must be >= 0.8", 9, "fail", "f", 0.7, ">= 0.8", Decimal("-0.1")),
    Finding("g[max_drop]", "exempt", "the first has nothing to beat", 10, metric="g"),
)


def test_what_blocks_stands_apart_and_first() -> None:
    """Who looks for five seconds sees what failed, then what cannot be judged, then what only warns."""
    lines = list(summary(decision({}, findings=FOUND), NOW))[2:]
    assert [(line.text, line.mood) for line in lines] == [
        ("  check        value     limit   margin", "plain"),
        ("FAILED", "bad"),
        ("  f[min]       0.7       >= 0.8  -0.1", "bad"),
        ("CANNOT JUDGE", "bad"),
        ("  c[min]       no value  >= 0.8", "bad"),
        ("warn: failed", "doubtful"),
        ("  b[max:warn]  2         <= 1    -1", "doubtful"),
        ("warn: cannot judge", "doubtful"),
        ("  d[min:warn]  NaN       >= 0.8", "doubtful"),
        ("skipped: the first has nothing to beat", "plain"),
        ("  e[max_drop]", "plain"),
        ("  g[max_drop]", "plain"),
        ("passed", "plain"),
        ("  a[min]       0.9       >= 0.8  +0.1", "plain"),
    ]


def test_a_baseline_has_a_column_and_a_name() -> None:
    """Whoever compares sees both numbers, and with whom; checks that do not compare leave theirs empty."""
    version = ModelVersion("churn", "3", "", "r0", ready=True, stage="None", tags={})
    compared = FOUND[5]._replace(check="f[max_drop]", baseline=0.81)
    made = decision({}, findings=(FOUND[0], compared))
    rival = Rival(version, RUN._replace(run_id="r0"))
    made = made._replace(candidate=made.candidate and made.candidate._replace(baseline=rival))
    assert [line.text for line in summary(made, NOW)][2:] == [
        "compared with version 3 of churn",
        "  check        value  baseline  limit   margin",
        "FAILED",
        "  f[max_drop]  0.7    0.81      >= 0.8  -0.1",
        "passed",
        "  a[min]       0.9              >= 0.8  +0.1",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, "http://mlflow:5000/#/experiments/1/runs/r1", id="link-with-the-id"),
        pytest.param({"url": None}, "run id r1", id="no-link"),
        pytest.param(
            {"url": "http://mlflow:5000/#/runs", "run": RUN._replace(run_id="r27")},
            "run id r27",
            id="link-without-the-id",
        ),
        pytest.param({"url": None, "run": RUN._replace(name="")}, None, id="no-name-and-no-link"),
    ],
)
def test_the_run_has_its_id_once(changes: dict[str, object], expected: str | None) -> None:
    """Name, age and page say which run it was; the id stands there where neither holds it."""
    made = decision({"accuracy": 0.9})
    made = made._replace(candidate=made.candidate and made.candidate._replace(**changes))  # type: ignore[arg-type]
    lines = [line.text for line in summary(made, NOW)]
    assert lines[1].strip() == expected or (expected is None and lines[1].startswith("  check"))
    assert lines[0] == f"run {'r1' if expected is None else 'bold-shrew'} of experiment churn, ended 2 h ago"


LONG = "evaluation/holdout-2026-q3/segments/recall/enterprise-customers-emea/eu-west[min]"


@pytest.mark.parametrize("columns", [80, 132, 200])
def test_long_names_are_cut_to_the_width_of_the_terminal(columns: int) -> None:
    """A line never breaks, the columns stay aligned, and a name keeps the end that tells it from others."""
    rule = "metrics.train_accuracy - metrics.holdout_accuracy < 0.05 && metrics.cost < 3"
    found = (
        *FOUND,
        FOUND[0]._replace(check=LONG, baseline=0.123456789),
        Finding("rules[no-overfit]", "passed", "", 12, limit=rule),
    )
    made = decision({}, findings=found)
    experiment = Experiment("1", "/Users/somebody@example.com/projects/2026/churn/of-customers", active=True)
    made = made._replace(candidate=made.candidate and made.candidate._replace(experiment=experiment))
    lines = [line.text for line in summary(made, NOW, columns)]
    assert max(map(len, lines)) <= columns
    assert lines[0].endswith("of-customers, ended 2 h ago")
    assert lines[0].startswith("run bold-shrew of")
    (cut_name,) = (line for line in lines if "eu-west[min]" in line)
    (cut_rule,) = (line for line in lines if "no-overfit" in line)
    assert cut_name.index(">= 0.8") == cut_rule.index("metrics.") == lines[2].index("limit")
    assert cut_rule.endswith(" < 3")
    assert ("..." in cut_name) == (columns < 200)


def test_chinese_names_are_aligned() -> None:
    """A character that takes two columns of the terminal counts as two."""
    made = decision({}, findings=(FOUND[0], FOUND[0]._replace(check="精度/eu[min]")))
    assert [line.text for line in summary(made, NOW)][3:] == [
        "  a[min]        0.9    >= 0.8  +0.1",
        "  精度/eu[min]  0.9    >= 0.8  +0.1",
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
    assert first.text == "version 7 of staging, run bold-shrew of experiment churn, ended 2 h ago"


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
        "  check    value  limit    margin",
        "FAILED",
        "  m7[min]  0.5    >= 0.85  -0.35",
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
    ("result", "findings", "expected"),
    [
        pytest.param(
            Result("withheld", "f[min], c[min] did not pass"),
            FOUND,
            "NOT PROMOTED churn: cannot judge c: never logged (and 1 more)",
            id="several-block",
        ),
        pytest.param(
            Result("withheld", "f[min] did not pass"),
            (FOUND[5],),
            "NOT PROMOTED churn: f is 0.7, must be >= 0.8 (by 0.1)",
            id="one-failed",
        ),
        pytest.param(
            Result("withheld", "cannot judge churn: no such run"),
            judge_gate(gate(), "no such run"),
            "NOT PROMOTED churn: cannot judge churn: no such run",
            id="no-candidate",
        ),
        pytest.param(
            Result("withheld", "test_x.py::test_y failed"),
            (FOUND[0],),
            "NOT PROMOTED churn: test_x.py::test_y failed",
            id="a-test-failed",
        ),
        pytest.param(
            Result("promoted", "model version 3 is now @champion"),
            FOUND[:2],
            "PROMOTED churn: model version 3 is now @champion",
            id="promoted-with-a-warning",
        ),
        pytest.param(Result("none", ""), FOUND[:2], "PASSED churn: 1 of 2 checks passed", id="judged-good"),
        pytest.param(
            Result("none", ""),
            FOUND,
            "FAILED churn: cannot judge c: never logged (and 1 more)",
            id="judged-bad",
        ),
        pytest.param(Result("none", ""), (), "NOT JUDGED churn", id="not-judged"),
    ],
)
def test_one_line_says_what_and_why(result: Result, findings: tuple[Finding, ...], expected: str) -> None:
    """Where there is no table, the line of a gate has the first number that blocks and by how much."""
    (line,) = in_one_line(decision({}, result=result, findings=findings))
    assert line.text == expected


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
