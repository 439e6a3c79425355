"""The store of a command: as a session chooses it, with the command's own options in place of pytest's."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from pytest_mlflow_gate.commands.speaking import Failed
from pytest_mlflow_gate.extensions import installed_language
from pytest_mlflow_gate.gatefile.loader import load
from pytest_mlflow_gate.tracking.uri import TrackingUri, choose_registry_uri, choose_tracking_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from pytest_mlflow_gate.tracking.store import Store

Command = TypeVar("Command", bound="Callable[..., None]")


def store_options(command: Command) -> Command:
    """Add ``--tracking-uri`` and ``--registry-uri`` to a command."""
    registry = click.option(
        "--registry-uri",
        metavar="URI",
        callback=_not_blank,
        help="Registry.  [default: the file's, MLFLOW_REGISTRY_URI, the tracking URI]",
    )
    tracking = click.option(
        "--tracking-uri",
        metavar="URI",
        callback=_not_blank,
        help="Server or store.  [default: the file's, MLFLOW_TRACKING_URI]",
    )
    return tracking(registry(command))


def promoting_gate(file: Path, what: str) -> tuple[Gate, Promotion]:
    """
    Load a gate file that promotes.

    Args:
        file: The gate file.
        what: What the command does to promotions, e.g. ``approve``.

    Raises:
        GateFileError: With every problem of the file.
        Failed: If the gate only judges.
    """
    gate = load(file, language=installed_language(), environ=os.environ)
    if gate.promotion is None:
        raise Failed(f"{file}: this gate does not promote, so there is nothing to {what}")
    return gate, gate.promotion


class Places(NamedTuple):
    """
    Where a command reads and writes.

    Attributes:
        tracking: The tracking URI that won.
        registry: The registry's, or None where it is the same.
    """

    tracking: TrackingUri
    registry: TrackingUri | None


def chosen_tracking(tracking_uri: str | None, gate: Gate | None = None) -> TrackingUri | None:
    """Return the tracking URI of the option, else the gate file's, else the environment's, else None."""
    if tracking_uri is not None:
        return TrackingUri(tracking_uri.strip(), "--tracking-uri")
    return choose_tracking_uri(
        option=None,
        in_file=gate.tracking_uri if gate else None,
        file_name=gate.path.name if gate else "",
        ini=None,
        environ=os.environ,
    )


def chosen_places(tracking_uri: str | None, registry_uri: str | None, gate: Gate | None = None) -> Places:
    """
    Return which store a command talks to, and who said so.

    Args:
        tracking_uri: The option's, or None.
        registry_uri: The option's, or None.
        gate: Whose file may name both, or None for a command without one.

    Raises:
        Failed: If nobody said which store.
    """
    tracking = chosen_tracking(tracking_uri, gate)
    if tracking is None:
        where, write = (f"{gate.path}: ", "write tracking_uri, ") if gate else ("", "")
        raise Failed(
            f"{where}no tracking URI, and MLflow would silently open an empty local store: "
            f"{write}set MLFLOW_TRACKING_URI, or give --tracking-uri"
        )
    in_file = gate.registry_uri if gate else None
    registry = choose_registry_uri(in_file=registry_uri or in_file, environ=os.environ)
    if registry is None:
        return Places(tracking, None)
    origin = "MLFLOW_REGISTRY_URI"
    if registry_uri or in_file:
        origin = "--registry-uri" if registry_uri or gate is None else gate.path.name
    return Places(tracking, TrackingUri(registry, origin))


@contextmanager
def opened_at(places: Places) -> Iterator[Store]:
    """
    Open a store for as long as the command lasts.

    Raises:
        StoreError: If it cannot be opened.
    """
    # Reads more than checking a file needs.
    from pytest_mlflow_gate.tracking.opening import open_store, tls_warning  # noqa: PLC0415

    tracking, registry = places.tracking.uri, places.registry.uri if places.registry else None
    if warning := tls_warning(tracking, registry, os.environ):
        click.echo(warning, err=True)
    store = open_store(tracking, registry, os.environ)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened(tracking_uri: str | None, registry_uri: str | None, gate: Gate | None = None) -> Iterator[Store]:
    """
    Open the store that `chosen_places` finds, for as long as the command lasts.

    Raises:
        Failed: If nobody said which store.
        StoreError: If it cannot be opened.
    """
    with opened_at(chosen_places(tracking_uri, registry_uri, gate)) as store:
        yield store


def _not_blank(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    del context, parameter
    if value is not None and not value.strip():
        raise click.BadParameter("the value is empty, give a URI")
    return value
