"""Whole processes, side by side: what each costs in CPU seconds and in seconds on the wall."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Command:
    """
    A process to measure.

    Attributes:
        words: Program and arguments.
        folder: Where it runs.
        environment: The whole of it.
    """

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Series:
    """
    Repetitions of one command, in seconds each.

    Attributes:
        cpu: User and system time of the process and of every process that it started and waited for.
        wall: From start to end.
    """

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """Show best and median of both."""
        return f"{_best_median(self.cpu)} cpu, {_best_median(self.wall)} wall"

    def and_(self, other: Series) -> Series:
        """Return the repetitions of both."""
        return Series(self.cpu + other.cpu, self.wall + other.wall)

    def add(self, command: Command) -> None:
        """Run *command* once more."""
        cpu, wall = _run(command)
        self.cpu.append(cpu)
        self.wall.append(wall)


def side_by_side(
    commands: Sequence[Command], rounds: int, progress: Callable[[str], None]
) -> tuple[Series, ...]:
    """
    Run each command *rounds* times, in turns, so that a noisy minute of the machine hits all of them.

    One round before these is not counted: it writes the bytecode and warms the disk and the server.

    Raises:
        RuntimeError: When a command does not end with 0, with its output.
    """
    all_series = tuple(Series() for _ in commands)
    for done in range(-1, rounds):
        progress(f"round {done + 1} of {rounds}")
        for command, series in zip(commands, all_series, strict=True):
            (Series() if done < 0 else series).add(command)
    return all_series


def _run(command: Command) -> tuple[float, float]:
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=command.folder,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            text = output.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(command.words)} ended with {process.returncode}:\n{text[-4000:]}")
    return usage.ru_utime + usage.ru_stime, wall


def _best_median(seconds: list[float]) -> str:
    return f"{min(seconds):6.3f} {statistics.median(seconds):6.3f}"
