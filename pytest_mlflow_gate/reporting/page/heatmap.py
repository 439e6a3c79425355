"""The heat map of a backtest: a strip of past runs for each check, the newest one at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.checks.numbers import shown
from pytest_mlflow_gate.reporting.backtest import about_champions, champions_meet, heads, would_pass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from pytest_mlflow_gate.checks.backtest import Backtest, Row, RunVerdict
    from pytest_mlflow_gate.checks.finding import Finding

_MOST = 60
_FAINT = 0.35

CellMood = Literal["good", "bad", "doubtful", "none"]

_VERDICTS: dict[RunVerdict, CellMood] = {"passes": "good", "open": "doubtful", "fails": "bad"}


class Cell(NamedTuple):
    """
    One run in the strip of a check.

    Attributes:
        run: The run's id.
        title: What was found, for people.
        mood: How it is to be looked at; ``none`` was not judged, or is excused.
        heat: From 0 to 1, how far from the limit, compared with the farthest of the strip.
        value: The metric's value as text, exact; empty where there is none.
    """

    run: str
    title: str
    mood: CellMood
    heat: str
    value: str


class Strip(NamedTuple):
    """
    One check.

    Attributes:
        check: Its name, or ``verdict`` for the runs as a whole.
        cells: Oldest run first.
        passed: How many of the judged runs would pass.
        champions: The limit that champions meet; empty where there is none.
    """

    check: str
    cells: tuple[Cell, ...]
    passed: str
    champions: str


class HeatMap(NamedTuple):
    """
    A backtest, drawn.

    Attributes:
        heads: Which runs were judged.
        notes: What its words mean, and what was not judged.
        strips: The runs' verdicts, then each check.
        left_out: How many older runs are not drawn.
    """

    heads: tuple[str, ...]
    notes: tuple[str, ...]
    strips: tuple[Strip, ...]
    left_out: int


def heatmap(backtest: Backtest) -> HeatMap:
    """Return the heat map of a backtest."""
    rows = backtest.rows[:_MOST][::-1]
    strips = [
        Strip(
            column.check.name,
            tuple(_cells(rows, [row.findings[index] for row in rows])),
            would_pass(backtest, index),
            champions_meet(column),
        )
        for index, column in enumerate(backtest.columns)
    ]
    passed = sum(row.verdict == "passes" for row in backtest.rows)
    verdicts = tuple(
        Cell(row.run.run_id, f"{_name(row)}: {row.verdict}", _VERDICTS[row.verdict], "1", "") for row in rows
    )
    return HeatMap(
        heads=tuple(heads(backtest)),
        notes=tuple(about_champions(backtest)),
        strips=(Strip("verdict", verdicts, f"{passed} of {len(backtest.rows)}", ""), *strips),
        left_out=len(backtest.rows) - len(rows),
    )


def _cells(rows: Sequence[Row], findings: Sequence[Finding]) -> Iterator[Cell]:
    margins = [abs(finding.margin) for finding in findings if finding.margin is not None]
    farthest = max(margins, default=None)
    for row, finding in zip(rows, findings, strict=True):
        value = "" if finding.value is None else shown(finding.value)
        yield Cell(
            run=row.run.run_id,
            title=f"{_name(row)}: {finding.text}",
            mood=_mood(finding),
            heat=_heat(finding.margin, farthest),
            value=value if isinstance(finding.metric, str) else "",
        )


def _name(row: Row) -> str:
    return f"{row.run.name or row.run.run_id}{' (was champion)' if row.champion else ''}"


def _mood(finding: Finding) -> CellMood:
    if finding.outcome == "passed":
        return "good"
    if finding.outcome in ("skipped", "exempt"):
        return "none"
    return "bad" if finding.blocks else "doubtful"


def _heat(margin: Decimal | None, farthest: Decimal | None) -> str:
    # Both may be far beyond what a float holds, their share is not.
    share = float(abs(margin) / farthest) if margin is not None and farthest else 1.0
    return f"{_FAINT + (1 - _FAINT) * share:.2f}"
