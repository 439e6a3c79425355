"""The Beta distribution of a rate, against scipy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from pytest_mlflow_gate.checks.beta import Beta


@pytest.mark.parametrize(
    ("successes", "failures"),
    [
        pytest.param(0, 0, id="untried"),
        pytest.param(0, 1, id="one-failure"),
        pytest.param(3, 7, id="ten"),
        pytest.param(3, 997, id="skewed"),
        pytest.param(997, 3, id="skewed-the-other-way"),
        pytest.param(50, 50, id="even"),
        pytest.param(0, 10**6, id="never"),
        pytest.param(10**6, 0, id="always"),
        pytest.param(333_333, 666_667, id="million"),
    ],
)
def test_probabilities_and_densities_agree_with_scipy(successes: int, failures: int) -> None:
    """The distribution is right to eight digits from its lowest to its highest rate."""
    beta, theirs = Beta(successes, failures), stats.beta(successes + 1, failures + 1)
    assert (beta.mean, beta.deviation) == pytest.approx((theirs.mean(), theirs.std()), rel=1e-12)
    for rate in np.linspace(beta.edges[0], beta.edges[-1], 301).tolist():
        assert beta.piece(rate).at(rate) == pytest.approx(theirs.cdf(rate), abs=5e-9)
        assert beta.density(rate) * beta.deviation == pytest.approx(
            theirs.pdf(rate) * beta.deviation, abs=5e-9
        )


@pytest.mark.parametrize("multiple", [0.001, 0.5, 1.0, 2.0, 3.5, 8.0, 30.0])
def test_a_thousand_million_trials_cost_no_digits(multiple: float) -> None:
    """One success of 1e9 trials follows the closed form of Beta(2, n), of which scipy loses half of the digits."""
    trials = 10**9
    rate = multiple / trials
    logarithm = trials * math.log1p(-rate)
    expected = -math.expm1(logarithm) - trials * rate * math.exp(logarithm)
    assert Beta(1, trials - 1).piece(rate).at(rate) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("successes", "failures", "rate", "density"),
    [
        pytest.param(0, 9, 0.0, 10.0, id="never-at-0"),
        pytest.param(9, 0, 1.0, 10.0, id="always-at-1"),
        pytest.param(3, 7, 0.0, 0.0, id="both-at-0"),
        pytest.param(3, 7, 1.0, 0.0, id="both-at-1"),
        pytest.param(3, 7, 1e-20, 1320e-60, id="far-below-the-mode"),
    ],
)
def test_the_ends_have_a_density(successes: int, failures: int, rate: float, density: float) -> None:
    """A rate that was rounded to 0 or 1 stops nothing."""
    assert Beta(successes, failures).density(rate) == pytest.approx(density, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("rate", "probability"), [(-0.1, 0.0), (0.0, 0.0), (0.9, 1.0), (1.0, 1.0), (7.0, 1.0)]
)
def test_beyond_the_edges_everything_is_certain(rate: float, probability: float) -> None:
    """A stretched rate may leave the range that counts, and even be above 1."""
    assert Beta(30_000, 70_000).piece(rate).at(rate) == probability
