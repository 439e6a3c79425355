"""MLflow's own UI, in a real browser: who looks there sees the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.mlflow_ui import PATIENCE, open_report, open_version, shown_report
from tests.browser.showing import PROMOTED, REJECTED, Story
from tests.seeding import RestSeeder, fresh

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Visiting

PANE = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def story(
    browser: Browser,  # noqa: ARG001 - without one nothing has to be shown
    mlflow_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    """Return a month of a model."""
    folder = tmp_path_factory.mktemp("shown")
    return Story(RestSeeder(mlflow_server), folder, fresh("customer-churn"), fresh("churn"))


def test_run_shows_the_report(visit: Visiting, story: Story) -> None:
    """The link to the run leads to its artifacts, whose viewer shows the report from side to side."""
    rejected = story.judged("rejected", REJECTED)
    page = visit("about:blank", viewport=PANE).page
    frame = open_report(page, rejected.gate)
    text = frame.locator("body").inner_text()
    assert "NOT PROMOTED" in text
    for words in ("f1[min]", "0.8614", ">= 0.88", "-0.0186"):
        assert words in text
    assert frame.locator("svg[data-check]").count() == 9
    width, seen = frame.locator("body").evaluate("() => [document.scrollingElement.scrollWidth, innerWidth]")
    assert width <= seen


def test_version_shows_the_table(visit: Visiting, story: Story) -> None:
    """The model version's page has the checks as a table, a link to the report, and none to a user "champion"."""
    promoted = story.judged("promoted", PROMOTED)
    page = visit("about:blank", viewport=PANE).page
    open_version(page, story.seed.uri, promoted.gate)
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name="f1[min]", exact=True))
    cells = row.get_by_role("cell").all_inner_texts()
    assert cells == ["f1[min]", "0.8912", ">= 0.88", "", "+0.0112", "passed"]
    assert page.get_by_text("is now @champion").count() == 1
    assert page.get_by_role("link", name="@champion").count() == 0
    link = page.get_by_role("link", name="report", exact=True)
    address = link.get_attribute("href", timeout=PATIENCE)
    page.goto("about:blank")
    page.goto(str(address))
    assert "PROMOTED" in shown_report(page).locator("h2").first.inner_text()
