"""Artifacts through MLflow's client, by the address of their folder; to be called in `client_calls.ask`."""

from __future__ import annotations

import posixpath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pytest_mlflow_gate.tracking import entities
from pytest_mlflow_gate.tracking.small_files import LONGEST, lists_file
from pytest_mlflow_gate.tracking.store import Rejected

if TYPE_CHECKING:
    from pytest_mlflow_gate.tracking.values import Artifact


def folder_at(root: str, path: str, tracking_uri: str) -> tuple[Artifact, ...]:
    """Return one level of the artifacts below *path* of the folder *root*; empty when there is nothing."""
    from mlflow.artifacts import list_artifacts  # noqa: PLC0415 - takes seconds

    found = list_artifacts(artifact_uri=f"{root}/{path}" if path else root, tracking_uri=tracking_uri)
    return tuple(
        entry._replace(path=posixpath.join(path, posixpath.basename(entry.path)))
        for entry in map(entities.artifact, found)
    )


def file_at(root: str, path: str, tracking_uri: str) -> bytes | None:
    """
    Return the file *path* of the folder *root*, or None when there is none.

    Of one longer than `LONGEST` it is enough to tell.

    Args:
        root: Address of an artifact folder.
        path: Relative to it.
        tracking_uri: Of the server whose artifacts they are, if it serves them.
    """
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415 - as in folder_at

    if not lists_file(folder_at(root, posixpath.dirname(path), tracking_uri), path):
        return None
    with TemporaryDirectory(prefix="mlflow-gate-") as folder:
        copy = download_artifacts(artifact_uri=f"{root}/{path}", dst_path=folder, tracking_uri=tracking_uri)
        with Path(copy).open("rb") as file:
            return file.read(LONGEST + 1)


def require_reachable(root: str, tracking_uri: str, server: str) -> None:
    """
    Refuse to write a run's files into a folder that is its server's: the client would make one here.

    Args:
        root: Address of the run's artifacts.
        tracking_uri: Of the server or store that has the run.
        server: The same, credentials masked, which the message begins with.

    Raises:
        Rejected: When *root* is a path, a server says so, and this machine has no such experiment's folder.
    """
    parts = urlsplit(root)
    if parts.scheme not in ("", "file") or not tracking_uri.lower().startswith(("http://", "https://")):
        return
    folder = Path(url2pathname(parts.path) if parts.scheme else root)
    if not folder.parent.parent.is_dir():
        raise Rejected(
            f"{server}: keeps the run's files in a folder of its own machine, which this one does not have: "
            "start it with --serve-artifacts, or give the experiment another artifact location"
        )
