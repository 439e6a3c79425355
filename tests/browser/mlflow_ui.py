"""MLflow's own pages, as a person opens them: an application that takes seconds to show anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_mlflow_gate.reporting.run_folder import run_folder

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

PATIENCE = 120_000
"""Milliseconds; on a loaded machine the first page of a server took 20 seconds."""


def open_report(page: Page, gate: dict[str, Any]) -> FrameLocator:
    """Go to the run that a gate judged and to its report there, and return the viewer's frame."""
    page.goto(gate["candidate"]["url"])
    page.get_by_role("tab", name="Artifacts").click(timeout=PATIENCE)
    for name in run_folder(gate["name"]).split("/"):
        page.get_by_text(name, exact=True).click(timeout=PATIENCE)
    page.get_by_text("report.html", exact=True).click(timeout=PATIENCE)
    return shown_report(page)


def shown_report(page: Page) -> FrameLocator:
    """Return the frame of MLflow's artifact viewer, once it shows a report."""
    frame = page.frame_locator("iframe")
    frame.locator("h2").first.wait_for(timeout=PATIENCE)
    return frame


def open_version(page: Page, uri: str, gate: dict[str, Any]) -> None:
    """Go to the model version that a gate promoted, and wait until its page shows a table."""
    promotion = gate["promotion"]
    page.goto(f"{uri}/#/models/{quote(promotion['model'])}/versions/{promotion['version']}")
    page.get_by_role("cell").first.wait_for(timeout=PATIENCE)
