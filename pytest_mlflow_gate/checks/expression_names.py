"""
What an expression names and calls, found without evaluating it.

CEL's library does not tell which names of a map an expression reads, nor how long it will take. So rules are
a part of CEL that takes time in proportion to the run's data, whatever its text: no comprehension inside
another one, none that makes a list (the library does that in quadratic time, and a list of lists grows
exponentially), and no regular expression inside one (the library compiles it for each element).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.checks.expression_tokens import ExpressionError, Token, closing_brackets
from pytest_mlflow_gate.gatefile.problems import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

VARIABLES = ("metrics", "baseline", "params", "tags")
READABLE = "a rule reads metrics, baseline, params and tags"

_LITERALS = ("true", "false", "null")
_COMPREHENSIONS = ("all", "exists", "exists_one")
_PLAIN = ("contains", "double", "endsWith", "has", "int", "matches", "size", "startsWith", "string")
_FUNCTIONS = (*_COMPREHENSIONS, *_PLAIN)


class Mentions(NamedTuple):
    """
    What an expression names.

    Attributes:
        read: Variable and name, in the order of the text; each has to exist.
        asked: Those whose existence the expression asks for, so that they may be missing.
        walked: Variables of which it reads names that only the evaluation knows.
        elements: Names that its comprehensions give to what they walk over.
    """

    read: tuple[tuple[str, str], ...]
    asked: frozenset[tuple[str, str]]
    walked: frozenset[str]
    elements: frozenset[str]


def mentions_in(tokens: Sequence[Token]) -> Mentions:
    """
    Return what a syntactically correct expression names.

    Raises:
        ExpressionError: If it names something that rules do not have, or may take too long.
    """
    study = _Study(tokens)
    for index, token in enumerate(tokens):
        if token.kind == "name":
            study.see(index, token)
    asked, walked = frozenset(study.asked), frozenset(study.walked)
    return Mentions(tuple(study.read), asked, walked, frozenset(study.elements))


class _Study:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.read: dict[tuple[str, str], None] = {}
        self.asked: set[tuple[str, str]] = set()
        self.walked: set[str] = set()
        self.elements: set[str] = set()
        self._tokens = tokens
        self._closing = closing_brackets(tokens)
        self._element = ""
        self._body_ends = 0

    def see(self, index: int, token: Token) -> None:
        if self._word(index + 1) == "(":
            self._see_call(index, token)
        elif self._word(index - 1) == "." or token.text in {*_LITERALS, "in"}:
            return
        elif token.text in VARIABLES:
            self._see_variable(index, token)
        elif token.text != self._element or index > self._body_ends:
            raise ExpressionError(self._unknown(index, token), token.line)

    def _see_call(self, index: int, token: Token) -> None:
        name, inside = token.text, index < self._body_ends
        if name not in _FUNCTIONS:
            allowed = ", ".join(sorted(_FUNCTIONS))
            raise ExpressionError(f"a rule cannot call {quoted(name)}; it may call {allowed}", token.line)
        if inside and name == "matches":
            remedy = "write startsWith(), endsWith() or contains()"
            raise ExpressionError(f"matches() cannot stand inside all() or exists(): {remedy}", token.line)
        if name not in _COMPREHENSIONS:
            return
        element = self._word(index + 2)
        if inside:
            problem = f"{name}() cannot stand inside another all() or exists(): make two rules of it"
            raise ExpressionError(problem, token.line)
        if element in VARIABLES:
            problem = f"{quoted(element)} cannot name what {name}() walks over: write x"
            raise ExpressionError(problem, token.line)
        self._element, self._body_ends = element, self._closing[index + 1]
        self.elements.add(element)

    def _see_variable(self, index: int, token: Token) -> None:
        variable, following, key = token.text, self._word(index + 1), self._word(index + 2)
        if following == "." and self._word(index + 3) == "(":
            self.walked.add(variable)
        elif following == "." and (self._word(index - 2), self._word(index - 1)) == ("has", "("):
            self.asked.add((variable, key))
        elif following == ".":
            self.read[variable, key] = None
        elif following == "[" and self._is_text(index + 2) and self._word(index + 3) == "]":
            self.read[variable, self._literal(index + 2)] = None
        elif following == "[":
            self.walked.add(variable)
        elif self._word(index - 1) != "in":
            ways = f'{variable}.name, {variable}["name"] or {variable}.size()'
            raise ExpressionError(f"{variable} cannot stand alone: write {ways}", token.line)
        elif self._is_text(index - 2):
            self.asked.add((variable, self._literal(index - 2)))

    def _word(self, index: int) -> str:
        return self._tokens[index].text if 0 <= index < len(self._tokens) else ""

    def _is_text(self, index: int) -> bool:
        return 0 <= index < len(self._tokens) and self._tokens[index].kind in {"raw", "text"}

    def _literal(self, index: int) -> str:
        token = self._tokens[index]
        if token.kind == "raw":
            return token.text[2:-1]
        if "\\" in token.text:
            raise ExpressionError("a name in quotes has no backslash: write it as it is logged", token.line)
        return token.text[1:-1]

    def _unknown(self, index: int, token: Token) -> str:
        variable, dot, first, sign = (self._word(index - distance) for distance in (4, 3, 2, 1))
        unknown = f"unknown name {quoted(token.text)}"
        if variable in VARIABLES and dot == "." and sign in {"/", "-"}:
            return f'{unknown}; if it is part of a name, write {variable}["{first}{sign}{token.text}"]'
        remedy = did_you_mean(token.text, (*VARIABLES, *_LITERALS))
        return f"{unknown}{remedy or f'; {READABLE}'}"
