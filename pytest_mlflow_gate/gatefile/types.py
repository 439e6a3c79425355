"""
What a gate file says, as frozen values.

Every room after this one works with these types only; nothing here knows YAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.gatefile.declared import RUN_CHECK, Check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.overriding import Override

Approval = int | Literal["always"]
"""How many of a model's promotions need a human: 0 for none, N for the first N, or each one."""


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


class Baseline(NamedTuple):
    """
    The model version that the candidate is compared with: one of alias, version and stage.

    Attributes:
        model: Registered model name.
        alias: Alias without ``@``, or None.
        version: Version number as text, or None.
        stage: Legacy stage, or None.
        bootstrap: Whether a candidate may pass without one, because it would be the first.
        line: 1-based line in the gate file.
    """

    model: str
    alias: str | None
    version: str | None
    stage: str | None
    bootstrap: bool
    line: int

    @property
    def place(self) -> str:
        """Where to look, as people write it, e.g. ``churn @champion``."""
        if self.alias:
            return f"{self.model} @{self.alias}"
        return f"{self.model} {f'version {self.version}' if self.version else f'stage {self.stage}'}"


class Replicates(NamedTuple):
    """
    Further runs that measured the same as the candidate.

    Attributes:
        filter: MLflow search filter within the candidate's experiment; None for the candidate's child runs.
    """

    filter: str | None


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
        checks: What is required of the candidate, thresholds, rules; each in the order of the file, without
            the check that the candidate exists.
        promotion: Where it goes, or None for a gate that only judges.
        baseline: What the candidate is compared with, or None where nothing compares.
        replicates: What a confidence without samples is computed from, or None.
        report: ``artifact`` keeps page and decision on the run.
        overrides: What options tried in place of the file's own limits; such a gate never promotes.
    """

    name: str
    description: str | None
    path: Path
    digest: str
    tracking_uri: str | None
    registry_uri: str | None
    wait: float
    candidate: Candidate
    checks: tuple[AnyCheck, ...]
    promotion: Promotion | None
    baseline: Baseline | None = None
    replicates: Replicates | None = None
    report: Literal["none", "artifact"] = "none"
    overrides: tuple[Override, ...] = ()

    @property
    def conditions(self) -> tuple[Check, ...]:
        """The checks of its thresholds."""
        return tuple(check for check in self.checks if isinstance(check, Check))

    def for_run(self, run_id: str) -> Gate | None:
        """Return the same gate with this run for its candidate; None where it does not choose a run."""
        if not isinstance(self.candidate, RunById | RunOfExperiment):
            return None
        return self._replace(candidate=RunById(run_id, self.candidate.experiment, self.candidate.line))

    def check_names(self) -> Iterator[str]:
        """Every check that has to pass, the candidate's own first."""
        yield RUN_CHECK
        yield from (check.name for check in self.checks)
