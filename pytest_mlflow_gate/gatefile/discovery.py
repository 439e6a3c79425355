"""Which files of a folder are gates."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_mlflow_gate.endings import GATE_FILE_ENDINGS
from pytest_mlflow_gate.gatefile.problems import GateFileError, Problem


def gate_files(path: Path) -> tuple[Path, ...]:
    """
    Return *path* itself, or for a folder every file below it that is named like a gate, sorted.

    Links to folders are not followed.

    Raises:
        GateFileError: If a folder has none, or cannot be read to its end.
    """
    if not path.is_dir():
        return (path,)
    try:
        found = sorted(
            Path(folder) / name
            for folder, _, names in os.walk(path, onerror=_fail)
            for name in names
            if name.endswith(GATE_FILE_ENDINGS)
        )
    except OSError as error:
        text = f"cannot be read ({error.strerror}: {error.filename}), check its permissions"
        raise GateFileError(path, [Problem(1, text)]) from error
    if not found:
        raise GateFileError(path, [Problem(1, "no *gate.yaml or *gate.yml in this folder, check the path")])
    return tuple(found)


def _fail(error: OSError) -> None:
    raise error
