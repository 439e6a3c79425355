"""How commands speak: what others wrote is shown harmlessly, and a failure is one line and exit status 1."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

from pytest_mlflow_gate.extensions import ExtensionError
from pytest_mlflow_gate.gatefile.problems import GateFileError
from pytest_mlflow_gate.promotion.move import MoveFailed
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_NAME = 250


class Failed(click.ClickException):
    """A command could not do what it was asked for; the text is for stderr, exit status 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the text as it is, without a word before it."""
        click.echo(self.message, file=file, err=file is None)


@contextmanager
def failing(prefix: str = "") -> Iterator[None]:
    """
    Turn what gate files, plugins, registries and MLflow have against a command into `Failed`.

    Args:
        prefix: Before the text of a refusal or a failure, but not of a gate file's problems.

    Raises:
        Failed: With the text.
    """
    try:
        yield
    except GateFileError as error:
        raise Failed(str(error)) from error
    except ExtensionError as error:
        raise Failed(harmless(error)) from error
    except (Refused, MoveFailed, StoreError) as error:
        raise Failed(harmless(f"{prefix}{error}")) from error


def harmless(text: object) -> str:
    """Return *text* on one line, without what would control a terminal: anybody can write tags."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text))


def name_of_a_person(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """
    Return a name without the blanks around it; the callback of ``--by``.

    Raises:
        click.BadParameter: If it is empty, no line of text or too long for a tag.
    """
    del context, parameter
    if value is None:
        return None
    name = value.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise click.BadParameter(f"give a name, one line of at most {_LONGEST_NAME} characters")
    return name
