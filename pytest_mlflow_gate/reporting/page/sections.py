"""What the page says, in the order in which people need it: what failed, then everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.checks.numbers import short, shown, signed
from pytest_mlflow_gate.reporting.page.bullets import bullet, twins
from pytest_mlflow_gate.reporting.page.cohort_plots import plots
from pytest_mlflow_gate.reporting.page.heatmap import heatmap
from pytest_mlflow_gate.reporting.page.histories import histories
from pytest_mlflow_gate.reporting.page.record import record, utc
from pytest_mlflow_gate.reporting.wording import URGENCY, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision, SessionDecision
    from pytest_mlflow_gate.reporting.page.bullets import Bullet
    from pytest_mlflow_gate.reporting.page.cohort_plots import Plot
    from pytest_mlflow_gate.reporting.page.heatmap import HeatMap
    from pytest_mlflow_gate.reporting.page.histories import History
    from pytest_mlflow_gate.reporting.wording import Mood
    from pytest_mlflow_gate.tracking.snapshot import Snapshot


class Row(NamedTuple):
    """
    One check.

    Attributes:
        check: Its name.
        text: More than its numbers say; empty where they say it all.
        value: For people; empty where there is none.
        limit: As people write it.
        margin: With its sign; empty where there is none.
        baseline: For people; empty where there is none.
        line: 1-based line in the gate file.
        chart: Its bullet chart, or None.
    """

    check: str
    text: str
    value: str
    limit: str
    margin: str
    baseline: str
    line: int
    chart: Bullet | None


class Group(NamedTuple):
    """
    The checks that ended alike.

    Attributes:
        title: In words, with their number.
        mood: How they are to be looked at.
        rows: One for each check; never empty.
    """

    title: str
    mood: Mood
    rows: tuple[Row, ...]

    @property
    def compares(self) -> bool:
        """Whether one of them has a value of the baseline."""
        return any(row.baseline for row in self.rows)


class GatePart(NamedTuple):
    """
    What the page says about one gate.

    Attributes:
        name: The gate's.
        description: Why it exists, or empty.
        word: The decision in capitals.
        mood: How it is to be looked at.
        text: What became of the promotion, in one line.
        candidate: Who was judged; None where nobody was found.
        url: The candidate's page, or None.
        urgent: Checks that did not pass.
        calm: Those that did, and those that are excused.
        plots: Cohorts.
        histories: Metrics over the last runs.
        more: How many metrics have a history that is left out.
        runs: How many earlier runs there are.
        record: What to know later, as word and text.
        reasons: What spoke against the promotion, where it is more than *text*.
        left: What was not put back.
        tried: A line for each limit that an option gave in place of the file's.
        heatmap: Past runs, in a session that judges those in place of a candidate; else None.
    """

    name: str
    description: str
    word: str
    mood: Mood
    text: str
    candidate: str | None
    url: str | None
    urgent: tuple[Group, ...]
    calm: tuple[Group, ...]
    plots: tuple[Plot, ...]
    histories: tuple[History, ...]
    more: int
    runs: int
    record: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    left: tuple[str, ...]
    tried: tuple[str, ...]
    heatmap: HeatMap | None = None


def parts(decided: SessionDecision) -> tuple[GatePart, ...]:
    """Return what there is to say about each gate, those with trouble first."""
    made = [_part(decision, decided) for decision in decided.gates]
    return tuple(sorted(made, key=lambda part: URGENCY[part.mood]))


def _part(decision: Decision, decided: SessionDecision) -> GatePart:
    word, mood = verdict(decision)
    candidate, result = decision.candidate, decision.result
    drawn, more = histories(decision)
    return GatePart(
        name=decision.gate.name,
        description=decision.gate.description or "",
        word=word,
        mood=mood,
        text=result.text,
        candidate=None if candidate is None else _candidate(candidate),
        url=candidate.url
        if candidate and (candidate.url or "").startswith(("http://", "https://"))
        else None,
        urgent=tuple(_groups(decision, urgent=True)),
        calm=tuple(_groups(decision, urgent=False)),
        plots=plots(decision),
        histories=drawn,
        more=more,
        runs=len(decision.past),
        record=tuple(record(decision, decided)),
        reasons=decision.reasons if len(decision.reasons) > 1 else (),
        left=result.left,
        tried=tuple(override.sentence for override in decision.gate.overrides),
        heatmap=heatmap(decision.backtest) if decision.backtest else None,
    )


def _groups(decision: Decision, *, urgent: bool) -> Iterator[Group]:
    pairs = twins(decision.findings)
    found: dict[tuple[str, Mood], list[Row]] = {}
    for finding in decision.findings:
        found.setdefault(_group(finding), []).append(_row(finding, pairs))
    for title, mood, is_urgent in _GROUPS:
        rows = found.get((title, mood))
        if rows and is_urgent == urgent:
            yield Group(f"{title} ({len(rows)})", mood, tuple(rows))


_GROUPS: tuple[tuple[str, Mood, bool], ...] = (
    ("Failed", "bad", True),
    ("Cannot be judged", "bad", True),
    ("Not judged", "bad", True),
    ("Warnings", "doubtful", True),
    ("Passed", "good", False),
    ("Excused", "good", False),
)


def _group(finding: Finding) -> tuple[str, Mood]:
    if finding.outcome in ("passed", "exempt"):
        return ("Passed" if finding.outcome == "passed" else "Excused"), "good"
    if not finding.blocks:
        return "Warnings", "doubtful"
    title = {"failed": "Failed", "unevaluable": "Cannot be judged"}.get(finding.outcome, "Not judged")
    return title, "bad"


def _row(finding: Finding, pairs: Mapping[str, Finding]) -> Row:
    value = "" if finding.value is None else short(finding.value, finding.margin)
    return Row(
        check=finding.check,
        text="" if _says_no_more(finding) else finding.text,
        value=value or ("no value" if finding.metric and finding.outcome == "unevaluable" else ""),
        # Without a metric the limit is in the text: a rule's is its whole expression.
        limit=finding.limit if finding.metric else "",
        margin="" if finding.margin is None else signed(finding.margin),
        baseline="" if finding.baseline is None else shown(finding.baseline),
        line=finding.line,
        chart=bullet(finding, pairs.get(finding.check)),
    )


def _says_no_more(finding: Finding) -> bool:
    """Whether a text has nothing but what the cells of its row have, the baseline's value among it."""
    if finding.value is None:
        return False
    more = finding.text.removeprefix(f"{shown(finding.value)} {finding.limit}")
    return more == "" or (more.startswith(" (baseline ") and more.count("(") == 1)


def _candidate(candidate: Snapshot) -> str:
    run = candidate.run
    text = f"run {run.name or run.run_id} ({run.run_id}) of experiment {candidate.experiment.name}"
    if run.end_time is not None:
        text += f", ended {utc(run.end_time)}"
    if candidate.version is not None:
        text = f"version {candidate.version.version} of {candidate.version.model}, {text}"
    return text
