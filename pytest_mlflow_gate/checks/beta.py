"""The Beta distribution of a rate, piece by piece: precise for ten trials and for a thousand million."""

from __future__ import annotations

import math
from bisect import bisect
from functools import cache
from itertools import pairwise
from operator import mul
from typing import NamedTuple

GAUSS = tuple(
    (sign * node, weight)
    for node, weight in (
        (0.1488743389816312, 0.2955242247147529),
        (0.4333953941292472, 0.2692667193099964),
        (0.6794095682990244, 0.2190863625159820),
        (0.8650633666889845, 0.1494513491505806),
        (0.9739065285171717, 0.0666713443086881),
    )
    for sign in (-1, 1)
)
"""Nodes and weights of the integral from -1 to 1 by 10 points (Abramowitz and Stegun, table 25.4)."""

_WEIGHTS = tuple(weight for _, weight in GAUSS)
_DEVIATIONS = (*range(10), *range(10, 42, 2))
_NEGLIGIBLE = 1e-18


class Piece(NamedTuple):
    """
    A range of rates on which the distribution function is a polynomial.

    Attributes:
        centre: Middle of the range.
        half: Half of its width.
        polynomial: Coefficients in (rate - centre) / half, the highest power first.
    """

    centre: float
    half: float
    polynomial: tuple[float, ...]

    def at(self, rate: float) -> float:
        """Return the probability of a rate up to *rate*, which lies in the range."""
        offset = (rate - self.centre) / self.half
        value = 0.0
        for coefficient in self.polynomial:
            value = value * offset + coefficient
        return value


NOTHING = Piece(0.0, 1.0, (0.0,))
"""Below the first edge of a distribution."""

_EVERYTHING = Piece(0.0, 1.0, (1.0,))


class Beta:
    """
    The distribution of a rate after some successes and failures, with the uniform prior Beta(1, 1).

    Densities are taken relative to the mode, where the large terms cancel before they are rounded, and are
    scaled by their own sum: the logarithm of a gamma function near 1e9 has too few digits left.

    Attributes:
        mean: Expected rate.
        deviation: Standard deviation of the rate.
        edges: Where the pieces meet. A rate beyond the outer ones has no probability that counts.
    """

    def __init__(self, successes: int, failures: int) -> None:
        trials = successes + failures
        self.mean = (successes + 1) / (trials + 2)
        self.deviation = math.sqrt(self.mean * (failures + 1) / (trials + 2) / (trials + 3))
        self._counts = (successes, failures)
        self._mode = (successes / trials, failures / trials) if trials else (1.0, 1.0)
        self._scale = 1.0
        offsets = {sign * step * self.deviation for step in _DEVIATIONS for sign in (-1, 1)}
        cuts = sorted({min(max(self.mean + offset, 0.0), 1.0) for offset in offsets})
        ranges = [(left, right, *self._integral(left, right)) for left, right in pairwise(cuts)]
        total = math.fsum(mass for *_, mass in ranges)
        ranges = [found for found in ranges if found[-1] > _NEGLIGIBLE * total]
        self._scale = 1 / total
        self.edges = [ranges[0][0], *(right for _, right, *_ in ranges)]
        self._pieces = [NOTHING]
        below = 0.0
        for left, right, integral, mass in ranges:
            polynomial = [coefficient / total for coefficient in integral]
            polynomial[-1] += below
            self._pieces.append(Piece((left + right) / 2, (right - left) / 2, tuple(polynomial)))
            below += mass / total
        self._pieces.append(_EVERYTHING)

    def density(self, rate: float) -> float:
        """Return the density at *rate*, from 0 to 1."""
        logarithm = 0.0
        from_mode = rate - self._mode[0]
        for count, mode, share, difference in zip(
            self._counts, self._mode, (rate, 1 - rate), (from_mode, -from_mode), strict=True
        ):
            if count:
                if share <= 0:
                    return 0.0
                # log1p keeps the digits near the mode, log those far below it.
                logarithm += count * (
                    math.log1p(difference / mode) if 2 * share > mode else math.log(share / mode)
                )
        return self._scale * math.exp(logarithm)

    def piece(self, rate: float) -> Piece:
        """Return the piece of the distribution function that *rate* lies on."""
        return self._pieces[bisect(self.edges, rate)]

    def edges_between(self, low: float, high: float) -> list[float]:
        """Return the edges above *low* and up to *high*."""
        return self.edges[bisect(self.edges, low) : bisect(self.edges, high)]

    def _integral(self, left: float, right: float) -> tuple[list[float], float]:
        """Return the polynomial of the integral from *left* on, and the whole integral up to *right*."""
        half = (right - left) / 2
        densities = [half * self.density((left + right) / 2 + half * node) for node, _ in GAUSS]
        polynomial = [math.fsum(map(mul, densities, column)) for column in _basis()]
        return polynomial, math.fsum(map(mul, densities, _WEIGHTS))


@cache
def _basis() -> list[tuple[float, ...]]:
    """Return, for each power of the integral from -1, the share that each node has in its coefficient."""
    integrals = []
    for node, _ in GAUSS:
        lagrange = [1.0]
        for other, _ in GAUSS:
            if other != node:
                shifted, kept = [*lagrange, 0.0], [0.0, *lagrange]
                lagrange = [(a - other * b) / (node - other) for a, b in zip(shifted, kept, strict=True)]
        integral = [coefficient / (len(lagrange) - power) for power, coefficient in enumerate(lagrange)]
        at_start = math.fsum(
            coefficient * (-1) ** (len(integral) - power) for power, coefficient in enumerate(integral)
        )
        integrals.append([*integral, -at_start])
    return list(zip(*integrals, strict=True))
