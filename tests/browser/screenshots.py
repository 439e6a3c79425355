"""The pictures of the README, of real sessions on a real server: ``make screenshots``."""

from __future__ import annotations

import os
import sys
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Literal

from PIL import Image
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from tests.browser import chromium
from tests.browser.mlflow_ui import open_report, open_version
from tests.browser.showing import PROMOTED, REJECTED, Story
from tests.seeding import RestSeeder
from tests.servers import CHECKOUT, THIS_PYTHON, Backends, clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.showing import Shown

IMAGES = CHECKOUT / "docs" / "images"
COMMAND = "pytest --mlflow-gate eval_gate.yaml --no-header"

_TERMINAL = """\
<!DOCTYPE html><meta charset="utf-8"><style>
pre {{ display: inline-block; margin: 0; padding: 16px 20px; background: {background}; color: {foreground};
  font: 14px/1.35 "DejaVu Sans Mono", monospace }}
</style><pre>{code}</pre>
"""


def main() -> int:
    """Take all pictures; return an exit status."""
    path = chromium.find()
    if path is None:
        sys.exit(chromium.NOT_FOUND)
    cleaned = clean_environment()
    os.environ.clear()
    os.environ.update(cleaned)
    IMAGES.mkdir(exist_ok=True)
    backends = Backends.create()
    try:
        seed = RestSeeder(backends.serve(THIS_PYTHON, "mlflow3"))
        folder = backends.folder / "work"
        folder.mkdir()
        story = Story(seed, folder, "customer-churn", "churn-classifier")
        with chromium.started(path) as browser:
            _take(browser, story)
    finally:
        backends.remove()
    return 0


def _take(browser: Browser, story: Story) -> None:
    rejected = story.judged("rejected", REJECTED, "--no-header")
    _terminal(browser, rejected, "terminal-rejected")
    _page(browser, rejected.page, "page-light", width=900, height=1180)
    _page(browser, rejected.page, "page-dark", width=900, height=1180, scheme="dark")
    _page(browser, rejected.page, "page-narrow", width=520, height=1000)
    _in_mlflow(browser, "mlflow-run", lambda page: open_report(page, rejected.gate))
    promoted = story.judged("promoted", PROMOTED, "--no-header")
    _terminal(browser, promoted, "terminal-promoted")
    uri = story.seed.uri
    _in_mlflow(browser, "mlflow-version", lambda page: open_version(page, uri, promoted.gate), height=560)


def _page(
    browser: Browser,
    path: Path,
    name: str,
    *,
    width: int,
    height: int,
    scheme: Literal["light", "dark"] = "light",
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    _save(page.screenshot(), name)
    context.close()


def _in_mlflow(browser: Browser, name: str, go: Callable[[Page], object], *, height: int = 900) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": height})
    go(page)
    # Without the pane of MLflow's assistant at the right.
    _save(page.screenshot(clip={"x": 0, "y": 0, "width": 950, "height": height}), name)
    page.close()


def _terminal(browser: Browser, shown: Shown, name: str) -> None:
    console = Console(record=True, width=80, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(f"$ {COMMAND}", highlight=False, markup=False)
    console.print(Text.from_ansi(shown.output.rstrip()), highlight=False, end="")
    page = browser.new_page()
    html = console.export_html(theme=DIMMED_MONOKAI, inline_styles=True, code_format=_TERMINAL)
    page.set_content(html)
    _save(page.locator("pre").screenshot(), name)
    page.close()


def _save(picture: bytes, name: str) -> None:
    """Write a picture in the 256 colours that come nearest, which nobody sees: a third of Chromium's bytes."""
    shot = Image.open(BytesIO(picture)).convert("RGB")
    few = shot.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
