"""The example's Kubeflow pipelines, compiled and executed by KFP's local runner."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

from integration_tests.local_runner import GATE, PIPELINE, SCRIPTS, Kubeflow, seeded_gate
from integration_tests.training import example_gate, train_once
from tests.seeding import RestSeeder, fresh

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration_tests.conftest import Environments
    from integration_tests.training import Trained
    from tests.servers import Backends


@pytest.fixture
def kubeflow(environments: Environments, mlflow_server: str, tmp_path: Path) -> Kubeflow:
    """Return a runner whose runs are the test's own."""
    return Kubeflow(environments("kubeflow"), mlflow_server, tmp_path)


@pytest.fixture(scope="module")
def runs(backends: Backends, mlflow_server: str) -> Trained:
    """Return the runs of the example."""
    return train_once(backends, mlflow_server)


def test_pipelines_compile(kubeflow: Kubeflow) -> None:
    """The file compiles both pipelines; deploy hangs on the gate's answer, and neither is taken from a cache."""
    done = kubeflow.python(str(PIPELINE))

    assert (done.returncode, done.stdout) == (0, "")
    compiled = yaml.safe_load((kubeflow.folder / "gated_deploy.yaml").read_text())
    tasks = compiled["root"]["dag"]["tasks"]
    deploy = compiled["components"]["comp-condition-1"]["dag"]["tasks"]["deploy"]
    assert (tasks["gate"]["cachingOptions"], deploy["cachingOptions"]) == ({}, {})
    assert tasks["condition-1"]["triggerPolicy"] == {
        "condition": "inputs.parameter_values['pipelinechannel--gate-Output'] == true"
    }
    fleet = yaml.safe_load((kubeflow.folder / "gated_fleet.yaml").read_text())
    (loop,) = fleet["root"]["dag"]["tasks"].values()
    assert loop["parameterIterator"]["items"] == {"inputParameter": "pipelinechannel--gate_files"}


def test_passing_gate_deploys_what_it_promoted(kubeflow: Kubeflow, runs: Trained) -> None:
    """The run that was named is judged and promoted, and that version is deployed."""
    model = fresh("churn-classifier")

    execution = kubeflow.execute(
        "gated_deploy", gate_file=example_gate(runs.experiment, model), run_id=runs.good
    )

    assert execution.status == 0, execution.output
    assert execution.deployed == [f"models:/{model}/1"]
    (mlmodel,) = execution.models
    assert f"run_id: {runs.good}" in mlmodel


def test_failing_gate_deploys_nothing(kubeflow: Kubeflow, runs: Trained) -> None:
    """A model that misses a limit is an answer: the pipeline succeeds, and deploy is left out."""
    execution = kubeflow.execute(
        "gated_deploy",
        gate_file=example_gate(runs.experiment, fresh("churn-classifier")),
        run_id=runs.degraded,
    )

    assert execution.status == 0, execution.output
    assert "recall is 0.598" in execution.output
    assert execution.deployed == []


def test_usage_error_fails_the_pipeline(kubeflow: Kubeflow) -> None:
    """A gate file that cannot be read is an error of the pipeline, not a model that failed."""
    gate_file = GATE.format(experiment="churn", model="churn").replace('">= 0.9"', "0.9")

    execution = kubeflow.execute("gated_deploy", gate_file=gate_file)

    assert execution.status == 1, execution.output
    assert "eval_gate.yaml:5: thresholds.accuracy: '0.9' is a bare number" in execution.output
    assert "RuntimeError: the gate ended with exit status 4: nothing was judged" in execution.output
    assert execution.deployed == []


def test_fleet_deploys_those_that_pass(kubeflow: Kubeflow, seed: RestSeeder) -> None:
    """Each gate file of a list is judged by a component of its own, and decides for its own model only."""
    gate_files, models = zip(*(seeded_gate(seed, accuracy) for accuracy in (0.8, 0.95)), strict=True)

    execution = kubeflow.execute("gated_fleet", gate_files=gate_files)

    assert execution.status == 0, execution.output
    assert execution.deployed == [f"models:/{models[1]}/1"]


PLUGINS = {
    "interrupting": "def pytest_runtest_setup(item):\n    raise KeyboardInterrupt\n",
    "breaking": "def pytest_collection_modifyitems():\n    raise ValueError\n",
    "emptying": "def pytest_collection_modifyitems(items):\n    items.clear()\n",
    "killing": "import os\ndef pytest_sessionfinish():\n    os.kill(os.getpid(), 9)\n",
}
"""pytest plugins that end a session as accidents do."""


class Case(NamedTuple):
    """
    A call of the gate.

    Attributes:
        answer: What it has to return, or the beginning of the error that it has to raise.
        accuracy: Of the run.
        edit: Changes the gate file.
        plugin: Of `PLUGINS`, one that the session has.
        server: URL, where it is not that of the session's server.
    """

    answer: bool | str
    accuracy: float = 0.95
    edit: Callable[[str], str] = str
    plugin: str = ""
    server: str = ""


def without_promotion(gate: str) -> str:
    """Return a gate that only judges."""
    return gate.partition("promote:")[0]


CASES = {
    "misses-a-limit-and-another-cannot-be-judged": Case(
        answer=False,
        accuracy=0.8,
        edit=lambda gate: gate.replace("thresholds:", 'thresholds:\n  f1: ">= 0.9"'),
    ),
    "metric-never-logged": Case("cannot judge f1", edit=lambda gate: gate.replace("accuracy", "f1")),
    "warning-and-metric-never-logged": Case(
        "cannot judge f1",
        accuracy=0.8,
        edit=lambda gate: gate.replace('">= 0.9"', '{min: 0.9, severity: warn}\n  f1: ">= 0.9"'),
    ),
    "server-unreachable": Case("cannot judge", server="http://127.0.0.1:1"),
    "awaits-an-approval": Case("version 1 of ", edit=lambda gate: f"{gate}  approval: first\n"),
    "promotes-nothing": Case("the gate file promotes nothing", edit=without_promotion),
    "interrupted": Case("the gate ended with exit status 2: nothing was judged", plugin="interrupting"),
    "internal-error": Case("the gate ended with exit status 3: nothing was judged", plugin="breaking"),
    "nothing-ran": Case(
        "the gate ended with exit status 5: nothing was judged", edit=without_promotion, plugin="emptying"
    ),
    "killed": Case("the gate ended with exit status -9: nothing was judged", plugin="killing"),
}


@pytest.fixture(scope="module")
def answers(
    environments: Environments, mlflow_server: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bool | str]:
    """Return what the gate's body answered in each case; one process asks for all of them."""
    kubeflow = Kubeflow(environments("kubeflow"), mlflow_server, tmp_path_factory.mktemp("calls"))
    for plugin, text in PLUGINS.items():
        (kubeflow.folder / f"{plugin}.py").write_text(text)
    seed = RestSeeder(mlflow_server)
    calls = []
    for case in CASES.values():
        gate_file, _ = seeded_gate(seed, case.accuracy)
        calls.append(
            {
                "arguments": {
                    "gate_file": case.edit(gate_file),
                    "tracking_uri": case.server or mlflow_server,
                },
                "environment": {"PYTEST_PLUGINS": case.plugin} if case.plugin else {},
            }
        )
    done = kubeflow.python(
        str(SCRIPTS / "call_gate.py"), str(PIPELINE), json.dumps(calls), PYTHONPATH=str(kubeflow.folder)
    )
    assert done.returncode == 0, done.stdout
    return dict(zip(CASES, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_no_is_an_answer_about_a_model_that_was_judged(answers: dict[str, bool | str], name: str) -> None:
    """The gate returns False for a model that misses a limit, and raises whatever else keeps it from True."""
    expected, found = CASES[name].answer, answers[name]

    assert found is expected if isinstance(expected, bool) else str(found).startswith(expected)
