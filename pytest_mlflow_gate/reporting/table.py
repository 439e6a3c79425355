"""Rows of text under each other, in so many columns of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_MARGIN = "  "
_GAP = "  "
_ELLIPSIS = "..."
_LEAST = 12


def aligned(rows: Sequence[Sequence[str]], columns: int, elastic: Collection[int]) -> Iterator[str]:
    """
    Yield *rows* as lines whose cells stand under each other.

    Args:
        rows: All with the same number of cells.
        columns: How many a line may have; what does not fit although two cells were cut stays too long.
        elastic: The two cells of a row that may be cut.
    """
    widths = [max(map(width, cells)) for cells in zip(*rows, strict=True)]
    first, second = elastic
    room = columns - len(_MARGIN) - len(_GAP) * (len(widths) - 1) - sum(widths)
    room += widths[first] + widths[second]
    narrow = max(room // 2, _LEAST)
    widths[second] = min(widths[second], max(room - widths[first], narrow))
    widths[first] = min(widths[first], max(room - widths[second], _LEAST))
    for row in rows:
        cells = (_filled(cut(cell, wide), wide) for cell, wide in zip(row, widths, strict=True))
        yield f"{_MARGIN}{_GAP.join(cells)}".rstrip()


def cut(text: str, columns: int) -> str:
    """Return *text*, without its middle where it is too long: names differ, and limits stand, at the end."""
    if width(text) <= columns:
        return text
    for kept in range(min(len(text), columns - len(_ELLIPSIS)), 0, -1):
        head = kept // 3
        shorter = f"{text[:head]}{_ELLIPSIS}{text[head - kept :]}"
        if width(shorter) <= columns:
            return shorter
    return _ELLIPSIS


def width(text: str) -> int:
    """Return how many columns of a terminal *text* takes: Chinese and its like have two to a character."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - most names are ASCII

    return sum(0 if combining(character) else 1 + (east_asian_width(character) in "WF") for character in text)


def _filled(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
