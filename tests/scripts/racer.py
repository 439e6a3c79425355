"""
Run one pytest session after another, each of which waits for a word before it writes.

An order is a line of JSON on the standard input: the folder with ``eval_gate.yaml``, and the place to wait at,
``moving`` (all is judged, and nothing moved yet) or ``alias`` (the alias was read, and the request that moves it
comes next). At that place the session prints ``waiting`` and goes on after the next line of the standard input.
At its end it prints its exit status and the lines of its terminal, as JSON.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stdout
from typing import TextIO

import pytest

from pytest_mlflow_gate.tracking.rest import RestStore
from tests.quick import QUICK

OPTIONS = ("-s", "-p", "no:cacheprovider", *QUICK)


class Meeting:
    """The place where a session waits for the other one."""

    def __init__(self, place: str, orders: TextIO, answers: TextIO) -> None:
        self.place = place
        self.orders, self.answers = orders, answers

    def pytest_sessionfinish(self) -> None:
        """Wait before the gate's own wrapper, which is outside of this hook, moves anything."""
        if self.place == "moving":
            self.wait()

    def wait(self) -> None:
        """Say that this session is here, and wait for the word; once in a session."""
        self.place = "over"
        say(self.answers, "waiting")
        self.orders.readline()


def say(answers: TextIO, line: str) -> None:
    """Print a line where the test reads it, whatever pytest made of the standard output."""
    answers.write(f"{line}\n")
    answers.flush()


def main() -> None:
    """Carry out orders until there are no more."""
    orders, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    set_alias = RestStore.set_alias
    meeting = Meeting("over", orders, answers)

    def set_alias_later(self: RestStore, model: str, alias: str, version: str) -> None:
        if meeting.place == "alias":
            meeting.wait()
        set_alias(self, model, alias, version)

    RestStore.set_alias = set_alias_later  # type: ignore[method-assign, assignment]
    for order in orders:
        folder, place = json.loads(order)
        os.chdir(folder)
        meeting = Meeting(place, orders, answers)
        with redirect_stdout(io.StringIO()) as terminal:
            status = pytest.main([*OPTIONS, "--mlflow-gate", "eval_gate.yaml"], plugins=[meeting])
        say(answers, json.dumps([int(status), terminal.getvalue().splitlines()]))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
