"""Where the candidate goes when everything passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.layout import value_of
from pytest_mlflow_gate.gatefile.problems import plain
from pytest_mlflow_gate.gatefile.types import Promotion

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.layout import At, PromoteKeys
    from pytest_mlflow_gate.gatefile.problems import Problems

OWN_TAGS = "mlflow_gate."
"""Prefix of the tags that record decisions and approvals, which no gate file may set."""


def read_promotion(section: At[PromoteKeys], problems: Problems) -> Promotion | None:
    """Return the promotion, or None when its model is not known; notes each mistake."""
    keys = section.value
    if keys is None:
        return None
    if not keys.alias and not keys.stage:
        problems.add(section.line, "promote", "nowhere to promote to, add alias or stage")
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
        line=section.line,
    )
