"""MLflow's REST API 2.0 on one server: answers become values, or the error that says they are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pytest_mlflow_gate.tracking.store import NotMlflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_mlflow_gate.tracking.http import Transport

T = TypeVar("T")

Json = dict[str, Any]

PREFIX = "/api/2.0/mlflow/"


class Api:
    """
    The API below ``/api/2.0/mlflow/`` of one server.

    Every method raises `StoreError` when the server does not answer as it should.

    Attributes:
        transport: Reaches the server.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def ask(self, method: str, path: str, fields: Mapping[str, object], *, repeatable: bool = True) -> Json:
        """Return the answer of the endpoint *path* to *fields*; `Transport.ask` says the rest."""
        return self.transport.ask(method, f"{PREFIX}{path}", fields, repeatable=repeatable)

    def value(self, answer: Json, key: str, make: Callable[[Json], T]) -> T:
        """Return what *make* makes of the answer's *key*; `NotMlflow` when it is not what MLflow sends."""
        return self._made(lambda: make(answer[key]))

    def one(self, path: str, fields: Mapping[str, object], key: str, make: Callable[[Json], T]) -> T:
        """GET *path* and return what *make* makes of the answer's *key*."""
        return self.value(self.ask("GET", path, fields), key, make)

    def every(
        self, method: str, path: str, fields: Mapping[str, object], key: str, make: Callable[[Json], T]
    ) -> Iterator[T]:
        """Yield what *make* makes of each entry of *key*, page by page; a page is asked for when needed."""
        token = ""
        while True:
            answer = self.ask(method, path, {**fields, "page_token": token} if token else fields)
            yield from self._made_of_all(answer, key, make)
            token = answer.get("next_page_token") or ""
            if not token:
                return

    def _made_of_all(self, answer: Json, key: str, make: Callable[[Json], T]) -> list[T]:
        return self._made(lambda: [make(entry) for entry in answer.get(key, ())])

    def _made(self, make: Callable[[], T]) -> T:
        try:
            return make()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise NotMlflow(
                f"{self.transport.description}: answered with JSON that is not MLflow's: {error!r}"
            ) from error
