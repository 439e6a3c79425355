#!/usr/bin/env bash
# The gate as teams write it today: pick the run, write its metrics down, compare, promote.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python - >"$work/candidate.json" <<'PYTHON'
import json, os, sys
from mlflow import MlflowClient

client = MlflowClient()
experiment = client.get_experiment_by_name(os.environ["EXPERIMENT"])
run = client.search_runs(
    [experiment.experiment_id], order_by=["attributes.start_time DESC"], max_results=1
)[0]
json.dump({"run_id": run.info.run_id, "metrics": run.data.metrics}, sys.stdout)
PYTHON

check() {
    python -c '
import json, sys
path, metric, limit = sys.argv[1:]
value = json.load(open(path))["metrics"][metric]
print(f"{metric}: {value} (at least {limit})")
sys.exit(value < float(limit))
' "$work/candidate.json" "$1" "$2"
}
check accuracy 0.92
check precision 0.88
check recall 0.85

python - "$work/candidate.json" <<'PYTHON'
import json, os, sys
from mlflow import MlflowClient

client, model = MlflowClient(), os.environ["MODEL"]
run_id = json.load(open(sys.argv[1]))["run_id"]
versions = client.search_model_versions(f"name = '{model}' and run_id = '{run_id}'")
if versions:
    version = versions[0].version
else:
    import mlflow

    version = mlflow.register_model(f"runs:/{run_id}/model", model).version
client.set_registered_model_alias(model, "champion", str(version))
print(f"{model} version {version} is champion")
PYTHON
