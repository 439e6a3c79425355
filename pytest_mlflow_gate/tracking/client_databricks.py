"""Whether a Databricks workspace is there at all: its own library waits five minutes for one that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.failures import CONNECT_SECONDS, NETWORK, explain
from pytest_mlflow_gate.tracking.retry import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.tracking.answers import Reader


def require_host(environ: Mapping[str, str], reader: Reader) -> None:
    """
    Ask the host of the environment for anything; whatever it answers, it is there.

    The host of a profile is not known here, and not asked.

    Raises:
        StoreError: When nobody answers.
    """
    host = environ.get("DATABRICKS_HOST")
    if not host:
        return
    import requests  # noqa: PLC0415 - after failures, which imports it without its warnings

    def attempt(remaining: float) -> None:
        address = host if "://" in host else f"https://{host}"
        try:
            requests.head(address, timeout=(CONNECT_SECONDS, remaining), allow_redirects=False)
        except NETWORK as error:
            raise explain(error, reader, remaining) from None

    bounded(attempt, repeatable=True)
