"""The example's bento: made of the version that the gate of the job promoted, served, and asked."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest
import requests
import yaml

from integration_tests.training import EXAMPLE, example_gate, train_once
from tests.seeding import RestSeeder, fresh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration_tests.conftest import Environments
    from integration_tests.environments import Environment
    from integration_tests.training import Trained
    from tests.servers import Backends

LEAVES = {
    "region": "apac",
    "contract": "monthly",
    "plan": "pro",
    "payment": "invoice",
    "tenure_months": 1.0,
    "monthly_charges": 110.0,
    "support_tickets": 9.0,
    "late_payments": 5.0,
    "logins_per_week": 0.0,
}
STAYS = LEAVES | {"contract": "two-year", "tenure_months": 90.0, "support_tickets": 0.0, "late_payments": 0.0}
START_SECONDS = 600.0
"""A service needs 20 seconds on an idle machine, and minutes on a loaded one."""


class Job(NamedTuple):
    """
    A job of a CI system that judges a run and releases its model.

    Attributes:
        folder: Where it works; has the gate file, and the decision file once a gate ran.
        model: Name of the registered model.
        environment: What its commands run in.
        server: URL of its MLflow server.
        store: BentoML's models and bentos.
    """

    folder: Path
    model: str
    environment: Environment
    server: str
    store: Path

    def gate(self, run_id: str) -> int:
        """Judge a run, and return the exit status."""
        words = ["-m", "pytest", "--mlflow-gate", "eval_gate.yaml", "--mlflow-gate-run", run_id]
        return self.python(*words, "--mlflow-gate-decision", "gate.json").returncode

    def release(self) -> subprocess.CompletedProcess[str]:
        """Make a bento of what the decision file says."""
        return self.python("release.py", "gate.json")

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the folder."""
        return subprocess.run(
            [self.environment.python, *words],
            cwd=self.folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )

    def variables(self) -> dict[str, str]:
        """Return the environment of the job's commands."""
        return self.environment.variables(
            MLFLOW_TRACKING_URI=self.server, BENTOML_HOME=str(self.store), BENTOML_DO_NOT_TRACK="True"
        )

    def stored(self, kind: str) -> list[dict[str, Any]]:
        """Return what BentoML has of a *kind*, ``model`` or ``bento``: each one's description of itself."""
        return [yaml.safe_load(file.read_text()) for file in self.store.glob(f"{kind}s/churn/*/{kind}.yaml")]


class Jobs(Protocol):
    """Makes a job with a model of its own."""

    def __call__(self) -> Job: ...


@pytest.fixture(scope="module")
def runs(backends: Backends, mlflow_server: str) -> Trained:
    """Return the runs of the example."""
    return train_once(backends, mlflow_server)


@pytest.fixture(scope="module")
def jobs(
    environments: Environments, mlflow_server: str, runs: Trained, tmp_path_factory: pytest.TempPathFactory
) -> Jobs:
    """Return what makes jobs."""

    def new() -> Job:
        folder, model = tmp_path_factory.mktemp("job"), fresh("churn-classifier")
        for name in ("release.py", "service.py"):
            shutil.copy(EXAMPLE / "bentoml" / name, folder)
        (folder / "eval_gate.yaml").write_text(example_gate(runs.experiment, model), encoding="utf-8")
        return Job(folder, model, environments("bentoml"), mlflow_server, folder / "store")

    return new


@pytest.fixture(scope="module")
def released(jobs: Jobs, runs: Trained) -> tuple[Job, str]:
    """Return a job that promoted the good run and made a bento of it, and the bento's tag."""
    job = jobs()
    assert job.gate(runs.good) == 0
    done = job.release()
    assert done.returncode == 0, done.stdout + done.stderr
    return job, done.stdout.splitlines()[-1]


@pytest.fixture
def service(released: tuple[Job, str]) -> Iterator[str]:
    """Return the URL at which the bento is served."""
    job, tag = released
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    program = str(job.environment.path / "bin" / "bentoml")
    log = job.folder / "log"
    with log.open("wb") as output:
        serving = subprocess.Popen(
            [program, "serve", tag, "--host", "127.0.0.1", "--port", str(port)],
            cwd=job.folder,
            env=job.variables(),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        give_up = time.monotonic() + START_SECONDS
        while not answers(f"{url}/readyz"):
            assert serving.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.2)
        yield url
    finally:
        # Its workers have sessions of their own: only it can end them.
        serving.terminate()
        serving.wait(timeout=START_SECONDS)


def answers(url: str) -> bool:
    """Whether a service is there and ready."""
    with suppress(requests.ConnectionError, requests.Timeout):
        return requests.get(url, timeout=10).ok
    return False


def test_bento_carries_version_and_decision(released: tuple[Job, str], runs: Trained) -> None:
    """Model and bento say which version of what run they are, and what the gate decided."""
    job, tag = released
    labels = {
        "mlflow_model": job.model,
        "mlflow_alias": "champion",
        "mlflow_version": "1",
        "mlflow_run": runs.good,
        "gate": job.model,
        "gate_decision": "promoted",
    }

    assert [model["labels"] for model in job.stored("model")] == [labels]
    (bento,) = job.stored("bento")
    assert f"{bento['name']}:{bento['version']}" == tag
    assert bento["labels"] == labels


def test_served_bento_predicts(service: str) -> None:
    """The bento answers over HTTP, with the promoted model's predictions."""
    answer = requests.post(f"{service}/predict", json={"customers": [LEAVES, STAYS]}, timeout=60)

    assert (answer.status_code, answer.json()) == (200, [1.0, 0.0])


def test_moved_alias_is_refused(jobs: Jobs, runs: Trained) -> None:
    """A champion that this job's decision does not name is not released, whoever made it champion."""
    job = jobs()
    assert job.gate(runs.good) == 0
    seed = RestSeeder(job.server)
    seed.version(job.model, source=f"runs:/{runs.degraded}/model", run_id=runs.degraded)
    seed.alias(job.model, "champion", "2")

    done = job.release()

    text = f"{job.model} @champion is version 2, and gate.json promoted version 1"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, text)
    assert (job.stored("model"), job.stored("bento")) == ([], [])


def test_failed_gate_is_refused(jobs: Jobs, runs: Trained) -> None:
    """A decision against the model releases nothing, and says why."""
    job = jobs()
    assert job.gate(runs.degraded) == 1

    done = job.release()

    text = f"gate.json: {job.model} did not promote: recall[min], f1[min], recall/eu[min] and 2 more did not pass"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, text)
    assert (job.stored("model"), job.stored("bento")) == ([], [])


def test_usage_error_is_refused(jobs: Jobs, runs: Trained) -> None:
    """Where nothing was judged there is no decision, which is told from a decision against the model."""
    job = jobs()
    (job.folder / "eval_gate.yaml").write_text("thresholds:\n  accuracy: 0.9\n")
    assert job.gate(runs.good) == 4

    done = job.release()

    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "gate.json: no decision file, so nothing was judged",
    )
    assert (job.stored("model"), job.stored("bento")) == ([], [])
