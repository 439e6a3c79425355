"""Online arms: the probability that the candidate is the best, and what another arm might still gain."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from pytest_mlflow_gate.tracking.snapshot import Missing
from tests.checks.judging import candidate, finding, findings, rival

FIRST = Missing("there is no registered model 'churn'", first=True)
BEST = "min_probability_best: 95%"
REMAINING = "max_value_remaining: 1%"


def counts(conversions: float, impressions: float) -> dict[str, float]:
    """Return what an arm logs."""
    return {"conversions": float(conversions), "impressions": float(impressions)}


def arms(condition: str, further: str = "") -> str:
    """Return thresholds with one condition on arms."""
    return f"thresholds: {{conversions: {{trials: impressions, {condition}{further}}}}}"


@pytest.mark.parametrize(
    ("condition", "ours", "theirs", "outcome", "text"),
    [
        pytest.param(
            BEST,
            counts(60, 1000),
            counts(40, 1000),
            "passed",
            "0.979677 >= 0.95 (candidate 60/1000, version 3 of churn 40/1000)",
            id="best-passes",
        ),
        pytest.param(
            BEST,
            counts(40, 1000),
            counts(60, 1000),
            "failed",
            "conversions: probability of being the best is 0.0203228, must be >= 0.95 (candidate 40/1000, version "
            "3 of churn 60/1000)",
            id="best-fails",
        ),
        pytest.param(
            BEST,
            counts(0, 0),
            counts(0, 0),
            "failed",
            "conversions: probability of being the best is 0.5, must be >= 0.95 (candidate 0/0, version 3 of churn "
            "0/0)",
            id="best-no-trials-say-nothing",
        ),
        pytest.param(
            REMAINING,
            counts(60, 1000),
            counts(20, 1000),
            "passed",
            "0 <= 0.01 (candidate 60/1000, version 3 of churn 20/1000)",
            id="remaining-passes",
        ),
        pytest.param(
            REMAINING,
            counts(40, 1000),
            counts(60, 1000),
            "failed",
            "conversions: what another arm might still gain (95th percentile) is 1.07382, must be <= 0.01 "
            "(candidate 40/1000, version 3 of churn 60/1000)",
            id="remaining-fails",
        ),
    ],
)
def test_two_arms(
    condition: str, ours: dict[str, float], theirs: dict[str, float], outcome: str, text: str
) -> None:
    """Candidate against baseline; the numbers behind are in test_posteriors."""
    found = finding(arms(condition), candidate(ours, baseline=rival(theirs)))
    assert (found.outcome, found.text) == (outcome, text)
    assert found.value is not None
    sign = 1 if condition == BEST else -1
    assert found.margin == sign * (Decimal(repr(found.value)) - Decimal(found.limit.split()[1]))


def test_a_value_that_rounding_would_put_on_its_limit_is_shown_in_full() -> None:
    """Nobody reads that 0.95 must be >= 0.95."""
    limit = "min_probability_best: 0.9796773"
    found = finding(arms(limit), candidate(counts(60, 1000), baseline=rival(counts(40, 1000))))
    assert found.outcome == "failed"
    assert found.text.startswith("conversions: probability of being the best is 0.9796772")


@pytest.mark.parametrize(
    ("ours", "theirs", "why"),
    [
        pytest.param(
            {"impressions": 10.0},
            counts(4, 10),
            "run r1 never logged it; it logged impressions; log it, or change line 3",
            id="candidate-lacks-successes",
        ),
        pytest.param(
            {"conversions": 4.0},
            counts(4, 10),
            "trials impressions: run r1 never logged it; it logged conversions; log it, or change line 3",
            id="candidate-lacks-trials",
        ),
        pytest.param(
            counts(4, 10),
            {"conversions": 4.0},
            "version 3 of churn: trials impressions: run r0 never logged it; it logged conversions; log it, or change line 3",
            id="baseline-lacks-trials",
        ),
        pytest.param(
            counts(math.nan, 10),
            counts(4, 10),
            "its value is NaN; log a finite number, or change line 3",
            id="candidate-nan",
        ),
        pytest.param(
            counts(4, 10),
            counts(4, math.inf),
            "version 3 of churn: trials impressions: its value is infinity; log a finite number, or change line 3",
            id="baseline-infinite",
        ),
        pytest.param(
            counts(0.4, 10),
            counts(4, 10),
            "it is 0.4, must be a whole number from 0 to 2^53; log a count, or change line 3",
            id="a-rate-is-no-count",
        ),
        pytest.param(
            counts(-1, 10),
            counts(4, 10),
            "it is -1, must be a whole number from 0 to 2^53; log a count, or change line 3",
            id="negative",
        ),
        pytest.param(
            counts(4, 1e300),
            counts(4, 10),
            "trials impressions: it is 1E+300, must be a whole number from 0 to 2^53; log a count, or change line 3",
            id="more-than-can-be-counted",
        ),
        pytest.param(
            counts(11, 10),
            counts(4, 10),
            "it has 11 successes out of 10 trials; log both again, or change line 3",
            id="too-many-successes",
        ),
        pytest.param(
            counts(4, 10),
            counts(11, 10),
            "version 3 of churn: it has 11 successes out of 10 trials; log both again, or change line 3",
            id="baseline-too-many-successes",
        ),
    ],
)
@pytest.mark.parametrize("condition", [BEST, REMAINING])
def test_what_is_no_count_cannot_be_judged(
    condition: str, ours: dict[str, float], theirs: dict[str, float], why: str
) -> None:
    """Whose number it is stands before it."""
    found = finding(arms(condition), candidate(ours, baseline=rival(theirs)))
    assert (found.outcome, found.text) == ("unevaluable", f"cannot judge conversions: {why}")


@pytest.mark.parametrize(
    ("baseline", "outcome", "text"),
    [
        pytest.param(
            FIRST,
            "exempt",
            "there is no registered model 'churn': the first has nothing to beat",
            id="bootstrap",
        ),
        pytest.param(
            rival(counts(60, 1000), is_candidate=True),
            "exempt",
            "the candidate already is the baseline, version 3 of churn",
            id="candidate-is-the-baseline",
        ),
        pytest.param(
            Missing("there is no registered model 'churn'"),
            "unevaluable",
            "cannot judge conversions: there is no baseline to compare with: there is no registered model 'churn'",
            id="no-baseline",
        ),
        pytest.param(
            rival(counts(60, 1000), run_id="r1"),
            "unevaluable",
            "cannot judge conversions: there is no baseline to compare with: version 3 of churn is another model "
            "of the same run r1; both have its metrics: compare by dataset, or log each model in a run of its own",
            id="another-model-of-the-run",
        ),
    ],
)
def test_without_another_arm(baseline: object, outcome: str, text: str) -> None:
    """One arm alone has nothing to beat, where the gate file says so."""
    for found in findings(
        arms(BEST, f", {REMAINING}"), candidate(counts(60, 1000), baseline=baseline)
    ).values():
        assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize(
    ("baseline", "further", "outcome", "text"),
    [
        pytest.param(
            rival(counts(20, 1000)),
            rival(counts(25, 1000), run_id="r2"),
            "passed",
            "0.999952 >= 0.95 (candidate 60/1000, version 3 of churn 20/1000, @b 25/1000)",
            id="three-arms",
        ),
        pytest.param(
            rival(counts(20, 1000)),
            rival(counts(80, 1000), run_id="r2"),
            "failed",
            "conversions: probability of being the best is 0.0401644, must be >= 0.95 (candidate 60/1000, version "
            "3 of churn 20/1000, @b 80/1000)",
            id="the-further-arm-is-better",
        ),
        pytest.param(
            FIRST,
            rival(counts(80, 1000), run_id="r2"),
            "failed",
            "conversions: probability of being the best is 0.0401644, must be >= 0.95 (candidate 60/1000, @b "
            "80/1000)",
            id="bootstrap-does-not-excuse-from-a-further-arm",
        ),
        pytest.param(
            rival(counts(60, 1000), run_id="r1", is_candidate=True),
            rival(counts(80, 1000), run_id="r2"),
            "failed",
            "conversions: probability of being the best is 0.0401644, must be >= 0.95 (candidate 60/1000, @b "
            "80/1000)",
            id="the-champion-is-held-against-a-further-arm",
        ),
        pytest.param(
            rival(counts(20, 1000)),
            Missing("registered model 'churn' has no alias 'b': set the alias, or remove the arm"),
            "unevaluable",
            "cannot judge conversions: arm @b: registered model 'churn' has no alias 'b': set the alias, or remove "
            "the arm",
            id="the-further-arm-is-missing",
        ),
        pytest.param(
            Missing("there is no registered model 'churn'"),
            rival(counts(20, 1000), run_id="r2"),
            "unevaluable",
            "cannot judge conversions: there is no baseline to compare with: there is no registered model 'churn'",
            id="the-baseline-is-missing",
        ),
        pytest.param(
            rival(counts(20, 1000)),
            rival(counts(20, 1000)),
            "unevaluable",
            "cannot judge conversions: two of the arms are one run: candidate, version 3 of churn, @b; move an alias, or change line 3",
            id="two-arms-of-one-run",
        ),
        pytest.param(
            FIRST,
            rival(counts(60, 1000), run_id="r1"),
            "unevaluable",
            "cannot judge conversions: two of the arms are one run: candidate, @b; move an alias, or change line 3",
            id="the-candidate-against-itself",
        ),
        pytest.param(
            rival(counts(20, 1000)),
            rival(counts(20, 1000.5), run_id="r2"),
            "unevaluable",
            "cannot judge conversions: @b: trials impressions: it is 1000.5, must be a whole number from 0 to 2^53; log a count, or change line 3",
            id="the-further-arm-has-no-counts",
        ),
    ],
)
def test_further_arms(baseline: object, further: object, outcome: str, text: str) -> None:
    """Every arm that the gate file names takes part, or nothing is judged."""
    snapshot = candidate(counts(60, 1000), baseline=baseline, arms={"b": further})
    found = finding(arms(BEST, ", arms: [b]"), snapshot)
    assert (found.outcome, found.text) == (outcome, text)
