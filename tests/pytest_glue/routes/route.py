"""What a row of the tables in this folder is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST = (8, 2)
MAX_WARNINGS = (9, 1)
"""The first pytest that has --max-warnings."""
SUBTESTS = (9, 0)
"""The first pytest that has the fixture subtests."""


class Route(NamedTuple):
    """
    One way for a session to end; unless told otherwise with exit status 1 and nothing written.

    Attributes:
        arguments: What follows ``--mlflow-gate eval_gate.yaml``.
        files: Written beside the gate file, by name.
        metrics: What the run logged in place of good values.
        environ: Environment variables.
        status: The exit status, or those that are possible where it is a race.
        with_workers: The exit status under xdist where that differs.
        rejected: Whether a failure in an otherwise complete session is recorded on the run.
        modes: How it is run: ``plain``, ``n1`` and, in a soak, ``n2``.
        since: The pytest version that has what it takes.
        apart: Whether it may harm the process it runs in.
        broken_before: Whether an ordinary test, test_mended.py, failed in the session before.
    """

    arguments: tuple[str, ...] = ()
    files: Mapping[str, str] = {}
    metrics: Mapping[str, float] = {}
    environ: Mapping[str, str] = {}
    status: int | tuple[int, ...] = 1
    with_workers: int | tuple[int, ...] | None = None
    rejected: bool = False
    modes: tuple[str, ...] = ("plain", "n1", "n2")
    since: tuple[int, int] = OLDEST
    apart: bool = False
    broken_before: bool = False


PLAIN = ("plain",)
WORKERS = ("n1", "n2")
BAD = {"accuracy": 0.5}
FAILING = {"test_bad.py": "def test_bad(): assert False\n"}
CHECK = "accuracy[min]"
"""The check that the hostile conftests are after."""


def conftest(text: str) -> dict[str, str]:
    """Return a conftest.py with this text."""
    return {"conftest.py": f"import os, signal, sys, warnings\nimport pytest\n{text}"}


def around_check(body: str) -> dict[str, str]:
    """Return a conftest.py with the statements *body* before `CHECK` runs."""
    return conftest(
        f"@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_call(item):\n"
        f"    if item.name == {CHECK!r}:\n        {body}\n"
    )
