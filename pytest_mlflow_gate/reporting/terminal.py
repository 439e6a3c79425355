"""A decision as lines for a terminal, without colours: who prints them adds those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.checks.numbers import short, signed
from pytest_mlflow_gate.gatefile.declared import RUN_CHECK
from pytest_mlflow_gate.tracking.snapshot import Rival

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

Mood = Literal["good", "bad", "doubtful", "plain"]

_MOST_ROWS = 40
_WIDEST_LIMIT = 40
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WORDS = {
    "passed": "",
    "exempt": "skipped",
    "failed": "FAILED",
    "unevaluable": "CANNOT JUDGE",
    "skipped": "not judged",
}
_VERBS: dict[str, tuple[str, Mood]] = {
    "promoted": ("PROMOTED", "good"),
    "withheld": ("NOT PROMOTED", "bad"),
    "refused": ("NOT PROMOTED", "bad"),
    "awaiting": ("NOT PROMOTED", "doubtful"),
    "failed": ("PROMOTION FAILED", "bad"),
    "dry-run": ("DRY RUN", "doubtful"),
}


class Line(NamedTuple):
    """
    One line of text.

    Attributes:
        text: Without a line break.
        mood: For whoever has colours.
    """

    text: str
    mood: Mood = "plain"


def summary(decision: Decision, now: float) -> Iterator[Line]:
    """
    Yield the table of a gate: metric, value, limit and margin of each check.

    Args:
        decision: What to show.
        now: Seconds since the epoch, for the age of the run.
    """
    if decision.candidate is None:
        yield Line(decision.findings[0].text if decision.findings else "not judged", "bad")
        return
    yield Line(_candidate(decision.candidate, now))
    if isinstance(baseline := decision.candidate.baseline, Rival):
        version = baseline.version
        yield Line(f"compared with version {version.version} of {version.model}, run {baseline.run.run_id}")
    findings = [finding for finding in decision.findings if finding.check != RUN_CHECK]
    shown_findings = _worth_showing(findings)
    rows = [("check", "value", "limit", "margin", "")]
    rows += [
        (
            finding.check,
            _value(finding),
            _cut(finding.limit),
            "" if finding.margin is None else signed(finding.margin),
            _word(finding),
        )
        for finding in shown_findings
    ]
    moods: list[Mood] = ["plain", *(_mood(finding) for finding in shown_findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row, mood in zip(rows, moods, strict=True):
        check, value, limit, margin, word = (
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        )
        yield Line(f"  {check}  {value}  {limit}  {margin}  {word}".rstrip(), mood)
    excused = (finding.text for finding in findings if finding.outcome == "exempt")
    yield from (Line(f"  skipped: {text}") for text in dict.fromkeys(excused))
    hidden = len(findings) - len(shown_findings)
    if hidden:
        yield Line(f"  ... and {hidden} more that passed")


def outcome(decision: Decision) -> Iterator[Line]:
    """Yield a line that says what became of the promotion, and one for each change that was not put back."""
    verb = _VERBS.get(decision.result.status)
    if verb is None:
        return
    word, mood = verb
    text = decision.result.text
    about = "" if text.startswith(f"{decision.gate.name} ") else f" {decision.gate.name}"
    yield Line(f"{word}{about}: {text}", mood)
    yield from (Line(f"  {left}", "bad") for left in decision.result.left)


def age(seconds: float) -> str:
    """Return a duration in the largest unit that fits, e.g. ``3 h``."""
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name}"
    return f"{max(0, int(seconds))} s"


def _candidate(candidate: Snapshot, now: float) -> str:
    run = candidate.run
    text = f"run {run.name or run.run_id} ({run.run_id}) of experiment {candidate.experiment.name}"
    if run.end_time is not None:
        text += f", ended {age(now - run.end_time)} ago"
    if candidate.version is not None:
        text = f"version {candidate.version.version} of {candidate.version.model}, {text}"
    return text


def _cut(limit: str) -> str:
    """Return a limit that fits its column; a rule's is its whole expression."""
    return limit if len(limit) <= _WIDEST_LIMIT else f"{limit[: _WIDEST_LIMIT - 3]}..."


def _value(finding: Finding) -> str:
    if finding.value is not None:
        return short(finding.value, finding.margin)
    return "no value" if finding.metric and finding.outcome == "unevaluable" else ""


def _worth_showing(findings: Sequence[Finding]) -> Sequence[Finding]:
    if len(findings) <= _MOST_ROWS:
        return findings
    return [finding for finding in findings if finding.outcome != "passed"] or findings[:_MOST_ROWS]


def _word(finding: Finding) -> str:
    word = _WORDS[finding.outcome]
    return f"warn: {word.lower()}" if word and finding.severity == "warn" else word


def _mood(finding: Finding) -> Mood:
    if finding.outcome in ("passed", "exempt"):
        return "plain"
    return "bad" if finding.blocks else "doubtful"
