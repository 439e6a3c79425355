"""
The gates of one session: prepared together, moved together, put back together.

Under ``all`` they stand and fall as one; under ``each`` everybody goes alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.move import MoveFailed, move, put_back
from pytest_mlflow_gate.promotion.prepare import Survey, register, survey
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_mlflow_gate.promotion.candidacy import Candidacy
    from pytest_mlflow_gate.promotion.plan import Plan
    from pytest_mlflow_gate.promotion.verdict import Policy, Verdict
    from pytest_mlflow_gate.tracking.store import Store


def prepare(candidacies: Sequence[Candidacy], policy: Policy) -> tuple[dict[str, Plan], dict[str, Result]]:
    """
    Read everything for every gate, then find or register their versions.

    Returns:
        By the gate's name: the plans that can be carried out, and the results of those that cannot.
    """
    plans: dict[str, Plan] = {}
    results: dict[str, Result] = {}
    surveys: list[tuple[Candidacy, Survey]] = []
    for candidacy in candidacies:
        try:
            surveys.append((candidacy, _survey(candidacy)))
        except (Refused, StoreError) as error:
            results[candidacy.gate.name] = Result("refused", str(error))
    for candidacy, found in surveys:
        if policy == "all" and results:
            break
        try:
            plans[candidacy.gate.name] = register(found, candidacy.store)
        except (Refused, StoreError) as error:
            results[candidacy.gate.name] = Result("refused", str(error))
    if policy == "all" and results:
        plans.clear()
        text = f"the promotion of {next(iter(results))} was refused"
        for candidacy in candidacies:
            results.setdefault(candidacy.gate.name, Result("withheld", text))
    return plans, results


def carry_out(
    plans: Mapping[str, Plan], stores: Mapping[str, Store], verdicts: Mapping[str, Verdict], policy: Policy
) -> dict[str, Result]:
    """
    Move what is still granted, in order; under ``all`` the first failure puts everything back.

    Returns:
        A result for each plan, by the gate's name.
    """
    results: dict[str, Result] = {}
    culprit = None
    for name, plan in plans.items():
        if not verdicts[name].granted:
            results[name] = Result.withheld(verdicts[name])
        elif culprit is not None:
            results[name] = Result("withheld", f"the promotion of {culprit} failed")
        else:
            results[name] = _move(plan, stores[name])
            if results[name].status == "failed" and policy == "all":
                culprit = name
    if culprit is not None:
        for name in reversed([name for name, result in results.items() if result.status == "promoted"]):
            results[name] = _put_back(plans[name], stores[name], culprit)
    return results


def dry_run(candidacy: Candidacy) -> Result:
    """Return what would have moved; reads the registry and writes nothing."""
    promotion, run_id = candidacy.promotion, candidacy.snapshot.run.run_id
    target = f"{promotion.model} {promotion.destination}"
    try:
        found = _survey(candidacy)
    except (Refused, StoreError) as error:
        return Result("dry-run", f"the promotion to {target} would have been refused: {error}")
    version = found.version.version if found.version else None
    what = f"version {version}" if version else f"a new version of run {run_id}"
    was = f" (now version {found.alias_before})" if found.alias_before else ""
    if version and version == found.alias_before:
        was = " (where it is already)"
    return Result(
        "dry-run",
        f"{what} would have been promoted to {target}{was}",
        version=version,
        previous_version=found.alias_before,
    )


def _survey(candidacy: Candidacy) -> Survey:
    if isinstance(candidacy.began, StoreError):
        raise candidacy.began
    return survey(candidacy.gate, candidacy.promotion, candidacy.snapshot, candidacy.began, candidacy.store)


def _move(plan: Plan, store: Store) -> Result:
    try:
        move(plan, store)
    except MoveFailed as error:
        return Result("failed", str(error), version=plan.version, created=plan.created)
    now, was = "now", f" (was version {plan.previous_version})" if plan.previous_version else ""
    if plan.previous_version == plan.version:
        now, was = "already", ""
    note = f"; {plan.note}" if plan.note else ""
    return Result(
        "promoted",
        f"{plan.model} version {plan.version} is {now} {plan.destination}{was}{note}",
        version=plan.version,
        created=plan.created,
        previous_version=plan.previous_version,
    )


def _put_back(plan: Plan, store: Store, culprit: str) -> Result:
    left = put_back(plan.steps, store)
    text = f"put back, because the promotion of {culprit} failed"
    if left:
        text = f"the promotion of {culprit} failed and this one stayed: {'; '.join(left)}"
    return Result("failed", text, version=plan.version, created=plan.created)
