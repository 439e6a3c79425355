"""What the YAML parser dislikes, in the same words whichever parser is installed."""

from __future__ import annotations

from typing import cast

import yaml

from pytest_mlflow_gate.gatefile.problems import Unusable

NO_CHARACTER = "not YAML: an escape such as \\ud800 stands for no character, remove it"

_C_NO_CHARACTER = "found invalid Unicode character escape code"
_REMEDIES = (
    ("but got '{'", "put quotes around ${NAME} inside of { } and [ ]"),
    ("block scalar", "put quotes around a text that begins with > or |"),
    (r"'\t' that cannot start any token", "indent with spaces"),
    ("cannot start any token", "put quotes around the text"),
    ("mapping values are not allowed", "check the indentation, or put quotes around a text that holds ': '"),
    ("while scanning an alias", "put quotes around a text that begins with *"),
    ("", "check indentation, quotes and brackets"),
)


def syntax_problem(text: str, error: Exception) -> Unusable:
    """
    Return what to report for *text*, which a parser refused with *error*.

    The parser in Python describes it again if it can: the one in C has other words for the same mistakes.
    """
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            loader.get_event()  # type: ignore[no-untyped-call]  # types-PyYAML does not describe it
    except yaml.MarkedYAMLError as described:
        error = described
    except (ValueError, OverflowError):
        return Unusable(loader.line + 1, NO_CHARACTER)
    marked = cast("yaml.MarkedYAMLError", error)
    line = cast("yaml.Mark", marked.problem_mark).line + 1
    if marked.problem == _C_NO_CHARACTER:
        return Unusable(line, NO_CHARACTER)
    told = f"{marked.problem} ({marked.context})" if marked.context else str(marked.problem)
    remedy = next(remedy for words, remedy in _REMEDIES if words in told)
    last_line = text.rstrip().count("\n") + 1
    return Unusable(min(line, last_line), f"not YAML: {told}, {remedy}")
