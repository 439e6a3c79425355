"""The MLflow of ``example_project/server``: what its compose file says, started without containers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
import yaml

from tests import postgres
from tests.servers import CHECKOUT, START_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from integration_tests.environments import Environment

FOLDER = CHECKOUT / "example_project" / "server"
HOST = "localhost"

_VARIABLE = re.compile(r"\$\{(\w+)(?::\?)?\}")


class Service(NamedTuple):
    """
    The running service.

    Attributes:
        url: Its address.
        ca: The file of the CA that its certificate is from.
    """

    url: str
    ca: Path


def compose() -> dict[str, Any]:
    """Return the compose file, its variables as they are written."""
    document: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    return document


def readme_commands(*, beginning: str) -> list[str]:
    """Return the commands of the README beside the compose file that begin so."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^\$ ({re.escape(beginning)}.*)$", text, re.MULTILINE)


@contextmanager
def running(environment: Environment, dot_env: Mapping[str, str]) -> Iterator[Service]:
    """
    Have PostgreSQL and the service ``mlflow`` run while the context lasts.

    A container's folders, database, address and port are others here; nothing else is.

    Args:
        environment: Has what the image has.
        dot_env: What is in the file ``.env``.
    """
    # A socket's path has to be short, and the user who runs PostgreSQL in root's place has to get there.
    home = Path(tempfile.mkdtemp(prefix="mlflow-gate-service-"))
    database = home / "pg"
    database.mkdir()
    try:
        postgres.start(database)
        _make_certificates(home)
        with _mlflow(
            home, f"postgresql+psycopg2://gate@/postgres?host={database}", environment, dot_env
        ) as service:
            yield service
    finally:
        postgres.stop(database)
        shutil.rmtree(home)


@contextmanager
def _mlflow(
    home: Path, database: str, environment: Environment, dot_env: Mapping[str, str]
) -> Iterator[Service]:
    port = _free_port()
    there = compose()["services"]["mlflow"]
    other = {
        f"postgresql+psycopg2://mlflow:{dot_env['POSTGRES_PASSWORD']}@postgres/mlflow": database,
        "/artifacts": str(home / "artifacts"),
        "/basic_auth.ini": str(home / "basic_auth.ini"),
        "/tls/": f"{home}/tls/",
        "0.0.0.0": "127.0.0.1",
        "5000": str(port),
    }

    def here(text: str) -> str:
        text = _VARIABLE.sub(lambda match: dot_env[match[1]], text)
        for container, machine in other.items():
            text = text.replace(container, machine)
        return text

    (home / "basic_auth.ini").write_text(here(compose()["configs"]["basic_auth"]["content"]))
    program, *words = map(here, there["command"])
    variables = {name: here(value) for name, value in there["environment"].items()}
    log = home / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [environment.path / "bin" / program, *words],
            cwd=home,
            env=environment.variables(**variables, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        try:
            service = Service(f"https://{HOST}:{port}", home / "tls" / "ca.pem")
            _wait_for(service, process, log)
            yield service
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(service: Service, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{service.url}/health", verify=str(service.ca), timeout=10).ok:
                return
        time.sleep(0.2)
    raise TimeoutError(f"the service did not start:\n{log.read_text()[-4000:]}")


def _make_certificates(home: Path) -> None:
    """Make the certificates as the README does."""
    (home / "tls").mkdir()
    for command in readme_commands(beginning="openssl "):
        subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=home,
            env={**os.environ, "MLFLOW_HOST": HOST},
            capture_output=True,
            check=True,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
