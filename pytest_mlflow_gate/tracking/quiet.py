"""MLflow's client without its side effects: no telemetry, no output, no warnings, no minutes of retries."""

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
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(max(1, math.floor(seconds))),
        "MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": str(max(1, math.floor(seconds))),
    }
    with _environment(settings), _no_logging(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
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
