"""A few threads that share many pieces of work; what comes of it is seen in the thread that asked for it."""

from __future__ import annotations

import queue
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

T = TypeVar("T")
R = TypeVar("R")

_LISTENING_SECONDS = 0.2


def side_by_side(
    work: Callable[[T, Callable[[str], None], Callable[[float], None]], R],
    items: Collection[T],
    threads: int,
    *,
    hear: Callable[[str], None],
    done: Callable[[T, R], None],
) -> None:
    """
    Do *work* with each of *items*, with some of them at the same time.

    Args:
        work: Called in one of the threads with an item, a way to say a line, and a way to sleep for so many
            seconds, which ends early when nobody waits for the work any more.
        items: Begun in this order.
        threads: The most of them at the same time.
        hear: Is told the lines, in the calling thread.
        done: Is told what came of an item, in the calling thread, in the order in which they end.

    Raises:
        BaseException: The first that *work* raised, or what interrupted the calling thread. Nothing more is
            begun then, and what has begun is left to itself: it does not keep the process alive.
    """
    crew = _Crew(work, items)
    left = len(items)
    started = [
        threading.Thread(target=crew.share, name="mlflow-gate-candidate", daemon=True)
        for _ in range(min(threads, left))
    ]
    try:
        for thread in started:
            thread.start()
        while left:
            said = crew.listen()
            if isinstance(said, str):
                hear(said)
            elif isinstance(said, BaseException):
                raise said
            else:
                done(*said)
                left -= 1
    finally:
        crew.over.set()
    for thread in started:
        thread.join()


class _Over(Exception):
    """Nobody waits for this work any more."""


class _Crew(Generic[T, R]):
    """
    What the threads have in common.

    Attributes:
        over: Set when nobody waits for their work any more.
    """

    def __init__(
        self,
        work: Callable[[T, Callable[[str], None], Callable[[float], None]], R],
        items: Collection[T],
    ) -> None:
        self.over = threading.Event()
        self._work = work
        self._waiting = deque(items)
        self._said: queue.SimpleQueue[str | tuple[T, R] | BaseException] = queue.SimpleQueue()

    def share(self) -> None:
        """Work, in one of the threads, until there is nothing left."""
        # Taking an item is one step for all threads; asking before whether there is one would be two.
        with suppress(IndexError):
            while not self.over.is_set():
                self._do(self._waiting.popleft())

    def listen(self) -> str | tuple[T, R] | BaseException:
        """Return the next line, the next item with what came of it, or what was raised in place of that."""
        while True:
            # Windows keeps Ctrl-C from a thread for as long as it waits.
            with suppress(queue.Empty):
                return self._said.get(timeout=_LISTENING_SECONDS)

    def _do(self, item: T) -> None:
        try:
            self._said.put((item, self._work(item, self._said.put, self._sleep)))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that listens
            self._said.put(error)

    def _sleep(self, seconds: float) -> None:
        if self.over.wait(seconds):
            raise _Over
