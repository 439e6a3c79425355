"""A proxy in front of a real server that spoils the requests it is told to, or lets a test kill the client."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tests.forwarding import Forwarder, Forwarding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from tests.wire import Arrived

Moment = Literal["before", "after"]
"""Before a request is forwarded, or when it took effect and its answer is not sent yet."""

LATE_SECONDS = 1.0
"""How long a late answer takes."""

_RESET = struct.pack("ii", 1, 0)
"""The SO_LINGER that turns a close into a reset."""


def is_write(arrived: Arrived) -> bool:
    """Return whether a request of MLflow's API changes anything."""
    return arrived.method != "GET" and not arrived.target.endswith("/search")


@dataclass(frozen=True)
class Fault:
    """
    What happens to one request; the connection ends with it.

    Attributes:
        answer: What the client gets.
        spoil: What it gets in place of the server's answer, where the server was asked.
        forwarded: Whether the server gets the request, so that a write takes effect.
        connected: Whether there is a connection at all.
        reset: Whether the connection ends with a reset.
        pause: Seconds before the answer.
    """

    answer: bytes = b""
    spoil: Callable[[requests.Response], bytes] | None = None
    forwarded: bool = True
    connected: bool = True
    reset: bool = False
    pause: float = 0.0


def _raw(status: str, kind: str, body: bytes, *, length: int | None = None, more: str = "") -> bytes:
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n{more}\r\n"
    return head.encode() + body


def _json(real: requests.Response, body: bytes, length: int) -> bytes:
    return _raw(f"{real.status_code} {real.reason}", "application/json", body, length=length)


def _half(real: requests.Response) -> bytes:
    return real.content[: len(real.content) // 2]


_BROKEN = b'{"error_code": "INTERNAL_ERROR", "message": "database is locked"}'
_PAGE = b"<html><head><title>Oops</title></head><body><h1>Bad Gateway</h1></body></html>"

FAULTS: dict[str, Fault] = {
    "refused": Fault(forwarded=False, connected=False, reset=True),
    "dropped": Fault(forwarded=False),
    "lost-answer": Fault(),
    "reset-in-answer": Fault(spoil=lambda real: _json(real, _half(real), len(real.content)), reset=True),
    "429": Fault(
        _raw("429 Too Many Requests", "text/plain", b"slow down", more="Retry-After: 1\r\n"), forwarded=False
    ),
    "500": Fault(_raw("500 Internal Server Error", "application/json", _BROKEN), forwarded=False),
    "503": Fault(_raw("503 Service Unavailable", "text/plain", b"no upstream"), forwarded=False),
    "503-after-effect": Fault(_raw("503 Service Unavailable", "text/plain", b"upstream was reset")),
    "502-page": Fault(_raw("502 Bad Gateway", "text/html; charset=utf-8", _PAGE)),
    "cut-json": Fault(spoil=lambda real: _json(real, _half(real), len(_half(real)))),
    "late": Fault(spoil=lambda real: _json(real, real.content, len(real.content)), pause=LATE_SECONDS),
    "too-long": Fault(spoil=lambda real: _json(real, real.content, len(real.content) + 20)),
}
"""By name; a request that is refused once gets its connection reset, one that is refused for good gets none."""


class FaultProxy:
    """
    The proxy.

    Attributes:
        target: The server behind it.
        url: Its address, to be used in place of the server's; it stays the same while nobody listens there.
        arrived: Every request that was read since the last `spoil` or `heal`.
        interrupt: Asked at both moments of each request; True ends the connection there and then.
        stopping: Set when the proxy ends.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        # Bound and silent: keeps the port while the listener is away.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self._port: int = self._reserved.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.interrupt: Callable[[Arrived, Moment], bool] = lambda _arrived, _moment: False
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._listener: _Listener | None = None
        self.heal()

    def heal(self) -> None:
        """Spoil nothing from now on."""
        self._begin(None, range(0))

    def spoil(self, fault: Fault, number: int, *, for_good: bool = False) -> None:
        """Spoil the request with this *number*, counted from 1 and from now, and maybe all that follow it."""
        self._begin(fault, range(number, sys.maxsize if for_good else number + 1))

    def close(self) -> None:
        """End."""
        self.stopping.set()
        self._hang_up()
        self._reserved.close()

    def _begin(self, fault: Fault | None, numbers: range) -> None:
        with self._lock:
            self._fault, self._numbers, self._next = fault, numbers, 1
            self.arrived: list[Arrived] = []
        if self._listener is None:
            self._listener = _Listener(self, self._port)
            self._listener.start()
        self.before_answer()

    def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    # For its connections

    def take(self, arrived: Arrived | None) -> Fault | None:
        """Count a request, None when it was not read, and return what is to happen to it."""
        with self._lock:
            fault = self._fault if self._next in self._numbers else None
            self._next += 1
            if arrived is not None:
                self.arrived.append(arrived)
        return fault

    def refuses_next(self) -> bool:
        """Return whether the next request will find no connection."""
        with self._lock:
            return self._fault is not None and not self._fault.connected and self._next in self._numbers

    def before_answer(self) -> bool:
        """Return whether an answer is the last one of its connection; maybe nobody listens any more then."""
        last = self.refuses_next()
        if last and len(self._numbers) > 1:
            self._hang_up()
        return last


class _Listener(Forwarding):
    def __init__(self, proxy: FaultProxy, port: int) -> None:
        self.proxy = proxy
        super().__init__(proxy.target, handler=_Connection, port=port)

    def server_bind(self) -> None:
        """Share the port with the socket that reserves it."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - as socketserver has it
        """Reset a connection at once whose request is to be refused."""
        if not self.proxy.refuses_next():
            return True
        self.proxy.take(None)
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        return False

    def shutdown_request(self, request: Any) -> None:
        """Close without the good-bye that would come before a reset."""
        self.close_request(request)


class _Connection(Forwarder):
    server: _Listener

    def forward(self) -> None:
        """Ask the server behind, unless something happens to this request."""
        proxy, arrived = self.server.proxy, self.received()
        fault = proxy.take(arrived)
        self.close_connection = True
        if proxy.interrupt(arrived, "before"):
            return
        if fault is not None and not fault.forwarded:
            self._send(fault, fault.answer)
            return
        real = self.asked(arrived)
        if proxy.interrupt(arrived, "after"):
            return
        if fault is not None:
            self._send(fault, fault.spoil(real) if fault.spoil else fault.answer)
            return
        self.close_connection = False
        self.answer(real, last=proxy.before_answer())

    def _send(self, fault: Fault, answer: bytes) -> None:
        self.server.proxy.stopping.wait(fault.pause)
        self.wfile.write(answer)
        if fault.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


@contextmanager
def faulty(target: str) -> Iterator[FaultProxy]:
    """Stand in front of *target* while the context lasts."""
    proxy = FaultProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
