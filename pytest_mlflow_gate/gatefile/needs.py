"""What a gate has to know to judge, worked out from its checks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.gatefile.declared import COHORT, EVERY_COHORT, Check, Requirement, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_mlflow_gate.gatefile.types import Gate

_CARDS = ("artifact", "signature")


class Needs(NamedTuple):
    """
    What is read for a gate beside the candidate's run.

    Attributes:
        metrics: Names that the run has to have, for waiting for late ones; no keys with ``{cohort}``.
        histories: Metrics whose whole history is read, as name or key with ``{cohort}`` for all that match.
        compared: Of these, those whose history is read of the baseline too.
        datasets: Metrics whose values by dataset are read, as *histories*.
        compared_datasets: Of these, those whose values are read of the baseline too.
        baseline: Whether a baseline is.
        arms: Further arms, by alias.
        replicates: Whether the candidate's replicates are.
        cards: Names of logged models whose ``MLmodel`` is; None stands for all of the run.
    """

    metrics: frozenset[str]
    histories: frozenset[str]
    compared: frozenset[str]
    datasets: frozenset[str]
    compared_datasets: frozenset[str]
    baseline: bool
    arms: tuple[str, ...]
    replicates: bool
    cards: frozenset[str | None]


def needs_of(gate: Gate) -> Needs:
    """Return what judging *gate* needs."""
    checks = gate.conditions
    rules = [check for check in gate.checks if isinstance(check, Rule)]
    comparing = [check for check in checks if "baseline" in check.condition.needs]
    read = {name for check in checks for name in _metrics(check)}
    read |= {name for rule in rules for name in rule.expression.metrics}
    aliases = (alias for check in checks if check.arms for alias in check.arms.aliases)
    return Needs(
        metrics=frozenset(name for name in read if COHORT not in name),
        histories=frozenset(_histories(checks)),
        compared=frozenset(_histories(comparing)),
        datasets=frozenset(_datasets(checks)),
        compared_datasets=frozenset(_datasets(comparing)),
        baseline=bool(comparing) or any(rule.expression.uses_baseline for rule in rules),
        arms=tuple(dict.fromkeys(aliases)),
        replicates=any(check.reading.of_replicates for check in checks),
        cards=frozenset(_cards(gate)),
    )


def matching(key: str, names: Iterable[str]) -> dict[str, str]:
    """
    Return the cohorts that stand for ``{cohort}`` in *key*, and the metric of each.

    Args:
        key: Metric key with one or more ``{cohort}``, which are the same cohort.
        names: Metrics that were logged.

    Returns:
        Cohort to metric, sorted; a cohort may hold any text, slashes too.
    """
    first, *others = (re.escape(part) for part in key.split(COHORT))
    pattern = f"{first}(.+){others[0]}" + "".join(rf"\1{part}" for part in others[1:])
    found = ((re.fullmatch(pattern, name, re.DOTALL), name) for name in sorted(names))
    return {match[1]: name for match, name in found if match}


def metrics_of(check: Check) -> Iterator[str]:
    """Yield the metrics that a check is about: one, or one for each of its cohorts; a key for ``*``."""
    if check.cohorts is None or check.cohorts == EVERY_COHORT:
        yield check.metric
    else:
        yield from (check.metric.replace(COHORT, cohort) for cohort in check.cohorts)


def _metrics(check: Check) -> Iterator[str]:
    if check.reading.dataset is None and not check.reading.of_replicates:
        yield from metrics_of(check)
    if isinstance(check.reading.samples, str):
        yield check.reading.samples
    if check.arms:
        yield check.arms.trials


def _datasets(checks: Iterable[Check]) -> Iterator[str]:
    for check in checks:
        if check.reading.dataset is not None:
            yield from metrics_of(check)


def _cards(gate: Gate) -> Iterator[str | None]:
    for check in gate.checks:
        if isinstance(check, Requirement) and check.key in _CARDS:
            yield str(check.expected) if check.expected else None


def _histories(checks: Iterable[Check]) -> Iterator[str]:
    for check in checks:
        if check.reading.over != "last":
            yield from metrics_of(check)
