"""Why there was no HTTP answer: the one cause inside the nested exceptions of requests, urllib3 and ssl."""

from __future__ import annotations

import socket
import ssl
import warnings
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING, TypeVar

from pytest_mlflow_gate.tracking.retry import Transient
from pytest_mlflow_gate.tracking.store import NotMlflow, StoreError, Unreachable

with warnings.catch_warnings():
    # requests warns on import about versions of its own dependencies, which under -W error ends the session.
    warnings.simplefilter("ignore")
    import urllib3.exceptions
    from requests import exceptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.tracking.answers import Reader

E = TypeVar("E", bound=BaseException)

CONNECT_SECONDS = 5.0
"""Longest time for connecting to one address of a server."""

_WRONG_NAME = {62, 64}  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH
_NO_ADDRESS = (
    exceptions.InvalidURL,
    exceptions.InvalidSchema,
    exceptions.MissingSchema,
    urllib3.exceptions.LocationParseError,
    UnicodeError,
)
NETWORK = (exceptions.RequestException, urllib3.exceptions.HTTPError)
"""What the libraries below raise when there is no answer; other exceptions are of somebody else."""


def explain(error: Exception, reader: Reader, remaining: float) -> Exception:
    """
    Return what to raise for *error*: `Transient` where another attempt may help, else a `StoreError`.

    An exception that comes from neither the network nor its libraries is a fault of ours, returned as it is.

    Args:
        error: As `requests` raised it.
        reader: Of the server that was asked.
        remaining: Seconds that the attempt was given.
    """
    server = reader.server
    if find(error, *_NO_ADDRESS):
        return StoreError(f"{server}: cannot be used as an address: {reader.excerpt(str(error))}")
    tls = find(error, ssl.SSLError)
    if tls and not isinstance(tls, ssl.SSLEOFError):
        return Unreachable(f"{server}: {_tls(tls)}")
    if tls is None and isinstance(error, exceptions.SSLError):
        return Unreachable(f"{server}: TLS certificate verify failed: {_innermost(error, reader)}")
    garbled = find(error, HTTPException)
    if garbled and not isinstance(garbled, RemoteDisconnected | IncompleteRead):
        return NotMlflow(
            f"{server}: answered with something that is not HTTP (the wrong port, or https:// needed?)"
        )
    if isinstance(error, NETWORK):
        proxy = "proxy: " if find(error, exceptions.ProxyError) else ""
        return Transient(Unreachable(f"{server}: {proxy}{_cause(error, reader, remaining)}"))
    # What requests says of certificate files that are not there.
    return Unreachable(f"{server}: {reader.excerpt(str(error))}") if isinstance(error, OSError) else error


def find(error: BaseException, *kinds: type[E]) -> E | None:
    """Return the first exception of one of *kinds* in *error* or in what it was made of, or None."""
    return next((inner for inner in _nested(error, set()) if isinstance(inner, kinds)), None)


def _nested(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for inner in (*error.args, getattr(error, "reason", None), error.__cause__, error.__context__):
        if isinstance(inner, BaseException):
            yield from _nested(inner, seen)


def _cause(error: Exception, reader: Reader, remaining: float) -> str:
    late = f"no complete answer within {remaining:.0f} s"
    closed = "the connection was closed without an answer"
    # In this order: the first that is found anywhere inside the error is its cause.
    causes: tuple[tuple[type[BaseException], str], ...] = (
        (exceptions.ConnectTimeout, f"no connection within {min(CONNECT_SECONDS, remaining):.0f} s"),
        (exceptions.ReadTimeout, late),
        (urllib3.exceptions.ReadTimeoutError, late),
        (IncompleteRead, "the answer ended too early"),
        (exceptions.ContentDecodingError, "the answer cannot be decompressed"),
        (socket.gaierror, "host name not found"),
        (ConnectionRefusedError, "connection refused"),
        (ConnectionResetError, closed),
        (BrokenPipeError, closed),
        (ssl.SSLEOFError, closed),
    )
    for kind, cause in causes:
        if find(error, kind):
            return cause
    return _innermost(error, reader)


def _innermost(error: Exception, reader: Reader) -> str:
    *_, last = _nested(error, set())
    return reader.excerpt(getattr(last, "strerror", None) or str(last))


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _WRONG_NAME:
            return f"TLS certificate verify failed: {error.verify_message.rstrip('.')}"
        return (
            f"TLS certificate verify failed: {error.verify_message}; "
            "name the file of your own CA in MLFLOW_TRACKING_SERVER_CERT_PATH"
        )
    reason = error.reason or "no reason given"
    if reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}:
        return "no TLS there (http:// instead of https://, or the wrong port?)"
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return "TLS: the server wants a client certificate, name its file in MLFLOW_TRACKING_CLIENT_CERT_PATH"
    return (
        f"TLS failed: {reason.replace('_', ' ').lower()} "
        "(see MLFLOW_TRACKING_SERVER_CERT_PATH and MLFLOW_TRACKING_CLIENT_CERT_PATH)"
    )
