"""From a metric to the value that is judged: histories, datasets, samples, replicates."""

from __future__ import annotations

import math

import pytest

from pytest_mlflow_gate.tracking.values import LoggedModel, Measurement
from tests.checks.judging import candidate, finding, history, measured, on
from tests.fakes import RUN

REPLICATED = "candidate: {run_id: r1, replicates: parent}\n"


@pytest.mark.parametrize(
    ("over", "values", "outcome", "text"),
    [
        pytest.param("first", (0.9, 0.1, 0.2), "passed", "0.9 >= 0.5", id="first-passes"),
        pytest.param("first", (0.1, 0.9, 0.9), "failed", "accuracy is 0.1, must be >= 0.5", id="first-fails"),
        pytest.param(
            "first",
            (math.nan, 0.9),
            "unevaluable",
            "cannot judge accuracy: its value is NaN, must be >= 0.5; log a finite number, or change line 3",
            id="first-nan",
        ),
        pytest.param(
            "first", (0.9, math.nan), "passed", "0.9 >= 0.5", id="first-does-not-look-at-what-follows"
        ),
        pytest.param("last", (0.1, 0.9), "passed", "0.9 >= 0.5", id="last-passes"),
        pytest.param("last", (0.9, 0.1), "failed", "accuracy is 0.1, must be >= 0.5", id="last-fails"),
        pytest.param(
            "last",
            (0.9, math.nan),
            "unevaluable",
            "cannot judge accuracy: its value is NaN, must be >= 0.5; log a finite number, or change line 3",
            id="last-nan",
        ),
        pytest.param("min", (0.9, 0.5, 0.7), "passed", "0.5 >= 0.5", id="min-passes"),
        pytest.param("min", (0.9, 0.4, 0.7), "failed", "accuracy is 0.4, must be >= 0.5", id="min-fails"),
        pytest.param(
            "min",
            (0.9, math.nan, 0.7),
            "unevaluable",
            "cannot judge accuracy: its value at step 1 is NaN, must be >= 0.5; log finite numbers, or change line 3",
            id="min-nan-in-the-middle",
        ),
        pytest.param("max", (0.1, 0.5, 0.2), "passed", "0.5 >= 0.5", id="max-passes"),
        pytest.param("max", (0.1, 0.4, 0.2), "failed", "accuracy is 0.4, must be >= 0.5", id="max-fails"),
        pytest.param(
            "max",
            (0.9, math.nan, 0.7),
            "unevaluable",
            "cannot judge accuracy: its value at step 1 is NaN, must be >= 0.5; log finite numbers, or change line 3",
            id="max-nan-in-the-middle",
        ),
        pytest.param(
            "max",
            (0.9, 0.7, math.inf),
            "unevaluable",
            "cannot judge accuracy: its value at step 2 is infinity, must be >= 0.5; log finite numbers, or change line 3",
            id="max-infinity-is-not-the-largest",
        ),
        pytest.param("mean", (0.2, 0.8), "passed", "0.5 >= 0.5", id="mean-passes"),
        pytest.param("mean", (0.2, 0.4), "failed", "accuracy is 0.3, must be >= 0.5", id="mean-fails"),
        pytest.param(
            "mean",
            (0.9, -math.inf),
            "unevaluable",
            "cannot judge accuracy: its value at step 1 is -infinity, must be >= 0.5; log finite numbers, or change line 3",
            id="mean-minus-infinity",
        ),
        pytest.param("mean", (0.7, 0.7, 0.7), "passed", "0.7 >= 0.5", id="mean-of-equal-values"),
        pytest.param("mean", (0.8, 0.9), "passed", "0.85 >= 0.5", id="mean-of-decimals"),
        pytest.param("mean", (1.7e308, 1.7e308), "passed", "1.7E+308 >= 0.5", id="mean-does-not-overflow"),
    ],
)
def test_over_a_history(over: str, values: tuple[float, ...], outcome: str, text: str) -> None:
    """What is chosen is a number only if every value that it was chosen among is one."""
    snapshot = candidate({"accuracy": values[-1]}, histories={"accuracy": history(*values)})
    found = finding(f"thresholds: {{accuracy: {{min: 0.5, over: {over}}}}}", snapshot)
    assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize(
    ("metrics", "why"),
    [
        pytest.param(
            {"acuracy": 0.9},
            "run r1 never logged it, closest: acuracy; log it, or change line 3",
            id="metric-was-never-logged",
        ),
        pytest.param(
            {"accuracy": 0.9}, "MLflow has no history of it for run r1, remove over: max", id="no-history"
        ),
    ],
)
def test_without_a_history_nothing_is_judged(metrics: dict[str, float], why: str) -> None:
    """The last value does not stand in for the best one."""
    found = finding("thresholds: {accuracy: {min: 0.5, over: max}}", candidate(metrics))
    assert (found.outcome, found.text) == ("unevaluable", f"cannot judge accuracy: {why}")


_NOT_CONFIRMED = (
    "cannot judge accuracy: its value for dataset 'holdout' is 0, which SQL stores also keep for NaN, and the "
    "run's history does not confirm it, must be <= 0.5; log it again, or change line 3"
)


@pytest.mark.parametrize(
    ("values", "outcome", "text"),
    [
        pytest.param([on("holdout", 0.4)], "passed", "0.4 <= 0.5", id="passes"),
        pytest.param([on("holdout", 0.6)], "failed", "accuracy is 0.6, must be <= 0.5", id="fails"),
        pytest.param(
            [on("holdout", 0.6), on("train", 0.1), on(None, 0.2, digest=None)],
            "failed",
            "accuracy is 0.6, must be <= 0.5",
            id="of-this-dataset",
        ),
        pytest.param(
            [on("holdout", 0.1, step=1), on("holdout", 0.6, step=2)],
            "failed",
            "accuracy is 0.6, must be <= 0.5",
            id="the-highest-step",
        ),
        pytest.param(
            [on("holdout", 0.1), on("holdout", 0.6)],
            "failed",
            "accuracy is 0.6, must be <= 0.5",
            id="of-one-step-and-time-the-one-that-mlflow-calls-the-last",
        ),
        pytest.param(
            [on("holdout", 0.6, timestamp=2_000, run_id="r2"), on("holdout", 0.1, step=9)],
            "failed",
            "accuracy is 0.6, must be <= 0.5",
            id="measured-again-by-a-later-run-from-step-0",
        ),
        pytest.param(
            [on("holdout", math.nan)],
            "unevaluable",
            "cannot judge accuracy: its value is NaN, must be <= 0.5; log a finite number, or change line 3",
            id="nan",
        ),
        pytest.param(
            [on("holdout", -math.inf)],
            "unevaluable",
            "cannot judge accuracy: its value is -infinity, must be <= 0.5; log a finite number, or change line 3",
            id="minus-infinity",
        ),
        pytest.param(
            [on("holdout", 0.4), on("holdout", 0.4, digest="d2")],
            "unevaluable",
            "cannot judge accuracy: dataset 'holdout' is ambiguous, it has the digests d1, d2; give each a name of its own, or change line 3",
            id="two-digests",
        ),
        pytest.param(
            [on("holdout", 0.4), on("holdout", 0.4, digest=None)],
            "unevaluable",
            "cannot judge accuracy: dataset 'holdout' is ambiguous, it has the digests None, d1; give each a name of its own, or change line 3",
            id="one-without-a-digest",
        ),
        pytest.param(
            [on("train", 0.4), on("test", 0.4), on("holdout", 0.4, key="f1")],
            "unevaluable",
            "cannot judge accuracy: run r1 never logged it for dataset 'holdout'; it was logged for test, train; log it for this one, or change line 3",
            id="unknown-dataset",
        ),
        pytest.param(
            [on(None, 0.4, digest=None)],
            "unevaluable",
            "cannot judge accuracy: run r1 never logged it for dataset 'holdout'; it was logged for no dataset; log it for this one, or change line 3",
            id="no-dataset",
        ),
    ],
)
def test_by_dataset(values: list[object], outcome: str, text: str) -> None:
    """The logged model's value for the dataset of that name, never the run's own."""
    snapshot = candidate({"accuracy": 0.0}, models=(measured(*values),))  # type: ignore[arg-type]
    found = finding("thresholds: {accuracy: {max: 0.5, dataset: holdout}}", snapshot)
    assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize(
    ("histories", "outcome", "text"),
    [
        pytest.param(
            {"accuracy": (Measurement(0.0, 3, 7),)}, "passed", "0 <= 0.5", id="confirmed-by-the-history"
        ),
        pytest.param({"accuracy": (Measurement(math.nan, 3, 7),)}, "unevaluable", _NOT_CONFIRMED, id="nan"),
        pytest.param(
            {"accuracy": (Measurement(0.0, 3, 7), Measurement(math.nan, 3, 7))},
            "unevaluable",
            _NOT_CONFIRMED,
            id="nan-and-0-at-one-time",
        ),
        pytest.param(
            {"accuracy": (Measurement(0.0, 3, 8),)}, "unevaluable", _NOT_CONFIRMED, id="at-another-time"
        ),
        pytest.param({}, "unevaluable", _NOT_CONFIRMED, id="no-history"),
    ],
)
def test_a_dataset_value_of_zero_is_believed_only_when_the_history_confirms_it(
    histories: dict[str, tuple[Measurement, ...]], outcome: str, text: str
) -> None:
    """SQL stores turn a logged model's NaN into 0.0."""
    zero = measured(on("holdout", 0.0, step=3, timestamp=7))
    snapshot = candidate({"accuracy": 0.0}, models=(zero,), histories=histories)
    found = finding("thresholds: {accuracy: {max: 0.5, dataset: holdout}}", snapshot)
    assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize(
    ("models", "text"),
    [
        pytest.param(
            (),
            "cannot judge accuracy: run r1 has no MLflow 3 logged model, and only those have values by dataset; log one with log_model, or change line 3",
            id="no-logged-model",
        ),
        pytest.param(
            (measured(on("holdout", 0.4)), measured(on("holdout", 0.4), model_id="m-2")),
            "cannot judge accuracy: the logged models model (m-1), model (m-2) have values for dataset "
            "'holdout': say which one is meant with model_id or promote.artifact, or register it",
            id="two-models-with-equal-values",
        ),
    ],
)
def test_whose_dataset_value_it_is_has_to_be_clear(models: tuple[LoggedModel, ...], text: str) -> None:
    """Of two models the gate does not take the one that would pass."""
    found = finding(
        "thresholds: {accuracy: {max: 0.5, dataset: holdout}}", candidate({"accuracy": 0.1}, models=models)
    )
    assert (found.outcome, found.text) == ("unevaluable", text)


@pytest.mark.parametrize(
    ("settings", "metrics", "outcome", "text"),
    [
        pytest.param(
            "min: 0.85, samples: 250",
            {"accuracy": 0.9},
            "passed",
            "0.9 (95% lower bound 0.8565482893919354, 250 samples) >= 0.85",
            id="lower-bound-passes",
        ),
        pytest.param(
            "min: 0.88, samples: 250",
            {"accuracy": 0.9},
            "failed",
            "accuracy is 0.9 (95% lower bound 0.8565482893919354, 250 samples), must be >= 0.88",
            id="value-passes-lower-bound-does-not",
        ),
        pytest.param(
            "above: 0, samples: 1",
            {"accuracy": 0.0},
            "failed",
            "accuracy is 0 (95% lower bound 0, 1 samples), must be > 0",
            id="above-takes-the-lower-bound",
        ),
        pytest.param(
            "max: 0.92, samples: 250",
            {"accuracy": 0.9},
            "failed",
            "accuracy is 0.9 (95% upper bound 0.9313450710117089, 250 samples), must be <= 0.92",
            id="max-takes-the-upper-bound",
        ),
        pytest.param(
            "below: 0.94, samples: 250",
            {"accuracy": 0.9},
            "passed",
            "0.9 (95% upper bound 0.9313450710117089, 250 samples) < 0.94",
            id="below-takes-the-upper-bound",
        ),
        pytest.param(
            "min: 0.85, samples: n",
            {"accuracy": 0.9, "n": 250.0},
            "passed",
            "0.9 (95% lower bound 0.8565482893919354, 250 samples) >= 0.85",
            id="samples-of-a-metric",
        ),
        pytest.param(
            "min: 0.85, samples: n",
            {"accuracy": 0.9, "N": 250.0},
            "unevaluable",
            "cannot judge accuracy: samples: n: run r1 never logged it, closest: N; log it, or change line 3",
            id="samples-missing",
        ),
        pytest.param(
            "min: 0.85, samples: n",
            {"accuracy": 0.9, "n": 249.5},
            "unevaluable",
            "cannot judge accuracy: samples: n is 249.5, must be a whole number from 1; log one, or change line 3",
            id="samples-a-fraction",
        ),
        pytest.param(
            "min: 0.85, samples: n",
            {"accuracy": 0.9, "n": 0.0},
            "unevaluable",
            "cannot judge accuracy: samples: n is 0, must be a whole number from 1; log one, or change line 3",
            id="no-samples",
        ),
        pytest.param(
            "min: 0.85, samples: n",
            {"accuracy": 0.9, "n": -250.0},
            "unevaluable",
            "cannot judge accuracy: samples: n is -250, must be a whole number from 1; log one, or change line 3",
            id="samples-negative",
        ),
        pytest.param(
            "min: 0.85, samples: n",
            {"accuracy": 0.9, "n": math.inf},
            "unevaluable",
            "cannot judge accuracy: samples: n is infinity, must be a whole number from 1; log one, or change line 3",
            id="samples-infinite",
        ),
        pytest.param(
            "min: 0.85, samples: n",
            {"accuracy": 0.9, "n": math.nan},
            "unevaluable",
            "cannot judge accuracy: samples: n is NaN, must be a whole number from 1; log one, or change line 3",
            id="samples-nan",
        ),
        pytest.param(
            "min: 0.85, samples: 250",
            {"accuracy": 90.0},
            "unevaluable",
            "cannot judge accuracy: its value is 90, and only a proportion from 0 to 1 has a Wilson interval, "
            "must be >= 0.85; log a proportion, or change line 3",
            id="more-than-a-proportion",
        ),
        pytest.param(
            "max: 0.85, samples: 250",
            {"accuracy": -0.1},
            "unevaluable",
            "cannot judge accuracy: its value is -0.1, and only a proportion from 0 to 1 has a Wilson interval, "
            "must be <= 0.85; log a proportion, or change line 3",
            id="less-than-a-proportion",
        ),
        pytest.param(
            "min: 0.85, samples: 250",
            {"accuracy": math.nan},
            "unevaluable",
            "cannot judge accuracy: its value is NaN, must be >= 0.85; log a finite number, or change line 3",
            id="nan",
        ),
    ],
)
def test_confidence_of_a_proportion(
    settings: str, metrics: dict[str, float], outcome: str, text: str
) -> None:
    """The bound of the Wilson interval on the failing side has to clear the limit."""
    found = finding(f"thresholds: {{accuracy: {{{settings}, confidence: 95%}}}}", candidate(metrics))
    assert (found.outcome, found.text) == (outcome, text)


def test_confidence_of_a_proportion_that_was_measured_on_a_dataset() -> None:
    """The interval is of the dataset's value; the samples are the run's."""
    snapshot = candidate({"accuracy": 0.1, "n": 250.0}, models=(measured(on("holdout", 0.9)),))
    settings = "min: 0.88, confidence: 0.95, samples: n, dataset: holdout"
    assert finding(f"thresholds: {{accuracy: {{{settings}}}}}", snapshot).text == (
        "accuracy is 0.9 (95% lower bound 0.8565482893919354, 250 samples), must be >= 0.88"
    )


@pytest.mark.parametrize(
    ("condition", "values", "outcome", "text"),
    [
        pytest.param(
            "min: 0.5",
            [0.5, 0.75, 1.0],
            "failed",
            "accuracy is 0.75 (95% lower bound 0.128965, 3 runs), must be >= 0.5",
            id="lower-bound-fails",
        ),
        pytest.param(
            "min: 0.1",
            [0.5, 0.75, 1.0],
            "passed",
            "0.75 (95% lower bound 0.128965, 3 runs) >= 0.1",
            id="lower-bound-passes",
        ),
        pytest.param(
            "max: 1.3",
            [0.5, 0.75, 1.0],
            "failed",
            "accuracy is 0.75 (95% upper bound 1.371034, 3 runs), must be <= 1.3",
            id="upper-bound-fails",
        ),
        pytest.param(
            "min: 0.7",
            [0.7, 0.7],
            "passed",
            "0.7 (95% lower bound 0.7, 2 runs) >= 0.7",
            id="two-equal-ones",
        ),
        pytest.param(
            "min: 0.5",
            [],
            "unevaluable",
            "cannot judge accuracy: an interval of the mean needs two replicates or more, and there are 0; log more runs, or change line 2",
            id="none",
        ),
        pytest.param(
            "min: 0.5",
            [0.9],
            "unevaluable",
            "cannot judge accuracy: an interval of the mean needs two replicates or more, and there are 1; log more runs, or change line 2",
            id="one",
        ),
        pytest.param(
            "min: 0.5",
            [0.9, None, 0.9],
            "unevaluable",
            "cannot judge accuracy: replicate c1 never logged it; log a finite number there, or change line 2",
            id="one-lacks-it",
        ),
        pytest.param(
            "min: 0.5",
            [0.9, 0.9, math.nan],
            "unevaluable",
            "cannot judge accuracy: replicate c2 logged NaN, must be >= 0.5; log a finite number there, or change line 2",
            id="one-is-nan",
        ),
        pytest.param(
            "min: 0.5",
            [0.9, math.inf],
            "unevaluable",
            "cannot judge accuracy: replicate c1 logged infinity, must be >= 0.5; log a finite number there, or change line 2",
            id="one-is-infinite",
        ),
        pytest.param(
            "max: 0.5",
            [1.7e308, -1.7e308],
            "unevaluable",
            "cannot judge accuracy: the interval of its mean over 2 runs is infinite, must be <= 0.5; log smaller numbers, or change line 2",
            id="too-far-apart",
        ),
    ],
)
def test_confidence_of_a_mean(condition: str, values: list[float | None], outcome: str, text: str) -> None:
    """
    The bound of Student's t interval on the failing side has to clear the limit.

    The quantile for 2 degrees of freedom is 4.30265 (any table), the deviation of the first rows 0.25.
    """
    replicates = tuple(
        RUN._replace(run_id=f"c{index}", metrics={} if value is None else {"accuracy": value})
        for index, value in enumerate(values)
    )
    settings = f"{condition}, confidence: 95%"
    snapshot = candidate({"accuracy": 0.0}, replicates=replicates)
    found = finding(f"thresholds: {{accuracy: {{{settings}}}}}", snapshot, head=REPLICATED)
    assert (found.outcome, _rounded(found.text)) == (outcome, text)


def _rounded(text: str) -> str:
    """Return *text* with the numbers behind ``bound`` cut after six digits."""
    words = text.split()
    return " ".join(
        word[:8] + "," * word.endswith(",") if before == "bound" and len(word) > 8 else word
        for before, word in zip(["", *words], words, strict=False)
    )


@pytest.mark.parametrize("status", ["RUNNING", "FAILED", "KILLED"])
def test_a_replicate_that_has_not_finished_is_not_left_out(status: str) -> None:
    """The mean of those that survived would flatter."""
    replicates = tuple(
        RUN._replace(run_id=run_id, metrics={"accuracy": 0.9}, status=found)
        for run_id, found in (("c0", "FINISHED"), ("c1", "FINISHED"), ("c2", status))
    )
    found = finding(
        "thresholds: {accuracy: {min: 0.5, confidence: 95%}}",
        candidate({"accuracy": 0.9}, replicates=replicates),
        head=REPLICATED,
    )
    assert (found.outcome, found.text) == (
        "unevaluable",
        f"cannot judge accuracy: replicate c2 is {status}, not FINISHED: wait for it, or delete the run",
    )
