"""Sessions with many gates: resolved side by side, with the results of one after the other."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.pytest_glue import (
    activation,  # noqa: F401 - else each session here loads it anew
    candidates,
)
from pytest_mlflow_gate.pytest_glue.side_by_side import side_by_side
from pytest_mlflow_gate.tracking import rest  # noqa: F401 - as above
from tests.pacing import pacing
from tests.quick import QUICK
from tests.wire import Reply, reply_html, reply_json, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_mlflow_gate.gatefile.types import RunById
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.store import Store
    from tests.seeding import RestSeeder

COUNT = 40
RUN_INFO = {
    "run_id": "r1",
    "experiment_id": "1",
    "status": "FINISHED",
    "lifecycle_stage": "active",
    "start_time": 1000,
    "end_time": 2000,
    "artifact_uri": "mlflow-artifacts:/1/r1/artifacts",
}
EXPERIMENT = {"experiment_id": "1", "name": "churn", "lifecycle_stage": "active"}
FINISHED = {"experiment": EXPERIMENT, "run": {"info": RUN_INFO, "data": {}}}
RUNNING = {"experiment": EXPERIMENT, "run": {"info": {**RUN_INFO, "status": "RUNNING"}, "data": {}}}


class Folder:
    """A folder of gates, and sessions with all of them."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path / "gates"
        self.path.mkdir()

    def gate(self, name: str, uri: str, run_id: str, *, wait: str = "1s", promote: bool = False) -> None:
        """Write a gate."""
        lines = [
            f"name: {name}",
            f"tracking_uri: {uri}",
            f"wait: {wait}",
            f"candidate: {{run_id: {run_id}}}",
            'thresholds: {accuracy: ">= 0.92"}',
        ]
        if promote:
            lines.append(f"promote: {{model: {name}, alias: champion}}")
        (self.path / f"{name}_gate.yaml").write_text("\n".join([*lines, ""]), encoding="utf-8")

    def arguments(self, *args: str) -> tuple[str, ...]:
        """Return the arguments of a session."""
        return (*QUICK, "-p", "no:cacheprovider", "--mlflow-gate", "gates", *args)

    def run(self, *args: str) -> pytest.RunResult:
        """Run a session in this process."""
        # This process turns warnings into errors, which is not what a team's session starts from.
        return self.pytester.runpytest_inprocess(*self.arguments(*args), "-W", "default")

    def run_apart(self, *args: str) -> pytest.RunResult:
        """Run a session in a process of its own."""
        return self.pytester.runpytest_subprocess(*self.arguments(*args), timeout=60)

    def decision(self, *args: str) -> Any:
        """Run a session, and return its exit status and its decision but for the times in it."""
        result = self.run(*args, "--mlflow-gate-decision", "decision.json")
        document = json.loads((self.pytester.path / "decision.json").read_text(encoding="utf-8"))
        del document["time"]
        return result.ret, document


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty folder of gates."""
    for name in ("GITHUB_ACTIONS", "CI", "MLFLOW_TRACKING_URI", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    return Folder(pytester)


def threads_of_ours() -> list[str]:
    """Return the names of our threads in this process."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("mlflow-gate")]


# The same as one after the other


def test_the_results_are_those_of_one_after_the_other(folder: Folder, seed: RestSeeder) -> None:
    """Found, failed, missing, deleted and unfinished candidates are told apart, each for its own gate."""
    experiment = seed.experiment()
    runs = [seed.run(experiment, metrics={"accuracy": 0.9 + number / 100}) for number in range(5)]
    deleted = seed.run(experiment, metrics={"accuracy": 0.93})
    seed.delete_run(deleted)
    runs += [deleted, "f" * 32, seed.run(experiment, status="RUNNING"), seed.run(experiment, status="FAILED")]
    for number in range(4 * len(runs)):
        folder.gate(f"gate-{number:02}", seed.uri, runs[number % len(runs)])
    with served(reply_html("Sign in")) as other:
        folder.gate("elsewhere", other.url, "r1")
        alone = folder.decision("-o", "mlflow_gate_connections=1")
        together = folder.decision()
    assert together == alone
    assert len(together[1]["gates"]) == 37
    assert not threads_of_ours()


@pytest.mark.parametrize(
    ("options", "fewest", "most"),
    [
        pytest.param((), 16, 16, id="default"),
        pytest.param(("-o", "mlflow_gate_connections=1"), 1, 1, id="one"),
        pytest.param(("-o", "mlflow_gate_connections=5"), 5, 5, id="five"),
        # A busy machine may have answered the first before it has sent the last.
        pytest.param(("-o", "mlflow_gate_connections=64"), 17, COUNT, id="more-than-gates"),
    ],
)
def test_connections_are_bounded(
    folder: Folder, seed: RestSeeder, options: tuple[str, ...], fewest: int, most: int
) -> None:
    """A server has as many connections at the same time as the ini key says, and no more."""
    run_id = seed.run(seed.experiment(), metrics={"accuracy": 0.93})
    with pacing(seed.uri, 0.05) as server:
        for number in range(COUNT):
            folder.gate(f"gate-{number:02}", server.url, run_id)
        result = folder.run(*options)
    assert result.ret == 0
    assert len(server.passed) == 2 * COUNT
    assert fewest <= server.most <= most


def test_one_gate_needs_no_threads(folder: Folder, seed: RestSeeder) -> None:
    """A session with one gate does not even load what many need."""
    folder.gate("only", seed.uri, seed.run(seed.experiment(), metrics={"accuracy": 0.93}))
    (folder.pytester.path / "conftest.py").write_text(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('loaded', 'pytest_mlflow_gate.pytest_glue.side_by_side' in sys.modules)\n"
    )
    result = folder.run_apart("-s")
    assert result.ret == 0
    assert "loaded False" in result.outlines


NOTED = """
import threading
from pytest_mlflow_gate.tracking.client import ClientStore
original = ClientStore.run
def run(store, run_id):
    others = [thread.name for thread in threading.enumerate() if thread.name.startswith("mlflow-gate")]
    print("asked in", threading.current_thread().name, others)
    return original(store, run_id)
ClientStore.run = run
"""


def test_mlflows_client_stays_in_the_main_thread(folder: Folder, seed: RestSeeder, sqlite_store: str) -> None:
    """Embedded stores are asked one at a time, when no request is under way."""
    (folder.pytester.path / "conftest.py").write_text(NOTED)
    run_id = seed.run(seed.experiment(), metrics={"accuracy": 0.93})
    for number in range(2):
        folder.gate(f"embedded-{number}", sqlite_store, "r1")
        folder.gate(f"server-{number}", seed.uri, run_id)
    result = folder.run_apart("-s")
    result.assert_outcomes(passed=4, failed=2, skipped=2)
    asked = [line for line in result.outlines if line.startswith("asked")]
    assert asked == ["asked in MainThread []"] * 2


# The number


@pytest.mark.parametrize("value", ["0", "65", "-1", "1.5", "many", ""])
def test_a_number_that_is_none(folder: Folder, value: str) -> None:
    """Anything else than a whole number from 1 to 64 is refused before anything runs."""
    folder.gate("only", "http://127.0.0.1:1", "r1")
    result = folder.run("-o", f"mlflow_gate_connections={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines == [
        "ERROR: ini key mlflow_gate_connections: write a whole number from 1 to 64",
        "",
    ]


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="this pytest has no TOML table of its own")
@pytest.mark.parametrize(
    ("value", "status"), [("7", pytest.ExitCode.OK), ('"7"', pytest.ExitCode.USAGE_ERROR)]
)
def test_a_number_of_pytests_own_toml_table(folder: Folder, value: str, status: pytest.ExitCode) -> None:
    """In a typed file the number is a number."""
    folder.gate("only", "http://127.0.0.1:1", "r1")
    (folder.pytester.path / "pyproject.toml").write_text(
        f"[tool.pytest]\nmlflow_gate_connections = {value}\n"
    )
    assert folder.run("--collect-only").ret == status


# Ends before the end


STOP_BY = {
    "ctrl-c": "raise KeyboardInterrupt",
    "pytest-exit": "import pytest; pytest.exit('enough', returncode=2)",
}
STOP_SOON = """
import os, signal, threading
def stop(number, frame):
    {}
def pytest_collection_finish():
    signal.signal(signal.SIGINT, stop)
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
"""
SILENT = Reply(raw=b"HTTP/1.1 200 OK\r\n", pause=60.0)


@pytest.mark.parametrize("way", STOP_BY)
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(reply_json(RUNNING), id="while-runs-are-waited-for"),
        pytest.param(SILENT, id="while-the-server-says-nothing"),
    ],
)
def test_an_interruption_ends_it_at_once(folder: Folder, reply: Reply, way: str) -> None:
    """Nobody waits for the gates that were begun, no other is begun, and nothing is promoted."""
    (folder.pytester.path / "conftest.py").write_text(STOP_SOON.format(STOP_BY[way]))
    with served(reply) as server:
        for number in range(COUNT):
            folder.gate(f"gate-{number:02}", server.url, "r1", wait="10m", promote=True)
        began = time.monotonic()
        result = folder.run_apart()
        assert time.monotonic() - began < 10
        runs = [arrived for arrived in server.arrived if "runs/get" in arrived.target]
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert len(runs) <= 32
    assert {arrived.method for arrived in server.arrived} == {"GET"}
    ends = [line for line in result.outlines if line.startswith("NOT PROMOTED")]
    assert ends == [
        f"NOT PROMOTED gate-{number:02}: the session did not run to its end" for number in range(COUNT)
    ]


def test_a_bug_in_a_thread_is_a_bug(
    folder: Folder, seed: RestSeeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows its traceback, makes the session an internal error, and nothing moves."""
    run_id = seed.run(seed.experiment(), metrics={"accuracy": 0.93})
    original: Callable[..., Snapshot] = vars(candidates)["resolve"]

    def resolve(candidate: RunById, store: Store, **others: Any) -> Snapshot:
        if candidate.run_id == "bad" and threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError("a bug")
        return original(candidate, store, **others)

    monkeypatch.setattr(candidates, "resolve", resolve)
    for number in range(COUNT):
        folder.gate(f"gate-{number:02}", seed.uri, "bad" if number == 20 else run_id, promote=True)
    result = folder.run()
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "INTERNALERROR> ZeroDivisionError: a bug" in result.outlines + result.errlines
    assert not [line for line in result.outlines if line.startswith("PROMOTED")]


# How far it is


def test_a_log_says_how_far_it_is(folder: Folder, seed: RestSeeder) -> None:
    """Many gates that take their time are counted; in a log file not each of them."""
    run_id = seed.run(seed.experiment(), metrics={"accuracy": 0.93})
    with pacing(seed.uri, 0.2) as server:
        for number in range(COUNT):
            folder.gate(f"gate-{number:02}", server.url, run_id)
        result = folder.run("-o", "mlflow_gate_connections=4")
    (line,) = (line for line in result.outlines if line.startswith("resolving"))
    assert line in {f"resolving gates: {number} of {COUNT}" for number in range(4, 24)}


def test_quick_gates_are_not_counted(folder: Folder, seed: RestSeeder) -> None:
    """What is over in a moment leaves no line."""
    run_id = seed.run(seed.experiment(), metrics={"accuracy": 0.93})
    for number in range(3):
        folder.gate(f"gate-{number:02}", seed.uri, run_id)
    assert "resolving" not in folder.run().stdout.str()


def test_a_gate_that_waits_is_named(folder: Folder, seed: RestSeeder) -> None:
    """The line for a run that is waited for says how many gates there are, and whose run it is."""
    experiment = seed.experiment()
    running = seed.run(experiment, status="RUNNING", metrics={"accuracy": 0.93})
    folder.gate("slow", seed.uri, running, wait="2s")
    for number in range(3):
        folder.gate(f"gate-{number:02}", seed.uri, seed.run(experiment, metrics={"accuracy": 0.93}))
    result = folder.run("-o", "mlflow_gate_connections=1")
    assert (
        f"resolving gates: 3 of 4, slow: waiting for run {running}: it is RUNNING, 2 s left"
        in result.outlines
    )


def on_a_terminal(path: Path, arguments: tuple[str, ...]) -> str:
    """Return what pytest writes to a terminal."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(command, cwd=path, stdout=follower, stdin=follower, stderr=follower) as process:
        os.close(follower)
        written = b""
        with suppress(OSError):  # what Linux says when the other end is gone
            while piece := os.read(leader, 4096):
                written += piece
        assert process.wait() == 0
    os.close(leader)
    return written.decode()


def test_a_terminal_has_one_line_for_it(folder: Folder, seed: RestSeeder) -> None:
    """On a terminal the line is rewritten, and its last state is the whole."""
    run_id = seed.run(seed.experiment(), metrics={"accuracy": 0.93})
    with pacing(seed.uri, 0.2) as server:
        for number in range(COUNT):
            folder.gate(f"gate-{number:02}", server.url, run_id)
        written = on_a_terminal(folder.pytester.path, folder.arguments("-o", "mlflow_gate_connections=4"))
    (line,) = (line for line in written.split("\n") if "resolving gates" in line)
    shown = [state.strip() for state in line.split("\r") if state.strip()]
    assert len(shown) > 3
    assert all(state.startswith("resolving gates: ") for state in shown)
    assert shown[-1] == f"resolving gates: {COUNT} of {COUNT}"


# The threads themselves


def together(
    work: Callable[[int, Callable[[str], None], Callable[[float], None]], str], items: int, threads: int
) -> dict[int, str]:
    """Return what came of each item, told in the calling thread."""
    found: dict[int, str] = {}

    def done(item: int, result: str) -> None:
        assert threading.current_thread() is threading.main_thread()
        found[item] = result

    side_by_side(work, range(items), threads, hear=lambda text: done(-1, text), done=done)
    return found


def test_work_is_shared() -> None:
    """Each item is worked on once, by no more threads than allowed, and lines arrive in the calling thread."""
    names = set()

    def work(item: int, say: Callable[[str], None], sleep: Callable[[float], None]) -> str:
        names.add(threading.current_thread().ident)
        say("at work")
        sleep(0.001)
        return f"item {item}"

    assert together(work, 100, 4) == {-1: "at work", **{item: f"item {item}" for item in range(100)}}
    assert len(names) == 4
    assert not threads_of_ours()


@pytest.mark.parametrize("error", [ValueError("bug"), SystemExit(1), KeyboardInterrupt()])
def test_what_work_raises_ends_all_of_it(error: BaseException) -> None:
    """The calling thread raises it, what sleeps wakes up, and nothing more is begun."""
    begun = []

    def work(item: int, say: Callable[[str], None], sleep: Callable[[float], None]) -> str:
        del say
        begun.append(item)
        if item == 1:
            raise error
        sleep(3600)
        return "slept"

    with pytest.raises(type(error)) as caught:
        together(work, 100, 3)
    assert caught.value is error
    deadline = time.monotonic() + 5
    while threads_of_ours() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not threads_of_ours()
    assert len(begun) <= 4
