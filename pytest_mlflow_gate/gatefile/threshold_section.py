"""Thresholds to checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.comparison import Comparison
from pytest_mlflow_gate.gatefile.contradictions import contradiction
from pytest_mlflow_gate.gatefile.declared import COHORT, EVERY_COHORT, Check
from pytest_mlflow_gate.gatefile.item_names import check_name
from pytest_mlflow_gate.gatefile.places import At, value_of
from pytest_mlflow_gate.gatefile.problems import plain, quoted
from pytest_mlflow_gate.gatefile.quantities import Amount
from pytest_mlflow_gate.gatefile.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_mlflow_gate.gatefile.declared import AnyCheck, Cohorts
    from pytest_mlflow_gate.gatefile.language import ConditionKey
    from pytest_mlflow_gate.gatefile.problems import Problems
    from pytest_mlflow_gate.gatefile.threshold_layout import MetricThreshold, Threshold, ThresholdKeys

_ZERO = Decimal(0)


@dataclass(slots=True)
class Declared:
    """
    What a gate checks, while its file is read.

    Attributes:
        problems: Where mistakes go.
        checks: In the order in which sections are read.
        unknown: How many more there are that wait for a variable.
        lines: The line of each name that is taken.
        comparing: Line and key path of the first check that compares with a baseline, or None.
        uses_replicates: Whether a check is about the candidate's replicates.
    """

    problems: Problems
    checks: list[AnyCheck] = field(default_factory=list)
    unknown: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    comparing: tuple[int, str] | None = None
    uses_replicates: bool = False

    def claim(self, name: str, line: int, where: str) -> str | None:
        """Take the name of a check; None, and a problem, when another one has it."""
        if name in self.lines:
            text = f"check {quoted(name)} exists already (line {self.lines[name]}), remove one of them"
            self.problems.add(line, where, text)
            return None
        self.lines[name] = line
        return name


def read_thresholds(
    section: At[dict[str, At[MetricThreshold]] | None],
    keys: Mapping[str, ConditionKey],
    declared: Declared,
    *,
    replicates: bool,
) -> None:
    """
    Add the checks, and note each threshold that makes none, two of one name, and contradictions.

    Args:
        section: Metric name to threshold.
        keys: The conditions that there are.
        declared: What is checked so far.
        replicates: Whether the candidate has any, for a confidence without samples.
    """
    reader = _Reader(keys, declared, replicates=replicates)
    for metric, threshold in (section.value or {}).items():
        reader.metric(metric, threshold)


class _Reader:
    def __init__(self, keys: Mapping[str, ConditionKey], declared: Declared, *, replicates: bool) -> None:
        self._declared = declared
        self._problems = declared.problems
        self._keys = keys
        self._replicates = replicates
        self._several_datasets = False

    def metric(self, metric: str, threshold: At[MetricThreshold]) -> None:
        where = f"thresholds.{plain(metric)}"
        first = len(self._declared.checks)
        several = threshold.value if isinstance(threshold.value, list) else None
        # One metric with limits for several datasets needs names that tell them apart.
        self._several_datasets = len({_dataset(item.value) for item in several or ()}) > 1
        if several is not None:
            for index, item in enumerate(several):
                self._threshold(metric, item.value, item.line, f"{where}[{index}]")
        elif not isinstance(threshold.value, list):
            self._threshold(metric, threshold.value, threshold.line, where)
        made = [check for check in self._declared.checks[first:] if isinstance(check, Check)]
        if len(made) > 1:
            self._contradictions(made, where)

    def _threshold(self, metric: str, value: Threshold | None, line: int, where: str) -> None:
        if value is None:
            self._declared.unknown += 1
        elif not isinstance(value, Comparison):
            self._long(metric, value, line, where)
        elif COHORT in metric:
            text = f"which cohorts {COHORT} stands for is not said, write {{KEY: LIMIT, cohorts: [...]}}"
            self._problems.add(line, where, text)
        elif name := self._declared.claim(check_name(metric, value.condition, "fail"), line, where):
            condition = self._keys[value.condition]
            self._declared.checks.append(
                Check(name, metric, condition, value.limit, _ZERO, "fail", None, line)
            )

    def _long(self, metric: str, value: ThresholdKeys, line: int, where: str) -> None:
        limits: dict[str, At[Decimal | Amount]] = {
            key: at for key in self._keys if (at := getattr(value, key))
        }
        if not limits and not self._problems.concern(where):
            self._problems.add(line, where, f"no condition, add one of {', '.join(self._keys)}")
        used = [self._keys[key] for key in limits]
        settings = read_settings(metric, value, used, self._problems, where, replicates=self._replicates)
        severity = value_of(value.severity) if value.severity else "fail"
        if value.confidence and not value.samples:
            self._declared.uses_replicates = True
        for key, at in sorted(limits.items(), key=lambda limit: (limit[1].line, limit[1].column)):
            condition = self._keys[key]
            if "baseline" in condition.needs and not self._declared.comparing:
                self._declared.comparing = at.line, f"{where}.{key}"
            if settings is None or severity is None:
                self._declared.unknown += _how_many(value, condition)
                continue
            limit = _ZERO if at.value is None else at.value
            amount = limit if isinstance(limit, Amount) else Amount(limit, percent=False)
            check = Check(
                name="",
                metric=metric,
                condition=condition,
                limit=amount.number,
                tolerance=settings.tolerance if settings.tolerance and condition.uses_tolerance else _ZERO,
                severity=severity,
                reason=value_of(value.reason),
                line=at.line,
                percent=amount.percent,
                reading=settings.reading,
                arms=settings.arms if "trials" in condition.needs else None,
                option=at.option,
            )
            for one in _about(check, settings.cohorts):
                self._add(one, f"{where}.{key}", known=at.value is not None)

    def _add(self, check: Check, where: str, *, known: bool) -> None:
        dataset = check.reading.dataset if self._several_datasets else None
        name = check_name(check.metric, check.condition.name, check.severity, dataset)
        if not known:
            self._declared.unknown += 1
        if self._declared.claim(name, check.line, where) and known:
            self._declared.checks.append(check._replace(name=name))

    def _contradictions(self, checks: Sequence[Check], where: str) -> None:
        comparable: dict[object, list[Check]] = {}
        for check in checks:
            comparable.setdefault(_comparable(check), []).append(check)
        for alike in comparable.values():
            if found := contradiction(alike):
                first, second = map(_shown, found)
                text = f"{second} contradicts {first} (line {found[0].line}), no value meets both; change one"
                self._problems.add(found[1].line, where, text)


def _shown(check: Check) -> str:
    limit = f"{check.limit}{'%' if check.percent else ''}"
    return f"'{check.condition.symbol or check.condition.name} {limit}'"


def _comparable(check: Check) -> object:
    """Return what two checks have in common that limit one value."""
    return check.severity, check.metric, check.reading, check.condition.unit, check.percent


def _dataset(threshold: Threshold | None) -> str | None:
    if threshold is None or isinstance(threshold, Comparison):
        return None
    return value_of(threshold.dataset)


def _how_many(value: ThresholdKeys, key: ConditionKey) -> int:
    """Return how many checks a condition comes to, as `_about` yields them."""
    cohorts = value_of(value.cohorts)
    return len(cohorts) if isinstance(cohorts, list) and "cohorts" not in key.needs else 1


def _about(check: Check, cohorts: Cohorts | None) -> Iterator[Check]:
    """Yield what a condition comes to: one check, or one for each cohort that it judges by itself."""
    if cohorts is None or cohorts == EVERY_COHORT or "cohorts" in check.condition.needs:
        yield check._replace(cohorts=cohorts)
        return
    for cohort in cohorts:
        reading = check.reading
        if isinstance(reading.samples, str):
            reading = reading._replace(samples=reading.samples.replace(COHORT, cohort))
        metric = check.metric.replace(COHORT, cohort)
        yield check._replace(metric=metric, reading=reading, family=check.metric)
