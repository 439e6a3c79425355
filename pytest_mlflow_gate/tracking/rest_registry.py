"""The half of the Store over plain HTTP that is MLflow's Model Registry."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking import shapes
from pytest_mlflow_gate.tracking.answers import ApiError
from pytest_mlflow_gate.tracking.filters import quoted
from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from pytest_mlflow_gate.tracking.api import Api
    from pytest_mlflow_gate.tracking.values import ModelVersion, RegisteredModel

_VERSIONS_PAGE = 1000


class RestRegistry:
    """The registry of one http(s) server; each method is as in `store.Store`."""

    def __init__(self, api: Api) -> None:
        self._registry = api

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

    def aliased_version(self, model: str, alias: str) -> ModelVersion | None:
        """Return the version that *alias* points to, or None when there is none."""
        fields = {"name": model, "alias": alias}
        try:
            return self._registry.one(
                "registered-models/alias", fields, "model_version", shapes.model_version
            )
        except NotFound:
            return None
        except ApiError as error:
            if "not found" not in error.message:
                raise
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

    def set_version_description(self, model: str, version: str, text: str) -> None:
        """Replace the description of a model version."""
        fields = {"name": model, "version": str(version), "description": text}
        self._registry.ask("PATCH", "model-versions/update", fields)

    def _quoted(self, text: str) -> str:
        return quoted(text, self._registry.transport.description)
