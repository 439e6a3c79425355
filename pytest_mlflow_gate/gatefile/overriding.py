"""Limits that an option tries in place of the gate file's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

from msgspec import structs

from pytest_mlflow_gate.gatefile.comparison import Comparison
from pytest_mlflow_gate.gatefile.loader import load
from pytest_mlflow_gate.gatefile.places import At, value_of
from pytest_mlflow_gate.gatefile.problems import GateFileError, did_you_mean, plain, quoted
from pytest_mlflow_gate.gatefile.quantities import Amount
from pytest_mlflow_gate.gatefile.scalars import Misread
from pytest_mlflow_gate.gatefile.shapes import threshold_section
from pytest_mlflow_gate.gatefile.threshold_layout import ThresholdKeys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from pytest_mlflow_gate.gatefile.language import Language
    from pytest_mlflow_gate.gatefile.layout import GateKeys
    from pytest_mlflow_gate.gatefile.problems import Problem
    from pytest_mlflow_gate.gatefile.threshold_layout import MetricThreshold, Threshold
    from pytest_mlflow_gate.gatefile.types import Gate

_OPTION = "--mlflow-gate-set"


class Override(NamedTuple):
    """
    A limit of a gate that an option gave.

    Attributes:
        metric: The threshold's key in the gate file.
        condition: What has to hold, e.g. ``min``.
        value: As it was typed.
        instead: What the gate file says there; empty where it says nothing.
    """

    metric: str
    condition: str
    value: str
    instead: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is different from the gate file, for people."""
        in_file = " and ".join(self.instead) or "none"
        return f"{self.metric}.{self.condition} is {self.value} ({_OPTION}, the file has {in_file})"


class Unsettable(Exception):
    """A limit that a gate cannot have; a line for each problem, which begins with the option."""


class _Setting(NamedTuple):
    """
    One option as it was typed.

    Attributes:
        text: All of its value.
        about: The threshold's key, or gate, ``:`` and key.
        condition: Behind the last dot.
        value: Behind the ``=``.
        limit: What *value* reads as; None where something is wrong.
        wrong: What is wrong with *condition* or *value*, whatever the gates are; empty where nothing is.
    """

    text: str
    about: str
    condition: str
    value: str
    limit: object = None
    wrong: str = ""

    @property
    def option(self) -> str:
        """The option with its value, which is the place in messages."""
        return f"{_OPTION} {plain(self.text)}"


class Overriding:
    """Loads a session's gates with the limits that its options give."""

    def __init__(self, texts: Sequence[str], *, language: Language, environ: Mapping[str, str]) -> None:
        self._language = language
        self._environ = environ
        self._threshold = threshold_section(language.conditions)
        self._settings = [self._read(text) for text in texts]

    def load(self, path: Path) -> Gate:
        """
        Return the gate in the file *path*, with the limits that are about it.

        Raises:
            GateFileError: As `load`.
            Unsettable: If the file is right without these limits, and is not with them.
        """
        try:
            return self._load(path, self._settings)
        except GateFileError as error:
            if self._problems(path, []):
                raise
            lines = [
                f"{self._cause(path, problem).option}: {path}: {problem.text}" for problem in error.problems
            ]
            raise Unsettable("\n".join(lines)) from error

    def problems(self, gates: Sequence[Gate]) -> list[str]:
        """Return a line for each option that no gate can use, once all *gates* are loaded."""
        metrics = {gate.name: {check.family or check.metric for check in gate.conditions} for gate in gates}
        cohorts = {check.metric: check.family for gate in gates for check in gate.conditions if check.family}
        return [
            f"{one.option}: {wrong}"
            for one in self._settings
            if (wrong := self._wrong(one, metrics, cohorts))
        ]

    def _read(self, text: str) -> _Setting:
        key, _, value = text.partition("=")
        about, _, condition = key.strip().rpartition(".")
        setting = _Setting(text, about, condition, value.strip())
        known = self._language.conditions
        kind = self._threshold.fields[condition].shape.kind if condition in known else None
        if kind is None and condition in self._threshold.fields:
            return setting._replace(wrong=f"{quoted(condition)} is no condition, change it in the file")
        if kind is None:
            remedy = did_you_mean(condition, known) or f", known are {', '.join(known)}"
            return setting._replace(wrong=f"unknown condition {quoted(condition)}{remedy}")
        try:
            return setting._replace(limit=kind.read(value))
        except Misread as error:
            return setting._replace(wrong=f"{quoted(error.about or value)} {error.says}")

    def _wrong(
        self, setting: _Setting, metrics: Mapping[str, Iterable[str]], cohorts: Mapping[str, str]
    ) -> str:
        """Return what is wrong with an option, or an empty text."""
        names = {
            name for gate, of_gate in metrics.items() for one in of_gate for name in (one, f"{gate}:{one}")
        }
        key = setting.text.partition("=")[0].strip()
        if key in names and setting.about not in names:
            return f"names no condition, write {plain(key)}.min={plain(setting.value) or '0.95'}"
        if not (setting.about and setting.value):
            return "is not METRIC.CONDITION=VALUE, write one such as accuracy.min=0.95"
        if setting.about not in names:
            listed = ", ".join(dict.fromkeys(one for of_gate in metrics.values() for one in sorted(of_gate)))
            about = cohorts.get(setting.about, setting.about)
            remedy = did_you_mean(about, names) or f", known are {plain(listed) or 'none'}"
            return f"no gate has a threshold for {quoted(setting.about)}{remedy}"
        reached = _reached(setting, metrics)
        for other in self._settings[: self._settings.index(setting)]:
            if other.condition == setting.condition and reached & _reached(other, metrics):
                return f"{other.option} sets the same, remove one of them"
        return setting.wrong

    def _load(self, path: Path, settings: Sequence[_Setting]) -> Gate:
        overrides: list[Override] = []

        def change(file: GateKeys, name: str) -> GateKeys:
            if not isinstance(file.thresholds, At) or not file.thresholds.value:
                return file
            thresholds = dict(file.thresholds.value)
            for setting in settings:
                for metric in (setting.about, setting.about.removeprefix(f"{name}:")):
                    at = thresholds.get(metric)
                    if at is not None and at.value is not None and setting.limit is not None:
                        thresholds[metric], instead = self._changed(at, at.value, setting)
                        overrides.append(Override(metric, setting.condition, setting.value, instead))
                        break
            return structs.replace(file, thresholds=replace(file.thresholds, value=thresholds))

        gate = load(path, language=self._language, environ=self._environ, change=change)
        return gate._replace(overrides=tuple(overrides))

    def _changed(
        self, at: At[MetricThreshold], value: MetricThreshold, setting: _Setting
    ) -> tuple[At[MetricThreshold], tuple[str, ...]]:
        """Return the threshold with the limit of an option, and what it had there."""
        sets: list[At[Threshold]] = value if isinstance(value, list) else [At(value, at.line, at.column)]
        chosen = _chosen(sets, setting.condition)
        instead = (_limit(one, setting.condition) for one in sets if one in chosen)
        changed = [self._with_limit(one, setting) if one in chosen else one for one in sets]
        whole: MetricThreshold | None = changed if isinstance(value, list) else changed[0].value
        return replace(at, value=whole), tuple(limit for limit in instead if limit)

    def _with_limit(self, at: At[Threshold], setting: _Setting) -> At[Threshold]:
        keys = at.value
        if isinstance(keys, Comparison):
            limit = At(keys.limit, at.line, at.column)
            keys = cast("ThresholdKeys", self._threshold.struct(**{keys.condition: limit}))
        if keys is None:
            raise TypeError("a limit was set where nothing is known")
        there: At[object] = getattr(keys, setting.condition) or at
        tried = At(setting.limit, there.line, there.column, option=setting.option)
        return replace(at, value=structs.replace(keys, **{setting.condition: tried}))

    def _cause(self, path: Path, problem: Problem) -> _Setting:
        """Return the last option without which there would be no such problem."""
        for setting in reversed(self._settings):
            if problem not in self._problems(path, [one for one in self._settings if one is not setting]):
                return setting
        return self._settings[-1]

    def _problems(self, path: Path, settings: Sequence[_Setting]) -> tuple[Problem, ...]:
        try:
            self._load(path, settings)
        except GateFileError as error:
            return error.problems
        return ()


def _reached(setting: _Setting, metrics: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    """Return the thresholds that an option is about, by gate and metric."""
    return {
        (gate, metric)
        for gate, of_gate in metrics.items()
        for metric in of_gate
        if setting.about in (metric, f"{gate}:{metric}")
    }


def _chosen(sets: Sequence[At[Threshold]], condition: str) -> Sequence[At[Threshold]]:
    """Return which of a metric's sets a limit goes to: those that have it, of these those that block."""
    having = [one for one in sets if _limit(one, condition)]
    known = having or [one for one in sets if one.value is not None]
    blocking = [one for one in known if not _warns(one.value)] or known
    return blocking if having else blocking[:1]


def _limit(at: At[Threshold], condition: str) -> str | None:
    """Return the limit that the gate file gives, for people, or None."""
    keys = at.value
    if isinstance(keys, Comparison):
        return str(keys.limit) if keys.condition == condition else None
    limit: Decimal | Amount | None = value_of(getattr(keys, condition)) if keys else None
    if isinstance(limit, Amount):
        return f"{limit.number}{'%' if limit.percent else ''}"
    return None if limit is None else str(limit)


def _warns(threshold: Threshold | None) -> bool:
    return isinstance(threshold, ThresholdKeys) and value_of(threshold.severity) == "warn"
