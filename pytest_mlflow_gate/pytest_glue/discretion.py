"""Tracebacks of a session with gates show no values: those of our frames hold its credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

import pytest_mlflow_gate
from pytest_mlflow_gate.pytest_glue import internals

_OURS = Path(pytest_mlflow_gate.__file__).parent


class Discretion:
    """The plugin that is there before anything else of ours can break, on xdist's workers too."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep the traceback, without what ``--full-trace`` and ``--showlocals`` add to it."""
        internals.without_values(excrepr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """End the traceback where it enters this package: ``--full-trace`` shows every argument."""
        for depth, entry in enumerate(excinfo.traceback):
            if _OURS in Path(entry.path).parents:
                excinfo.traceback = excinfo.traceback[:depth]
                return
