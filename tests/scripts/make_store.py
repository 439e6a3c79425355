"""
Make an empty MLflow store at the SQLite URI given, with whatever MLflow this interpreter has.

Prints the name of an experiment and of a registered model in it, as JSON.
"""

from __future__ import annotations

import json
import sys

from mlflow.tracking import MlflowClient


def main(tracking_uri: str) -> None:
    """Let MLflow make the tables, and one thing in each half of the store."""
    client = MlflowClient(tracking_uri)
    client.create_experiment("first")
    client.create_registered_model("first")
    sys.stdout.write(f"{json.dumps('first')}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
