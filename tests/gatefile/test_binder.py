"""Keys, duplicates, merges and kinds of values: every mistake of a file with its line."""

from __future__ import annotations

import pytest

from tests.gatefile.loading import EITHER_PARSER, load_text, problems_of

GATE = "candidate:\n  run_id: abc\nthresholds:\n  accuracy: '>= 0.9'\n"
KNOWN = "name, description, tracking_uri, registry_uri, report, wait, candidate, baseline, thresholds, rules, promote"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param(
            "name: churn\n",
            ["1: missing key 'candidate', add it", "1: missing key 'thresholds', add it (or rules)"],
            id="missing-keys",
        ),
        pytest.param(
            "candidate:\nthresholds:\n",
            [
                "1: candidate: is empty, add at least one entry",
                "2: thresholds: is empty, add at least one entry",
            ],
            id="nothing-below-a-key",
        ),
        pytest.param(
            "candidate: {run_id: a}\nthresholds: {}\n",
            ["2: thresholds: is empty, add at least one entry"],
            id="no-thresholds",
        ),
        pytest.param(
            "candidate: {run_id: a}\nthresholds:\n  a: []\n",
            ["3: thresholds.a: is empty, add at least one entry"],
            id="empty-list",
        ),
        pytest.param(
            f"{GATE}treshold: 1\n", ["5: unknown key 'treshold', did you mean 'thresholds'?"], id="misspelt"
        ),
        pytest.param(f"{GATE}x: 1\n", [f"5: unknown key 'x', known are {KNOWN}"], id="unknown"),
        pytest.param(
            "candidate: {run_id: a}\nthresholds:\n  f1: {zz: 1, min: 1}\n",
            [
                (
                    "3: thresholds.f1: unknown condition 'zz', known are min, max, above, below, equals, "
                    "max_drop, max_rise, min_rise, min_drop, max_spread, min_probability_best, "
                    "max_value_remaining, severity, reason, tolerance, over, dataset, confidence, samples, cohorts, "
                    "trials, arms"
                )
            ],
            id="unknown-condition",
        ),
        pytest.param(
            f"{GATE}report: html\n",
            ["5: report: 'html' is unknown, write none or artifact"],
            id="unknown-word",
        ),
        pytest.param(
            f"{GATE}? http://user:secret@host\n: 1\n",
            [f"5: unknown key 'http://***@host', known are {KNOWN}"],
            id="credentials-are-masked",
        ),
        pytest.param(
            "candidate:\n  runid: abc\nthresholds:\n  f1: {minimum: 0.9}\n",
            [
                "2: candidate: unknown key 'runid', did you mean 'run_id'?",
                "4: thresholds.f1: unknown condition 'minimum', did you mean 'min'?",
            ],
            id="deeper-keys",
        ),
        pytest.param(
            f"{GATE}  f1: '>= 1'\n  accuracy: '<= 1'\n",
            ["6: thresholds: duplicate key 'accuracy' (first on line 4), remove one of them"],
            id="duplicate-metric",
        ),
        pytest.param(
            f"{GATE}candidate: {{run_id: b}}\n",
            ["5: duplicate key 'candidate' (first on line 1), remove one of them"],
            id="duplicate-section",
        ),
        pytest.param(
            f"{GATE}'': 1\n? [a]\n: 1\n" + '"a\\nb": 1\n',
            [
                "5: a key must not be empty, write a name",
                "6: a key must be text, put it in quotes",
                "8: key 'a\\nb' holds a line break or control character, remove it",
            ],
            id="keys-that-are-none",
        ),
        pytest.param(
            "candidate: []\nthresholds: '>= 1'\npromote: true\nname: {a: b}\nwait: [1s]\n",
            [
                "1: candidate: must be a mapping, not a list",
                "2: thresholds: must be a mapping, not text",
                "3: promote: must be a mapping, not text",
                "4: name: must be text, not a mapping",
                "5: wait: must be a duration, not a list",
            ],
            id="wrong-kinds",
        ),
        pytest.param(
            "candidate: {run_id: a}\nthresholds:\n  a:\n    - [1]\n    - {min: [1], severity: {}}\n",
            [
                "4: thresholds.a[0]: must be a condition such as '>= 0.92' or a mapping, not a list",
                "5: thresholds.a[1].min: must be a number, not a list",
                "5: thresholds.a[1].severity: must be fail or warn, not a mapping",
            ],
            id="wrong-kinds-in-a-list",
        ),
        pytest.param(
            "candidate:\n  run_id:\nthresholds:\n  a: ''\n  b: {min: ~, reason: ' '}\n",
            [
                "2: candidate.run_id: is empty, write a value",
                "4: thresholds.a: is empty, write a value",
                "5: thresholds.b.min: is empty, write a value",
                "5: thresholds.b.reason: is empty, write a value",
            ],
            id="empty-values",
        ),
        pytest.param(
            "candidate:\n  run_id: ${UNSET:-}\nthresholds:\n  a: '${A:-}${B:-}'\n",
            [
                (
                    "2: candidate.run_id: is empty because environment variable UNSET is empty or not set, "
                    "write a value"
                ),
                "4: thresholds.a: is empty because environment variable A, B is empty or not set, write a value",
            ],
            id="empty-through-a-variable",
        ),
        pytest.param(
            "candidate:\n  run_id: ${RUN_ID}\nthresholds:\n  a: 0.92\n  f1:\n    max: 2%\n    min: .nan\n"
            "wait: 30\n",
            [
                "2: candidate.run_id: environment variable RUN_ID is not set; set it or write ${RUN_ID:-default}",
                "4: thresholds.a: '0.92' is a bare number, write '>= 0.92'",
                "6: thresholds.f1.max: '2%' is a percentage, write 0.02",
                "7: thresholds.f1.min: '.nan' is no limit, write a finite number such as 0.92",
                "8: wait: '30' is no duration, write a whole number with its unit: 30s, 10m, 24h or 7d",
            ],
            id="all-mistakes-at-once",
        ),
        pytest.param(
            f"{GATE}<<: 3\n",
            ["5: '<<' merges a mapping or a list of mappings, not text; name one with an anchor"],
            id="merge-of-text",
        ),
        pytest.param(
            f"{GATE}'<<': {{name: a}}\n", [f"5: unknown key '<<', known are {KNOWN}"], id="quoted-merge-key"
        ),
    ],
)
@EITHER_PARSER
def test_every_mistake_has_its_line(text: str, problems: list[str], parser: str) -> None:
    """All problems of a file come at once, each with line, key path, problem and remedy."""
    assert problems_of(text, parser=parser) == problems


@EITHER_PARSER
def test_anchors_and_merges_work(parser: str) -> None:
    """An alias repeats a value, a merge adds keys, and a key that is written itself wins."""
    text = """
candidate: {run_id: abc}
thresholds:
  precision: &strict
    min: 0.9
    severity: warn
    reason: contract
  recall: *strict
  f1:
    <<: *strict
    min: 0.8
  auc:
    <<: [{max: 1}, *strict, {max: 3}]
    severity: fail
"""
    checks = load_text(text, parser=parser).conditions
    assert [(check.name, str(check.limit), check.reason, check.line) for check in checks] == [
        ("precision[min:warn]", "0.9", "contract", 5),
        ("recall[min:warn]", "0.9", "contract", 5),
        ("f1[min:warn]", "0.8", "contract", 11),
        ("auc[min]", "0.9", "contract", 5),
        ("auc[max]", "1", "contract", 13),
    ]


@EITHER_PARSER
def test_texts_are_taken_as_written(parser: str) -> None:
    """No text becomes a number, a date or a boolean on its way, in values and in keys."""
    text = "candidate: {experiment: 2024-01-01}\nthresholds: {on: '>= 1', 010: '> 1', null: '< 1'}\n"
    gate = load_text(
        f"{text}promote: {{model: 1e3, alias: no, tags: {{1.0: yes, b: 0x1f}}}}\n", parser=parser
    )
    assert [check.metric for check in gate.conditions] == ["on", "010", "null"]
    assert gate.promotion
    assert (gate.promotion.model, gate.promotion.alias) == ("1e3", "no")
    assert gate.promotion.tags == (("1.0", "yes"), ("b", "0x1f"))


def test_a_block_text_loses_its_last_line_break() -> None:
    """``>`` and ``|`` end every text with one, which is no part of a name."""
    gate = load_text("candidate:\n  run_id: |\n    abc\nthresholds: {a: '>= 1'}\nname: >\n  two\n  words\n")
    assert gate.name == "two words"
