"""What Python code is shown of a candidate and of what it is compared with."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.tracking.meant import Meant, mlflow_2_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.tracking.snapshot import Rival, Snapshot
    from pytest_mlflow_gate.tracking.values import ModelVersion, Run


class Candidate(NamedTuple):
    """
    A run and its model, as they were when the session began; the baseline is shown in the same way.

    Attributes:
        run_id: MLflow's id.
        params: As logged.
        tags: As logged, MLflow's own included.
        metrics: Last value of each metric (highest step).
        model_uri: What MLflow loads the model by (``models:/...``, ``runs:/...``), or None where the run has
            no logged model, or several and nothing names one.
    """

    run_id: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    model_uri: str | None


def candidate_of(snapshot: Snapshot, promotion: Promotion | None) -> Candidate:
    """
    Return what Python code is shown of a candidate; asks nobody.

    Args:
        snapshot: The candidate.
        promotion: Of its gate, which may name one of several logged models.
    """
    artifact = promotion.artifact if promotion else None
    if snapshot.version is not None:
        uri: str | None = _of_version(snapshot.version)
    elif snapshot.model_id is not None:
        uri = f"models:/{snapshot.model_id}"
    else:
        uri = _of_run(snapshot.run, artifact)
    return _shown(snapshot.run, uri)


def baseline_of(rival: Rival) -> Candidate:
    """Return what Python code is shown of a baseline; asks nobody."""
    return _shown(rival.run, _of_version(rival.version))


def _shown(run: Run, model_uri: str | None) -> Candidate:
    # Copies that nobody can write to: every check is judged by the snapshot.
    params, tags = MappingProxyType(dict(run.params)), MappingProxyType(dict(run.tags))
    return Candidate(run.run_id, params, tags, MappingProxyType(dict(run.metrics)), model_uri)


def _of_version(version: ModelVersion) -> str:
    return f"models:/{version.model}/{version.version}"


def _of_run(run: Run, artifact: str | None) -> str | None:
    if artifact is not None:
        return f"runs:/{run.run_id}/{artifact}"
    if run.model_ids:
        return f"models:/{run.model_ids[0]}" if len(run.model_ids) == 1 else None
    paths = mlflow_2_paths(run, Meant())
    return f"runs:/{run.run_id}/{paths[0]}" if len(paths) == 1 else None
