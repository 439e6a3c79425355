"""What becomes of a gate's promotion, in words: would have moved, waits for a human, moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.approval import request
from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.prepare import survey
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.promotion.steps import KeepCopy, MoveAlias, SetStage
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.candidacy import Candidacy
    from pytest_mlflow_gate.promotion.plan import Plan
    from pytest_mlflow_gate.promotion.prepare import Survey
    from pytest_mlflow_gate.tracking.values import ModelVersion


def dry_run(candidacy: Candidacy) -> Result:
    """Return what would have moved; reads the registry and writes nothing."""
    try:
        found = survey(candidacy)
    except (Refused, StoreError) as error:
        text = f"the promotion to {candidacy.promotion.target} would have been refused: {error}"
        return Result("dry-run", text)
    what, where = would_move(found)
    return Result(
        "dry-run",
        f"{what} would have been promoted to {where}",
        version=found.target and found.target.version,
        previous_version=found.alias_before,
    )


def would_move(found: Survey) -> tuple[str, str]:
    """Return which version a promotion is about and where it goes, as two parts of a sentence."""
    promotion = found.candidacy.promotion
    version = found.version.version if found.version else None
    what = f"version {version}" if version else f"a new version of run {found.candidacy.snapshot.run.run_id}"
    if promotion.copy_to:
        what = f"a copy of {what} of {promotion.model}"
    if found.copy:
        what = f"version {found.copy.version}"
    was = f" (now version {found.alias_before})" if found.alias_before else ""
    if found.target and found.target.version == found.alias_before:
        was = " (where it is already)"
    first = " after an approval" if found.awaits else ""
    return what, f"{promotion.target}{was}{first}"


def awaiting(found: Survey, version: ModelVersion | None) -> Result:
    """Return what a human has to do; None is a version that is not registered yet."""
    candidacy = found.candidacy
    model = candidacy.promotion.model
    what = f"the new version of {model} from run {candidacy.snapshot.run.run_id}"
    if version is not None:
        what = f"version {version.version} of {model}"
    return Result("awaiting", request(candidacy.gate, what), version=version and version.version)


def promoted(found: Survey, version: ModelVersion, plan: Plan) -> Result:
    """Return what is true once *plan* is carried out for the candidate's *version*."""
    promotion = found.candidacy.promotion
    place = promotion.destination
    if promotion.copy_to:
        place += f"{' as ' if place else ''}a copy of {version.model} version {version.version}"
    now, was = "now", f" (was version {plan.previous_version})" if plan.previous_version else ""
    if plan.previous_version == plan.version:
        was = ""
    if not any(isinstance(step, MoveAlias | SetStage | KeepCopy) for step in plan.steps):
        now, was = "already", ""
    note = f"; {found.note}" if found.note else ""
    return Result(
        "promoted",
        f"{promotion.target_model} version {plan.version} is {now} {place}{was}{note}",
        version=plan.version,
        created=plan.created,
        previous_version=plan.previous_version,
    )
