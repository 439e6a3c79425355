"""
Put experiments, runs and models where a test wants them.

Names are fresh in each call unless the test gives one, so tests can share a server. `RestSeeder` speaks the
REST API to a server of any release, `ClientSeeder` uses MlflowClient on an embedded store.
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote
from uuid import uuid4

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MLMODEL = "flavors: {}\n"
"""Enough of an MLmodel file to be seen; it does not load."""

Steps = float | list[tuple[float, int]]
"""A metric's value, or its history as values and steps."""

Dataset = tuple[str, str]
"""Its name and its digest."""


def fresh(prefix: str) -> str:
    """Return a name that nobody used."""
    return f"{prefix}-{uuid4().hex[:12]}"


def metric_points(metrics: Mapping[str, Steps], milliseconds: int) -> list[dict[str, Any]]:
    """Return *metrics* in MLflow's own words, all logged at the same time."""
    return [
        {"key": key, "value": value, "step": step, "timestamp": milliseconds}
        for key, values in metrics.items()
        for value, step in (values if isinstance(values, list) else [(values, 0)])
    ]


class Seeder(Protocol):
    """What a test can ask for; times are in seconds since the epoch, ids and versions are texts."""

    uri: str

    def experiment(self, name: str | None = None) -> str:
        """Make an experiment and return its id."""

    def delete_experiment(self, experiment_id: str) -> None:
        """Delete it, as the UI does."""

    def run(
        self,
        experiment_id: str,
        *,
        status: str = "FINISHED",
        metrics: Mapping[str, Steps] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> str:
        """Make a run that has *status*, and return its id."""

    def log(self, run_id: str, metrics: Mapping[str, Steps], *, at: int | None = None) -> None:
        """Log metrics to a run, whatever its status, *at* these milliseconds or now."""

    def log_for_model(
        self, run_id: str, model_id: str, metrics: Mapping[str, Steps], *, dataset: Dataset | None, at: int
    ) -> None:
        """Log metrics of a run for a logged model too, measured on *dataset*, *at* these milliseconds."""

    def log_datasets(self, run_id: str, *datasets: Dataset) -> None:
        """Log datasets as the run's inputs."""

    def set_status(self, run_id: str, status: str, end: float | None = None) -> None:
        """Change a run's status."""

    def delete_run(self, run_id: str) -> None:
        """Delete it, as the UI does."""

    def run_file(self, run_id: str, path: str, text: str = MLMODEL) -> None:
        """Write a file below the run's artifacts."""

    def logged_model(
        self, experiment_id: str, run_id: str | None, *, name: str = "model", ready: bool = True
    ) -> str:
        """Make an MLflow 3 logged model with an MLmodel file, an output of the run, and return its id."""

    def model_file(self, model_id: str, path: str, text: str) -> None:
        """Write a file of a logged model."""

    def registered_model(self, name: str | None = None) -> str:
        """Make a registered model and return its name."""

    def version(
        self, model: str, *, source: str, run_id: str | None = None, model_id: str | None = None
    ) -> str:
        """Register a version and return its number as text."""

    def delete_version(self, model: str, version: str) -> None:
        """Delete it."""

    def alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias to a version."""


class RestSeeder:
    """
    Seeds a server, without importing MLflow.

    Attributes:
        uri: Its URL.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def ask(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Send one request of MLflow's REST API 2.0 and return the answer; *body* is its JSON."""
        answer = requests.request(method, f"{self.uri}/api/2.0/mlflow/{path}", json=body, timeout=60)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        document: dict[str, Any] = answer.json()
        return document

    def experiment(self, name: str | None = None) -> str:
        """Make an experiment and return its id."""
        return str(self.ask("POST", "experiments/create", name=name or fresh("experiment"))["experiment_id"])

    def delete_experiment(self, experiment_id: str) -> None:
        """Delete it, as the UI does."""
        self.ask("POST", "experiments/delete", experiment_id=experiment_id)

    def run(
        self,
        experiment_id: str,
        *,
        status: str = "FINISHED",
        metrics: Mapping[str, Steps] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> str:
        """Make a run that has *status*, and return its id."""
        began = int((time.time() if start is None else start) * 1000)
        created = self.ask("POST", "runs/create", experiment_id=experiment_id, start_time=began)
        run_id = str(created["run"]["info"]["run_id"])
        self.ask(
            "POST",
            "runs/log-batch",
            run_id=run_id,
            metrics=_on_the_wire(metric_points(metrics or {}, began)),
            params=[{"key": key, "value": value} for key, value in (params or {}).items()],
            tags=[{"key": key, "value": value} for key, value in (tags or {}).items()],
        )
        self.set_status(run_id, status, end)
        return run_id

    def log(self, run_id: str, metrics: Mapping[str, Steps], *, at: int | None = None) -> None:
        """Log metrics to a run, whatever its status, *at* these milliseconds or now."""
        points = metric_points(metrics, int(time.time() * 1000) if at is None else at)
        self.ask("POST", "runs/log-batch", run_id=run_id, metrics=_on_the_wire(points))

    def log_for_model(
        self, run_id: str, model_id: str, metrics: Mapping[str, Steps], *, dataset: Dataset | None, at: int
    ) -> None:
        """Log metrics of a run for a logged model too, measured on *dataset*, *at* these milliseconds."""
        points = [point | _measured(model_id, dataset) for point in metric_points(metrics, at)]
        self.ask("POST", "runs/log-batch", run_id=run_id, metrics=_on_the_wire(points))

    def log_datasets(self, run_id: str, *datasets: Dataset) -> None:
        """Log datasets as the run's inputs."""
        inputs = [
            {"dataset": {"name": name, "digest": digest, "source_type": "local", "source": "x"}}
            for name, digest in datasets
        ]
        self.ask("POST", "runs/log-inputs", run_id=run_id, datasets=inputs)

    def set_status(self, run_id: str, status: str, end: float | None = None) -> None:
        """Change a run's status."""
        ended = {} if status in ("RUNNING", "SCHEDULED") else {"end_time": int((end or time.time()) * 1000)}
        self.ask("POST", "runs/update", run_id=run_id, status=status, **ended)

    def delete_run(self, run_id: str) -> None:
        """Delete it, as the UI does."""
        self.ask("POST", "runs/delete", run_id=run_id)

    def run_file(self, run_id: str, path: str, text: str = MLMODEL) -> None:
        """Write a file below the run's artifacts."""
        root = self.ask("GET", f"runs/get?run_id={run_id}")["run"]["info"]["artifact_uri"]
        self._upload(f"{root}/{path}", text)

    def logged_model(
        self, experiment_id: str, run_id: str | None, *, name: str = "model", ready: bool = True
    ) -> str:
        """Make an MLflow 3 logged model with an MLmodel file, an output of the run, and return its id."""
        source = {"source_run_id": run_id} if run_id else {}
        created = self.ask("POST", "logged-models", experiment_id=experiment_id, name=name, **source)
        info = created["model"]["info"]
        model_id = str(info["model_id"])
        self._upload(f"{info['artifact_uri']}/MLmodel", MLMODEL)
        if ready:
            path = f"logged-models/{model_id}"
            self.ask("PATCH", path, model_id=model_id, status="LOGGED_MODEL_READY")
        if run_id:
            self.ask("POST", "runs/outputs", run_id=run_id, models=[{"model_id": model_id, "step": 0}])
        return model_id

    def model_file(self, model_id: str, path: str, text: str) -> None:
        """Write a file of a logged model."""
        root = self.ask("GET", f"logged-models/{model_id}")["model"]["info"]["artifact_uri"]
        self._upload(f"{root}/{path}", text)

    def registered_model(self, name: str | None = None) -> str:
        """Make a registered model and return its name."""
        created = self.ask("POST", "registered-models/create", name=name or fresh("model"))
        return str(created["registered_model"]["name"])

    def version(
        self, model: str, *, source: str, run_id: str | None = None, model_id: str | None = None
    ) -> str:
        """Register a version and return its number as text."""
        given = {"run_id": run_id, "model_id": model_id}
        more = {key: value for key, value in given.items() if value}
        created = self.ask("POST", "model-versions/create", name=model, source=source, **more)
        return str(created["model_version"]["version"])

    def delete_version(self, model: str, version: str) -> None:
        """Delete it."""
        self.ask("DELETE", "model-versions/delete", name=model, version=version)

    def alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias to a version."""
        self.ask("POST", "registered-models/alias", name=model, alias=alias, version=version)

    def _upload(self, uri: str, text: str) -> None:
        path = uri.removeprefix("mlflow-artifacts:/")
        url = f"{self.uri}/api/2.0/mlflow-artifacts/artifacts/{quote(path)}"
        requests.put(url, data=text.encode(), timeout=60).raise_for_status()


def _on_the_wire(points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return *points* with NaN and infinities as the texts that protobuf's JSON has for them."""
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return [point | {"value": names.get(str(point["value"]), point["value"])} for point in points]


def _measured(model_id: str, dataset: Dataset | None) -> dict[str, str]:
    name, digest = dataset or ("", "")
    more = {"dataset_name": name, "dataset_digest": digest} if dataset else {}
    return {"model_id": model_id, **more}


class ClientSeeder:
    """
    Seeds an embedded store through MlflowClient.

    Attributes:
        uri: Of the store.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from mlflow.tracking import MlflowClient  # noqa: PLC0415 - takes seconds, and few tests need it

            self._client = MlflowClient(uri)

    def experiment(self, name: str | None = None) -> str:
        """Make an experiment, its artifacts beside the store, and return its id."""
        name = name or fresh("experiment")
        store = Path(self.uri.removeprefix("sqlite:///").removeprefix("file://"))
        folder = store.parent / "artifacts" / uuid4().hex
        return str(self._client.create_experiment(name, artifact_location=folder.as_uri()))

    def delete_experiment(self, experiment_id: str) -> None:
        """Delete it, as the UI does."""
        self._client.delete_experiment(experiment_id)

    def run(
        self,
        experiment_id: str,
        *,
        status: str = "FINISHED",
        metrics: Mapping[str, Steps] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> str:
        """Make a run that has *status*, and return its id."""
        from mlflow.entities import Param, RunTag  # noqa: PLC0415 - as above

        began = int((time.time() if start is None else start) * 1000)
        run_id = str(self._client.create_run(experiment_id, start_time=began).info.run_id)
        self._client.log_batch(
            run_id,
            params=[Param(key, value) for key, value in (params or {}).items()],
            tags=[RunTag(key, value) for key, value in (tags or {}).items()],
        )
        self._log(run_id, metric_points(metrics or {}, began))
        self.set_status(run_id, status, end)
        return run_id

    def log(self, run_id: str, metrics: Mapping[str, Steps], *, at: int | None = None) -> None:
        """Log metrics to a run, whatever its status, *at* these milliseconds or now."""
        self._log(run_id, metric_points(metrics, int(time.time() * 1000) if at is None else at))

    def log_for_model(
        self, run_id: str, model_id: str, metrics: Mapping[str, Steps], *, dataset: Dataset | None, at: int
    ) -> None:
        """Log metrics of a run for a logged model too, measured on *dataset*, *at* these milliseconds."""
        more = _measured(model_id, dataset) | {"run_id": run_id}
        self._log(run_id, [point | more for point in metric_points(metrics, at)])

    def log_datasets(self, run_id: str, *datasets: Dataset) -> None:
        """Log datasets as the run's inputs."""
        from mlflow import entities  # noqa: PLC0415 - as above

        made = [entities.Dataset(name, digest, "local", "x") for name, digest in datasets]
        self._client.log_inputs(run_id, [entities.DatasetInput(dataset, []) for dataset in made])

    def _log(self, run_id: str, points: Sequence[dict[str, Any]]) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415 - as above

        self._client.log_batch(run_id, metrics=[Metric(**point) for point in points])

    def set_status(self, run_id: str, status: str, end: float | None = None) -> None:
        """Change a run's status."""
        if status in ("RUNNING", "SCHEDULED"):
            self._client.update_run(run_id, status)
        else:
            self._client.set_terminated(run_id, status, end_time=int((end or time.time()) * 1000))

    def delete_run(self, run_id: str) -> None:
        """Delete it, as the UI does."""
        self._client.delete_run(run_id)

    def run_file(self, run_id: str, path: str, text: str = MLMODEL) -> None:
        """Write a file below the run's artifacts."""
        self._client.log_text(run_id, text, path)

    def logged_model(
        self, experiment_id: str, run_id: str | None, *, name: str = "model", ready: bool = True
    ) -> str:
        """Make an MLflow 3 logged model with an MLmodel file, an output of the run, and return its id."""
        from mlflow.entities import LoggedModelOutput  # noqa: PLC0415 - as above

        model = self._client.create_logged_model(experiment_id, name=name, source_run_id=run_id)
        folder = Path(model.artifact_location.removeprefix("file://"))
        folder.mkdir(parents=True)
        (folder / "MLmodel").write_text(MLMODEL)
        if ready:
            self._client.finalize_logged_model(model.model_id, "READY")
        if run_id:
            self._client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
        return str(model.model_id)

    def model_file(self, model_id: str, path: str, text: str) -> None:
        """Write a file of a logged model."""
        folder = Path(self._client.get_logged_model(model_id).artifact_location.removeprefix("file://"))
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)

    def registered_model(self, name: str | None = None) -> str:
        """Make a registered model and return its name."""
        return str(self._client.create_registered_model(name or fresh("model")).name)

    def version(
        self, model: str, *, source: str, run_id: str | None = None, model_id: str | None = None
    ) -> str:
        """Register a version and return its number as text."""
        made = self._client.create_model_version(model, source, run_id, model_id=model_id)
        return str(made.version)

    def delete_version(self, model: str, version: str) -> None:
        """Delete it."""
        self._client.delete_model_version(model, version)

    def alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias to a version."""
        self._client.set_registered_model_alias(model, alias, version)
