"""
The Store through MLflow's own client: for everything but plain http(s) servers.

Imported only by what talks to such a store: importing MLflow takes seconds.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from pytest_mlflow_gate.tracking import entities
from pytest_mlflow_gate.tracking.answers import ApiError, Reader
from pytest_mlflow_gate.tracking.client_calls import ask, mlflow_client, pages
from pytest_mlflow_gate.tracking.credentials import known_secrets
from pytest_mlflow_gate.tracking.filters import quoted
from pytest_mlflow_gate.tracking.quiet import default_tracking_uri
from pytest_mlflow_gate.tracking.store import NotFound
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_mlflow_gate.tracking.entities import Entity
    from pytest_mlflow_gate.tracking.values import (
        Artifact,
        Experiment,
        LoggedModel,
        ModelVersion,
        RegisteredModel,
        Run,
    )

T = TypeVar("T")

_VERSIONS_PAGE = 1000


class ClientStore:
    """
    Any tracking URI and any registry URI that MLflow's client understands.

    Attributes:
        description: The tracking URI, credentials masked.
    """

    def __init__(self, tracking_uri: str, registry_uri: str | None, environ: Mapping[str, str]) -> None:
        """
        Import MLflow and prepare; embedded stores have to be checked before, because this opens them.

        Args:
            tracking_uri: As MLflow's client reads it.
            registry_uri: As *tracking_uri*; None for MLflow's own choice, which mostly is the same.
            environ: Where credentials are known from, to keep them out of messages.

        Raises:
            StoreError: When MLflow's client does not take a URI, or what it needs is not installed.
        """
        secrets = known_secrets(environ, tracking_uri, registry_uri)
        self._uri = tracking_uri
        self.description = mask(tracking_uri)
        self._tracking = Reader(self.description, self.description, secrets)
        registry = mask(registry_uri or tracking_uri)
        self._registry = Reader(registry, registry, secrets)
        self._client = self._track(lambda: mlflow_client(tracking_uri, registry_uri))

    def run_url(self, run: Run) -> str | None:
        """Return the run's page in the MLflow UI; None for all but http(s) servers."""
        if not self.description.startswith(("http://", "https://")):
            return None
        scheme, _, rest = self.description.partition("://")
        server = rest.rpartition("@")[2].rstrip("/")
        return f"{scheme}://{server}/#/experiments/{run.experiment_id}/runs/{run.run_id}"

    def experiment_named(self, name: str) -> Experiment | None:
        """Return the experiment called *name*, deleted ones included, or None."""
        entity = self._track(lambda: self._client.get_experiment_by_name(name))
        return entities.experiment(entity) if entity else None

    def experiment(self, experiment_id: str) -> Experiment:
        """Return the experiment with this id, deleted ones included; `NotFound` when there is none."""
        return entities.experiment(self._track(lambda: self._client.get_experiment(experiment_id)))

    def run(self, run_id: str) -> Run:
        """Return the run with this id, deleted ones included; `NotFound` when there is none."""
        return entities.run(self._track(lambda: self._client.get_run(run_id)))

    def search_runs(
        self, experiment_id: str, *, filter_string: str, order_by: Sequence[str], page_size: int
    ) -> Iterator[Run]:
        """Yield the active runs of one experiment that match, a request for each *page_size* of them."""

        def page(token: str | None) -> Entity:
            return self._track(
                lambda: self._client.search_runs(
                    [experiment_id],
                    filter_string,
                    max_results=page_size,
                    order_by=list(order_by),
                    page_token=token,
                )
            )

        return map(entities.run, pages(page))

    def logged_model(self, model_id: str) -> LoggedModel:
        """Return the MLflow 3 logged model with this id; `NotFound` when there is none."""
        return entities.logged_model(self._track(lambda: self._client.get_logged_model(model_id)))

    def logged_model_artifacts(self, model_id: str) -> tuple[Artifact, ...]:
        """Return the top level of a logged model's files."""
        found = self._track(lambda: self._client.list_logged_model_artifacts(model_id))
        return tuple(map(entities.artifact, found))

    def run_artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        """Return one level of a run's artifacts below *path*; empty when there is nothing."""
        if not path:
            return tuple(map(entities.artifact, self._track(lambda: self._client.list_artifacts(run_id))))
        # Given a path, the client would also list the files of logged models that happen to have its name,
        # and fail for that on an MLflow 2 server, which has none.
        root = self.run(run_id).artifact_uri
        found = map(entities.artifact, self._track(lambda: self._listed(f"{root}/{path}")))
        return tuple(
            entry._replace(path=posixpath.join(path, posixpath.basename(entry.path))) for entry in found
        )

    def registered_model(self, name: str) -> RegisteredModel | None:
        """Return the registered model with its aliases, or None when there is none of that name."""
        try:
            return entities.registered_model(self._register(lambda: self._client.get_registered_model(name)))
        except NotFound:
            return None

    def model_version(self, model: str, version: str) -> ModelVersion | None:
        """Return the version, or None when the model or the version does not exist."""
        try:
            return entities.model_version(
                self._register(lambda: self._client.get_model_version(model, version))
            )
        except NotFound:
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

        found = (version for version in map(entities.model_version, pages(page)) if version.model == model)
        return tuple(sorted(found, key=lambda version: int(version.version), reverse=True))

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

        return entities.model_version(self._register(create, repeatable=False))

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
        try:
            self._register(lambda: self._client.set_model_version_tag(model, version, key, value))
        except ApiError as error:
            # As in RestStore: a database's "UNIQUE constraint failed", somebody else set it first.
            if error.error_code != "BAD_REQUEST":
                raise
            self._register(lambda: self._client.set_model_version_tag(model, version, key, value))

    def delete_version_tag(self, model: str, version: str, key: str) -> None:
        """Remove one tag of a model version; one that does not exist is fine."""
        with suppress(NotFound):
            self._register(lambda: self._client.delete_model_version_tag(model, version, key))

    def set_run_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, all or none of them, in one request."""

        def log() -> None:
            from mlflow.entities import RunTag  # noqa: PLC0415 - as in _listed

            entries = [RunTag(key, value) for key, value in tags.items()]
            self._client.log_batch(run_id, tags=entries, synchronous=True)

        self._track(log)

    def delete_run_tag(self, run_id: str, key: str) -> None:
        """Remove one tag of a run; a tag or a run that does not exist is fine."""
        with suppress(NotFound):
            self._track(lambda: self._client.delete_tag(run_id, key))

    def close(self) -> None:
        """Give back connections; MLflow's client shares its own between all of a process."""

    def _listed(self, artifact_uri: str) -> Entity:
        from mlflow.artifacts import list_artifacts  # noqa: PLC0415 - takes seconds

        return list_artifacts(artifact_uri=artifact_uri, tracking_uri=self._uri)

    def _track(self, call: Callable[[], T]) -> T:
        return ask(call, self._tracking, repeatable=True)

    def _register(self, call: Callable[[], T], *, repeatable: bool = True) -> T:
        return ask(call, self._registry, repeatable=repeatable)
