"""
A Databricks workspace of the tests' own: it answers what a gate asks as the public REST API is documented to.

One experiment with one run and its logged model, models in Unity Catalog, and the Files API.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from integration_tests.unity_catalog import CATALOG_ROUTES, Catalog, Json, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "dapi-kanarienvogel"
RUN_ID = "3f0f3f1f0d4c4b5a9d9b7c2c6d1e8a44"
MODEL_ID = "m-5c2f0d7e9a6b4a1f8e3d2c1b0a998877"
EXPERIMENT = "/Shared/customer-churn"
MLMODEL = """\
flavors: {python_function: {loader_module: none, python_version: 3.11.0}}
model_uuid: 0d1f
signature:
  inputs: '[{"type": "double", "name": "tenure_months", "required": true}]'
  outputs: '[{"type": "long", "required": true}]'
"""

_FILES = "/WorkspaceInternal/Mlflow/Artifacts/1"


class Asked(NamedTuple):
    """A request: its method, its path below the host, and its fields."""

    method: str
    path: str
    fields: Json


class Workspace(ThreadingHTTPServer):
    """
    The server.

    Attributes:
        url: Its address, as DATABRICKS_HOST has it.
        catalog: Its Unity Catalog.
        run: The one run, as the API shows it.
        files: Content of each file below the Files API.
        asked: Every request so far.
        first: Answers to be given before anything else, each once.
    """

    daemon_threads = True

    def __init__(self, accuracy: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.catalog = Catalog()
        self.files = {f"{_FILES}/LoggedModels/{MODEL_ID}/artifacts/MLmodel": MLMODEL.encode()}
        self.asked: list[Asked] = []
        self.first: list[Refusal] = []
        self.run: Json = {
            "info": {
                "run_id": RUN_ID,
                "experiment_id": "1",
                "run_name": "bright-finch-12",
                "status": "FINISHED",
                "start_time": 1763740000000,
                "end_time": 1763740100000,
                "artifact_uri": f"dbfs:/databricks/mlflow-tracking/1/{RUN_ID}/artifacts",
                "lifecycle_stage": "active",
            },
            "data": {
                "metrics": [{"key": "accuracy", "value": accuracy, "timestamp": 1763740050000, "step": 0}],
                "tags": [],
            },
            "outputs": {"model_outputs": [{"model_id": MODEL_ID, "step": 0}]},
        }

    def writes(self) -> list[tuple[str, str]]:
        """Return method and path of every request that changes something."""
        return [
            (asked.method, asked.path.rpartition("mlflow/")[2])
            for asked in self.asked
            if asked.method not in ("GET", "HEAD") and not asked.path.endswith("runs/search")
        ]

    def answer(self, asked: Asked, authorization: str | None) -> Json | bytes | None:
        """Return what the API has for a request: JSON, a file, or nothing for success without a body."""
        if authorization != f"Bearer {TOKEN}":
            raise Refusal(403, "403", "Invalid access token.")
        if self.first:
            raise self.first.pop(0)
        area, _, rest = asked.path.removeprefix("/api/2.0/").partition("/")
        if area == "fs":
            return self._file(asked, *rest.partition("/")[::2])
        if (asked.method, rest) in _ROUTES:
            return _ROUTES[asked.method, rest](self, asked.fields)
        if asked.method == "GET" and rest == f"logged-models/{MODEL_ID}":
            return {"model": _LOGGED_MODEL}
        raise Refusal(404, "ENDPOINT_NOT_FOUND", f"No API found for '{asked.method} {asked.path}'")

    def log_batch(self, fields: Json) -> Json:
        """Set tags of the run."""
        new = {tag["key"]: tag for tag in fields["tags"]}
        kept = [tag for tag in self.run["data"]["tags"] if tag["key"] not in new]
        self.run["data"]["tags"] = [*kept, *new.values()]
        return {}

    def delete_run_tag(self, fields: Json) -> Json:
        """Remove a tag of the run."""
        tags = self.run["data"]["tags"]
        self.run["data"]["tags"] = [tag for tag in tags if tag["key"] != fields["key"]]
        return {}

    def _file(self, asked: Asked, kind: str, path: str) -> Json | bytes | None:
        name = f"/{path}"
        if kind == "directories":
            below = sorted(file for file in self.files if file.startswith(f"{name}/"))
            if not below:
                raise Refusal(404, "NOT_FOUND", "The directory being accessed is not found.")
            size = {file: len(self.files[file]) for file in below}
            contents = [{"path": file, "is_directory": False, "file_size": size[file]} for file in below]
            return None if asked.method == "HEAD" else {"contents": contents}
        if asked.method == "PUT":
            self.files[name] = asked.fields["body"]
            return None
        if name not in self.files:
            raise Refusal(404, "NOT_FOUND", "The file being accessed is not found.")
        return self.files[name]


_LOGGED_MODEL: Json = {
    "info": {
        "model_id": MODEL_ID,
        "experiment_id": "1",
        "name": "model",
        "status": "LOGGED_MODEL_READY",
        "source_run_id": RUN_ID,
        "artifact_uri": f"dbfs:/databricks/mlflow-tracking/1/logged_models/{MODEL_ID}/artifacts",
    },
    "data": {},
}
_EXPERIMENT: Json = {"experiment_id": "1", "name": EXPERIMENT, "lifecycle_stage": "active"}


def _run_of(workspace: Workspace, fields: Json) -> Json:
    if fields["run_id"] != RUN_ID:
        raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Run '{fields['run_id']}' not found.")
    return {"run": workspace.run}


_ROUTES: dict[tuple[str, str], Callable[[Workspace, Json], Json]] = {
    ("GET", "experiments/get-by-name"): lambda _, __: {"experiment": _EXPERIMENT},
    ("GET", "experiments/get"): lambda _, __: {"experiment": _EXPERIMENT},
    ("POST", "runs/search"): lambda workspace, _: {"runs": [workspace.run]},
    ("GET", "runs/get"): _run_of,
    ("POST", "runs/log-batch"): Workspace.log_batch,
    ("POST", "runs/delete-tag"): Workspace.delete_run_tag,
}


def _in_catalog(call: Callable[[Catalog, Json], Json]) -> Callable[[Workspace, Json], Json]:
    return lambda workspace, fields: call(workspace.catalog, fields)


_ROUTES |= {
    (method, f"unity-catalog/{path}"): _in_catalog(call) for (method, path), call in CATALOG_ROUTES.items()
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Workspace

    def handle_request(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fields: Json = dict(parse_qsl(parts.query))
        if parts.path.startswith("/api/2.0/fs/"):
            fields["body"] = body
        elif body:
            fields |= json.loads(body)
        asked = Asked(self.command, unquote(parts.path), fields)
        self.server.asked.append(asked)
        try:
            self._send(200, self.server.answer(asked, self.headers.get("Authorization")))
        except Refusal as refusal:
            said = {"error_code": refusal.error_code, "message": refusal.message}
            self._send(refusal.status, None if self.command == "HEAD" else said)

    def _send(self, status: int, answer: Json | bytes | None) -> None:
        content = (
            answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
        )
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/json" if isinstance(answer, dict) else "application/octet-stream"
        )
        self.send_header("Content-Length", str(len(content)))
        # The workspace's id, which MLflow links a version's run by.
        self.send_header("x-databricks-org-id", "4711")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Keep quiet."""

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request  # noqa: N815 - the names that http.server looks for


@contextmanager
def databricks(accuracy: float = 0.93) -> Iterator[Workspace]:
    """Have a workspace answer while the context lasts, with one run that has this accuracy and a model."""
    server = Workspace(accuracy)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
