"""A proxy in front of a real server that counts what passes, and can change the Host header."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import requests

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

    def __init__(self, target: str, host: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.host = host
        self.passed: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Forwarding

    def forward(self) -> None:
        """Ask the server behind, and answer what it answered."""
        self.server.passed.append(f"{self.command} {self.path.partition('?')[0]}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {"Content-Type": self.headers.get("Content-Type", "")}
        if self.server.host:
            headers["Host"] = self.server.host
        url = f"{self.server.target}{self.path}"
        answer = requests.request(self.command, url, data=body, headers=headers, timeout=60)
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Keep quiet."""

    do_GET = do_POST = do_DELETE = forward  # noqa: N815 - the names that http.server looks for


@contextmanager
def forwarding(target: str, *, host: str | None = None) -> Iterator[Forwarding]:
    """Forward to *target* while the context lasts, with *host* as the Host header when it is given."""
    proxy = Forwarding(target, host)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
