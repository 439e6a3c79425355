"""From a metric to the value that is judged: which of its values, of which dataset, with which interval."""

from __future__ import annotations

import difflib
import math
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pytest_mlflow_gate.checks.numbers import EXACT, exact, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_mlflow_gate.gatefile.declared import Check, Reading
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.values import DatasetMetric, LoggedModel, Measurement, Run

_SOME = 5
_FEWEST_RUNS = 2


class Measured(Protocol):
    """A run with what else was read of it: the candidate, the baseline."""

    @property
    def run(self) -> Run:
        """The run."""

    @property
    def histories(self) -> Mapping[str, tuple[Measurement, ...]]:
        """All values of some metrics."""

    @property
    def models(self) -> tuple[LoggedModel, ...]:
        """Logged models with their metrics by dataset."""


class Unreadable(Exception):
    """
    A metric that has no value to judge.

    Attributes:
        why: What is wrong, as the rest of a sentence.
        value: What was found instead of a number, or None.
        fix: What to do about it, as a command; empty where *why* says it.
    """

    def __init__(self, why: str, value: float | None = None, fix: str = "") -> None:
        self.why = why
        self.value = value
        self.fix = fix
        super().__init__(why)


class Value(NamedTuple):
    """
    What is judged.

    Attributes:
        number: Finite; of an interval its middle (the proportion, the mean).
        lower: Lower bound of the interval; *number* itself where no confidence is asked for.
        upper: Upper bound, likewise.
        behind: What the interval was computed from, e.g. ``500 samples``; empty without one.
        digest: Of the dataset that the value was logged for, or None.
    """

    number: float
    lower: float
    upper: float
    behind: str = ""
    digest: str | None = None


def value_of(check: Check, snapshot: Snapshot) -> Value:
    """
    Return the candidate's value for a check of one metric.

    Raises:
        Unreadable: If there is none that could be judged.
    """
    reading = check.reading
    if reading.confidence is not None and reading.samples is None:
        return _of_replicates(check.metric, float(reading.confidence), snapshot)
    value = point(check.metric, reading, snapshot)
    if reading.confidence is None or reading.samples is None:
        return value
    samples = _samples(reading.samples, snapshot)
    if not 0 <= value.number <= 1:
        raise Unreadable(
            f"its value is {shown(value.number)}, and only a proportion from 0 to 1 has a Wilson interval",
            value.number,
            "log a proportion",
        )
    from pytest_mlflow_gate.checks.intervals import wilson  # noqa: PLC0415 - only a confidence pays for it

    lower, upper = wilson(value.number, samples, float(reading.confidence))
    return value._replace(lower=lower, upper=upper, behind=f"{samples} samples")


def point(metric: str, reading: Reading, measured: Measured) -> Value:
    """
    Return one value of *metric*, without an interval.

    Args:
        metric: Metric key.
        reading: Which of its values.
        measured: Of whom.

    Raises:
        Unreadable: If there is none, or it is NaN or infinite.
    """
    digest = None
    if reading.dataset is not None:
        found = _of_dataset(metric, reading.dataset, measured)
        number, digest = found.value, found.digest
    elif reading.over == "last":
        last = measured.run.metrics.get(metric)
        if last is None:
            raise _missing(metric, measured.run)
        number = last
    else:
        number = _over(metric, reading.over, measured)
    if not math.isfinite(number):
        raise Unreadable(f"its value is {shown(number)}", number, "log a finite number")
    return Value(number, number, number, digest=digest)


def _over(metric: str, over: str, measured: Measured) -> float:
    history = measured.histories.get(metric, ())
    if not history and metric in measured.run.metrics:
        raise Unreadable(f"MLflow has no history of it for run {measured.run.run_id}, remove over: {over}")
    if not history:
        raise _missing(metric, measured.run)
    if over == "first":
        return history[0].value
    for measurement in history:
        if not math.isfinite(measurement.value):
            value = measurement.value
            why = f"its value at step {measurement.step} is {shown(value)}"
            raise Unreadable(why, value, "log finite numbers")
    values = [measurement.value for measurement in history]
    if over == "mean":
        from fractions import Fraction  # noqa: PLC0415 - as above

        # Of the decimals that MLflow shows: the mean of 0.8 and 0.9 is 0.85, and of equal values their own.
        total = reduce(EXACT.add, map(exact, values))
        return float(Fraction(total) / len(values))
    return min(values) if over == "min" else max(values)


def _of_dataset(metric: str, dataset: str, measured: Measured) -> DatasetMetric:
    run = measured.run
    if not measured.models:
        raise Unreadable(
            f"run {run.run_id} has no MLflow 3 logged model, and only those have values by dataset",
            fix="log one with log_model",
        )
    of_metric = [entry for model in measured.models for entry in model.metrics if entry.key == metric]
    found = [entry for entry in of_metric if entry.dataset == dataset]
    if not found:
        known = sorted({entry.dataset for entry in of_metric if entry.dataset})
        logged = f"it was logged for {', '.join(known)}" if known else "it was logged for no dataset"
        why = f"run {run.run_id} never logged it for dataset {dataset!r}; {logged}"
        raise Unreadable(why, fix="log it for this one")
    digests = sorted({str(entry.digest) for entry in found})
    if len(digests) > 1:
        why = f"dataset {dataset!r} is ambiguous, it has the digests {', '.join(digests)}"
        raise Unreadable(why, fix="give each a name of its own")
    owners = [
        f"{model.name} ({model.model_id})"
        for model in measured.models
        if any(entry in found for entry in model.metrics)
    ]
    if len(owners) > 1:
        raise Unreadable(
            f"the logged models {', '.join(owners)} have values for dataset {dataset!r}: say which one is "
            "meant with model_id or promote.artifact, or register it"
        )
    # Steps of different runs cannot be compared: what was measured again later counts.
    newest = max(found, key=lambda entry: entry.timestamp).run_id
    *_, last = (entry for entry in found if entry.run_id == newest)
    if last.value == 0:
        _believe(last, measured)
    return last


def _believe(zero: DatasetMetric, measured: Measured) -> None:
    """Raise `Unreadable` unless the run's history has this zero: SQL stores keep 0.0 for NaN."""
    same = [
        entry.value
        for entry in measured.histories.get(zero.key, ())
        if (entry.step, entry.timestamp) == (zero.step, zero.timestamp)
    ]
    if not same or any(value != 0 for value in same):
        raise Unreadable(
            f"its value for dataset {zero.dataset!r} is 0, which SQL stores also keep for NaN, and the run's "
            "history does not confirm it",
            zero.value,
            "log it again",
        )


def _samples(samples: int | str, snapshot: Snapshot) -> int:
    if isinstance(samples, int):
        return samples
    counted = snapshot.run.metrics.get(samples)
    if counted is None:
        missing = _missing(samples, snapshot.run)
        raise Unreadable(f"samples: {samples}: {missing.why}", fix=missing.fix)
    if not math.isfinite(counted) or counted < 1 or counted != int(counted):
        why = f"samples: {samples} is {shown(counted)}, must be a whole number from 1"
        raise Unreadable(why, fix="log one")
    return int(counted)


def _of_replicates(metric: str, confidence: float, snapshot: Snapshot) -> Value:
    runs = snapshot.replicates
    if len(runs) < _FEWEST_RUNS:
        why = f"an interval of the mean needs two replicates or more, and there are {len(runs)}"
        raise Unreadable(why, fix="log more runs")
    values = []
    for run in runs:
        # Without those that failed, the mean would be that of the survivors.
        if run.status != "FINISHED":
            raise Unreadable(
                f"replicate {run.run_id} is {run.status}, not FINISHED: wait for it, or delete the run"
            )
        value = run.metrics.get(metric)
        if value is None or not math.isfinite(value):
            what = "never logged it" if value is None else f"logged {shown(value)}"
            raise Unreadable(f"replicate {run.run_id} {what}", value, "log a finite number there")
        values.append(value)
    from pytest_mlflow_gate.checks.intervals import mean_interval  # noqa: PLC0415 - as above

    lower, mean, upper = mean_interval(values, confidence)
    if not (math.isfinite(lower) and math.isfinite(upper)):
        why = f"the interval of its mean over {len(runs)} runs is infinite"
        raise Unreadable(why, mean, "log smaller numbers")
    return Value(mean, lower, upper, f"{len(runs)} runs")


def _missing(metric: str, run: Run) -> Unreadable:
    some = ", ".join(sorted(run.metrics)[:_SOME])
    why = f"run {run.run_id} never logged it; it logged {some}{', ...' if len(run.metrics) > _SOME else ''}"
    if close := closest(metric, run.metrics):
        why = f"run {run.run_id} never logged it, closest: {', '.join(close)}"
    if not run.metrics:
        why = f"run {run.run_id} logged no metrics at all"
    return Unreadable(why, fix="log it")


def closest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three of the known names that *name* may be a misspelling of, whatever their case."""
    folded = {other.casefold(): other for other in known}
    return [folded[other] for other in difflib.get_close_matches(name.casefold(), folded, n=3)]
