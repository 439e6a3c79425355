"""Metrics over the last runs, and cohorts side by side."""

from __future__ import annotations

import math

import pytest

from pytest_mlflow_gate.reporting.page import histories as module
from pytest_mlflow_gate.reporting.page.cohort_plots import plots
from pytest_mlflow_gate.reporting.page.histories import histories
from tests.checks.judging import history, rival
from tests.reporting.paging import earlier, judged

PAST = tuple(earlier(accuracy=value) for value in (0.93, 0.9))


def test_the_candidate_stands_behind_the_earlier_runs() -> None:
    """Oldest first, from left to right, with the limits of now."""
    text = "thresholds: {accuracy: {min: 0.92, max_drop: 0.05}}"
    snapshot = {"baseline": rival({"accuracy": 0.93})}
    (drawn,), more = histories(judged(text, {"accuracy": 0.91}, past=PAST, snapshot=snapshot))
    assert more == 0
    assert [(point.across, point.value and point.value.number, point.title) for point in drawn.points] == [
        ("6", "0.9", "early-bird: 0.9"),
        ("120", "0.93", "early-bird: 0.93"),
    ]
    assert drawn.candidate is not None
    assert drawn.candidate.value is not None
    assert (drawn.candidate.across, drawn.candidate.value.number) == ("234", "0.91")
    assert (drawn.mood, drawn.said) == (
        "bad",
        "this run 0.91, >= 0.92, >= 0.88; 2 earlier runs 0.9 to 0.93",
    )
    assert [(line.check, line.limit and line.limit.number, line.title) for line in drawn.limits] == [
        ("accuracy[min]", "0.92", "accuracy[min]: >= 0.92"),
        ("accuracy[max_drop]", "0.88", "accuracy[max_drop]: >= 0.88"),
    ]
    assert drawn.path == " ".join(
        f"{point.across},{point.value.at}" for point in (*drawn.points, drawn.candidate) if point.value
    )


@pytest.mark.parametrize(
    ("threshold", "limits"),
    [
        pytest.param("'>= 0.92'", ["0.92"], id="above"),
        pytest.param("{equals: 0.9, tolerance: 0.05}", ["0.85", "0.95"], id="both-ends-of-a-tolerance"),
        pytest.param("{equals: 0.9}", ["0.9"], id="one-number-only"),
        pytest.param("'>= 1000'", ["1000.0"], id="far-away"),
    ],
)
def test_limits_are_where_values_begin_to_pass(threshold: str, limits: list[str]) -> None:
    """A line for each end of what passes."""
    (drawn,), _ = histories(judged(f"thresholds: {{accuracy: {threshold}}}", {"accuracy": 0.91}, past=PAST))
    assert [line.limit and line.limit.number for line in drawn.limits] == limits


@pytest.mark.parametrize(
    ("past", "own", "said"),
    [
        pytest.param((0.9,), 0.91, "this run 0.91, >= 0.92; 1 earlier run 0.9", id="one-run"),
        pytest.param(
            (0.9, math.nan, math.inf), 0.91, "this run 0.91, >= 0.92; 1 earlier run 0.9", id="no-numbers"
        ),
        pytest.param(
            (0.9, 0.9), math.nan, "this run has no value, >= 0.92; 2 earlier runs 0.9", id="candidate-nan"
        ),
        pytest.param(
            (0.9,), 0.9123456789, "this run 0.912346, >= 0.92; 1 earlier run 0.9", id="six-digits-are-enough"
        ),
        pytest.param((math.nan,), 0.91, None, id="only-nan"),
        pytest.param((), 0.91, None, id="no-run"),
    ],
)
def test_runs_without_a_number_are_left_out(past: tuple[float, ...], own: float, said: str | None) -> None:
    """Without an earlier value there is no history."""
    runs = tuple(earlier(accuracy=value) for value in past)
    drawn, _ = histories(judged("thresholds: {accuracy: '>= 0.92'}", {"accuracy": own}, past=runs))
    assert [history.said for history in drawn] == ([said] if said else [])


@pytest.mark.parametrize(
    "threshold",
    [
        pytest.param("accuracy: {min: 0.9, over: max}", id="another-of-its-values"),
        pytest.param("accuracy: {min: 0.9, dataset: holdout}", id="a-dataset"),
        pytest.param("accuracy: {trials: tries, min_probability_best: 95%}", id="a-probability"),
        pytest.param("'accura{cohort}': {cohorts: '*', min: 0.9}", id="several-cohorts"),
        pytest.param("'accura{cohort}': {cohorts: [cy, te], max_spread: 0.1}", id="a-spread"),
    ],
)
def test_only_what_is_judged_by_its_last_value_has_a_history(threshold: str) -> None:
    """The limit of something else is not one of the numbers that earlier runs have."""
    snapshot = {"histories": {"accuracy": history(0.9)}, "baseline": rival({"accuracy": 0.9, "tries": 9.0})}
    text = f"thresholds: {{{threshold}}}"
    metrics = {"accuracy": 0.91, "accurate": 0.9, "tries": 9.0}
    assert histories(judged(text, metrics, past=PAST, snapshot=snapshot)) == ((), 0)


def test_many_metrics_are_cut_and_what_failed_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of histories would make the page too large to open."""
    monkeypatch.setattr(module, "MOST", 2)
    text = "thresholds: {a: '>= 0.5', b: '>= 0.5', c: '>= 0.5', never: '>= 0.5'}"
    past = (earlier(a=0.6, b=0.6, c=0.6),)
    drawn, more = histories(judged(text, {"a": 0.7, "b": 0.7, "c": 0.4}, past=past))
    assert ([one.metric for one in drawn], more) == (["c", "a"], 1)


def test_nobody_has_no_history() -> None:
    """Without a candidate there is nothing to draw."""
    text = "thresholds: {accuracy: '>= 0.92'}"
    assert histories(judged(text, {}, candidate=None, past=PAST)) == ((), 0)


RECALLS = {"recall/eu": 0.9, "recall/us": 0.75, "recall/apac": math.nan}


@pytest.mark.parametrize(
    ("threshold", "dots", "spreads"),
    [
        pytest.param(
            "cohorts: [eu, us, latam], min: 0.8, max_drop: 0.2, max_spread: 0.1",
            [
                ("us", "0.75", "0.8, 0.7", "bad", "0.9"),
                ("latam", "no value", "0.8, 0.7", "bad", None),
                ("eu", "0.9", "0.8, 0.7", "good", "0.9"),
            ],
            [("no value", "<= 0.1", "bad")],
            id="listed",
        ),
        pytest.param(
            "cohorts: [eu, us], min: 0.8, severity: warn, max_spread: 0.1",
            [("us", "0.75", "0.8", "doubtful", None), ("eu", "0.9", "0.8", "good", None)],
            [("0.15", "<= 0.1", "doubtful")],
            id="only-warn",
        ),
        pytest.param(
            "cohorts: '*', min: 0.8",
            [
                ("apac", "NaN", "0.8", "bad", None),
                ("us", "0.75", "0.8", "bad", None),
                ("eu", "0.9", "0.8", "good", None),
            ],
            [],
            id="everyone",
        ),
        pytest.param(
            "cohorts: [eu, us], max_spread: 0.2",
            [("eu", "0.9", "", "good", None), ("us", "0.75", "", "good", None)],
            [("0.15", "<= 0.2", "good")],
            id="spread-alone",
        ),
    ],
)
def test_cohorts_are_side_by_side(
    threshold: str, dots: list[tuple[object, ...]], spreads: list[tuple[object, ...]]
) -> None:
    """One line for each cohort, those with trouble first, with all that it has to clear."""
    base = {"recall/eu": 0.9, "recall/us": 0.9, "recall/latam": 0.9}
    text = f"thresholds: {{'recall/{{cohort}}': {{{threshold}}}}}"
    (plot,) = plots(judged(text, RECALLS, snapshot={"baseline": rival(base)}))
    assert plot.metric == "recall/{cohort}"
    assert [
        (dot.cohort, dot.shown, dot.limit, dot.mood, dot.baseline and dot.baseline.number)
        for dot in plot.dots
    ] == dots
    assert [(spread.shown, spread.limit, spread.mood) for spread in plot.spreads] == spreads


def test_the_spread_reaches_from_the_smallest_to_the_largest() -> None:
    """Its band begins at one cohort's dot and ends at another's."""
    text = "thresholds: {'recall/{cohort}': {cohorts: [eu, us], max_spread: 0.2}}"
    (plot,) = plots(judged(text, RECALLS))
    places = sorted(float(dot.value.at) for dot in plot.dots if dot.value)
    (spread,) = plot.spreads
    assert spread.band is not None
    assert [float(spread.band.at), float(spread.band.at) + float(spread.band.length)] == places


def test_cohorts_without_a_value_have_no_plot() -> None:
    """There is nothing to compare."""
    text = "thresholds: {'f1/{cohort}': {cohorts: [eu, us], min: 0.8}}"
    assert plots(judged(text, RECALLS)) == ()


def test_many_cohorts_are_cut() -> None:
    """Each has a line among the checks too."""
    metrics = {f"recall/{number:03}": 0.7 if number == 99 else 0.9 for number in range(102)}
    (plot,) = plots(judged("thresholds: {'recall/{cohort}': {cohorts: '*', min: 0.8}}", metrics))
    assert (len(plot.dots), plot.more, plot.dots[0].cohort) == (100, 2, "099")
