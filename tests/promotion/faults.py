"""Registries in memory that fail at one write, each in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.store import Denied, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes import FakeStore

LOST = "http://mlflow:5000: the connection was reset"
WRITES = (
    "create_registered_model",
    "create_model_version",
    "delete_model_version",
    "set_alias",
    "delete_alias",
    "set_stage",
    "set_version_tag",
    "delete_version_tag",
    "set_run_tags",
    "delete_run_tag",
)


def refusing(*starts: str, error: BaseException | None = None) -> Callable[[str], None]:
    """Return what a store calls before each write, to fail those that begin like this."""

    def refuse(text: str) -> None:
        if text.startswith(starts):
            raise error or Denied("no")

    return refuse


def lose_answers(store: FakeStore, *starts: str) -> None:
    """Have the writes that begin like this take effect, and their answers not arrive."""
    for name in WRITES:
        setattr(store, name, _losing(store, getattr(store, name), starts))


def _losing(store: FakeStore, write: Callable[..., object], starts: tuple[str, ...]) -> object:
    def written(*values: object, **more: object) -> object:
        answer = write(*values, **more)
        if store.writes[-1].startswith(starts):
            raise Unreachable(LOST)
        return answer

    return written
