"""Steps carried out one after the other: each is read back, and put back if a later one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.promotion.steps import MoveAlias
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_mlflow_gate.promotion.steps import Step
    from pytest_mlflow_gate.tracking.store import Store


class MoveFailed(Exception):
    """A step failed; the text says which, why, and what could not be put back."""


def move(steps: Sequence[Step], store: Store) -> None:
    """
    Carry out every step, or none; in the end the aliases are looked at once more.

    Raises:
        MoveFailed: If a step failed, or an alias was moved by somebody else meanwhile; the steps before it
            were put back, and the text names what was not.
    """
    done: list[Step] = []
    step = None
    try:
        for step in steps:
            step.require(store)
            done.append(step)
            _carry_out(step, store)
        # Of two sessions that read the alias at the same moment both move it: who was overtaken sees it here.
        for step in steps:
            if isinstance(step, MoveAlias):
                _look(step, store)
    except BaseException as error:
        left = put_back(done, store)
        if not isinstance(error, Refused | StoreError):
            raise
        raise MoveFailed("; ".join((f"moving {step} failed: {error}", *left))) from error


def put_back(done: Sequence[Step], store: Store) -> tuple[str, ...]:
    """Undo *done* in reverse order; return a line for each step that could not be undone."""
    left = []
    for step in reversed(done):
        try:
            step.undo(store)
        except (Refused, StoreError) as error:
            left.append(f"could not put back {step}: {error}")
    return tuple(left)


def _carry_out(step: Step, store: Store) -> None:
    try:
        step.write(store)
    except StoreError:
        # The answer may be lost and the change made: what the registry says now decides.
        if step.differs(store):
            # Where somebody else was faster, that is the better answer.
            step.require(store)
            raise
    else:
        if step.read_back:
            _look(step, store)


def _look(step: Step, store: Store) -> None:
    if text := step.differs(store):
        raise Refused(text)
