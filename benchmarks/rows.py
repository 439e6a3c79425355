"""The table that ``make bench`` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_VERDICTS = {True: "ok", False: "NOT MET", None: ""}
_HEAD = ("", "what", "ours (s: best median)", "the other (s: best median)", "figure", "target", "")


@dataclass(frozen=True)
class Row:
    """
    A line of the table.

    Attributes:
        item: Letter of the promise.
        what: Ours against the other.
        ours: What ours took.
        other: What the other took, empty where there is none.
        figure: What the promise is about, with its unit.
        target: What was promised, empty for a line that only informs.
        met: Whether the figure is within the target, None where there is no target.
    """

    item: str
    what: str
    ours: str
    other: str
    figure: str
    target: str = ""
    met: bool | None = None


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of the table, columns aligned."""
    cells = [_HEAD]
    cells += [
        (row.item, row.what, row.ours, row.other, row.figure, row.target, _VERDICTS[row.met]) for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
