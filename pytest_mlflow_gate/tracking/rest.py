"""
The Store over plain HTTP: MLflow's REST API 2.0, spoken directly.

A gate on an http(s) server never pays for `import mlflow`. MLflow ignores fields that it does not know and
answers as if they were not there, so each request's fields are spelled in one place, and the tests pin them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_mlflow_gate.tracking import rest_files, shapes
from pytest_mlflow_gate.tracking.api import Api
from pytest_mlflow_gate.tracking.credentials import known_secrets, read_connection
from pytest_mlflow_gate.tracking.http import Transport
from pytest_mlflow_gate.tracking.rest_registry import RestRegistry
from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_mlflow_gate.tracking.values import (
        Artifact,
        Experiment,
        LoggedModel,
        Measurement,
        Run,
    )

_HISTORY_PAGE = 25_000


class RestStore(RestRegistry):
    """
    An http(s) tracking server, with the registry of the same or another http(s) server.

    Attributes:
        description: The tracking URI, credentials masked.
        has_stages: True, as for every MLflow server.
    """

    has_stages = True

    def __init__(
        self,
        tracking_uri: str,
        registry_uri: str | None,
        environ: Mapping[str, str],
        *,
        home: Path | None = None,
    ) -> None:
        """
        Prepare, without a request.

        Args:
            tracking_uri: http or https.
            registry_uri: http or https; None for the tracking server's own registry.
            environ: Where credentials and TLS settings are read from.
            home: Folder in place of the user's own, for ``.mlflow/credentials``.

        Raises:
            StoreError: When a URI is none, or a setting of the environment cannot be used.
        """
        connection = read_connection(environ, home)
        secrets = known_secrets(environ, tracking_uri, registry_uri, connection=connection)
        self._uri, self._environ = tracking_uri, environ
        self._workspace = connection.workspace
        self._tracking = registry = Api(Transport(tracking_uri, connection, secrets))
        if registry_uri is not None and registry_uri != tracking_uri:
            registry = Api(Transport(registry_uri, connection, secrets))
        super().__init__(registry)
        self.description = self._tracking.transport.description

    def run_url(self, run: Run) -> str | None:
        """Return the run's page in the MLflow UI."""
        page = f"{self._tracking.transport.base}/#/experiments/{run.experiment_id}/runs/{run.run_id}"
        return f"{page}?workspace={quote(self._workspace, safe='')}" if self._workspace else page

    def experiment_named(self, name: str) -> Experiment | None:
        """Return the experiment called *name*, deleted ones included, or None."""
        try:
            fields = {"experiment_name": name}
            return self._tracking.one("experiments/get-by-name", fields, "experiment", shapes.experiment)
        except NotFound:
            return None

    def experiment(self, experiment_id: str) -> Experiment:
        """Return the experiment with this id, deleted ones included; `NotFound` when there is none."""
        fields = {"experiment_id": experiment_id}
        return self._tracking.one("experiments/get", fields, "experiment", shapes.experiment)

    def run(self, run_id: str) -> Run:
        """Return the run with this id, deleted ones included; `NotFound` when there is none."""
        return self._tracking.one("runs/get", {"run_id": run_id}, "run", shapes.run)

    def search_runs(
        self, experiment_id: str, *, filter_string: str, order_by: Sequence[str], page_size: int
    ) -> Iterator[Run]:
        """Yield the active runs of one experiment that match, a request for each *page_size* of them."""
        fields = {
            # A number here makes MLflow 3 find nothing, and say so as if there were nothing.
            "experiment_ids": [str(experiment_id)],
            "filter": filter_string,
            "order_by": list(order_by),
            "run_view_type": "ACTIVE_ONLY",
            "max_results": page_size,
        }
        return self._tracking.every("POST", "runs/search", fields, "runs", shapes.run)

    def metric_history(self, run_id: str, metric: str) -> tuple[Measurement, ...]:
        """Return every logged value of one metric, all pages, by step and time; empty when there is none."""
        fields = {"run_id": run_id, "metric_key": metric, "max_results": _HISTORY_PAGE}
        found = self._tracking.every("GET", "metrics/get-history", fields, "metrics", shapes.measurement)
        return shapes.history(found)

    def logged_model(self, model_id: str) -> LoggedModel:
        """Return the MLflow 3 logged model with this id; `NotFound` when there is none."""
        path = f"logged-models/{quote(model_id, safe='')}"
        return self._tracking.one(path, {}, "model", shapes.logged_model)

    def logged_model_artifacts(self, model_id: str) -> tuple[Artifact, ...]:
        """Return the top level of a logged model's files."""
        return rest_files.model_folder(self._tracking, model_id)

    def run_artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        """Return one level of a run's artifacts below *path*; empty when there is nothing."""
        return rest_files.run_folder(self._tracking, run_id, path)

    def model_file(self, model_id: str, path: str) -> str | None:
        """Return the text of one small file of a logged model; None when there is no such file."""
        return rest_files.model_file(self._tracking, model_id, path)

    def run_file(self, run_id: str, path: str) -> str | None:
        """Return the text of one small artifact of a run; None when there is no such file."""
        return rest_files.run_file(self._tracking, run_id, path)

    def set_run_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, all or none of them, in one request."""
        entries = [{"key": key, "value": value} for key, value in tags.items()]
        self._tracking.ask("POST", "runs/log-batch", {"run_id": run_id, "tags": entries})

    def delete_run_tag(self, run_id: str, key: str) -> None:
        """Remove one tag of a run; a tag or a run that does not exist is fine."""
        with suppress(NotFound):
            self._tracking.ask("POST", "runs/delete-tag", {"run_id": run_id, "key": key})

    def log_text(self, run: Run, path: str, text: str) -> None:
        """Write one file of a run, in place of one that is there."""
        if rest_files.served(run.artifact_uri):
            rest_files.write(self._tracking, run.artifact_uri, path, text)
            return
        # The server hands out no files of its own: MLflow's client knows every other place that there is.
        from pytest_mlflow_gate.tracking.client import ClientStore  # noqa: PLC0415 - takes seconds

        ClientStore(self._uri, None, self._environ).log_text(run, path, text)

    def close(self) -> None:
        """Give back connections."""
        self._tracking.transport.close()
        self._registry.transport.close()
