"""
Copy a model version as MLflow itself does it, with whatever MLflow this interpreter has.

Arguments: tracking URI, model URI, name of the registered model to copy it to. Prints the new version as JSON.
"""

from __future__ import annotations

import json
import sys

from mlflow.tracking import MlflowClient


def main(tracking_uri: str, model_uri: str, name: str) -> None:
    """Copy it."""
    made = MlflowClient(tracking_uri).copy_model_version(model_uri, name)
    sys.stdout.write(f"{json.dumps(str(made.version))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
