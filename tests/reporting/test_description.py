"""The table in a version's description: what it says, and that nobody else's words are lost for it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.promotion.decision import Decision, Result
from pytest_mlflow_gate.reporting.description import LONGEST, with_report
from pytest_mlflow_gate.reporting.markdown import plain
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from pytest_mlflow_gate.tracking.values import Experiment
from tests.fakes import RUN
from tests.gates import gate

URL = "http://mlflow:5000/#/experiments/1/runs/r1"
NOON = 1_763_722_800.0
BEGIN, END = "<!-- mlflow_gate/churn -->", "<!-- /mlflow_gate/churn -->"
CANDIDATE = Snapshot(RUN, Experiment("1", "churn", active=True), url=URL)
FOUND = Finding("candidate[run]", "passed", "run bold-shrew", 2)
PASSED = Finding(
    "f1[min]", "passed", "0.9 >= 0.88", 5, metric="f1", value=0.9, limit=">= 0.88", margin=Decimal("0.02")
)
FAILED = Finding(
    "recall/a|b[max_drop]",
    "failed",
    "fell",
    6,
    metric="recall/a|b",
    value=0.8,
    limit="at most 0.01 below 0.85",
    margin=Decimal("-0.04"),
    baseline=0.85,
)
WARNED = Finding(
    "latency_ms[max:warn]", "failed", "slow", 7, "warn", "latency_ms", 120.0, "<= 100", Decimal(-20)
)
UNKNOWN = Finding("auc[min]", "unevaluable", "never logged", 8, metric="auc", limit=">= 0.5")


def decision(*findings: Finding, **changes: object) -> Decision:
    """Return a decision with these findings that promoted version 2."""
    result = Result("promoted", "churn-classifier version 2 is now @champion", version="2")
    made = Decision(gate(), "http://mlflow:5000", CANDIDATE, (FOUND, *findings), result)
    return made._replace(**changes)  # type: ignore[arg-type]


def test_what_a_version_says() -> None:
    """What became of it, every number with what did not pass first, the run, the report and the time."""
    text = with_report("", decision(PASSED, WARNED, UNKNOWN, FAILED), NOON)
    assert text == "\n".join(
        (
            BEGIN,
            "PROMOTED churn: churn-classifier version 2 is now \\@champion  ",
            "",
            "| check | value | limit | baseline | margin | verdict |",
            "| --- | --- | --- | --- | --- | --- |",
            r"| auc\[min\] |  | &gt;= 0.5 |  |  | **cannot judge** |",
            r"| recall/a\|b\[max\_drop\] | 0.8 | at most 0.01 below 0.85 | 0.85 | -0.04 | **failed** |",
            r"| latency\_ms\[max:warn\] | 120 | &lt;= 100 |  | -20 | warn: failed |",
            r"| f1\[min\] | 0.9 | &gt;= 0.88 |  | +0.02 | passed |",
            "",
            (
                f"run [bold-shrew]({URL}), [report]({URL}/artifacts/mlflow_gate/churn/report.html), "
                "2025-11-21 11:00:00 UTC"
            ),
            END,
        )
    )


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        pytest.param(
            {"result": Result("awaiting", "set a tag", version="2")},
            "NOT PROMOTED churn: set a tag  ",
            None,
            id="awaiting",
        ),
        pytest.param(
            {"result": Result("failed", "put back", left=("alias champion",))},
            "PROMOTION FAILED churn: put back  \nalias champion  ",
            None,
            id="not-all-put-back",
        ),
        pytest.param({"result": Result("none", "")}, "PASSED churn  ", None, id="only-judges"),
        pytest.param(
            {"result": Result("none", ""), "findings": (FAILED,)},
            "FAILED churn  ",
            None,
            id="only-rejects",
        ),
        pytest.param(
            {"candidate": CANDIDATE._replace(url=None)},
            "PROMOTED churn: churn-classifier version 2 is now \\@champion  ",
            "run bold-shrew, 2025-11-21 11:00:00 UTC",
            id="store-without-pages",
        ),
        pytest.param(
            {"candidate": CANDIDATE._replace(url=f"{URL}?workspace=a%20b")},
            "PROMOTED churn: churn-classifier version 2 is now \\@champion  ",
            f"run [bold-shrew]({URL}?workspace=a%20b), "
            f"[report]({URL}/artifacts/mlflow_gate/churn/report.html?workspace=a%20b), 2025-11-21 11:00:00 UTC",
            id="workspace",
        ),
    ],
)
def test_how_it_begins_and_ends(changes: dict[str, object], first: str, last: str | None) -> None:
    """Above the table stands what became of the promotion, below it where to look."""
    text = with_report("", decision(PASSED, **changes), NOON)
    assert text is not None
    assert text.startswith(f"{BEGIN}\n{first}\n\n| check |")
    assert last is None or text.endswith(f"\n{last}\n{END}")


def test_words_of_people_stay() -> None:
    """What stands before and behind is kept to the letter, and a second report takes the first one's place."""
    before, after = "# Why\n\n* we **like** it  ", "\n\n| my | table |\n"
    once = with_report(before, decision(PASSED), NOON)
    assert once is not None
    assert once.startswith(f"{before.rstrip()}\n\n{BEGIN}\n")
    edited = f"{once}{after}"
    twice = with_report(edited, decision(PASSED, FAILED), NOON + 60)
    assert twice is not None
    assert (twice.partition(BEGIN)[0], twice.partition(END)[2]) == (f"{before.rstrip()}\n\n", after)
    assert twice.count(BEGIN) == 1
    assert "11:01:00 UTC" in twice
    assert "11:00:00 UTC" not in twice
    assert with_report(twice, decision(PASSED), NOON) == edited


def test_gates_have_a_table_each() -> None:
    """Two gates on one version do not overwrite each other, also where their names are alike."""
    text: str | None = ""
    for name in ("churn", "churn/eu", "churn_eu", "churn"):
        assert text is not None
        text = with_report(text, decision(PASSED, gate=gate(name=name)), NOON)
    assert text is not None
    assert text.count("| check |") == 3


@given(st.lists(st.sampled_from([BEGIN, END, "my words", "\n\n"]), max_size=8))
def test_lost_marks_swallow_nothing(pieces: list[str]) -> None:
    """Whatever people made of the marks, only what stands between a begin and its own end is replaced."""
    ends = [place for place, piece in enumerate(pieces) if piece == END and BEGIN in pieces[:place]]
    before = "".join(pieces).rstrip() + "\n\n" if pieces else ""
    after = ""
    if ends:
        begin = max(place for place, piece in enumerate(pieces[: ends[0]]) if piece == BEGIN)
        before, after = "".join(pieces[:begin]), "".join(pieces[ends[0] + 1 :])
    report = with_report("", decision(PASSED), NOON)
    assert with_report("".join(pieces), decision(PASSED), NOON) == f"{before}{report}{after}"


@pytest.mark.parametrize("words", [0, 2000, 4000])
def test_more_checks_than_there_is_room(words: int) -> None:
    """A description is never too long for a database: checks that passed are left out, and counted."""
    many = [PASSED._replace(check=f"m{number}[min]") for number in range(5_000)]
    text = with_report("x" * words, decision(*many, FAILED), NOON)
    assert text is not None
    assert LONGEST - 200 < len(text) <= LONGEST
    assert r"| recall/a\|b" in text
    rows = text.count("| passed |")
    assert f"\n... and {5_000 - rows} more checks\n" in text


def test_no_room_at_all() -> None:
    """Where people's own words fill the description, they win."""
    assert with_report("x" * (LONGEST - 100), decision(PASSED), NOON) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("<script>alert('&')</script>", "&lt;script&gt;alert('&amp;')&lt;/script&gt;", id="html"),
        pytest.param("a|b", r"a\|b", id="column"),
        pytest.param("__init__ *x* `y` ~z~", r"\_\_init\_\_ \*x\* \`y\` \~z\~", id="emphasis"),
        pytest.param("[a](http://x)", r"\[a\](http://x)", id="link"),
        pytest.param("a\r\n b\u2028c", "a b c", id="lines"),
        pytest.param("größe 汉字 😀", "größe 汉字 😀", id="unicode"),
        pytest.param("back\\slash", r"back\\slash", id="backslash"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    """A name is a name, whatever Markdown and HTML would make of it."""
    assert plain(text) == shown
