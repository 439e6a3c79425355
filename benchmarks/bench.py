"""
The speed promises, measured: ``make bench`` prints one table and fails if one of them is not kept.

Give letters (``PYTHONPATH=. .venv/bin/python benchmarks/bench.py a e``) for some of them only.
"""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from os import cpu_count, getloadavg
from typing import TYPE_CHECKING

from comparisons import ten_thousand, three_thresholds, without_the_option
from counted_requests import requests_of_gates
from fleet import fleet
from kept_connection import kept_connection
from large_page import large_page
from many_gates import thousand_gates
from rows import table
from stage import Stage
from thousand_changes import thousand_changes

from tests.servers import Backends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rows import Row


def main(letters: set[str]) -> int:
    """Measure what the *letters* name, everything if there are none, and return the exit status."""
    print(
        f"Python {platform.python_version()}, pytest {version('pytest')}, mlflow {version('mlflow')}, "
        f"{cpu_count()} cores, load {getloadavg()[0]:.1f} before"
    )
    backends = Backends.create()
    try:
        rows = list(_measure(backends, letters))
    finally:
        backends.remove()
    _progress("")
    print("\n".join(table(rows)))
    return 1 if any(row.met is False for row in rows) else 0


def _measure(backends: Backends, letters: set[str]) -> Iterator[Row]:
    stage = Stage(backends)
    if not letters or letters & {"a"}:
        yield from without_the_option(stage, 60, _progress)
    if not letters or letters & {"b", "c", "d"}:
        yield from three_thresholds(stage, 15, _progress)
    if not letters or letters & {"e"}:
        yield from requests_of_gates(stage, _progress)
    if not letters or letters & {"f"}:
        yield from ten_thousand(stage, 3, _progress)
    if not letters or letters & {"g"}:
        yield from thousand_gates(stage, _progress)
    if not letters or letters & {"h"}:
        yield from thousand_changes(stage, _progress)
    if not letters or letters & {"i"}:
        yield from large_page(stage, _progress)
    if not letters or letters & {"j"}:
        yield from fleet(stage, _progress)
    if not letters or letters & {"k"}:
        yield from kept_connection(backends, _progress)


def _progress(text: str) -> None:
    """Show on a terminal, in one line, how far it is."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
