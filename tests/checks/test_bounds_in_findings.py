"""The number that a value is held against, for whoever draws it."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.finding import Cohort
from tests.checks.judging import candidate, finding, rival

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = {"accuracy": 0.9, "wins": 10.0, "tries": 100.0, "recall/eu": 0.8, "recall/us": 0.7}
OWN = {"accuracy": 0.95, "wins": 40.0, "tries": 100.0, "recall/eu": 0.9, "recall/us": 0.75}


@pytest.mark.parametrize(
    ("threshold", "bound", "passes", "tolerance"),
    [
        pytest.param("accuracy: '>= 0.92'", "0.92", "above", "0", id="min"),
        pytest.param("accuracy: '> 0.92'", "0.92", "above", "0", id="above"),
        pytest.param("accuracy: '<= 1.10'", "1.10", "below", "0", id="max"),
        pytest.param("accuracy: '< 1'", "1", "below", "0", id="below"),
        pytest.param("accuracy: {equals: 0.9, tolerance: 0.05}", "0.9", "around", "0.05", id="equals"),
        pytest.param("accuracy: {max_drop: 0.01}", "0.89", "above", "0", id="max-drop"),
        pytest.param("accuracy: {max_rise: 10%}", "0.99", "below", "0", id="max-rise-in-percent"),
        pytest.param("accuracy: {min_rise: 0.01}", "0.91", "above", "0", id="min-rise"),
        pytest.param("accuracy: {min_drop: 0.01}", "0.89", "below", "0", id="min-drop"),
        pytest.param(
            "wins: {trials: tries, min_probability_best: 95%}", "0.95", "above", "0", id="probability-best"
        ),
        pytest.param(
            "wins: {trials: tries, max_value_remaining: 1%}", "0.01", "below", "0", id="value-remaining"
        ),
        pytest.param("'recall/{cohort}': {cohorts: '*', min: 0.8}", "0.8", "above", "0", id="every-cohort"),
        pytest.param(
            "'recall/{cohort}': {cohorts: '*', max_drop: 0.01}", "0.69", "above", "0", id="closest-cohort"
        ),
        pytest.param("'recall/{cohort}': {cohorts: '*', max_spread: 0.2}", "0.2", "below", "0", id="spread"),
        pytest.param(
            "accuracy: {min: 0.8, confidence: 95%, samples: 400}", "0.8", "above", "0", id="confidence"
        ),
    ],
)
def test_every_family_tells_its_bound(threshold: str, bound: str, passes: str, tolerance: str) -> None:
    """The bound is exact and in the value's unit, whatever the limit is written in."""
    found = finding(f"thresholds: {{{threshold}}}", candidate(OWN, baseline=rival(BASE)))
    assert (found.bound, found.passes, found.tolerance) == (Decimal(bound), passes, Decimal(tolerance))


@pytest.mark.parametrize("value", [math.nan, math.inf, None], ids=["nan", "infinity", "never-logged"])
def test_a_value_that_is_no_number_still_has_a_bound(value: float | None) -> None:
    """What cannot be judged is drawn with its limit too."""
    metrics = {} if value is None else {"accuracy": value}
    found = finding("thresholds: {accuracy: '<= 0.92'}", candidate(metrics))
    assert (found.outcome, found.bound, found.passes) == ("unevaluable", Decimal("0.92"), "below")


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        pytest.param("thresholds: {accuracy: {max_drop: 0.1}}", {}, id="no-value-of-the-baseline"),
        pytest.param("rules: {good: metrics.accuracy > 0.5}", BASE, id="rule"),
    ],
)
def test_no_bound_where_there_is_no_number(text: str, metrics: Mapping[str, float]) -> None:
    """A rule, and a change from nothing, have nothing to draw."""
    pytest.importorskip("cel")
    found = finding(text, candidate(OWN, baseline=rival(metrics)))
    assert (found.bound, found.passes, found.judged) == (None, None, None)


@pytest.mark.parametrize(
    ("threshold", "judged"),
    [
        pytest.param("{min: 0.92}", "0.95", id="the-value-itself"),
        pytest.param("{max: 0.92}", "0.95", id="the-value-itself-below"),
        pytest.param(
            "{min: 0.92, confidence: 95%, samples: 400}", "0.9240363649362804", id="lower-end-of-the-interval"
        ),
        pytest.param(
            "{max: 0.92, confidence: 95%, samples: 400}", "0.9674025701628527", id="upper-end-of-the-interval"
        ),
        pytest.param("{equals: 0.92}", None, id="no-side"),
    ],
)
def test_what_was_held_against_the_bound(threshold: str, judged: str | None) -> None:
    """With a confidence it is not the value that has to clear the limit, and a chart shows both."""
    found = finding(f"thresholds: {{accuracy: {threshold}}}", candidate(OWN))
    assert found.judged == (None if judged is None else Decimal(judged))


@pytest.mark.parametrize(
    ("threshold", "cohorts"),
    [
        pytest.param(
            "min: 0.8",
            (
                Cohort("eu", 0.9, "passed", Decimal("0.8")),
                Cohort("us", 0.75, "failed", Decimal("0.8")),
            ),
            id="one-limit",
        ),
        pytest.param(
            "max_drop: 0.1",
            (
                Cohort("eu", 0.9, "passed", Decimal("0.7"), 0.8),
                Cohort("us", 0.75, "passed", Decimal("0.6"), 0.7),
            ),
            id="a-limit-for-each",
        ),
        pytest.param("max_spread: 0.05", (Cohort("eu", 0.9), Cohort("us", 0.75)), id="spread"),
    ],
)
def test_a_check_about_several_cohorts_tells_of_each(threshold: str, cohorts: tuple[Cohort, ...]) -> None:
    """Each cohort's value, and what it has to be where every cohort is judged by itself."""
    text = f"thresholds: {{'recall/{{cohort}}': {{cohorts: '*', {threshold}}}}}"
    assert finding(text, candidate(OWN, baseline=rival(BASE))).cohorts == cohorts
