"""What is wrong with a gate file, in the form that editors and people can follow."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_USERINFO = re.compile(r"//\S*@")
_LONGEST_QUOTE = 60
_LONGEST_LOOK = 1000


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """
    One mistake.

    Attributes:
        line: 1-based line in the gate file.
        text: Where (a dotted key path), what, and the remedy; one line.
    """

    line: int
    text: str


class GateFileError(Exception):
    """
    Every problem of one gate file at once.

    Attributes:
        path: The file.
        problems: In the order of their lines, at least one.
    """

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{path}:{problem.line}: {problem.text}" for problem in self.problems))


class Unusable(Exception):  # a signal between the modules of this room, caught in it
    """
    A problem after which nothing more of the file can be judged.

    Attributes:
        problem: The one to report.
    """

    def __init__(self, line: int, text: str) -> None:
        self.problem = Problem(line, text)
        super().__init__(text)


class Problems:
    """
    The problems of one file, collected while it is read.

    Attributes:
        found: In the order of finding.
    """

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._places: set[str] = set()

    def add(self, line: int, where: str, text: str) -> None:
        """Note that the key path *where* (empty for the whole file) is wrong as *text* says."""
        self.found.append(Problem(line, f"{where}: {text}" if where else text))
        self._places.add(where)

    def concern(self, where: str) -> bool:
        """Return whether something is wrong at *where* itself; a misspelt key is not missing as well."""
        return where in self._places


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``, did you mean 'x'?`` for the known word closest to *word*, else an empty text."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def plain(text: str) -> str:
    """Return *text* fit for a message: one short line, without the user information of a URI."""
    masked = _USERINFO.sub("//***@", text[:_LONGEST_LOOK])
    short = masked if len(masked) <= _LONGEST_QUOTE else f"{masked[: _LONGEST_QUOTE - 3]}..."
    return short if short.isprintable() else repr(short)[1:-1]


def quoted(text: str) -> str:
    """Return *text* as `plain` does, in single quotes."""
    return f"'{plain(text)}'"
