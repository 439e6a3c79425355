"""Rules: expressions in CEL, the Common Expression Language (https://cel.dev), over what a run logged."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.expression_names import READABLE, VARIABLES, Mentions, mentions_in
from pytest_mlflow_gate.checks.expression_problems import cause, kind_of, syntax_error
from pytest_mlflow_gate.checks.expression_tokens import ExpressionError, Token, closing_brackets, tokens_of
from pytest_mlflow_gate.checks.numbers import shown
from pytest_mlflow_gate.checks.reading import closest
from pytest_mlflow_gate.gatefile.problems import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from cel import Program

__all__ = ["Expression", "ExpressionError", "compile_expression", "evaluate"]

_UNAVAILABLE = (
    "rules need the package common-expression-language: pip install 'pytest-mlflow-gate[rules]'"
    if sys.version_info >= (3, 11)
    else "rules need Python 3.11 or newer, as the package common-expression-language does"
)
_DIVISOR = "gate_divisor"


@dataclass(frozen=True, slots=True)
class Expression:
    """
    An expression that can be evaluated.

    Attributes:
        text: As it stands in the gate file.
        metrics: Names that it reads as ``metrics.NAME`` or ``metrics["NAME"]`` or asks for with ``has()``;
            names that only the evaluation knows are not among them.
        uses_baseline: Whether it reads the baseline in any way.
        mentions: All that it names.
        program: What CEL's library made of it.
    """

    text: str
    metrics: frozenset[str]
    uses_baseline: bool
    mentions: Mentions = field(repr=False)
    program: Program = field(repr=False, compare=False)


def compile_expression(text: str) -> Expression:
    """
    Read an expression of a gate file.

    Raises:
        ExpressionError: If CEL's library is not installed, or *text* is no expression, is too long, may
            take too long, or names something beside metrics, baseline, params and tags.
    """
    cel = _library()
    tokens = tokens_of(text)
    known = _compiled(cel, text).variables()
    mentions = mentions_in(tokens)
    for name in known:
        if name not in VARIABLES and name not in mentions.elements:
            raise ExpressionError(f"unknown name {quoted(name)}; {READABLE}")
    named = {*mentions.read, *mentions.asked}
    return Expression(
        text=text,
        metrics=frozenset(name for variable, name in named if variable == "metrics"),
        uses_baseline="baseline" in known,
        mentions=mentions,
        program=_compiled(cel, _with_guarded_divisors(text, tokens)),
    )


def evaluate(
    expression: Expression,
    metrics: Mapping[str, float],
    baseline: Mapping[str, float],
    params: Mapping[str, str],
    tags: Mapping[str, str],
) -> bool:
    """
    Return whether *expression* holds.

    Metrics are CEL's doubles: a whole number can be compared with one, but not added to one.

    Args:
        expression: What to evaluate.
        metrics: The candidate's metrics.
        baseline: The baseline's metrics; empty where there is none.
        params: The candidate's params.
        tags: The candidate's tags.

    Raises:
        ExpressionError: If a name does not exist, even where the result does not depend on it; if a metric
            that takes part is NaN or infinite; if something is divided by zero; if CEL cannot evaluate it, or
            to something else than true or false.
    """
    values = {"metrics": metrics, "baseline": baseline, "params": params, "tags": tags}
    _require_names(expression.mentions, values)
    _require_finite(expression.mentions, {"metrics": metrics, "baseline": baseline})
    zeros: list[object] = []

    def divisor(value: object) -> object:
        if value == 0:
            zeros.append(value)
        return value

    variables = {name: dict(logged) for name, logged in values.items()}
    context = _library().Context(variables=variables, functions={_DIVISOR: divisor})
    try:
        result: object = expression.program.execute(context)
    except Exception as error:  # noqa: BLE001 CEL's library raises whatever Python's own operation would have raised
        raise ExpressionError(cause(error)) from None
    if zeros:
        raise ExpressionError("it divides by zero")
    if not isinstance(result, bool):
        raise ExpressionError(f"its result is {kind_of(result)}, must be true or false")
    return result


def _library() -> ModuleType:
    try:
        import cel  # noqa: PLC0415 it takes half a second, which only gates with rules may cost
    except ImportError:
        raise ExpressionError(_UNAVAILABLE) from None
    return cel


def _compiled(cel: ModuleType, text: str) -> Program:
    try:
        program: Program = cel.compile(text)
    except ValueError as error:
        raise syntax_error(text, error) from None
    return program


def _with_guarded_divisors(text: str, tokens: Sequence[Token]) -> str:
    """Call a function around each right side of a ``/``: 1.0 / 0.0 is infinite in CEL, and passes a limit."""
    closing = closing_brackets(tokens)
    inserts: list[tuple[int, str]] = []
    for index, token in enumerate(tokens):
        if token.text == "/":
            last = _last_of_operand(tokens, index + 1, closing)
            inserts += [(tokens[index + 1].start, f"{_DIVISOR}("), (tokens[last].end, ")")]
    for at, what in sorted(inserts, reverse=True):
        text = text[:at] + what + text[at:]
    return text


def _last_of_operand(tokens: Sequence[Token], first: int, closing: Mapping[int, int]) -> int:
    while tokens[first].text in {"-", "!"}:
        first += 1
    last = closing.get(first, first)
    while last + 1 < len(tokens) and tokens[last + 1].text in {".", "[", "("}:
        last = closing.get(last + 1, last + 2)
    return last


def _require_names(mentions: Mentions, values: Mapping[str, Mapping[str, object]]) -> None:
    for variable, name in mentions.read:
        if name not in values[variable] and (variable, name) not in mentions.asked:
            close = closest(name, values[variable])
            hint = f", closest: {', '.join(close)}" if close else ""
            raise ExpressionError(f"{variable} has no {quoted(name)}{hint}", fix="log it")


def _require_finite(mentions: Mentions, numbers: Mapping[str, Mapping[str, float]]) -> None:
    for variable, values in numbers.items():
        named = {name for owner, name in (*mentions.read, *mentions.asked) if owner == variable}
        for name in sorted(values if variable in mentions.walked else named & values.keys()):
            if not math.isfinite(values[name]):
                how = "" if name in named else ", which it may read"
                text = f"{variable} has {shown(values[name])} for {quoted(name)}{how}"
                raise ExpressionError(text, fix="log a finite number")
