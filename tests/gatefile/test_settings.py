"""What a threshold says beside its conditions: history, dataset, confidence, tolerance."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.declared import Check, Reading
from tests.gatefile.loading import load_text, problems_of

HEAD = "promote: {model: m, alias: champion}\ncandidate: {run_id: abc}\nthresholds:\n"
REPLICATED = HEAD.replace("abc", "abc, replicates: parent")


def _check(condition: str, limit: str, reading: Reading, **changes: object) -> Check:
    made = Check(f"f1[{condition}]", "f1", KEYS[condition], Decimal(limit), Decimal(0), "fail", None, 4)
    return made._replace(reading=reading, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("head", "keys", "check"),
    [
        *(
            pytest.param(HEAD, f"min: 1, over: {over}", _check("min", "1", Reading(over=over)), id=over)
            for over in ("last", "first", "min", "max", "mean")
        ),
        pytest.param(
            HEAD, "min: 1, dataset: hold out", _check("min", "1", Reading(dataset="hold out")), id="dataset"
        ),
        pytest.param(
            HEAD,
            "dataset: d, over: last, max: 1",
            _check("max", "1", Reading(dataset="d")),
            id="dataset-and-last",
        ),
        pytest.param(
            HEAD,
            "min: 0.9, confidence: 95%, samples: 500",
            _check("min", "0.9", Reading(confidence=Decimal("0.95"), samples=500)),
            id="wilson-with-a-number",
        ),
        pytest.param(
            HEAD,
            "max: 0.9, confidence: 0.990, samples: n_test, over: max",
            _check("max", "0.9", Reading("max", confidence=Decimal("0.990"), samples="n_test")),
            id="wilson-with-a-metric",
        ),
        pytest.param(
            HEAD,
            "above: 0.9, confidence: 90 %, samples: n, dataset: d",
            _check("above", "0.9", Reading(dataset="d", confidence=Decimal("0.9"), samples="n")),
            id="wilson-of-a-dataset",
        ),
        pytest.param(
            REPLICATED,
            "below: 3, confidence: 99.9%",
            _check("below", "3", Reading(confidence=Decimal("0.999"))),
            id="replicates",
        ),
        pytest.param(
            HEAD,
            "max_drop: 0.01, confidence: 95%, samples: 9",
            _check("max_drop", "0.01", Reading(confidence=Decimal("0.95"), samples=9)),
            id="change-with-confidence",
        ),
        pytest.param(
            HEAD,
            "max_drop: 2 %, over: mean, severity: warn, reason: r",
            _check(
                "max_drop",
                "2",
                Reading("mean"),
                percent=True,
                severity="warn",
                reason="r",
                name="f1[max_drop:warn]",
            ),
            id="change-in-percent",
        ),
        pytest.param(HEAD, "min_rise: 0", _check("min_rise", "0", Reading()), id="no-change-is-a-limit"),
        pytest.param(
            HEAD,
            "equals: 1, tolerance: 0.5",
            _check("equals", "1", Reading(), tolerance=Decimal("0.5")),
            id="t",
        ),
    ],
)
def test_a_setting_becomes_part_of_the_check(head: str, keys: str, check: Check) -> None:
    """How a metric becomes a value is said by the threshold, and its checks carry all of it."""
    assert load_text(f"{head}  f1: {{{keys}}}\n").checks == (check,)


@pytest.mark.parametrize(
    ("head", "keys", "problems"),
    [
        pytest.param(
            HEAD,
            "{min: 1, over: median}",
            ["4: thresholds.f1.over: 'median' is unknown, write last, min, max, mean or first"],
            id="unknown-aggregate",
        ),
        pytest.param(
            HEAD,
            "\n    min: 1\n    dataset: d\n    over: max",
            ["7: thresholds.f1.over: does not go with dataset, which has one value; remove one of them"],
            id="history-of-a-dataset",
        ),
        pytest.param(
            HEAD,
            "\n    min: 1\n    confidence: 95%",
            [
                (
                    "6: thresholds.f1.confidence: needs samples (for a proportion) or candidate.replicates "
                    "(for a mean), add one of them"
                )
            ],
            id="confidence-of-what",
        ),
        pytest.param(
            HEAD,
            "\n    min: 1\n    samples: 5",
            ["6: thresholds.f1.samples: goes with confidence only, add that or remove this"],
            id="samples-without-confidence",
        ),
        pytest.param(
            HEAD,
            "\n    equals: 1\n    min: 0\n    confidence: 95%\n    samples: 5",
            [
                (
                    "7: thresholds.f1.confidence: does not go with equals, only with one-sided limits; "
                    "remove one of them"
                )
            ],
            id="confidence-of-equals",
        ),
        *(
            pytest.param(
                HEAD,
                f"{{min: 1, confidence: {text}, samples: 5}}",
                [
                    (
                        f"4: thresholds.f1.confidence: '{text}' is no share between 0 and 1, "
                        "write one such as 95% or 0.95"
                    )
                ],
                id=name,
            )
            for name, text in {
                "percent-sign-forgotten": "95",
                "certain": "100%",
                "nothing": "0",
                "negative-share": "-5%",
                "one-in-floats": "0.99999999999999999",
            }.items()
        ),
        *(
            pytest.param(
                HEAD,
                f"{{min: 1, confidence: 95%, samples: {text}}}",
                [
                    (
                        f"4: thresholds.f1.samples: '{text}' is no number of samples, "
                        "write a whole number from 1 to 999999999, or a metric's name"
                    )
                ],
                id=name,
            )
            for name, text in {
                "none": "0",
                "fraction": "1.5",
                "minus": "-3",
                "too-many": "1000000000",
            }.items()
        ),
        pytest.param(
            HEAD,
            "{min: 0.9, confidence: 95%, samples: f1}",
            ["4: thresholds.f1.samples: is the metric itself, name the one that counts the samples"],
            id="samples-are-the-metric",
        ),
        pytest.param(
            HEAD,
            "{min: 0.9, confidence: 95%, samples: 'n/{cohort}'}",
            [
                (
                    "4: thresholds.f1.samples: {cohort} goes with a list of cohorts only, add cohorts: [...] or "
                    "write the name out"
                )
            ],
            id="samples-of-no-cohort",
        ),
        pytest.param(
            REPLICATED,
            "\n    min: 1\n    confidence: 95%\n    over: max",
            [
                "7: thresholds.f1.over: does not go with a confidence over replicates, remove it or add samples"
            ],
            id="history-of-replicates",
        ),
        pytest.param(
            REPLICATED,
            "\n    min: 1\n    confidence: 95%\n    dataset: d",
            [
                (
                    "7: thresholds.f1.dataset: does not go with a confidence over replicates, "
                    "remove it or add samples"
                )
            ],
            id="dataset-of-replicates",
        ),
        *(
            pytest.param(
                HEAD,
                f"{{{key}: {text}}}",
                [
                    (
                        f"4: thresholds.f1.{key}: '{text}' must not be negative, the key says the direction; "
                        "write 0 or more"
                    )
                ],
                id=f"negative-{key}",
            )
            for key, text in {
                "max_drop": "-0.01",
                "max_rise": "-2%",
                "min_rise": "-1",
                "min_drop": "-0",
            }.items()
        ),
        *(
            pytest.param(
                HEAD,
                f"{{{key}: 5%}}",
                [f"4: thresholds.f1.{key}: '5%' is a percentage, write 0.05"],
                id=f"{key}-in-percent",
            )
            for key in ("min", "max", "above", "below", "equals")
        ),
        pytest.param(
            HEAD,
            "{equals: 1, tolerance: 5%}",
            ["4: thresholds.f1.tolerance: '5%' is a percentage, write 0.05"],
            id="tolerance-in-percent",
        ),
        pytest.param(
            HEAD,
            "{max_drop: 5%%}",
            ["4: thresholds.f1.max_drop: '5%%' is not a decimal number, write one such as 0.92 or 1e-3"],
            id="percent-of-percent",
        ),
        pytest.param(
            HEAD,
            "{max_drop: 1, tolerance: 1}",
            ["4: thresholds.f1.tolerance: goes with equals only, add that or remove this"],
            id="tolerance-of-a-change",
        ),
        pytest.param(
            HEAD,
            "{min: 1, dataset: , over: [], confidence: {}, samples: ~}",
            [
                "4: thresholds.f1.confidence: must be a share such as 95% or 0.95, not a mapping",
                "4: thresholds.f1.dataset: is empty, write a value",
                "4: thresholds.f1.over: must be last, min, max, mean or first, not a list",
                "4: thresholds.f1.samples: is empty, write a value",
            ],
            id="values-of-another-kind",
        ),
    ],
)
def test_settings_that_make_no_sense(head: str, keys: str, problems: list[str]) -> None:
    """What would be ignored, or could never be judged, is refused with its line."""
    assert problems_of(f"{head}  f1: {keys}\n") == problems


def test_a_metric_of_several_datasets() -> None:
    """Limits for several datasets have names that tell them apart; one dataset alone changes no name."""
    checks = load_text(
        f"{HEAD}  f1:\n    - '>= 1'\n    - {{min: 2, dataset: holdout}}\n    - {{min: 3, dataset: 'a[b]'}}\n"
        "  auc: [{min: 1, dataset: holdout}, {max: 2, dataset: holdout}]\n"
    ).conditions
    assert [(check.name, check.metric, check.reading.dataset) for check in checks] == [
        ("f1[min]", "f1", None),
        ("f1@holdout[min]", "f1", "holdout"),
        ("f1@a(b)[min]", "f1", "a[b]"),
        ("auc[min]", "auc", "holdout"),
        ("auc[max]", "auc", "holdout"),
    ]


def test_one_dataset_has_each_condition_once() -> None:
    """The dataset's name in a check's name does not hide a second one."""
    text = f"{HEAD}  f1: [{{min: 1, dataset: a}}, {{min: 2, dataset: b}}, {{min: 3, dataset: a}}]\n"
    assert problems_of(text) == [
        "4: thresholds.f1[2].min: check 'f1@a[min]' exists already (line 4), remove one of them"
    ]
