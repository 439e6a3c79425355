"""The files that a session was asked to write: tried before anything runs, written when all is decided."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_mlflow_gate.options import absolute, text_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_mlflow_gate.promotion.decision import SessionDecision


class OutputFile(NamedTuple):
    """
    A file that an option asks for.

    Attributes:
        option: The option, with its value as it was typed, for messages.
        path: Absolute.
        text: What the file holds, made of the decision.
    """

    option: str
    path: Path
    text: Callable[[SessionDecision], str]


def output_files(config: pytest.Config, *, runs: bool) -> tuple[OutputFile, ...]:
    """
    Return what the session's options ask for, the decision last.

    Args:
        config: The session's.
        runs: Whether items are run. Then what an earlier session has left at these places is removed: nobody
            is to take it for this one's.

    Raises:
        pytest.UsageError: For a path that cannot be a file, or where nothing can be written.
    """
    files: list[OutputFile] = []
    # What deploy steps read comes first: whatever is wrong with the next one, an old one is gone.
    for asked in (_decision_file, _ci_files, _page_file):
        for file in asked(config):
            if runs:
                _make_room(file)
            files.append(file)
    return tuple(reversed(files))


def write(files: tuple[OutputFile, ...], decided: SessionDecision) -> Iterator[str]:
    """Write every file, and yield a line for each that could not be written."""
    for file in files:
        try:
            file.path.write_text(file.text(decided), encoding="utf-8")
        except OSError as error:
            yield f"{file.option}: {error.strerror}"


def require_page_engine(asked: str) -> None:
    """
    Refuse to begin what could not be ended.

    Args:
        asked: Who asks for a page, the beginning of the message.

    Raises:
        pytest.UsageError: If what makes the page is not installed.
    """
    if find_spec("jinja2") is None:
        raise pytest.UsageError(
            f'{asked} needs Jinja2, install it with pip install "pytest-mlflow-gate[report]"'
        )


def _ci_files(config: pytest.Config) -> Iterator[OutputFile]:
    option = "--mlflow-gate-ci-files"
    value = text_option(config, "mlflow_gate_ci_files", option, "give a folder")
    if value is not None:
        from pytest_mlflow_gate.pytest_glue.ci_systems import ci_files  # noqa: PLC0415 - on request only

        yield from ci_files(config, option, value)


def _decision_file(config: pytest.Config) -> Iterator[OutputFile]:
    yield from _file(config, "mlflow_gate_decision", "--mlflow-gate-decision", _decision)


def _page_file(config: pytest.Config) -> Iterator[OutputFile]:
    for file in _file(config, "mlflow_gate_report", "--mlflow-gate-report", _page):
        require_page_engine(file.option)
        yield file


def _file(
    config: pytest.Config, name: str, option: str, text: Callable[[SessionDecision], str]
) -> Iterator[OutputFile]:
    value = text_option(config, name, option, "give a path")
    if value is None:
        return
    path = absolute(config, value)
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise pytest.UsageError(f"{option} {value}: {what}, give a file in one that does")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        # Removing a stale file would remove the link or the device.
        raise pytest.UsageError(f"{option} {value}: is a link or a device, give an ordinary file")
    yield OutputFile(f"{option} {value}", path, text)


def _make_room(file: OutputFile) -> None:
    try:
        # Of a folder for CI systems the last part may be missing; all others are there.
        file.path.parent.mkdir(exist_ok=True)
        file.path.touch()
        file.path.unlink()
    except OSError as error:
        raise pytest.UsageError(
            f"{file.option}: cannot be written ({error.strerror}), give another path"
        ) from error


def _page(decided: SessionDecision) -> str:
    from pytest_mlflow_gate.reporting.page import page  # noqa: PLC0415 - imports Jinja2

    return page(decided)


def _decision(decided: SessionDecision) -> str:
    from pytest_mlflow_gate.reporting.decision_file import document  # noqa: PLC0415 - on request only

    return document(decided)
