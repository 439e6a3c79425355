"""
A pytest plugin for inner sessions (``-p tests.fake_session``): MLflow is a store in memory with a log.

Environment variables say what is in it. FAKE_METRICS: the run's metrics as JSON. FAKE_REGISTRY: registered
models as JSON, each with the number of its versions, which come from a run "other", and its aliases.
FAKE_MODELS: the ids of the run's logged models, else m-1. FAKE_FAIL: the beginning of the writes
that fail, as `FakeStore` logs them. Every write is appended to the file ``writes.log`` of FAKE_FOLDER, and
every opening of the store to ``opened.log``, so that what any process did shows.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlflow_gate.pytest_glue import candidates
from pytest_mlflow_gate.tracking.store import Rejected
from tests.fakes import RUN, FakeStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.tracking.store import Store


def open_store(tracking_uri: str, registry_uri: str | None, environ: Mapping[str, str]) -> Store:
    """Return the store in memory in place of the real one."""
    folder = Path(environ["FAKE_FOLDER"])
    _append(folder / "opened.log", f"{tracking_uri} {registry_uri or tracking_uri}")
    model_ids = environ.get("FAKE_MODELS")
    store = FakeStore(
        RUN._replace(
            metrics=json.loads(environ["FAKE_METRICS"]),
            model_ids=RUN.model_ids if model_ids is None else tuple(model_ids.split()),
        ),
        on_write=lambda text: _append(folder / "writes.log", text),
    )
    store.runs["other"] = RUN._replace(run_id="other")
    for model, content in json.loads(environ.get("FAKE_REGISTRY", "{}")).items():
        for number in range(content["versions"]):
            store.add_version(model, str(number + 1), source=f"models:/m-of-{number + 1}", run_id="other")
        store.aliases[model].update(content["aliases"])
    if failing := environ.get("FAKE_FAIL"):
        store.failing[failing] = Rejected("http://fake: the registry is read-only today (READ_ONLY)")
    return store


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def pytest_configure() -> None:
    """Take the place of the real store, in sessions that ask for it only."""
    if "FAKE_METRICS" in os.environ:
        setattr(candidates, "open_store", open_store)  # noqa: B010 - another module's name
