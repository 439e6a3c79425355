"""
The Store through MLflow's own client: for everything but plain http(s) servers.

Imported only by what talks to such a store: importing MLflow takes seconds.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from pytest_mlflow_gate.tracking import client_files, entities
from pytest_mlflow_gate.tracking.answers import Reader
from pytest_mlflow_gate.tracking.client_calls import ask, mlflow_client, pages
from pytest_mlflow_gate.tracking.client_catalog import is_catalog
from pytest_mlflow_gate.tracking.client_databricks import require_host
from pytest_mlflow_gate.tracking.client_registry import ClientRegistry
from pytest_mlflow_gate.tracking.credentials import known_secrets
from pytest_mlflow_gate.tracking.shapes import history
from pytest_mlflow_gate.tracking.small_files import text_of
from pytest_mlflow_gate.tracking.store import NotFound
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_mlflow_gate.tracking.entities import Entity
    from pytest_mlflow_gate.tracking.values import (
        Artifact,
        Experiment,
        LoggedModel,
        Measurement,
        Run,
    )

T = TypeVar("T")


class ClientStore(ClientRegistry):
    """
    Any tracking URI and any registry URI that MLflow's client understands.

    Attributes:
        description: The tracking URI, credentials masked.
        has_stages: Whether the registry is another one than Unity Catalog.
    """

    def __init__(self, tracking_uri: str, registry_uri: str | None, environ: Mapping[str, str]) -> None:
        """
        Import MLflow and prepare; embedded stores have to be checked before, because this opens them.

        Args:
            tracking_uri: As MLflow's client reads it.
            registry_uri: As *tracking_uri*; None for MLflow's own choice, which mostly is the same.
            environ: Where credentials are known from, to keep them out of messages.

        Raises:
            StoreError: When MLflow's client does not take a URI, what it needs is not installed, or a
                Databricks workspace is not there.
        """
        secrets = known_secrets(environ, tracking_uri, registry_uri)
        self.description = mask(tracking_uri)
        self._tracking = Reader(self.description, self.description, secrets)
        if any(uri and uri.startswith("databricks") for uri in (tracking_uri, registry_uri)):
            require_host(environ, self._tracking)
        client = self._track(lambda: mlflow_client(tracking_uri, registry_uri))
        registry = mask(registry_uri or tracking_uri)
        catalog = is_catalog(tracking_uri, registry_uri)
        super().__init__(client, tracking_uri, Reader(registry, registry, secrets), catalog=catalog)

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

    def metric_history(self, run_id: str, metric: str) -> tuple[Measurement, ...]:
        """Return every logged value of one metric, all pages, by step and time; empty when there is none."""
        found = self._track(lambda: self._client.get_metric_history(run_id, metric))
        return history(map(entities.measurement, found))

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
        return self._track(lambda: client_files.folder_at(root, path, self._uri))

    def model_file(self, model_id: str, path: str) -> str | None:
        """Return the text of one small file of a logged model; None when there is no such file."""
        root = self._track(lambda: self._client.get_logged_model(model_id)).artifact_location
        return self._text_at(root, path)

    def run_file(self, run_id: str, path: str) -> str | None:
        """Return the text of one small artifact of a run; None when there is no such file."""
        return self._text_at(self.run(run_id).artifact_uri, path)

    def set_run_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, all or none of them, in one request."""

        def log() -> None:
            from mlflow.entities import RunTag  # noqa: PLC0415 - takes seconds

            entries = [RunTag(key, value) for key, value in tags.items()]
            self._client.log_batch(run_id, tags=entries, synchronous=True)

        self._track(log)

    def delete_run_tag(self, run_id: str, key: str) -> None:
        """Remove one tag of a run; a tag or a run that does not exist is fine."""
        with suppress(NotFound):
            self._track(lambda: self._client.delete_tag(run_id, key))

    def log_text(self, run: Run, path: str, text: str) -> None:
        """Write one file of a run, in place of one that is there."""
        client_files.require_reachable(run.artifact_uri, self._uri, self.description)
        self._track(lambda: self._client.log_text(run.run_id, text, path))

    def close(self) -> None:
        """Give back connections; MLflow's client shares its own between all of a process."""

    def _text_at(self, root: str, path: str) -> str | None:
        content = self._track(lambda: client_files.file_at(root, path, self._uri))
        return None if content is None else text_of(content, path, self.description)

    def _track(self, call: Callable[[], T]) -> T:
        return ask(call, self._tracking, repeatable=True)
