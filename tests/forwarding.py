"""A proxy in front of a real server that counts what passes, and can change the Host header."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import requests

from tests.wire import Arrived

if TYPE_CHECKING:
    from collections.abc import Iterator


class Forwarding(ThreadingHTTPServer):
    """
    The proxy.

    Attributes:
        url: Its address, to be used in place of the server's.
        passed: Method and path of each request, without its query.
    """

    daemon_threads = True

    def __init__(
        self, target: str, host: str | None = None, *, handler: type[Forwarder] | None = None, port: int = 0
    ) -> None:
        super().__init__(("127.0.0.1", port), handler or Forwarder)
        self.target = target
        self.host = host
        self.passed: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Take requests from now on, in threads of its own."""
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True, name=self.url
        )
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away."""


class Forwarder(BaseHTTPRequestHandler):
    """Everything that comes over one connection."""

    protocol_version = "HTTP/1.1"
    server: Forwarding
    disable_nagle_algorithm = True  # or an answer waits 40 ms for the acknowledgement of its own head

    def setup(self) -> None:
        """Keep one connection to the server behind for as long as the client keeps its own."""
        super().setup()
        self.behind = requests.Session()
        self.behind.trust_env = False

    def finish(self) -> None:
        """Give it back."""
        self.behind.close()
        super().finish()

    def forward(self) -> None:
        """Ask the server behind, and answer what it answered."""
        self.answer(self.asked(self.received()))

    def received(self) -> Arrived:
        """Return the request."""
        self.server.passed.append(f"{self.command} {self.path.partition('?')[0]}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return Arrived(
            self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body
        )

    def asked(self, arrived: Arrived) -> requests.Response:
        """Return what the server behind answers."""
        headers = {"Content-Type": arrived.headers.get("content-type", "")}
        if self.server.host:
            headers["Host"] = self.server.host
        url = f"{self.server.target}{arrived.target}"
        return self.behind.request(arrived.method, url, data=arrived.body, headers=headers, timeout=60)

    def answer(self, answer: requests.Response, *, last: bool = False) -> None:
        """Send what the server behind answered, as the *last* answer of this connection or not."""
        self.send_response(answer.status_code)
        if last:
            self.send_header("Connection", "close")
        if kind := answer.headers.get("Content-Type"):
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Keep quiet."""

    def do_GET(self) -> None:
        """Forward it."""
        self.forward()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for


@contextmanager
def forwarding(target: str, *, host: str | None = None) -> Iterator[Forwarding]:
    """Forward to *target* while the context lasts, with *host* as the Host header when it is given."""
    proxy = Forwarding(target, host)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
