"""Artifacts over REST: folders are listed as JSON, files are sent as they are, outside of the API 2.0."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_mlflow_gate.tracking import shapes
from pytest_mlflow_gate.tracking.small_files import lists_file, text_of

if TYPE_CHECKING:
    from pytest_mlflow_gate.tracking.api import Api
    from pytest_mlflow_gate.tracking.values import Artifact

_SERVED = "mlflow-artifacts:/"
_PROXY = "/api/2.0/mlflow-artifacts/artifacts/"
_FILES_OF_RUNS = "/get-artifact"
_FILES_OF_MODELS = "/ajax-api/2.0/mlflow/logged-models/{}/artifacts/files"


def model_folder(api: Api, model_id: str, folder: str = "") -> tuple[Artifact, ...]:
    """Return one level of a logged model's files."""
    path = f"logged-models/{quote(model_id, safe='')}/artifacts/directories"
    fields = {"artifact_directory_path": folder} if folder else {}
    return tuple(api.every("GET", path, fields, "files", shapes.artifact))


def run_folder(api: Api, run_id: str, folder: str = "") -> tuple[Artifact, ...]:
    """Return one level of a run's artifacts; empty when there is nothing."""
    fields = {"run_id": run_id, "path": folder} if folder else {"run_id": run_id}
    return tuple(api.every("GET", "artifacts/list", fields, "files", shapes.artifact))


def model_file(api: Api, model_id: str, path: str) -> str | None:
    """Return the text of one file of a logged model, or None when there is none."""
    if not lists_file(model_folder(api, model_id, posixpath.dirname(path)), path):
        return None
    url = _FILES_OF_MODELS.format(quote(model_id, safe=""))
    return text_of(api.transport.file(url, {"artifact_file_path": path}), path, api.transport.description)


def run_file(api: Api, run_id: str, path: str) -> str | None:
    """Return the text of one artifact of a run, or None when there is none."""
    if not lists_file(run_folder(api, run_id, posixpath.dirname(path)), path):
        return None
    fields = {"run_uuid": run_id, "path": path}
    return text_of(api.transport.file(_FILES_OF_RUNS, fields), path, api.transport.description)


def served(root: str) -> bool:
    """Tell whether *root*, where a run's artifacts are, is a folder that its own server reads and writes."""
    return root.startswith(_SERVED) and not root.startswith(f"{_SERVED}/")


def write(api: Api, root: str, path: str, text: str) -> None:
    """Write one file below *root*, a folder that is `served`."""
    folder = root.removeprefix(_SERVED).strip("/")
    api.transport.send(f"{_PROXY}{quote(f'{folder}/{path}')}", text.encode())
