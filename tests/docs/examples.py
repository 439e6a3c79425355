"""The examples of a page: its fenced blocks in order, what to do with each, and what the page says they print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from tests.quick import QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+\.(?:yaml|py|ini))\n")
_PROGRAMS = {"cat": ("cat",), "pytest": (sys.executable, "-m", "pytest"), "python": (sys.executable,)}
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG")

_RULER = re.compile(r"([=_-])\1{3,}")
_VARYING = re.compile(
    r"(?:\b[0-9a-f]{8})?\.\.\.|\bin [0-9]+\.[0-9]{2}s(?: \([0-9:]+\))?|\bended [0-9]+ (?:s|min) ago"
)


class Block(NamedTuple):
    """
    One fenced block.

    Attributes:
        kind: The word behind the fence.
        text: What stands in it.
        line: 1-based line of the fence in the page.
    """

    kind: str
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The name in the block's first line (``# eval_gate.yaml``): it is that file; None without one."""
        found = _FILE.match(self.text)
        return found[1] if found else None

    @property
    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command of a console block, and the lines that it is said to print."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, *lines = part.splitlines()
            yield command, lines


def blocks_of(text: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 1) for found in _FENCED.finditer(text)
    ]


def environment(tracking_uri: str) -> Mapping[str, str]:
    """Return what a CI job has set, where pytest shortens no line."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "CI": "true",
        "COLUMNS": "80",
        "MLFLOW_TRACKING_URI": tracking_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTEST_ADDOPTS": " ".join(("-p", "no:cacheprovider", *QUICK)),
    }


def printed(command: str, folder: Path, environ: Mapping[str, str]) -> list[str]:
    """Run one command of a console block and return the lines that it prints."""
    program, *words = shlex.split(command)
    done = subprocess.run(
        [*_PROGRAMS[program], *words],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()


def differs(said: list[str], actual: list[str]) -> str | None:
    """
    Return where *actual* is not what the page says, or None.

    In a page ``...`` stands for anything in a line, and for any lines where it is one; ages, durations, ids
    that end in ``...`` and the length of rulers may be others.

    Args:
        said: The lines of the page.
        actual: The lines that were printed.
    """
    expected = [_pattern(line) for line in said]
    if re.fullmatch("".join(expected), _lines(actual)):
        return None
    unfit = (
        line
        for index, line in enumerate(said)
        if not re.match("".join(expected[: index + 1]), _lines(actual))
    )
    wrong = next(unfit, "nothing more")
    return "\n".join([f"the page says: {wrong}", "and this was printed:", *actual])


def _pattern(line: str) -> str:
    if line.strip() == "...":
        return r"(?:.*\n)*?"
    plain = _RULER.sub(r"\1\1\1\1", line.rstrip())
    texts = (re.escape(text) for text in _VARYING.split(plain))
    return f"{'.*'.join(texts)}\n"


def _lines(actual: list[str]) -> str:
    return "".join(_RULER.sub(r"\1\1\1\1", line.rstrip()) + "\n" for line in actual)
