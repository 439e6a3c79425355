"""
The registry changes of a session: each step is written, read back, and put back if a later one fails.

MLflow has no compare-and-set, so an alias is read in the request before it is moved; the window in which
another writer can come between is that one request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.plan import Plan, SetAlias, SetStage, SetTag, Step
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.tracking.store import Store


class MoveFailed(Exception):
    """A step failed; the text says which, why, and what could not be put back."""


def move(plan: Plan, store: Store) -> None:
    """
    Carry out every step of *plan*, or none.

    Raises:
        MoveFailed: If a step failed; the steps before it were put back, and the text names what was not.
    """
    done: list[Step] = []
    try:
        for step in plan.steps:
            _expect(step, store)
            done.append(step)
            _carry_out(step, store)
    except BaseException as error:
        left = put_back(done, store)
        if not isinstance(error, Refused | StoreError):
            raise
        raise MoveFailed("; ".join((f"moving {step} failed: {error}", *left))) from error


def put_back(done: tuple[Step, ...] | list[Step], store: Store) -> tuple[str, ...]:
    """Undo *done* in reverse order; return a line for each step that could not be undone."""
    left = []
    for step in reversed(done):
        try:
            _undo(step, store)
        except (Refused, StoreError) as error:
            left.append(f"could not put back {step}: {error}")
    return tuple(left)


def _expect(step: Step, store: Store) -> None:
    """Look once more whether the alias is where the plan found it."""
    if isinstance(step, SetAlias):
        now = _alias(step, store)
        if now != step.before:
            raise Refused(
                f"it points to {_version(now)} and not to {_version(step.before)} any more: "
                "somebody else moved it, run the gate again"
            )


def _carry_out(step: Step, store: Store) -> None:
    try:
        _write(step, store)
    except StoreError:
        # The answer may be lost and the change made: what the registry says now decides.
        if not _holds(step, store):
            raise
    else:
        if not _holds(step, store):
            raise Refused("the registry took the change and then showed another state")


def _write(step: Step, store: Store) -> None:
    match step:
        case SetAlias():
            store.set_alias(step.model, step.alias, step.version)
        case SetStage():
            store.set_stage(step.model, step.version, step.stage, archive_existing=True)
        case SetTag():
            store.set_version_tag(step.model, step.version, step.key, step.value)


def _holds(step: Step, store: Store) -> bool:
    match step:
        case SetAlias():
            return _alias(step, store) == step.version
        case SetStage():
            return _stage(step, step.version, store) == step.stage and all(
                _stage(step, other, store) != step.stage for other in step.displaced
            )
        case SetTag():
            return _tag(step, store) == step.value


def _undo(step: Step, store: Store) -> None:
    match step:
        case SetAlias():
            _undo_alias(step, store)
        case SetStage():
            for version, stage in _stages_before(step):
                if _stage(step, version, store) != stage:
                    store.set_stage(step.model, version, stage, archive_existing=False)
        case SetTag():
            _undo_tag(step, store)


def _undo_alias(step: SetAlias, store: Store) -> None:
    now = _alias(step, store)
    if now == step.before:
        return
    if now != step.version:
        raise Refused(f"it points to {_version(now)} now, which this session did not set")
    if step.before is None:
        store.delete_alias(step.model, step.alias)
    else:
        store.set_alias(step.model, step.alias, step.before)


def _undo_tag(step: SetTag, store: Store) -> None:
    if _tag(step, store) == step.before:
        return
    if step.before is None:
        store.delete_version_tag(step.model, step.version, step.key)
    else:
        store.set_version_tag(step.model, step.version, step.key, step.before)


def _stages_before(step: SetStage) -> Iterator[tuple[str, str]]:
    yield step.version, step.before
    yield from ((version, step.stage) for version in step.displaced)


def _alias(step: SetAlias, store: Store) -> str | None:
    model = store.registered_model(step.model)
    return model.aliases.get(step.alias) if model else None


def _stage(step: SetStage, version: str, store: Store) -> str | None:
    found = store.model_version(step.model, version)
    return found.stage if found else None


def _tag(step: SetTag, store: Store) -> str | None:
    found = store.model_version(step.model, step.version)
    return found.tags.get(step.key) if found else None


def _version(version: str | None) -> str:
    return f"version {version}" if version else "no version"
