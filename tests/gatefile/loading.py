"""One way into the loader for all tests of this room: a text in, its gate or its problems out."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile import tree
from pytest_mlflow_gate.gatefile.language import ExpressionProblem, Language
from pytest_mlflow_gate.gatefile.loader import load
from pytest_mlflow_gate.gatefile.problems import GateFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.gatefile.types import Gate

EITHER_PARSER = pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
"""Runs a test with PyYAML's parser in C and with the one in Python."""

NOTHING_SET: Mapping[str, str] = {}


class Words(NamedTuple):
    """An expression as far as this room knows one."""

    text: str
    metrics: frozenset[str]
    uses_baseline: bool


def compile_words(text: str) -> Words:
    """Take every text for an expression that has no ``!!`` in it: CEL is no concern of this room."""
    for row, words in enumerate(text.split("\n")):
        if "!!" in words:
            raise ExpressionProblem(f"unexpected '!!' in '{words.strip()}', remove it", row)
    return Words(text, frozenset(re.findall(r"metrics\.(\w+)", text)), "baseline" in text)


LANGUAGE = Language(KEYS, compile_words)
"""The conditions that there are, and rules that need no library."""


def load_text(
    text: str | bytes,
    environ: Mapping[str, str] = NOTHING_SET,
    *,
    parser: str = "CSafeLoader",
    language: Language = LANGUAGE,
) -> Gate:
    """Load *text* as a gate file called ``eval_gate.yaml``."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree, "LOADER", getattr(yaml, parser))
        path = Path(folder, "eval_gate.yaml")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path, language=language, environ=environ)


def problems_of(
    text: str | bytes,
    environ: Mapping[str, str] = NOTHING_SET,
    *,
    parser: str = "CSafeLoader",
    language: Language = LANGUAGE,
) -> list[str]:
    """Return every problem of *text*, which must not load, as ``line: problem``."""
    with pytest.raises(GateFileError) as raised:
        load_text(text, environ, parser=parser, language=language)
    return [f"{problem.line}: {problem.text}" for problem in raised.value.problems]
