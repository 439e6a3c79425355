"""(j) A fleet of gates in one session, with two processes of pytest-xdist and without."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from measuring import side_by_side
from rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from measuring import Command
    from stage import Stage

GATES = 200
ROUNDS = 3


def fleet(stage: Stage, progress: Callable[[str], None]) -> Iterator[Row]:
    """Measure sessions that judge the same gates, in turns."""
    folder = stage.gates("fleet", stage.three, GATES).name
    commands = (_session(stage, folder, "-n2"), _session(stage, folder))
    with_workers, without = side_by_side(commands, ROUNDS, progress)
    wall = min(with_workers.wall) / min(without.wall)
    cpu = min(with_workers.cpu) / min(without.cpu)
    yield Row(
        "j",
        f"{GATES} gates with -n2, without",
        str(with_workers),
        str(without),
        f"{wall:.2f} x wall, {cpu:.2f} x cpu",
    )


def _session(stage: Stage, folder: str, *options: str) -> Command:
    """Return a session of this interpreter, which has xdist, and of its plugins no other than the two."""
    plugins = ("-p", "xdist", "-p", "mlflow_gate")
    command = stage.command(
        sys.executable, "-m", "pytest", *plugins, "--mlflow-gate", folder, *options, plugin=True
    )
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    return replace(command, environment={**command.environment, **alone})
