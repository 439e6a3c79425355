"""
The Store over plain HTTP: MLflow's REST API 2.0, spoken directly.

A gate on an http(s) server never pays for `import mlflow`. MLflow ignores fields that it does not know and
answers as if they were not there, so each request's fields are spelled in one place, and the tests pin them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_mlflow_gate.tracking import shapes
from pytest_mlflow_gate.tracking.answers import ApiError
from pytest_mlflow_gate.tracking.api import Api
from pytest_mlflow_gate.tracking.credentials import known_secrets, read_connection
from pytest_mlflow_gate.tracking.filters import quoted
from pytest_mlflow_gate.tracking.http import Transport
from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_mlflow_gate.tracking.values import (
        Artifact,
        Experiment,
        LoggedModel,
        ModelVersion,
        RegisteredModel,
        Run,
    )

_VERSIONS_PAGE = 1000


class RestStore:
    """
    An http(s) tracking server, with the registry of the same or another http(s) server.

    Attributes:
        description: The tracking URI, credentials masked.
    """

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
        self._workspace = connection.workspace
        self._tracking = self._registry = Api(Transport(tracking_uri, connection, secrets))
        if registry_uri is not None and registry_uri != tracking_uri:
            self._registry = Api(Transport(registry_uri, connection, secrets))
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

    def logged_model(self, model_id: str) -> LoggedModel:
        """Return the MLflow 3 logged model with this id; `NotFound` when there is none."""
        path = f"logged-models/{quote(model_id, safe='')}"
        return self._tracking.one(path, {}, "model", shapes.logged_model)

    def logged_model_artifacts(self, model_id: str) -> tuple[Artifact, ...]:
        """Return the top level of a logged model's files."""
        path = f"logged-models/{quote(model_id, safe='')}/artifacts/directories"
        return tuple(self._tracking.every("GET", path, {}, "files", shapes.artifact))

    def run_artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        """Return one level of a run's artifacts below *path*; empty when there is nothing."""
        fields = {"run_id": run_id, "path": path} if path else {"run_id": run_id}
        return tuple(self._tracking.every("GET", "artifacts/list", fields, "files", shapes.artifact))

    def registered_model(self, name: str) -> RegisteredModel | None:
        """Return the registered model with its aliases, or None when there is none of that name."""
        try:
            fields = {"name": name}
            return self._registry.one(
                "registered-models/get", fields, "registered_model", shapes.registered_model
            )
        except NotFound:
            return None

    def model_version(self, model: str, version: str) -> ModelVersion | None:
        """Return the version, or None when the model or the version does not exist."""
        fields = {"name": model, "version": str(version)}
        try:
            return self._registry.one("model-versions/get", fields, "model_version", shapes.model_version)
        except NotFound:
            return None

    def model_versions(self, model: str, *, run_id: str | None = None) -> tuple[ModelVersion, ...]:
        """Return all versions of a model, or those of one run, newest first, all pages."""
        conditions = [f"name = {self._quoted(model)}"]
        if run_id is not None:
            conditions.append(f"run_id = {self._quoted(run_id)}")
        fields = {
            "filter": " and ".join(conditions),
            "order_by": ["version_number DESC"],
            "max_results": _VERSIONS_PAGE,
        }
        path = "model-versions/search"
        found = self._registry.every("GET", path, fields, "model_versions", shapes.model_version)
        return tuple(sorted(found, key=lambda version: int(version.version), reverse=True))

    def create_registered_model(self, name: str) -> None:
        """Create the registered model; one that exists already is fine."""
        try:
            self._registry.ask("POST", "registered-models/create", {"name": name})
        except ApiError as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def create_model_version(
        self, model: str, *, source: str, run_id: str | None, model_id: str | None
    ) -> ModelVersion:
        """Register a new version. Never sent twice: MLflow would make two versions."""
        given = {"name": model, "source": source, "run_id": run_id, "model_id": model_id}
        fields = {key: value for key, value in given.items() if value is not None}
        answer = self._registry.ask("POST", "model-versions/create", fields, repeatable=False)
        return self._registry.value(answer, "model_version", shapes.model_version)

    def delete_model_version(self, model: str, version: str) -> None:
        """Remove a version; one that does not exist is fine."""
        with suppress(NotFound):
            fields = {"name": model, "version": str(version)}
            self._registry.ask("DELETE", "model-versions/delete", fields)

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Point *alias* to *version*, whatever it pointed to before."""
        fields = {"name": model, "alias": alias, "version": str(version)}
        self._registry.ask("POST", "registered-models/alias", fields)

    def delete_alias(self, model: str, alias: str) -> None:
        """Remove *alias*; one that does not exist is fine."""
        try:
            self._registry.ask("DELETE", "registered-models/alias", {"name": model, "alias": alias})
        except NotFound:
            return
        except ApiError as error:
            if "not found" not in error.message:
                raise

    def set_stage(self, model: str, version: str, stage: str, *, archive_existing: bool) -> None:
        """Move *version* to a legacy stage; with *archive_existing*, move the others there to Archived."""
        fields = {
            "name": model,
            "version": str(version),
            "stage": stage,
            "archive_existing_versions": archive_existing,
        }
        self._registry.ask("POST", "model-versions/transition-stage", fields)

    def set_version_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Set one tag of a model version."""
        fields = {"name": model, "version": str(version), "key": key, "value": value}
        try:
            self._registry.ask("POST", "model-versions/set-tag", fields)
        except ApiError as error:
            # What MLflow makes of a database's "UNIQUE constraint failed": somebody else was the first to set
            # this tag at the same moment. Now that it is there, setting it works.
            if error.error_code != "BAD_REQUEST":
                raise
            self._registry.ask("POST", "model-versions/set-tag", fields)

    def delete_version_tag(self, model: str, version: str, key: str) -> None:
        """Remove one tag of a model version; one that does not exist is fine."""
        fields = {"name": model, "version": str(version), "key": key}
        with suppress(NotFound):
            self._registry.ask("DELETE", "model-versions/delete-tag", fields)

    def set_run_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, all or none of them, in one request."""
        entries = [{"key": key, "value": value} for key, value in tags.items()]
        self._tracking.ask("POST", "runs/log-batch", {"run_id": run_id, "tags": entries})

    def delete_run_tag(self, run_id: str, key: str) -> None:
        """Remove one tag of a run; a tag or a run that does not exist is fine."""
        with suppress(NotFound):
            self._tracking.ask("POST", "runs/delete-tag", {"run_id": run_id, "key": key})

    def close(self) -> None:
        """Give back connections."""
        self._tracking.transport.close()
        self._registry.transport.close()

    def _quoted(self, text: str) -> str:
        return quoted(text, self._registry.transport.description)
