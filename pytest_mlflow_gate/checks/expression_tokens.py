"""
The text of a rule cut into words, so that it can be studied before CEL's library sees it.

The library (version 0.10) ends the process with a stack overflow when a text is long or deep enough, so the
bounds here come first. What these words cannot read exactly as CEL does, is refused: triple quotes, bytes.
https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.gatefile.problems import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 1000
_MOST = 400
_DEEPEST = 16
_MEANT = {"=": "==", "&": "&&", "|": "||", "and": "&&", "or": "||"}
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_SPACE = re.compile(r"(?:[ \t\n]|//[^\r\n]*)*")
_TOKEN = re.compile(
    r"""
    (?P<raw>[rR](?:"(?!"")[^"\r\n]*"|'(?!'')[^'\r\n]*'))
    | (?P<text>"(?!"")(?:[^"\\\r\n]|\\.)*"|'(?!'')(?:[^'\\\r\n]|\\.)*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)(?![A-Za-z0-9_"'])
    | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:[0-9]*\.)?[0-9]+(?:[eE][+-]?[0-9]+)?)[uU]?)
    | (?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_OPENS_TEXT = re.compile("[A-Za-z]*[\"']")


class ExpressionError(Exception):
    """
    What is wrong with an expression, or why it cannot be judged: one line for people.

    Attributes:
        line: The line within the expression's own text; 0 is the first, and stands for the whole as well.
        fix: What else than changing the expression helps, as a command, or empty.
    """

    def __init__(self, text: str, line: int = 0, *, fix: str = "") -> None:
        self.line = line
        self.fix = fix
        super().__init__(text)


class Token(NamedTuple):
    """
    A word of an expression.

    Attributes:
        kind: ``raw`` (a text with an r before its quotes), ``text``, ``name``, ``number`` or ``sign``.
        text: As it is written.
        start: Where it begins in the expression, in characters from 0.
        line: The line within the expression, from 0.
    """

    kind: str
    text: str
    start: int
    line: int

    @property
    def end(self) -> int:
        """The character behind the last one."""
        return self.start + len(self.text)


def tokens_of(text: str) -> tuple[Token, ...]:
    """
    Cut *text* into words.

    Raises:
        ExpressionError: If *text* is too long or too deep for CEL's library, or has a word that no rule has.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"it has {len(text)} characters, at most {_LONGEST}: make several rules of it")
    tokens: list[Token] = []
    depth, at = 0, _after_space(text, 0)
    while at < len(text):
        line = text.count("\n", 0, at)
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(_no_word(text, at), line)
        token = Token(match.lastgroup or "", match[0], at, line)
        depth += (token.text in _BRACKETS) - (token.text in _BRACKETS.values())
        if depth > _DEEPEST:
            raise ExpressionError(f"its brackets are over {_DEEPEST} deep: make several rules of it", line)
        if len(tokens) == _MOST:
            raise ExpressionError(f"it has over {_MOST} words and signs: make several rules of it", line)
        tokens.append(token)
        at = _after_space(text, match.end())
    return tuple(tokens)


def unexpected(text: str, at: int) -> str:
    """Return what to say about the word at character *at* of *text*, or about its end; never a text in it."""
    if at >= len(text):
        return "it ends where something is still missing"
    match = _TOKEN.match(text, at)
    word = match[0] if match else text[at]
    shown = "text" if match and match.lastgroup in {"raw", "text"} else quoted(word)
    remedy = f", write {_MEANT[word]!r}" if word in _MEANT else ""
    return f"unexpected {shown} at character {at - text.rfind(chr(10), 0, at)}{remedy}"


def closing_brackets(tokens: Sequence[Token]) -> dict[int, int]:
    """Return for the index of each opening bracket the index of its closing one; they have to match."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.text in _BRACKETS:
            opened.append(index)
        elif token.text in _BRACKETS.values():
            found[opened.pop()] = index
    return found


def _no_word(text: str, at: int) -> str:
    if _OPENS_TEXT.match(text, at):
        return "a text has one pair of quotes, closed in the same line, and no letter but r before them"
    return unexpected(text, at)


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
