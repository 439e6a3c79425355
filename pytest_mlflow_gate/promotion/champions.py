"""Who was champion, and is: what ever held the alias or stage that a gate promotes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.backtest import Champion
from pytest_mlflow_gate.promotion.history import finished, history_of
from pytest_mlflow_gate.tracking.snapshot import Rival
from pytest_mlflow_gate.tracking.store import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from pytest_mlflow_gate.promotion.record import Entry
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion, Run

_PAGE = 100
_RUN_ID = re.compile(r"[\w-]+", re.ASCII)


def champions(
    gate: Gate, promotion: Promotion, store: Store, experiment_id: str, known: Mapping[str, Run]
) -> tuple[Champion, ...]:
    """
    Return the runs whose versions held the alias or stage, by the record and by where it points now.

    A version that was taken back counts too: it was champion. What came from no run, or from one that is
    gone, has no numbers and is left out.

    Args:
        gate: The gate.
        promotion: The same as the gate's, with an alias or a stage.
        store: Where to look: two requests for the versions, one for each 100 runs that are not known, and one
            for each of those that are not active runs of the experiment.
        experiment_id: Where the runs most likely are.
        known: Runs that were read already, by id.

    Raises:
        StoreError: If MLflow does not answer.
    """
    registered = store.registered_model(promotion.target_model)
    if registered is None:
        return ()
    versions = {version.version: version for version in store.model_versions(registered.name)}
    holders = _holders(promotion, history_of(versions.values()).entries)
    now = _now(promotion, registered.aliases, versions.values())
    for number in now:
        holders.setdefault(number, None)
    of_version = {
        number: version.run_id
        for number, version in versions.items()
        if version.run_id is not None and (number in holders or number in holders.values())
    }
    runs = {**known, **runs_with_ids(set(of_version.values()) - known.keys(), store, experiment_id)}
    compares = gate.baseline is not None and _place(gate) == _goal(promotion)
    found: dict[str, Champion] = {}
    for number, before in holders.items():
        run = runs.get(of_version.get(number, ""))
        if run is None:
            continue
        rival = runs.get(of_version.get(before or "", "")) if compares else None
        # Of a run that was champion twice, the last time counts.
        found[run.run_id] = Champion(run, Rival(versions[str(before)], rival) if rival else None)
    return tuple(found.values())


def runs_with_ids(run_ids: Iterable[str], store: Store, experiment_id: str) -> dict[str, Run]:
    """
    Return those of the runs that exist, deleted ones included, by id.

    Args:
        run_ids: Of any experiment.
        store: Where to look: one request for each 100 of them, and one for each of those that are no active
            runs of the experiment.
        experiment_id: Where most of them are.

    Raises:
        StoreError: If MLflow does not answer.
    """
    # Anybody can register a version with any text in its place, and MLflow has no run of another form.
    wanted = sorted(run_id for run_id in run_ids if _RUN_ID.fullmatch(run_id))
    found: dict[str, Run] = {}
    for start in range(0, len(wanted), _PAGE):
        listed = ", ".join(f"'{run_id}'" for run_id in wanted[start : start + _PAGE])
        for run in store.search_runs(
            experiment_id,
            filter_string=f"attributes.run_id IN ({listed})",
            order_by=(),
            page_size=_PAGE,
        ):
            if run.run_id in wanted:
                found[run.run_id] = run
    for run_id in wanted:
        if run_id not in found:
            try:
                found[run_id] = store.run(run_id)
            except NotFound:
                continue
    return found


def _holders(promotion: Promotion, entries: Iterable[Entry]) -> dict[str, str | None]:
    """Return each version that held the place, and the one that it replaced, as far as that is on record."""
    holders: dict[str, str | None] = {}
    for entry in entries:
        same = entry.alias == promotion.alias if promotion.alias else entry.stage == promotion.stage
        if not same or not finished(entry):
            continue
        if entry.previous_version is not None:
            # Nobody else put it on record where a person set the alias.
            holders.setdefault(entry.previous_version, None)
        if entry.verdict == "promoted" and entry.previous_version != entry.version:
            holders[entry.version] = entry.previous_version
        else:
            holders.setdefault(entry.version, None)
    return holders


def _now(promotion: Promotion, aliases: Mapping[str, str], versions: Iterable[ModelVersion]) -> Sequence[str]:
    if promotion.alias is not None:
        return [aliases[promotion.alias]] if promotion.alias in aliases else []
    return [version.version for version in versions if version.stage == promotion.stage]


def _place(gate: Gate) -> tuple[str, str | None, str | None] | None:
    baseline = gate.baseline
    return baseline and (baseline.model, baseline.alias, baseline.stage)


def _goal(promotion: Promotion) -> tuple[str, str | None, str | None]:
    # With both, the baseline is the alias.
    return promotion.target_model, promotion.alias, None if promotion.alias else promotion.stage
