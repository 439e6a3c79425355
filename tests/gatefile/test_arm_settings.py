"""Online arms: what counts the trials, and who else takes part."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.declared import Arms, Check
from tests.gatefile.loading import load_text, problems_of

HEAD = "promote: {model: m, alias: champion}\ncandidate: {run_id: abc}\nthresholds:\n"


def test_each_condition_on_arms_knows_them() -> None:
    """Trials and arms go to the conditions that compare arms, and to no other of the same threshold."""
    text = (
        f"{HEAD}  conversions:\n    trials: impressions\n    min_probability_best: 95%\n"
        "    max_value_remaining: 0.01\n    arms: [challenger-b, '${ARM}']\n    min: 100\n"
    )
    arms = Arms("impressions", ("challenger-b", "c"))
    zero = Decimal(0)
    limits = [("min_probability_best", "0.95", 6, arms), ("max_value_remaining", "0.01", 7, arms)]
    assert load_text(text, {"ARM": "c"}).checks == tuple(
        Check(
            f"conversions[{key}]",
            "conversions",
            KEYS[key],
            Decimal(limit),
            zero,
            "fail",
            None,
            line,
            arms=has,
        )
        for key, limit, line, has in [*limits, ("min", "100", 9, None)]
    )


@pytest.mark.parametrize(
    ("keys", "problems"),
    [
        pytest.param(
            "{min_probability_best: 95%, max_value_remaining: 1%}",
            [
                (
                    "4: thresholds.c.min_probability_best: needs the metric that counts the trials, "
                    "add trials: METRIC"
                )
            ],
            id="out-of-how-many",
        ),
        pytest.param(
            "\n    min: 1\n    trials: n\n    arms: [b]",
            [
                f"{line}: thresholds.c.{key}: goes with min_probability_best and max_value_remaining only, "
                "add one or remove this"
                for line, key in ((6, "trials"), (7, "arms"))
            ],
            id="nothing-compares-arms",
        ),
        pytest.param(
            "{min_probability_best: 95%, trials: c}",
            ["4: thresholds.c.trials: is the metric itself, name the one that counts the trials"],
            id="trials-are-successes",
        ),
        pytest.param(
            "\n    min_probability_best: 95%\n    trials: n\n    arms:\n    - b\n    - c\n    - b",
            ["10: thresholds.c.arms: arm 'b' is there twice, remove one of them"],
            id="an-arm-twice",
        ),
        pytest.param(
            "{min_probability_best: 95%, trials: n, arms: [latest, '@b']}",
            [
                "4: thresholds.c.arms[0]: 'latest' is reserved by MLflow, choose another alias",
                "4: thresholds.c.arms[1]: '@b' is no alias, use up to 255 letters, digits, '_' and '-'",
            ],
            id="no-aliases",
        ),
        pytest.param(
            "{min_probability_best: 95%, trials: n, arms: b}",
            ["4: thresholds.c.arms: must be a list, not text"],
            id="no-list",
        ),
        pytest.param(
            "{max_value_remaining: 1%, trials: n, arms: []}",
            ["4: thresholds.c.arms: is empty, add at least one entry"],
            id="empty-list",
        ),
        pytest.param(
            "\n    max_value_remaining: 1%\n    trials: n\n    over: last\n    dataset: d\n"
            "    confidence: 95%\n    samples: 5",
            [
                "7: thresholds.c.over: does not go with max_value_remaining, remove one of them",
                "8: thresholds.c.dataset: does not go with max_value_remaining, remove one of them",
                (
                    "9: thresholds.c.confidence: does not go with max_value_remaining, only with one-sided limits; "
                    "remove one of them"
                ),
            ],
            id="settings-of-a-single-value",
        ),
        *(
            pytest.param(
                f"{{{key}: {text}, trials: n}}",
                [
                    f"4: thresholds.c.{key}: '{text}' is no share between 0 and 1, write one such as 95% or 0.95"
                ],
                id=f"{key}-{text}",
            )
            for key, text in (
                ("min_probability_best", "95"),
                ("min_probability_best", "1"),
                ("max_value_remaining", "0%"),
                ("max_value_remaining", "-1%"),
            )
        ),
    ],
)
def test_arms_that_make_no_sense(keys: str, problems: list[str]) -> None:
    """Successes are counted out of trials, every arm takes part once, and a share is between 0 and 1."""
    assert problems_of(f"{HEAD}  c: {keys}\n") == problems


def test_arms_of_cohorts_are_written_out() -> None:
    """The trials of a cohort have a name of their own, which one key could not say."""
    keys = "{cohorts: [a], min_probability_best: 95%, trials: n}"
    assert problems_of(f"{HEAD}  'c/{{cohort}}': {keys}\n") == [
        (
            "4: thresholds.c/{cohort}.cohorts: does not go with min_probability_best, "
            "write each cohort's metric out"
        )
    ]
