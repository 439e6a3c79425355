"""What a candidate's checks read beside its run: histories, datasets, replicates, files, and its rivals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.declared import COHORT
from pytest_mlflow_gate.gatefile.needs import matching
from pytest_mlflow_gate.tracking.filters import quoted
from pytest_mlflow_gate.tracking.meant import (
    Meant,
    by_candidate,
    by_version,
    mlflow_2_paths,
    models_of,
    same_model,
)
from pytest_mlflow_gate.tracking.rivals import find_arm, find_baseline, unread
from pytest_mlflow_gate.tracking.snapshot import Missing, ModelCard, Rival
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_mlflow_gate.gatefile.needs import Needs
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.tracking.histories import History
    from pytest_mlflow_gate.tracking.rivals import Registered
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import LoggedModel, Measurement, Run

_PAGE = 100
_PARENT = "mlflow.parentRunId"


def complete(  # noqa: PLR0913, PLR0917 - the gate, what is known, and whom to ask
    gate: Gate,
    snapshot: Snapshot,
    needs: Needs,
    store: Store,
    registered: Registered,
    history: History,
) -> Snapshot:
    """
    Return *snapshot* with all that the gate's checks read; what they do not read is not asked for.

    Args:
        gate: The gate.
        snapshot: The candidate.
        needs: What its checks read.
        store: Where to read.
        registered: Returns a registered model, None when there is none; raises `StoreError`.
        history: Returns all values of a run's metric; raises `StoreError`.

    Raises:
        StoreError: When MLflow cannot say something about the candidate itself; what it cannot say about the
            rivals is `Missing`.
    """
    run = snapshot.run
    asked = needs.datasets or needs.cards or needs.baseline
    meant = by_candidate(snapshot, gate.promotion, store) if asked else Meant()
    models: tuple[LoggedModel, ...] = ()
    if needs.datasets or (needs.cards and (run.model_ids or meant.model_id)):
        models = models_of(run, meant, store)
    snapshot = snapshot._replace(
        models=models,
        histories=_histories(run, (*needs.histories, *_doubtful(run, models, needs.datasets)), history),
        replicates=_replicates(gate, run, store) if needs.replicates else (),
        cards=_cards(run, meant, models, needs, store) if needs.cards else (),
    )
    if gate.baseline is None or not needs.baseline:
        return snapshot
    found = find_baseline(gate.baseline, gate.promotion, store, registered)
    return snapshot._replace(
        baseline=_compared(found, snapshot, meant, needs, store, history),
        arms={alias: find_arm(gate.baseline.model, alias, store, registered) for alias in needs.arms},
    )


def _compared(  # noqa: PLR0913, PLR0917 - as above
    rival: Rival | Missing,
    snapshot: Snapshot,
    meant: Meant,
    needs: Needs,
    store: Store,
    history: History,
) -> Rival | Missing:
    """Return the baseline with what is read of it; nothing is, where it is the candidate itself."""
    if isinstance(rival, Missing):
        return rival
    try:
        theirs = Meant()
        if needs.compared_datasets or rival.run.run_id == snapshot.run.run_id:
            theirs = by_version(rival.version, rival.run, store)
        if _is_candidate(rival, snapshot, meant, theirs, store):
            return rival._replace(is_candidate=True)
        models = models_of(rival.run, theirs, store) if needs.compared_datasets else ()
        names = (*needs.compared, *_doubtful(rival.run, models, needs.compared_datasets))
        return rival._replace(models=models, histories=_histories(rival.run, names, history))
    except StoreError as error:
        return unread(error)


def _is_candidate(rival: Rival, snapshot: Snapshot, ours: Meant, theirs: Meant, store: Store) -> bool:
    if rival.run.run_id != snapshot.run.run_id:
        return False
    own = snapshot.version
    if own is not None and (own.model, own.version) == (rival.version.model, rival.version.version):
        return True
    return same_model(snapshot.run, ours, theirs, store)


def _histories(run: Run, keys: Iterable[str], history: History) -> Mapping[str, tuple[Measurement, ...]]:
    names: dict[str, None] = {}
    for key in sorted(keys):
        names |= dict.fromkeys(matching(key, run.metrics).values() if COHORT in key else (key,))
    # What the run never logged has no history, and the checks say so without a request.
    return {name: history(run.run_id, name) for name in names if name in run.metrics}


def _doubtful(run: Run, models: Iterable[LoggedModel], keys: Iterable[str]) -> Iterator[str]:
    """Yield those of *keys* with a dataset value of 0.0: SQL stores keep that for NaN, the history tells."""
    zeros = {metric.key for model in models for metric in model.metrics if metric.value == 0}
    for key in keys:
        names = matching(key, zeros).values() if COHORT in key else zeros & {key}
        yield from (name for name in names if name in run.metrics)


def _replicates(gate: Gate, run: Run, store: Store) -> tuple[Run, ...]:
    """Return the runs that measured the same, whatever their status: the checks look at that."""
    chosen = gate.replicates.filter if gate.replicates else None
    found = store.search_runs(
        run.experiment_id,
        filter_string=chosen or f"tags.{_PARENT} = {quoted(run.run_id, store.description)}",
        order_by=("attributes.start_time ASC",),
        page_size=_PAGE,
    )
    # MLflow ignores what it does not understand in a search, so the parent is looked at again.
    return tuple(
        other for other in found if other.active and (chosen or other.tags.get(_PARENT) == run.run_id)
    )


def _cards(
    run: Run, meant: Meant, models: Iterable[LoggedModel], needs: Needs, store: Store
) -> tuple[ModelCard, ...]:
    if run.model_ids or meant.model_id:
        return tuple(
            ModelCard(model.name, store.model_file(model.model_id, "MLmodel"))
            for model in models
            if None in needs.cards or model.name in needs.cards
        )
    logged = mlflow_2_paths(run, meant)
    paths = logged
    if meant.name is None:
        # The tag may be absent; a path that the gate names can be looked at without it.
        paths = tuple(dict.fromkeys((*paths, *sorted(name for name in needs.cards if name))))
    cards = (
        ModelCard(path, store.run_file(run.run_id, f"{path}/MLmodel"))
        for path in paths
        if None in needs.cards or path in needs.cards
    )
    return tuple(card for card in cards if card.mlmodel is not None or card.name in logged)
