"""KFP's local runner, and gate files for what it executes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from integration_tests.environments import run_as_job
from integration_tests.training import EXAMPLE
from tests.seeding import fresh
from tests.servers import CHECKOUT

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from integration_tests.environments import Environment
    from tests.seeding import RestSeeder

PIPELINE = EXAMPLE / "kubeflow" / "pipeline.py"
SCRIPTS = CHECKOUT / "integration_tests" / "scripts"
GATE = """
candidate:
  experiment: {experiment}
thresholds:
  accuracy: ">= 0.9"
promote:
  model: {model}
  alias: champion
"""


class Execution(NamedTuple):
    """
    A pipeline that was executed.

    Attributes:
        status: Exit status of the runner.
        output: What it and the components printed.
        deployed: URIs that deploy returned.
        models: MLmodel files that deploy wrote.
    """

    status: int
    output: str
    deployed: list[str]
    models: list[str]


class Kubeflow(NamedTuple):
    """
    The local runner.

    Attributes:
        environment: What it and the components run in.
        server: URL of the MLflow server.
        folder: The runs' files.
    """

    environment: Environment
    server: str
    folder: Path

    def execute(self, pipeline: str, **arguments: object) -> Execution:
        """Execute a pipeline of the example; the tracking URI is added to its *arguments*."""
        words = json.dumps({"tracking_uri": self.server} | arguments)
        done = self.python(str(SCRIPTS / "run_pipeline.py"), str(PIPELINE), pipeline, words, str(self.folder))
        written = self.folder.glob("**/deploy/executor_output.json")
        return Execution(
            status=done.returncode,
            output=done.stdout,
            deployed=sorted(json.loads(file.read_text())["parameterValues"]["Output"] for file in written),
            models=sorted(file.read_text() for file in self.folder.glob("**/deploy/model/MLmodel")),
        )

    def python(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the folder, both outputs as one."""
        environ = self.environment.variables(**variables)
        return run_as_job((self.environment.python, *words), self.folder, environ)


def seeded_gate(seed: RestSeeder, accuracy: float) -> tuple[str, str]:
    """Put a run with a model and this *accuracy* on the server; return a gate file about it and its model."""
    experiment, model = fresh("customer-churn"), fresh("churn-classifier")
    experiment_id = seed.experiment(experiment)
    seed.logged_model(experiment_id, seed.run(experiment_id, metrics={"accuracy": accuracy}))
    return GATE.format(experiment=experiment, model=model), model
