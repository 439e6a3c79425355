"""One process for the Python blocks of all pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from tests.docs.examples import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.docs.examples import Block

SCRIPT = Path(__file__).with_name("run_blocks.py")


class PythonBlocks:
    """Runs blocks; those of one page share their names, as one script would."""

    def __init__(self, requests: IO[str], answers: IO[str], log: Path) -> None:
        self._requests, self._answers, self._log = requests, answers, log

    def run(self, page: str, folder: Path, block: Block) -> None:
        """Run *block* of *page* in *folder*; one that raises fails the test."""
        request = {"page": page, "folder": str(folder), "line": block.line, "code": block.text}
        self._requests.write(f"{json.dumps(request)}\n")
        self._requests.flush()
        answer = self._answers.readline()
        if answer != "null\n":
            said = json.loads(answer) if answer else self._log.read_text(encoding="utf-8")
            pytest.fail(f"{page}:{block.line}: {said}", pytrace=False)


@pytest.fixture(scope="session")
def python_blocks(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PythonBlocks]:
    """Return who runs Python blocks against `mlflow_server`."""
    log = tmp_path_factory.mktemp("pages") / "log"
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            env=environment(mlflow_server),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        yield PythonBlocks(process.stdin, process.stdout, log)
        process.stdin.close()
