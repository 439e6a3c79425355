"""Histories: one request for a metric, however many ask."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.histories import Histories
from pytest_mlflow_gate.tracking.store import Unreachable
from pytest_mlflow_gate.tracking.values import Measurement
from tests.fakes import FakeStore

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = (Measurement(0.5, 0, 1), Measurement(0.7, 1, 2))


class Slow(FakeStore):
    """Answers when it is told to, and counts the questions."""

    def __init__(self, answer: Callable[[], tuple[Measurement, ...]]) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    def metric_history(self, run_id: str, metric: str) -> tuple[Measurement, ...]:
        self.asked.append((run_id, metric))
        return self.answer()


def test_threads_that_ask_for_the_same_share_one_request() -> None:
    """While the answer is under way nobody asks again, and who asks for another metric does not wait."""
    may_answer, other_answered = threading.Event(), threading.Event()

    def answer() -> tuple[Measurement, ...]:
        if store.asked[-1] == ("r1", "loss"):
            assert may_answer.wait(10)
        return POINTS

    store = Slow(answer)
    histories = Histories(store)
    found: list[tuple[Measurement, ...]] = []
    threads = [threading.Thread(target=lambda: found.append(histories.get("r1", "loss"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not store.asked:
        pass

    def ask_another() -> None:
        histories.get("r2", "loss")
        other_answered.set()

    other = threading.Thread(target=ask_another)
    other.start()
    assert other_answered.wait(10)
    may_answer.set()
    for thread in (*threads, other):
        thread.join(10)
    assert found == [POINTS] * 4
    assert store.asked == [("r1", "loss"), ("r2", "loss")]


def test_an_error_is_not_remembered() -> None:
    """A server that did not answer one gate may answer the next."""
    answers = iter((Unreachable("http://m: down"), POINTS))

    def answer() -> tuple[Measurement, ...]:
        match next(answers):
            case Unreachable() as error:
                raise error
            case points:
                return points

    histories = Histories(Slow(answer))
    with pytest.raises(Unreachable):
        histories.get("r1", "loss")
    assert histories.get("r1", "loss") == POINTS
