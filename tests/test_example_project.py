"""The example project does what its README tells, against a real embedded store."""

from __future__ import annotations

import operator
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from mlflow import MlflowClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Backends

# MLflow's own use of SQLAlchemy, where the newest SQLAlchemy is installed
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning")

EXAMPLE = Path(__file__).parents[1] / "example_project"
HOLDS = {
    "min": operator.ge,
    ">=": operator.ge,
    "max": operator.le,
    "above": operator.gt,
    "below": operator.lt,
    "equals": operator.eq,
}
MARGIN = 0.02
"""How far the good model stays from a limit, and the degraded one too: room for other library versions."""


def environment() -> dict[str, str]:
    """Return the environment without what this pytest run and its machine have set for themselves."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTEST_"))}
    return {**own, "MLFLOW_DISABLE_TELEMETRY": "true"}


def python(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with *command*, its output captured."""
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )


def copied(folder: Path) -> Path:
    """Copy the example into *folder*, without what it leaves when it runs."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("mlflow.db", "mlruns", "__pycache__"))
    return folder


def limits(*, severity: str) -> Iterator[tuple[str, str, float]]:
    """Yield metric, condition and limit of each threshold of the gate file that has this *severity*."""
    gate: dict[str, Any] = yaml.safe_load((EXAMPLE / "eval_gate.yaml").read_text(encoding="utf-8"))
    for metric, threshold in gate["thresholds"].items():
        if isinstance(threshold, str):
            symbol, limit = threshold.split()
            conditions = {symbol: float(limit)}
        else:
            conditions = threshold
        if conditions.get("severity", "fail") == severity:
            yield from ((metric, key, float(conditions[key])) for key in HOLDS if key in conditions)


@pytest.fixture(scope="module")
def demo(backends: Backends) -> dict[str, Any]:
    """Return how `make demo` ends, ``status``, ``output`` and ``errors``, and the ``folder`` of its store."""
    folder = backends.folder / "example"

    def tell() -> dict[str, Any]:
        ended = python(str(copied(folder) / "demo.py"), cwd=backends.folder)
        return {
            "folder": str(folder),
            "status": ended.returncode,
            "output": ended.stdout,
            "errors": ended.stderr,
        }

    return dict(backends.once("demo", tell))


@pytest.fixture(scope="module")
def trained(demo: dict[str, Any]) -> dict[str, Any]:
    """Return the two runs of the story, ``good`` and ``degraded``, as the embedded store has them."""
    assert (demo["status"], demo["errors"]) == (0, ""), demo["output"]
    client = MlflowClient(f"sqlite:///{demo['folder']}/mlflow.db")
    trainings = re.findall(r"^\$ python train\.py.*\n((?:.+\n)+)", demo["output"], re.MULTILINE)
    outputs = dict(zip(("good", "degraded"), (text.splitlines() for text in trainings), strict=True))
    return {"client": client, **{story: client.get_run(lines[-1]) for story, lines in outputs.items()}}


def failures(run: Any, *, severity: str) -> set[str]:
    """Return the metrics that miss a limit of the gate file; none of the run's may be close to one."""
    values = run.data.metrics
    for metric, condition, limit in limits(severity=severity):
        assert condition in {"equals", "below"} or abs(values[metric] - limit) > MARGIN, (metric, limit)
    return {
        metric
        for metric, condition, limit in limits(severity=severity)
        if not HOLDS[condition](values[metric], limit)
    }


@pytest.mark.parametrize(
    ("story", "severity", "expected"),
    [
        pytest.param("good", "fail", set(), id="good-model-passes-all"),
        pytest.param("good", "warn", set(), id="good-model-warns-of-nothing"),
        pytest.param(
            "degraded",
            "fail",
            {"recall", "f1", "recall/eu", "recall/us", "recall/apac"},
            id="degraded-model-passes-accuracy-and-fails-recall",
        ),
        pytest.param("degraded", "warn", {"log_loss"}, id="degraded-model-warns"),
    ],
)
def test_metrics_tell_the_story(
    trained: dict[str, Any], story: str, severity: str, expected: set[str]
) -> None:
    """The good model keeps every limit with room to spare; the degraded one misses those of the README."""
    assert failures(trained[story], severity=severity) == expected


@pytest.mark.parametrize("story", ["good", "degraded"])
def test_run_says_what_it_was_made_of(trained: dict[str, Any], story: str) -> None:
    """Each training is one finished run with parameters, tags and both datasets, names and digests."""
    run = trained[story]
    datasets = {entry.dataset.name: entry.dataset.digest for entry in run.inputs.dataset_inputs}

    assert run.info.status == "FINISHED"
    assert run.data.tags["phase"] == "eval"
    assert run.data.params["model"] == "LogisticRegression"
    assert set(datasets) == {"customers-training", "customers-holdout"}
    assert all(datasets.values())


def test_both_models_meet_the_same_customers(trained: dict[str, Any]) -> None:
    """The broken export changes what a model learns from, never what it is judged on."""
    digests = {
        story: {entry.dataset.name: entry.dataset.digest for entry in trained[story].inputs.dataset_inputs}
        for story in ("good", "degraded")
    }

    assert digests["good"]["customers-holdout"] == digests["degraded"]["customers-holdout"]
    assert digests["good"]["customers-training"] != digests["degraded"]["customers-training"]


@pytest.mark.parametrize("story", ["good", "degraded"])
def test_model_is_logged_under_the_name_that_the_gate_promotes(trained: dict[str, Any], story: str) -> None:
    """Each run has exactly one model, called as the gate file says, with signature and example."""
    gate = yaml.safe_load((EXAMPLE / "eval_gate.yaml").read_text(encoding="utf-8"))
    (output,) = trained[story].outputs.model_outputs
    model = trained["client"].get_logged_model(output.model_id)
    document = yaml.safe_load((Path(model.artifact_location) / "MLmodel").read_text(encoding="utf-8"))

    assert model.name == gate["promote"]["artifact"]
    assert model.status == "READY"
    assert "tenure_months" in document["signature"]["inputs"]
    assert document["saved_input_example_info"]["type"] == "dataframe"


def test_demo_tells_the_whole_story(demo: dict[str, Any], trained: dict[str, Any]) -> None:
    """`make demo` promotes the good model, shows the refused one as expected, and prints the registry."""
    run_id = trained["good"].info.run_id
    assert "$ python -m pytest --mlflow-gate eval_gate.yaml" in demo["output"]
    assert "Exit status 1 is the expected result here" in demo["output"]
    lines = [line for line in demo["output"].splitlines() if line.startswith("churn-classifier version ")]
    assert lines == [f"churn-classifier version 1  @champion  run {run_id}"]


def test_demo_fails_where_the_story_differs(tmp_path: Path) -> None:
    """A gate that refuses the good model makes the demo fail, and say what differed."""
    project = copied(tmp_path / "example_project")
    gate = project / "eval_gate.yaml"
    stricter = gate.read_text(encoding="utf-8").replace('accuracy: ">= 0.85"', 'accuracy: ">= 0.99"')
    gate.write_text(stricter, encoding="utf-8")

    demo = python(str(project / "demo.py"), cwd=tmp_path)

    assert demo.returncode == 1
    assert demo.stderr == "\nThe demo went wrong: the gate ended with exit status 1, expected 0.\n"
