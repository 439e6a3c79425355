"""
Make a bento of the version that the gate promoted: ``python release.py gate.json``.

``gate.json`` is the decision file of the same job, as ``pytest --mlflow-gate eval_gate.yaml
--mlflow-gate-decision gate.json`` writes it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import bentoml
import mlflow

MODEL = "churn"  # what service.py loads
REQUIREMENTS = ["mlflow", "pandas", "scikit-learn", "skops"]


def main() -> None:
    """Import the version, build the bento and print its tag; leave with a sentence where that is refused."""
    path = Path(sys.argv[1])
    gate = promoted_gate(path)
    promotion = gate["promotion"]
    model = promotion["copy_to"] or promotion["model"]
    alias, version = promotion["alias"], promotion["version"]
    mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db"))
    champion = mlflow.MlflowClient().get_model_version_by_alias(model, alias)
    if str(champion.version) != version:
        sys.exit(f"{model} @{alias} is version {champion.version}, and {path} promoted version {version}")
    labels = {
        "mlflow_model": model,
        "mlflow_alias": alias,
        "mlflow_version": version,
        "mlflow_run": champion.run_id,
        "gate": gate["name"],
        "gate_decision": promotion["status"],
    }
    # By its number: the alias could move before the files are here.
    bentoml.mlflow.import_model(MODEL, f"models:/{model}/{version}", labels=labels)
    bento = bentoml.build(
        "service:Churn",
        labels=labels,
        include=["service.py"],
        python={"packages": REQUIREMENTS, "lock_packages": False},
    )
    print(bento.tag)


def promoted_gate(path: Path) -> dict[str, Any]:
    """Return what the decision file says of its gate; leave where that promoted nothing."""
    if not path.is_file():
        sys.exit(f"{path}: no decision file, so nothing was judged")
    decided = json.loads(path.read_text(encoding="utf-8"))
    gate: dict[str, Any] = decided["gates"][0]
    if not decided["promoted"]:
        sys.exit(f"{path}: {gate['name']} did not promote: {gate['promotion']['text']}")
    return gate


if __name__ == "__main__":
    main()
