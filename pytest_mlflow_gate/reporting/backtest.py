"""A backtest as lines for a terminal: runs are rows, checks are columns, in as many blocks as it takes."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.numbers import short, shown
from pytest_mlflow_gate.gatefile.declared import Check
from pytest_mlflow_gate.reporting.table import cut, width
from pytest_mlflow_gate.reporting.terminal import NARROWEST, Line, age
from pytest_mlflow_gate.tracking.snapshot import Missing, Rival

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from pytest_mlflow_gate.checks.backtest import Backtest, Column, Row, RunVerdict
    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.reporting.terminal import Tone

_MARGIN, _GAP = "  ", "  "
_WIDEST_RUN, _WIDEST_CHECK, _WIDEST_CELL = 24, 20, 12
_ID = 12
_VERDICTS: dict[RunVerdict, tuple[str, Tone]] = {
    "passes": ("pass", "plain"),
    "open": ("pass?", "doubtful"),
    "fails": ("FAIL", "bad"),
}
_MARKS = {"failed": " !", "unevaluable": " ?"}
_LEGEND = {
    " !": "! misses the limit",
    "(!)": "(!) misses a limit that only warns",
    " ?": "? cannot be judged",
    "(?)": "(?) cannot be judged, and only warns",
    "=": "= is the baseline, or has none to beat",
    "-": "- not judged",
    "pass?": "pass? a check was not judged",
    "*": "* was champion",
}

_Cells = list[str]


def table(backtest: Backtest, columns: int = NARROWEST) -> Iterator[Line]:
    """
    Yield what a gate says of past runs: a row for each run, then how many pass and what champions need.

    Args:
        backtest: What to show.
        columns: How many a line may have; what holds a longer name is never cut.
    """
    for head in heads(backtest):
        yield from map(Line, wrapped(head, columns))
    names = _run_cells(backtest)
    checks = [_check_cells(backtest, index) for index in range(len(backtest.columns))]
    moods: list[Tone] = ["plain", "plain", *(_VERDICTS[row.verdict][1] for row in backtest.rows)]
    moods += ["plain"] * (len(names[0]) - len(moods))
    for block in _blocks([*checks, _verdict_cells(backtest)], columns - _needed(names)):
        widths = [max(map(width, cells)) for cells in (*names, *block)]
        for *cells, mood in zip(*names, *block, moods, strict=True):
            filled = (cell + " " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True))
            yield Line(f"{_MARGIN}{_GAP.join(filled)}".rstrip(), mood)
        yield Line("")
    for note in _notes(backtest, [cell for cells in checks for cell in cells]):
        yield from map(Line, wrapped(note, columns))
    yield from map(Line, _in_full(backtest))


def heads(backtest: Backtest) -> Iterator[str]:
    """Yield which runs were judged, and what changes are held against."""
    found = len(backtest.rows)
    few = f" (all that there are of {backtest.asked})" if found < backtest.asked else ""
    yield f"last {_counted(found, 'finished run')}{few} of experiment {_plain(backtest.experiment.name)}"
    match backtest.baseline:
        case Rival(version=version, run=run):
            model = _plain(version.model)
            yield f"changes compared with version {version.version} of {model}, run {run.run_id}"
        case Missing(why=why):
            yield f"changes compared with nothing: {why}"


def about_champions(backtest: Backtest) -> Iterator[str]:
    """Yield what the limits of champions mean, or why there are none, and what was not judged."""
    if backtest.champions:
        count = _counted(backtest.champions, "run")
        each = "; for a change each is held against the champion before it" if _changes(backtest) else ""
        yield f"champions meet: the tightest limit that would pass {count} once champion{each}"
    else:
        yield backtest.no_champions
    for column in backtest.columns:
        if column.unseen:
            yield f"not judged: {column.check.name}: {column.unseen}"


def wrapped(text: str, columns: int) -> list[str]:
    """Return *text* as lines of at most so many columns, further ones indented by two more."""
    indent = text[: len(text) - len(text.lstrip())]
    return wrap(
        text,
        columns,
        subsequent_indent=f"{indent}  ",
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )


def in_short(backtest: Backtest) -> str:
    """Return how many of the runs the gate would have let pass, as a sentence without its subject."""
    passed = sum(row.verdict == "passes" for row in backtest.rows)
    some = sum(row.verdict == "open" for row in backtest.rows)
    more = f", {some} more in what was judged" if some else ""
    return f"{passed} of {_counted(len(backtest.rows), 'run')} would pass{more}"


def would_pass(backtest: Backtest, index: int) -> str:
    """Return how many of the runs that a check judges it lets pass."""
    outcomes = [finding.outcome for finding in backtest.of(index)]
    judged = sum(outcome in ("passed", "failed", "unevaluable") for outcome in outcomes)
    return f"{outcomes.count('passed')} of {judged}" if judged else "-"


def champions_meet(column: Column) -> str:
    """Return the limit of a check that champions meet; empty where none of them has a value for it."""
    check, found = column.check, column.champions
    if found is None or not found.of or not isinstance(check, Check):
        return ""
    return "no limit" if found.number is None else limit_for(check, found.number)


def limit_of(check: Check) -> str:
    """Return a check's limit as the gate file has it: ``>= 0.92``, ``2%``, ``== 1 +- 0.05``."""
    within = f" +- {shown(check.tolerance)}" if check.condition.uses_tolerance and check.tolerance else ""
    return f"{_symbol(check)}{shown(check.limit)}{'%' if check.percent else ''}{within}"


def limit_for(check: Check, number: Decimal) -> str:
    """Return the limit that `tightest` found, as `limit_of`; a strict comparison becomes one that passes."""
    if check.condition.uses_tolerance:
        return f"+- {shown(number)}"
    symbol = _symbol(check).replace("> ", ">= ").replace("< ", "<= ")
    return f"{symbol}{shown(number)}{'%' if check.percent else ''}"


def _symbol(check: Check) -> str:
    return f"{check.condition.symbol} " if check.condition.symbol else ""


def _run_cells(backtest: Backtest) -> list[_Cells]:
    """Return the columns that say which run it is; every column of a table begins with two lines of head."""
    runs = [cut(_named(row), _WIDEST_RUN) for row in backtest.rows]
    ages = [_age(row, backtest.taken) for row in backtest.rows]
    feet = ["limit", "would pass", *(["champions meet"] if backtest.champions else [])]
    return [["run", "", *runs, *feet], ["age", "", *ages, *("" for _ in feet)]]


def _named(row: Row) -> str:
    name = _plain(row.run.name) or row.run.run_id[:_ID]
    return f"{name} *" if row.champion else name


def _age(row: Row, now: float) -> str:
    began = row.run.end_time if row.run.end_time is not None else row.run.start_time
    return "" if began is None else age(now - began)


def _check_cells(backtest: Backtest, index: int) -> _Cells:
    column = backtest.columns[index]
    about, condition = _head(column)
    return [
        cut(about, _WIDEST_CHECK),
        cut(condition, _WIDEST_CHECK),
        *map(_cell, backtest.of(index)),
        cut(limit_of(column.check), _WIDEST_CHECK) if isinstance(column.check, Check) else "",
        would_pass(backtest, index),
        *([cut(champions_meet(column), _WIDEST_CHECK)] if backtest.champions else []),
    ]


def _cell(finding: Finding) -> str:
    if finding.outcome == "skipped":
        return "-"
    if finding.outcome == "exempt":
        return "="
    said = "yes" if finding.outcome == "passed" else "no"
    if finding.metric is not None:
        said = "" if finding.value is None else cut(short(finding.value, finding.margin), _WIDEST_CELL)
    mark = _MARKS.get(finding.outcome, "")
    return f"{said}{mark if finding.severity == 'fail' or not mark else f' ({mark.strip()})'}".strip()


def _verdict_cells(backtest: Backtest) -> _Cells:
    verdicts = [_VERDICTS[row.verdict][0] for row in backtest.rows]
    passed = sum(row.verdict == "passes" for row in backtest.rows)
    total = f"{passed} of {len(backtest.rows)}"
    return ["verdict", "", *verdicts, "", total, *([""] if backtest.champions else [])]


def _needed(cells: Sequence[_Cells]) -> int:
    return len(_MARGIN) + sum(max(map(width, column)) for column in cells) + len(_GAP) * len(cells)


def _blocks(cells: Sequence[_Cells], room: int) -> Iterator[list[_Cells]]:
    """Yield as many columns at a time as fit into *room*, and at least one."""
    block: list[_Cells] = []
    used = 0
    for column in cells:
        wide = max(map(width, column))
        if block and used + wide > room:
            yield block
            block, used = [], 0
        block.append(column)
        used += wide + len(_GAP)
    yield block


def _notes(backtest: Backtest, cells: Sequence[str]) -> Iterator[str]:
    marks = {word for cell in cells for word in (cell[-2:], cell[-3:], cell)}
    marks |= {_VERDICTS[row.verdict][0] for row in backtest.rows}
    marks |= {"*"} if any(row.champion for row in backtest.rows) else set()
    if legend := [text for mark, text in _LEGEND.items() if mark in marks or mark.strip() in marks]:
        yield f"{_MARGIN}{', '.join(legend)}"
    yield from (f"{_MARGIN}{note}" for note in about_champions(backtest))


def _in_full(backtest: Backtest) -> Iterator[str]:
    """Yield the names that do not fit above their columns."""
    for column in backtest.columns:
        if max(map(width, _head(column))) > _WIDEST_CHECK:
            yield f"{_MARGIN}in full: {column.check.name}"


def _head(column: Column) -> tuple[str, str]:
    """Return what a check is about, and its condition."""
    about, _, condition = column.check.name.removesuffix("]").rpartition("[")
    return about, condition


def _changes(backtest: Backtest) -> bool:
    checks = [column.check for column in backtest.columns if column.champions and column.champions.of]
    return any("baseline" in check.condition.needs for check in checks if isinstance(check, Check))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _plain(text: str) -> str:
    """Return *text* without what would control a terminal: anybody can name a run."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
