"""Posteriors of online arms, against closed forms, published numbers, quadrature by scipy and a simulation."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from pytest_mlflow_gate.checks.posteriors import Arm, probability_best, value_remaining

BANDIT_PROBABILITIES = [Arm(10, 100), Arm(20, 102), Arm(30, 120), Arm(50, 130)]
"""The example of `best_binomial_bandit`, `sim_post` and `prob_winner` in the R package bandit 0.5.1."""

BANDIT_CLOSE = [Arm(10, 100), Arm(20, 102), Arm(30, 120), Arm(33, 130)]
"""The example of `best_binomial_bandit_sim` there."""

BANDIT_REMAINING = [Arm(10, 100), Arm(20, 102), Arm(30, 120), Arm(80, 240)]
"""The example of `value_remaining` there."""

UNEQUAL = [Arm(1, 10), Arm(10**7, 10**8), Arm(10**4, 10**5)]

counts = st.integers(0, 10**9).flatmap(lambda trials: st.builds(Arm, st.integers(0, trials), st.just(trials)))
some_arms = st.lists(counts, min_size=2, max_size=5)


def millers_probability(better: Arm, other: Arm) -> float:
    """Return P(rate of *better* > rate of *other*) by the closed form of Evan Miller."""
    alpha, beta = other.successes + 1, other.trials - other.successes + 1
    beta_better = better.trials - better.successes + 1
    step = np.arange(better.successes + 1)
    logs = (
        special.betaln(alpha + step, beta + beta_better)
        - np.log(beta_better + step)
        - special.betaln(1 + step, beta_better)
        - special.betaln(alpha, beta)
    )
    return float(np.exp(logs).sum())


def by_quadrature(arm: int, arms: list[Arm], stretch: float = 1.0) -> float:
    """Return P(every other rate <= stretch * the arm's) as `best_binomial_bandit` of R writes it down."""
    posteriors = [stats.beta(successes + 1, trials - successes + 1) for successes, trials in arms]
    asked = posteriors.pop(arm)

    def integrand(rate: float) -> float:
        return float(asked.pdf(rate) * math.prod(other.cdf(rate * stretch) for other in posteriors))

    return float(integrate.quad(integrand, 0, 1, points=[asked.mean()], limit=500, epsabs=1e-10)[0])


@pytest.mark.parametrize(
    ("arms", "probabilities"),
    [
        pytest.param([Arm(2, 5), Arm(0, 1)], [9 / 14, 5 / 14], id="few-trials"),
        pytest.param(
            [Arm(29, 58), Arm(54, 103)], [0.38386463776317903, 1 - 0.38386463776317903], id="behind"
        ),
        pytest.param([Arm(34, 63), Arm(49, 98)], [0.6867997222295887, 1 - 0.6867997222295887], id="ahead"),
        pytest.param([Arm(18, 35), Arm(5, 15)], [0.8722609845723905, 0.12773901542760946], id="two-variants"),
        pytest.param(
            [Arm(15, 25), Arm(5, 15), Arm(4, 10)],
            [0.8156540600702418, 0.04309667172308218, 0.14124926820667605],
            id="three-variants",
        ),
        pytest.param([Arm(0, 0)] * 2, [1 / 2] * 2, id="two-without-participants"),
        pytest.param([Arm(0, 0)] * 3, [1 / 3] * 3, id="three-without-participants"),
    ],
)
def test_probabilities_are_the_published_ones(arms: list[Arm], probabilities: list[float]) -> None:
    """The tests of ankane/field_test (calculations_test.rb, prob_winning_test.rb) have these numbers."""
    assert [probability_best(arm, arms) for arm in range(len(arms))] == pytest.approx(probabilities, abs=1e-9)


@pytest.mark.parametrize(
    ("better", "other"),
    [
        pytest.param(Arm(0, 0), Arm(3, 10), id="no-trials-yet"),
        pytest.param(Arm(44, 100), Arm(39, 100), id="a-hundred-each"),
        pytest.param(Arm(0, 50), Arm(1, 50), id="no-success"),
        pytest.param(Arm(50, 50), Arm(49, 50), id="no-failure"),
        pytest.param(Arm(3, 1000), Arm(9, 1000), id="rare"),
        pytest.param(Arm(3, 10), Arm(250_000, 10**6), id="ten-against-a-million"),
        pytest.param(Arm(5_100, 100_000), Arm(500_000, 10**7), id="many"),
    ],
)
def test_two_arms_follow_the_closed_form(better: Arm, other: Arm) -> None:
    """E. Miller, "Formulas for Bayesian A/B testing" (evanmiller.org/bayesian-ab-testing.html), two arms."""
    assert probability_best(0, [better, other]) == pytest.approx(millers_probability(better, other), abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(*[st.integers(1, 10**6)] * 4)
def test_posteriors_have_their_symmetry(a: int, b: int, c: int, d: int) -> None:
    """P(Beta(a, b) > Beta(c, d)) = P(Beta(d, b) > Beta(c, a)), as J. D. Cook shows for integer parameters."""
    first = probability_best(0, [Arm(a - 1, a + b - 2), Arm(c - 1, c + d - 2)])
    second = probability_best(0, [Arm(d - 1, d + b - 2), Arm(c - 1, c + a - 2)])
    assert first == pytest.approx(second, abs=1e-6)


@pytest.mark.parametrize("trials", [[0, 0], [0, 4], [10, 20, 30], [1, 10**3, 10**6, 10**9], [10**9] * 3])
def test_arms_that_always_succeed_share_by_their_trials(trials: list[int]) -> None:
    """Their rates are powers of uniform numbers: each is the highest in proportion to its trials plus one."""
    arms = [Arm(count, count) for count in trials]
    shares = [(count + 1) / (sum(trials) + len(trials)) for count in trials]
    assert [probability_best(arm, arms) for arm in range(len(arms))] == pytest.approx(shares, abs=1e-6)


@pytest.mark.parametrize(("trials", "rival"), [(0, 4), (10, 20), (10**3, 10**9), (10**9, 10**9), (10, 10**8)])
def test_arms_that_never_succeed_share_by_the_trials_of_the_other(trials: int, rival: int) -> None:
    """Of two rates near 0 the less tried one is the higher, in proportion."""
    share = (rival + 1) / (trials + rival + 2)
    assert probability_best(0, [Arm(0, trials), Arm(0, rival)]) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize("arms", [BANDIT_PROBABILITIES, BANDIT_CLOSE, BANDIT_REMAINING])
def test_the_examples_of_the_r_package_bandit(arms: list[Arm]) -> None:
    """Its documentation has these arms and no results: its own integral is done by scipy here."""
    for arm in range(len(arms)):
        assert probability_best(arm, arms) == pytest.approx(by_quadrature(arm, arms), abs=1e-7)
        left = value_remaining(arm, arms)
        assert by_quadrature(arm, arms, 1 + left) == pytest.approx(0.95, abs=1e-6) or left == 0


@pytest.mark.parametrize(
    "arms",
    [
        pytest.param(BANDIT_REMAINING, id="bandit"),
        pytest.param([Arm(39, 100), Arm(44, 100)], id="two"),
        pytest.param([Arm(0, 3), Arm(1, 2), Arm(0, 0)], id="hardly-tried"),
        pytest.param(UNEQUAL, id="ten-against-a-hundred-million"),
        pytest.param([Arm(20 + step, 1000 + 10 * step) for step in range(8)], id="eight"),
    ],
)
def test_a_simulation_says_the_same(arms: list[Arm]) -> None:
    """Two million draws of all rates, as `sim_post` of R's bandit makes them, agree within five standard errors."""
    size = 2_000_000
    generator = np.random.default_rng(2010)
    draws = np.array([generator.beta(hits + 1, tries - hits + 1, size) for hits, tries in arms])
    best = np.bincount(draws.argmax(axis=0), minlength=len(arms)) / size
    for arm in range(len(arms)):
        probability = probability_best(arm, arms)
        error = math.sqrt(probability * (1 - probability) / size)
        assert best[arm] == pytest.approx(probability, abs=5 * error + 1e-6)
        gain = np.delete(draws, arm, axis=0).max(axis=0) / draws[arm] - 1
        for quantile in (0.5, 0.95, 0.99):
            left = value_remaining(arm, arms, quantile)
            level = max(probability, quantile)
            error = math.sqrt(level * (1 - level) / size)
            assert (gain <= left).mean() == pytest.approx(level, abs=5 * error + 1e-6)


@settings(max_examples=40, deadline=None)
@given(some_arms)
def test_one_of_the_arms_is_the_best(arms: list[Arm]) -> None:
    """The probabilities of all arms sum to 1, whatever was counted, and none is above 1."""
    probabilities = [probability_best(arm, arms) for arm in range(len(arms))]
    assert math.fsum(probabilities) == pytest.approx(1, abs=1e-6)
    assert all(0 <= probability <= 1 for probability in probabilities)


@pytest.mark.parametrize(
    ("arm", "least", "most"),
    [
        pytest.param(0, 1 - 1e-9, 1, id="sure-winner"),
        pytest.param(1, 0, 1e-9, id="sure-loser"),
    ],
)
@pytest.mark.parametrize(
    "arms",
    [
        pytest.param([Arm(9814, 10_000), Arm(4342, 10_000)], id="rounded-up"),
        pytest.param([Arm(18, 19), Arm(0, 123)], id="rounded-down"),
    ],
)
def test_sure_arms_stay_between_0_and_1(arms: list[Arm], arm: int, least: float, most: float) -> None:
    """Rounding makes one of these integrals 1.0000000000000002 and one negative: no report may show that."""
    assert least <= probability_best(arm, arms) <= most


@pytest.mark.parametrize(
    "arm", [Arm(0, 0), Arm(0, 10**9), Arm(3, 10), Arm(5 * 10**8, 10**9), Arm(10**9, 10**9)]
)
@pytest.mark.parametrize("number", [2, 3, 20])
def test_equal_arms_are_equally_good(arm: Arm, number: int) -> None:
    """Each of k arms with the same counts has 1/k."""
    assert probability_best(0, [arm] * number) == pytest.approx(1 / number, abs=1e-7)


def test_the_order_of_the_arms_does_not_matter() -> None:
    """Who else is compared comes in any order."""
    asked, *others = UNEQUAL
    orders = [[asked, *rest] for rest in permutations(others)]
    orders += [[*rest, asked] for rest in permutations(others)]
    places = [order.index(asked) for order in orders]
    for function in (probability_best, value_remaining):
        found = [function(place, order) for place, order in zip(places, orders, strict=True)]
        assert found == pytest.approx([found[0]] * len(found), abs=1e-9)


@pytest.mark.parametrize("quantile", [0.6, 0.9, 0.95, 0.999])
def test_what_two_untried_arms_leave(quantile: float) -> None:
    """The quotient of two uniform numbers stays below r with 1 - 1 / 2r, for r above 1."""
    left = value_remaining(0, [Arm(0, 0), Arm(0, 0)], quantile)
    assert 1 - 1 / (2 * (1 + left)) == pytest.approx(quantile, abs=1e-7)


@pytest.mark.parametrize(
    ("quantile", "nothing_left"),
    [
        pytest.param(0.9877, True, id="below-the-probability"),
        pytest.param(0.9878, False, id="above-it"),
    ],
)
def test_nothing_is_left_where_the_probability_exceeds_the_quantile(
    quantile: float, *, nothing_left: bool
) -> None:
    """The best arm of the example has 0.98777: its 98.77 % quantile is 0, never negative."""
    assert probability_best(3, BANDIT_PROBABILITIES) == pytest.approx(0.98777, abs=5e-6)
    left = value_remaining(3, BANDIT_PROBABILITIES, quantile)
    assert left >= 0
    assert (left == 0) is nothing_left


@pytest.mark.parametrize(
    ("arms", "least", "most"),
    [
        pytest.param([Arm(5 * 10**8, 10**9)] * 20, 1.1e-4, 1.3e-4, id="twenty-of-a-thousand-million"),
        pytest.param([Arm(0, 10**9), Arm(10**9, 10**9)], 1.9e10, 2.0e10, id="never-against-always"),
        pytest.param([Arm(10**9, 10**9), Arm(0, 10**9)], 0, 0, id="always-against-never"),
        pytest.param([Arm(10**9, 10**9)] * 2, 2e-9, 3e-9, id="always-against-always"),
    ],
)
def test_what_is_left_at_the_ends_of_what_can_be_counted(arms: list[Arm], least: float, most: float) -> None:
    """The search comes to an end, and the answer has the size that the exponential and normal limits give."""
    assert least <= value_remaining(0, arms) <= most


@pytest.mark.parametrize("function", [probability_best, value_remaining])
@pytest.mark.parametrize(
    ("arms", "message"),
    [
        pytest.param([], "the best of two arms or more is asked about, not of 0", id="none"),
        pytest.param([Arm(1, 2)], "the best of two arms or more is asked about, not of 1", id="one"),
        pytest.param(
            [Arm(1, 2), Arm(3, 2)], "3 successes of 2 trials are not possible", id="too-many-successes"
        ),
        pytest.param(
            [Arm(-1, 2), Arm(1, 2)], "-1 successes of 2 trials are not possible", id="negative-successes"
        ),
        pytest.param(
            [Arm(0, -1), Arm(1, 2)], "0 successes of -1 trials are not possible", id="negative-trials"
        ),
    ],
)
def test_impossible_counts_are_refused(function: object, arms: list[Arm], message: str) -> None:
    """A metric that was mixed up with another one gives no probability."""
    assert callable(function)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is pinned whole
        function(0, arms)
    assert str(caught.value) == message


@pytest.mark.parametrize("quantile", [0.0, 1.0, 95.0, math.nan])
def test_quantiles_out_of_range_are_refused(quantile: float) -> None:
    """95 % is 0.95."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is pinned whole
        value_remaining(0, [Arm(1, 2), Arm(1, 2)], quantile)
    assert str(caught.value) == f"{quantile} is no quantile above 0 and below 1"
