"""Changes against the baseline: what passes, what fails, what cannot be judged, and what is excused."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from pytest_mlflow_gate.tracking.snapshot import Missing
from tests.checks.judging import candidate, finding, findings, history, measured, on, rival

CHURN = "version 3 of churn"


@pytest.mark.parametrize(
    ("condition", "base", "value", "outcome", "text", "margin"),
    [
        pytest.param(
            "max_drop: 0.01",
            0.9,
            0.895,
            "passed",
            "0.895 >= 0.89 (baseline 0.9, max_drop 0.01)",
            "0.005",
            id="max-drop-passes",
        ),
        pytest.param(
            "max_drop: 0.01",
            0.9,
            0.88,
            "failed",
            "accuracy is 0.88, must be >= 0.89 (baseline 0.9, max_drop 0.01)",
            "-0.01",
            id="max-drop-fails",
        ),
        pytest.param(
            "max_drop: 0",
            0.9,
            0.9,
            "passed",
            "0.9 >= 0.9 (baseline 0.9, max_drop 0)",
            "0",
            id="max-drop-of-nothing-passes-what-is-equal",
        ),
        pytest.param(
            "max_drop: 0.01",
            0.9,
            math.nan,
            "unevaluable",
            "cannot judge accuracy: its value is NaN, must be >= 0.89; log a finite number, or change line 3",
            None,
            id="max-drop-nan",
        ),
        pytest.param(
            "max_rise: 5",
            100.0,
            105.0,
            "passed",
            "105 <= 105 (baseline 100, max_rise 5)",
            "0",
            id="max-rise-limit-itself-passes",
        ),
        pytest.param(
            "max_rise: 5",
            100.0,
            105.5,
            "failed",
            "accuracy is 105.5, must be <= 105 (baseline 100, max_rise 5)",
            "-0.5",
            id="max-rise-fails",
        ),
        pytest.param(
            "max_rise: 5",
            100.0,
            -math.inf,
            "unevaluable",
            "cannot judge accuracy: its value is -infinity, must be <= 105; log a finite number, or change line 3",
            None,
            id="max-rise-minus-infinity",
        ),
        pytest.param(
            "min_rise: 0.02",
            0.9,
            0.93,
            "passed",
            "0.93 >= 0.92 (baseline 0.9, min_rise 0.02)",
            "0.01",
            id="min-rise-passes",
        ),
        pytest.param(
            "min_rise: 0.02",
            0.9,
            0.91,
            "failed",
            "accuracy is 0.91, must be >= 0.92 (baseline 0.9, min_rise 0.02)",
            "-0.01",
            id="min-rise-fails",
        ),
        pytest.param(
            "min_rise: 0",
            0.9,
            0.9,
            "passed",
            "0.9 >= 0.9 (baseline 0.9, min_rise 0)",
            "0",
            id="min-rise-of-nothing-is-not-worse",
        ),
        pytest.param(
            "min_rise: 0.02",
            math.nan,
            0.93,
            "unevaluable",
            f"cannot judge accuracy: the baseline ({CHURN}): its value is NaN; log a finite number, or change line 3",
            None,
            id="min-rise-baseline-nan",
        ),
        pytest.param(
            "min_drop: 3",
            100.0,
            97.0,
            "passed",
            "97 <= 97 (baseline 100, min_drop 3)",
            "0",
            id="min-drop-limit-itself-passes",
        ),
        pytest.param(
            "min_drop: 3",
            100.0,
            97.1,
            "failed",
            "accuracy is 97.1, must be <= 97 (baseline 100, min_drop 3)",
            "-0.1",
            id="min-drop-fails",
        ),
        pytest.param(
            "min_drop: 3",
            math.inf,
            97.1,
            "unevaluable",
            f"cannot judge accuracy: the baseline ({CHURN}): its value is infinity; log a finite number, or change line 3",
            None,
            id="min-drop-baseline-infinite",
        ),
    ],
)
def test_a_change_makes_a_bound_of_the_baseline(
    condition: str, base: float, value: float, outcome: str, text: str, margin: str | None
) -> None:
    """Each key has a side, and the text says what the limit comes from."""
    snapshot = candidate({"accuracy": value}, baseline=rival({"accuracy": base}))
    found = finding(f"thresholds: {{accuracy: {{{condition}}}}}", snapshot)
    assert (found.outcome, found.text) == (outcome, text)
    assert found.margin == (None if margin is None else Decimal(margin))
    assert found.baseline == (None if outcome == "unevaluable" else base)


_ZERO = "cannot judge accuracy: the baseline is 0, and 10% of it is nothing: write an absolute limit"


@pytest.mark.parametrize(
    ("condition", "base", "value", "outcome", "text"),
    [
        pytest.param("min_rise: 10%", 0.0, 0.1, "unevaluable", _ZERO, id="base-0-gain"),
        pytest.param("max_drop: 10%", 0.0, 0.0, "unevaluable", _ZERO, id="base-0-no-change"),
        pytest.param("min_rise: 10%", -0.0, 1e-9, "unevaluable", _ZERO, id="base-minus-0"),
        pytest.param(
            "max_drop: 0.1",
            0.0,
            -0.1,
            "passed",
            "-0.1 >= -0.1 (baseline 0, max_drop 0.1)",
            id="base-0-absolute-is-fine",
        ),
        pytest.param(
            "min_rise: 10%",
            -1.0,
            -0.89,
            "passed",
            "-0.89 >= -0.9 (baseline -1, min_rise 10%)",
            id="base-negative-divides-by-its-absolute-value",
        ),
        pytest.param(
            "min_rise: 10%",
            -1.0,
            -0.91,
            "failed",
            "accuracy is -0.91, must be >= -0.9 (baseline -1, min_rise 10%)",
            id="base-negative-too-small-a-rise",
        ),
        pytest.param(
            "max_drop: 10%",
            -1.0,
            -1.2,
            "failed",
            "accuracy is -1.2, must be >= -1.1 (baseline -1, max_drop 10%)",
            id="base-negative-a-drop-is-downwards",
        ),
        pytest.param(
            "min_rise: 10%",
            0.8,
            0.88,
            "passed",
            "0.88 >= 0.88 (baseline 0.8, min_rise 10%)",
            id="0.8-to-0.88-is-10-percent",
        ),
        pytest.param(
            "min_rise: 10%",
            0.5,
            0.55,
            "passed",
            "0.55 >= 0.55 (baseline 0.5, min_rise 10%)",
            id="0.5-to-0.55-is-10-percent",
        ),
        pytest.param(
            "max_drop: 10%",
            1.0,
            0.9,
            "passed",
            "0.9 >= 0.9 (baseline 1, max_drop 10%)",
            id="1.0-to-0.9-is-10-percent",
        ),
        pytest.param(
            "min_drop: 10%",
            1.0,
            0.9,
            "passed",
            "0.9 <= 0.9 (baseline 1, min_drop 10%)",
            id="lower-better-1.0-to-0.9-is-10-percent",
        ),
        pytest.param(
            "min_rise: 10%",
            0.8,
            0.8799999999999999,
            "failed",
            "accuracy is 0.8799999999999999, must be >= 0.88 (baseline 0.8, min_rise 10%)",
            id="nearly-10-percent-is-not",
        ),
        pytest.param(
            "max_drop: 0.00%",
            0.9,
            0.8999999,
            "failed",
            "accuracy is 0.8999999, must be >= 0.9 (baseline 0.9, max_drop 0.00%)",
            id="no-drop-at-all",
        ),
        pytest.param(
            "min_rise: 10%",
            0.8,
            math.nan,
            "unevaluable",
            "cannot judge accuracy: its value is NaN, must be >= 0.88; log a finite number, or change line 3",
            id="candidate-nan-relative",
        ),
        pytest.param(
            "min_rise: 0.1",
            0.8,
            math.nan,
            "unevaluable",
            "cannot judge accuracy: its value is NaN, must be >= 0.9; log a finite number, or change line 3",
            id="candidate-nan-absolute",
        ),
        pytest.param(
            "min_rise: 10%",
            math.nan,
            0.9,
            "unevaluable",
            f"cannot judge accuracy: the baseline ({CHURN}): its value is NaN; log a finite number, or change line 3",
            id="baseline-nan-relative",
        ),
        pytest.param(
            "max_drop: 50%",
            math.inf,
            0.9,
            "unevaluable",
            f"cannot judge accuracy: the baseline ({CHURN}): its value is infinity; log a finite number, or change line 3",
            id="baseline-infinite-relative",
        ),
        pytest.param(
            "max_drop: 50%",
            math.nan,
            math.nan,
            "unevaluable",
            f"cannot judge accuracy: the baseline ({CHURN}): its value is NaN; log a finite number, or change line 3",
            id="both-nan-are-not-equal",
        ),
    ],
)
def test_where_the_peers_disagree(condition: str, base: float, value: float, outcome: str, text: str) -> None:
    """
    Percentages are of |baseline|, exact, and never of nothing; what is no number is never judged.

    The rows are those in which MLflow's validate_evaluation_results, TFMA and Evidently differ.
    """
    snapshot = candidate({"accuracy": value}, baseline=rival({"accuracy": base}))
    found = finding(f"thresholds: {{accuracy: {{{condition}}}}}", snapshot)
    assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize(
    ("base", "metrics", "why"),
    [
        pytest.param(
            {"accuracy": 0.9},
            {},
            "run r1 logged no metrics at all; log it, or change line 3",
            id="candidate-logged-nothing",
        ),
        pytest.param(
            {"accuracy": 0.9},
            {"acuracy": 0.9},
            "run r1 never logged it, closest: acuracy; log it, or change line 3",
            id="candidate-has-another-name",
        ),
        pytest.param(
            {},
            {"accuracy": 0.9},
            f"the baseline ({CHURN}): run r0 logged no metrics at all; log it, or change line 3",
            id="baseline-logged-nothing",
        ),
        pytest.param(
            {"loss": 0.1},
            {"accuracy": 0.9},
            f"the baseline ({CHURN}): run r0 never logged it; it logged loss; log it, or change line 3",
            id="baseline-has-other-metrics",
        ),
    ],
)
def test_a_metric_that_one_side_lacks_cannot_be_judged(
    base: dict[str, float], metrics: dict[str, float], why: str
) -> None:
    """Only the comparing check is concerned: a plain limit is judged all the same."""
    snapshot = candidate(metrics, baseline=rival(base))
    found = findings("thresholds: {accuracy: {min: 0.5, max_drop: 1}}", snapshot)
    assert found["accuracy[max_drop]"].outcome == "unevaluable"
    assert found["accuracy[max_drop]"].text == f"cannot judge accuracy: {why}"
    assert found["accuracy[min]"].outcome == ("passed" if "accuracy" in metrics else "unevaluable")


def test_without_a_baseline_nothing_is_compared() -> None:
    """Its absence is no pass, and the plain limit is judged all the same."""
    why = "registered model 'churn' has no alias 'champion'"
    found = findings(
        "thresholds: {accuracy: {min: 0.5, max_drop: 1, min_rise: 0%, reason: sales}}",
        candidate({"accuracy": 0.9}, baseline=Missing(why)),
    )
    text = f"cannot judge accuracy: there is no baseline to compare with: {why}, because: sales"
    assert {name: (one.outcome, one.text) for name, one in found.items()} == {
        "accuracy[min]": ("passed", "0.9 >= 0.5"),
        "accuracy[max_drop]": ("unevaluable", text),
        "accuracy[min_rise]": ("unevaluable", text),
    }


@pytest.mark.parametrize(
    ("baseline", "text"),
    [
        pytest.param(
            Missing("there is no registered model 'churn'", first=True),
            "there is no registered model 'churn': the first has nothing to beat",
            id="bootstrap",
        ),
        pytest.param(
            rival({"accuracy": 0.9}, is_candidate=True),
            f"the candidate already is the baseline, {CHURN}",
            id="candidate-is-the-baseline",
        ),
    ],
)
def test_nothing_to_beat_excuses_the_comparing_checks_alone(baseline: object, text: str) -> None:
    """The first champion and the champion itself are not compared; other limits hold for them too."""
    found = findings(
        "thresholds: {accuracy: {min: 0.95, min_rise: 1}}",
        candidate({"accuracy": 0.9}, baseline=baseline),
    )
    assert (found["accuracy[min_rise]"].outcome, found["accuracy[min_rise]"].text) == ("exempt", text)
    assert not found["accuracy[min_rise]"].blocks
    assert found["accuracy[min]"].outcome == "failed"


def test_another_model_of_the_same_run_is_not_compared_with_the_runs_own_metrics() -> None:
    """It would be a comparison of one value with itself, which max_drop always passes."""
    same_run = rival({"accuracy": 0.9}, run_id="r1")
    found = finding("thresholds: {accuracy: {max_drop: 0}}", candidate({"accuracy": 0.9}, baseline=same_run))
    assert found.outcome == "unevaluable"
    assert found.text == (
        f"cannot judge accuracy: there is no baseline to compare with: {CHURN} is another model of the same "
        "run r1; both have its metrics: compare by dataset, or log each model in a run of its own"
    )


@pytest.mark.parametrize(
    ("theirs", "run_id", "outcome", "text"),
    [
        pytest.param(
            [on("holdout", 0.9)],
            "r0",
            "failed",
            "accuracy is 0.8, must be >= 0.9 (baseline 0.9, max_drop 0)",
            id="same-data",
        ),
        pytest.param(
            [on("holdout", 0.9)],
            "r1",
            "failed",
            "accuracy is 0.8, must be >= 0.9 (baseline 0.9, max_drop 0)",
            id="models-of-one-run",
        ),
        pytest.param(
            [on("holdout", 0.1, digest="d2")],
            "r0",
            "unevaluable",
            f"cannot judge accuracy: the baseline ({CHURN}): its dataset 'holdout' has digest d2 and the "
            "candidate's has d1, so they were measured on different data; measure both on the same, or change line 3",
            id="other-data-of-that-name",
        ),
        pytest.param(
            [on("train", 0.1)],
            "r0",
            "unevaluable",
            f"cannot judge accuracy: the baseline ({CHURN}): run r0 never logged it for dataset 'holdout'; it "
            "was logged for train; log it for this one, or change line 3",
            id="baseline-lacks-it",
        ),
        pytest.param(
            [],
            "r0",
            "unevaluable",
            f"cannot judge accuracy: the baseline ({CHURN}): run r0 never logged it for dataset 'holdout'; it "
            "was logged for no dataset; log it for this one, or change line 3",
            id="baseline-has-none",
        ),
    ],
)
def test_a_change_by_dataset(theirs: list[object], run_id: str, outcome: str, text: str) -> None:
    """Both values are of one dataset, by its digest and not by its name alone."""
    baseline = rival({}, run_id=run_id, models=(measured(*theirs, model_id="m-0"),))  # type: ignore[arg-type]
    snapshot = candidate({}, models=(measured(on("holdout", 0.8)),), baseline=baseline)
    found = finding("thresholds: {accuracy: {max_drop: 0, dataset: holdout}}", snapshot)
    assert (found.outcome, found.text) == (outcome, text)


def test_a_change_by_dataset_names_the_side_that_lacks_it() -> None:
    """What the candidate lacks is not said of the baseline."""
    baseline = rival({}, models=(measured(on("holdout", 0.9), model_id="m-0"),))
    snapshot = candidate({}, models=(measured(on("train", 0.8)),), baseline=baseline)
    assert finding("thresholds: {accuracy: {max_drop: 0, dataset: holdout}}", snapshot).text == (
        "cannot judge accuracy: run r1 never logged it for dataset 'holdout'; it was logged for train; log it for this one, or change line 3"
    )


@pytest.mark.parametrize(
    ("over", "outcome", "text"),
    [
        pytest.param("max", "failed", "accuracy is 0.8, must be >= 0.9 (baseline 0.9, max_drop 0)", id="max"),
        pytest.param("min", "passed", "0.6 >= 0.5 (baseline 0.5, max_drop 0)", id="min"),
        pytest.param("first", "passed", "0.6 >= 0.5 (baseline 0.5, max_drop 0)", id="first"),
        pytest.param("last", "passed", "0.8 >= 0.7 (baseline 0.7, max_drop 0)", id="last"),
    ],
)
def test_a_change_over_a_history_reads_both_sides_in_one_way(over: str, outcome: str, text: str) -> None:
    """The best value of one is not compared with the last value of the other."""
    baseline = rival({"accuracy": 0.7}, histories={"accuracy": history(0.5, 0.9, 0.7)})
    snapshot = candidate({"accuracy": 0.8}, histories={"accuracy": history(0.6, 0.7, 0.8)}, baseline=baseline)
    found = finding(f"thresholds: {{accuracy: {{max_drop: 0, over: {over}}}}}", snapshot)
    assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize(
    ("condition", "outcome", "text"),
    [
        pytest.param(
            "max_drop: 0.05",
            "passed",
            "0.9 (95% lower bound 0.8565482893919354, 250 samples) >= 0.85 (baseline 0.9, max_drop 0.05)",
            id="lower-bound-clears",
        ),
        pytest.param(
            "max_drop: 0.01",
            "failed",
            "accuracy is 0.9 (95% lower bound 0.8565482893919354, 250 samples), must be >= 0.89 "
            "(baseline 0.9, max_drop 0.01)",
            id="lower-bound-does-not",
        ),
        pytest.param(
            "max_rise: 0.01",
            "failed",
            "accuracy is 0.9 (95% upper bound 0.9313450710117089, 250 samples), must be <= 0.91 "
            "(baseline 0.9, max_rise 0.01)",
            id="upper-bound-does-not",
        ),
    ],
)
def test_a_change_with_confidence(condition: str, outcome: str, text: str) -> None:
    """The bound on the failing side has to clear what the baseline's value demands."""
    snapshot = candidate({"accuracy": 0.9}, baseline=rival({"accuracy": 0.9}))
    found = finding(f"thresholds: {{accuracy: {{{condition}, confidence: 95%, samples: 250}}}}", snapshot)
    assert (found.outcome, found.text) == (outcome, text)


def test_a_check_that_compares_needs_somebody_to_look_for_the_baseline() -> None:
    """A bug of ours is no finding."""
    with pytest.raises(TypeError, match="nobody looked for the baseline"):
        finding("thresholds: {accuracy: {max_drop: 1}}", candidate({"accuracy": 0.9}))
