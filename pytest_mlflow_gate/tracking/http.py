"""
HTTP to one MLflow server: each request ends within its time, and each failure is one clear line.

Imported only by what talks: `requests` costs more than the rest of a gate.
"""

from __future__ import annotations

import queue
import socket
import sys
import threading
import time
import warnings
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pytest_mlflow_gate.tracking.answers import Answer, Reader, is_file
from pytest_mlflow_gate.tracking.failures import CONNECT_SECONDS, explain
from pytest_mlflow_gate.tracking.retry import Transient, bounded
from pytest_mlflow_gate.tracking.small_files import LONGEST
from pytest_mlflow_gate.tracking.store import NotFound, NotMlflow, Rejected, StoreError, Unreachable
from pytest_mlflow_gate.tracking.uri import Secrets, basic_value, mask

with warnings.catch_warnings():
    # As in `failures`.
    warnings.simplefilter("ignore")
    import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from pytest_mlflow_gate.tracking.credentials import Connection

    Read: TypeAlias = Callable[[Answer, str, str | None], "T"]
    Content: TypeAlias = Mapping[str, object] | bytes

T = TypeVar("T")

_SERVER_INFO = "/api/3.0/mlflow/server-info"
_WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE"


class _Authorization(requests.auth.AuthBase):
    """Our own header, and nothing else: without an auth object, requests lets ~/.netrc replace the header."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.value
        return request


class Transport:
    """
    One http(s) server, for any number of threads: each that asks has a connection of its own.

    Credentials in the URI win over those of *connection*, as they do for MLflow's client; without either,
    ``~/.netrc`` is asked. Proxies and ``REQUESTS_CA_BUNDLE`` are those of the process's environment.

    Attributes:
        description: The URI, masked.
        base: The URI without credentials and without a slash at its end.
    """

    def __init__(
        self,
        uri: str,
        connection: Connection,
        secrets: Secrets,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = _split(uri)
        host = parts.netloc.rpartition("@")[2]
        self.description = mask(uri)
        self.base = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        self._connection = connection
        self._authorization = _authorization(parts, connection)
        if self._authorization is None and (netrc := requests.utils.get_netrc_auth(self.base)):
            value = basic_value(*netrc)
            self._authorization = _Authorization(f"Basic {value}")
            secrets = secrets.and_also(netrc[1], value)
        self._reader = Reader(self.description, self.base, secrets)
        self._clock, self._sleep = clock, sleep
        # A session for each thread: its cookies must not change while another thread sends them.
        self._idle: list[requests.Session] = []
        self._entering = threading.Lock()
        self._unverified: AbstractContextManager[None] = nullcontext()
        if connection.verify is False:
            from pytest_mlflow_gate.tracking.unverified import UNVERIFIED  # noqa: PLC0415 - hardly ever needed

            self._unverified = UNVERIFIED
        self._has_workspaces: bool | None = None

    def ask(
        self, method: str, path: str, fields: Mapping[str, object], *, repeatable: bool = True
    ) -> dict[str, Any]:
        """
        Send *fields* and return MLflow's JSON answer.

        Args:
            method: HTTP method; the fields of a GET travel in the query, all others' as JSON.
            path: Below the server's address, with the API's prefix.
            fields: Names and values as MLflow's REST API defines them.
            repeatable: Whether it may be sent again when nobody knows whether it took effect.

        Raises:
            StoreError: Whatever else happened, in one line that begins with the masked URI.
        """
        return self._ask_in_workspace(method, path, fields, self._reader.read, repeatable=repeatable)

    def file(self, path: str, fields: Mapping[str, object]) -> bytes:
        """
        Return the file that MLflow sends for a GET; of one longer than `LONGEST` enough of it to tell.

        Args:
            path: As in `ask`.
            fields: As in `ask`.

        Raises:
            StoreError: As in `ask`, and for every answer that is not marked as a file.
        """
        return self._ask_in_workspace("GET", path, fields, self._reader.read_file, repeatable=True)

    def send(self, path: str, content: bytes) -> None:
        """
        PUT a file; sent again where nobody knows whether it arrived.

        Args:
            path: As in `ask`.
            content: All of the file.

        Raises:
            StoreError: As in `ask`.
        """
        self._ask_in_workspace("PUT", path, content, self._reader.read_receipt, repeatable=True)

    def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _ask_in_workspace(
        self, method: str, path: str, fields: Content, read: Read[T], *, repeatable: bool
    ) -> T:
        if workspace := self._connection.workspace:
            self._enter_workspace(workspace)
        return self._ask(method, path, fields, read, repeatable=repeatable)

    def _enter_workspace(self, workspace: str) -> None:
        with self._entering:
            if self._has_workspaces is None:
                self._has_workspaces = self._knows_workspaces()
        if not self._has_workspaces:
            # MLflow 2 would ignore the header, and answer from the only namespace that it has.
            raise Rejected(
                f"{self.description}: MLFLOW_WORKSPACE is {workspace!r}, but this server has no workspaces: "
                "unset it, or start the server with --enable-workspaces"
            )

    def _knows_workspaces(self) -> bool:
        try:
            info = self._ask("GET", _SERVER_INFO, {}, self._reader.read, repeatable=True)
        except (NotFound, NotMlflow, Rejected):
            return False
        return info.get("workspaces_enabled") is True

    def _ask(self, method: str, path: str, fields: Content, read: Read[T], *, repeatable: bool) -> T:
        return bounded(
            lambda remaining: self._attempt(method, path, fields, read, remaining),
            repeatable=repeatable,
            clock=self._clock,
            sleep=self._sleep,
        )

    def _attempt(self, method: str, path: str, fields: Content, read: Read[T], remaining: float) -> T:
        # No socket timeout ends an answer that arrives byte by byte, nor a slow look-up of a host name. So
        # the exchange has a thread of its own, which is left to itself when the time is over.
        box: queue.SimpleQueue[tuple[Answer, str | None] | Exception] = queue.SimpleQueue()

        def exchange() -> None:
            try:
                box.put(self._exchange(method, path, fields, remaining))
            except Exception as error:  # noqa: BLE001 - raised again below, in the thread that asked
                box.put(error)

        with self._unverified:
            threading.Thread(target=exchange, name="mlflow-gate-request", daemon=True).start()
            try:
                outcome = box.get(timeout=max(0.0, remaining))
            except queue.Empty:
                late = Unreachable(f"{self.description}: no complete answer within {remaining:.0f} s")
                raise Transient(late) from None
        if isinstance(outcome, Exception):
            raise explain(outcome, self._reader, remaining) from None
        answer, sent = outcome
        return read(answer, path, sent)

    def _exchange(
        self, method: str, path: str, fields: Content, remaining: float
    ) -> tuple[Answer, str | None]:
        try:
            session = self._idle.pop()
        except IndexError:
            session = requests.Session()
        try:
            response = session.request(
                method,
                f"{self.base}{path}",
                params=fields if method == "GET" else None,  # type: ignore[arg-type]
                data=fields if isinstance(fields, bytes) else None,
                json=None if method == "GET" or isinstance(fields, bytes) else fields,
                headers=self._headers(),
                auth=self._authorization,
                timeout=(min(CONNECT_SECONDS, remaining), remaining),
                allow_redirects=False,
                stream=True,
                verify=self._connection.verify,
                cert=self._connection.client_cert,
            )
            _acknowledge(response)
            # By default, urllib3 1 takes an answer that was cut for a whole one.
            response.raw.enforce_content_length = True
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = _beginning(response) if is_file(headers) else response.content
            return Answer(response.status_code, headers, body), _sent(response.request.headers)
        finally:
            self._idle.append(session)

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": "pytest-mlflow-gate", "Accept": "application/json"}
        if self._has_workspaces and self._connection.workspace:
            headers[_WORKSPACE_HEADER] = self._connection.workspace
        return headers


def _split(uri: str) -> SplitResult:
    shown = mask(uri)
    try:
        parts = urlsplit(uri)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise StoreError(f"{shown}: not a usable tracking URI, write http://HOST:PORT or https://HOST")
    if parts.query or parts.fragment:
        raise StoreError(f"{shown}: a tracking URI has no '?' and no '#': leave away what follows")
    return parts


def _authorization(parts: SplitResult, connection: Connection) -> _Authorization | None:
    if parts.username or parts.password:
        value = basic_value(unquote(parts.username or ""), unquote(parts.password or ""))
        return _Authorization(f"Basic {value}")
    if connection.username and connection.password:
        return _Authorization(f"Basic {basic_value(connection.username, connection.password)}")
    return _Authorization(f"Bearer {connection.token}") if connection.token else None


def _acknowledge(response: requests.Response) -> None:
    """
    Have the system tell the server at once that the head has arrived.

    A server that sends head and body apart, as MLflow's does with more than one worker, holds the body back
    until then (Nagle's algorithm, RFC 896), and Linux would take 40 ms on a connection that was used before.
    """
    connection = getattr(response.raw.connection, "sock", None)
    if connection is not None and sys.platform == "linux":
        # Only the time would be lost.
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _beginning(response: requests.Response) -> bytes:
    body = b""
    with response:
        for piece in response.iter_content(LONGEST + 1):
            body += piece
            if len(body) > LONGEST:
                break
    return body


def _sent(headers: Mapping[str, str]) -> str | None:
    scheme = headers.get("Authorization", "").partition(" ")[0]
    return {"Basic": "user and password were", "Bearer": "a token was"}.get(scheme)
