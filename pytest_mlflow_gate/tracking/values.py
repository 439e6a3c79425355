"""
What MLflow knows, in our own words and as frozen values.

Both stores answer with these, so that no other room depends on how MLflow spells them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

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


class LoggedModel(NamedTuple):
    """
    An MLflow 3 logged model.

    Attributes:
        model_id: ``m-...``.
        name: The name it was logged under.
        run_id: The run that wrote it, or None.
        ready: Whether MLflow calls it READY.
    """

    model_id: str
    name: str
    run_id: str | None
    ready: bool


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
    """

    model: str
    version: str
    source: str
    run_id: str | None
    ready: bool
    stage: str
    tags: Mapping[str, str]


class RegisteredModel(NamedTuple):
    """
    A name in the MLflow Model Registry.

    Attributes:
        name: Registered model name.
        aliases: Alias to version number as text.
    """

    name: str
    aliases: Mapping[str, str]


class Snapshot(NamedTuple):
    """
    The candidate as it was when the session began; every check sees this one.

    Attributes:
        run: The run whose metrics are judged.
        experiment: The experiment that it belongs to.
        version: The registered version under test, when the gate named one.
        model_id: The logged model under test, when the gate named one.
        url: The run's page in the MLflow UI, or None where the store has none.
    """

    run: Run
    experiment: Experiment
    version: ModelVersion | None = None
    model_id: str | None = None
    url: str | None = None

    def to_json(self) -> str:
        """Return a text that `from_json` reads on another process; NaN and infinities survive."""
        return json.dumps(
            {
                "run": self.run._asdict(),
                "experiment": self.experiment._asdict(),
                "version": self.version and self.version._asdict(),
                "model_id": self.model_id,
                "url": self.url,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Snapshot:
        """Return the snapshot that *text*, made by `to_json`, was made of."""
        document: dict[str, Any] = json.loads(text)
        version = document.pop("version")
        run = document.pop("run")
        run["model_ids"] = tuple(run["model_ids"])
        return cls(
            run=Run(**run),
            experiment=Experiment(**document.pop("experiment")),
            version=ModelVersion(**version) if version else None,
            **document,
        )
