"""Rules: what an expression means, what it names, and what it can never do."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlflow_gate.checks import expressions
from pytest_mlflow_gate.checks.expressions import ExpressionError, compile_expression, evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping

pytest.importorskip("cel", reason="rules need common-expression-language, which needs Python 3.11")

METRICS = {"accuracy": 0.93, "train_accuracy": 0.95, "recall/eu": 0.81, "n": 100.0, "cost": 2.0, "zero": 0.0}
BASELINE = {"accuracy": 0.9, "cost": 3.0, "zero": 0.0}
PARAMS = {"key": "recall/eu", "depth": "12", "data_rev": "v3"}
TAGS = {"phase": "eval", "mlflow.user": "ann"}
CALLS = "it may call all, contains, double, endsWith, exists, exists_one, has, int, matches, size, startsWith, string"
READS = "a rule reads metrics, baseline, params and tags"
QUOTES = "a text has one pair of quotes, closed in the same line, and no letter but r before them"


def judge(
    text: str, metrics: Mapping[str, float] = METRICS, baseline: Mapping[str, float] = BASELINE
) -> bool | str:
    """Return what *text* evaluates to, or why it does not."""
    try:
        return evaluate(compile_expression(text), metrics, baseline, PARAMS, TAGS)
    except ExpressionError as error:
        return str(error)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        pytest.param("metrics.train_accuracy - metrics.accuracy < 0.05", True, id="difference"),
        pytest.param('metrics["recall/eu"] > 0.8', True, id="name-with-slash"),
        pytest.param(r"metrics[r'recall/eu'] > 0.8", True, id="raw-name"),
        pytest.param("metrics.cost < baseline.cost || metrics.accuracy > 1.0", True, id="or"),
        pytest.param("metrics.cost > baseline.cost", False, id="does-not-hold"),
        pytest.param("metrics.n > 99", True, id="above-a-whole-number"),
        pytest.param("metrics.n > 100", False, id="not-above-itself"),
        pytest.param("metrics.n == 100", True, id="equals-a-whole-number"),
        pytest.param("metrics.n in [100, 200]", True, id="one-of-whole-numbers"),
        pytest.param("metrics.cost / baseline.cost < 0.7", True, id="ratio"),
        pytest.param("12.0 / metrics.cost / -(1.0 / 2.0) == -12.0", True, id="division-keeps-its-order"),
        pytest.param("1.0 / metrics[params.key] > 1.2", True, id="divided-by-an-indexed-name"),
        pytest.param("metrics.n / double(params.depth) > 8.0", True, id="divided-by-a-call"),
        pytest.param("params.data_rev == 'v3' && tags.phase == 'eval'", True, id="params-and-tags"),
        pytest.param("tags['mlflow.user'].startsWith('a')", True, id="text-function"),
        pytest.param("int(params.depth) <= 12", True, id="param-as-number"),
        pytest.param("params.data_rev.matches('^v[0-9]+$')", True, id="regular-expression"),
        pytest.param("metrics[params.key] > 0.8", True, id="name-from-a-param"),
        pytest.param("metrics.all(m, metrics[m] < 101)", True, id="all"),
        pytest.param("['eu'].exists(c, metrics['recall/' + c] > 0.8)", True, id="exists-in-a-list"),
        pytest.param("metrics.size() == 6", True, id="how-many"),
        pytest.param("has(metrics.f1)", False, id="has-not"),
        pytest.param("!has(metrics.f1) || metrics.f1 > 0.8", True, id="optional"),
        pytest.param("has(metrics.cost) && metrics.cost < 3", True, id="optional-and-there"),
        pytest.param("!('recall/us' in metrics) || metrics['recall/us'] > 1", True, id="optional-with-slash"),
        pytest.param("metrics.zero != 0.0 && 1.0 / metrics.zero > 1.0", False, id="guarded-division"),
        pytest.param("metrics.cost > 1 // enough\n  && true", True, id="two-lines-and-a-comment"),
        pytest.param("metrics.cost > 1 ? true : metrics.cost > 0", True, id="conditional"),
    ],
)
def test_an_expression_is_true_or_false(text: str, holds: bool) -> None:
    """CEL as its language definition has it, over the run's doubles and texts."""
    assert judge(text) is holds


@pytest.mark.parametrize(
    ("text", "metrics", "uses_baseline"),
    [
        pytest.param("metrics.a > 1 && metrics['b/c'] > 1", {"a", "b/c"}, False, id="dot-and-brackets"),
        pytest.param("metrics.a < baseline.b", {"a"}, True, id="a-baseline-is-no-metric"),
        pytest.param("has(metrics.a) || 'b/c' in metrics", {"a", "b/c"}, False, id="asked-for"),
        pytest.param("has(baseline.a)", set(), True, id="only-asked-of-the-baseline"),
        pytest.param("'a' in baseline", set(), True, id="only-in-the-baseline"),
        pytest.param("params.baseline == 'metrics.a'", set(), False, id="not-in-texts-and-members"),
        pytest.param("metrics.all(m, baseline[m] < metrics[m])", set(), True, id="walked"),
        pytest.param("true // baseline.a", set(), False, id="not-in-comments"),
    ],
)
def test_names_are_known_before_anything_is_judged(text: str, metrics: set[str], uses_baseline: bool) -> None:
    """A session waits for late metrics, and looks for a baseline, only where an expression asks for them."""
    expression = compile_expression(text)
    assert (set(expression.metrics), expression.uses_baseline) == (metrics, uses_baseline)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        pytest.param("", 0, "it ends where something is still missing", id="empty"),
        pytest.param("metrics.a >", 0, "it ends where something is still missing", id="half"),
        pytest.param("(true", 0, "it ends where something is still missing", id="open-bracket"),
        pytest.param("true)", 0, "unexpected ')' at character 5", id="closing-bracket"),
        pytest.param("true &&\n  metrics.a > 1 1", 1, "unexpected '1' at character 17", id="second-line"),
        pytest.param("tags.a == 'é'\n== 'é' 1", 1, "unexpected '1' at character 8", id="not-bytes"),
        pytest.param("metrics.a > 1 and true", 0, "unexpected 'and' at character 15, write '&&'", id="and"),
        pytest.param("metrics.a = 1", 0, "unexpected '=' at character 11, write '=='", id="assignment"),
        pytest.param("true\n| false", 1, "unexpected '|' at character 1, write '||'", id="one-bar"),
        pytest.param("tags.a == 'b' 's3cret'", 0, "unexpected text at character 15", id="text-not-quoted"),
        pytest.param(
            "9223372036854775808 > 1", 0, "unexpected '9223372036854775808' at character 1", id="large"
        ),
        pytest.param("'abc", 0, QUOTES, id="open-text"),
        pytest.param("'''abc''' == ''", 0, QUOTES, id="three-quotes"),
        pytest.param("b'abc' == b''", 0, QUOTES, id="bytes"),
        pytest.param("true //\r|| metrics.a > 1", 0, r"unexpected '\r' at character 8", id="carriage-return"),
        pytest.param("true &&\nacc > 1", 1, f"unknown name 'acc'; {READS}", id="name"),
        pytest.param("metric.a > 1", 0, "unknown name 'metric', did you mean 'metrics'?", id="close-name"),
        pytest.param("True", 0, "unknown name 'True', did you mean 'true'?", id="python"),
        pytest.param(
            "metrics.recall/eu > 1",
            0,
            "unknown name 'eu'; if it is part of a name, write metrics[\"recall/eu\"]",
            id="slash-in-a-name",
        ),
        pytest.param(
            "baseline.f1-score > 1",
            0,
            "unknown name 'score'; if it is part of a name, write baseline[\"f1-score\"]",
            id="hyphen-in-a-name",
        ),
        pytest.param(".metrics.a > 1", 0, f"unknown name '.metrics'; {READS}", id="leading-dot"),
        pytest.param("[1].all(m, true) && m", 0, f"unknown name 'm'; {READS}", id="element-used-outside"),
        pytest.param(
            "[1].all(tags, true)", 0, "'tags' cannot name what all() walks over: write x", id="element"
        ),
        pytest.param("abs(metrics.a) > 1", 0, f"a rule cannot call 'abs'; {CALLS}", id="function"),
        pytest.param("metrics.map(m, m) == []", 0, f"a rule cannot call 'map'; {CALLS}", id="map"),
        pytest.param("gate_divisor(1) == 1", 0, f"a rule cannot call 'gate_divisor'; {CALLS}", id="our-own"),
        pytest.param(
            "metrics == baseline",
            0,
            'metrics cannot stand alone: write metrics.name, metrics["name"] or metrics.size()',
            id="alone",
        ),
        pytest.param(
            "(tags).a == ''",
            0,
            'tags cannot stand alone: write tags.name, tags["name"] or tags.size()',
            id="hidden-in-brackets",
        ),
        pytest.param(
            "has(metrics['a/b'])",
            0,
            "has() takes a name behind a dot; for others write '\"recall/eu\" in metrics'",
            id="has-with-brackets",
        ),
        pytest.param(
            r"metrics['a\x41'] > 1",
            0,
            "a name in quotes has no backslash: write it as it is logged",
            id="escaped-name",
        ),
        pytest.param(
            "true &&\n[1].all(a,\n[1].exists(b, a == b))",
            2,
            "exists() cannot stand inside another all() or exists(): make two rules of it",
            id="nested-walk",
        ),
        pytest.param(
            "metrics.all(m, m.matches('a+'))",
            0,
            "matches() cannot stand inside all() or exists(): write startsWith(), endsWith() or contains()",
            id="nested-regular-expression",
        ),
        pytest.param(
            "(" * 17 + "true" + ")" * 17,
            0,
            "its brackets are over 16 deep: make several rules of it",
            id="deep",
        ),
        pytest.param(
            "-" * 400 + "1 < 0",
            0,
            "it has over 400 words and signs: make several rules of it",
            id="many-words",
        ),
        pytest.param(
            "true" + " " * 997, 0, "it has 1001 characters, at most 1000: make several rules of it", id="long"
        ),
    ],
)
def test_a_mistake_is_found_when_the_file_is_loaded(text: str, line: int, problem: str) -> None:
    """Each with its line within the expression, so that the file's line can be named."""
    with pytest.raises(ExpressionError, match=f"^{re.escape(problem)}$") as caught:
        compile_expression(text)
    assert caught.value.line == line


def test_the_library_is_asked_for_only_by_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, a gate with rules is told what to install."""
    monkeypatch.setitem(sys.modules, "cel", None)
    assert judge("true") == (
        "rules need the package common-expression-language: pip install 'pytest-mlflow-gate[rules]'"
    )


def test_importing_the_module_does_not_import_the_library() -> None:
    """It takes half a second, which gates without rules do not pay."""
    code = f"import sys, {expressions.__name__}; sys.exit('cel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WHOLE_AND_DECIMAL = "a whole number and a metric (write 2.0 rather than 2)"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(
            "metrics.acuracy > 1",
            "metrics has no 'acuracy', closest: accuracy, train_accuracy",
            id="misspelt",
        ),
        pytest.param(
            "metrics.ACCURACY > 1",
            "metrics has no 'ACCURACY', closest: accuracy, train_accuracy",
            id="capitals",
        ),
        pytest.param("params.alpha == '1'", "params has no 'alpha'", id="nothing-close"),
        pytest.param(
            "metrics.n > 1 || metrics.typo > 1", "metrics has no 'typo'", id="behind-an-or-that-holds"
        ),
        pytest.param("true ? true : baseline.f1 > 1", "baseline has no 'f1'", id="branch-not-taken"),
        pytest.param("[1].all(x, true || tags.typo == '')", "tags has no 'typo'", id="inside-a-walk"),
        pytest.param(
            "metrics[params.data_rev] > 1", "it reads 'v3', which does not exist", id="name-from-a-param"
        ),
        pytest.param("metrics.cost", "its result is the number 2, must be true or false", id="number"),
        pytest.param("params.key", "its result is a text, must be true or false", id="text"),
        pytest.param("null", "its result is null, must be true or false", id="null"),
        pytest.param("[true]", "its result is a list or a map, must be true or false", id="list"),
        pytest.param("metrics.cost / metrics.zero > 1", "it divides by zero", id="division"),
        pytest.param("metrics.cost / baseline.zero < 1", "it divides by zero", id="division-by-a-baseline"),
        pytest.param("1.0 / (metrics.cost - 2.0) > 1", "it divides by zero", id="division-by-a-difference"),
        pytest.param("metrics.zero / -metrics['zero'] != 1", "it divides by zero", id="minus-zero"),
        pytest.param("1 / 0 > 1", "it divides by zero", id="whole-numbers"),
        pytest.param("metrics.zero / metrics.zero > 1 || true", "it divides by zero", id="absorbed-by-an-or"),
        pytest.param("metrics.n * 2 > 1", f"CEL cannot calculate with {WHOLE_AND_DECIMAL}", id="mixed"),
        pytest.param(
            "1 - metrics.cost < 1",
            f"it combines values of different types: a number and a text, or {WHOLE_AND_DECIMAL}",
            id="mixed-the-other-way",
        ),
        pytest.param(
            "metrics.cost > '1'",
            f"it combines values of different types: a number and a text, or {WHOLE_AND_DECIMAL}",
            id="number-and-text",
        ),
        pytest.param("params.key + 1 == ''", "CEL cannot calculate string + int", id="text-and-number"),
        pytest.param("int(params.key) > 1", "CEL cannot apply 'int' to what it is given", id="no-number"),
        pytest.param(
            "params.key.matches('(')", "CEL cannot apply 'matches' to what it is given", id="pattern"
        ),
        pytest.param("[1][3] == 1", "it reads past the end of a list", id="index"),
        pytest.param("9223372036854775807 + 1 > 1", "a whole number in it is too large", id="overflow"),
    ],
)
def test_what_cannot_be_judged_says_why(text: str, why: str) -> None:
    """Never quietly true or false: a gate that cannot tell has not passed."""
    assert judge(text) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("!(metrics.loss > 1)", "metrics has NaN for 'loss'", id="comparison-is-quietly-false"),
        pytest.param("metrics.loss != 1", "metrics has NaN for 'loss'", id="not-equal-is-quietly-true"),
        pytest.param("metrics.fine > 0 || metrics.loss > 1", "metrics has NaN for 'loss'", id="behind-an-or"),
        pytest.param("has(metrics.loss)", "metrics has NaN for 'loss'", id="asked-for"),
        pytest.param("metrics.fine > baseline.gain", "baseline has infinity for 'gain'", id="baseline"),
        pytest.param(
            "metrics[params.key] > 0", "metrics has NaN for 'loss', which it may read", id="name-from-a-param"
        ),
        pytest.param(
            "metrics.exists(m, m == 'fine')",
            "metrics has NaN for 'loss', which it may read",
            id="walked-over",
        ),
        pytest.param(
            "['fine'].all(m, baseline[m] > 0)",
            "baseline has infinity for 'gain', which it may read",
            id="baseline-by-element",
        ),
        pytest.param("metrics.fine > 0 && baseline.fine > 0", True, id="others-may-be-nan"),
        pytest.param("'loss' in metrics", "metrics has NaN for 'loss'", id="in"),
    ],
)
def test_nan_and_infinity_take_part_in_no_rule(text: str, why: bool | str) -> None:
    """A run with NaN is judged by the rules that do not read it, and by no other."""
    metrics = {"fine": 1.0, "loss": math.nan, "recall/eu": 1.0}
    assert judge(text, metrics, {"fine": 1.0, "gain": math.inf}) == why


@pytest.mark.parametrize(
    "text",
    [
        "metrics.__class__ == 1",
        "metrics['__class__'] == 1",
        "params.key.__class__.__mro__ == []",
        "'a'.format(metrics.cost) == ''",
        "''.join(['a']) == ''",
        "metrics.keys() == []",
        "metrics.get('cost') == 1",
        "metrics.__getitem__('cost') == 1",
        "__import__('os') == 1",
        "eval('1') == 1",
        "open('/etc/passwd') == 1",
        "gate_divisor.__globals__ == 1",
        "cel.bind(x, 1, x == 1)",
        "optional.of(1) == 1",
        "type(metrics.cost) == double",
        "dyn(metrics.cost) == 2.0",
        "Foo{a: 1} == 1",
        "lambda: 1",
    ],
)
def test_python_is_out_of_reach(text: str) -> None:
    """No attribute, import or callable: a rule sees four maps and twelve functions of CEL."""
    assert isinstance(judge(text), str)


HOSTILE = {
    "brackets": "(" * 10_000 + "true" + ")" * 10_000,
    "brackets that fit": "(" * 199 + "1" + ")" * 199,
    "lists": "[" * 10_000 + "1" + "]" * 10_000,
    "calls": "size(" * 10_000,
    "sums": "1" + "+1" * 10_000 + " > 0",
    "members": "metrics" + ".a" * 10_000,
    "sixteen deep": "(" * 16 + "1" + "+1" * 180 + ")" * 16 + " > 0",
    "divisions": "1" + "/1" * 199 + " > 0",
    "deep divisions": "1/(" * 16 + "1" + ")" * 16 + " > 0",
    "nots": "!" * 399 + "true",
    "conditions": "true?true:" * 90 + "true",
    "long members": "metrics" + ".a" * 199,
    "long calls": "'a'" + ".size()" * 99 + " > 0",
    "long indices": "[1]" + "[0]" * 130,
    "comparisons": "1" + "<1" * 199,
    "growth": "[params.key]" + ".map(x, x + x + x)" * 40 + " == []",
    "concatenation": "params.key" + "+params.key" * 80 + " == ''",
    "nested walks": "metrics.all(a, metrics.all(b, metrics.all(c, metrics.all(d, a + b != c + d))))",
    "filters": "metrics" + ".filter(m, true)" * 40 + " == []",
    "many walks": "true" + "&&metrics.all(m,true)" * 45,
    "walked divisions": "metrics.all(m, metrics[m] / metrics[m] == 1)",
    "backtracking": "params.key.matches('(x+x+)+y')",
    "large pattern": r"params.key.matches(r'((\w{99}){99}){99}')",
    "large patterns": " || ".join([r"'a'.matches(r'\w{150}')"] * 35),
}
RUN_HOSTILE = f"""
import sys, threading
from {expressions.__name__} import ExpressionError, compile_expression, evaluate

def run():
    metrics = {{f"metric/{{number}}": 1.0 for number in range(5000)}}
    try:
        print(evaluate(compile_expression(sys.stdin.read()), metrics, metrics, {{"key": "x" * 6000}}, {{}}))
    except ExpressionError as error:
        print("refused")

threading.stack_size(512 * 1024)
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
def test_no_text_ends_or_stops_the_process(text: str) -> None:
    """Refused or judged within seconds, also in a thread with a stack as small as a Mac's."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", RUN_HOSTILE],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() in {"True", "False", "refused"}
    assert time.monotonic() - started < 20


WORDS = ("metrics", "baseline", ".", "[", "]", "(", ")", "'a'", '"b"', "1", "2.0", "==", "<", "&&", "||", "!")
MORE_WORDS = ("?", ":", "+", "/", "-", "in", "has", "all", ",", "x", "//", "\n", "size", "r'c'", " ")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS + MORE_WORDS), max_size=25).map("".join) | st.text(max_size=30))
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    """Nothing else is raised, and every message is one line."""
    result = judge(text, {"a": 1.0}, {"a": math.nan})
    assert isinstance(result, bool) or (result.isprintable() and result)
