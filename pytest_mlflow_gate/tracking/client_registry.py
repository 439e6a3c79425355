"""The half of the Store through MLflow's own client that is the Model Registry."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from pytest_mlflow_gate.tracking import client_catalog, entities
from pytest_mlflow_gate.tracking.answers import ApiError
from pytest_mlflow_gate.tracking.client_calls import ask, pages
from pytest_mlflow_gate.tracking.filters import quoted
from pytest_mlflow_gate.tracking.quiet import default_tracking_uri
from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.tracking.answers import Reader
    from pytest_mlflow_gate.tracking.entities import Entity
    from pytest_mlflow_gate.tracking.values import ModelVersion, RegisteredModel

T = TypeVar("T")

_VERSIONS_PAGE = 1000


class ClientRegistry:
    """Any registry that MLflow's client understands; each method is as in `store.Store`."""

    def __init__(self, client: Entity, tracking_uri: str, reader: Reader, *, catalog: bool) -> None:
        self._client = client
        self._uri = tracking_uri
        self._registry = reader
        self._catalog = catalog
        self.has_stages = not catalog

    def registered_model(self, name: str) -> RegisteredModel | None:
        """Return the registered model with its aliases, or None when there is none of that name."""
        try:
            return entities.registered_model(self._register(lambda: self._client.get_registered_model(name)))
        except NotFound:
            return None

    def model_version(self, model: str, version: str) -> ModelVersion | None:
        """Return the version, or None when the model or the version does not exist."""
        try:
            return self._version(self._register(lambda: self._client.get_model_version(model, version)))
        except NotFound:
            return None

    def aliased_version(self, model: str, alias: str) -> ModelVersion | None:
        """Return the version that *alias* points to, or None when there is none."""
        try:
            return self._version(
                self._register(lambda: self._client.get_model_version_by_alias(model, alias))
            )
        except NotFound:
            return None
        except ApiError as error:
            if "not found" not in error.message:
                raise
            return None

    def model_versions(self, model: str, *, run_id: str | None = None) -> tuple[ModelVersion, ...]:
        """Return all versions of a model, or those of one run, newest first, all pages."""
        # One condition and no order, because Unity Catalog knows no more; a run has few versions.
        key, value = ("run_id", run_id) if run_id else ("name", model)
        condition = f"{key} = {quoted(value, self._registry.server)}"

        def page(token: str | None) -> Entity:
            return self._register(
                lambda: self._client.search_model_versions(condition, _VERSIONS_PAGE, page_token=token)
            )

        found = (self._whole(entity) for entity in pages(page) if entity.name == model)
        versions = (version for version in found if version is not None)
        return tuple(sorted(versions, key=lambda version: int(version.version), reverse=True))

    def create_registered_model(self, name: str) -> None:
        """Create the registered model; one that exists already is fine."""
        try:
            self._register(lambda: self._client.create_registered_model(name))
        except ApiError as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def create_model_version(
        self, model: str, *, source: str, run_id: str | None, model_id: str | None
    ) -> ModelVersion:
        """Register a new version. Never sent twice: MLflow would make two versions."""

        def create() -> Entity:
            with default_tracking_uri(self._uri):
                return self._client.create_model_version(
                    model, source, run_id, await_creation_for=0, model_id=model_id
                )

        return self._version(self._register(create, repeatable=False))

    def delete_model_version(self, model: str, version: str) -> None:
        """Remove a version; one that does not exist is fine."""
        with suppress(NotFound):
            self._register(lambda: self._client.delete_model_version(model, version))

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Point *alias* to *version*, whatever it pointed to before."""
        self._register(lambda: self._client.set_registered_model_alias(model, alias, version))

    def delete_alias(self, model: str, alias: str) -> None:
        """Remove *alias*; one that does not exist is fine."""
        try:
            self._register(lambda: self._client.delete_registered_model_alias(model, alias))
        except NotFound:
            return
        except ApiError as error:
            if "not found" not in error.message:
                raise

    def set_stage(self, model: str, version: str, stage: str, *, archive_existing: bool) -> None:
        """Move *version* to a legacy stage; with *archive_existing*, move the others there to Archived."""
        self._register(
            lambda: self._client.transition_model_version_stage(
                model, version, stage, archive_existing_versions=archive_existing
            )
        )

    def set_version_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Set one tag of a model version."""
        if not self._catalog:
            self._set_tag(model, version, key, value)
            return
        before = self._tags_there(model, version, key)
        tags = client_catalog.tags_there(key, value)
        for name, piece in reversed(tags.items()):
            self._set_tag(model, version, name, piece)
        for name in before:
            if name not in tags:
                self._delete_tag(model, version, name)

    def delete_version_tag(self, model: str, version: str, key: str) -> None:
        """Remove one tag of a model version; one that does not exist is fine."""
        for name in self._tags_there(model, version, key) if self._catalog else (key,):
            self._delete_tag(model, version, name)

    def set_version_description(self, model: str, version: str, text: str) -> None:
        """Replace the description of a model version."""
        self._register(lambda: self._client.update_model_version(model, version, text))

    def _whole(self, entity: Entity) -> ModelVersion | None:
        # What Unity Catalog finds in a search has methods that raise in place of tags and aliases.
        if callable(entity.tags):
            return self.model_version(entity.name, str(entity.version))
        return self._version(entity)

    def _version(self, entity: Entity) -> ModelVersion:
        version = entities.model_version(entity)
        return version._replace(tags=client_catalog.tags_here(version.tags)) if self._catalog else version

    def _tags_there(self, model: str, version: str, key: str) -> tuple[str, ...]:
        """Return which tags Unity Catalog has for one of ours; none where the version is gone."""
        with suppress(NotFound):
            found = self._register(lambda: self._client.get_model_version(model, version))
            return client_catalog.names_there(key, found.tags)
        return ()

    def _set_tag(self, model: str, version: str, key: str, value: str) -> None:
        try:
            self._register(lambda: self._client.set_model_version_tag(model, version, key, value))
        except ApiError as error:
            # As in RestStore: a database's "UNIQUE constraint failed", somebody else set it first.
            if error.error_code != "BAD_REQUEST":
                raise
            self._register(lambda: self._client.set_model_version_tag(model, version, key, value))

    def _delete_tag(self, model: str, version: str, key: str) -> None:
        with suppress(NotFound):
            self._register(lambda: self._client.delete_model_version_tag(model, version, key))

    def _register(self, call: Callable[[], T], *, repeatable: bool = True) -> T:
        return ask(call, self._registry, repeatable=repeatable)
