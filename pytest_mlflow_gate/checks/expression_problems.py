"""The errors of CEL's library, in words for the author of a gate file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.expression_tokens import ExpressionError, unexpected
from pytest_mlflow_gate.checks.numbers import shown
from pytest_mlflow_gate.gatefile.problems import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): ")
_CALLED = re.compile(r"'(\w+)'")
_OPERATION = re.compile(r"Unsupported operation: (\w+) (\S+) (\w+)\.")
_NO_WORDS = "CEL cannot evaluate it"
_WHOLE_AND_DECIMAL = "a whole number and a metric (write 2.0 rather than 2)"


def syntax_error(text: str, error: ValueError) -> ExpressionError:
    """Return what to say about *text*, which the library could not read; with its line."""
    place = _PLACE.match(str(error).removeprefix(f"Failed to parse expression '{text}': "))
    if place is None:
        return ExpressionError("CEL cannot read it")
    line, column = int(place[1]) - 1, int(place[2]) - 1
    if "invalid argument to has() macro" in str(error):
        remedy = "for others write '\"recall/eu\" in metrics'"
        return ExpressionError(f"has() takes a name behind a dot; {remedy}", line)
    start = sum(len(before) + 1 for before in text.split("\n")[:line])
    return ExpressionError(unexpected(text, start + column), line)


def cause(error: Exception) -> str:
    """Return why the library could not evaluate an expression; without the values that it met."""
    for kind, words in _CAUSES.items():
        if isinstance(error, kind):
            return words(error)
    return _NO_WORDS


def kind_of(result: object) -> str:
    """Return what *result* is, when it should have been true or false."""
    match result:
        case None:
            return "null"
        case int() | float():
            return f"the number {shown(float(result))}"
        case str():
            return "a text"
        case _:
            return "a list or a map"


def _type_error(error: Exception) -> str:
    operation = _OPERATION.search(str(error))
    if operation is None:
        return f"it combines values of different types: a number and a text, or {_WHOLE_AND_DECIMAL}"
    left, sign, right = operation.groups()
    if {left, right} == {"float", "int"}:
        return f"CEL cannot calculate with {_WHOLE_AND_DECIMAL}"
    return f"CEL cannot calculate {left} {sign} {right}".replace("float", "double")


def _function_error(error: Exception) -> str:
    called = _CALLED.search(str(error))
    return f"CEL cannot apply {quoted(called[1])} to what it is given" if called else _NO_WORDS


_CAUSES: dict[type[Exception], Callable[[Exception], str]] = {
    ZeroDivisionError: lambda _error: "it divides by zero",
    OverflowError: lambda _error: "a whole number in it is too large",
    IndexError: lambda _error: "it reads past the end of a list",
    KeyError: lambda error: f"it reads {quoted(str(error.args[0]))}, which does not exist",
    TypeError: _type_error,
    RuntimeError: _function_error,
}
