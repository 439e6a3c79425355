"""
Promotions that need a human: which do, and whether one said yes.

An approval is a tag of the model version with a name in it. It is a statement, and no proof of who made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.record import APPROVED_BY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from pytest_mlflow_gate.promotion.record import Entry
    from pytest_mlflow_gate.tracking.values import ModelVersion


def needs_approval(promotion: Promotion, entries: Sequence[Entry]) -> bool:
    """
    Return whether the next promotion to this target needs a human.

    Args:
        promotion: The gate's.
        entries: What ever moved in the target model; promotions to the same alias and stage are counted, also
            those that were rolled back later.
    """
    if promotion.approval == "always":
        return True
    target = promotion.target_model, promotion.alias, promotion.stage
    before = sum(entry.verdict == "promoted" and entry.target == target for entry in entries)
    return before < promotion.approval


def approver(version: ModelVersion | None) -> str | None:
    """Return the name in the approval tag, or None."""
    return (version and version.tags.get(APPROVED_BY, "").strip()) or None


def request(gate: Gate, what: str) -> str:
    """Return the line that says what a human has to do; *what* names the version."""
    return (
        f"{what} awaits approval: set its tag {APPROVED_BY} to your name, or run "
        f"python -m pytest_mlflow_gate approve {gate.path} --by NAME; then run the gate again"
    )
