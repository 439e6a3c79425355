"""pytest-html's page: a chart for each check, and the decision, true after the model moved."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from tests.pytest_glue.conftest import GATE

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

HTML = ("-p", "html", "--html", "report.html", "--self-contained-html")
WORKERS = [pytest.param([], id="plain"), pytest.param(["-n1"], id="n1"), pytest.param(["-n2"], id="n2")]
TURNS_RED = "def pytest_sessionstart(session): globals()['session'] = session\ndef pytest_unconfigure(): session.exitstatus = 7\n"
HOSTILE = "<b>f1</b>"


def written(inner: Inner) -> str:
    """Return the page."""
    return (inner.path / "report.html").read_text(encoding="utf-8")


def cases(inner: Inner) -> dict[str, list[dict[str, Any]]]:
    """Return what the page knows of each testcase, by the last part of its id."""
    (data,) = re.findall(r'data-jsonblob="([^"]*)"', written(inner))
    tests: dict[str, list[dict[str, Any]]] = json.loads(unescape(data))["tests"]
    return {nodeid.rpartition("::")[2]: entries for nodeid, entries in tests.items()}


def charts(inner: Inner) -> dict[str, list[str]]:
    """Return the charts of each testcase."""
    return {
        name: [extra["content"] for entry in entries for extra in entry["extras"]]
        for name, entries in cases(inner).items()
    }


@pytest.mark.parametrize("workers", WORKERS)
def test_each_check_has_its_chart(inner: Inner, workers: list[str]) -> None:
    """Whoever opens a test sees value and limit; what has no number has no chart."""
    inner.gate("test_ordinary.py", *HTML, *workers, accuracy=0.91)
    found = charts(inner)
    assert {name: len(drawn) for name, drawn in found.items()} == {
        "test_one": 0,
        "test_two": 0,
        "candidate[run]": 0,
        "accuracy[min]": 1,
        "f1[min]": 1,
        "latency_ms[max]": 1,
        "promotion": 0,
    }
    (drawn,) = found["accuracy[min]"]
    assert drawn.startswith('<svg class="mlflow-gate"')
    assert "<title>0.91 must be &gt;= 0.92</title>" in drawn


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    ("failing", "accuracy", "summary", "promotion"),
    [
        pytest.param(
            "",
            0.93,
            "<strong>PROMOTED</strong> churn-classifier: churn-classifier version 1 is now @champion",
            "Passed",
            id="promoted",
        ),
        pytest.param(
            "",
            0.91,
            "<strong>NOT PROMOTED</strong> churn-classifier: accuracy[min] did not pass",
            "Skipped",
            id="withheld",
        ),
        pytest.param(
            "alias",
            0.93,
            "<strong>PROMOTION FAILED</strong> churn-classifier: moving @champion",
            "Failed",
            id="failed-in-the-move",
        ),
    ],
)
def test_the_decision_stands_above_the_counts(
    inner: Inner, workers: list[str], failing: str, accuracy: float, summary: str, promotion: str
) -> None:
    """Once, in the words of the terminal, and its testcase agrees."""
    inner.monkeypatch.setenv("FAKE_FAIL", failing)
    inner.gate(*HTML, *workers, accuracy=accuracy)
    page = written(inner)
    assert page.count("<strong>") == 1
    assert summary in page
    (case,) = cases(inner)["promotion"]
    assert case["result"] == promotion


def test_a_promotion_that_is_put_back_is_none(inner: Inner) -> None:
    """The page is written once more, when pytest has forgotten who wrote it."""
    inner.write("conftest.py", TURNS_RED)
    inner.gate(*HTML)
    page = written(inner)
    assert page.count("<strong>") == 1
    assert "<strong>PROMOTION FAILED</strong> churn-classifier: " in page
    (case,) = cases(inner)["promotion"]
    assert case["result"] == "Failed"
    assert re.findall(r'class="(passed|failed)">(\d+)', page) == [("failed", "1"), ("passed", "4")]


def test_other_peoples_summaries_and_extras_stay(inner: Inner) -> None:
    """Writing the page once more does not ask them again."""
    inner.write(
        "conftest.py",
        "import pytest\n"
        "def pytest_html_results_summary(prefix): prefix.append('<p>theirs</p>')\n"
        "@pytest.hookimpl(wrapper=True, tryfirst=True)\n"
        "def pytest_runtest_makereport():\n"
        "    report = yield\n"
        "    from pytest_html import extras\n"
        "    report.extras = [*getattr(report, 'extras', []), extras.html('<p>own</p>')]\n"
        "    return report\n",
    )
    inner.gate(*HTML)
    assert written(inner).count("<p>theirs</p>") == 1
    drawn = [extra[:7] for extra in charts(inner)["accuracy[min]"]]
    assert sorted(drawn) == ["<p>own<", "<p>own<", "<p>own<", "<svg cl"]


def test_names_are_text_in_what_is_ours(inner: Inner) -> None:
    """HTML in a metric's or a gate's name is shown as it is."""
    gate = GATE.replace("  f1:", f'  "{HOSTILE}":')
    inner.write("eval_gate.yaml", f"name: '{HOSTILE}'\n{gate}")
    inner.gate(*HTML)
    (drawn,) = charts(inner)[f"{HOSTILE}[min]"]
    assert "&lt;b&gt;f1&lt;/b&gt;[min]" in drawn
    assert HOSTILE not in drawn
    assert "<strong>NOT PROMOTED</strong> &lt;b&gt;f1&lt;/b&gt;: " in written(inner)


def test_two_gates_have_a_line_each(inner: Inner) -> None:
    """In the order of the session."""
    inner.write("other_gate.yaml", "name: other\n" + GATE.partition("promote:")[0])
    inner.gate("--mlflow-gate", "other_gate.yaml", *HTML)
    lines = re.findall(r"<strong>(\w+)</strong> ([\w-]+)", written(inner))
    assert lines == [("PROMOTED", "churn-classifier"), ("PASSED", "other")]
