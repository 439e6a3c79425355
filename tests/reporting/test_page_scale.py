"""From exact numbers to places in a picture: always inside, and always on the right side of each other."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlflow_gate.reporting.page.marks import band, mark
from pytest_mlflow_gate.reporting.page.scale import Scale, finite, scale

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TENTH = Scale(Decimal(0), Decimal(10))


@pytest.mark.parametrize(
    ("essential", "others", "low", "high"),
    [
        pytest.param(["0.5", "0.9"], [], "0.45", "0.95", id="far-apart"),
        pytest.param(["0.92", "0.91"], [], "0.8575", "0.9725", id="near-each-other"),
        pytest.param(["1", "1.00001"], [], "0.999755", "1.000255", id="very-near"),
        pytest.param(["5", "5"], [], "4.6875", "5.3125", id="equal"),
        pytest.param(["0"], [], "-0.625", "0.625", id="nothing"),
        pytest.param(["-5", "-3"], [], "-5.25", "-2.75", id="negative"),
        pytest.param(["0.5", "0.9"], ["1.3"], "0.4", "1.4", id="another-one-beside"),
        pytest.param(["0.5", "0.9"], ["1000000000000"], "0.45", "0.95", id="another-one-far-away"),
        pytest.param(["1e308", "-1e308"], [], "-1.25e308", "1.25e308", id="further-than-a-float"),
    ],
)
def test_what_a_picture_shows(essential: list[str], others: list[str], low: str, high: str) -> None:
    """All that matters with room at both ends, and of the rest what does not squeeze it."""
    assert scale(map(Decimal, essential), map(Decimal, others)) == Scale(Decimal(low), Decimal(high))


@given(st.lists(FINITE, min_size=1, max_size=4), st.lists(FINITE, max_size=3))
def test_whatever_the_numbers_are_they_have_a_place(essential: list[float], others: list[float]) -> None:
    """All that matters is inside the picture, and nothing is ever drawn outside of it."""
    drawn = scale(map(Decimal, map(repr, essential)), map(Decimal, map(repr, others)))
    assert drawn.low < drawn.high
    for number in map(Decimal, map(repr, essential)):
        assert drawn.edge(number) is None
        assert 0 < drawn.share(number) < 1
    for number in map(Decimal, map(repr, others)):
        assert 0 <= drawn.share(number) <= 1


@given(FINITE, FINITE)
def test_the_side_of_a_limit_can_be_seen(one: float, other: float) -> None:
    """Two numbers that differ by however little are apart by a fortieth of the picture, less its margins."""
    less, more = sorted((Decimal(repr(one)), Decimal(repr(other))))
    drawn = scale((less, more))
    if less == more:
        assert drawn.share(less) == drawn.share(more)
    else:
        assert drawn.share(more) - drawn.share(less) > 0.8 / 40 - 1e-9


@pytest.mark.parametrize(
    ("number", "at", "text", "edge"),
    [
        pytest.param(2.5, "50", "2.5", None, id="inside"),
        pytest.param(-1.0, "0", "-1.0", "low", id="below"),
        pytest.param(11.0, "200", "11.0", "high", id="above"),
        pytest.param(math.inf, "200", "Infinity", "high", id="infinity"),
        pytest.param(-math.inf, "0", "-Infinity", "low", id="minus-infinity"),
        pytest.param(Decimal("1e400"), "200", "Infinity", "high", id="larger-than-a-float"),
        pytest.param(0.1 + 0.2, "6", "0.30000000000000004", None, id="all-digits"),
    ],
)
def test_a_mark_has_its_number_and_a_place(
    number: float | Decimal, at: str, text: str, edge: str | None
) -> None:
    """What is beyond an end is marked at that end, and the number is the one of the decision's JSON."""
    assert mark(number, TENTH, 200) == (at, text, edge)


def test_what_is_no_number_has_no_mark() -> None:
    """NaN is nowhere on a number line."""
    assert (mark(None, TENTH, 200), mark(math.nan, TENTH, 200)) == (None, None)
    assert (finite(None), finite(math.nan), finite(math.inf)) == (None, None, None)


def test_a_vertical_scale_rises() -> None:
    """Pictures count from the top, and people take what is higher for more."""
    assert [mark(float(number), TENTH, 60, upwards=True) for number in (0, 5, 10)] == [
        ("60", "0.0", None),
        ("30", "5.0", None),
        ("0", "10.0", None),
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2", "5", ("20", "30"), id="inside"),
        pytest.param(None, "5", ("0", "50"), id="open-at-its-beginning"),
        pytest.param("5", None, ("50", "50"), id="open-at-its-end"),
        pytest.param("-5", "50", ("0", "100"), id="wider-than-the-picture"),
        pytest.param("5", "5", None, id="empty"),
        pytest.param("11", "12", None, id="outside"),
    ],
)
def test_a_band_is_a_part_of_the_picture(
    start: str | None, end: str | None, expected: tuple[str, str] | None
) -> None:
    """It never leaves the picture, and a part without length is none."""
    first, last = (None if number is None else Decimal(number) for number in (start, end))
    assert band(first, last, TENTH, 100) == expected
