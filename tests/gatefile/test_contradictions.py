"""Conditions that no value can meet together."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.contradictions import contradiction
from pytest_mlflow_gate.gatefile.declared import Check


def _checks(*conditions: tuple[str, str, str]) -> list[Check]:
    return [
        Check(key, "m", KEYS[key], Decimal(limit), Decimal(tolerance), "fail", None, line)
        for line, (key, limit, tolerance) in enumerate(conditions, 1)
    ]


@pytest.mark.parametrize(
    ("conditions", "lines"),
    [
        pytest.param([("min", "0.8", "0"), ("max", "0.9", "0")], None, id="range"),
        pytest.param([("min", "0.9", "0"), ("max", "0.9", "0")], None, id="one-value-left"),
        pytest.param([("min", "0.9", "0"), ("below", "0.9", "0")], (1, 2), id="open-end-meets-closed"),
        pytest.param([("above", "0.9", "0"), ("max", "0.9", "0")], (1, 2), id="closed-end-meets-open"),
        pytest.param([("max", "0.8", "0"), ("min", "0.9", "0")], (1, 2), id="turned-around"),
        pytest.param([("equals", "1", "0"), ("max", "0.9", "0")], (1, 2), id="equals-outside"),
        pytest.param([("equals", "1", "0.1"), ("max", "0.9", "0")], None, id="tolerance-reaches"),
        pytest.param([("equals", "1", "0"), ("equals", "2", "0.5")], (1, 2), id="two-equals"),
        pytest.param(
            [("min", "0", "0"), ("min", "5", "0"), ("max", "9", "0"), ("max", "4", "0")],
            (2, 4),
            id="tightest",
        ),
        pytest.param(
            [("min", "1", "0"), ("above", "1", "0"), ("max", "1", "0")],
            (2, 3),
            id="open-end-is-tighter-below",
        ),
        pytest.param(
            [("max", "1", "0"), ("below", "1", "0"), ("min", "1", "0")],
            (2, 3),
            id="open-end-is-tighter-above",
        ),
        pytest.param(
            [("above", "1e300", "0"), ("equals", "1e300", "0.001")],
            None,
            id="more-digits-than-decimals-keep",
        ),
        pytest.param([("min", "1", "0")], None, id="alone"),
        pytest.param([], None, id="none"),
    ],
)
def test_a_contradiction_names_the_two_that_make_it(
    conditions: list[tuple[str, str, str]], lines: tuple[int, int] | None
) -> None:
    """A set that some value meets is left alone; else the tightest two are named in the file's order."""
    found = contradiction(_checks(*conditions))
    assert (found and tuple(check.line for check in found)) == lines
