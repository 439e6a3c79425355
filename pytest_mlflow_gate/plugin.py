"""
The pytest11 entry point: hooks, each one a line of delegation.

Imported by every pytest run on the machine, so it imports nothing but pytest.
"""

from __future__ import annotations

import pytest

from pytest_mlflow_gate import options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and ini keys."""
    options.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Refuse what a gate can never run under."""
    options.refuse_loop_on_fail(config)


def pytest_configure(config: pytest.Config) -> None:
    """Do nothing at all unless a gate was asked for."""
    if options.asks_for_gates(config):
        from pytest_mlflow_gate.pytest_glue.activation import activate  # noqa: PLC0415 - heavy

        activate(config)
