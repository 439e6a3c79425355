"""A model loaded by MLflow's own client, for Python tests that ask for one; checks never do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.answers import Reader
from pytest_mlflow_gate.tracking.client_calls import ask
from pytest_mlflow_gate.tracking.credentials import known_secrets
from pytest_mlflow_gate.tracking.quiet import default_registry_uri, default_tracking_uri, quiet_mlflow
from pytest_mlflow_gate.tracking.retry import TOTAL_SECONDS
from pytest_mlflow_gate.tracking.store import StoreError
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.tracking.entities import Entity


def load_model(
    model_uri: str, tracking_uri: str, registry_uri: str | None, environ: Mapping[str, str], folder: str
) -> Entity:
    """
    Return a model as ``mlflow.pyfunc.load_model`` does; the process's own tracking URI stays what it is.

    Args:
        model_uri: ``models:/...`` or ``runs:/...``.
        tracking_uri: Where the model is.
        registry_uri: None for the registry of the tracking URI.
        environ: Where credentials are known from, to keep them out of messages.
        folder: Where its files go; has to exist for as long as the model is used.

    Raises:
        StoreError: If it does not load, or what loading needs is not installed; one line.
    """
    with quiet_mlflow(TOTAL_SECONDS):
        try:
            import mlflow.pyfunc  # noqa: PLC0415 - takes seconds, and few sessions load a model
        except ImportError as error:
            missing = f" ({error.name} is missing)" if error.name else ""
            raise StoreError(
                f"loading a model needs more than mlflow-skinny{missing}: "
                "pip install 'pytest-mlflow-gate[local]'"
            ) from error

    def load() -> Entity:
        with default_tracking_uri(tracking_uri), default_registry_uri(registry_uri):
            return mlflow.pyfunc.load_model(model_uri, dst_path=folder)

    shown = mask(tracking_uri)
    reader = Reader(shown, shown, known_secrets(environ, tracking_uri, registry_uri))
    try:
        return ask(load, reader, repeatable=True)
    except StoreError as error:
        raise StoreError(f"{model_uri} does not load: {error}") from error
