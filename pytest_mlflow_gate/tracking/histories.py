"""The histories of metrics, each asked for once in a session however many gates and threads read it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import Measurement

    History = Callable[[str, str], tuple[Measurement, ...]]


class Histories:
    """The histories of one store; any number of threads may ask."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], tuple[Measurement, ...]] = {}
        self._asking: dict[tuple[str, str], threading.Lock] = {}

    def get(self, run_id: str, metric: str) -> tuple[Measurement, ...]:
        """
        Return every logged value of one metric, as `Store.metric_history` does.

        Raises:
            StoreError: If MLflow cannot say; the next one who asks tries again.
        """
        key = run_id, metric
        # Whoever asks for the same waits for the answer, and others do not wait for it.
        with self._asking.setdefault(key, threading.Lock()):
            if key not in self._known:
                self._known[key] = self._store.metric_history(run_id, metric)
            return self._known[key]
