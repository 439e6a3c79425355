"""The ways to choose a candidate, and the combinations that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.candidate_layout import WAYS, ReplicatesKeys
from pytest_mlflow_gate.gatefile.places import At, value_of
from pytest_mlflow_gate.gatefile.types import (
    LoggedModelById,
    RegisteredVersion,
    Replicates,
    RunById,
    RunOfExperiment,
)

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.candidate_layout import CandidateKeys
    from pytest_mlflow_gate.gatefile.problems import Problems
    from pytest_mlflow_gate.gatefile.types import Candidate

_Given = dict[str, At[str]]


def read_candidate(section: At[CandidateKeys], problems: Problems) -> Candidate | None:
    """Return what is under test, or None when a value is missing or not known; notes each mistake."""
    keys = section.value
    if keys is None:
        return None
    names = [name for way in WAYS.values() for name in way]
    given: _Given = {
        name: at for name in keys.__struct_fields__ if name in names and (at := getattr(keys, name))
    }
    way = _way(given, section.line, problems)
    if way is None:
        return None
    for name, at in given.items():
        if name not in WAYS[way]:
            owner = next(decides for decides, allowed in WAYS.items() if name in allowed)
            problems.add(
                at.line, f"candidate.{name}", f"goes with {owner}, not with {way}; remove one of them"
            )
    return _READERS[way](keys, given, problems)


def read_replicates(section: At[CandidateKeys]) -> Replicates | None:
    """Return what else was measured, or None when nothing is said or a value is not known."""
    value = section.value and value_of(section.value.replicates)
    if not value:
        return None
    if isinstance(value, ReplicatesKeys):
        return Replicates(value.filter.value) if value.filter.value else None
    return Replicates(None)


def _way(given: _Given, line: int, problems: Problems) -> str | None:
    deciding = sorted((name for name in WAYS if name in given), key=lambda name: given[name].line)
    if "run_id" in deciding and "experiment" in deciding:
        deciding.remove("experiment")
    if not deciding and not problems.concern("candidate"):
        problems.add(line, "candidate", f"nothing chooses it, write one of {', '.join(WAYS)}")
    for name in deciding[1:]:
        first = f"{deciding[0]} (line {given[deciding[0]].line})"
        problems.add(given[name].line, f"candidate.{name}", f"{first} chooses already, remove one of them")
    return deciding[0] if len(deciding) == 1 else None


def _run(keys: CandidateKeys, given: _Given, _: Problems) -> Candidate | None:
    run_id = value_of(keys.run_id)
    return RunById(run_id, value_of(keys.experiment), given["run_id"].line) if run_id else None


def _run_of_experiment(keys: CandidateKeys, given: _Given, problems: Problems) -> Candidate | None:
    select = value_of(keys.select) if "select" in given else "latest"
    if select == "best" and "by" not in given:
        problems.add(
            given["select"].line, "candidate.select", "best has to know the metric to compare, add by: METRIC"
        )
    for name in ("by", "order"):
        if select == "latest" and name in given:
            problems.add(
                given[name].line, f"candidate.{name}", "goes with select: best only, add that or remove this"
            )
    experiment = value_of(keys.experiment)
    if not experiment or not select:
        return None
    return RunOfExperiment(
        experiment=experiment,
        select=select,
        by=value_of(keys.by),
        order=value_of(keys.order) or "max",
        filter=value_of(keys.filter),
        line=given["experiment"].line,
    )


def _registered_version(keys: CandidateKeys, given: _Given, problems: Problems) -> Candidate | None:
    chosen = sorted((given[name].line, name) for name in ("version", "alias") if name in given)
    if not chosen:
        problems.add(
            given["model"].line, "candidate.model", "which version is not said, add version: 7 or alias: NAME"
        )
    for line, name in chosen[1:]:
        first_line, first = chosen[0]
        text = f"{first} (line {first_line}) chooses already, remove one of them"
        problems.add(line, f"candidate.{name}", text)
    model = value_of(keys.model)
    if not model or len(chosen) != 1:
        return None
    return RegisteredVersion(model, value_of(keys.version), value_of(keys.alias), chosen[0][0])


def _logged_model(keys: CandidateKeys, given: _Given, _: Problems) -> Candidate | None:
    model_id = value_of(keys.model_id)
    return LoggedModelById(model_id, given["model_id"].line) if model_id else None


_READERS = {
    "run_id": _run,
    "experiment": _run_of_experiment,
    "model": _registered_version,
    "model_id": _logged_model,
}
