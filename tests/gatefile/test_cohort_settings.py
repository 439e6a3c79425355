"""Cohorts: one threshold for many, told apart by ``{cohort}`` in the metric's name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.declared import Check, Reading
from pytest_mlflow_gate.gatefile.language import Language
from tests.gatefile.loading import compile_words, load_text, problems_of

HEAD = "promote: {model: m, alias: champion}\ncandidate: {run_id: abc}\nthresholds:\n"
ZERO = Decimal(0)
FAMILY = "recall/{cohort}"


def test_a_list_of_cohorts_is_one_check_each_and_one_for_the_spread() -> None:
    """Each cohort is judged by itself under its own name; the spread is about all of them."""
    text = f"{HEAD}  'recall/{{cohort}}':\n    cohorts: [eu, us]\n    min: 0.80\n    max_spread: 0.05\n"
    low, wide = Decimal("0.80"), Decimal("0.05")
    assert load_text(text).checks == (
        Check("recall/eu[min]", "recall/eu", KEYS["min"], low, ZERO, "fail", None, 6, family=FAMILY),
        Check("recall/us[min]", "recall/us", KEYS["min"], low, ZERO, "fail", None, 6, family=FAMILY),
        Check(
            f"{FAMILY}[max_spread]",
            FAMILY,
            KEYS["max_spread"],
            wide,
            ZERO,
            "fail",
            None,
            7,
            cohorts=("eu", "us"),
        ),
    )


def test_every_cohort_is_one_check() -> None:
    """What was logged is not known here, so that ``*`` has one name whatever there is."""
    text = f"{HEAD}  '{{cohort}}/recall': {{cohorts: '*', max_drop: 2%, max_spread: 0, severity: warn}}\n"
    metric = "{cohort}/recall"
    assert load_text(text).checks == (
        Check(
            f"{metric}[max_drop:warn]",
            metric,
            KEYS["max_drop"],
            Decimal(2),
            ZERO,
            "warn",
            None,
            4,
            percent=True,
            cohorts="*",
        ),
        Check(
            f"{metric}[max_spread:warn]",
            metric,
            KEYS["max_spread"],
            ZERO,
            ZERO,
            "warn",
            None,
            4,
            cohorts="*",
        ),
    )


@pytest.mark.parametrize(
    ("threshold", "read"),
    [
        pytest.param(
            "'{cohort}/recall/{cohort}': {cohorts: [eu], min: 1}",
            [("eu/recall/eu[min]", "eu/recall/eu", Reading())],
            id="twice-in-one-name",
        ),
        pytest.param(
            "'r/{cohort}': {cohorts: [on, 010, 1.0], min: 1}",
            [(f"r/{name}[min]", f"r/{name}", Reading()) for name in ("on", "010", "1.0")],
            id="names-as-written",
        ),
        pytest.param(
            "'r/{cohort}': {cohorts: [a, b], min: 1, confidence: 95%, samples: 'n/{cohort}'}",
            [
                (f"r/{name}[min]", f"r/{name}", Reading(confidence=Decimal("0.95"), samples=f"n/{name}"))
                for name in "ab"
            ],
            id="samples-of-each",
        ),
        pytest.param(
            "'r/{cohort}': {cohorts: [a, b], min: 1, confidence: 95%, samples: 7}",
            [
                (f"r/{name}[min]", f"r/{name}", Reading(confidence=Decimal("0.95"), samples=7))
                for name in "ab"
            ],
            id="samples-alike",
        ),
        pytest.param(
            "'r/{cohort}': [{cohorts: [a], min: 1}, {cohorts: [b], min: 2}, {cohorts: '*', min: 0}]",
            [
                ("r/a[min]", "r/a", Reading()),
                ("r/b[min]", "r/b", Reading()),
                ("r/{cohort}[min]", "r/{cohort}", Reading()),
            ],
            id="different-limits",
        ),
        pytest.param(
            "'r/{cohort}': {cohorts: ['${EU}'], min: 1}",
            [("r/eu-1[min]", "r/eu-1", Reading())],
            id="variable",
        ),
    ],
)
def test_a_cohorts_name_goes_where_its_place_is(threshold: str, read: list[tuple[str, str, Reading]]) -> None:
    """In the metric's name, and in that of the metric that counts its samples."""
    checks = load_text(f"{HEAD}  {threshold}\n", {"EU": "eu-1"}).conditions
    assert [(check.name, check.metric, check.reading) for check in checks] == read


@pytest.mark.parametrize(
    ("threshold", "problems"),
    [
        pytest.param(
            "'r/{cohort}': '>= 1'",
            [
                (
                    "4: thresholds.r/{cohort}: which cohorts {cohort} stands for is not said, "
                    "write {KEY: LIMIT, cohorts: [...]}"
                )
            ],
            id="short-form",
        ),
        pytest.param(
            "'r/{cohort}':\n    severity: warn\n    min: 1",
            [
                (
                    "6: thresholds.r/{cohort}: which cohorts {cohort} stands for is not said, "
                    "add cohorts: [...] or cohorts: '*'"
                )
            ],
            id="no-cohorts",
        ),
        pytest.param(
            "recall:\n    min: 1\n    cohorts: [eu]",
            ["6: thresholds.recall.cohorts: goes with a metric such as 'recall/{cohort}', rename it"],
            id="no-place-in-the-name",
        ),
        pytest.param(
            "recall: {max_spread: 1}",
            [
                (
                    "4: thresholds.recall.max_spread: needs a metric with {cohort} in its name and cohorts, "
                    "add them or remove this"
                )
            ],
            id="spread-of-one-metric",
        ),
        pytest.param(
            "'r/{cohort}':\n    cohorts: [eu]\n    max_spread: 1",
            ["6: thresholds.r/{cohort}.max_spread: needs two cohorts or more, add one or remove this"],
            id="spread-of-one-cohort",
        ),
        pytest.param(
            "'r/{cohort}': {cohorts: '*', max_spread: -1}",
            ["4: thresholds.r/{cohort}.max_spread: must not be negative, write 0 or more"],
            id="negative-spread",
        ),
        pytest.param(
            "'r/{cohort}': {cohorts: '*', max_spread: 5%}",
            ["4: thresholds.r/{cohort}.max_spread: '5%' is a percentage, write 0.05"],
            id="spread-in-percent",
        ),
        pytest.param(
            "'r/{cohort}': {cohorts: '*', max_spread: 1, confidence: 95%, samples: 5}",
            [
                (
                    "4: thresholds.r/{cohort}.confidence: does not go with max_spread, only with one-sided "
                    "limits; remove one of them"
                )
            ],
            id="confidence-of-a-spread",
        ),
        pytest.param(
            "'r/{cohort}':\n    min: 1\n    cohorts:\n      - eu\n      - us\n      - eu",
            ["9: thresholds.r/{cohort}.cohorts: cohort 'eu' is there twice, remove one of them"],
            id="a-cohort-twice",
        ),
        pytest.param(
            "'r/{cohort}': {min: 1, cohorts: ['a::b', 'a:b']}",
            ["4: thresholds.r/{cohort}.min: check 'r/a:b[min]' exists already (line 4), remove one of them"],
            id="two-cohorts-with-one-name",
        ),
        pytest.param(
            "'r/{cohort}': {min: 1, cohorts: ['*', '{cohort}']}",
            [
                "4: thresholds.r/{cohort}.cohorts: '*' is no cohort, write a name, or cohorts: '*' for all",
                (
                    "4: thresholds.r/{cohort}.cohorts: '{cohort}' is no cohort, "
                    "write a name, or cohorts: '*' for all"
                ),
            ],
            id="no-names",
        ),
        pytest.param(
            "'r/{cohort}': {min: 1, cohorts: eu}",
            [
                (
                    "4: thresholds.r/{cohort}.cohorts: 'eu' is no list of cohorts, "
                    "write [a, b], or '*' for all that were logged"
                )
            ],
            id="one-without-a-list",
        ),
        pytest.param(
            "'r/{cohort}': {min: 1, cohorts: []}",
            ["4: thresholds.r/{cohort}.cohorts: is empty, add at least one entry"],
            id="empty-list",
        ),
        pytest.param(
            "'r/{cohort}': {min: 1, cohorts: {eu: 1}}",
            ["4: thresholds.r/{cohort}.cohorts: must be '*' or a list, not a mapping"],
            id="mapping",
        ),
        pytest.param(
            "'r/{cohort}':\n    min: 1\n    cohorts:\n      - eu\n      -\n      - [us]",
            [
                "8: thresholds.r/{cohort}.cohorts[1]: is empty, write a value",
                "9: thresholds.r/{cohort}.cohorts[2]: must be text, not a list",
            ],
            id="items-that-are-none",
        ),
        pytest.param(
            "'r/{cohort}': {min: 1, cohorts: '*', confidence: 95%, samples: 'n/{cohort}'}",
            [
                (
                    "4: thresholds.r/{cohort}.samples: {cohort} goes with a list of cohorts only, "
                    "add cohorts: [...] or write the name out"
                )
            ],
            id="samples-of-every-cohort",
        ),
        pytest.param(
            "'r/{cohort}': {cohorts: '*', min: 1, max: 0}",
            ["4: thresholds.r/{cohort}: '<= 0' contradicts '>= 1' (line 4), no value meets both; change one"],
            id="contradiction-in-every-cohort",
        ),
        pytest.param(
            "'r/{cohort}':\n    - {cohorts: [a, b], min: 1}\n    - {cohorts: [b, c], max: 0}",
            ["6: thresholds.r/{cohort}: '<= 0' contradicts '>= 1' (line 5), no value meets both; change one"],
            id="contradiction-in-one-cohort",
        ),
        pytest.param(
            "'r/{cohort}':\n    - {cohorts: [a, b], min: 1}\n    - {cohorts: [b], min: 0}",
            ["6: thresholds.r/{cohort}[1].min: check 'r/b[min]' exists already (line 5), remove one of them"],
            id="a-cohort-in-two-lists",
        ),
    ],
)
def test_cohorts_that_make_no_sense(threshold: str, problems: list[str]) -> None:
    """A cohort is said once, by its name, and where there is a place for it."""
    assert problems_of(f"{HEAD}  {threshold}\n") == problems


def test_a_star_without_quotes_is_told_to_have_some() -> None:
    """YAML takes it for an alias."""
    assert problems_of(f"{HEAD}  'r/{{cohort}}':\n    min: 1\n    cohorts: *\n") == [
        (
            "6: not YAML: expected alphabetic or numeric character, but found '\\n' (while scanning an alias), "
            "put quotes around a text that begins with *"
        )
    ]


def test_what_belongs_to_all_cohorts_is_said_by_the_condition() -> None:
    """A condition of another package that needs cohorts is one check, without a change in this room."""
    added = replace(KEYS["max_spread"], name="max_gap", description="As max_spread.")
    text = f"{HEAD}  'r/{{cohort}}': {{cohorts: [a, b], max_gap: 1}}\n"
    (check,) = load_text(text, language=Language({**KEYS, added.name: added}, compile_words)).conditions
    assert (check.name, check.cohorts) == ("r/{cohort}[max_gap]", ("a", "b"))
