"""``schema``: what editors and CI check gate files by."""

from __future__ import annotations

import json

import click

from pytest_mlflow_gate.commands.speaking import failing
from pytest_mlflow_gate.extensions import installed_language


@click.command()
def schema() -> None:
    """Print the JSON Schema of a gate file, for editors and CI."""
    from pytest_mlflow_gate.gatefile.schema import schema as gate_schema  # noqa: PLC0415  # validate needs none

    with failing():
        known = installed_language()
    click.echo(json.dumps(gate_schema(known.conditions), indent=2))
