"""The bounded loop around every question to MLflow."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.tracking.retry import Transient, bounded
from pytest_mlflow_gate.tracking.store import Denied, Unreachable
from tests.wire import Clock


class Flaky:
    """A call that takes *seconds*, and fails so many times before it answers."""

    def __init__(
        self, clock: Clock, failures: int, *, seconds: float = 0.0, retry_after: float | None = None
    ) -> None:
        self.clock, self.failures = clock, failures
        self.seconds, self.retry_after = seconds, retry_after
        self.given: list[float] = []

    def __call__(self, remaining: float) -> str:
        """Fail or answer."""
        self.given.append(remaining)
        self.clock.now += self.seconds
        if len(self.given) <= self.failures:
            raise Transient(Unreachable("http://host:5000: connection refused"), self.retry_after)
        return "answer"


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
def test_a_few_failures_pass(failures: int) -> None:
    """Up to three retries are made, each after a longer pause than the one before."""
    clock = Clock()
    call = Flaky(clock, failures)
    assert bounded(call, repeatable=True, clock=clock, sleep=clock.sleep) == "answer"
    assert len(call.given) == failures + 1
    for pause, longest in zip(clock.slept, (0.5, 1.0, 2.0), strict=False):
        assert longest / 2 <= pause <= longest


def test_each_attempt_is_told_what_is_left() -> None:
    """All attempts and pauses together stay within the total of 30 seconds."""
    clock = Clock()
    call = Flaky(clock, 1, seconds=10.0)
    bounded(call, repeatable=True, clock=clock, sleep=clock.sleep)
    assert call.given == pytest.approx([30.0, 20.0 - clock.slept[0]])


@pytest.mark.parametrize(
    ("seconds", "retry_after", "attempts", "note"),
    [
        pytest.param(0.0, 0.0, 4, " (tried 4 times in 4 s)", id="three-retries-at-most"),
        pytest.param(0.0, 2.0, 4, " (tried 4 times in 6 s)", id="the-server's-pause-is-kept"),
        pytest.param(30.0, None, 1, "", id="the-first-attempt-took-all-the-time"),
        pytest.param(14.6, None, 2, " (tried 2 times in 30 s)", id="no-time-for-a-third"),
        pytest.param(
            0.0,
            120.0,
            1,
            " (it asks to wait 120 s, but a gate waits 30 s at most)",
            id="a-pause-that-does-not-fit-ends-it-at-once",
        ),
    ],
)
def test_it_gives_up(
    monkeypatch: pytest.MonkeyPatch, seconds: float, retry_after: float | None, attempts: int, note: str
) -> None:
    """When nothing helps, the error says how often it was tried, or why not again."""
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    clock = Clock()
    call = Flaky(clock, 99, seconds=seconds, retry_after=retry_after)
    with pytest.raises(Unreachable) as caught:
        bounded(call, repeatable=True, clock=clock, sleep=clock.sleep)
    assert str(caught.value) == f"http://host:5000: connection refused{note}"
    assert len(call.given) == attempts
    assert clock.now <= 30.0


def test_what_must_not_happen_twice_is_tried_once() -> None:
    """A request that is not repeatable is never sent again, and the error says what that leaves open."""
    clock = Clock()
    call = Flaky(clock, 1)
    with pytest.raises(Unreachable) as caught:
        bounded(call, repeatable=False, clock=clock, sleep=clock.sleep)
    assert str(caught.value) == (
        "http://host:5000: connection refused (not sent again: it may have taken effect)"
    )
    assert call.given == [30.0]


def test_other_errors_are_final() -> None:
    """Only `Transient` asks for another attempt."""
    attempts = []

    def denied(remaining: float) -> str:
        attempts.append(remaining)
        raise Denied("http://host:5000: 401 Unauthorized")

    with pytest.raises(Denied):
        bounded(denied, repeatable=True)
    assert len(attempts) == 1
