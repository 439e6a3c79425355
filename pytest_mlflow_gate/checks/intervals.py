"""Confidence intervals: of a proportion, and of the mean of several runs."""

from __future__ import annotations

import math
from statistics import NormalDist, mean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PRECISION = 1e-13
_ROUNDING = 1e-15
_SMALLEST = 1e-100


def wilson(proportion: float, samples: int, confidence: float) -> tuple[float, float]:
    """
    Return the lower and upper end of the two-sided Wilson score interval.

    The ends are the roots of a quadratic equation, written without a difference of like numbers: 0 and 1 are
    reached exactly, and many samples lose no digits.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
    the American Statistical Association 22 (1927) 209-212; recommended by A. Agresti and B. A. Coull, The
    American Statistician 52 (1998) 119-126.

    Args:
        proportion: Share of the samples, from 0 to 1.
        samples: How many there were, 1 or more.
        confidence: Above 0 and below 1, e.g. 0.95.

    Raises:
        ValueError: If an argument is out of range.
    """
    if not 0 <= proportion <= 1:
        raise ValueError(f"{proportion} is no proportion from 0 to 1")
    if samples < 1:
        raise ValueError(f"{samples} samples are less than 1")
    z = -NormalDist().inv_cdf(_tail(confidence))
    spread = z * z / samples
    half = (spread + math.sqrt(spread * (spread + 4 * proportion * (1 - proportion)))) / 2
    lower = proportion * proportion / (proportion + half) if proportion else 0.0
    return min(lower, proportion), min(max((proportion + half) / (1 + spread), proportion), 1.0)


def mean_interval(values: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """
    Return the lower end, the mean and the upper end of the two-sided Student t interval of the mean.

    Source: Student, "The probable error of a mean", Biometrika 6 (1908) 1-25.

    Args:
        values: Two or more, each finite, in the metric's own unit.
        confidence: Above 0 and below 1, e.g. 0.95.

    Raises:
        ValueError: If there are fewer than two values, one is not finite, or *confidence* is out of range.
    """
    if len(values) <= 1:
        raise ValueError(f"a mean's interval needs two values or more, not {len(values)}")
    if not all(map(math.isfinite, values)):
        raise ValueError("a mean's interval needs finite values")
    # The exact mean: rounded, it would differ from values that are all the same and give them a spread.
    middle = mean(map(float, values))
    error = math.hypot(*(value - middle for value in values)) / math.sqrt(len(values) * (len(values) - 1))
    reach = -student_t_quantile(_tail(confidence), len(values) - 1) * error
    return middle - reach, middle, middle + reach


def student_t_quantile(probability: float, degrees: int) -> float:
    """
    Return the value that Student's t stays below with *probability*.

    Args:
        probability: From 1e-100, and below 1.
        degrees: Degrees of freedom, 1 or more.

    Raises:
        ValueError: If an argument is out of range.
    """
    if not _SMALLEST <= probability < 1:
        raise ValueError(f"{probability} is no probability from {_SMALLEST} and below 1")
    if degrees < 1:
        raise ValueError(f"{degrees} degrees of freedom are less than 1")
    tail = min(probability, 1 - probability)
    t, step = 0.0, (0.5 - tail) / _density(0.0, degrees)
    # The upper tail is convex, so Newton's steps from 0 come nearer to the root and never go past it.
    while step > _PRECISION * t:
        t += step
        step = (_upper_tail(t, degrees) - tail) / _density(t, degrees)
    return math.copysign(t, probability - 0.5)


def _tail(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"{confidence} is no confidence above 0 and below 1")
    return (1 - confidence) / 2


def _density(t: float, degrees: int) -> float:
    constant = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - math.log(degrees * math.pi) / 2
    return math.exp(constant - (degrees + 1) / 2 * math.log1p(t * t / degrees))


def _upper_tail(t: float, degrees: int) -> float:
    """Return P(T > t) for t above 0: half an incomplete beta function (Abramowitz and Stegun 26.7.1)."""
    x, y, half = degrees / (degrees + t * t), t * t / (degrees + t * t), degrees / 2
    front = t * _density(t, degrees)
    if x < (half + 1) / (half + 2.5):
        return front / degrees * _continued_fraction(half, 0.5, x)
    return 0.5 - front * _continued_fraction(0.5, half, y)


def _continued_fraction(a: float, b: float, x: float) -> float:
    """
    Return what is left of the incomplete beta function when its factors are taken out.

    Source: NIST Digital Library of Mathematical Functions, 8.17.22; evaluated by the modified Lentz method.
    Converges within some dozen terms for x below (a + 1) / (a + b + 2).
    """
    numerator, change, term = 1.0, 0.0, 0
    denominator = value = 1 / (1 - (a + b) * x / (a + 1))
    while abs(change - 1) > _ROUNDING:
        term += 1
        for factor in (
            term * (b - term) / ((a + 2 * term - 1) * (a + 2 * term)),
            -(a + term) * (a + b + term) / ((a + 2 * term) * (a + 2 * term + 1)),
        ):
            denominator = 1 / (1 + factor * x * denominator)
            numerator = 1 + factor * x / numerator
            change = numerator * denominator
            value *= change
    return value
