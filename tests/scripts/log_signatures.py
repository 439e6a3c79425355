"""
Log two models in one finished run, one with a signature, and print what was made as JSON.

Arguments: tracking URI, experiment name (made when it does not exist).
"""

from __future__ import annotations

import json
import sys
from typing import Any

import mlflow
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema


class Echo(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers what it is asked; without type hints, of which MLflow would make a signature."""

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, ARG002
        """Return the input."""
        return model_input


def main(tracking_uri: str, experiment: str) -> None:
    """Log the models."""
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_experiment(experiment)
    key = "name" if int(mlflow.__version__.partition(".")[0]) > 2 else "artifact_path"
    double = Schema([ColSpec(DataType.double)])
    signatures: dict[str, Any] = {"signed": ModelSignature(double, double), "unsigned": None}
    made: dict[str, Any] = {}
    with mlflow.start_run() as run:
        for name, signature in signatures.items():
            info = mlflow.pyfunc.log_model(
                **{key: name}, python_model=Echo(), pip_requirements=[], signature=signature
            )
            made[name] = getattr(info, "model_id", None)
    sys.stdout.write(f"{json.dumps({'run_id': run.info.run_id, 'model_ids': made})}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
