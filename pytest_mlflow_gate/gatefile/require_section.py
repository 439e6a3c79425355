"""What the candidate has to be, to checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.declared import Dataset, Requirement
from pytest_mlflow_gate.gatefile.places import value_of

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.candidate_layout import RequireKeys
    from pytest_mlflow_gate.gatefile.places import At
    from pytest_mlflow_gate.gatefile.threshold_section import Declared


def read_requirements(section: At[RequireKeys], declared: Declared) -> None:
    """
    Add a check for each key, in the order of the file.

    Args:
        section: As written.
        declared: What is checked so far.
    """
    keys = section.value
    if keys is None:
        return
    given: list[tuple[str, At[object]]] = [
        (name, at) for name in keys.__struct_fields__ if (at := getattr(keys, name))
    ]
    if not given and not declared.problems.concern("candidate.require"):
        text = f"nothing is required, add one of {', '.join(keys.__struct_fields__)}"
        declared.problems.add(section.line, "candidate.require", text)
    for key, at in sorted(given, key=lambda entry: (entry[1].line, entry[1].column)):
        name = declared.claim(f"candidate[{key}]", at.line, f"candidate.require.{key}")
        if name is None or at.value is None:
            declared.unknown += 1
            continue
        declared.checks.append(Requirement(name, key, _expected(key, keys), at.line))


def _expected(key: str, keys: RequireKeys) -> float | tuple[tuple[str, str], ...] | Dataset | str | None:
    """Return what a key asks for; what waits for a variable is left out, and counts all the same."""
    if key in ("tags", "params"):
        entries = (value_of(keys.tags) if key == "tags" else value_of(keys.params)) or {}
        return tuple((name, at.value) for name, at in entries.items() if at.value is not None)
    if key == "dataset" and (dataset := value_of(keys.dataset)):
        return Dataset(dataset.name.value or "", value_of(dataset.digest))
    if key == "max_age":
        return value_of(keys.max_age)
    # A signature is asked of the model that artifact names; without it, of the only one that the run logged.
    return value_of(keys.artifact)
