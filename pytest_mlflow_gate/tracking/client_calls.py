"""One call of MLflow's client: quiet, within a bounded time, and with our own kinds of errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from pytest_mlflow_gate.tracking.answers import ApiError
from pytest_mlflow_gate.tracking.failures import NETWORK, explain, find
from pytest_mlflow_gate.tracking.quiet import quiet_mlflow
from pytest_mlflow_gate.tracking.retry import Transient, bounded
from pytest_mlflow_gate.tracking.store import Denied, NotFound, NotMlflow, StoreError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_mlflow_gate.tracking.answers import Reader
    from pytest_mlflow_gate.tracking.entities import Entity

T = TypeVar("T")

_KINDS: Mapping[str, type[StoreError]] = {
    "CUSTOMER_UNAUTHORIZED": Denied,
    "ENDPOINT_NOT_FOUND": NotMlflow,
    "NOT_FOUND": NotFound,
    "PERMISSION_DENIED": Denied,
    "RESOURCE_DOES_NOT_EXIST": NotFound,
    "UNAUTHENTICATED": Denied,
}
_BUSY = frozenset(
    {"DEADLINE_EXCEEDED", "REQUEST_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "TEMPORARILY_UNAVAILABLE"}
)
_FILE_STORE = "MLFLOW_ALLOW_FILE_STORE"
_REMEDIES = {
    _FILE_STORE: (
        f"MLflow keeps file stores in maintenance mode only: set {_FILE_STORE}=true to use this one, "
        "or move it into a database with `mlflow migrate-filestore`"
    ),
    "Reading Databricks credential configuration failed": (
        "no credentials for Databricks: set DATABRICKS_HOST and DATABRICKS_TOKEN, or name a profile of "
        "~/.databrickscfg: databricks://PROFILE"
    ),
}
"""What to say in place of what MLflow says, by a part of that."""

_REDIRECT = re.compile(r"API request to endpoint \S+ failed with error code 3\d\d ")


def mlflow_client(tracking_uri: str, registry_uri: str | None) -> Entity:
    """Import MLflow and return its client; ask for it through `ask`, because that is quiet."""
    from mlflow.tracking import MlflowClient  # noqa: PLC0415 - takes seconds, and has to be quiet

    # Left to MLflow, the registry would be that of the environment, whatever the gate chose. Only what
    # Databricks has for one, MLflow knows better.
    own = None if tracking_uri.startswith("databricks") else tracking_uri
    return MlflowClient(tracking_uri, registry_uri or own)


def ask(call: Callable[[], T], reader: Reader, *, repeatable: bool) -> T:
    """
    Return what *call* returns.

    Args:
        call: Uses MLflow's client.
        reader: Of the server or store that is asked.
        repeatable: False for what must not happen twice.

    Raises:
        StoreError: Whatever MLflow, or a library below it, raised.
    """

    def attempt(remaining: float) -> T:
        with quiet_mlflow(remaining):
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - MLflow lets through whatever the libraries below it raise
                raise _explain(error, reader, remaining) from None

    return bounded(attempt, repeatable=repeatable)


def pages(page: Callable[[str | None], Entity]) -> Iterator[Entity]:
    """Yield the entries of all pages; *page* gets MLflow's token for one, or None for the first."""
    token: str | None = None
    while True:
        found = page(token)
        yield from found
        token = found.token or None
        if token is None:
            return


def _explain(error: Exception, reader: Reader, remaining: float) -> Exception:
    """
    Return what to raise for *error*: `Transient` where another attempt may help, else a `StoreError`.

    Args:
        error: Whatever MLflow, or a library below it, raised.
        reader: Of the server or store that was asked.
        remaining: Seconds that the attempt was given.
    """
    server = reader.server
    code = str(getattr(error, "error_code", ""))
    text = str(error)
    # An HTML page, which the client quotes whole, tells nobody anything.
    said = reader.excerpt(text.removeprefix(f"{code}: ").partition(". Response body: '<")[0])
    if not code:
        name = type(error).__name__
        shown = f"{server}: {name}: {said.partition(' [SQL: ')[0]}"
        unreachable = isinstance(error, OSError) or name == "OperationalError"
        return Unreachable(shown) if unreachable else StoreError(shown)
    for part, remedy in _REMEDIES.items():
        if part in text:
            return StoreError(f"{server}: {remedy}")
    if kind := _KINDS.get(code):
        return kind(f"{server}: {said}")
    if code in _BUSY:
        busy = Unreachable(f"{server}: {said}")
        # A database has waited for its lock by itself, for longer than there would be time to wait again.
        return Transient(busy) if server.startswith(("http://", "https://")) else busy
    if code == "INTERNAL_ERROR":
        return _internal(error, reader, said, remaining)
    return ApiError(f"{server}: {said} ({reader.excerpt(code)})", code, text)


def _internal(error: Exception, reader: Reader, said: str, remaining: float) -> Exception:
    """Tell apart what MLflow calls an internal error: no answer, a wrong one, a failing server, a setting."""
    text, shown = str(error), f"{reader.server}: {said}"
    if "not in a valid JSON format" in text or "but did not return a valid" in text:
        return NotMlflow(shown)
    if _REDIRECT.match(text):
        return NotMlflow(
            f"{reader.server}: redirects instead of answering (a login page or a proxy?); "
            "put the address of MLflow itself into tracking_uri"
        )
    if network := find(error, *NETWORK):
        return explain(network, reader, remaining)
    if "API request to" in text or type(error).__name__ == "RestException":
        return Transient(Unreachable(shown))
    return StoreError(shown)
