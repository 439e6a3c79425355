"""Confidence intervals, against scipy, statsmodels and published numbers."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from statistics import NormalDist

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from pytest_mlflow_gate.checks.intervals import mean_interval, student_t_quantile, wilson

SLEEP = [
    0.7 - 1.9,
    -1.6 - 0.8,
    -0.2 - 1.1,
    -1.2 - 0.1,
    -0.1 + 0.1,
    3.4 - 4.4,
    3.7 - 5.5,
    0.8 - 1.6,
    0.0 - 4.6,
    2.0 - 3.4,
]
"""Differences of the two groups in R's data set `sleep`, which is Student's own of 1908."""


@pytest.mark.parametrize(
    ("successes", "samples", "lower", "upper"),
    [
        pytest.param(81, 263, 0.2553, 0.3662, id="81-of-263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15-of-148"),
        pytest.param(0, 20, 0.0000, 0.1611, id="0-of-20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1-of-29"),
    ],
)
def test_wilson_gives_the_published_intervals(
    successes: int, samples: int, lower: float, upper: float
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3, has these at 95 %."""
    assert wilson(successes / samples, samples, 0.95) == pytest.approx((lower, upper), abs=5e-5)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("samples", [1, 2, 7, 100, 12_345, 10**6])
@pytest.mark.parametrize("proportion", [0.0, 1e-6, 0.05, 0.5, 0.93, 1.0])
def test_wilson_agrees_with_statsmodels(proportion: float, samples: int, confidence: float) -> None:
    """The numbers are those that statisticians get from their own tool."""
    theirs = proportion_confint(proportion * samples, samples, alpha=1 - confidence, method="wilson")
    assert wilson(proportion, samples, confidence) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("proportion", [0.0, 1e-15, 1e-12, 3e-7, 0.25, 1 - 3e-7])
def test_wilson_loses_no_digits_to_many_samples(proportion: float) -> None:
    """Forty digits of the textbook's formula say the same, for a million million samples."""
    samples = 10**12
    with localcontext() as context:
        context.prec = 40
        p, z = Decimal(proportion), Decimal(-NormalDist().inv_cdf((1 - 0.95) / 2))
        spread = z * z / samples
        root = z * ((p * (1 - p) + spread / 4) / samples).sqrt()
        lower, upper = ((p + spread / 2 + side * root) / (1 + spread) for side in (-1, 1))
    assert wilson(proportion, samples, 0.95) == pytest.approx(
        (float(lower), float(upper)), rel=1e-13, abs=1e-30
    )


@pytest.mark.parametrize("samples", [1, 2, 3, 10, 97, 10**4, 10**12])
@pytest.mark.parametrize("confidence", [0.1, 0.9, 0.95, 0.99, 0.9999])
def test_wilson_reaches_0_and_1_exactly(samples: int, confidence: float) -> None:
    """A bound of 0 or 1 is met by a metric of 0 or 1, not missed by a rounding."""
    assert wilson(0.0, samples, confidence)[0] == 0
    assert wilson(1.0, samples, confidence)[1] == 1


@settings(deadline=None)
@example(0.9999999999999999, 67_254_549_857, 0.01)
@given(st.floats(0, 1), st.integers(1, 10**12), st.floats(0.01, 0.9999))
def test_wilson_surrounds_the_proportion(proportion: float, samples: int, confidence: float) -> None:
    """No lower bound is above the metric and no upper bound below it."""
    lower, upper = wilson(proportion, samples, confidence)
    assert 0 <= lower <= proportion <= upper <= 1


@pytest.mark.parametrize(
    ("proportion", "samples", "confidence", "message"),
    [
        pytest.param(1.2, 10, 0.95, "1.2 is no proportion from 0 to 1", id="above-1"),
        pytest.param(-0.1, 10, 0.95, "-0.1 is no proportion from 0 to 1", id="below-0"),
        pytest.param(math.nan, 10, 0.95, "nan is no proportion from 0 to 1", id="nan"),
        pytest.param(0.5, 0, 0.95, "0 samples are less than 1", id="no-samples"),
        pytest.param(0.5, 10, 0.0, "0.0 is no confidence above 0 and below 1", id="no-confidence"),
        pytest.param(0.5, 10, 1.0, "1.0 is no confidence above 0 and below 1", id="certainty"),
        pytest.param(0.5, 10, math.nan, "nan is no confidence above 0 and below 1", id="nan-confidence"),
    ],
)
def test_wilson_refuses(proportion: float, samples: int, confidence: float, message: str) -> None:
    """What is no proportion of samples has no interval."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is pinned whole
        wilson(proportion, samples, confidence)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "probability", [0.51, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9995, 0.99995, 1e-3, 1e-9]
)
@pytest.mark.parametrize("degrees", [*range(1, 31), 37, 60, 100, 127, 333, 500, 999, 1000])
def test_quantiles_agree_with_scipy(degrees: int, probability: float) -> None:
    """Student's t is right to nine digits, for two runs and for a thousand."""
    assert student_t_quantile(probability, degrees) == pytest.approx(
        stats.t.ppf(probability, degrees), rel=1e-9
    )


@pytest.mark.parametrize("degrees", [10**4, 10**5, 10**6])
def test_quantiles_of_many_degrees_come_near_the_normal_ones(degrees: int) -> None:
    """A metric logged by very many runs costs no precision that counts."""
    assert student_t_quantile(0.975, degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-8)


@pytest.mark.parametrize(
    ("probability", "degrees", "quantile"),
    [
        pytest.param(0.75, 1, 1.0, id="one-degree-is-the-tangent"),
        pytest.param(0.25, 1, -1.0, id="the-lower-half-is-the-upper-mirrored"),
        pytest.param(1e-50, 1, -1e50 / math.pi, id="far-tail"),
        pytest.param(0.75, 2, math.sqrt(2 / 3), id="two-degrees-are-a-root"),
        pytest.param(0.5, 3, 0.0, id="median"),
    ],
)
def test_quantiles_that_have_a_closed_form(probability: float, degrees: int, quantile: float) -> None:
    """One and two degrees of freedom need no table."""
    assert student_t_quantile(probability, degrees) == pytest.approx(quantile, rel=1e-12)


@pytest.mark.parametrize(
    ("probability", "degrees", "message"),
    [
        pytest.param(0.0, 5, "0.0 is no probability from 1e-100 and below 1", id="zero"),
        pytest.param(1.0, 5, "1.0 is no probability from 1e-100 and below 1", id="one"),
        pytest.param(0.9, 0, "0 degrees of freedom are less than 1", id="no-degrees"),
    ],
)
def test_quantiles_refuse(probability: float, degrees: int, message: str) -> None:
    """Infinity is no quantile."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is pinned whole
        student_t_quantile(probability, degrees)
    assert str(caught.value) == message


def test_the_interval_of_a_mean_is_the_published_one() -> None:
    """R prints -2.4598858 to -0.7001142 around -1.58 for `t.test(extra ~ group, sleep, paired = TRUE)`."""
    assert mean_interval(SLEEP, 0.95) == pytest.approx((-2.4598858, -1.58, -0.7001142), abs=5e-8)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
@pytest.mark.parametrize(
    "values",
    [
        pytest.param([0.91, 0.93], id="two"),
        pytest.param([0.91, 0.93, 0.92, 0.95, 0.9], id="five"),
        pytest.param([1e9 + step for step in (1.0, 2.0, 4.0)], id="small-spread-on-a-large-mean"),
        pytest.param([1, 2, 3, 4], id="whole-numbers"),
        pytest.param([math.sin(step) for step in range(300)], id="three-hundred"),
    ],
)
def test_the_interval_of_a_mean_agrees_with_statsmodels(values: list[float], confidence: float) -> None:
    """The numbers are those that statisticians get from their own tool."""
    summary = DescrStatsW(values)
    lower, upper = summary.tconfint_mean(alpha=1 - confidence)
    assert mean_interval(values, confidence) == pytest.approx((lower, summary.mean, upper), rel=1e-9)


@pytest.mark.parametrize("value", [0.1, 0.9, 1 / 3, 1.7e308, -2.0, 0.0])
@pytest.mark.parametrize("runs", [2, 3, 7, 10])
def test_equal_values_have_no_spread(value: float, runs: int) -> None:
    """Three runs with 0.1 have a mean of 0.1, and their interval meets a limit of 0.1."""
    assert mean_interval([value] * runs, 0.95) == (value, value, value)


@pytest.mark.parametrize(
    ("values", "confidence", "message"),
    [
        pytest.param([], 0.95, "a mean's interval needs two values or more, not 0", id="none"),
        pytest.param([0.9], 0.95, "a mean's interval needs two values or more, not 1", id="one"),
        pytest.param([0.9, math.nan], 0.95, "a mean's interval needs finite values", id="nan"),
        pytest.param([0.9, math.inf], 0.95, "a mean's interval needs finite values", id="infinity"),
        pytest.param([0.9, 0.8], 95.0, "95.0 is no confidence above 0 and below 1", id="percent-as-a-number"),
    ],
)
def test_the_interval_of_a_mean_refuses(values: list[float], confidence: float, message: str) -> None:
    """One run tells nothing about the spread of runs."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is pinned whole
        mean_interval(values, confidence)
    assert str(caught.value) == message
