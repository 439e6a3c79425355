"""A real browser, and pages in it that are watched."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@dataclass
class Visit:
    """
    A page that a browser has open.

    Attributes:
        page: Playwright's.
        requested: The address of everything that the browser asked for, in order.
        complaints: What the console holds as an error or a warning, and each exception of a script.
    """

    page: Page
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Write down from now on what happens."""
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("console", lambda line: self._say(line.type, line.text))
        self.page.on("pageerror", lambda error: self._say("error", str(error)))

    def _say(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


class Visiting(Protocol):
    """Opens an address; the options are those of Playwright's ``new_context``."""

    def __call__(self, address: str, **options: Any) -> Visit: ...


# The module's and not the session's: as long as it is open, this thread has a running event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser; without one the test is skipped, or fails where MLFLOW_GATE_BROWSER is ``required``."""
    path = chromium.find()
    if path is None and os.environ.get("MLFLOW_GATE_BROWSER") == "required":
        pytest.fail(chromium.NOT_FOUND, pytrace=False)
    if path is None:
        pytest.skip(chromium.NOT_FOUND)
    with chromium.started(path) as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visiting]:
    """Return what opens pages, each in a profile of its own; they are closed with the test."""
    with ExitStack() as stack:

        def opened(address: str, **options: Any) -> Visit:
            context = browser.new_context(**options)
            stack.callback(context.close)
            visited = Visit(context.new_page())
            visited.watch()
            visited.page.goto(address)
            return visited

        yield opened
