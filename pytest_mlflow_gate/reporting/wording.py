"""A decision in a word or two, and how urgent it is: the same in every report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.promotion.decision import Decision, Status

Mood = Literal["good", "bad", "doubtful"]

URGENCY: Mapping[Mood, int] = {"bad": 0, "doubtful": 1, "good": 2}

PROMOTIONS: Mapping[Status, tuple[str, Mood]] = {
    "promoted": ("PROMOTED", "good"),
    "withheld": ("NOT PROMOTED", "bad"),
    "refused": ("NOT PROMOTED", "bad"),
    "awaiting": ("NOT PROMOTED", "doubtful"),
    "failed": ("PROMOTION FAILED", "bad"),
    "dry-run": ("DRY RUN", "doubtful"),
}
"""What became of a promotion; a gate that has none is not in here."""


def verdict(decision: Decision) -> tuple[str, Mood]:
    """Return what became of the promotion, or of the checks where the gate has none."""
    found = PROMOTIONS.get(decision.result.status)
    if found is not None:
        return found
    if not decision.findings:
        return "NOT JUDGED", "doubtful"
    return ("PASSED", "good") if decision.passed else ("FAILED", "bad")
