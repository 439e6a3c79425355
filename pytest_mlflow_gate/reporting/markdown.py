"""Findings as a table in Markdown."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.numbers import shown, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.checks.finding import Finding

_MARKUP = re.compile(r"([\\`*_\[\]|~#@])")
_REFERENCES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_WORDS = {
    "passed": "passed",
    "exempt": "skipped",
    "failed": "failed",
    "unevaluable": "cannot judge",
    "skipped": "not judged",
}


def plain(text: str) -> str:
    """Return *text* as Markdown that shows it on one line as it is, also in a cell."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split())).translate(_REFERENCES)


def table(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a table line by line: two of the head, then one for each finding, what did not pass first."""
    compares = any(finding.baseline is not None for finding in findings)
    titles = ("check", "value", "limit", *(("baseline",) if compares else ()), "margin", "verdict")
    yield _row(titles)
    yield _row(["---"] * len(titles))
    for finding in sorted(findings, key=attrgetter("urgency")):
        baseline = (_number(finding.baseline),) if compares else ()
        margin = "" if finding.margin is None else signed(finding.margin)
        cells = (finding.check, _number(finding.value), finding.limit, *baseline, margin)
        yield _row([*map(plain, cells), _verdict(finding)])


def _verdict(finding: Finding) -> str:
    word = _WORDS[finding.outcome]
    if finding.blocks:
        return f"**{word}**"
    return word if finding.severity == "fail" or finding.outcome == "passed" else f"warn: {word}"


def _number(value: float | None) -> str:
    return "" if value is None else shown(value)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
