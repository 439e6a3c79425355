"""Environments for the systems around a gate: the wheel of this checkout and what the system needs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.node import install
from tests.servers import CHECKOUT, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CACHE = CHECKOUT / ".cache" / "integrations"
REQUIREMENTS = Path(__file__).parent / "requirements"


class Environment(NamedTuple):
    """
    A virtual environment.

    Attributes:
        path: Its folder.
    """

    path: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.path / "bin" / "python"

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment of a process in which this environment is active, with *more* in it."""
        cleaned = clean_environment()
        path = f"{self.path / 'bin'}{os.pathsep}{cleaned.get('PATH', os.defpath)}"
        return cleaned | {"PATH": path, "VIRTUAL_ENV": str(self.path)} | more


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into *folder*, and return it."""
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(CHECKOUT),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


def environment(name: str, wheel: Path) -> Environment:
    """
    Return the environment with the packages of ``requirements/NAME.txt`` and the wheel.

    It stays in the checkout's cache, and is made anew where one of the two is another one.
    """
    made = Environment(CACHE / name)
    pins = REQUIREMENTS / f"{name}.txt"
    wanted = hashlib.sha256(pins.read_bytes() + wheel.read_bytes()).hexdigest()
    has = made.path / "has"
    with _alone(name):
        if not has.is_file() or has.read_text(encoding="utf-8") != wanted:
            # With pip, because what teams write in their CI files calls it.
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(made.path)], check=True)
            _install(made, "--requirement", str(pins))
            _install(made, "--no-deps", str(wheel))
            has.write_text(wanted, encoding="utf-8")
    return made


def run_as_job(
    command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command as CI systems do: with nothing to read, both outputs in one, and any exit status an answer."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def node_program(name: str, package: str) -> Path:
    """Return the program of an npm package, which is named with its version; beside it is the ``node`` to run it."""
    folder = CACHE / "node" / package
    program = folder / "node_modules" / ".bin" / name
    with _alone(f"node-{name}"):
        if not (program.exists() and program.with_name("node").exists()):
            install(package, folder)
    return program


def _install(made: Environment, *words: str) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(made.python), *words], check=True)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Have the other processes of the session wait."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
