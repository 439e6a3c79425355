"""What a threshold says beside its conditions: how its metric becomes the value that is judged."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pytest_mlflow_gate.gatefile.declared import COHORT, EVERY_COHORT, Arms, Reading
from pytest_mlflow_gate.gatefile.places import value_of
from pytest_mlflow_gate.gatefile.problems import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_mlflow_gate.gatefile.declared import Cohorts
    from pytest_mlflow_gate.gatefile.language import ConditionKey
    from pytest_mlflow_gate.gatefile.places import At
    from pytest_mlflow_gate.gatefile.problems import Problems
    from pytest_mlflow_gate.gatefile.threshold_layout import ThresholdKeys

T = TypeVar("T", bound=str)

_FEWEST_COHORTS = 2
NOT_FOR_ARMS = {
    "over": "remove one of them",
    "dataset": "remove one of them",
    "cohorts": "write each cohort's metric out",
}
"""Settings that conditions on online arms do not take, and what to do instead."""


class Settings(NamedTuple):
    """
    What all conditions of one threshold have in common.

    Attributes:
        reading: How the metric becomes a value.
        tolerance: For conditions that use one.
        cohorts: What ``{cohort}`` stands for, or None for a metric without it.
        arms: For conditions on online arms, else None.
    """

    reading: Reading
    tolerance: Decimal
    cohorts: Cohorts | None
    arms: Arms | None


def read_settings(  # noqa: PLR0913 - what there is to hold against each other
    metric: str,
    value: ThresholdKeys,
    used: Sequence[ConditionKey],
    problems: Problems,
    where: str,
    *,
    replicates: bool,
) -> Settings | None:
    """
    Return the settings of a threshold, or None when one waits for a variable; notes each mistake.

    Args:
        metric: The metric's key.
        value: The threshold.
        used: Its conditions.
        problems: Where mistakes go.
        where: The threshold's key path.
        replicates: Whether the candidate has any, for a confidence without samples.
    """
    reader = _Settings(metric, value, used, problems, where)
    reading = reader.reading(replicates=replicates)
    tolerance, cohorts, arms = reader.tolerance(), reader.cohorts(), reader.arms()
    return None if reader.waits else Settings(reading, tolerance, cohorts, arms)


class _Settings:
    """
    Reads one threshold.

    Attributes:
        waits: Whether a value that is needed is not known.
    """

    def __init__(
        self,
        metric: str,
        value: ThresholdKeys,
        used: Sequence[ConditionKey],
        problems: Problems,
        where: str,
    ) -> None:
        self._metric, self._value, self._used = metric, value, used
        self._problems, self._where = problems, where
        names = ("over", "dataset", "confidence", "samples", "cohorts", "trials", "arms")
        given: list[At[object]] = [at for name in names if (at := getattr(value, name))]
        self.waits = any(at.value is None for at in given)

    def reading(self, *, replicates: bool) -> Reading:
        value = self._value
        over, confidence = value_of(value.over) or "last", value_of(value.confidence)
        if value.dataset and value.over and over != "last":
            self._refuse("over", "does not go with dataset, which has one value; remove one of them")
        if value.confidence:
            self._confidence(replicates=replicates)
        if value.samples:
            self._samples()
        return Reading(over, value_of(value.dataset), confidence, value_of(value.samples))

    def _confidence(self, *, replicates: bool) -> None:
        value = self._value
        for key in self._used:
            if key.side is None:
                text = f"does not go with {key.name}, only with one-sided limits; remove one of them"
                self._refuse("confidence", text)
        if value.samples:
            return
        if not replicates:
            text = "needs samples (for a proportion) or candidate.replicates (for a mean), add one of them"
            self._refuse("confidence", text)
        for name in ("over", "dataset"):
            if getattr(value, name):
                text = "does not go with a confidence over replicates, remove it or add samples"
                self._refuse(name, text)

    def _samples(self) -> None:
        samples = value_of(self._value.samples)
        if not self._value.confidence:
            self._refuse("samples", "goes with confidence only, add that or remove this")
        if samples == self._metric:
            self._refuse("samples", "is the metric itself, name the one that counts the samples")
        elif isinstance(samples, str) and COHORT in samples and not self._has_listed_cohorts():
            text = f"{COHORT} goes with a list of cohorts only, add cohorts: [...] or write the name out"
            self._refuse("samples", text)

    def _has_listed_cohorts(self) -> bool:
        return bool(self._value.cohorts) and value_of(self._value.cohorts) != EVERY_COHORT

    def tolerance(self) -> Decimal:
        at = self._value.tolerance
        if not at:
            return Decimal(0)
        if not any(key.uses_tolerance for key in self._used):
            self._refuse("tolerance", "goes with equals only, add that or remove this")
        self._not_negative("tolerance")
        return value_of(at) or Decimal(0)

    def cohorts(self) -> Cohorts | None:
        value = self._value
        for key in self._used:
            if "cohorts" in key.needs:
                self._not_negative(key.name)
        if not value.cohorts:
            self._without_cohorts()
            return None
        if COHORT not in self._metric:
            text = f"goes with a metric such as {quoted(f'{self._metric}/{COHORT}')}, rename it"
            self._refuse("cohorts", text)
            return None
        given = value_of(value.cohorts)
        if not isinstance(given, list):
            return EVERY_COHORT
        names = self._once("cohorts", "cohort", given)
        for at in given:
            if at.value in {EVERY_COHORT, COHORT}:
                text = f"{quoted(at.value)} is no cohort, write a name, or cohorts: '*' for all"
                self._problems.add(at.line, f"{self._where}.cohorts", text)
        for key in self._used:
            if "cohorts" in key.needs and len(given) < _FEWEST_COHORTS:
                self._refuse(key.name, "needs two cohorts or more, add one or remove this")
        return names

    def _without_cohorts(self) -> None:
        if COHORT in self._metric and self._used:
            line = getattr(self._value, self._used[0].name).line
            text = f"which cohorts {COHORT} stands for is not said, add cohorts: [...] or cohorts: '*'"
            self._problems.add(line, self._where, text)
            return
        for key in self._used:
            if "cohorts" in key.needs:
                text = f"needs a metric with {COHORT} in its name and cohorts, add them or remove this"
                self._refuse(key.name, text)

    def arms(self) -> Arms | None:
        value = self._value
        needing = [key.name for key in self._used if "trials" in key.needs]
        for name in ("trials", "arms"):
            if getattr(value, name) and not needing and self._used:
                text = "goes with min_probability_best and max_value_remaining only, add one or remove this"
                self._refuse(name, text)
        if needing:
            for name, remedy in NOT_FOR_ARMS.items():
                if getattr(value, name):
                    self._refuse(name, f"does not go with {needing[0]}, {remedy}")
            if not value.trials:
                self._refuse(needing[0], "needs the metric that counts the trials, add trials: METRIC")
        trials = value_of(value.trials)
        if needing and trials == self._metric:
            self._refuse("trials", "is the metric itself, name the one that counts the trials")
        aliases = self._once("arms", "arm", value_of(value.arms) or [])
        return Arms(trials, aliases) if trials else None

    def _once(self, key: str, noun: str, given: Sequence[At[T]]) -> tuple[T, ...]:
        """Return the names in a list without those that are there again, which are refused."""
        names: dict[T, None] = {}
        for at in given:
            if at.value is None:
                self.waits = True
            elif at.value in names:
                text = f"{noun} {quoted(at.value)} is there twice, remove one of them"
                self._problems.add(at.line, f"{self._where}.{key}", text)
            else:
                names[at.value] = None
        return tuple(names)

    def _not_negative(self, key: str) -> None:
        number = value_of(getattr(self._value, key))
        if number is not None and number < 0:
            self._refuse(key, "must not be negative, write 0 or more")

    def _refuse(self, key: str, text: str) -> None:
        self._problems.add(getattr(self._value, key).line, f"{self._where}.{key}", text)
