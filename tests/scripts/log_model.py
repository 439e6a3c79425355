"""
Log a small pyfunc model with whatever MLflow this interpreter has, and print what was made as JSON.

Arguments: tracking URI, experiment name (made when it does not exist).
"""

from __future__ import annotations

import json
import sys
from typing import Any

import mlflow


class Doubler(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers twice what it is asked."""

    def predict(self, context: Any, model_input: list[float], params: Any = None) -> list[float]:  # noqa: ARG002
        """Return each value doubled."""
        return [2 * value for value in model_input]


def main(tracking_uri: str, experiment: str) -> None:
    """Log the model in a finished run with one metric."""
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_experiment(experiment)
    where = {"name": "model"} if int(mlflow.__version__.partition(".")[0]) > 2 else {"artifact_path": "model"}
    with mlflow.start_run() as run:
        mlflow.log_metric("accuracy", 0.93)
        info = mlflow.pyfunc.log_model(**where, python_model=Doubler(), pip_requirements=[])
    made = {
        "experiment": experiment,
        "experiment_id": run.info.experiment_id,
        "run_id": run.info.run_id,
        "model_id": getattr(info, "model_id", None),
    }
    sys.stdout.write(f"{json.dumps(made)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
