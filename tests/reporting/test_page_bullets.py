"""One check as a chart."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.reporting.page.bullets import bullet, twins
from tests.checks.judging import candidate, finding, findings, rival

if TYPE_CHECKING:
    from pytest_mlflow_gate.reporting.page.bullets import Bullet


def drawn(threshold: str, value: float | None, base: float = 0.9) -> Bullet:
    """Return the chart of a check of accuracy."""
    metrics = {} if value is None else {"accuracy": value}
    one = finding(
        f"thresholds: {{accuracy: {threshold}}}", candidate(metrics, baseline=rival({"accuracy": base}))
    )
    made = bullet(one)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("threshold", "value", "mood", "title"),
    [
        pytest.param("'>= 0.92'", 0.93, "good", "0.93 >= 0.92", id="passed"),
        pytest.param("'>= 0.92'", 0.91, "bad", "0.91 must be >= 0.92", id="failed"),
        pytest.param(
            "{min: 0.92, severity: warn}", 0.91, "doubtful", "0.91 must be >= 0.92", id="only-warns"
        ),
        pytest.param("'>= 0.92'", math.nan, "bad", "NaN must be >= 0.92", id="nan"),
        pytest.param("'>= 0.92'", None, "bad", "no value must be >= 0.92", id="never-logged"),
        pytest.param(
            "{max_drop: 0.01}", 0.91, "good", "0.91 >= 0.89, baseline 0.9", id="compared-with-a-baseline"
        ),
    ],
)
def test_a_chart_says_in_words_what_it_shows(
    threshold: str, value: float | None, mood: str, title: str
) -> None:
    """Colour is not the only sign, and who sees no picture hears it."""
    made = drawn(threshold, value)
    assert (made.mood, made.title) == (mood, title)


@pytest.mark.parametrize(
    ("threshold", "value", "marks"),
    [
        pytest.param("'>= 0.92'", 0.5, ("20", "180", None, None), id="value-below-the-limit"),
        pytest.param("'<= 0.5'", 0.92, ("180", "20", None, None), id="value-above-the-limit"),
        pytest.param("'>= 0.92'", 0.92, ("100", "100", None, None), id="value-at-the-limit"),
        pytest.param("'>= -1e308'", 1e308, ("180", "20", None, None), id="huge-range"),
        pytest.param("'<= 1000000'", 0.9, ("20", "180", None, None), id="limit-far-away"),
        pytest.param("'>= -0.92'", -0.5, ("180", "20", None, None), id="negative"),
        pytest.param("'>= 0'", 0.0, ("100", "100", None, None), id="zero-and-zero"),
        pytest.param("'>= 0.5'", math.inf, ("200", "100", None, None), id="infinity-at-the-edge"),
        pytest.param("'>= 0.5'", -math.inf, ("0", "100", None, None), id="minus-infinity-at-the-edge"),
        pytest.param("'>= 0.5'", math.nan, (None, "100", None, None), id="nan-is-nowhere"),
        pytest.param("{max_drop: 0.4}", 0.9, ("180", "20", None, "180"), id="baseline"),
        pytest.param(
            "{min: 0.92, confidence: 95%, samples: 400}",
            0.95,
            ("125.26", "74.74", "81.53", None),
            id="with-a-confidence-the-end-of-the-interval",
        ),
    ],
)
def test_places(threshold: str, value: float, marks: tuple[str | None, ...]) -> None:
    """Value, limit, what was held against it, and baseline, from 0 to 200."""
    made = drawn(threshold, value)
    found = (made.value, made.limit, made.reach, made.baseline)
    assert tuple(one.at if one else None for one in found) == marks


def test_a_baseline_far_away_is_at_the_edge() -> None:
    """It would squeeze value and limit into one place."""
    far = finding("thresholds: {accuracy: '>= 0.5'}", candidate({"accuracy": 0.9}))._replace(baseline=1e12)
    made = bullet(far)
    assert made is not None
    assert made.baseline == ("200", "1000000000000.0", "high")
    assert made.value is not None
    assert made.limit is not None
    assert (made.value.at, made.limit.at) == ("180", "20")


@pytest.mark.parametrize(
    ("threshold", "value", "passing"),
    [
        pytest.param("'>= 0.5'", 0.9, ("20", "180"), id="above"),
        pytest.param("'<= 0.5'", 0.9, ("0", "20"), id="below"),
        pytest.param("{equals: 0.7, tolerance: 0.2}", 0.9, ("20", "160"), id="around"),
        pytest.param("{equals: 0.7}", 0.9, None, id="one-number-only"),
    ],
)
def test_where_values_pass(threshold: str, value: float, passing: tuple[str, str] | None) -> None:
    """The band lies on the passing side of the limit."""
    assert drawn(threshold, value).passing == passing


@pytest.mark.parametrize(
    ("thresholds", "warning"),
    [
        pytest.param("- {max: 120}\n    - {max: 100, severity: warn}", ("20", "152.38"), id="below"),
        pytest.param("- {min: 100}\n    - {min: 120, severity: warn}", ("23.9", "156.1"), id="above"),
        pytest.param("- {max: 100}\n    - {max: 120, severity: warn}", None, id="asks-for-less"),
        pytest.param("- {min: 120}\n    - {min: 100, severity: warn}", None, id="asks-for-less-above"),
        pytest.param("- {max: 120}\n    - {min: 100, severity: warn}", None, id="another-condition"),
    ],
)
def test_where_values_pass_with_a_warning(thresholds: str, warning: tuple[str, str] | None) -> None:
    """Between the limit that blocks and the limit that warns."""
    made = findings(f"thresholds:\n  ms:\n    {thresholds}\n", candidate({"ms": 110.0}))
    first = next(iter(made.values()))
    pair = twins(tuple(made.values())).get(first.check)
    chart = bullet(first, pair)
    assert chart is not None
    assert chart.warning == warning


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="no-bound"),
        pytest.param({"bound": Decimal("NaN"), "passes": "above"}, id="a-bound-that-is-none"),
        pytest.param({"bound": Decimal("Infinity"), "passes": "above", "margin": Decimal(1)}, id="infinite"),
    ],
)
def test_no_chart_without_a_number(changes: dict[str, object]) -> None:
    """A rule has none, and a condition of another package may say what it likes."""
    assert bullet(Finding("rules[good]", "passed", "x > 1", 4)._replace(**changes)) is None  # type: ignore[arg-type]
