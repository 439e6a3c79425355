"""
Load a registered model with whatever MLflow this interpreter has, and print what it answers as JSON.

Arguments: tracking URI, model URI.
"""

from __future__ import annotations

import json
import sys

import mlflow


def main(tracking_uri: str, model_uri: str) -> None:
    """Ask the model what twice 1 and twice 2 are."""
    mlflow.set_tracking_uri(tracking_uri)
    answer = mlflow.pyfunc.load_model(model_uri).predict([1.0, 2.0])
    sys.stdout.write(f"{json.dumps(list(answer))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
