"""``validate``: gate files checked offline, for pre-commit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_mlflow_gate.commands.speaking import failing
from pytest_mlflow_gate.extensions import installed_language
from pytest_mlflow_gate.gatefile.discovery import gate_files
from pytest_mlflow_gate.gatefile.loader import validate as validate_file
from pytest_mlflow_gate.gatefile.problems import GateFileError

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.language import Language


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def validate(context: click.Context, paths: tuple[Path, ...]) -> None:
    """
    Check gate files, offline.

    FILE is a gate file, or a folder: every *gate.yaml and *gate.yml below it. Each problem is a line
    "path:line: problem" on stderr. Environment variables that are not set here are named and are no
    problem; pytest requires them.

    Exits with 0 when every file is right, else with 1.
    """
    with failing():
        language = installed_language()
    results = [_report(path, language) for path in paths]
    context.exit(0 if all(results) else 1)


def _report(path: Path, language: Language) -> bool:
    try:
        files = gate_files(path)
    except GateFileError as error:
        click.echo(str(error), err=True)
        return False
    results = [_report_file(file, language) for file in files]
    return all(results)


def _report_file(file: Path, language: Language) -> bool:
    try:
        validation = validate_file(file, language=language, environ=os.environ)
    except GateFileError as error:
        click.echo(str(error), err=True)
        return False
    unset = f"; not set here: {', '.join(validation.unset)}" if validation.unset else ""
    click.echo(f"{file}: ok ({validation.checks} checks{unset})")
    return True
