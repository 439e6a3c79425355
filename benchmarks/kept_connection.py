"""(k) Questions on one connection to a server with two processes; MLflow's has four by default."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests
from rows import Row

from pytest_mlflow_gate.tracking.credentials import Connection, known_secrets
from pytest_mlflow_gate.tracking.http import Transport
from tests.servers import THIS_PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers import Backends

QUESTIONS = 100
PATH = "/api/2.0/mlflow/experiments/get"
FIELDS = {"experiment_id": "0"}


def kept_connection(backends: Backends, progress: Callable[[str], None]) -> Iterator[Row]:
    """Ask the same as the gate does and as requests does, in turns, and measure each on the wall."""
    progress("a server with two processes")
    url = backends.serve(THIS_PYTHON, "bench-workers", workers=2)
    transport = Transport(url, Connection(), known_secrets({}, url, connection=Connection()))
    session = requests.Session()
    ways: tuple[Callable[[], object], ...] = (
        lambda: transport.ask("GET", PATH, FIELDS),
        lambda: session.get(f"{url}{PATH}", params=FIELDS, timeout=60).json(),
    )
    seconds: tuple[list[float], ...] = ([], [])
    for _ in range(QUESTIONS):
        for ask, taken in zip(ways, seconds, strict=True):
            began = time.perf_counter()
            ask()
            taken.append(time.perf_counter() - began)
    transport.close()
    session.close()
    ours, others = (sum(taken) for taken in seconds)
    what = f"{QUESTIONS} questions on one connection, requests.Session"
    yield Row("k", what, f"{ours:6.2f} wall", f"{others:6.2f} wall", f"1/{others / ours:.1f} of the wall")
