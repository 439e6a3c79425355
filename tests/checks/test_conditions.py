"""Conditions on one metric: what passes, what fails, what cannot be judged, and the sentence for each."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from pytest_mlflow_gate.checks.judge import judge, judge_gate
from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.declared import Check
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from pytest_mlflow_gate.tracking.values import Experiment
from tests.fakes import RUN
from tests.gates import gate

PLAIN = [name for name, key in KEYS.items() if key.symbol]
"""Those that need nothing but the metric; each other family has a file of its own."""


def candidate(**metrics: float) -> Snapshot:
    """Return a candidate that logged just these metrics."""
    return Snapshot(run=RUN._replace(metrics=metrics), experiment=Experiment("1", "churn", active=True))


def check(condition: str, limit: str, **changes: object) -> Check:
    """Return a check of accuracy."""
    made = Check(
        f"accuracy[{condition}]", "accuracy", KEYS[condition], Decimal(limit), Decimal(0), "fail", None, 5
    )
    return made._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("condition", "limit", "tolerance", "value", "outcome", "text", "margin"),
    [
        pytest.param("min", "0.92", "0", 0.93, "passed", "0.93 >= 0.92", "0.01", id="min-passes"),
        pytest.param("min", "0.92", "0", 0.92, "passed", "0.92 >= 0.92", "0", id="min-limit-itself-passes"),
        pytest.param(
            "min", "0.92", "0", 0.91, "failed", "accuracy is 0.91, must be >= 0.92", "-0.01", id="min-fails"
        ),
        pytest.param(
            "min",
            "0.92",
            "0",
            0.9199999,
            "failed",
            "accuracy is 0.9199999, must be >= 0.92",
            "-0.0000001",
            id="min-nearly-is-not",
        ),
        pytest.param(
            "max", "0.3", "0", 0.1 + 0.2, "failed", None, "-0.00000000000000004", id="max-exact-decimals"
        ),
        pytest.param("max", "120", "0", 120.0, "passed", "120 <= 120", "0", id="max-limit-itself-passes"),
        pytest.param(
            "max", "120", "0", 121.0, "failed", "accuracy is 121, must be <= 120", "-1", id="max-fails"
        ),
        pytest.param(
            "above",
            "0.5",
            "0",
            0.5,
            "failed",
            "accuracy is 0.5, must be > 0.5",
            "0",
            id="above-limit-itself-fails",
        ),
        pytest.param("above", "0.5", "0", 0.51, "passed", "0.51 > 0.5", "0.01", id="above-passes"),
        pytest.param("below", "0.5", "0", 0.49, "passed", "0.49 < 0.5", "0.01", id="below-passes"),
        pytest.param(
            "below",
            "0.5",
            "0",
            0.5,
            "failed",
            "accuracy is 0.5, must be < 0.5",
            "0",
            id="below-limit-itself-fails",
        ),
        pytest.param("equals", "1", "0", 1.0, "passed", "1 == 1", "0", id="equals-passes"),
        pytest.param(
            "equals",
            "1",
            "0",
            0.999,
            "failed",
            "accuracy is 0.999, must be == 1",
            "-0.001",
            id="equals-fails",
        ),
        pytest.param(
            "equals",
            "0.8",
            "0.08",
            0.88,
            "passed",
            "0.88 == 0.8 +- 0.08",
            "0",
            id="equals-tolerance-edge-passes",
        ),
        pytest.param(
            "equals",
            "0.8",
            "0.08",
            0.881,
            "failed",
            "accuracy is 0.881, must be == 0.8 +- 0.08",
            "-0.001",
            id="equals-outside-tolerance-fails",
        ),
        pytest.param(
            "equals",
            f"0.97{'0' * 37}1",
            "0.05",
            0.92,
            "failed",
            None,
            "-1e-40",
            id="equals-more-digits-than-decimals-keep",
        ),
        pytest.param(
            "min", "-1e-3", "0", -0.0005, "passed", "-0.0005 >= -0.001", "0.0005", id="exponents-read-plainly"
        ),
        pytest.param(
            "max", "1e30", "0", 1e22, "passed", "1E+22 <= 1E+30", None, id="large-numbers-stay-short"
        ),
    ],
)
def test_a_value_is_compared_exactly(
    condition: str,
    limit: str,
    tolerance: str,
    value: float,
    outcome: str,
    text: str | None,
    margin: str | None,
) -> None:
    """The decimal that MLflow shows is compared with the decimal that the file has."""
    finding = judge(gate(), check(condition, limit, tolerance=Decimal(tolerance)), candidate(accuracy=value))
    assert finding.outcome == outcome
    if text is not None:
        assert finding.text == text
    if margin is not None:
        assert finding.margin == Decimal(margin)


@pytest.mark.parametrize("condition", PLAIN)
@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param(math.nan, "its value is NaN", id="nan"),
        pytest.param(math.inf, "its value is infinity", id="infinity"),
        pytest.param(-math.inf, "its value is -infinity", id="minus-infinity"),
    ],
)
def test_what_is_no_number_cannot_be_judged(condition: str, value: float, why: str) -> None:
    """No condition passes or merely fails a value that could not have been compared."""
    judged = check(condition, "0.5")
    finding = judge(gate(), judged, candidate(accuracy=value))
    symbol = KEYS[condition].symbol
    assert finding.outcome == "unevaluable"
    remedy = "log a finite number, or change line 5"
    assert finding.text == f"cannot judge accuracy: {why}, must be {symbol} 0.5; {remedy}"
    assert finding.blocks


@pytest.mark.parametrize("condition", PLAIN)
@pytest.mark.parametrize(
    ("metrics", "why"),
    [
        pytest.param({}, "run r1 logged no metrics at all; log it, or change line 5", id="no-metrics"),
        pytest.param(
            {"acuracy": 1.0, "val_accuracy": 1.0, "loss": 1.0},
            "run r1 never logged it, closest: acuracy, val_accuracy; log it, or change line 5",
            id="closest-names",
        ),
        pytest.param(
            {"Accuracy": 1.0},
            "run r1 never logged it, closest: Accuracy; log it, or change line 5",
            id="case-is-not-folded",
        ),
        pytest.param(
            {"rmse": 1.0, "loss": 2.0},
            "run r1 never logged it; it logged loss, rmse; log it, or change line 5",
            id="nothing-close",
        ),
        pytest.param(
            {name * 3: 1.0 for name in "zwxvqk"},
            "run r1 never logged it; it logged kkk, qqq, vvv, www, xxx, ...; log it, or change line 5",
            id="many",
        ),
    ],
)
def test_a_metric_that_was_never_logged_cannot_be_judged(
    condition: str, metrics: dict[str, float], why: str
) -> None:
    """The line names the run and the names that may have been meant."""
    finding = judge(gate(), check(condition, "0.5"), candidate(**metrics))
    assert (finding.outcome, finding.value) == ("unevaluable", None)
    assert finding.text == f"cannot judge accuracy: {why}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(0.4, "accuracy is 0.4, must be >= 0.5, because: contract with sales", id="failed"),
        pytest.param(
            math.nan,
            "cannot judge accuracy: its value is NaN, must be >= 0.5, because: contract with sales; log a finite number, or change line 5",
            id="cannot-judge",
        ),
        pytest.param(0.6, "0.6 >= 0.5", id="passed"),
    ],
)
def test_the_teams_reason_is_shown_with_a_failure(value: float, text: str) -> None:
    """Whoever is stopped reads why the limit is there."""
    judged = check("min", "0.5", reason="contract with sales")
    assert judge(gate(), judged, candidate(accuracy=value)).text == text


def test_a_warning_never_blocks() -> None:
    """Severity warn is shown, and nothing more."""
    finding = judge(gate(), check("min", "0.5", severity="warn"), candidate(accuracy=0.4))
    assert (finding.outcome, finding.blocks) == ("failed", False)


def test_without_a_candidate_the_first_check_says_why_and_the_others_are_skipped() -> None:
    """One failure for one cause; nothing is judged from nothing."""
    findings = judge_gate(gate(), "http://mlflow:5000: connection refused")
    assert [(finding.check, finding.outcome, finding.text) for finding in findings] == [
        ("candidate[run]", "unevaluable", "cannot judge churn: http://mlflow:5000: connection refused"),
        ("accuracy[min]", "skipped", "no candidate"),
        ("f1[min]", "skipped", "no candidate"),
    ]
    assert all(finding.blocks for finding in findings)


def test_a_gate_is_judged_in_the_order_of_its_file() -> None:
    """The candidate first, then the thresholds."""
    findings = judge_gate(gate(), candidate(accuracy=0.93, f1=0.5))
    assert [(finding.check, finding.outcome) for finding in findings] == [
        ("candidate[run]", "passed"),
        ("accuracy[min]", "passed"),
        ("f1[min]", "failed"),
    ]
