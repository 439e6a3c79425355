"""What the candidate has to be: its age, tags, params, dataset, model and signature."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.finding import Finding, remedy
from pytest_mlflow_gate.gatefile.declared import Dataset
from pytest_mlflow_gate.gatefile.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_mlflow_gate.checks.finding import Outcome
    from pytest_mlflow_gate.gatefile.declared import Requirement
    from pytest_mlflow_gate.tracking.snapshot import ModelCard, Snapshot

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_CLOCKS_DIFFER = 300.0
# The key itself, with something below or behind it; MLflow writes no `signature:` without one.
_SIGNATURE = re.compile(r"^signature:(?!\s*(?:null|~|\{\s*\})?\s*$(?!\n[ \t]))", re.MULTILINE)

_Found = tuple["Outcome", str]


def judge_requirement(requirement: Requirement, snapshot: Snapshot) -> Finding:
    """Judge one line of ``candidate.require``."""
    outcome, text = _JUDGES[requirement.key](requirement, snapshot)
    if outcome == "unevaluable":
        text = f"cannot judge {requirement.name}: {text}"
    return Finding(requirement.name, outcome, text, requirement.line, limit=limit_of(requirement))


def _age(requirement: Requirement, snapshot: Snapshot) -> _Found:
    most = requirement.expected
    if not isinstance(most, float):
        raise TypeError(f"{requirement.name} has no age")
    if snapshot.run.end_time is None:
        why = f"MLflow does not say when run {snapshot.run.run_id} ended"
        return "unevaluable", f"{why}{remedy(requirement.line, 'train again')}"
    age = snapshot.taken - snapshot.run.end_time
    if age < -_CLOCKS_DIFFER:
        when = f"run {snapshot.run.run_id} ended {_duration(-age)} in the future"
        return "unevaluable", f"{when}: set the clocks right, or the end time that was logged"
    age = max(0.0, age)
    if age <= most:
        return "passed", f"{_duration(age)} <= {_duration(most)}"
    return (
        "failed",
        f"run {snapshot.run.run_id} ended {_duration(age)} ago, must be {_duration(most)} or less",
    )


def _tags(requirement: Requirement, snapshot: Snapshot) -> _Found:
    return _entries(requirement, snapshot.run.tags, "tag")


def _params(requirement: Requirement, snapshot: Snapshot) -> _Found:
    return _entries(requirement, snapshot.run.params, "param")


def _entries(requirement: Requirement, logged: Mapping[str, str], noun: str) -> _Found:
    wanted = requirement.expected
    if not isinstance(wanted, tuple) or isinstance(wanted, Dataset):
        raise TypeError(f"{requirement.name} has no entries")
    wrong = []
    for key, value in wanted:
        if key not in logged:
            wrong.append(f"{noun} {key} is not there, must be {value!r}{did_you_mean(key, logged)}")
        elif logged[key] != value:
            wrong.append(f"{noun} {key} is {logged[key]!r}, must be {value!r}")
    if wrong:
        return "failed", "; ".join(wrong)
    return "passed", ", ".join(f"{key} {value}" for key, value in wanted)


def _dataset(requirement: Requirement, snapshot: Snapshot) -> _Found:
    wanted = requirement.expected
    if not isinstance(wanted, Dataset):
        raise TypeError(f"{requirement.name} has no dataset")
    logged = snapshot.run.datasets
    shown = ", ".join(f"{name} ({digest})" for name, digest in logged) or "none"
    if any(name == wanted.name and wanted.digest in (None, digest) for name, digest in logged):
        return "passed", _named(wanted)
    return "failed", f"run {snapshot.run.run_id} has the dataset inputs {shown}, must have {_named(wanted)}"


def _artifact(requirement: Requirement, snapshot: Snapshot) -> _Found:
    card = _card(requirement, snapshot)
    return ("failed", card) if isinstance(card, str) else ("passed", card.name)


def _signature(requirement: Requirement, snapshot: Snapshot) -> _Found:
    card = _card(requirement, snapshot)
    if isinstance(card, str):
        return "failed", card
    if not _SIGNATURE.search(card.mlmodel or ""):
        return (
            "failed",
            f"logged model {card.name!r} has no signature: log it with one or an input_example",
        )
    return "passed", f"{card.name} has one"


def _card(requirement: Requirement, snapshot: Snapshot) -> ModelCard | str:
    """Return the one logged model that is meant, or why there is none that has its file."""
    run, name = snapshot.run, requirement.expected
    cards = [card for card in snapshot.cards if name is None or card.name == name]
    if len(cards) == 1 and cards[0].mlmodel is None:
        return f"logged model {cards[0].name!r} has no MLmodel file: log it again"
    if len(cards) == 1:
        return cards[0]
    what = f" named {name!r}" if name is not None else ""
    if cards:
        choice = "candidate.model_id" if name is not None else "candidate.require.artifact"
        return f"run {run.run_id} has {len(cards)} logged models{what}: choose one with {choice}"
    return f"run {run.run_id} has no logged model{what}: log one with log_model"


def limit_of(requirement: Requirement) -> str:
    """Return what is required, for people."""
    match requirement.expected:
        case float(most):
            return f"<= {_duration(most)}"
        case Dataset() as dataset:
            return _named(dataset)
        case tuple(entries):
            return ", ".join(f"{key} {value}" for key, value in entries)
        case name:
            return name or "true"


def _named(dataset: Dataset) -> str:
    return f"{dataset.name} ({dataset.digest})" if dataset.digest else dataset.name


def _duration(seconds: float) -> str:
    """Return *seconds* in days, hours, minutes and seconds, rounded up: 24 h and a bit is more than 1 d."""
    left, parts = math.ceil(seconds), []
    for unit, name in _UNITS:
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts) or "0 s"


_JUDGES: Mapping[str, Callable[[Requirement, Snapshot], _Found]] = {
    "max_age": _age,
    "tags": _tags,
    "params": _params,
    "dataset": _dataset,
    "artifact": _artifact,
    "signature": _signature,
}
