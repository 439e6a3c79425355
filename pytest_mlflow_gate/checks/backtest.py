"""Past runs judged by a gate as it is now: which would have passed, and at which limit champions do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.judge import judge
from pytest_mlflow_gate.checks.tightest import tightest
from pytest_mlflow_gate.gatefile.declared import Check, Requirement
from pytest_mlflow_gate.tracking.snapshot import Rival, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.checks.tightest import Tightest
    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.tracking.snapshot import Missing
    from pytest_mlflow_gate.tracking.values import Experiment, Run

_UNSEEN = {
    "max_age": "how old a past run is now says nothing",
    "artifact": "it reads the files of a logged model",
    "signature": "it reads the files of a logged model",
}

RunVerdict = Literal["passes", "open", "fails"]
"""``open``: what was judged passes, and a check that blocks was not judged."""


class Champion(NamedTuple):
    """
    A run whose version once held what the gate promotes to.

    Attributes:
        run: The run.
        before: The version that it took the place of; None where there was none, or nobody knows.
    """

    run: Run
    before: Rival | None = None


class Column(NamedTuple):
    """
    One check of a backtest.

    Attributes:
        check: As the gate file declares it.
        unseen: What it reads that is not known of past runs, so that it was not judged; else empty.
        champions: The tightest limit that all champions meet, a change held against the champion before; None
            for what has no limit.
    """

    check: AnyCheck
    unseen: str = ""
    champions: Tightest | None = None


class Row(NamedTuple):
    """
    One run of a backtest.

    Attributes:
        run: The run.
        findings: One for each column; ``skipped`` where that was not judged.
        champion: Whether it was champion once, or is.
        url: The run's page in the MLflow UI, or None.
    """

    run: Run
    findings: tuple[Finding, ...]
    champion: bool = False
    url: str | None = None

    @property
    def verdict(self) -> RunVerdict:
        """Whether the gate would have let it pass."""
        blocking = {finding.outcome for finding in self.findings if finding.blocks}
        if blocking - {"skipped"}:
            return "fails"
        return "open" if blocking else "passes"


class Backtest(NamedTuple):
    """
    What a gate says of the last runs of an experiment.

    Attributes:
        experiment: The experiment.
        asked: How many runs were asked for; there may be fewer.
        columns: The gate's checks, in the order of the file.
        rows: The runs, newest first.
        champions: How many runs were champion, listed or not.
        no_champions: Why nobody knows who was champion, or that nobody can be; empty where they were found.
        baseline: What changes are held against, as it is now; None where nothing compares.
        taken: When it was read, in seconds since the epoch.
    """

    experiment: Experiment
    asked: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    champions: int
    no_champions: str
    baseline: Rival | Missing | None
    taken: float

    def of(self, index: int) -> Iterator[Finding]:
        """Yield what was found for the check of one column, newest run first."""
        return (row.findings[index] for row in self.rows)


class Past(NamedTuple):
    """
    What a backtest is made of.

    Attributes:
        experiment: Of all the runs.
        runs: FINISHED ones, newest first.
        baseline: What the gate compares with, as it is now; None where nothing that can be judged compares.
        champions: Whoever was champion, and is.
        no_champions: As in `Backtest`.
        urls: By run id, the runs' pages.
        taken: When they were read, in seconds since the epoch.
    """

    experiment: Experiment
    runs: tuple[Run, ...]
    baseline: Rival | Missing | None
    champions: tuple[Champion, ...]
    no_champions: str
    urls: dict[str, str | None]
    taken: float


def backtest(gate: Gate, past: Past, asked: int) -> Backtest:
    """
    Judge each of the past runs by each check that needs no more than what a search of runs answers.

    Args:
        gate: The gate.
        past: The runs, and whom they are compared with.
        asked: How many runs were asked for.
    """
    columns = tuple(_column(gate, check, past) for check in gate.checks)
    crowned = {champion.run.run_id for champion in past.champions}
    rows = []
    for run in past.runs:
        snapshot = _snapshot(run, past, past.baseline)
        findings = tuple(_found(gate, column, snapshot) for column in columns)
        rows.append(Row(run, findings, run.run_id in crowned, past.urls.get(run.run_id)))
    return Backtest(
        experiment=past.experiment,
        asked=asked,
        columns=columns,
        rows=tuple(rows),
        champions=len(crowned),
        no_champions=past.no_champions,
        baseline=past.baseline,
        taken=past.taken,
    )


def unseen(check: AnyCheck) -> str:
    """Return what *check* reads that a search of runs does not answer, as a sentence; empty for nothing."""
    if isinstance(check, Requirement):
        return _UNSEEN.get(check.key, "")
    if not isinstance(check, Check):
        return ""
    reading = check.reading
    if check.arms is not None:
        return "it reads the counts of online arms"
    if reading.of_replicates:
        return "it reads the run's replicates"
    if reading.dataset is not None:
        return f"it reads the value of a dataset (dataset: {reading.dataset})"
    return f"it reads the metric's history (over: {reading.over})" if reading.over != "last" else ""


def _column(gate: Gate, check: AnyCheck, past: Past) -> Column:
    missing = unseen(check)
    if missing or not isinstance(check, Check):
        return Column(check, missing)
    compares = "baseline" in check.condition.needs
    candidates = [_snapshot(champion.run, past, champion.before) for champion in past.champions]
    return Column(
        check,
        champions=tightest(
            gate, check, [one for one in candidates if one.baseline is not None] if compares else candidates
        ),
    )


def _snapshot(run: Run, past: Past, baseline: Rival | Missing | None) -> Snapshot:
    if isinstance(baseline, Rival):
        baseline = baseline._replace(is_candidate=baseline.run.run_id == run.run_id)
    return Snapshot(run, past.experiment, taken=past.taken, baseline=baseline)


def _found(gate: Gate, column: Column, snapshot: Snapshot) -> Finding:
    check = column.check
    if not column.unseen:
        return judge(gate, check, snapshot)
    metric = check.metric if isinstance(check, Check) else None
    return Finding(check.name, "skipped", f"not judged: {column.unseen}", check.line, check.severity, metric)


def seen(checks: Sequence[AnyCheck]) -> tuple[AnyCheck, ...]:
    """Return those of *checks* that can be judged from what a search of runs answers."""
    return tuple(check for check in checks if not unseen(check))
