"""``rollback``: the alias goes back to the version before."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from pytest_mlflow_gate.commands.opening import opened, promoting_gate, store_options
from pytest_mlflow_gate.commands.speaking import failing, harmless, name_of_a_person
from pytest_mlflow_gate.promotion.move import move
from pytest_mlflow_gate.promotion.provenance import provenance
from pytest_mlflow_gate.promotion.rollback import rollback_of


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--by", metavar="NAME", callback=name_of_a_person, help="Who does it, for the record.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@store_options
def rollback(
    file: Path,
    by: str | None,
    *,
    dry_run: bool,
    tracking_uri: str | None,
    registry_uri: str | None,
) -> None:
    """
    Take back the last promotion of the gate FILE.

    Alias and stage go back to the version before, as the record knows it; a second time, to the one before
    that. The version that is taken down needs a new approval, where the gate asks for one. Refused when the
    alias was moved by anybody else meanwhile.
    """
    with failing():
        gate, promotion = promoting_gate(file, "roll back")
        target = harmless(promotion.target)
        with (
            failing(f"NOT ROLLED BACK {target}: "),
            opened(tracking_uri, registry_uri, gate) as store,
        ):
            who = provenance(os.environ)
            plan = rollback_of(gate, promotion, store, who._replace(by=by or who.by), time.time())
            if not dry_run:
                move(plan.steps, store)
    word = "WOULD ROLL BACK" if dry_run else "ROLLED BACK"
    was = "is" if dry_run else "was"
    click.echo(harmless(f"{word} {target}: version {plan.version} ({was} version {plan.previous_version})"))
