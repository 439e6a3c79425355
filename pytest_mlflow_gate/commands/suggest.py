"""``suggest``: how far past runs were from the limits of a gate, and how tight champions allow them to be."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from pytest_mlflow_gate.commands.opening import opened, store_options
from pytest_mlflow_gate.commands.speaking import Failed, failing, harmless
from pytest_mlflow_gate.extensions import installed_language
from pytest_mlflow_gate.gatefile.loader import load

_RUNS, _MOST_RUNS = 20, 10_000
_WIDTH = 80


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--runs",
    metavar="N",
    type=click.IntRange(1, _MOST_RUNS),
    default=_RUNS,
    show_default=True,
    help="How many of the last finished runs.",
)
@store_options
def suggest(file: Path, runs: int, tracking_uri: str | None, registry_uri: str | None) -> None:
    """
    Suggest limits for the thresholds of the gate FILE, from past runs.

    Shows how far the last runs were from each limit and the tightest one that every past champion meets, with
    the line to change. Writes nothing.
    """
    # Both read more than checking a file needs.
    from pytest_mlflow_gate.promotion.looking_back import look_back, no_past  # noqa: PLC0415
    from pytest_mlflow_gate.reporting.suggestion import suggestion  # noqa: PLC0415
    from pytest_mlflow_gate.tracking.candidate_run import NoCandidate  # noqa: PLC0415

    with failing():
        gate = load(file, language=installed_language(), environ=os.environ)
        if why := no_past(gate):
            raise Failed(why)
        source = file.read_text(encoding="utf-8").splitlines()
        with opened(tracking_uri, registry_uri, gate) as store:
            try:
                backtest = look_back(gate, store, runs, time.time())
            except NoCandidate as error:
                raise Failed(harmless(f"{file}: {error}")) from error
    click.echo("\n".join(harmless(line) for line in suggestion(backtest, file, source, _WIDTH)))
