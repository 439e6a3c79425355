"""Cohorts: one limit for all of them, and the spread between them."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from pytest_mlflow_gate.tracking.snapshot import Missing
from tests.checks.judging import candidate, finding, findings, history, measured, on, rival

EVERY = "cohorts: '*'"


def recalls(**values: float) -> dict[str, float]:
    """Return the recall of each cohort as it is logged."""
    return {f"recall/{cohort}": value for cohort, value in values.items()}


def test_listed_cohorts_are_checks_of_their_own() -> None:
    """Each says what is wrong with itself; one that was not logged cannot be judged."""
    found = findings(
        'thresholds: {"recall/{cohort}": {cohorts: [eu, us, apac], min: 0.8}}',
        candidate(recalls(eu=0.9, us=0.7)),
    )
    assert {name: (one.outcome, one.text) for name, one in found.items()} == {
        "recall/eu[min]": ("passed", "0.9 >= 0.8"),
        "recall/us[min]": ("failed", "recall/us is 0.7, must be >= 0.8"),
        "recall/apac[min]": (
            "unevaluable",
            "cannot judge recall/apac: run r1 never logged it, closest: recall/us, recall/eu; log it, or change line 3",
        ),
    }


@pytest.mark.parametrize(
    ("metrics", "outcome", "text", "margin"),
    [
        pytest.param(
            recalls(eu=0.9, us=0.81, apac=0.95),
            "passed",
            "3 cohorts, the closest: us 0.81 >= 0.8",
            "0.01",
            id="all-pass",
        ),
        pytest.param(
            recalls(eu=0.9), "passed", "1 cohorts, the closest: eu 0.9 >= 0.8", "0.1", id="only-one"
        ),
        pytest.param(
            recalls(eu=0.9, us=0.7, apac=0.75),
            "failed",
            "recall/{cohort}: 2 of 3 cohorts fail: recall/us is 0.7, must be >= 0.8; recall/apac is 0.75, must "
            "be >= 0.8, because: fairness",
            "-0.1",
            id="those-that-fail-the-worst-first",
        ),
        pytest.param(
            recalls(eu=0.1, us=math.nan, apac=0.9),
            "unevaluable",
            "cannot judge recall/{cohort}: 1 of 3 cohorts cannot be judged: recall/us: its value is NaN, must be "
            ">= 0.8, because: fairness; log a finite number, or change line 3",
            None,
            id="one-that-cannot-be-judged-outweighs-one-that-fails",
        ),
        pytest.param(
            {"recall/eu/fr": 0.1, "recall/eu": 0.9, "my_recall/us": 0.1, "recall/": 0.1},
            "failed",
            "recall/{cohort}: 1 of 2 cohorts fail: recall/eu/fr is 0.1, must be >= 0.8, because: fairness",
            "-0.7",
            id="a-cohort-may-have-slashes",
        ),
        pytest.param(
            {"accuracy": 0.9},
            "unevaluable",
            "cannot judge recall/{cohort}: run r1 logged no metric that matches it; it logged accuracy, because: "
            "fairness; log one, or change line 3",
            None,
            id="none-matches",
        ),
        pytest.param(
            {},
            "unevaluable",
            "cannot judge recall/{cohort}: run r1 logged no metric that matches it; it logged none at all, "
            "because: fairness; log one, or change line 3",
            None,
            id="nothing-logged",
        ),
    ],
)
def test_every_cohort_that_was_logged(
    metrics: dict[str, float], outcome: str, text: str, margin: str | None
) -> None:
    """One check for all of them, which passes if and only if there are some and each passes."""
    found = finding(
        f'thresholds: {{"recall/{{cohort}}": {{{EVERY}, min: 0.8, reason: fairness}}}}', candidate(metrics)
    )
    assert (found.check, found.outcome, found.text) == ("recall/{cohort}[min]", outcome, text)
    assert found.margin == (None if margin is None else Decimal(margin))


@pytest.mark.parametrize(
    ("baseline", "outcome", "text"),
    [
        pytest.param(
            rival(recalls(eu=0.9, us=0.8)),
            "passed",
            "2 cohorts, the closest: eu 0.9 >= 0.9 (baseline 0.9, max_drop 0)",
            id="all-pass",
        ),
        pytest.param(
            rival(recalls(eu=0.95, us=0.8)),
            "failed",
            "recall/{cohort}: 1 of 2 cohorts fail: recall/eu is 0.9, must be >= 0.95 (baseline 0.95, max_drop 0)",
            id="one-fails",
        ),
        pytest.param(
            rival(recalls(eu=0.9, us=0.8, apac=0.1)),
            "unevaluable",
            "cannot judge recall/{cohort}: the baseline has cohort apac, and the candidate never logged it; log it, or change line 3",
            id="a-cohort-that-only-the-baseline-has",
        ),
        pytest.param(
            rival(recalls(eu=0.9)),
            "unevaluable",
            "cannot judge recall/{cohort}: 1 of 2 cohorts cannot be judged: recall/us: the baseline (version 3 of "
            "churn): run r0 never logged it, closest: recall/eu; log it, or change line 3",
            id="a-cohort-that-only-the-candidate-has",
        ),
        pytest.param(
            Missing("there is no registered model 'churn'"),
            "unevaluable",
            "cannot judge recall/{cohort}: there is no baseline to compare with: there is no registered model "
            "'churn'",
            id="no-baseline",
        ),
        pytest.param(
            Missing("there is no registered model 'churn'", first=True),
            "exempt",
            "there is no registered model 'churn': the first has nothing to beat",
            id="bootstrap",
        ),
        pytest.param(
            rival({}, is_candidate=True),
            "exempt",
            "the candidate already is the baseline, version 3 of churn",
            id="candidate-is-the-baseline",
        ),
    ],
)
def test_every_cohort_against_the_baseline(baseline: object, outcome: str, text: str) -> None:
    """A cohort that was lost on the way is no cohort that passes."""
    snapshot = candidate(recalls(eu=0.9, us=0.8), baseline=baseline)
    found = finding(f'thresholds: {{"recall/{{cohort}}": {{{EVERY}, max_drop: 0}}}}', snapshot)
    assert (found.outcome, found.text) == (outcome, text)


def test_every_cohort_without_any_is_not_excused_by_a_missing_baseline() -> None:
    """Nothing to judge is nothing to judge, also for the first champion."""
    snapshot = candidate({"accuracy": 0.9}, baseline=Missing("nothing there", first=True))
    found = finding(f'thresholds: {{"recall/{{cohort}}": {{{EVERY}, max_drop: 0}}}}', snapshot)
    assert found.outcome == "unevaluable"


def test_every_cohort_of_a_dataset() -> None:
    """Those count that have a value for it, whatever the run itself logged."""
    snapshot = candidate(
        recalls(us=0.1),
        models=(measured(on("holdout", 0.9, key="recall/eu"), on("train", 0.1, key="recall/us")),),
    )
    found = finding(f'thresholds: {{"recall/{{cohort}}": {{{EVERY}, min: 0.8, dataset: holdout}}}}', snapshot)
    assert (found.outcome, found.text) == ("passed", "1 cohorts, the closest: eu 0.9 >= 0.8")


def test_a_cohort_of_the_baselines_dataset_is_missed() -> None:
    """Cohorts are lost by dataset too."""
    theirs = measured(on("holdout", 0.9, key="recall/eu"), on("holdout", 0.9, key="recall/us"))
    snapshot = candidate(
        recalls(us=0.9),
        models=(measured(on("holdout", 0.9, key="recall/eu")),),
        baseline=rival({}, models=(theirs,)),
    )
    found = finding(
        f'thresholds: {{"recall/{{cohort}}": {{{EVERY}, max_drop: 0, dataset: holdout}}}}', snapshot
    )
    assert found.text == (
        "cannot judge recall/{cohort}: the baseline has cohort us, and the candidate never logged it; log it, or change line 3"
    )


def test_every_cohort_over_its_history() -> None:
    """Each cohort's own history counts."""
    histories = {"recall/eu": history(0.9, 0.95), "recall/us": history(0.7, 0.9)}
    snapshot = candidate(recalls(eu=0.95, us=0.9), histories=histories)
    assert finding(
        f'thresholds: {{"recall/{{cohort}}": {{{EVERY}, min: 0.8, over: min}}}}', snapshot
    ).text == ("recall/{cohort}: 1 of 2 cohorts fail: recall/us is 0.7, must be >= 0.8")


@pytest.mark.parametrize(
    ("cohorts", "metrics", "outcome", "text", "margin"),
    [
        pytest.param(
            "[eu, us]",
            recalls(eu=0.85, us=0.8, apac=0.1),
            "passed",
            "spread 0.05 (eu 0.85, us 0.8) <= 0.05",
            "0",
            id="limit-itself-passes",
        ),
        pytest.param(
            "[eu, us, apac]",
            recalls(eu=0.85, us=0.8, apac=0.75),
            "failed",
            "recall/{cohort} spreads 0.1 (eu 0.85, apac 0.75), must be <= 0.05",
            "-0.05",
            id="fails",
        ),
        pytest.param(
            "'*'",
            recalls(eu=0.85, us=0.8, apac=0.75),
            "failed",
            "recall/{cohort} spreads 0.1 (eu 0.85, apac 0.75), must be <= 0.05",
            "-0.05",
            id="every-cohort-fails",
        ),
        pytest.param(
            "'*'",
            recalls(eu=0.8, us=0.8),
            "passed",
            "spread 0 (eu 0.8, eu 0.8) <= 0.05",
            "0.05",
            id="every-cohort-passes",
        ),
        pytest.param(
            "[eu, us, apac]",
            recalls(eu=0.85, us=0.85),
            "unevaluable",
            "cannot judge recall/{cohort}: cohort apac: run r1 never logged it, closest: recall/us, recall/eu; log it, or change line 3",
            None,
            id="one-was-not-logged",
        ),
        pytest.param(
            "[eu, us]",
            recalls(eu=0.85, us=math.nan),
            "unevaluable",
            "cannot judge recall/{cohort}: cohort us: its value is NaN; log a finite number, or change line 3",
            None,
            id="nan",
        ),
        pytest.param(
            "'*'",
            recalls(eu=math.inf, us=math.inf),
            "unevaluable",
            "cannot judge recall/{cohort}: cohort eu: its value is infinity; log a finite number, or change line 3",
            None,
            id="every-cohort-infinite",
        ),
        pytest.param(
            "'*'",
            recalls(eu=0.85),
            "unevaluable",
            "cannot judge recall/{cohort}: eu is the only cohort; log another, or change line 3",
            None,
            id="every-cohort-only-one",
        ),
        pytest.param(
            "'*'",
            {"accuracy": 0.9},
            "unevaluable",
            "cannot judge recall/{cohort}: run r1 logged no metric that matches it; it logged accuracy; log some, or change line 3",
            None,
            id="every-cohort-none",
        ),
    ],
)
def test_max_spread(
    cohorts: str, metrics: dict[str, float], outcome: str, text: str, margin: str | None
) -> None:
    """Largest minus smallest, of two cohorts or more that all have a number."""
    found = finding(
        f'thresholds: {{"recall/{{cohort}}": {{cohorts: {cohorts}, max_spread: 0.05}}}}', candidate(metrics)
    )
    assert (found.check, found.outcome, found.text) == ("recall/{cohort}[max_spread]", outcome, text)
    assert found.margin == (None if margin is None else Decimal(margin))


def test_max_spread_between_datasets_values() -> None:
    """The spread is of the same values that the limits are about."""
    values = [on("holdout", 0.9, key="recall/eu"), on("holdout", 0.5, key="recall/us")]
    snapshot = candidate(recalls(eu=0.9, us=0.9), models=(measured(*values),))
    text = 'thresholds: {"recall/{cohort}": {cohorts: [eu, us], max_spread: 0.05, dataset: holdout}}'
    assert finding(text, snapshot).text == ("recall/{cohort} spreads 0.4 (eu 0.9, us 0.5), must be <= 0.05")
