"""The heat map of a backtest: each run and check is there, with the numbers of the decision that the page holds."""

from __future__ import annotations

import pytest

pytest.importorskip("jinja2", reason="pages need Jinja2")

from pytest_mlflow_gate.checks.backtest import Backtest, Champion, Past, backtest
from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.promotion.decision import Decision, Result, SessionDecision
from pytest_mlflow_gate.promotion.evidence import OrdinaryTests
from pytest_mlflow_gate.reporting.page import page
from pytest_mlflow_gate.tracking.values import Experiment, Run
from tests.fakes import RUN
from tests.gatefile.loading import load_text
from tests.reporting.paging import HEAD, Seen

NAN = float("nan")
THRESHOLDS = """\
thresholds:
  accuracy: ">= 0.92"
  ms: {max: 100, severity: warn}
  loss: {max: 0.3, over: min}
"""


def run(number: int, name: str = "bold-shrew", **metrics: float) -> Run:
    """Return a run with these metrics."""
    return RUN._replace(run_id=f"r{number}", name=name, metrics=metrics)


def seen(*runs: Run, champions: tuple[Run, ...] = (), thresholds: str = THRESHOLDS) -> Seen:
    """Return the page of a session that judged these runs, newest first."""
    gate = load_text(HEAD + thresholds, language=language())
    experiment = Experiment("1", "churn", active=True)
    past = Past(experiment, runs, None, tuple(map(Champion, champions)), "nobody was", {}, 9_000.0)
    made: Backtest = backtest(gate, past, len(runs))
    findings = (Finding("backtest", "passed", "0 of 1 run would pass", 2),)
    decision = Decision(gate, "http://m", None, findings, Result("dry-run", "only a backtest"), backtest=made)
    return Seen(page(SessionDecision((decision,), OrdinaryTests(), 0, 9_000.0)))


def test_every_cell() -> None:
    """A strip for the verdicts and for each check, the oldest run first, with the values that the JSON has."""
    found = seen(
        run(3, accuracy=0.95, ms=90.0), run(2, accuracy=0.5, ms=150.0), run(1, accuracy=NAN, ms=90.0)
    )
    assert found.attributes("data-strip") == ["verdict", "accuracy[min]", "ms[max:warn]", "loss[max]"]
    assert found.attributes("data-run") == ["r1", "r2", "r3"] * 4
    (gate,) = found.decision["gates"]
    by_run = {
        one["run_id"]: {check["name"]: check for check in one["checks"]} for one in gate["backtest"]["runs"]
    }
    drawn = found.attributes("data-run-value")[3:]
    expected = [
        by_run[name][check]["value"]
        for check in ("accuracy[min]", "ms[max:warn]")
        for name in ("r1", "r2", "r3")
    ]
    assert [float(value) for value in drawn[1:6]] == expected[1:]
    assert (drawn[0], expected[0]) == ("NaN", "NaN")
    assert drawn[6:] == ["", "", ""]
    moods = [attributes["class"] for tag, attributes in found.elements if tag == "g"]
    assert moods == [
        *("bad", "bad", "doubtful"),
        *("bad", "bad", "good"),
        *("good", "doubtful", "good"),
        *("none", "none", "none"),
    ]


def test_what_stands_beside() -> None:
    """How many pass, what champions meet, what was not judged, and in each cell what was found."""
    champion = run(2, accuracy=0.5, ms=150.0)
    found = seen(run(3, accuracy=0.95, ms=90.0), champion, champions=(champion,))
    said = found.said()
    for text in (
        "last 2 finished runs of experiment churn",
        "1 of 2",
        ">= 0.5",
        "<= 150",
        "champions meet: the tightest limit that would pass 1 run once champion",
        "not judged: loss[max]: it reads the metric's history (over: min)",
    ):
        assert text in said
    titles = [text for tag, text in found.texts if tag == "title"]
    assert "bold-shrew (was champion): accuracy is 0.5, must be >= 0.92" in titles


def test_heat_is_the_distance_from_the_limit() -> None:
    """The run that is farthest from the limit has the strongest colour."""
    found = seen(
        run(2, accuracy=0.92), run(1, accuracy=0.12), thresholds="thresholds: {accuracy: '>= 0.92'}\n"
    )
    assert found.attributes("opacity") == ["1", "1", "1.00", "0.35"]


def test_names_are_text() -> None:
    """A run's name is no HTML."""
    found = seen(run(1, name="<script>alert(1)</script>", accuracy=0.95, ms=1.0))
    assert [tag for tag, _ in found.elements].count("script") == 1
    assert found.open == []


def test_many_runs() -> None:
    """The newest sixty are drawn, and all are counted."""
    found = seen(*(run(number, accuracy=0.95, ms=1.0) for number in range(200, 0, -1)))
    assert found.attributes("data-run")[:60] == [f"r{number}" for number in range(141, 201)]
    assert "and 140 older runs, which are counted and not drawn" in found.said()
    assert "200 of 200" in found.said()
