"""A real HTTP(S) server on the loopback that answers as a test tells it to, and remembers what arrived."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Reply:
    """
    One answer.

    Attributes:
        status: HTTP status code.
        body: As sent.
        headers: Beside Content-Length, which is the body's unless it is given here.
        raw: Sent in place of all the above, then the connection is closed.
        pause: Seconds before each byte of *raw*; 0 sends all of it at once.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    pause: float = 0.0


def reply_json(document: object, status: int = 200, **headers: str) -> Reply:
    """Return an answer as MLflow sends it."""
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/json", **headers})


def reply_error(status: int, error_code: str, message: str) -> Reply:
    """Return an error as MLflow sends it."""
    return reply_json({"error_code": error_code, "message": message}, status)


def reply_html(text: str, status: int = 200, **headers: str) -> Reply:
    """Return a web page."""
    return Reply(status, text.encode(), {"Content-Type": "text/html; charset=utf-8", **headers})


@dataclass(frozen=True)
class Arrived:
    """
    One request.

    Attributes:
        method: HTTP method.
        target: Path and query as they were on the wire.
        headers: Names in lower case to values.
        body: As received.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


class Wire(ThreadingHTTPServer):
    """
    The server.

    Attributes:
        url: Its address, without a slash at the end.
        arrived: Every request so far.
    """

    daemon_threads = True

    def __init__(self, replies: tuple[Reply, ...], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.arrived: list[Arrived] = []
        self.stopping = threading.Event()
        self.tls = tls
        self.port = self.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, so that a client which refuses does not stop others."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as secured:
            try:
                secured.do_handshake()
            except ssl.SSLError:
                # Closing at once would reset the connection, and the client might lose the alert.
                with suppress(OSError):
                    while socket.socket.recv(secured, 4096):
                        pass
            else:
                super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Wire

    def answer(self) -> None:
        """Note the request and send the next reply; the last one again when there is no next."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.arrived.append(Arrived(self.command, self.path, headers, body))
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.raw is not None:
            self._send_raw(reply.raw, reply.pause)
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = "Content-Length" in reply.headers

    def _send_raw(self, raw: bytes, pause: float) -> None:
        self.close_connection = True
        for part in [raw[index : index + 1] for index in range(len(raw))] if pause else [raw]:
            if self.server.stopping.wait(pause):
                return
            self.wfile.write(part)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Keep quiet."""

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = answer  # noqa: N815 - the names that http.server looks for


@contextmanager
def served(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """Answer with *replies* one after the other, the last one for ever, while the context lasts."""
    server = Wire(replies, tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """Return a port of 127.0.0.1 that refuses connections, and that nobody gets while this process lives."""
    kept = socket.socket()
    kept.bind(("127.0.0.1", 0))
    port: int = kept.getsockname()[1]
    # Bound and not listening; a port that is given back is soon somebody else's.
    kept.detach()
    return port


class Clock:
    """
    A clock that moves only when somebody sleeps.

    Attributes:
        now: Seconds.
        slept: Each sleep, in seconds.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.slept.append(seconds)
        self.now += seconds
