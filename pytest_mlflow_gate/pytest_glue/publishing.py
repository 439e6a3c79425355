"""The files that a session was asked to write: tried before anything runs, written when all is decided."""

from __future__ import annotations

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


def output_files(config: pytest.Config) -> tuple[OutputFile, ...]:
    """
    Return what the session's options ask for, the decision last.

    Raises:
        pytest.UsageError: For a path that cannot be a file.
    """
    return tuple(
        OutputFile(f"{option} {value}", _file(config, option, value), text)
        for name, option, text in _FILES
        if (value := text_option(config, name, option, "give a path")) is not None
    )


def make_room(files: tuple[OutputFile, ...]) -> None:
    """
    Remove what an earlier session has left at these places: nobody is to take it for this one's.

    Raises:
        pytest.UsageError: If nothing can be written there.
    """
    for file in files:
        try:
            file.path.touch()
            file.path.unlink()
        except OSError as error:
            raise pytest.UsageError(
                f"{file.option}: cannot be written ({error.strerror}), give another path"
            ) from error


def write(files: tuple[OutputFile, ...], decided: SessionDecision) -> Iterator[str]:
    """Write every file, and yield a line for each that could not be written."""
    for file in files:
        try:
            file.path.write_text(file.text(decided), encoding="utf-8")
        except OSError as error:
            yield f"{file.option}: {error.strerror}"


def _file(config: pytest.Config, option: str, value: str) -> Path:
    path = absolute(config, value)
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise pytest.UsageError(f"{option} {value}: {what}, give a file in one that does")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        # Removing a stale file would remove the link or the device.
        raise pytest.UsageError(f"{option} {value}: is a link or a device, give an ordinary file")
    return path


def _decision(decided: SessionDecision) -> str:
    from pytest_mlflow_gate.reporting.decision_file import document  # noqa: PLC0415 - on request only

    return document(decided)


_FILES: tuple[tuple[str, str, Callable[[SessionDecision], str]], ...] = (
    ("mlflow_gate_decision", "--mlflow-gate-decision", _decision),
)
"""Option's name, the option, and what writes the file; what a deploy step relies on comes last."""
