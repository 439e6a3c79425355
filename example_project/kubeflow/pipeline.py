"""
Kubeflow pipelines in which a model is deployed if the gate promoted it.

``python pipeline.py`` compiles them: ``gated_deploy.yaml`` for one gate file, ``gated_fleet.yaml`` for many.
A gate file reaches the cluster as its text, an argument of the run, so the image needs no checkout.
"""
# ruff: noqa: PLC0415 - nothing but a component's body reaches its container, imports included

from kfp import compiler, dsl


@dsl.component(base_image="python:3.11", packages_to_install=["pytest-mlflow-gate[report]"])
def gate(
    gate_file: str,
    tracking_uri: str,
    decision: dsl.Output[dsl.Artifact],
    page: dsl.Output[dsl.HTML],
    run_id: str = "",
) -> bool:
    """
    Return True if the gate promoted the model, False if the model misses one of its limits.

    Credentials for MLflow come from the container's environment, MLFLOW_TRACKING_TOKEN for example.

    Args:
        gate_file: Text of the gate file.
        tracking_uri: Of the MLflow server.
        decision: What was decided, as JSON.
        page: The report, which the UI of Kubeflow shows.
        run_id: MLflow run to judge; empty is the run that the gate file chooses.

    Raises:
        RuntimeError: If nothing was judged or a promotion did not happen: an error is no verdict on a model.
    """
    import json
    import subprocess
    import sys
    import tempfile
    from pathlib import Path

    folder = Path(tempfile.mkdtemp())
    (folder / "eval_gate.yaml").write_text(gate_file, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--mlflow-gate", "eval_gate.yaml"]
    command += ["--mlflow-gate-tracking-uri", tracking_uri]
    command += ["--mlflow-gate-decision", str(Path(decision.path).absolute())]
    command += ["--mlflow-gate-report", str(Path(page.path).absolute())]
    if run_id:
        command += ["--mlflow-gate-run", run_id]
    status = subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603 - pytest
    if status not in (0, 1):
        raise RuntimeError(f"the gate ended with exit status {status}: nothing was judged")
    decided = json.loads(Path(decision.path).read_text(encoding="utf-8"))
    if decided["promoted"]:
        return True
    (judged,) = decided["gates"]
    if any(check["outcome"] == "failed" and check["severity"] == "fail" for check in judged["checks"]):
        return False
    unjudged = [check["text"] for check in judged["checks"] if check["outcome"] == "unevaluable"]
    promotion = judged["promotion"] or {"text": "the gate file promotes nothing"}
    raise RuntimeError("; ".join(unjudged) or promotion["text"])


@dsl.component(base_image="python:3.11", packages_to_install=["mlflow-skinny>=3.1,<4"])
def deploy(tracking_uri: str, decision: dsl.Input[dsl.Artifact], model: dsl.Output[dsl.Model]) -> str:
    """
    Deploy the version that was promoted, and return its URI; put your own way to deploy here.

    Args:
        tracking_uri: Of the MLflow server.
        decision: Of the gate.
        model: The version's files, for the step that serves them.
    """
    import json
    from pathlib import Path

    import mlflow

    (gate,) = json.loads(Path(decision.path).read_text(encoding="utf-8"))["gates"]
    promotion = gate["promotion"]
    uri = f"models:/{promotion['copy_to'] or promotion['model']}/{promotion['version']}"
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.artifacts.download_artifacts(uri, dst_path=model.path)
    return uri


@dsl.pipeline(name="gated-deploy")
def gated_deploy(gate_file: str, tracking_uri: str, run_id: str = "") -> None:
    """Judge one run and deploy its model if the gate promoted it."""
    judged = gate(gate_file=gate_file, tracking_uri=tracking_uri, run_id=run_id)
    # The arguments may be yesterday's, but what they name in MLflow is not: neither step has a cached answer.
    judged.set_caching_options(enable_caching=False)
    with dsl.If(judged.outputs["Output"] == True):  # noqa: E712 - an expression of the pipeline
        deployed = deploy(tracking_uri=tracking_uri, decision=judged.outputs["decision"])
        deployed.set_caching_options(enable_caching=False)


@dsl.pipeline(name="gated-fleet")
def gated_fleet(gate_files: list[str], tracking_uri: str) -> None:
    """Judge many models side by side, each by its own gate file, and deploy those that were promoted."""
    with dsl.ParallelFor(items=gate_files, parallelism=20) as gate_file:
        gated_deploy(gate_file=gate_file, tracking_uri=tracking_uri)


if __name__ == "__main__":
    compiler.Compiler().compile(gated_deploy, "gated_deploy.yaml")
    compiler.Compiler().compile(gated_fleet, "gated_fleet.yaml")
