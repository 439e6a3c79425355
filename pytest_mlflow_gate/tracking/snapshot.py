"""What a session knows of one gate's candidate and of what it is compared with: read once, then frozen."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_mlflow_gate.tracking.values import (
    DatasetMetric,
    Experiment,
    LoggedModel,
    Measurement,
    ModelVersion,
    Run,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Rival(NamedTuple):
    """
    A registered version that the candidate is compared with: the baseline, or a further arm.

    Attributes:
        version: The version.
        run: The run behind it.
        histories: As in `Snapshot`.
        models: As in `Snapshot`.
        is_candidate: Whether it is the candidate itself: the same model of the same run.
    """

    version: ModelVersion
    run: Run
    histories: Mapping[str, tuple[Measurement, ...]] = _NOTHING
    models: tuple[LoggedModel, ...] = ()
    is_candidate: bool = False


class Missing(NamedTuple):
    """
    Why there is no version to compare with.

    Attributes:
        why: One line.
        first: Whether that is no obstacle: the registry says that there is none, and the gate lets a
            candidate be the first.
    """

    why: str
    first: bool = False


class ModelCard(NamedTuple):
    """
    A logged model of the candidate's run.

    Attributes:
        name: The name (MLflow 2: artifact path) that it was logged under.
        mlmodel: Text of its ``MLmodel`` file, or None where there is none.
    """

    name: str
    mlmodel: str | None


class Snapshot(NamedTuple):
    """
    The candidate as it was when the session began; every check sees this one.

    Attributes:
        run: The run whose metrics are judged.
        experiment: The experiment that it belongs to.
        version: The registered version under test, when the gate named one.
        model_id: The logged model under test, when the gate named one.
        url: The run's page in the MLflow UI, or None where the store has none.
        taken: When it was read, in seconds since the epoch.
        histories: By metric all values that were logged, by step; only of metrics whose history is read.
        models: The logged models under test, with their metrics by dataset; only where datasets are read.
        cards: The logged models under test, with their ``MLmodel``; only where one is required.
        replicates: Further runs that measured the same; only where the gate has some.
        baseline: What the candidate is compared with; None where the gate compares with nothing.
        arms: Further online arms, by alias.
    """

    run: Run
    experiment: Experiment
    version: ModelVersion | None = None
    model_id: str | None = None
    url: str | None = None
    taken: float = 0.0
    histories: Mapping[str, tuple[Measurement, ...]] = _NOTHING
    models: tuple[LoggedModel, ...] = ()
    cards: tuple[ModelCard, ...] = ()
    replicates: tuple[Run, ...] = ()
    baseline: Rival | Missing | None = None
    arms: Mapping[str, Rival | Missing] = _NOTHING

    def to_json(self) -> str:
        """Return a text that `from_json` reads on another process; NaN and infinities survive."""
        return json.dumps(_packed(self))

    @classmethod
    def from_json(cls, text: str) -> Snapshot:
        """Return the snapshot that *text*, made by `to_json`, was made of."""
        snapshot = _unpacked(json.loads(text))
        if not isinstance(snapshot, cls):
            raise TypeError("this text is no snapshot")
        return snapshot


_KINDS = {
    kind.__name__: kind
    for kind in (
        DatasetMetric,
        Experiment,
        LoggedModel,
        Measurement,
        Missing,
        ModelCard,
        ModelVersion,
        Rival,
        Run,
        Snapshot,
    )
}


def _packed(value: object) -> object:
    """Return *value* as JSON can hold it: named tuples as lists that begin with their name."""
    if isinstance(value, tuple):
        name = type(value).__name__ if type(value).__name__ in _KINDS else ""
        return [name, *map(_packed, value)]
    if isinstance(value, dict | MappingProxyType):
        return {key: _packed(entry) for key, entry in value.items()}
    return value


def _unpacked(value: object) -> object:
    if isinstance(value, list):
        name, *entries = value
        content = tuple(map(_unpacked, entries))
        return _KINDS[name]._make(content) if name else content
    if isinstance(value, dict):
        return {key: _unpacked(entry) for key, entry in value.items()}
    return value
