"""The page that `--mlflow-gate-report` asks for: written by whole sessions, and true after the model moved."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.reporting.paging import Seen

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

PAGE = ("--mlflow-gate-report", "page.html")
BOTH = (*PAGE, "--mlflow-gate-decision", "decision.json")
TURNS_RED = "def pytest_sessionstart(session): globals()['session'] = session\ndef pytest_unconfigure(): session.exitstatus = 7\n"
INTERRUPTS = "def pytest_runtest_setup(item): raise KeyboardInterrupt\n"


def seen(inner: Inner) -> Seen:
    """Return the page."""
    return Seen((inner.path / "page.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("workers", [[], ["-n1"], ["-n2"]], ids=["plain", "n1", "n2"])
@pytest.mark.parametrize(("accuracy", "word"), [(0.93, "PROMOTED"), (0.91, "NOT PROMOTED")])
def test_page_and_decision_are_one(inner: Inner, workers: list[str], accuracy: float, word: str) -> None:
    """The page holds what the decision file holds, and says first whether the model moved."""
    run = inner.gate if workers else inner.gate_here
    run("test_ordinary.py", *BOTH, *workers, accuracy=accuracy)
    page = seen(inner)
    assert page.decision == json.loads((inner.path / "decision.json").read_text(encoding="utf-8"))
    assert page.decision["tests"]["passed"] == 2
    assert page.said().startswith(f"mlflow gate\n{word}\nchurn-classifier\n")


@pytest.mark.parametrize(
    ("conftest", "word", "status"),
    [
        pytest.param(TURNS_RED, "PROMOTION FAILED", "7", id="put-back"),
        pytest.param(INTERRUPTS, "NOT PROMOTED", "2", id="interrupted"),
    ],
)
def test_page_is_true_at_the_very_end(inner: Inner, conftest: str, word: str, status: str) -> None:
    """A promotion that was put back, and a session that broke, are no success on the page either."""
    inner.write("conftest.py", conftest)
    inner.gate("test_ordinary.py", *PAGE)
    said = seen(inner).said()
    assert said.startswith(f"mlflow gate\n{word}\n")
    assert f"exit status\n{status}\n" in said


@pytest.mark.parametrize(
    "arguments",
    [["--collect-only"], [*BOTH, "--mlflow-gate-decision", "missing/d.json"]],
    ids=["collect", "refused"],
)
def test_no_page_of_a_session_that_did_not_run(inner: Inner, arguments: list[str]) -> None:
    """Nobody takes a page of nothing for a verdict."""
    inner.gate_here(*PAGE, *arguments)
    assert not (inner.path / "page.html").exists()


def test_a_stale_page_goes_first(inner: Inner) -> None:
    """Killed before its end, a session leaves no page of an earlier one."""
    inner.write("page.html", "of yesterday")
    inner.write("test_kill.py", "import os\ndef test_kill(): os._exit(9)\n")
    inner.gate("test_kill.py", *PAGE)
    assert not (inner.path / "page.html").exists()


def test_without_its_engine_nothing_runs(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The missing extra is named before anything is asked or removed."""
    inner.write("page.html", "of yesterday")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    result = inner.gate_here(*PAGE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        'ERROR: --mlflow-gate-report page.html needs Jinja2, install it with pip install "pytest-mlflow-gate[report]"'
    ]
    assert inner.opened == []
    assert (inner.path / "page.html").read_text(encoding="utf-8") == "of yesterday"


def test_sessions_without_a_page_import_no_engine(inner: Inner) -> None:
    """Only who asks for a page pays for it."""
    inner.write("conftest.py", "import sys\ndef pytest_unconfigure(): print('jinja2' in sys.modules)\n")
    # pytest-html brings the engine along.
    without = ("-p", "no:html")
    assert inner.gate(*without, "--mlflow-gate-decision", "decision.json").outlines[-1] == "False"
    assert inner.gate(*without, *PAGE).outlines[-1] == "True"
