"""Two processes in which sessions run at the same time, and meet before they write."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from tests.servers import CHECKOUT, THIS_PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Place = Literal["moving", "alias"]
"""Where sessions meet: before the first of them moves anything, or when each has read the alias."""


class Ended(NamedTuple):
    """
    A session that is over.

    Attributes:
        status: Its exit status.
        lines: What it wrote to the terminal.
    """

    status: int
    lines: list[str]


class Racer:
    """A process that runs one session after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a racer is talked to through pipes")
        self._orders, self._answers = process.stdin, process.stdout

    def start(self, folder: Path, place: Place) -> None:
        """Start a session with the ``eval_gate.yaml`` of *folder*, which waits at *place*."""
        self._say(json.dumps([str(folder), place]))

    def arrive(self) -> None:
        """Return when the session waits."""
        line = self._answers.readline()
        if line != "waiting\n":
            raise RuntimeError(f"the session did not come to the place where the other one waits: {line}")

    def go(self) -> None:
        """Let the session go on."""
        self._say("go")

    def end(self) -> Ended:
        """Return how the session ended."""
        return Ended(*json.loads(self._answers.readline()))

    def _say(self, line: str) -> None:
        self._orders.write(f"{line}\n")
        self._orders.flush()


@contextmanager
def racing() -> Iterator[tuple[Racer, Racer]]:
    """Keep two processes ready while the context lasts; like two jobs of a CI system, each has its own URL."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("PYTEST_") and key not in ("CI", "GITHUB_ACTIONS")
    }
    command = [str(THIS_PYTHON), str(CHECKOUT / "tests" / "scripts" / "racer.py")]
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(
                subprocess.Popen(
                    command,
                    cwd=CHECKOUT,
                    env=kept
                    | {"PYTHONPATH": str(CHECKOUT), "CI_JOB_URL": f"https://ci.example/jobs/{number}"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number in (1, 2)
        )
        yield Racer(first), Racer(second)


def race(racers: tuple[Racer, Racer], folders: tuple[Path, Path], place: Place) -> tuple[Ended, Ended]:
    """Start a session in each folder, wait until both are at *place*, and let both go at once."""
    first, second = racers
    for racer, folder in zip(racers, folders, strict=True):
        racer.start(folder, place)
    for racer in racers:
        racer.arrive()
    first.go()
    second.go()
    return first.end(), second.end()
