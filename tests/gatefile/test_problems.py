"""Texts in messages: short, on one line, without credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlflow_gate.gatefile.problems import GateFileError, Problem, did_you_mean, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("churn", "'churn'", id="plain"),
        pytest.param("a\nb\x1b", r"'a\nb\x1b'", id="escaped"),
        pytest.param("http://user:p/w@host/x", "'http://***@host/x'", id="credentials"),
        pytest.param("x" * 61, f"'{'x' * 57}...'", id="long"),
        pytest.param(f"http://u:{'p' * 100}@host", "'http://***@host'", id="long-credentials"),
    ],
)
def test_texts_are_shown_safely(text: str, shown: str) -> None:
    """A file's own words never break a message's line and never give a secret away."""
    assert quoted(text) == shown


def test_did_you_mean() -> None:
    """The closest word, or nothing when none is close."""
    assert did_you_mean("minimum", ["min", "max"]) == ", did you mean 'min'?"
    assert did_you_mean("zzz", ["min", "max"]) == ""


def test_problems_are_sorted_and_told_once() -> None:
    """The same mistake reached by two aliases is one problem."""
    error = GateFileError(Path("g.yaml"), [Problem(9, "b"), Problem(2, "a"), Problem(9, "b")])
    assert str(error) == "g.yaml:2: a\ng.yaml:9: b"
