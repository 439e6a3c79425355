"""The short form of a threshold."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.comparison import Comparison, comparison
from pytest_mlflow_gate.gatefile.scalars import Misread

NO_CONDITION = "is no condition, write >=, <=, >, <, == and a number, such as '>= 0.92'"


@pytest.mark.parametrize(
    ("text", "condition", "limit"),
    [
        pytest.param(">= 0.92", "min", "0.92", id="min"),
        pytest.param("<=120", "max", "120", id="max-without-blank"),
        pytest.param(" > 0.5 ", "above", "0.5", id="above-with-blanks"),
        pytest.param("< -1e-3", "below", "-0.001", id="below"),
        pytest.param("== 1.0", "equals", "1.0", id="equals"),
    ],
)
def test_symbols_stand_for_keys(text: str, condition: str, limit: str) -> None:
    """Each symbol means one key of the long form, and the number is exact."""
    assert comparison(KEYS).read(text) == Comparison(condition, Decimal(limit))


@pytest.mark.parametrize(
    ("text", "about", "says"),
    [
        pytest.param("0.92", None, "is a bare number, write '>= 0.92'", id="bare-number"),
        pytest.param("1" * 99, None, f"is a bare number, write '>= {'1' * 57}...'", id="long-bare-number"),
        pytest.param("=> 0.92", None, NO_CONDITION, id="turned-around"),
        pytest.param(">== 0.92", None, NO_CONDITION, id="one-too-many"),
        pytest.param("= 0.92", None, NO_CONDITION, id="single-equals-sign"),
        pytest.param("at least 0.92", None, NO_CONDITION, id="words"),
        pytest.param(">=", None, NO_CONDITION, id="no-number"),
        pytest.param(">= 92%", "92%", "is a percentage, write 0.92", id="percentage"),
        pytest.param("< .inf", ".inf", "is no limit, write a finite number such as 0.92", id="infinity"),
    ],
)
def test_what_is_no_comparison_is_told_how_to_write_one(text: str, about: str | None, says: str) -> None:
    """The symbols that exist are named; a wrong number is quoted without its symbol."""
    with pytest.raises(Misread) as raised:
        comparison(KEYS).read(text)
    assert (raised.value.about, raised.value.says) == (about, says)
