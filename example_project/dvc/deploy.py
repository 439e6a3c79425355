"""Deploy the version that the gate promoted; put your own way to deploy here."""

from __future__ import annotations

import os
from pathlib import Path

import mlflow


def main() -> None:
    """Put the version's files where a service would load them, and print its URI."""
    promoted = dict(line.split("=", 1) for line in Path("gate.ok").read_text(encoding="utf-8").splitlines())
    uri = f"models:/{promoted['MLFLOW_GATE_MODEL']}/{promoted['MLFLOW_GATE_VERSION']}"
    mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db"))
    mlflow.artifacts.download_artifacts(uri, dst_path="deployed")
    print(f"deployed {uri}")


if __name__ == "__main__":
    main()
