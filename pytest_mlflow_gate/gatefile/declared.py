"""What a gate file declares to be checked: each of these is one pytest item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_mlflow_gate.gatefile.language import ConditionKey, Expression

Severity = Literal["fail", "warn"]

Over = Literal["last", "first", "min", "max", "mean"]
"""Which of the values that a run logged for a metric counts; ``last`` is the one with the highest step."""

RUN_CHECK = "candidate[run]"
"""Name of the check that a candidate was found; every gate has it, and it comes first."""


class Reading(NamedTuple):
    """
    How a metric becomes the value that is judged.

    Attributes:
        over: Which of the values that the run logged.
        dataset: MLflow 3: the value that was logged for the dataset of this name, or None for the run's own.
        confidence: Share of 1: what has to clear the limit is the bound of the interval at this confidence,
            or None for the value itself.
        samples: Behind a proportion, for its Wilson interval: a number, or the metric that holds it. None
            with a confidence stands for the candidate's replicates.
    """

    over: Over = "last"
    dataset: str | None = None
    confidence: Decimal | None = None
    samples: int | str | None = None

    @property
    def of_replicates(self) -> bool:
        """Whether the value is the mean of the candidate's replicates."""
        return self.confidence is not None and self.samples is None


class Arms(NamedTuple):
    """
    Online arms, for a metric that counts successes.

    Attributes:
        trials: Metric that counts the trials.
        aliases: Further arms beside candidate and baseline, as aliases of the baseline's model.
    """

    trials: str
    aliases: tuple[str, ...] = ()


EVERY_COHORT: Final = "*"
COHORT = "{cohort}"

Cohorts = tuple[str, ...] | Literal["*"]
"""Names that stand for ``{cohort}`` in a metric key; ``*`` is everyone that was logged."""


class Check(NamedTuple):
    """
    One condition on one metric: one pytest item.

    Attributes:
        name: Unique in its gate and valid as a pytest item name, e.g. ``accuracy[min]``.
        metric: MLflow metric key, compared case-sensitively; with *cohorts* a key with ``{cohort}``.
        condition: What has to hold, e.g. ``min``.
        limit: In the metric's own unit, exactly as written; a ratio of 0.9 is never read as 90 %.
        tolerance: For ``equals``: the largest distance that still counts as equal, in the metric's unit.
        severity: ``warn`` is shown and never blocks.
        reason: The team's own words, shown with a failure.
        line: 1-based line in the gate file.
        percent: Whether *limit* is in percent of the baseline's absolute value.
        reading: How the metric becomes a value.
        cohorts: Whom the check is about, when it is about several at once; else None.
        arms: For conditions on online arms, else None.
        family: The key with ``{cohort}`` of which *metric* is one cohort's, else None.
        option: The option that gave the limit in place of the file, or None.
    """

    name: str
    metric: str
    condition: ConditionKey
    limit: Decimal
    tolerance: Decimal
    severity: Severity
    reason: str | None
    line: int
    percent: bool = False
    reading: Reading = Reading()
    cohorts: Cohorts | None = None
    arms: Arms | None = None
    family: str | None = None
    option: str | None = None


class Rule(NamedTuple):
    """
    One CEL expression over metrics, baseline, params and tags: one pytest item.

    Attributes:
        name: ``rules[NAME]``.
        expression: Compiled when the file was loaded.
        severity: As in `Check`.
        reason: As in `Check`.
        line: 1-based line in the gate file.
    """

    name: str
    expression: Expression
    severity: Severity
    reason: str | None
    line: int


class Dataset(NamedTuple):
    """
    A dataset that the run has to have logged as an input.

    Attributes:
        name: The dataset's name.
        digest: MLflow's digest of it, or None for any.
    """

    name: str
    digest: str | None


class Requirement(NamedTuple):
    """
    One line of ``candidate.require``: one pytest item.

    Attributes:
        name: ``candidate[KEY]``.
        key: ``max_age``, ``tags``, ``params``, ``dataset``, ``artifact`` or ``signature``.
        expected: Seconds for ``max_age``, keys and values for ``tags`` and ``params``, the dataset for
            ``dataset``, the logged model's name for ``artifact`` (and for ``signature``, None for the run's
            only one).
        line: 1-based line in the gate file.
        severity: Always ``fail``.
        reason: Always None.
    """

    name: str
    key: str
    expected: float | tuple[tuple[str, str], ...] | Dataset | str | None
    line: int
    severity: Severity = "fail"
    reason: str | None = None


AnyCheck = Check | Rule | Requirement
