"""The suite on every supported pytest and Python: ``make test-matrix``; its routes alone: ``make soak``."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
# The oldest supported pytest, the last 8 and the newest, each with the plugins that go with it.
PYTESTS = ("8.2", "8.4", "9.2")


@nox.session(python=PYTHONS)
@nox.parametrize("pytest", PYTESTS)
def tests(session: nox.Session, pytest: str) -> None:
    """Run all tests with one pytest on one Python."""
    _install(session, pytest)
    session.run("pytest", "-n", "2", "-q", *session.posargs)


@nox.session(default=False)
@nox.parametrize("pytest", PYTESTS)
def soak(session: nox.Session, pytest: str) -> None:
    """Take every route that must not promote, on this Python; MLFLOW_GATE_SOAK is handed on."""
    _install(session, pytest)
    session.run("pytest", "-n", "2", "-q", "tests/pytest_glue/test_fail_closed.py", *session.posargs)


def _install(session: nox.Session, pytest: str) -> None:
    session.install(
        "--constraint", "constraints.txt", "--group", "dev", "--editable", ".[local,report,rules]"
    )
    session.install(f"pytest=={pytest}.*")
