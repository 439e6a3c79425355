"""What a gate reads of artifacts: one small text, such as an MLmodel file."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.store import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mlflow_gate.tracking.values import Artifact

LONGEST = 1_000_000
"""Most bytes of a file that a gate reads; an MLmodel file has a few thousand."""


def lists_file(folder: Iterable[Artifact], path: str) -> bool:
    """
    Tell whether a file, and no folder, of *path*'s name is among the entries of its *folder*.

    Asked before the file is: for one that is not there, MLflow 2 answers as for a server that fails.
    """
    name = posixpath.basename(path)
    return any(posixpath.basename(entry.path) == name and not entry.is_dir for entry in folder)


def text_of(content: bytes, path: str, server: str) -> str:
    """
    Return the text of a file.

    Args:
        content: All of it, or at least the first byte beyond `LONGEST`.
        path: As it was asked for.
        server: Masked URI of the server that has it, which the message begins with.

    Raises:
        Rejected: When it is too large, or no UTF-8 text.
    """
    if len(content) > LONGEST:
        raise Rejected(f"{server}: {path!r} is larger than 1 MB, and a gate reads small text files only")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Rejected(f"{server}: {path!r} is no UTF-8 text, and a gate reads no other files") from None
