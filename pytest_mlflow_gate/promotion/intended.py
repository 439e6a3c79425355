"""A promotion that is about to happen, as other packages are shown it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.tracking.candidate import candidate_of

if TYPE_CHECKING:
    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.prepare import Survey
    from pytest_mlflow_gate.tracking.candidate import Candidate


class PromotionPlan(NamedTuple):
    """
    What is about to move.

    Attributes:
        candidate: Who is to be promoted.
        findings: What was found for each check of the gate.
        model: The registered model whose alias and stage move.
        alias: The alias that moves, or None.
        stage: The legacy stage, or None.
        version: The version that they move to; None for one that is not registered yet.
        previous_version: The version that holds the alias (or stage) now, or None.
    """

    candidate: Candidate
    findings: tuple[Finding, ...]
    model: str
    alias: str | None
    stage: str | None
    version: str | None
    previous_version: str | None


def intended(found: Survey) -> PromotionPlan:
    """Return what would move, from what was read."""
    candidacy = found.candidacy
    promotion = candidacy.promotion
    return PromotionPlan(
        candidate=candidate_of(candidacy.snapshot, promotion),
        findings=tuple(candidacy.findings),
        model=promotion.target_model,
        alias=promotion.alias,
        stage=promotion.stage,
        version=found.target.version if found.target else None,
        previous_version=found.alias_before if promotion.alias else next(iter(found.in_stage), None),
    )
