"""A proxy in front of a real server that takes the same time for every answer, and counts its connections."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.forwarding import Forwarder, Forwarding

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from tests.wire import Arrived


class Pacing(Forwarding):
    """
    The proxy. What it was asked before it answers from memory, so that the server behind costs no time.

    Attributes:
        seconds: From the end of a request to its answer.
        most: The most connections that were open at the same time.
        began: When the first request came, on `time.monotonic`.
        ended: When the last answer left.
    """

    request_queue_size = 128  # or a connection that finds the queue full waits for a second

    def __init__(self, target: str, seconds: float) -> None:
        super().__init__(target, handler=_Paced)
        self.seconds = seconds
        self.most = 0
        self.began = self.ended = 0.0
        self.known: dict[tuple[str, str, bytes], requests.Response] = {}
        self.lock = threading.Lock()
        self.open = 0

    def counted(self, change: int) -> None:
        """Note that a connection came (1) or went (-1)."""
        with self.lock:
            self.open += change
            self.most = max(self.most, self.open)


class _Paced(Forwarder):
    server: Pacing

    def setup(self) -> None:
        super().setup()
        self.server.counted(1)

    def finish(self) -> None:
        self.server.counted(-1)
        super().finish()

    def forward(self) -> None:
        arrived = self.received()
        came = time.monotonic()
        self.server.began = self.server.began or came
        answer = self._known(arrived)
        time.sleep(max(0.0, came + self.server.seconds - time.monotonic()))
        self.answer(answer)
        self.server.ended = time.monotonic()

    def _known(self, arrived: Arrived) -> requests.Response:
        key = (arrived.method, arrived.target, arrived.body)
        if key not in self.server.known:
            self.server.known[key] = self.asked(arrived)
        return self.server.known[key]


@contextmanager
def pacing(target: str, seconds: float) -> Iterator[Pacing]:
    """Forward to *target* while the context lasts, with *seconds* for every answer."""
    proxy = Pacing(target, seconds)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
