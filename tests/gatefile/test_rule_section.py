"""Rules to checks; what CEL itself takes is in the tests of its own room."""

from __future__ import annotations

from typing import NoReturn

import pytest

from pytest_mlflow_gate.checks.kinds import KEYS, language
from pytest_mlflow_gate.gatefile.declared import Rule
from pytest_mlflow_gate.gatefile.language import ExpressionProblem, Language
from tests.gatefile.loading import EITHER_PARSER, compile_words, load_text, problems_of

HEAD = "candidate: {run_id: abc}\nrules:\n"
PROBLEM = "unexpected '!!' in 'b !!', remove it"


def test_short_and_long_form() -> None:
    """A rule is one check, in the order of the file, behind the thresholds wherever they stand."""
    text = (
        f"{HEAD}  no-overfit: metrics.a < 0.05\n  cheap:\n    reason: costs\n      money\n    severity: warn\n"
        "    expr: |\n      metrics.b\n        < ${MOST:-3}\nthresholds: {f1: '>= 1'}\n"
    )
    gate = load_text(text)
    assert [check.name for check in gate.checks] == ["f1[min]", "rules[no-overfit]", "rules[cheap:warn]"]
    assert gate.checks[1:] == (
        Rule("rules[no-overfit]", compile_words("metrics.a < 0.05"), "fail", None, 3),
        Rule("rules[cheap:warn]", compile_words("metrics.b\n  < 3"), "warn", "costs money", 8),
    )


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        pytest.param("  r: b !!\n", [f"3: rules.r: {PROBLEM}"], id="short"),
        pytest.param("  r:\n    b !!\n", [f"4: rules.r: {PROBLEM}"], id="short-on-the-next-line"),
        pytest.param("  r: {severity: warn, expr: b !!}\n", [f"3: rules.r.expr: {PROBLEM}"], id="long"),
        pytest.param(
            "  r:\n    severity: warn\n    expr: b !!\n", [f"5: rules.r.expr: {PROBLEM}"], id="long-b"
        ),
        pytest.param("  r: |\n    a\n    b !!\n    c\n", [f"5: rules.r: {PROBLEM}"], id="block"),
        pytest.param("  r: |-2\n    a\n\n    b !!\n", [f"6: rules.r: {PROBLEM}"], id="block-with-indicators"),
        pytest.param(
            "  r: # why\n    |\n    a\n    b !!\n", [f"6: rules.r: {PROBLEM}"], id="block-below-a-comment"
        ),
        pytest.param(
            "  r:\n    expr: |\n      a\n      b !!\n",
            [f"6: rules.r.expr: {PROBLEM}"],
            id="block-in-long-form",
        ),
        pytest.param("  r: >\n    b\n    !!\n", [f"4: rules.r: {PROBLEM}"], id="folded-block-begins"),
        pytest.param('  r: "a\\nb !!"\n', [f"3: rules.r: {PROBLEM}"], id="escaped-line-break"),
        pytest.param(
            "  q: &bad b !!\n  r: *bad\n",
            [f"3: rules.q: {PROBLEM}", f"3: rules.r: {PROBLEM}"],
            id="by-an-alias",
        ),
        pytest.param(
            "  q: b !!\n  r: 'a!!'\n",
            [f"3: rules.q: {PROBLEM}", "4: rules.r: unexpected '!!' in 'a!!', remove it"],
            id="each-of-them",
        ),
        pytest.param(
            "  r: {severity: warn}\n", ["3: rules.r: missing key 'expr', add it"], id="no-expression"
        ),
        pytest.param(
            "  r: {exp: a, severity: never}\n",
            [
                "3: rules.r.severity: 'never' is unknown, write fail or warn",
                "3: rules.r: missing key 'expr', add it",
                "3: rules.r: unknown key 'exp', did you mean 'expr'?",
            ],
            id="misspelt",
        ),
        pytest.param(
            "  r:\n  s: ''\n  t: []\n  u: {expr: {}}\n",
            [
                "3: rules.r: is empty, write a value",
                "4: rules.s: is empty, write a value",
                "5: rules.t: must be text or a mapping, not a list",
                "6: rules.u.expr: must be text, not a mapping",
            ],
            id="values-of-another-kind",
        ),
        pytest.param(
            "  'a::b': x\n  'a:b': y\n",
            ["4: rules.a:b: check 'rules[a:b]' exists already (line 3), remove one of them"],
            id="two-of-one-name",
        ),
        pytest.param(
            "  r: baseline.x > 1\n",
            [
                (
                    "3: rules.r: compares with a baseline, and there is none: "
                    "add baseline: {model: NAME, alias: champion}"
                )
            ],
            id="baseline-that-is-none",
        ),
    ],
)
@EITHER_PARSER
def test_rules_that_make_no_sense(rules: str, problems: list[str], parser: str) -> None:
    """A mistake is told with the line on which it stands, as far as YAML keeps lines."""
    assert problems_of(HEAD + rules, parser=parser) == problems


def test_a_rule_does_not_repeat_the_name_of_a_condition() -> None:
    """A metric may be called rules, and then its conditions have their names first."""
    text = f"{HEAD}  min: a\nthresholds: {{rules: '>= 1'}}\n"
    assert problems_of(text) == [
        "3: rules.min: check 'rules[min]' exists already (line 4), remove one of them"
    ]


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        pytest.param(
            "  r: |\n    a\n    < ${SECRET}\n",
            ["4: rules.r: the value of 'a\\n< ${SECRET}\\n' is no expression, check SECRET"],
            id="secret",
        ),
        pytest.param(
            "  r: {expr: '${SECRET} < ${OTHER:-1}'}\n",
            ["3: rules.r.expr: the value of '${SECRET} < ${OTHER:-1}' is no expression, check SECRET, OTHER"],
            id="two-variables",
        ),
    ],
)
def test_what_a_variable_holds_is_not_shown(rules: str, problems: list[str]) -> None:
    """A message about an expression quotes it, and a variable may hold a secret by mistake."""
    assert problems_of(HEAD + rules, {"SECRET": "hunter\n2!!"}) == problems


def test_a_library_that_is_not_there_is_said_in_every_case() -> None:
    """Nobody looks into variables when no expression can be read at all."""

    def compile_nothing(_text: str) -> NoReturn:
        raise ExpressionProblem("rules need the package x: pip install x")

    without = Language(KEYS, compile_nothing)
    assert problems_of(f"{HEAD}  q: a\n  r: ${{X}}\n", {"X": "1"}, language=without) == [
        "3: rules.q: rules need the package x: pip install x",
        "4: rules.r: rules need the package x: pip install x",
    ]


def test_a_mistake_in_cel_has_its_line() -> None:
    """The row that CEL's library names is counted from where the text begins."""
    pytest.importorskip("cel", reason="CEL's library needs Python 3.11")
    text = f"{HEAD}  r:\n    severity: warn\n    expr: |\n      metrics.a > 1.0\n      && metrics.b >> 2.0\n"
    (problem,) = problems_of(text, language=language())
    assert problem.startswith("7: rules.r.expr: ")
