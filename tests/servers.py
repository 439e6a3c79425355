"""
Real MLflow servers and stores for the tests: started on first use, once for all xdist workers.

Everything lives in one folder that the main process makes and removes. Whoever needs a server first starts
it there under a lock, every other process finds its address there, and the main process ends them all.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).parent.parent
THIS_PYTHON = Path(sys.executable)
POSTGRES = "pg"
"""The folder of the PostgreSQL; a socket's whole path must not be longer than 103 characters."""
START_SECONDS = 240.0
"""A server of ours needs 15 seconds on an idle machine and a minute on a loaded one."""


def clean_environment() -> dict[str, str]:
    """
    Return the environment without the developer's MLflow settings, and with its telemetry off.

    Without those of GitHub Actions too: a session with a gate inside of a test would write into the job's outputs.
    And with bytecode written, wherever it is switched off: else each process of a fresh environment compiles all.
    """
    foreign = ("MLFLOW_", "_MLFLOW_", "DATABRICKS_", "GITHUB_", "PYTHONDONTWRITEBYTECODE")
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(foreign) or key in ("MLFLOW_GATE_BROWSER", "MLFLOW_GATE_SOAK")
    }
    return kept | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_DISABLE_AGENT_HINT": "1"}


def sqlite(home: Path) -> str:
    """Return the URI of a database in *home*; MLflow makes it."""
    return f"sqlite:///{home}/mlflow.db"


def postgresql(home: Path) -> str:
    """Start a PostgreSQL in the folder beside *home*, and return its URI."""
    folder = home.parent / POSTGRES
    folder.mkdir()
    return postgres.start(folder)


def mlflow2_python() -> Path:
    """Return the interpreter of the last MLflow 2 release: MLFLOW2_PYTHON, else in the checkout's cache."""
    return Path(os.environ.get("MLFLOW2_PYTHON") or CHECKOUT / ".cache" / "mlflow2" / "bin" / "python")


@dataclass(frozen=True)
class RealModel:
    """
    A model that MLflow itself logged, so it loads.

    Attributes:
        tracking_uri: Of the server that has it.
        experiment: Name of its experiment, which has no other run.
        experiment_id: Of the same.
        run_id: FINISHED, with the metric ``accuracy`` at 0.93.
        model_id: ``m-...``, or None for MLflow 2.
    """

    tracking_uri: str
    experiment: str
    experiment_id: str
    run_id: str
    model_id: str | None


class Backends:
    """
    The folder that holds the session's servers and stores.

    Attributes:
        folder: Absolute; exists as long as the session.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    @classmethod
    def create(cls) -> Backends:
        """Make a new folder; the caller has to `remove` it."""
        return cls(Path(tempfile.mkdtemp(prefix="mlflow-gate-tests-")))

    def remove(self) -> None:
        """End every server that any process of the session started, and delete everything."""
        for path in self.folder.glob("*.pid"):
            with suppress(ProcessLookupError):
                os.killpg(int(path.read_text()), signal.SIGKILL)
        for process in self._processes:
            process.wait()
        postgres.stop(self.folder / POSTGRES)
        shutil.rmtree(self.folder, ignore_errors=True)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what *make* returned, as JSON knows it; it runs once, whichever process comes first."""
        answer = self.folder / f"{name}.json"
        with self._lock(name):
            if not answer.exists():
                answer.write_text(json.dumps(make()))
        return json.loads(answer.read_text())

    def launch(
        self, python: Path, name: str, database: Callable[[Path], str] = sqlite, workers: int = 1
    ) -> str:
        """Start a server with *python*'s MLflow unless one of that *name* runs; does not wait for it."""
        return str(self.once(f"{name}-url", lambda: self._start(python, name, database, workers)))

    def serve(
        self, python: Path, name: str, database: Callable[[Path], str] = sqlite, workers: int = 1
    ) -> str:
        """Return the URL of the server of that *name*, once it answers."""
        url = self.launch(python, name, database, workers)
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            with suppress(requests.ConnectionError, requests.Timeout):
                if requests.get(f"{url}/health", timeout=10).ok:
                    return url
            time.sleep(0.2)
        log = (self.folder / name / "log").read_text()
        raise TimeoutError(f"MLflow server {name} did not start within {START_SECONDS:g} s:\n{log[-2000:]}")

    def run_script(self, python: Path, script: str, *arguments: str) -> Any:
        """Run ``tests/scripts/SCRIPT`` with *python* in the folder, and return the JSON that it prints last."""
        command = [str(python), str(CHECKOUT / "tests" / "scripts" / script), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{script} failed:\n{done.stderr[-4000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def _start(self, python: Path, name: str, database: Callable[[Path], str], workers: int) -> str:
        home = self.folder / name
        home.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = {
            "--backend-store-uri": database(home),
            "--artifacts-destination": str(home / "artifacts"),
            "--host": "127.0.0.1",
            "--port": str(port),
            "--workers": str(workers),
        }
        command = [
            str(python),
            "-m",
            "mlflow",
            "server",
            *(word for pair in options.items() for word in pair),
        ]
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=home,
                env=self._environment() | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.folder / f"{name}.pid").write_text(str(process.pid))
        self._processes.append(process)  # a forgotten Popen of a running process is a ResourceWarning
        return f"http://127.0.0.1:{port}"

    def _environment(self) -> dict[str, str]:
        return clean_environment() | {"HOME": str(self.folder), "TMPDIR": str(self.folder)}

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
