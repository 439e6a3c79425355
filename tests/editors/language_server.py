"""An editor's side of the Language Server Protocol, as far as a gate file needs it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self


class Editor:
    """
    An editor with one language server, in a folder.

    Args:
        command: Starts the server, speaking on its standard input and output.
        folder: What the editor has open.
        environ: Of the server's process.
    """

    def __init__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self._server = subprocess.Popen(
            command, cwd=folder, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._requests = 0

    def __enter__(self) -> Self:
        """Introduce itself."""
        folder = self.folder.as_uri()
        self._ask("initialize", processId=None, rootUri=folder, capabilities={})
        self._tell("initialized")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the server."""
        self._server.kill()
        self._server.communicate()

    def open(self, name: str) -> list[tuple[int, str]]:
        """Open a file of the folder and return what the server objects to: 1-based line and message."""
        path = self.folder / name
        document = {
            "uri": path.as_uri(),
            "languageId": "yaml",
            "version": 1,
            "text": path.read_text(encoding="utf-8"),
        }
        self._tell("textDocument/didOpen", textDocument=document)
        while (message := self._read()).get("method") != "textDocument/publishDiagnostics":
            self._answer(message)
        found = message["params"]["diagnostics"]
        return [(problem["range"]["start"]["line"] + 1, problem["message"]) for problem in found]

    def hover(self, name: str, line: int, word: str) -> str:
        """Return what the server shows for a word in a 1-based line of an open file."""
        text = (self.folder / name).read_text(encoding="utf-8").splitlines()[line - 1]
        shown = self._ask(
            "textDocument/hover",
            textDocument={"uri": (self.folder / name).as_uri()},
            position={"line": line - 1, "character": text.index(word) + 1},
        )
        return str(shown["contents"]["value"])

    def _ask(self, method: str, **params: object) -> Any:
        self._requests += 1
        self._write({"id": self._requests, "method": method, "params": params})
        while (message := self._read()).get("id") != self._requests or "method" in message:
            self._answer(message)
        return message["result"]

    def _tell(self, method: str, **params: object) -> None:
        self._write({"method": method, "params": params})

    def _answer(self, message: Mapping[str, Any]) -> None:
        """Have no settings when the server asks for them."""
        if "method" in message and "id" in message:
            items = message.get("params", {}).get("items", ())
            self._write({"id": message["id"], "result": [None for _ in items] or None})

    def _write(self, message: Mapping[str, object]) -> None:
        if self._server.stdin is None:
            raise ValueError("the server has no standard input")
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def _read(self) -> dict[str, Any]:
        if self._server.stdout is None:
            raise ValueError("the server has no standard output")
        length = 0
        while (line := self._server.stdout.readline()) != b"\r\n":
            if not line:
                raise EOFError("the language server has ended")
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._server.stdout.read(length))
        return message
