"""Where the candidate goes when everything passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.places import value_of
from pytest_mlflow_gate.gatefile.problems import plain
from pytest_mlflow_gate.gatefile.types import Promotion

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.layout import PromoteKeys
    from pytest_mlflow_gate.gatefile.places import At
    from pytest_mlflow_gate.gatefile.problems import Problems

OWN_TAGS = "mlflow_gate."
"""Prefix of the tags that record decisions and approvals, which no gate file may set."""


def read_promotion(section: At[PromoteKeys], problems: Problems) -> Promotion | None:
    """Return the promotion, or None when its model is not known; notes each mistake."""
    keys = section.value
    if keys is None:
        return None
    _check_target(keys, section.line, problems)
    tags = value_of(keys.tags) or {}
    for name, at in tags.items():
        if name.startswith(OWN_TAGS):
            text = f"tags that begin with {OWN_TAGS} record the gate's own decisions, choose another name"
            problems.add(at.line, f"promote.tags.{plain(name)}", text)
    model = value_of(keys.model)
    if not model:
        return None
    return Promotion(
        model=model,
        alias=value_of(keys.alias),
        stage=value_of(keys.stage),
        artifact=value_of(keys.artifact),
        tags=tuple((name, at.value) for name, at in tags.items() if at.value is not None),
        copy_to=value_of(keys.copy_to),
        previous_alias=value_of(keys.previous_alias),
        approval=value_of(keys.approval) or 0,
        line=section.line,
    )


def _check_target(keys: PromoteKeys, line: int, problems: Problems) -> None:
    if not keys.alias and not keys.stage and not keys.copy_to:
        problems.add(line, "promote", "nowhere to promote to, add alias, stage or copy_to")
    copy_to = value_of(keys.copy_to)
    if keys.copy_to and copy_to and copy_to == value_of(keys.model):
        text = "is promote.model itself, name another registered model or remove this"
        problems.add(keys.copy_to.line, "promote.copy_to", text)
    if keys.previous_alias and not keys.alias:
        text = "goes with alias only, add that or remove this"
        problems.add(keys.previous_alias.line, "promote.previous_alias", text)
    alias, previous = value_of(keys.alias), value_of(keys.previous_alias)
    # MySQL takes two aliases for one when they differ in nothing but capitals.
    if keys.previous_alias and alias and previous and alias.lower() == previous.lower():
        text = "is promote.alias itself, choose another alias or remove this"
        problems.add(keys.previous_alias.line, "promote.previous_alias", text)
