"""
The one protocol between this project and MLflow, and the ways in which it can fail.

`rest.RestStore` and `client.ClientStore` implement it; one conformance suite holds both to the same answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_mlflow_gate.tracking.values import (
        Artifact,
        Experiment,
        LoggedModel,
        Measurement,
        ModelVersion,
        RegisteredModel,
        Run,
    )


class StoreError(Exception):
    """MLflow could not answer; the text is one line, names the masked URI and the cause, holds no secret."""


class Unreachable(StoreError):
    """No usable answer within the bounded time. A write that ends like this may have taken effect."""


class Denied(StoreError):
    """The credentials are missing, wrong or not allowed to do this."""


class NotFound(StoreError):
    """MLflow says that the thing asked for does not exist."""


class Rejected(StoreError):
    """MLflow understood the request and refused it."""


class NotMlflow(StoreError):
    """Something answered that does not speak MLflow's API: a login page, a proxy, another program."""


class Store(Protocol):
    """
    An MLflow tracking server and registry, or embedded stores in their place.

    Every method raises `StoreError` (or one of its kinds) and nothing else when MLflow does not answer as
    it should. Reads are retried a few times within a bounded time; writes only where repeating is harmless.

    Attributes:
        description: What `tracking_uri` it talks to, credentials masked, for messages.
        has_stages: Whether its registry knows the legacy stages; Unity Catalog does not.
    """

    description: str
    has_stages: bool

    def run_url(self, run: Run) -> str | None:
        """Return the run's page in the MLflow UI; None where the store has no UI. No request."""

    def experiment_named(self, name: str) -> Experiment | None:
        """Return the experiment called *name*, deleted ones included, or None."""

    def experiment(self, experiment_id: str) -> Experiment:
        """Return the experiment with this id, deleted ones included; `NotFound` when there is none."""

    def run(self, run_id: str) -> Run:
        """Return the run with this id, deleted ones included; `NotFound` when there is none."""

    def search_runs(
        self, experiment_id: str, *, filter_string: str, order_by: Sequence[str], page_size: int
    ) -> Iterator[Run]:
        """Yield the active runs of one experiment that match, a request for each *page_size* of them."""

    def metric_history(self, run_id: str, metric: str) -> tuple[Measurement, ...]:
        """
        Return every logged value of one metric, all pages, by step and time; empty when there is none.

        Of two values with one step and time the greater is the later one, as in `Run.metrics`. A run that
        does not exist has an empty history in SQL stores, and is `NotFound` in file stores. Those also lose
        the steps of values that were logged with a model, and say 0.
        """

    def logged_model(self, model_id: str) -> LoggedModel:
        """Return the MLflow 3 logged model with this id; `NotFound` when there is none."""

    def logged_model_artifacts(self, model_id: str) -> tuple[Artifact, ...]:
        """Return the top level of a logged model's files."""

    def run_artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        """Return one level of a run's artifacts below *path*; empty when there is nothing."""

    def model_file(self, model_id: str, path: str) -> str | None:
        """
        Return the text of one small file of a logged model, such as MLmodel; None when there is no such file.

        Args:
            model_id: Of a logged model that exists, else `NotFound`.
            path: Relative to the model's folder.

        Raises:
            Rejected: When it is larger than 1 MB or no UTF-8 text.
        """

    def run_file(self, run_id: str, path: str) -> str | None:
        """Return the text of one small artifact of a run; otherwise as `model_file`."""

    def registered_model(self, name: str) -> RegisteredModel | None:
        """Return the registered model with its aliases, or None when there is none of that name."""

    def model_version(self, model: str, version: str) -> ModelVersion | None:
        """Return the version, or None when the model or the version does not exist."""

    def aliased_version(self, model: str, alias: str) -> ModelVersion | None:
        """
        Return the version that *alias* points to, or None when there is no such model, alias or version.

        For ``latest``, which MLflow lets nobody set, its release 3 returns the newest version.
        """

    def model_versions(self, model: str, *, run_id: str | None = None) -> tuple[ModelVersion, ...]:
        """Return all versions of a model, or those of one run, newest first, all pages."""

    def create_registered_model(self, name: str) -> None:
        """Create the registered model; one that exists already is fine."""

    def create_model_version(
        self, model: str, *, source: str, run_id: str | None, model_id: str | None
    ) -> ModelVersion:
        """
        Register a new version. Never sent twice: MLflow would make two versions.

        Args:
            model: A registered model that exists.
            source: What the version is made of; stored as it is. ``models:/NAME/VERSION`` makes a copy, which
                loads even when that version is deleted.
            run_id: The run behind it; of a copy, the run of the version that is copied.
            model_id: The MLflow 3 logged model that *source* names; None for all else, and so for copies.
        """

    def delete_model_version(self, model: str, version: str) -> None:
        """
        Remove a version; one that does not exist is fine.

        Move its aliases away before: MLflow 2 leaves them pointing to nothing. Its number is not used again.
        """

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """
        Point *alias* to *version*, whatever it pointed to before.

        An alias that two sessions set for the first time at the same moment is `Rejected` for one of them,
        which is all that MLflow has of a compare-and-set.
        """

    def delete_alias(self, model: str, alias: str) -> None:
        """Remove *alias*; one that does not exist is fine."""

    def set_stage(self, model: str, version: str, stage: str, *, archive_existing: bool) -> None:
        """Move *version* to a legacy stage; with *archive_existing*, move the others there to Archived."""

    def set_version_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Set one tag of a model version."""

    def delete_version_tag(self, model: str, version: str, key: str) -> None:
        """Remove one tag of a model version; one that does not exist is fine."""

    def set_version_description(self, model: str, version: str, text: str) -> None:
        """
        Replace the description of a model version.

        Args:
            model: Of a version that exists, else `NotFound`.
            version: Its number.
            text: Markdown for MLflow's UI. At most 5,000 characters: some databases refuse more.
        """

    def set_run_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """
        Set tags of a run, all or none of them, in one request.

        Args:
            run_id: Of a run that is not deleted.
            tags: At most 100. Of a value, MLflow silently keeps the first 8,000 characters.
        """

    def delete_run_tag(self, run_id: str, key: str) -> None:
        """Remove one tag of a run; a tag or a run that does not exist is fine."""

    def log_text(self, run: Run, path: str, text: str) -> None:
        """
        Write one file of a run, in place of one that is there.

        Args:
            run: As this store returned it, with the root of its artifacts.
            path: Relative to that root.
            text: Written as UTF-8.
        """

    def close(self) -> None:
        """Give back connections."""
