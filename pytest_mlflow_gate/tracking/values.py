"""
What MLflow knows, in our own words and as frozen values.

Both stores answer with these, so that no other room depends on how MLflow spells them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Experiment(NamedTuple):
    """
    An MLflow experiment.

    Attributes:
        experiment_id: MLflow's id, as text.
        name: Full name.
        active: False once it was deleted; MLflow still answers for deleted ones.
    """

    experiment_id: str
    name: str
    active: bool


class Run(NamedTuple):
    """
    An MLflow run.

    Attributes:
        run_id: MLflow's id.
        name: The run's display name, or an empty text.
        experiment_id: Of the experiment that it belongs to.
        status: ``RUNNING``, ``SCHEDULED``, ``FINISHED``, ``FAILED`` or ``KILLED``.
        active: False once it was deleted; MLflow still answers for deleted ones.
        start_time: Seconds since the epoch, or None.
        end_time: Seconds since the epoch, or None while it runs.
        artifact_uri: Root of the run's artifacts.
        metrics: Last value of each metric (highest step). NaN and infinities are real ones here, however
            the store spells them.
        params: As logged.
        tags: As logged, MLflow's own included.
        model_ids: Ids of the MLflow 3 logged models that the run wrote, without repeats; empty for MLflow 2.
        datasets: Name and digest of each dataset that was logged as an input, without repeats, by name.
    """

    run_id: str
    name: str
    experiment_id: str
    status: str
    active: bool
    start_time: float | None
    end_time: float | None
    artifact_uri: str
    metrics: Mapping[str, float]
    params: Mapping[str, str]
    tags: Mapping[str, str]
    model_ids: tuple[str, ...]
    datasets: tuple[tuple[str, str], ...] = ()


class Measurement(NamedTuple):
    """
    One logged value of a run's metric.

    Attributes:
        value: NaN and infinities are real ones here, however the store spells them.
        step: As logged; 0 where none was given.
        timestamp: Milliseconds since the epoch.
    """

    value: float
    step: int
    timestamp: int


class DatasetMetric(NamedTuple):
    """
    One value of a metric that MLflow 3 keeps with a logged model.

    Attributes:
        key: Metric name.
        value: Infinities are real ones here. NaN is one only in a file store: SQL stores keep 0.0 for it.
        step: As logged; 0 where none was given.
        timestamp: Milliseconds since the epoch.
        dataset: Name of the dataset that it was measured on, or None when none was named.
        digest: Of the same dataset, or None.
        run_id: The run that logged it, or None where MLflow does not say.
    """

    key: str
    value: float
    step: int
    timestamp: int
    dataset: str | None
    digest: str | None
    run_id: str | None


class LoggedModel(NamedTuple):
    """
    An MLflow 3 logged model.

    Attributes:
        model_id: ``m-...``.
        name: The name it was logged under.
        run_id: The run that wrote it, or None.
        ready: Whether MLflow calls it READY.
        metrics: Its metrics by key, dataset and digest, oldest first as in a run's history. SQL stores have
            every value that was logged, file stores the newest for each dataset.
    """

    model_id: str
    name: str
    run_id: str | None
    ready: bool
    metrics: tuple[DatasetMetric, ...] = ()


class Artifact(NamedTuple):
    """
    One entry of an artifact folder.

    Attributes:
        path: Relative to the root that was asked for.
        is_dir: Whether it is a folder.
    """

    path: str
    is_dir: bool


class ModelVersion(NamedTuple):
    """
    A version in the MLflow Model Registry.

    Attributes:
        model: Registered model name.
        version: Number as text.
        source: Where its files are, as registered (``models:/m-...``, ``runs:/ID/path``, a storage URI).
        run_id: The run behind it, or None where none was given.
        ready: Whether MLflow calls it READY.
        stage: Legacy stage; ``None`` as a text is MLflow's own name for no stage.
        tags: Model version tags.
        description: Markdown, or an empty text.
    """

    model: str
    version: str
    source: str
    run_id: str | None
    ready: bool
    stage: str
    tags: Mapping[str, str]
    description: str = ""


class RegisteredModel(NamedTuple):
    """
    A name in the MLflow Model Registry.

    Attributes:
        name: Registered model name.
        aliases: Alias to version number as text.
    """

    name: str
    aliases: Mapping[str, str]
