"""What a gate says of past runs, and what it does not judge because it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.backtest import Champion, Past, backtest, unseen
from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.tracking.snapshot import Missing
from pytest_mlflow_gate.tracking.values import Experiment
from tests.checks.judging import rival
from tests.fakes import RUN
from tests.gatefile.loading import load_text

if TYPE_CHECKING:
    from pytest_mlflow_gate.checks.backtest import Backtest
    from pytest_mlflow_gate.tracking.snapshot import Rival
    from pytest_mlflow_gate.tracking.values import Run

HEAD = "candidate: {experiment: churn}\nbaseline: {model: churn, alias: champion}\n"
NAN = float("nan")


def run(name: str, **metrics: float) -> Run:
    """Return a run that logged these metrics."""
    return RUN._replace(run_id=name, name=name, metrics=metrics)


def judged(
    text: str, *runs: Run, baseline: Rival | Missing | None = None, champions: tuple[Champion, ...] = ()
) -> Backtest:
    """Return a backtest of *runs* by a gate with these thresholds or rules."""
    gate = load_text(HEAD + text, language=language())
    past = Past(Experiment("1", "churn", active=True), runs, baseline, champions, "", {}, 9_000.0)
    return backtest(gate, past, len(runs))


@pytest.mark.parametrize(
    ("text", "metrics", "verdict"),
    [
        pytest.param("thresholds: {m: '>= 0.5'}", {"m": 0.6}, "passes", id="passes"),
        pytest.param("thresholds: {m: '>= 0.5'}", {"m": 0.4}, "fails", id="misses"),
        pytest.param("thresholds: {m: '>= 0.5'}", {"m": NAN}, "fails", id="nan"),
        pytest.param("thresholds: {m: '>= 0.5'}", {}, "fails", id="never-logged"),
        pytest.param("thresholds: {m: {min: 0.5, severity: warn}}", {"m": 0.4}, "passes", id="only-warns"),
        pytest.param(
            "thresholds: {m: {min: 0.5, over: min}, n: '>= 0'}", {"m": 0.6, "n": 1}, "open", id="not-judged"
        ),
        pytest.param(
            "thresholds: {m: {min: 0.5, over: min, severity: warn}, n: '>= 0'}",
            {"m": 0.6, "n": 1},
            "passes",
            id="not-judged-and-only-warns",
        ),
        pytest.param(
            "thresholds: {m: {min: 0.5, over: min}, n: '>= 0'}",
            {"m": 0.6, "n": -1},
            "fails",
            id="not-judged-and-another-misses",
        ),
        pytest.param("thresholds: {m: {max_drop: 0.1}}", {"m": 0.75}, "passes", id="change"),
        pytest.param("thresholds: {m: {max_drop: 0.1}}", {"m": 0.65}, "fails", id="change-too-large"),
    ],
)
def test_verdict(text: str, metrics: dict[str, float], verdict: str) -> None:
    """A run passes when nothing that blocks speaks against it; what was not judged leaves it open."""
    (row,) = judged(text, run("a", **metrics), baseline=rival({"m": 0.8})).rows
    assert row.verdict == verdict


REQUIRE = "candidate: {{experiment: churn, require: {{{}}}}}\nthresholds: {{m: '>= 0'}}\n"


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        pytest.param(HEAD + "thresholds: {m: '>= 0.5'}", "", id="last-value"),
        pytest.param(
            HEAD + "thresholds: {m: {min: 0.5, confidence: 95%, samples: n}}", "", id="confidence-of-samples"
        ),
        pytest.param(HEAD + "thresholds: {'m/{cohort}': {min: 0.5, cohorts: '*'}}", "", id="every-cohort"),
        pytest.param(
            HEAD + "thresholds: {m: {min: 0.5, over: mean}}",
            "it reads the metric's history (over: mean)",
            id="over",
        ),
        pytest.param(
            HEAD + "thresholds: {m: {min: 0.5, dataset: holdout}}",
            "it reads the value of a dataset (dataset: holdout)",
            id="dataset",
        ),
        pytest.param(
            "candidate: {experiment: churn, replicates: parent}\n"
            "thresholds: {m: {min: 0.5, confidence: 95%}}",
            "it reads the run's replicates",
            id="replicates",
        ),
        pytest.param(
            HEAD + "thresholds: {m: {trials: n, min_probability_best: 95%}}",
            "it reads the counts of online arms",
            id="arms",
        ),
        pytest.param(REQUIRE.format("tags: {a: b}"), "", id="tags"),
        pytest.param(REQUIRE.format("params: {a: b}"), "", id="params"),
        pytest.param(REQUIRE.format("dataset: {name: a}"), "", id="dataset-input"),
        pytest.param(REQUIRE.format("max_age: 1h"), "how old a past run is now says nothing", id="max_age"),
        pytest.param(
            REQUIRE.format("artifact: model"), "it reads the files of a logged model", id="artifact"
        ),
        pytest.param(
            REQUIRE.format("signature: true"), "it reads the files of a logged model", id="signature"
        ),
    ],
)
def test_unseen(text: str, reads: str) -> None:
    """What a search of runs does not answer is said, and judged of nobody."""
    check = load_text(text, language=language()).checks[0]
    assert unseen(check) == reads


def test_rule() -> None:
    """A rule sees each run's metrics, params and tags, and the baseline."""
    pytest.importorskip("cel", reason="rules need common-expression-language, which needs Python 3.11")
    found = judged(
        "rules: {better: metrics.m > baseline.m}",
        run("a", m=0.9),
        run("b", m=0.7),
        baseline=rival({"m": 0.8}),
    )
    assert [row.verdict for row in found.rows] == ["passes", "fails"]


def test_the_baseline_itself() -> None:
    """The run of the baseline is compared with nothing; another model of the same run cannot be told from it."""
    found = judged("thresholds: {m: {min_rise: 0.1}}", run("r0", m=0.8), baseline=rival({"m": 0.8}))
    assert [finding.outcome for finding in found.of(0)] == ["exempt"]
    assert found.rows[0].verdict == "passes"


def test_no_baseline() -> None:
    """Where there is none, a change cannot be judged, and passes nobody."""
    found = judged("thresholds: {m: {min_rise: 0.1}}", run("a", m=0.8), baseline=Missing("it is gone"))
    assert [finding.text for finding in found.of(0)] == [
        "cannot judge m: there is no baseline to compare with: it is gone"
    ]
    assert found.rows[0].verdict == "fails"


def test_champions() -> None:
    """Champions are marked and set the limit; of a change each is held against the one before it."""
    old, new = run("old", m=0.7), run("new", m=0.65)
    before = rival({"m": 0.7}, run_id="old")
    found = judged(
        "thresholds: {m: {min: 0.8, max_drop: 0.01}}",
        run("c", m=0.9),
        new,
        baseline=rival({"m": 0.9}),
        champions=(Champion(old), Champion(new, before)),
    )
    assert [row.champion for row in found.rows] == [False, True]
    assert [(str(one.champions.number), one.champions.of) for one in found.columns if one.champions] == [
        ("0.65", 2),
        ("0.05", 1),
    ]
