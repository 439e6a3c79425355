"""
One bounded loop for everything that talks to MLflow: a few attempts within a fixed time, then one clear line.

MLflow's own client retries for minutes and repeats writes; both are what a gate must not do.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from pytest_mlflow_gate.tracking.store import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

TOTAL_SECONDS = 30.0
"""Longest time for one question to MLflow, all attempts and the pauses between them included."""

RETRIES = 3
"""Most attempts after the first one."""

FIRST_PAUSE = 0.5
"""Seconds before the first retry; each later pause is twice as long. A random half of it is left out."""


class Transient(Exception):
    """
    This attempt failed in a way that may pass: raised by a call to ask `bounded` for another one.

    Attributes:
        error: What to raise when there is no other attempt.
        retry_after: Seconds that the server asked to wait, or None.
    """

    def __init__(self, error: Unreachable, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after


def bounded(
    call: Callable[[float], T],
    *,
    repeatable: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """
    Return what *call* returns, asking it again while it raises `Transient` and there is time.

    Args:
        call: One attempt. It is given the seconds that are left, and has to end within them.
        repeatable: False for what must not happen twice; there is one attempt then.
        clock: Seconds on a clock that never goes back.
        sleep: Waits for so many seconds.

    Raises:
        Unreachable: When the last attempt failed too, or the server asks for a longer pause than is left.
    """
    start = clock()
    pause = FIRST_PAUSE
    for attempt in range(1, RETRIES + 2):
        try:
            return call(start + TOTAL_SECONDS - clock())
        except Transient as transient:
            failed = transient
        if not repeatable:
            raise Unreachable(f"{failed.error} (not sent again: it may have taken effect)") from failed
        wait = pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        if failed.retry_after is not None:
            wait = max(wait, failed.retry_after)
        elapsed = clock() - start
        if attempt > RETRIES or elapsed + wait >= TOTAL_SECONDS:
            break
        sleep(wait)
        pause *= 2
    note = _gave_up(attempt, elapsed, failed.retry_after)
    raise Unreachable(f"{failed.error}{note}") from failed


def _gave_up(attempts: int, elapsed: float, retry_after: float | None) -> str:
    if retry_after is not None and elapsed + retry_after >= TOTAL_SECONDS:
        return f" (it asks to wait {retry_after:.0f} s, but a gate waits {TOTAL_SECONDS:.0f} s at most)"
    return f" (tried {attempts} times in {elapsed:.0f} s)" if attempts > 1 else ""
