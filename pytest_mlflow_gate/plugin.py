"""
The pytest11 entry point: hooks, each one a line of delegation.

Imported by every pytest run on the machine, so it imports nothing but pytest.
"""

from __future__ import annotations

import pytest

from pytest_mlflow_gate import hookspecs, options
from pytest_mlflow_gate.fixtures import (
    mlflow_gate_baseline,
    mlflow_gate_candidate,
    mlflow_gate_model,
    register_marker,
)

# pytest finds fixtures in the module that it registers.
__all__ = ["mlflow_gate_baseline", "mlflow_gate_candidate", "mlflow_gate_model"]


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let other plugins add conditions, veto promotions and hear of them."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and ini keys."""
    options.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Refuse what a gate can never run under."""
    options.refuse_loop_on_fail(config)


def pytest_configure(config: pytest.Config) -> None:
    """Do nothing but name the marker unless a gate was asked for."""
    register_marker(config)
    if options.asks_for_gates(config):
        from pytest_mlflow_gate.pytest_glue.activation import activate  # noqa: PLC0415 - heavy

        activate(config)
