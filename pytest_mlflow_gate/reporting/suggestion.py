"""What the limits of a gate could be, as lines: margins of past runs, what champions meet, what to write."""

from __future__ import annotations

import re
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.numbers import signed
from pytest_mlflow_gate.gatefile.declared import Check
from pytest_mlflow_gate.gatefile.quantities import NUMBER
from pytest_mlflow_gate.reporting.backtest import (
    about_champions,
    champions_meet,
    heads,
    limit_for,
    limit_of,
    wrapped,
)
from pytest_mlflow_gate.reporting.table import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_mlflow_gate.checks.backtest import Backtest, Column

_HEAD = ("check", "limit", "runs", "median", "worst", "champions meet")
_ELASTIC = (0, 1)
_STRICT = {">": "min", "<": "max"}


def suggestion(backtest: Backtest, path: Path, source: Sequence[str], columns: int) -> Iterator[str]:
    """
    Yield the table of a gate's thresholds, and a line for each limit that could be another one.

    Args:
        backtest: The gate on past runs.
        path: The gate file, as the user wrote it.
        source: Its lines.
        columns: How many a line of the table may have.
    """
    for head in heads(backtest):
        yield from wrapped(head, columns)
    rows = [_HEAD, *_rows(backtest)]
    yield from aligned(rows, columns, _ELASTIC)
    margins = "median, worst: the margins of these runs, negative where one misses the limit"
    for note in (margins, *about_champions(backtest)):
        yield from wrapped(f"  {note}", columns)
    changes = [line for column in backtest.columns for line in _changes(column, path, source)]
    if changes:
        yield ""
    yield from changes


def _rows(backtest: Backtest) -> Iterator[tuple[str, ...]]:
    for index, column in enumerate(backtest.columns):
        check = column.check
        if not isinstance(check, Check) or column.unseen:
            continue
        margins = [finding.margin for finding in backtest.of(index) if finding.margin is not None]
        yield (
            check.name,
            limit_of(check),
            str(len(margins)),
            signed(median(margins)) if margins else "",
            signed(min(margins)) if margins else "",
            champions_meet(column),
        )


def _changes(column: Column, path: Path, source: Sequence[str]) -> Iterator[str]:
    check, found = column.check, column.champions
    if not isinstance(check, Check) or found is None or not found.of:
        return
    place = f"{path}:{check.line}: {check.name}"
    if found.number is None:
        yield f"{place}: no limit lets every champion pass"
        return
    now = check.tolerance if check.condition.uses_tolerance else check.limit
    strict = check.condition.symbol in _STRICT
    if found.number == now and not strict:
        return
    looser = found.number == now or (found.number > now) == found.rising
    verb = "loosen" if looser else "tighten"
    yield f"{place}: {verb} {limit_of(check)} to {limit_for(check, found.number)}"
    yield f"  {_written(check, found.number, source)}"


def _written(check: Check, number: Decimal, source: Sequence[str]) -> str:
    """Return the line of the file with the number in its place, or what to write where that is unclear."""
    if check.condition.symbol in _STRICT:
        return f"write {_STRICT[check.condition.symbol]}: {number:f} in place of {check.condition.name}"
    line = source[check.line - 1]
    matches = [match for match in re.finditer(NUMBER, line.partition(" #")[0]) if _is(match[0], check.limit)]
    if check.condition.uses_tolerance or len(matches) != 1:
        key = "tolerance" if check.condition.uses_tolerance else check.condition.name
        return f"write {key}: {number:f}{'%' if check.percent else ''}"
    start, end = matches[0].span()
    return f"{line[:start]}{number:f}{line[end:]}".strip()


def _is(text: str, limit: Decimal) -> bool:
    return Decimal(text) == limit
