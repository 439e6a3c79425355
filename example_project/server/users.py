"""
Make a user of an MLflow server that runs with ``--app-name basic-auth``, or say what a user may do.

Where the server is and who asks comes from MLflow's own variables: MLFLOW_TRACKING_URI, _USERNAME and
_PASSWORD of an administrator, _SERVER_CERT_PATH. Needs requests, which comes with pytest-mlflow-gate.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys

import requests

PERMISSIONS = ("READ", "EDIT", "MANAGE")
SECONDS = 60


def main() -> None:
    """Do what the command line says, and print it."""
    options = _options()
    if options.command == "create":
        ask("POST", "2.0/mlflow/users/create", username=options.user, password=_new_password())
        print(f"{options.user} is a user now")
        return
    kind, name = options.kind, options.name
    ask(
        "POST",
        "3.0/mlflow/users/permissions/grant",
        username=options.user,
        permission=options.permission,
        resource_type="registered_model" if kind == "model" else kind,
        resource_id=_experiment_id(name) if kind == "experiment" else name,
    )
    print(f"{options.user} has the permission {options.permission} for {kind} {name}")


def ask(method: str, path: str, **fields: str) -> dict[str, dict[str, str]]:
    """Return the answer of the server's REST API; end with one line where there is none, or it is no."""
    reading = method == "GET"
    try:
        answer = requests.request(
            method,
            f"{_variable('MLFLOW_TRACKING_URI').rstrip('/')}/api/{path}",
            auth=(_variable("MLFLOW_TRACKING_USERNAME"), _variable("MLFLOW_TRACKING_PASSWORD")),
            verify=os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or True,
            timeout=SECONDS,
            params=fields if reading else None,
            json=None if reading else fields,
        )
    except requests.RequestException as error:
        sys.exit(f"{path}: {error}")
    if not answer.ok:
        sys.exit(f"{path}: {answer.status_code} {answer.text}")
    document: dict[str, dict[str, str]] = answer.json() if answer.content else {}
    return document


def _variable(name: str) -> str:
    """Return what an environment variable holds; end with one line if it is not set."""
    return os.environ.get(name) or sys.exit(f"{name} is not set")


def _experiment_id(name: str) -> str:
    """Return the id by which permissions know an experiment."""
    found = ask("GET", "2.0/mlflow/experiments/get-by-name", experiment_name=name)
    return found["experiment"]["experiment_id"]


def _new_password() -> str:
    """Return what a person types unseen, or the line that a program writes."""
    if sys.stdin.isatty():
        return getpass.getpass("Password of the new user (12 characters or more): ")
    return sys.stdin.readline().rstrip("\n")


def _options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make a user; the password is asked for, or read from stdin")
    create.add_argument("user")
    grant = commands.add_parser("grant", help="give a user a permission")
    grant.add_argument("user")
    grant.add_argument("permission", choices=PERMISSIONS)
    grant.add_argument("kind", choices=("experiment", "model"))
    grant.add_argument("name")
    return parser.parse_args()


if __name__ == "__main__":
    main()
