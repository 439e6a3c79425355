"""
What a gate file says, as frozen values.

Every room after this one works with these types only; nothing here knows YAML.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Severity = Literal["fail", "warn"]

Approval = int | Literal["always"]
"""How many of a model's promotions need a human: 0 for none, N for the first N, or each one."""

RUN_CHECK = "candidate[run]"
"""Name of the check that a candidate was found; every gate has it, and it comes first."""


class RunById(NamedTuple):
    """
    Candidate, way 1: this run.

    Attributes:
        run_id: MLflow run id.
        experiment: Name of the experiment that the run has to belong to, or None for any.
        line: 1-based line of the choice in the gate file.
    """

    run_id: str
    experiment: str | None
    line: int


class RunOfExperiment(NamedTuple):
    """
    Candidate, way 2: a run of this experiment.

    Attributes:
        experiment: Experiment name.
        select: ``latest`` takes the newest run whatever its status, ``best`` the FINISHED run with the
            best value of *by*.
        by: Metric key, for ``best`` only.
        order: Whether the largest or the smallest value of *by* is the best.
        filter: MLflow search filter that the run has to match, or None.
        line: 1-based line of the choice in the gate file.
    """

    experiment: str
    select: Literal["latest", "best"]
    by: str | None
    order: Literal["max", "min"]
    filter: str | None
    line: int


class RegisteredVersion(NamedTuple):
    """
    Candidate, way 3: a registered model version, by number or by alias.

    Attributes:
        model: Registered model name.
        version: Version number as text; None when *alias* is given.
        alias: Alias without ``@``; None when *version* is given.
        line: 1-based line of the choice in the gate file.
    """

    model: str
    version: str | None
    alias: str | None
    line: int


class LoggedModelById(NamedTuple):
    """
    Candidate, way 4: an MLflow 3 logged model.

    Attributes:
        model_id: Logged model id, ``m-...``.
        line: 1-based line of the choice in the gate file.
    """

    model_id: str
    line: int


Candidate = RunById | RunOfExperiment | RegisteredVersion | LoggedModelById


class Check(NamedTuple):
    """
    One condition on one metric: one pytest item.

    Attributes:
        name: Unique in its gate and valid as a pytest item name, e.g. ``accuracy[min]``.
        metric: MLflow metric key, compared case-sensitively.
        condition: The key that the gate file uses, e.g. ``min``.
        limit: In the metric's own unit, exactly as written; a ratio of 0.9 is never read as 90 %.
        tolerance: For ``equals``: the largest distance that still counts as equal, in the metric's unit.
        severity: ``warn`` is shown and never blocks.
        reason: The team's own words, shown with a failure.
        line: 1-based line in the gate file.
    """

    name: str
    metric: str
    condition: str
    limit: Decimal
    tolerance: Decimal
    severity: Severity
    reason: str | None
    line: int


class Interval(NamedTuple):
    """
    The values that a condition lets pass, for finding conditions that contradict.

    Attributes:
        lower: Smallest value, or None where there is no lower end.
        upper: Largest value, or None where there is no upper end.
        lower_open: Whether *lower* itself does not pass.
        upper_open: Whether *upper* itself does not pass.
    """

    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_open: bool = False
    upper_open: bool = False


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """
    One key of a threshold: what the loader and the JSON Schema know of a condition.

    Attributes:
        name: The key in the gate file.
        description: One sentence for the JSON Schema and the editor that shows it.
        symbol: The comparison of the short form (``>=``), or an empty text for a key that has none.
        interval: Limit and tolerance to the values that pass.
    """

    name: str
    description: str
    symbol: str
    interval: Callable[[Decimal, Decimal], Interval]

    @property
    def uses_tolerance(self) -> bool:
        """Whether a tolerance changes what this condition lets pass."""
        return self.interval(Decimal(0), Decimal(1)) != self.interval(Decimal(0), Decimal(0))


class Promotion(NamedTuple):
    """
    Where the candidate goes when everything passed.

    Attributes:
        model: Registered model name.
        alias: Alias to move, or None.
        stage: Legacy stage to move to (``Production``), or None.
        artifact: Name of the run's logged model, needed only when it has several.
        tags: Model version tags to set, as key and value.
        copy_to: Registered model that the version is copied to and where alias, stage and tags are set, or
            None; at least one of *alias*, *stage* and *copy_to* is given.
        previous_alias: Alias to move to the version that *alias* pointed to, or None; needs *alias*.
        approval: Which promotions need a human.
        line: 1-based line in the gate file.
    """

    model: str
    alias: str | None
    stage: str | None
    artifact: str | None
    tags: tuple[tuple[str, str], ...]
    copy_to: str | None
    previous_alias: str | None
    approval: Approval
    line: int

    @property
    def target_model(self) -> str:
        """The registered model whose alias and stage move."""
        return self.copy_to or self.model

    @property
    def target(self) -> str:
        """Model and place, as people write them, e.g. ``churn-classifier @champion``."""
        return f"{self.target_model} {self.destination}".rstrip()

    @property
    def destination(self) -> str:
        """Where a version goes, as people write it, e.g. ``@champion``; empty for a mere copy."""
        alias = f"@{self.alias}" if self.alias else ""
        stage = f"stage {self.stage}" if self.stage else ""
        return " and ".join(filter(None, (alias, stage)))


class Gate(NamedTuple):
    """
    One gate file.

    Attributes:
        name: As shown in node ids.
        description: Why this gate exists, or None.
        path: The file, as the user wrote it.
        digest: SHA-256 of the file's bytes, hexadecimal.
        tracking_uri: As in the file, variables replaced; None where the file has none.
        registry_uri: As in the file, variables replaced; None where the file has none.
        wait: Longest time to wait for the run to finish and its metrics to arrive, in seconds.
        candidate: What is under test.
        checks: In the order of the file, without the check that the candidate exists.
        promotion: Where it goes, or None for a gate that only judges.
    """

    name: str
    description: str | None
    path: Path
    digest: str
    tracking_uri: str | None
    registry_uri: str | None
    wait: float
    candidate: Candidate
    checks: tuple[Check, ...]
    promotion: Promotion | None

    def check_names(self) -> Iterator[str]:
        """Every check that has to pass, the candidate's own first."""
        yield RUN_CHECK
        yield from (check.name for check in self.checks)
