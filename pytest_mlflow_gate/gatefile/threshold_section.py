"""Thresholds to checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.comparison import Comparison
from pytest_mlflow_gate.gatefile.contradictions import contradiction
from pytest_mlflow_gate.gatefile.item_names import check_name
from pytest_mlflow_gate.gatefile.layout import value_of
from pytest_mlflow_gate.gatefile.problems import plain, quoted
from pytest_mlflow_gate.gatefile.types import RUN_CHECK, Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.gatefile.layout import At, MetricThreshold, Threshold, ThresholdKeys
    from pytest_mlflow_gate.gatefile.problems import Problems
    from pytest_mlflow_gate.gatefile.types import ConditionKey, Severity

_ZERO = Decimal(0)


@dataclass(slots=True)
class Conditions:
    """
    What the thresholds of a gate ask for.

    Attributes:
        checks: In the order of the file.
        unknown: How many more there are that wait for a variable.
    """

    checks: list[Check] = field(default_factory=list)
    unknown: int = 0


def read_thresholds(
    section: At[dict[str, At[MetricThreshold]]],
    keys: Mapping[str, ConditionKey],
    run_line: int,
    problems: Problems,
) -> Conditions:
    """
    Return the checks, and note each threshold that makes none, two of one name, and contradictions.

    Args:
        section: Metric name to threshold.
        keys: The conditions that there are.
        run_line: Line of the check that the candidate exists; its name is taken.
        problems: Where mistakes go.
    """
    reader = _Reader(keys, run_line, problems)
    for metric, threshold in (section.value or {}).items():
        reader.metric(metric, threshold)
    return reader.conditions


class _Reader:
    def __init__(self, keys: Mapping[str, ConditionKey], run_line: int, problems: Problems) -> None:
        self.conditions = Conditions()
        self._keys = keys
        self._problems = problems
        self._lines = {RUN_CHECK: run_line}

    def metric(self, metric: str, threshold: At[MetricThreshold]) -> None:
        where = f"thresholds.{plain(metric)}"
        first = len(self.conditions.checks)
        if isinstance(threshold.value, list):
            for index, item in enumerate(threshold.value):
                self._threshold(metric, item.value, item.line, f"{where}[{index}]")
        else:
            self._threshold(metric, threshold.value, threshold.line, where)
        made = self.conditions.checks[first:]
        if len(made) > 1:
            self._contradictions(made, where)

    def _threshold(self, metric: str, value: Threshold | None, line: int, where: str) -> None:
        if value is None:
            self.conditions.unknown += 1
        elif not isinstance(value, Comparison):
            self._long(metric, value, line, where)
        elif name := self._claim(metric, value.condition, "fail", line, where):
            self.conditions.checks.append(
                Check(name, metric, value.condition, value.limit, _ZERO, "fail", None, line)
            )

    def _long(self, metric: str, value: ThresholdKeys, line: int, where: str) -> None:
        limits: dict[str, At[Decimal]] = {key: at for key in self._keys if (at := getattr(value, key))}
        if not limits and not self._problems.concern(where):
            self._problems.add(line, where, f"no condition, add one of {', '.join(self._keys)}")
        tolerance = self._tolerance(value, limits, where)
        severity = value_of(value.severity) if value.severity else "fail"
        reason = value_of(value.reason)
        for key, at in sorted(limits.items(), key=lambda limit: (limit[1].line, limit[1].column)):
            name = severity and self._claim(metric, key, severity, at.line, f"{where}.{key}")
            if not severity or not name or at.value is None:
                self.conditions.unknown += 1
                continue
            distance = tolerance if self._keys[key].uses_tolerance else _ZERO
            self.conditions.checks.append(
                Check(name, metric, key, at.value, distance, severity, reason, at.line)
            )

    def _tolerance(self, value: ThresholdKeys, limits: Mapping[str, At[Decimal]], where: str) -> Decimal:
        if not value.tolerance:
            return _ZERO
        users = [name for name, key in self._keys.items() if key.uses_tolerance]
        if not any(name in limits for name in users):
            text = f"goes with {' or '.join(users)} only, add that or remove this"
            self._problems.add(value.tolerance.line, f"{where}.tolerance", text)
        tolerance = value_of(value.tolerance)
        if tolerance is not None and tolerance < 0:
            text = "must not be negative, write 0 or more"
            self._problems.add(value.tolerance.line, f"{where}.tolerance", text)
        return tolerance or _ZERO

    def _claim(self, metric: str, condition: str, severity: Severity, line: int, where: str) -> str | None:
        name = check_name(metric, condition, severity)
        if name in self._lines:
            text = f"check {quoted(name)} exists already (line {self._lines[name]}), remove one of them"
            self._problems.add(line, where, text)
            return None
        self._lines[name] = line
        return name

    def _contradictions(self, checks: list[Check], where: str) -> None:
        for severity in ("fail", "warn"):
            found = contradiction([check for check in checks if check.severity == severity], self._keys)
            if found:
                first, second = (self._shown(check) for check in found)
                text = f"{second} contradicts {first} (line {found[0].line}), no value meets both; change one"
                self._problems.add(found[1].line, where, text)

    def _shown(self, check: Check) -> str:
        key = self._keys[check.condition]
        return f"'{key.symbol or key.name} {check.limit}'"
