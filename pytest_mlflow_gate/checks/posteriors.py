"""Online arms: what the Beta posteriors of their rates say about the best one."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.checks.beta import GAUSS, NOTHING, Beta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LEVEL_PRECISION = 1e-8
_ROUNDING = 1e-14


class Arm(NamedTuple):
    """
    What was counted for one arm of an online experiment.

    Attributes:
        successes: How many of the trials succeeded, e.g. conversions.
        trials: How often the arm was tried, e.g. impressions.
    """

    successes: int
    trials: int


def probability_best(arm: int, arms: Sequence[Arm]) -> float:
    """
    Return the probability that one arm's rate is the highest of all, each with a uniform prior.

    The error is below 1e-6 up to 1e9 trials, and the same arms give the same number each time: this is an
    integral and no simulation.

    Source: S. L. Scott, "A modern Bayesian look at the multi-armed bandit", Applied Stochastic Models in
    Business and Industry 26 (2010) 639-658, the probability of optimality.

    Args:
        arm: Which of *arms* is asked about, from 0.
        arms: Two or more.

    Raises:
        ValueError: If there are fewer than two arms, or counts are negative or more successes than trials.
        IndexError: If there is no such arm.
    """
    asked, others = _posteriors(arm, arms)
    return min(max(_all_below(asked, others, 1.0), 0.0), 1.0)


def value_remaining(arm: int, arms: Sequence[Arm], quantile: float = 0.95) -> float:
    """
    Return how much more another arm might bring than the one asked about, relative to the latter's rate.

    This is the quantile of (highest rate of the other arms - rate of the arm) / rate of the arm, and 0 where
    that is negative. Google Content Experiments stopped once it was below 1 % for the best arm, at 95 %.

    Source: S. L. Scott, "Multi-armed bandit experiments in the online service economy", Applied Stochastic
    Models in Business and Industry 31 (2015) 37-45; ``value_remaining`` of the R package bandit.

    Args:
        arm: Which of *arms* is asked about, from 0.
        arms: Two or more.
        quantile: Above 0 and below 1; it is met with an error below 1e-6.

    Raises:
        ValueError: If there are fewer than two arms, counts are negative or more successes than trials, or
            *quantile* is out of range.
        IndexError: If there is no such arm.
    """
    if not 0 < quantile < 1:
        raise ValueError(f"{quantile} is no quantile above 0 and below 1")
    asked, others = _posteriors(arm, arms)
    return _crossing(
        lambda gain: _all_below(asked, others, 1 + gain) - quantile, asked.deviation / asked.mean
    )


def _posteriors(arm: int, arms: Sequence[Arm]) -> tuple[Beta, list[Beta]]:
    if len(arms) <= 1:
        raise ValueError(f"the best of two arms or more is asked about, not of {len(arms)}")
    for successes, trials in arms:
        if not 0 <= successes <= trials:
            raise ValueError(f"{successes} successes of {trials} trials are not possible")
    betas = [Beta(successes, trials - successes) for successes, trials in arms]
    return betas.pop(arm), betas


def _all_below(asked: Beta, others: Sequence[Beta], stretch: float) -> float:
    """Return the probability that each of the *others* is at most *stretch* times *asked*."""
    first, last = asked.edges[0], asked.edges[-1]
    cuts = set(asked.edges)
    for other in others:
        cuts.update(edge / stretch for edge in other.edges_between(first * stretch, last * stretch))
    return math.fsum(
        _piece_below(asked, others, stretch, left, right) for left, right in pairwise(sorted(cuts))
    )


def _piece_below(asked: Beta, others: Sequence[Beta], stretch: float, left: float, right: float) -> float:
    centre, half = (left + right) / 2, (right - left) / 2
    pieces = [other.piece(centre * stretch) for other in others]
    if NOTHING in pieces:
        return 0.0
    total = 0.0
    for node, weight in GAUSS:
        rate = centre + half * node
        product = weight * asked.density(rate)
        for piece in pieces:
            product *= piece.at(rate * stretch)
        total += product
    return half * total


def _crossing(rising: Callable[[float], float], step: float) -> float:
    """Return where *rising* reaches 0, searched upwards from 0; 0 if it is not below 0 there."""
    low, high = 0.0, step
    below = rising(low)
    if below >= 0:
        return low
    while (above := rising(high)) < -_LEVEL_PRECISION:
        low, below, high = high, above, 2 * high
    found, value, halving = high, above, False
    while abs(value) > _LEVEL_PRECISION and high - low > _ROUNDING * high:
        # The secant alone creeps where the curve is flat, so every second step halves.
        found = (low + high) / 2 if halving else low - below * (high - low) / (above - below)
        halving = not halving
        value = rising(found)
        if value < 0:
            low, below = found, value
        else:
            high, above = found, value
    return found
