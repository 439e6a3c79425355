"""
MLflow's client without its side effects: no telemetry, no output, no warnings.

And with our bounds: no minutes of retries, no redirects.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def quiet_mlflow(seconds: float) -> Iterator[None]:
    """
    Import or ask MLflow's client inside of this.

    It reads its settings from the environment, and speaks through logging and warnings; all of them are
    changed for so long and put back.

    Args:
        seconds: Longest time for one HTTP request of the client, which repeats none of them in here.
    """
    settings = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_DISABLE_AGENT_HINT": "1",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        # Followed, a redirect makes a GET of a write and calls that done, and headers of plugins go along.
        "MLFLOW_ALLOW_HTTP_REDIRECTS": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(max(1, math.floor(seconds))),
        "MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": str(max(1, math.floor(seconds))),
    }
    with _environment(settings), _no_logging(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def default_tracking_uri(tracking_uri: str) -> Iterator[None]:
    """
    Have *tracking_uri* be the process's own inside of this.

    MLflow's registries look up logged models there, whatever their client was given, and would make a new
    local store to look in.

    Args:
        tracking_uri: As MLflow's client reads it.
    """
    from mlflow.tracking import (  # noqa: PLC0415 - takes seconds
        get_tracking_uri,
        is_tracking_uri_set,
        set_tracking_uri,
    )

    # Without the variable, what is set was set by somebody's code.
    with _environment({"MLFLOW_TRACKING_URI": None}):
        before = get_tracking_uri() if is_tracking_uri_set() else None
        set_tracking_uri(tracking_uri)
        try:
            yield
        finally:
            set_tracking_uri(before)


@contextmanager
def default_registry_uri(registry_uri: str | None) -> Iterator[None]:
    """
    Have *registry_uri* be the process's own inside of this.

    What loads a model knows no other way to be told.

    Args:
        registry_uri: As MLflow's client reads it; None for the registry of the process's own tracking URI.
    """
    from mlflow.tracking import get_registry_uri, set_registry_uri  # noqa: PLC0415 - takes seconds

    with _environment({"MLFLOW_REGISTRY_URI": None}):
        before = get_registry_uri()
        set_registry_uri(None)
        # MLflow does not tell what somebody's code set from what follows from the tracking URI.
        own = None if get_registry_uri() == before else before
        set_registry_uri(registry_uri)
        try:
            yield
        finally:
            set_registry_uri(own)


@contextmanager
def _environment(values: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _no_logging() -> Iterator[None]:
    # A level or a filter would not do: MLflow, while it is imported, sets those of its own loggers.
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
