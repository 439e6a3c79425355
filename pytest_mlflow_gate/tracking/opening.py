"""Which Store a pair of URIs is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.credentials import insecure_tls, known_secrets, needs_client
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.tracking.store import Store


def open_store(tracking_uri: str, registry_uri: str | None, environ: Mapping[str, str]) -> Store:
    """
    Return the store behind these URIs.

    Plain HTTP where it does all that the environment asks for, because that spares the seconds that
    importing MLflow takes; else MLflow's own client, once it is certain that it will create and migrate
    nothing. Only embedded stores are touched by this, and a Databricks host is asked whether it is there.

    Args:
        tracking_uri: As the gate chose it.
        registry_uri: None for the registry of the tracking URI.
        environ: Where credentials and MLflow's other settings are.

    Raises:
        StoreError: When there is no such store, or it must not be touched.
    """
    uris = (tracking_uri,) if registry_uri in (None, tracking_uri) else (tracking_uri, registry_uri)
    if all(_is_http(uri) for uri in uris) and needs_client(environ) is None:
        from pytest_mlflow_gate.tracking.rest import RestStore  # noqa: PLC0415 - imports requests

        return RestStore(tracking_uri, registry_uri, environ)
    from pytest_mlflow_gate.tracking.client import ClientStore  # noqa: PLC0415 - only what needs it pays for it
    from pytest_mlflow_gate.tracking.embedded import require_usable  # noqa: PLC0415 - as above

    for uri in uris:
        require_usable(uri, environ, known_secrets(environ, uri))
    return ClientStore(tracking_uri, registry_uri, environ)


def tls_warning(tracking_uri: str, registry_uri: str | None, environ: Mapping[str, str]) -> str | None:
    """
    Return the line that belongs into every run whose server nobody can vouch for, or None; no request.

    Raises:
        StoreError: When ``MLFLOW_TRACKING_INSECURE_TLS`` would count and is neither true nor false.
    """
    insecure = [uri for uri in (tracking_uri, registry_uri) if uri and insecure_tls(environ, uri)]
    if not insecure:
        return None
    servers = " and ".join(dict.fromkeys(mask(uri) for uri in insecure))
    return (
        "mlflow-gate: TLS certificates are not verified (MLFLOW_TRACKING_INSECURE_TLS), anybody between here "
        f"and {servers} can read and change everything"
    )


def _is_http(uri: str) -> bool:
    return uri.lower().startswith(("http://", "https://"))
