"""Numbers as people read them, and as they are compared."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlflow_gate.checks.numbers import exact, short, shown, signed


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_an_exact_decimal_is_the_same_float_again(value: float) -> None:
    """Nothing is lost and nothing is added on the way to a decimal."""
    assert float(exact(value)) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_has_no_decimal(value: float) -> None:
    """NaN would compare as false with everything, and slip through as not below a limit."""
    with pytest.raises(ValueError, match=f"^{value} is not a finite number$"):
        exact(value)


def test_differences_are_decimal() -> None:
    """0.8 to 0.88 is exactly 0.08, as everybody reads it."""
    assert exact(0.88) - exact(0.8) == Decimal("0.08")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        pytest.param(120.0, "120", id="whole"),
        pytest.param(0.93, "0.93", id="plain"),
        pytest.param(-0.0, "-0", id="minus-zero"),
        pytest.param(1e-05, "0.00001", id="small"),
        pytest.param(1e22, "1E+22", id="large"),
        pytest.param(Decimal("0.90"), "0.90", id="a-limit-keeps-its-zeros"),
        pytest.param(Decimal("1e3"), "1000", id="exponent"),
        pytest.param(math.nan, "NaN", id="nan"),
        pytest.param(math.inf, "infinity", id="infinity"),
        pytest.param(-math.inf, "-infinity", id="minus-infinity"),
    ],
)
def test_numbers_are_shown_as_people_write_them(number: float | Decimal, text: str) -> None:
    """No exponent where a few digits do."""
    assert shown(number) == text


@pytest.mark.parametrize(
    ("value", "margin", "text"),
    [
        pytest.param(0.8933333333333333, "0.0933333333333333", "0.893333", id="six-digits"),
        pytest.param(0.9199999, "-0.0000001", "0.9199999", id="never-rounded-onto-its-limit"),
        pytest.param(0.92, "0", "0.92", id="on-the-limit"),
        pytest.param(120.0, "10", "120", id="whole"),
        pytest.param(1234567.0, "5", "1234567", id="integers-keep-their-digits"),
        pytest.param(math.nan, None, "NaN", id="nan"),
    ],
)
def test_a_table_has_room_for_six_digits(value: float, margin: str | None, text: str) -> None:
    """Short, but never so short that a failed value looks like its limit."""
    assert short(value, None if margin is None else Decimal(margin)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        pytest.param("0.0100", "+0.01", id="plus"),
        pytest.param("-0.0145956680517875", "-0.0145957", id="minus"),
        pytest.param("0", "0", id="zero"),
        pytest.param("10", "+10", id="tens"),
    ],
)
def test_margins_have_a_sign(number: str, text: str) -> None:
    """Which side of the limit is seen at a glance."""
    assert signed(Decimal(number)) == text
