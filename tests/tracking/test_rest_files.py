"""Files over REST: what is sent for them, and which answers are taken for a file."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.rest import RestStore
from pytest_mlflow_gate.tracking.store import Denied, NotFound, NotMlflow, Rejected, StoreError, Unreachable
from tests.wire import Reply, Wire, reply_error, reply_html, reply_json, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CANARY = "kanarienvogel"
AS_FILE = {"Content-Disposition": "attachment; filename=MLmodel"}
LISTED = reply_json(
    {"files": [{"path": "a b/MLmodel", "is_dir": False}, {"path": "a b/data", "is_dir": True}]}
)


@pytest.fixture
def store_on(tmp_path: Path) -> Iterator[Callable[[Wire], RestStore]]:
    """Return the way to open a store on a server, with a token."""
    stores = []

    def opened(wire: Wire) -> RestStore:
        stores.append(RestStore(wire.url, None, {"MLFLOW_TRACKING_TOKEN": CANARY}, home=tmp_path))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


def reply_file(content: bytes, **headers: str) -> Reply:
    """Return a file as MLflow sends it."""
    return Reply(200, content, {"Content-Type": "text/plain", **AS_FILE, **headers})


MODEL = "/api/2.0/mlflow/logged-models/m-1%2Fx/artifacts/directories"
MODEL_FILE = "/ajax-api/2.0/mlflow/logged-models/m-1%2Fx/artifacts/files"


@pytest.mark.parametrize(
    ("read", "listing", "file"),
    [
        pytest.param(
            lambda store: store.model_file("m-1/x", "a b/MLmodel"),
            f"{MODEL}?artifact_directory_path=a+b",
            f"{MODEL_FILE}?artifact_file_path=a+b%2FMLmodel",
            id="model",
        ),
        pytest.param(
            lambda store: store.model_file("m-1/x", "MLmodel"),
            MODEL,
            f"{MODEL_FILE}?artifact_file_path=MLmodel",
            id="top-level-of-a-model",
        ),
        pytest.param(
            lambda store: store.run_file("r1", "a b/MLmodel"),
            "/api/2.0/mlflow/artifacts/list?run_id=r1&path=a+b",
            "/get-artifact?run_uuid=r1&path=a+b%2FMLmodel",
            id="run",
        ),
        pytest.param(
            lambda store: store.run_file("r1", "MLmodel"),
            "/api/2.0/mlflow/artifacts/list?run_id=r1",
            "/get-artifact?run_uuid=r1&path=MLmodel",
            id="top-level-of-a-run",
        ),
    ],
)
def test_folder_is_listed_and_file_is_read(
    store_on: Callable[[Wire], RestStore],
    read: Callable[[RestStore], str | None],
    listing: str,
    file: str,
) -> None:
    """Two requests for a file that is there, with these fields: MLflow ignores names that it does not know."""
    with served(LISTED, reply_file("größe\r\n".encode())) as wire:
        assert read(store_on(wire)) == "größe\r\n"
    assert [(arrived.method, arrived.target) for arrived in wire.arrived] == [("GET", listing), ("GET", file)]
    assert {arrived.headers["authorization"] for arrived in wire.arrived} == {f"Bearer {CANARY}"}


@pytest.mark.parametrize("path", ["a b/data", "a b/conda.yaml", "a b/mlmodel", ""])
def test_file_that_is_not_listed_is_not_asked_for(store_on: Callable[[Wire], RestStore], path: str) -> None:
    """One request for what is no file: asked for it, MLflow 2 would answer as a server that fails."""
    with served(LISTED) as wire:
        assert store_on(wire).run_file("r1", path) is None
    assert len(wire.arrived) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "told"),
    [
        pytest.param(
            reply_html("<title>Log in</title>"),
            NotMlflow,
            "answered with an HTML page instead of a file (a login page or a proxy?)",
            id="login-page",
        ),
        pytest.param(
            Reply(200, b"<title>Log in</title>", {"Content-Type": "text/html", **AS_FILE}),
            NotMlflow,
            "answered with an HTML page instead of a file (a login page or a proxy?)",
            id="page-as-a-file",
        ),
        pytest.param(
            Reply(200, b"flavors: {}", {"Content-Type": "text/plain", "Content-Disposition": "inline"}),
            NotMlflow,
            "answered with text/plain instead of a file (a login page or a proxy?)",
            id="text-that-is-no-file",
        ),
        pytest.param(
            reply_json({}),
            NotMlflow,
            "answered with application/json instead of a file (a login page or a proxy?)",
            id="json-that-is-no-file",
        ),
        pytest.param(
            Reply(200, b"flavors: {}", {"Content-Type": f"text/{CANARY}"}),
            NotMlflow,
            "answered with text/*** instead of a file (a login page or a proxy?)",
            id="token-in-a-header",
        ),
        pytest.param(
            Reply(200, b"flavors: {}"),
            NotMlflow,
            "answered with no content type instead of a file (a login page or a proxy?)",
            id="no-content-type",
        ),
        pytest.param(
            Reply(302, b"", {"Location": f"https://sso.internal/login?token={CANARY}", **AS_FILE}),
            NotMlflow,
            "redirects to https://sso.internal/login instead of answering (a login page or a proxy?); "
            "put the address of MLflow itself into tracking_uri",
            id="redirect",
        ),
        pytest.param(
            reply_html(f"<h1>Permission denied</h1> {CANARY}", 403),
            Denied,
            "403 Forbidden: Permission denied *** (a token was sent; for users who are no admins, MLflow also "
            "answers this about what does not exist)",
            id="forbidden",
        ),
        pytest.param(
            reply_html("Not Found", 404),
            NotMlflow,
            "no MLflow API at /get-artifact (404 Not Found): check the path in tracking_uri; an old server may "
            "also lack this part",
            id="no-such-page",
        ),
        pytest.param(
            reply_error(404, "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'a b/MLmodel'"),
            NotFound,
            "No such artifact: 'a b/MLmodel'",
            id="gone-meanwhile",
        ),
        pytest.param(
            reply_file(b"\xff\xfe"),
            Rejected,
            "'a b/MLmodel' is no UTF-8 text, and a gate reads no other files",
            id="no-text",
        ),
        pytest.param(
            reply_file(b"x" * 1_000_001),
            Rejected,
            "'a b/MLmodel' is larger than 1 MB, and a gate reads small text files only",
            id="too-large",
        ),
    ],
)
def test_answers_that_are_no_file(
    store_on: Callable[[Wire], RestStore], reply: Reply, kind: type[StoreError], told: str
) -> None:
    """Only what MLflow itself marks as a file is one; all else is told in one line, without the token."""
    with served(LISTED, reply) as wire, pytest.raises(kind) as caught:
        store_on(wire).run_file("r1", "a b/MLmodel")
    assert (type(caught.value), str(caught.value)) == (kind, f"{wire.url}: {told}")
    assert len(wire.arrived) == 2


def test_large_file_is_not_read_to_its_end(store_on: Callable[[Wire], RestStore]) -> None:
    """What is too large is known after the first megabyte, and the connection is not used again."""
    head = b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment\r\nContent-Length: 9000000000\r\n\r\n"
    with served(LISTED, Reply(raw=head + b"x" * 1_000_001), LISTED, reply_file(b"small")) as wire:
        store = store_on(wire)
        with pytest.raises(Rejected, match="larger than 1 MB"):
            store.run_file("r1", "a b/MLmodel")
        assert store.run_file("r1", "a b/MLmodel") == "small"


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param(reply_html("nginx", 503), id="503"),
        pytest.param(reply_file(b"half", **{"Content-Length": "8"}), id="cut"),
        pytest.param(Reply(raw=b""), id="closed"),
    ],
)
def test_file_is_asked_for_again(store_on: Callable[[Wire], RestStore], failing: Reply) -> None:
    """A proxy that fails once, or cuts a file, costs another request and not the session."""
    with served(LISTED, failing, reply_file(b"flavors: {}")) as wire:
        assert store_on(wire).run_file("r1", "a b/MLmodel") == "flavors: {}"
    assert len(wire.arrived) == 3


def test_file_that_is_cut_each_time(store_on: Callable[[Wire], RestStore]) -> None:
    """Half of a file never passes for all of it."""
    told = r": the answer ended too early \(tried 4 times in \d+ s\)$"
    cut = reply_file(b"half", **{"Content-Length": "8"})
    with served(LISTED, cut) as wire, pytest.raises(Unreachable, match=told):
        store_on(wire).run_file("r1", "a b/MLmodel")
    assert len(wire.arrived) == 5


def test_compressed_file(store_on: Callable[[Wire], RestStore]) -> None:
    """A proxy may compress: the size that counts is the text's."""
    packed = [gzip.compress(b"x" * size) for size in (1_000_000, 1_000_001)]
    replies = [reply_file(content, **{"Content-Encoding": "gzip"}) for content in packed]
    with served(LISTED, replies[0], LISTED, replies[1]) as wire:
        store = store_on(wire)
        assert store.run_file("r1", "a b/MLmodel") == "x" * 1_000_000
        with pytest.raises(Rejected, match="larger than 1 MB"):
            store.run_file("r1", "a b/MLmodel")


def test_file_of_a_workspace(tmp_path: Path) -> None:
    """Files come from the workspace that is asked for, which is entered once."""
    info = reply_json({"workspaces_enabled": True})
    with served(info, LISTED, reply_file(b"flavors: {}")) as wire:
        store = RestStore(wire.url, None, {"MLFLOW_WORKSPACE": "team"}, home=tmp_path)
        assert store.run_file("r1", "a b/MLmodel") == "flavors: {}"
        store.close()
    assert [arrived.headers.get("x-mlflow-workspace") for arrived in wire.arrived] == [None, "team", "team"]
