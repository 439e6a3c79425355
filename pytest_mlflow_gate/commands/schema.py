"""``schema``: what editors and CI check gate files by."""

from __future__ import annotations

import json

import click

from pytest_mlflow_gate.checks.kinds import KEYS


@click.command()
def schema() -> None:
    """Print the JSON Schema of a gate file, for editors and CI."""
    from pytest_mlflow_gate.gatefile.schema import schema as gate_schema  # noqa: PLC0415  # validate needs none

    click.echo(json.dumps(gate_schema(KEYS), indent=2))
