"""Where a model is and where it came from: all that a roll back needs to know, or why there can be none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.promotion.history import finished, history_of, lineage
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.promotion.steps import name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from pytest_mlflow_gate.promotion.record import Entry
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion, RegisteredModel


class Standing(NamedTuple):
    """
    What a roll back starts from.

    Attributes:
        gate: The gate.
        promotion: The same as the gate's.
        model: The registered model whose alias and stage go back.
        versions: Its versions, by number.
        promoted: The promotion that is undone.
        back_to: The version that it took over from.
        own: What an earlier attempt at the same roll back wrote before it was killed, or None.
    """

    gate: Gate
    promotion: Promotion
    model: RegisteredModel
    versions: Mapping[str, ModelVersion]
    promoted: Entry
    back_to: ModelVersion
    own: Entry | None


def standing_of(gate: Gate, promotion: Promotion, store: Store) -> Standing:
    """
    Read registry and record; writes nothing.

    Raises:
        Refused: If the record does not say where to go back to, or somebody moved the alias meanwhile.
        StoreError: If MLflow cannot say.
    """
    if not promotion.destination:
        raise Refused("promote has neither alias nor stage, so there is nothing to move back")
    model = store.registered_model(promotion.target_model)
    if model is None:
        raise Refused(f"there is no registered model {promotion.target_model}")
    versions = {version.version: version for version in store.model_versions(model.name)}
    history = history_of(versions.values())
    if history.unreadable:
        first, *more = history.unreadable
        others = f" (and {len(more)} more)" if more else ""
        raise Refused(f"{first}{others}: the record cannot be trusted, remove what is no record first")
    entries = [entry for entry in history.entries if _about(entry, promotion)]
    done = [entry for entry in entries if finished(entry)]
    place = _place(promotion)
    if not done:
        raise Refused(
            f"no promotion to {place} of {model.name} is on record, so nobody knows what was there before: "
            "move it by hand"
        )
    last, line = done[-1], lineage(done)
    promoted = line[-1] if line and line[-1].version == last.version else None
    own = _own(entries[-1], promoted, promotion)
    _require_finished([entry for entry in entries if entry.key > last.key and entry != own])
    _require_unmoved(promotion, model, versions, last, own)
    if promoted is None:
        raise Refused(
            f"the record does not say what was at {place} before version {last.version}: move it by hand"
        )
    return Standing(gate, promotion, model, versions, promoted, _back_to(promotion, versions, promoted), own)


def _about(entry: Entry, promotion: Promotion) -> bool:
    if promotion.alias:
        return entry.alias == promotion.alias
    return entry.stage == promotion.stage


def _place(promotion: Promotion) -> str:
    """Return what decides where the model is: the alias, or the stage of a gate that has no alias."""
    return f"@{promotion.alias}" if promotion.alias else f"stage {promotion.stage}"


def _own(newest: Entry, promoted: Entry | None, promotion: Promotion) -> Entry | None:
    """Return *newest* if it is this very roll back, killed before it came to its end."""
    if promoted is None or newest.verdict != "rolling back":
        return None
    goal = promotion.target_model, promotion.alias, promotion.stage
    same = (newest.version, newest.previous_version) == (promoted.previous_version, promoted.version)
    return newest if same and newest.target == goal else None


def _require_finished(begun: Sequence[Entry]) -> None:
    for entry in begun:
        what, again = "roll back", ""
        if entry.verdict == "promoting":
            what, again = "promotion", "run the gate again, or "
        raise Refused(
            f"a {what} to version {entry.version} began at {entry.time} and did not come to its end: "
            f"unless it is still running, {again}remove tag {entry.key} of version {entry.version}"
        )


def _require_unmoved(
    promotion: Promotion,
    model: RegisteredModel,
    versions: Mapping[str, ModelVersion],
    last: Entry,
    own: Entry | None,
) -> None:
    if promotion.alias:
        here = [version] if (version := model.aliases.get(promotion.alias)) else []
        says = f"@{promotion.alias} of {model.name} points to"
        moved = own is not None and here == [own.version]
    else:
        here = [version.version for version in versions.values() if version.stage == promotion.stage]
        says = f"in stage {promotion.stage} of {model.name} is"
        # Stores that are no databases archive the others in a write of its own.
        moved = own is not None and set(here) <= {own.version, own.previous_version}
    if here != [last.version] and not moved:
        names = " and ".join(name(version) for version in here) or name(None)
        raise Refused(
            f"{says} {names}, and the record ends with version {last.version}: "
            "it was moved meanwhile, put it where it belongs by hand"
        )


def _back_to(promotion: Promotion, versions: Mapping[str, ModelVersion], promoted: Entry) -> ModelVersion:
    before, model, place = promoted.previous_version, promotion.target_model, _place(promotion)
    if before is None:
        call = f"transition_model_version_stage({model!r}, {promoted.version!r}, 'Archived')"
        if promotion.alias:
            call = f"delete_registered_model_alias({model!r}, {promotion.alias!r})"
        raise Refused(
            f"version {promoted.version} was the first at {place} of {model}, so there is none before it; "
            f"to take it away, use the MLflow UI or MlflowClient().{call}"
        )
    version = versions.get(before)
    if version is None:
        raise Refused(
            f"version {before}, which was at {place} of {model} before version {promoted.version}, "
            "does not exist any more: move it by hand"
        )
    if not version.ready:
        raise Refused(f"version {before} of {model} is not READY, look at it in the registry")
    return version
