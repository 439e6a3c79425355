"""The step summary of GitHub Actions, held against an implementation of GitHub's Markdown."""

from __future__ import annotations

import html
import re

import pytest
from markdown_it import MarkdownIt

from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.reporting.github_summary import MOST_BYTES, summary
from tests.gates import gate
from tests.reporting.decisions import (
    NASTY,
    PAGE,
    WITHHELD,
    decided,
    many,
    session,
    warned,
    without_candidate,
)


def rendered(markdown: str) -> str:
    """Return the HTML that GitHub makes of it, but for what it takes out for safety."""
    return str(MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(markdown))


def cells(markdown: str) -> list[list[str]]:
    """Return the text of each row of a summary's tables, as a reader sees it."""
    rows = re.findall(r"<tr>(.*?)</tr>", rendered(markdown), re.DOTALL)
    return [
        [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd]>(.*?)</t[hd]>", row)]
        for row in rows
    ]


def test_a_gate_that_failed() -> None:
    """What became of the promotion, where to look, and a table with what needs a person first."""
    bad = decided({"accuracy": 0.93, "f1": 0.8}, Result("withheld", "f1[min] did not pass"))
    assert (
        summary(session(bad))
        == f"""
### MLflow gate <code>churn</code>

**NOT PROMOTED churn: f1[min] did not pass**

<a href="{PAGE}">run bold-shrew</a>

| check | value | limit | margin |  |
| --- | --- | --- | --- | --- |
| <code>f1[min]</code> | 0.8 | <code>&gt;= 0.85</code> | -0.05 | ❌ f1 is 0.8, must be &gt;= 0.85 |
| <code>accuracy[min]</code> | 0.93 | <code>&gt;= 0.85</code> | +0.08 | ✅ |
"""
    )


def test_a_gate_that_promoted() -> None:
    """The version has a page too, an alias is nobody's GitHub account, and a warning is no failure."""
    text = summary(session(warned()))
    assert "**PROMOTED churn: churn-classifier version 3 is now <code>@champion</code>**" in text
    assert '<a href="http://m/#/models/churn-classifier/versions/3">version 3 of churn-classifier</a>' in text
    assert cells(text)[1] == ["latency[max:warn]", "110", "", "", "⚠️ latency is 110, must be <= 100"]


def test_what_blocks_stands_above_what_warns() -> None:
    """And what warns above what is skipped or passed."""
    failed, passed = many(2, failed=1).findings[::-1]
    (warning,) = warned().findings
    excused = passed._replace(check="excused", outcome="exempt", text="the first has nothing to beat")
    mixed = decided(findings=(passed, excused, warning, failed))
    assert [row[-1].partition(" ")[0] for row in cells(summary(session(mixed)))[1:]] == [
        "❌",
        "⚠️",
        "skipped:",
        "✅",
    ]


def test_baselines_have_a_column_where_there_are_some() -> None:
    """And none where nothing compares."""
    finding, *_ = many(1).findings
    compared = decided(findings=(finding._replace(baseline=0.9), finding._replace(check="other")))
    assert [row[:3] for row in cells(summary(session(compared)))] == [
        ["check", "value", "baseline"],
        ["m0[min]", "0.93", "0.9"],
        ["other", "0.93", ""],
    ]


@pytest.mark.parametrize(
    ("decision", "line"),
    [
        pytest.param(decided(result=Result("none", ""), gate=gate(promotion=None)), "PASSED", id="passed"),
        pytest.param(decided({}, Result("none", ""), gate=gate(promotion=None)), "FAILED", id="failed"),
        pytest.param(
            decided(result=Result("none", ""), gate=gate(promotion=None), findings=()),
            "NOT JUDGED",
            id="never-judged",
        ),
    ],
)
def test_a_gate_that_only_judges(decision: object, line: str) -> None:
    """It has a verdict although nothing was to move."""
    assert f"**{line}**" in summary(session(decision))  # type: ignore[arg-type]


def test_without_a_candidate_there_is_only_the_reason() -> None:
    """No table of nothing."""
    text = summary(session(without_candidate()))
    assert "cannot judge churn: no run 'r1'" in html.unescape(text)
    assert cells(text) == []


def test_what_was_not_put_back_is_named() -> None:
    """Whoever opens the page has something to do."""
    left = Result("failed", "it broke", left=("could not put back @a: no",))
    assert "could not put back @a: no" in re.sub(r"<[^>]+>", "", summary(session(decided(result=left))))


def test_names_are_shown_as_they_are() -> None:
    """Nothing in a name or a text is Markdown or HTML, and no table loses a cell to it."""
    nasty = NASTY
    finding = warned().findings[0]._replace(check=nasty, text=f"{nasty} is 1", limit=nasty)
    made = decided(name=nasty, findings=(finding,), result=Result("withheld", nasty))
    assert made.candidate is not None
    run = made.candidate.run._replace(name=nasty)
    made = made._replace(candidate=made.candidate._replace(run=run))
    text = summary(session(made))
    assert cells(text)[1] == [nasty, "110", nasty, "", f"⚠️ {nasty} is 1"]
    page = html.unescape(re.sub(r"<[^>]+>", "", rendered(text)))
    assert page.splitlines()[0] == f"MLflow gate {nasty}"
    assert f"run {nasty}" in page
    assert "<i>" not in rendered(text)
    assert "<em>" not in rendered(text)


@pytest.mark.parametrize(
    ("count", "name", "room", "whole"),
    [
        pytest.param(5000, "m{}", MOST_BYTES, True, id="5000-checks"),
        pytest.param(5000, "m{}" + "x" * 200, MOST_BYTES, False, id="5000-long-names"),
        pytest.param(5000, "m{}" + "é" * 200, MOST_BYTES, False, id="5000-long-names-of-two-bytes"),
        pytest.param(100, "m{}", 2000, False, id="little-room-left-by-others"),
    ],
)
def test_it_stays_below_what_github_shows(count: int, name: str, room: int, whole: bool) -> None:
    """What failed is there, and what is not there is counted."""
    text = summary(session(many(count, failed=3, name=name)), room)
    assert len(text.encode()) < room
    rows = cells(text)[1:]
    assert [row[-1][0] for row in rows[:4]] == ["❌", "❌", "❌", "✅"]
    left = count - len(rows)
    said = f"{left} more checks are left out (all of them passed): GitHub shows no more of a step."
    assert (left == 0, said in text) == (whole, not whole)


def test_failures_that_do_not_fit_are_counted() -> None:
    """Nobody takes the first page for all of it."""
    text = summary(session(many(100, failed=90)), 3000)
    left = 100 - len(cells(text)[1:])
    assert f"{left} more checks are left out ({left - 10} did not pass)" in text
    single = summary(session(many(2, failed=2)), 640)
    assert "1 more check is left out (1 did not pass)" in single


def test_many_gates_share_the_room() -> None:
    """Each of a thousand gates says what became of it before any has all its rows."""
    text = summary(session(*(many(100, failed=3) for _ in range(1000))))
    assert len(text.encode()) < MOST_BYTES
    assert text.count("### MLflow gate") == 1000
    assert text.count("**NOT PROMOTED churn: accuracy[min] did not pass**") == 1000


@pytest.mark.parametrize("room", [0, -5, 300, 5000], ids=["none", "less-than-none", "little", "some"])
def test_gates_without_room_are_counted(room: int) -> None:
    """At the least there is a line that says so."""
    text = summary(session(*(decided(result=WITHHELD) for _ in range(100))), room)
    shown = text.count("### MLflow gate")
    assert shown < 100
    assert text.endswith(f"\n{100 - shown} more gates are left out: GitHub shows no more of a step.\n")
