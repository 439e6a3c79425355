"""Steps carried out one after the other: each is read back, and put back if a later one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.promotion.steps import MoveAlias
from pytest_mlflow_gate.tracking.store import StoreError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_mlflow_gate.promotion.steps import Step
    from pytest_mlflow_gate.tracking.store import Store


class MoveFailed(Exception):
    """
    A step failed.

    Attributes:
        text: Which, and why.
        left: A line for each step before it that could not be put back.
    """

    def __init__(self, text: str, left: tuple[str, ...]) -> None:
        super().__init__("; ".join((text, *left)))
        self.text = text
        self.left = left


def move(steps: Sequence[Step], store: Store) -> None:
    """
    Carry out every step, or none; in the end the aliases are looked at once more.

    Raises:
        MoveFailed: If a step failed, or an alias was moved by somebody else meanwhile; the steps before it
            were put back, and it names what was not.
    """
    done: list[Step] = []
    step = None
    silent: set[str] = set()
    try:
        for step in steps:
            step.require(store)
            done.append(step)
            _carry_out(step, store, silent)
        # Of two sessions that read the alias at the same moment both move it: who was overtaken sees it here.
        for step in steps:
            if isinstance(step, MoveAlias):
                _look(step, store)
    except BaseException as error:
        left = put_back(done, store, silent)
        if not isinstance(error, Refused | StoreError):
            raise
        raise MoveFailed(f"moving {step} failed: {error}", left) from error


def put_back(done: Sequence[Step], store: Store, silent: set[str] | None = None) -> tuple[str, ...]:
    """
    Undo *done* in reverse order.

    Args:
        done: What was carried out, or begun.
        store: Where.
        silent: Descriptions of stores that did not answer within their time any more: they are not asked
            again, because that takes as long for each step. More are added here.

    Returns:
        A line for each step that could not be undone.
    """
    silent = set() if silent is None else silent
    left = []
    for step in reversed(done):
        if store.description in silent:
            left.append(f"could not put back {step}: {store.description} does not answer any more")
            continue
        try:
            step.undo(store)
        except (Refused, StoreError) as error:
            left.append(f"could not put back {step}: {error}")
            if isinstance(error, Unreachable):
                silent.add(store.description)
    return tuple(left)


def _carry_out(step: Step, store: Store, silent: set[str]) -> None:
    try:
        step.write(store)
    except StoreError:
        # The answer may be lost and the change made: what the registry says now decides.
        try:
            differs = step.differs(store)
        except Unreachable:
            silent.add(store.description)
            raise
        if differs:
            # Where somebody else was faster, that is the better answer.
            step.require(store)
            raise
    else:
        if step.read_back:
            _look(step, store)


def _look(step: Step, store: Store) -> None:
    if text := step.differs(store):
        raise Refused(text)
