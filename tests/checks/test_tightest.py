"""The tightest limit that several runs meet, for each family of conditions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.judge import judge
from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.checks.tightest import Tightest, tightest
from tests.checks.judging import candidate, rival
from tests.gatefile.loading import load_text

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.declared import Check
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

HEAD = "candidate: {run_id: r1}\nbaseline: {model: churn, alias: champion}\nthresholds:\n  "
NAN = float("nan")


def only(text: str) -> tuple[Gate, Check]:
    """Return a gate with one threshold, and its one check."""
    gate = load_text(HEAD + text, language=language())
    (check,) = gate.conditions
    return gate, check


def runs(*values: float, base: float = 0.8) -> list[Snapshot]:
    """Return candidates that logged these values, each compared with the same baseline."""
    return [candidate({"m": value}, baseline=rival({"m": base})) for value in values]


@pytest.mark.parametrize(
    ("threshold", "values", "number", "rising"),
    [
        pytest.param("m: '>= 0.92'", (0.93, 0.91, 0.95), "0.91", False, id="min"),
        pytest.param("m: '<= 5'", (3.0, 7.0), "7", True, id="max"),
        pytest.param("m: '> 0.5'", (0.93, 0.91), "0.91", False, id="above"),
        pytest.param("m: '< 0.5'", (0.93, 0.91), "0.93", True, id="below"),
        pytest.param("m: {equals: 1, tolerance: 0.1}", (1.02, 0.97), "0.03", True, id="equals"),
        pytest.param("m: '== 1'", (1.0,), "0", True, id="equals-exactly"),
        pytest.param("m: {max_drop: 0.01}", (0.79, 0.75, 0.9), "0.05", True, id="max_drop"),
        pytest.param("m: {max_drop: 0.01}", (0.81, 0.9), "0", True, id="max_drop-and-none-fell"),
        pytest.param("m: {max_drop: 1%}", (0.79, 0.76), "5", True, id="max_drop-percent"),
        pytest.param("m: {max_rise: 1%}", (0.88, 0.76), "10", True, id="max_rise-percent"),
        pytest.param("m: {min_rise: 0.1}", (0.85, 0.82), "0.02", False, id="min_rise"),
        pytest.param("m: {min_rise: 1%}", (0.85, 0.82), "2.5", False, id="min_rise-percent"),
        pytest.param("m: {min_drop: 0.1}", (0.7, 0.6), "0.1", False, id="min_drop"),
        pytest.param("m: {min_rise: 0.1}", (0.85, 0.79), None, False, id="min_rise-and-one-fell"),
        pytest.param("m: '>= -1'", (-3.5, -2.0), "-3.5", False, id="negative"),
        pytest.param("m: '>= 0'", (0.8933333333333333,), "0.893333", False, id="min-with-many-digits"),
        pytest.param("m: '<= 0'", (0.8933333333333333,), "0.893334", True, id="max-with-many-digits"),
        pytest.param("m: '<= 0'", (1e300,), "1e300", True, id="huge"),
        pytest.param("m: '>= 0'", (5e-324,), "5e-324", False, id="tiny"),
    ],
)
def test_tightest(threshold: str, values: tuple[float, ...], number: str | None, rising: bool) -> None:
    """The number that the worst of the runs still meets, rounded so that it does."""
    gate, check = only(threshold)
    found = tightest(gate, check, runs(*values))
    assert found == Tightest(None if number is None else Decimal(number), len(values), rising)


THIRDS = "m: {max_drop: 1%}"


@pytest.mark.parametrize(
    ("threshold", "value", "base"),
    [
        pytest.param(THIRDS, 0.7, 0.9, id="allowance-that-no-decimal-is"),
        pytest.param("m: {min_rise: 1%}", 0.97, 0.9, id="demand-that-no-decimal-is"),
        pytest.param("m: '>= 0.5'", 0.1234567890123, 1.0, id="many-digits"),
    ],
)
def test_what_is_found_lets_the_run_pass_and_hardly_more(threshold: str, value: float, base: float) -> None:
    """A rounded limit passes the run, and one that is a millionth tighter does not."""
    gate, check = only(threshold)
    (run,) = runs(value, base=base)
    found = tightest(gate, check, [run])
    assert found.number is not None
    tighter = found.number * (Decimal("0.9999") if found.rising else Decimal("1.0001"))
    outcomes = [judge(gate, check._replace(limit=limit), run).outcome for limit in (found.number, tighter)]
    assert outcomes == ["passed", "failed"]


def test_every_cohort_has_to_pass() -> None:
    """Of cohorts with baselines of their own, the limit of the one that needs most is found."""
    gate, check = only('"m/{cohort}": {cohorts: "*", max_drop: 1%}')
    run = candidate({"m/a": 0.9, "m/b": 9.9}, baseline=rival({"m/a": 1.0, "m/b": 10.2}))
    assert tightest(gate, check, [run]) == Tightest(Decimal(10), 1, rising=True)


def test_spread() -> None:
    """The largest spread of the runs."""
    gate, check = only('"m/{cohort}": {cohorts: [a, b], max_spread: 0.1}')
    found = [candidate({"m/a": 0.9, "m/b": low}) for low in (0.85, 0.6)]
    assert tightest(gate, check, found) == Tightest(Decimal("0.3"), 2, rising=True)


def test_end_of_an_interval() -> None:
    """With a confidence it is the interval's end that the limit touches, not the value."""
    gate, check = only("m: {min: 0.5, confidence: 95%, samples: 500}")
    found = tightest(gate, check, runs(0.9))
    assert found.number is not None
    assert Decimal("0.87") < found.number < Decimal("0.9")


@pytest.mark.parametrize(
    ("values", "of"),
    [
        pytest.param((NAN,), 0, id="only-nan"),
        pytest.param((), 0, id="none"),
        pytest.param((NAN, 0.9), 1, id="one"),
    ],
)
def test_who_has_no_value_has_no_say(values: tuple[float, ...], of: int) -> None:
    """NaN is left out and not counted."""
    gate, check = only("m: '>= 0.5'")
    assert tightest(gate, check, runs(*values)).of == of


def test_relative_to_nothing() -> None:
    """A percentage of 0 is no limit that could be found."""
    gate, check = only("m: {max_drop: 1%}")
    assert tightest(gate, check, runs(0.5, base=0.0)) == Tightest(None, 0)
