"""Rules: CEL expressions over what candidate and baseline logged."""

from __future__ import annotations

import math
import sys

import pytest

from pytest_mlflow_gate.checks.judge import judge
from pytest_mlflow_gate.gatefile.declared import Rule
from pytest_mlflow_gate.tracking.snapshot import Missing
from tests.checks.judging import candidate, finding, findings, rival
from tests.fakes import RUN
from tests.gatefile.loading import Words
from tests.gates import gate

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="common-expression-language needs Python 3.11 or newer"
)

METRICS = {"accuracy": 0.9, "train_accuracy": 0.93, "cost": 3.0, "recall/eu": 0.8}
TEXT = "rules[r]"


def rule(expression: str, metrics: dict[str, float] = METRICS, **changes: object) -> tuple[str, str]:
    """Return the outcome and the text of one rule."""
    quoted = expression.replace("'", "''")
    found = finding(f"rules: {{r: '{quoted}'}}", candidate(metrics, **changes))
    assert (found.check, found.metric, found.margin) == (TEXT, None, None)
    return found.outcome, found.text


@pytest.mark.parametrize(
    ("expression", "outcome", "text"),
    [
        pytest.param(
            "metrics.train_accuracy - metrics.accuracy < 0.05",
            "passed",
            "metrics.train_accuracy - metrics.accuracy < 0.05",
            id="passes",
        ),
        pytest.param(
            "metrics.train_accuracy - metrics.accuracy < 0.01",
            "failed",
            f"{TEXT} does not hold: metrics.train_accuracy - metrics.accuracy < 0.01 (accuracy 0.9, train_accuracy "
            "0.93)",
            id="fails-with-the-values",
        ),
        pytest.param(
            'metrics["recall/eu"] > 0.85',
            "failed",
            f'{TEXT} does not hold: metrics["recall/eu"] > 0.85 (recall/eu 0.8)',
            id="names-in-quotes",
        ),
        pytest.param(
            'params.rev == "v3" && tags.phase == "eval"',
            "passed",
            'params.rev == "v3" && tags.phase == "eval"',
            id="params-and-tags",
        ),
        pytest.param(
            'params.rev == "v4"',
            "failed",
            f'{TEXT} does not hold: params.rev == "v4"',
            id="fails-without-metrics",
        ),
        pytest.param(
            "metrics.acuracy > 0.5",
            "unevaluable",
            f"cannot judge {TEXT}: metrics has no 'acuracy', closest: accuracy, train_accuracy; log it, or change line 3",
            id="unknown-metric",
        ),
        pytest.param(
            "metrics.accuracy > 0.5 || metrics.acuracy > 0.5",
            "unevaluable",
            f"cannot judge {TEXT}: metrics has no 'acuracy', closest: accuracy, train_accuracy; log it, or change line 3",
            id="unknown-metric-behind-what-holds",
        ),
        pytest.param(
            "metrics.accuracy - 0.1",
            "unevaluable",
            f"cannot judge {TEXT}: its result is the number 0.8, must be true or false; change line 3",
            id="not-boolean",
        ),
        pytest.param(
            "metrics.accuracy / (metrics.cost - 3.0) > 1.0",
            "unevaluable",
            f"cannot judge {TEXT}: it divides by zero; change line 3",
            id="division-by-zero",
        ),
    ],
)
def test_a_rule(expression: str, outcome: str, text: str) -> None:
    """It passes if and only if it is true, and nothing that it names is missing."""
    run = RUN._replace(metrics=METRICS, params={"rev": "v3"}, tags={"phase": "eval"})
    assert rule(expression, run=run) == (outcome, text)


@pytest.mark.parametrize("expression", ["metrics.accuracy > 0.5", "!(metrics.accuracy > 0.5)"])
@pytest.mark.parametrize(
    ("value", "shown"), [(math.nan, "NaN"), (math.inf, "infinity"), (-math.inf, "-infinity")]
)
def test_a_rule_over_what_is_no_number(expression: str, value: float, shown: str) -> None:
    """NaN compares as false, so that its negation would hold."""
    assert rule(expression, {"accuracy": value}) == (
        "unevaluable",
        f"cannot judge {TEXT}: metrics has {shown} for 'accuracy'; log a finite number, or change line 3",
    )


CHEAPER = "metrics.cost < baseline.cost || metrics.accuracy > baseline.accuracy"


@pytest.mark.parametrize(
    ("baseline", "outcome", "text"),
    [
        pytest.param(rival({"cost": 4.0, "accuracy": 0.95}), "passed", CHEAPER, id="passes"),
        pytest.param(
            rival({"cost": 2.0, "accuracy": 0.95}),
            "failed",
            f"{TEXT} does not hold: {CHEAPER} (accuracy 0.9, cost 3, baseline accuracy 0.95, baseline cost 2)",
            id="fails-with-both-values",
        ),
        pytest.param(
            rival({"cost": 4.0}),
            "unevaluable",
            f"cannot judge {TEXT}: baseline has no 'accuracy'; log it, or change line 3",
            id="baseline-lacks-one",
        ),
        pytest.param(
            rival({"cost": 4.0, "accuracy": math.nan}),
            "unevaluable",
            f"cannot judge {TEXT}: baseline has NaN for 'accuracy'; log a finite number, or change line 3",
            id="baseline-nan",
        ),
        pytest.param(
            Missing("there is no registered model 'churn'"),
            "unevaluable",
            f"cannot judge {TEXT}: there is no baseline to compare with: there is no registered model 'churn'",
            id="no-baseline",
        ),
        pytest.param(
            Missing("there is no registered model 'churn'", first=True),
            "exempt",
            "there is no registered model 'churn': the first has nothing to beat",
            id="bootstrap",
        ),
        pytest.param(
            rival(METRICS, is_candidate=True),
            "exempt",
            "the candidate already is the baseline, version 3 of churn",
            id="candidate-is-the-baseline",
        ),
        pytest.param(
            rival(METRICS, run_id="r1"),
            "unevaluable",
            f"cannot judge {TEXT}: there is no baseline to compare with: version 3 of churn is another model of the "
            "same run r1; both have its metrics: compare by dataset, or log each model in a run of its own",
            id="another-model-of-the-run",
        ),
    ],
)
def test_a_rule_that_compares(baseline: object, outcome: str, text: str) -> None:
    """The baseline's absence is what it is for a change: no pass, and an excuse only where the file says so."""
    assert rule(CHEAPER, baseline=baseline) == (outcome, text)


@pytest.mark.parametrize(
    "expression",
    [
        'has(baseline.cost) || metrics["accuracy"] > 0.0',
        "baseline.size() == 0",
        'baseline["cost"] > 0.0 || true',
        '"cost" in baseline || true',
    ],
)
def test_every_way_to_read_the_baseline_needs_one(expression: str) -> None:
    """An absent baseline is no empty one."""
    assert rule(expression, baseline=Missing("nothing there"))[0] == "unevaluable"


def test_a_rule_that_does_not_compare_needs_no_baseline() -> None:
    """The first champion has to keep its plain rules."""
    excused = Missing("there is no registered model 'churn'", first=True)
    assert rule("metrics.accuracy > 0.95", baseline=excused)[0] == "failed"


def test_a_rules_reason_and_severity() -> None:
    """They are those of a threshold: the reason follows a failure, and a warning never blocks."""
    text = "rules: {a: {expr: metrics.accuracy > 1.0, reason: sales}, b: {expr: metrics.x > 1.0, severity: warn}}"
    found = findings(text, candidate(METRICS))
    assert found["rules[a]"].text == (
        "rules[a] does not hold: metrics.accuracy > 1.0 (accuracy 0.9), because: sales"
    )
    assert (found["rules[a]"].severity, found["rules[a]"].blocks) == ("fail", True)
    assert found["rules[b:warn]"].outcome == "unevaluable"
    assert not found["rules[b:warn]"].blocks


def test_a_rule_on_several_lines_is_one_line_in_the_text() -> None:
    """And a long one is cut."""
    many = " || ".join(["metrics.accuracy > 1.0"] * 20)
    found = finding(f"rules:\n  r: |\n    metrics.cost > 5.0 ||\n    {many}\n", candidate(METRICS))
    assert found.text.startswith("rules[r] does not hold: metrics.cost > 5.0 || metrics.accuracy > 1.0 || ")
    assert found.text.endswith("... (accuracy 0.9, cost 3)")
    assert len(found.limit) == 203
    assert "\n" not in found.text


def test_without_a_candidate_a_rule_is_skipped() -> None:
    """One failure for one cause."""
    found = finding("rules: {r: metrics.accuracy > 0.5}", "connection refused")
    assert (found.outcome, found.text, found.blocks) == ("skipped", "no candidate", True)


def test_a_rule_that_nobody_compiled_is_a_bug() -> None:
    """It is no finding."""
    foreign = Rule(TEXT, Words("true", frozenset(), uses_baseline=False), "fail", None, 1)
    with pytest.raises(TypeError, match="was not compiled by this package"):
        judge(gate(), foreign, candidate(METRICS))
