"""The plugins that sessions in tests do without: loading them takes longer than a session with a gate."""

from __future__ import annotations

_LEFT_OUT = (
    # Shuffles the checks.
    "randomly",
    # Imports all of hypothesis when a session ends.
    "hypothesispytest",
    "html",
    "html_fixtures",
    "pytest_cov",
    "anyio",
    "platformdirs",
)

QUICK = tuple(word for name in _LEFT_OUT for word in ("-p", f"no:{name}"))
"""For the command line; a test that wants one of them adds ``-p NAME``."""
