"""The command line beside pytest's: gate files made, checked, explained; promotions shown and taken back."""

from __future__ import annotations

import click

from pytest_mlflow_gate.commands.approve import approve
from pytest_mlflow_gate.commands.explain import explain
from pytest_mlflow_gate.commands.history import history
from pytest_mlflow_gate.commands.init import init
from pytest_mlflow_gate.commands.rollback import rollback
from pytest_mlflow_gate.commands.schema import schema
from pytest_mlflow_gate.commands.suggest import suggest
from pytest_mlflow_gate.commands.validate import validate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """
    Write, check and explain gate files; show, approve and take back promotions.

    To judge and promote, run pytest: pytest --mlflow-gate eval_gate.yaml
    """


for command in (approve, explain, history, init, rollback, schema, suggest, validate):
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="python -m pytest_mlflow_gate")
