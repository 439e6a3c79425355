"""Thresholds to checks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.kinds import KEYS, language
from pytest_mlflow_gate.gatefile.declared import Check
from pytest_mlflow_gate.gatefile.language import Language
from pytest_mlflow_gate.gatefile.loader import load
from pytest_mlflow_gate.gatefile.problems import GateFileError
from tests.gatefile.loading import compile_words, load_text, problems_of

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "candidate: {run_id: abc}\nthresholds:\n"
ZERO = Decimal(0)
GAINS = Language(
    {
        **KEYS,
        "min_gain": replace(KEYS["min"], name="min_gain", symbol="", unit="change"),
        "max_gain": replace(KEYS["max"], name="max_gain", symbol="", unit="change"),
    },
    compile_words,
)
"""With conditions of another package, which say of changes what contradicts."""

CONDITIONS = (
    "min, max, above, below, equals, max_drop, max_rise, min_rise, min_drop, max_spread, "
    "min_probability_best, max_value_remaining"
)


def test_every_condition_is_one_check() -> None:
    """In the order of the file, with the line of the key that says it and what belongs to it."""
    text = f"""{HEAD}\
  accuracy: ">= 0.92"
  f1:
    reason: contract with
      sales
    max: 1.0
    min: 0.880
    equals: '0.9'
    tolerance: 5e-1
  latency_ms:
    - {{max: 120}}
    - {{max: 100, above: 1, severity: warn}}
    - "> 0"
"""
    assert load_text(text).conditions == (
        Check("accuracy[min]", "accuracy", KEYS["min"], Decimal("0.92"), ZERO, "fail", None, 3),
        Check("f1[max]", "f1", KEYS["max"], Decimal("1.0"), ZERO, "fail", "contract with sales", 7),
        Check("f1[min]", "f1", KEYS["min"], Decimal("0.880"), ZERO, "fail", "contract with sales", 8),
        Check(
            "f1[equals]",
            "f1",
            KEYS["equals"],
            Decimal("0.9"),
            Decimal("0.5"),
            "fail",
            "contract with sales",
            9,
        ),
        Check("latency_ms[max]", "latency_ms", KEYS["max"], Decimal(120), ZERO, "fail", None, 12),
        Check("latency_ms[max:warn]", "latency_ms", KEYS["max"], Decimal(100), ZERO, "warn", None, 13),
        Check("latency_ms[above:warn]", "latency_ms", KEYS["above"], Decimal(1), ZERO, "warn", None, 13),
        Check("latency_ms[above]", "latency_ms", KEYS["above"], ZERO, ZERO, "fail", None, 14),
    )


def test_the_name_of_the_candidates_own_check_is_taken(tmp_path: Path) -> None:
    """A condition that somebody adds cannot make a second ``candidate[run]``."""
    path = tmp_path / "eval_gate.yaml"
    path.write_text(f"{HEAD}  candidate: {{run: 1}}\n")
    with pytest.raises(GateFileError) as raised:
        load(path, language=language([replace(KEYS["min"], name="run")]), environ={})
    assert [problem.text for problem in raised.value.problems] == [
        "thresholds.candidate.run: check 'candidate[run]' exists already (line 1), remove one of them"
    ]


def test_a_name_is_cleaned_and_the_metric_is_not() -> None:
    """The node id has to survive pytest; the key that MLflow is asked for is the one in the file."""
    (check,) = load_text(f"{HEAD}  'eval::f1[macro]': '>= 1'\n").conditions
    assert (check.name, check.metric) == ("eval:f1(macro)[min]", "eval::f1[macro]")


@pytest.mark.parametrize(
    ("thresholds", "problems"),
    [
        pytest.param(
            "  f1: {severity: warn}\n",
            [f"3: thresholds.f1: no condition, add one of {CONDITIONS}"],
            id="no-condition",
        ),
        pytest.param(
            "  f1: {}\n",
            [f"3: thresholds.f1: no condition, add one of {CONDITIONS}"],
            id="empty-mapping",
        ),
        pytest.param(
            "  f1: {min: 1, tolerance: 0.1}\n",
            ["3: thresholds.f1.tolerance: goes with equals only, add that or remove this"],
            id="tolerance-without-equals",
        ),
        pytest.param(
            "  f1:\n    equals: 1\n    tolerance: -0.1\n",
            ["5: thresholds.f1.tolerance: must not be negative, write 0 or more"],
            id="negative-tolerance",
        ),
        pytest.param(
            "  f1: {min: 1, severity: error}\n",
            ["3: thresholds.f1.severity: 'error' is unknown, write fail or warn"],
            id="unknown-severity",
        ),
        pytest.param(
            "  ms:\n    - {max: 120}\n    - {max: 100}\n",
            ["5: thresholds.ms[1].max: check 'ms[max]' exists already (line 4), remove one of them"],
            id="two-of-one-name",
        ),
        pytest.param(
            "  ms: ['<= 1', {max: 2, severity: warn}, {max: 3, severity: warn}]\n",
            ["3: thresholds.ms[2].max: check 'ms[max:warn]' exists already (line 3), remove one of them"],
            id="two-warn-twins",
        ),
        pytest.param(
            "  'a::b': '>= 1'\n  'a:b': '>= 1'\n",
            ["4: thresholds.a:b: check 'a:b[min]' exists already (line 3), remove one of them"],
            id="two-metrics-with-one-name",
        ),
        pytest.param(
            "  f1:\n    min: 0.9\n    max: 0.5\n",
            [
                "5: thresholds.f1: '<= 0.5' contradicts '>= 0.9' (line 4), no value meets both; change one",
            ],
            id="min-above-max",
        ),
        pytest.param(
            "  f1:\n    - '< 0.5'\n    - {equals: 0.6, tolerance: 0.1}\n",
            [
                "5: thresholds.f1: '== 0.6' contradicts '< 0.5' (line 4), no value meets both; change one",
            ],
            id="across-a-list",
        ),
        pytest.param(
            "  f1:\n    - {min: 0.9, max: 0.8, severity: warn}\n    - '<= 0.5'\n",
            [
                "4: thresholds.f1: '<= 0.8' contradicts '>= 0.9' (line 4), no value meets both; change one",
            ],
            id="among-the-warnings",
        ),
    ],
)
def test_thresholds_that_make_no_sense(thresholds: str, problems: list[str]) -> None:
    """Each mistake names its line, and the line of the other condition where there are two."""
    assert problems_of(HEAD + thresholds) == problems


def test_a_warning_may_be_stricter_than_what_fails() -> None:
    """Conditions that warn and conditions that fail contradict among their own kind only."""
    text = f"{HEAD}  ms: [{{max: 120}}, {{min: 200, severity: warn}}]\n"
    assert [check.name for check in load_text(text).conditions] == ["ms[max]", "ms[min:warn]"]


@pytest.mark.parametrize(
    "thresholds",
    [
        pytest.param("{min: 1}, {max: 0, over: min}", id="other-value-of-the-history"),
        pytest.param("{min: 1}, {max: 0, dataset: d}", id="other-dataset"),
        pytest.param("{min: 1, confidence: 95%, samples: 9}, {max: 0}", id="other-confidence"),
        pytest.param("{min: 1, severity: warn}, {max: 0}", id="other-severity"),
        pytest.param("{min: 9}, {max_rise: 1}", id="change"),
        pytest.param("{max_rise: 5}, {min_rise: 2, max_drop: 3%}", id="changes"),
    ],
)
def test_limits_of_different_values_do_not_contradict(thresholds: str) -> None:
    """Only what one value has to meet can be impossible to meet."""
    text = f"promote: {{model: m, alias: a}}\n{HEAD}  f1: [{thresholds}]\n"
    assert [check.metric for check in load_text(text).conditions] in (["f1"] * 2, ["f1"] * 3)


@pytest.mark.parametrize(
    ("thresholds", "problems"),
    [
        pytest.param(
            "{min: 1, over: mean}, {max: 0, over: mean}",
            ["3: thresholds.f1: '<= 0' contradicts '>= 1' (line 3), no value meets both; change one"],
            id="one-value-of-the-history",
        ),
        pytest.param(
            "{min: 1, confidence: 95%, samples: n}, {max: 0, confidence: 0.950, samples: n}",
            ["3: thresholds.f1: '<= 0' contradicts '>= 1' (line 3), no value meets both; change one"],
            id="one-confidence-in-two-ways",
        ),
        pytest.param(
            "{min_gain: 2%}, {max_gain: 1.50%}",
            [
                (
                    "3: thresholds.f1: 'max_gain 1.50%' contradicts 'min_gain 2%' (line 3), no value meets both; "
                    "change one"
                )
            ],
            id="changes-in-percent",
        ),
    ],
)
def test_limits_of_one_value_may_contradict(thresholds: str, problems: list[str]) -> None:
    """However a value is read, two limits of it have to leave room between them."""
    assert problems_of(f"{HEAD}  f1: [{thresholds}]\n", language=GAINS) == problems


def test_an_absolute_change_and_one_in_percent_do_not_contradict() -> None:
    """Which of them is more depends on the baseline."""
    checks = load_text(f"{HEAD}  f1: [{{min_gain: 2%}}, {{max_gain: 1}}]\n", language=GAINS).conditions
    assert [(check.name, check.percent) for check in checks] == [
        ("f1[min_gain]", True),
        ("f1[max_gain]", False),
    ]
