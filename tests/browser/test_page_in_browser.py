"""The page in a real browser: nothing is asked for, every number is where the decision has it, all can read it."""

from __future__ import annotations

import json
from io import BytesIO
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pypdf import PdfReader

from tests.browser.hard_to_show import HOSTILE, LONG, MANY, MANY_GATE, ODD, ODD_GATE, UNICODE
from tests.browser.looks import BEYOND, FAINT, PLACES
from tests.browser.showing import DAYS, PROMOTED, REJECTED, Shown, Story
from tests.seeding import RestSeeder, fresh

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Visiting

SCENES = ("rejected", "promoted", "odd")


@pytest.fixture(scope="module")
def story(
    browser: Browser,  # noqa: ARG001 - without one nothing has to be shown
    mlflow_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    """Return a month of a model."""
    folder = tmp_path_factory.mktemp("shown")
    return Story(RestSeeder(mlflow_server), folder, fresh("customer-churn"), fresh("churn"))


@pytest.fixture(scope="module")
def rejected(story: Story) -> Shown:
    """Return what a session left that did not promote."""
    return story.judged("rejected", REJECTED)


@pytest.fixture(scope="module")
def going_on(story: Story, rejected: Shown) -> Story:
    """Return the story after its first session: each candidate is in the past of those that come later."""
    del rejected
    return story


@pytest.fixture(scope="module")
def promoted(going_on: Story) -> Shown:
    """Return what a session left that promoted."""
    return going_on.judged("promoted", PROMOTED)


@pytest.fixture(scope="module")
def odd(going_on: Story) -> Shown:
    """Return what a session left with names and numbers that are hard to show."""
    return going_on.judged("odd", ODD, gate=ODD_GATE)


@pytest.fixture(scope="module")
def many(going_on: Story) -> Shown:
    """Return what a session of 5,000 checks left."""
    return going_on.judged("many", {f"m{number}": 0.5 for number in range(MANY)}, gate=MANY_GATE)


@pytest.fixture(params=SCENES)
def shown(request: pytest.FixtureRequest) -> Shown:
    """Return what each of the sessions left, one after the other."""
    found: Shown = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_asks_for_nothing(visit: Visiting, shown: Shown, scheme: str) -> None:
    """The page opens without a complaint of the browser, and without a request for anything but itself."""
    address = shown.page.as_uri()
    visited = visit(address, color_scheme=scheme)
    assert visited.complaints == []
    assert [url for url in visited.requested if not url.startswith("data:")] == [address]


def test_reads_the_same_without_scripts(visit: Visiting, shown: Shown) -> None:
    """A reader whose browser runs no scripts, as in Jenkins, sees the same text and the same pictures."""
    (one, pictures), (other, others) = (
        (visited.page.inner_text("body"), visited.page.locator("svg").count())
        for visited in (visit(shown.page.as_uri(), java_script_enabled=on) for on in (True, False))
    )
    assert one == other
    assert pictures == others
    assert str(shown.gate["name"]) in one


def test_holds_the_decision(visit: Visiting, shown: Shown) -> None:
    """The JSON in the page is the decision that the session wrote to its file."""
    page = visit(shown.page.as_uri()).page
    assert json.loads(str(page.text_content("#decision"))) == shown.decision


def test_pictures_have_the_decisions_numbers(visit: Visiting, shown: Shown) -> None:
    """Each check with a number for its limit has one picture, whose marks are its value, limit and baseline."""
    drawn = {
        picture["check"]: {
            name: [mark["number"] for mark in picture[name]] for name in ("value", "limit", "baseline")
        }
        for picture in _pictures(visit(shown.page.as_uri()).page, "svg[data-check]")
    }
    assert drawn == {
        check["name"]: {
            "value": _spelled(check["value"]),
            "limit": _spelled(check["bound"]),
            "baseline": _spelled(check["baseline"]),
        }
        for check in _checks(shown)
        if check["bound"] is not None
    }


def test_a_value_stands_on_its_side_of_the_limit(visit: Visiting, shown: Shown) -> None:
    """What was judged is drawn in the part where values pass exactly if the check passed."""
    outcomes = {check["name"]: check["outcome"] for check in _checks(shown)}
    wrong = {}
    for picture in _pictures(visit(shown.page.as_uri()).page, "svg[data-check]"):
        judged = picture["judged"] or picture["value"]
        if not judged or outcomes[picture["check"]] not in ("passed", "failed"):
            continue
        start, end = picture["passing"]
        if (start - 0.1 <= judged[0]["x"] <= end + 0.1) != (outcomes[picture["check"]] == "passed"):
            wrong[picture["check"]] = picture
    assert wrong == {}


def test_places_are_in_proportion(visit: Visiting, rejected: Shown) -> None:
    """In a picture, and among the cohorts of a metric, twice the difference is twice the distance."""
    page = visit(rejected.page.as_uri()).page
    bullets = [_marks(picture, "x") for picture in _pictures(page, "svg[data-check]")]
    histories = {picture["metric"]: _marks(picture, "y") for picture in _pictures(page, "svg[data-metric]")}
    cohorts = [mark for picture in _pictures(page, "svg[data-cohort]") for mark in _marks(picture, "x")]
    assert [len(marks) for marks in bullets].count(3) == 1
    limits = {"latency_ms": 2, "accuracy": 2}
    assert {metric: len(marks) for metric, marks in histories.items()} == {
        metric: DAYS + 1 + limits.get(metric, 1) for metric in REJECTED
    }
    assert len(cohorts) == 6
    for marks in (*bullets, cohorts):
        _hold_to_a_scale(marks, rising=True)
    for marks in histories.values():
        _hold_to_a_scale(marks, rising=False)


def test_a_history_has_no_line_but_limits(visit: Visiting, rejected: Shown) -> None:
    """A history is as wide as its place and has no axis through its middle, which would look like a limit."""
    page = visit(rejected.page.as_uri()).page
    looks = page.eval_on_selector_all(
        "svg[data-metric]",
        "all => all.map(one => [one.clientWidth - one.parentElement.clientWidth, getComputedStyle(one).backgroundImage])",
    )
    assert looks == [[0, "none"]] * len(REJECTED)


def test_what_failed_is_on_the_first_screen(visit: Visiting, rejected: Shown) -> None:
    """Verdict, failed checks, their limits and by how much they were missed are seen without scrolling."""
    page = visit(rejected.page.as_uri(), viewport={"width": 1280, "height": 720}).page
    for text in ("NOT PROMOTED", "f1[min]", "0.8614", ">= 0.88", "-0.0186", "recall/apac[min]", "-0.0284"):
        place = page.get_by_text(text, exact=text != "NOT PROMOTED").first.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= 720, text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(visit: Visiting, shown: Shown, scheme: str) -> None:
    """Text and background are at least 4.5 to 1 apart, light and dark, and dark is dark."""
    page = visit(shown.page.as_uri(), color_scheme=scheme).page
    found = page.evaluate(FAINT)
    assert found["seen"] > 30
    assert found["faint"] == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(json.loads(f"[{background[4:-1]}]")) < 3 * 128) == (scheme == "dark")


@pytest.mark.parametrize("width", [520, 360])
def test_nothing_leaves_a_narrow_window(visit: Visiting, shown: Shown, width: int) -> None:
    """In MLflow's artifact pane, 520 pixels wide, and on a phone nothing has to be scrolled sideways."""
    page = visit(shown.page.as_uri(), viewport={"width": width, "height": 800}).page
    assert page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]") == [width, width]
    assert page.evaluate(BEYOND) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_every_check(visit: Visiting, rejected: Shown, scheme: Literal["light", "dark"]) -> None:
    """A printed page names every check with its value, on white."""
    page = visit(rejected.page.as_uri(), color_scheme=scheme).page
    printed = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf())).pages)
    words = "".join(printed.split())
    for check in _checks(rejected):
        assert "".join(check["name"].split()) in words
        assert _spelled(check["value"]) == [] or f"{check['value']:.6g}" in words
    page.emulate_media(media="print", color_scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(FAINT)["faint"] == []


def test_names_are_text(visit: Visiting, odd: Shown) -> None:
    """HTML, quotes, Unicode and 200 characters in names and reasons are shown as they are, and do nothing."""
    page = visit(odd.page.as_uri()).page
    text = page.inner_text("main")
    for name in (*HOSTILE, LONG, UNICODE):
        assert f"{name}[min]" in text
    assert "<i>in italics</i>" in text
    assert "</td></script><script>document.title='taken'</script>" in text
    assert page.title() == "FAILED odd"
    assert page.locator("main img, main script, main i").count() == 0


def test_five_thousand_checks(visit: Visiting, many: Shown) -> None:
    """A page of 5,000 checks has a line and a picture for each of them, and fits into a narrow window."""
    visited = visit(many.page.as_uri(), viewport={"width": 520, "height": 800})
    page = visited.page
    assert visited.complaints == []
    assert page.locator("table.checks tbody tr").count() == 5 * MANY + 1
    assert page.locator("svg[data-check]").count() == 5 * MANY
    assert page.evaluate("document.scrollingElement.scrollWidth") == 520


def _checks(shown: Shown) -> list[dict[str, Any]]:
    checks: list[dict[str, Any]] = shown.gate["checks"]
    return checks


def _pictures(page: Page, selector: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.eval_on_selector_all(selector, f"pictures => pictures.map({PLACES})")
    return found


def _spelled(number: float | str | None) -> list[str]:
    """Return what a mark of *number* is called; no mark stands for no number and for NaN."""
    return [] if number in (None, "NaN") else [json.dumps(number).strip('"')]


def _marks(picture: dict[str, Any], axis: str) -> list[tuple[float, float]]:
    """Return number and place of each mark of a picture."""
    marks = (mark for name in ("value", "judged", "limit", "baseline") for mark in picture[name])
    return [(float(mark["number"]), mark[axis]) for mark in marks]


def _hold_to_a_scale(marks: list[tuple[float, float]], *, rising: bool) -> None:
    """Assert that places are a linear function of the numbers, to half a pixel."""
    (least, first), (most, last) = min(marks), max(marks)
    for number, place in marks:
        share = (number - least) / (most - least)
        assert place == pytest.approx(first + share * (last - first), abs=0.5)
    for (number, place), (other, elsewhere) in combinations(marks, 2):
        if number < other:
            assert (place < elsewhere) == rising
