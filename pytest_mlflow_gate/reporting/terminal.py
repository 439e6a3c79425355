"""A decision as lines for a terminal, without colours: who prints them adds those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.checks.numbers import short, shown, signed
from pytest_mlflow_gate.gatefile.declared import RUN_CHECK
from pytest_mlflow_gate.reporting.table import aligned, cut
from pytest_mlflow_gate.reporting.wording import PROMOTIONS, Mood, verdict
from pytest_mlflow_gate.tracking.snapshot import Rival

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision
    from pytest_mlflow_gate.tracking.snapshot import Snapshot


Tone = Mood | Literal["plain"]

NARROWEST = 80
"""Columns that every terminal is taken to have, and every CI system's log."""

_MOST_ROWS = 40
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Line(NamedTuple):
    """
    One line of text.

    Attributes:
        text: Without a line break.
        mood: For whoever has colours.
    """

    text: str
    mood: Tone = "plain"


_PASSED = Line("passed")
_HEADINGS = {
    ("failed", "fail"): Line("FAILED", "bad"),
    ("unevaluable", "fail"): Line("CANNOT JUDGE", "bad"),
    ("skipped", "fail"): Line("NOT JUDGED", "bad"),
    ("failed", "warn"): Line("warn: failed", "doubtful"),
    ("unevaluable", "warn"): Line("warn: cannot judge", "doubtful"),
    ("skipped", "warn"): Line("warn: not judged", "doubtful"),
}
"""What stands above the checks of an outcome and severity; in this order, what blocks first."""


def summary(decision: Decision, now: float, columns: int = NARROWEST) -> Iterator[Line]:
    """
    Yield the table of a gate: value, limit and margin of each check, in blocks unless all passed.

    Args:
        decision: What to show.
        now: Seconds since the epoch, for the age of the run.
        columns: How many a line may have; links and reasons are never cut.
    """
    yield from (Line(tried.sentence, "doubtful") for tried in decision.gate.overrides)
    if decision.backtest is not None:
        from pytest_mlflow_gate.reporting.backtest import table  # noqa: PLC0415 - few sessions

        yield from table(decision.backtest, columns)
        return
    if decision.candidate is None:
        yield Line(decision.findings[0].text if decision.findings else "not judged", "bad")
        return
    yield from map(Line, _candidate(decision.candidate, now, columns))
    findings = [finding for finding in decision.findings if finding.check != RUN_CHECK]
    blocks = _blocks(_worth_showing(findings))
    lines = _lines([finding for block in blocks.values() for finding in block], columns)
    yield Line(next(lines))
    for heading, block in blocks.items():
        if len(blocks) > 1 or heading is not _PASSED:
            yield heading
        yield from (Line(next(lines), heading.mood) for _ in block)
    hidden = len(findings) - sum(map(len, blocks.values()))
    if hidden:
        yield Line(f"  ... and {hidden} more that passed")


def outcome(decision: Decision) -> Iterator[Line]:
    """Yield a line that says what became of the promotion, and one for each change that was not put back."""
    verb = PROMOTIONS.get(decision.result.status)
    if verb is None:
        return
    word, mood = verb
    text = decision.result.text
    about = "" if text.startswith(f"{decision.gate.name} ") else f" {decision.gate.name}"
    yield Line(f"{word}{about}: {text}", mood)
    yield from (Line(f"  {left}", "bad") for left in decision.result.left)


def in_one_line(decision: Decision) -> Iterator[Line]:
    """Yield what `outcome` does for who has no table: the first number that blocks; every gate has a line."""
    status, name = decision.result.status, decision.gate.name
    if decision.backtest is not None:
        yield Line(f"BACKTEST {name}: {decision.findings[0].text}")
        return
    blocking = [finding for finding in decision.findings if finding.blocks and finding.outcome != "skipped"]
    if blocking and status in ("withheld", "none"):
        others = f" (and {len(blocking) - 1} more)" if len(blocking) > 1 else ""
        word = "NOT PROMOTED" if status == "withheld" else "FAILED"
        yield Line(f"{word} {name}: {_missed(blocking[0])}{others}", "bad")
    elif status == "none":
        word, mood = verdict(decision)
        passed = sum(finding.outcome == "passed" for finding in decision.findings)
        count = f": {passed} of {len(decision.findings)} checks passed" if decision.passed else ""
        yield Line(f"{word} {name}{count}", mood)
    else:
        yield from outcome(decision)


def age(seconds: float) -> str:
    """Return a duration in the largest unit that fits, e.g. ``3 h``."""
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name}"
    return f"{max(0, int(seconds))} s"


def _candidate(candidate: Snapshot, now: float, columns: int) -> Iterator[str]:
    """Yield which run it is and how old, its id and page, and what it is compared with."""
    run, url = candidate.run, candidate.url
    text = f"run {run.name or run.run_id} of experiment {candidate.experiment.name}"
    if run.end_time is not None:
        text += f", ended {age(now - run.end_time)} ago"
    if candidate.version is not None:
        text = f"version {candidate.version.version} of {candidate.version.model}, {text}"
    yield cut(text, columns)
    if run.name and run.run_id not in (url or ""):
        yield f"  run id {run.run_id}"
    if url is not None:
        yield f"  {url}"
    if isinstance(candidate.baseline, Rival):
        version = candidate.baseline.version
        yield cut(f"compared with version {version.version} of {version.model}", columns)


def _blocks(findings: Sequence[Finding]) -> dict[Line, list[Finding]]:
    """Return the findings below the headings that they have, in the order of these, what passed last."""
    blocks: dict[Line, list[Finding]] = {heading: [] for heading in _HEADINGS.values()}
    for finding in sorted(findings, key=lambda finding: finding.outcome == "passed"):
        blocks.setdefault(_heading(finding), []).append(finding)
    return {heading: block for heading, block in blocks.items() if block}


def _heading(finding: Finding) -> Line:
    if finding.outcome == "exempt":
        return Line(f"skipped: {finding.text}")
    return _HEADINGS.get((finding.outcome, finding.severity), _PASSED)


def _lines(findings: Sequence[Finding], columns: int) -> Iterator[str]:
    """Yield the head of the table and a line for each finding; baselines have a column where one is."""
    rows = [("check", "value", "baseline", "limit", "margin")]
    rows += [
        (
            finding.check,
            _value(finding),
            "" if finding.baseline is None else short(finding.baseline, None),
            finding.limit,
            "" if finding.margin is None else signed(finding.margin),
        )
        for finding in findings
    ]
    if any(finding.baseline is not None for finding in findings):
        return aligned(rows, columns, elastic=(0, 3))
    return aligned([(*row[:2], *row[3:]) for row in rows], columns, elastic=(0, 2))


def _value(finding: Finding) -> str:
    if finding.value is not None:
        return short(finding.value, finding.margin)
    return "no value" if finding.metric and finding.outcome == "unevaluable" else ""


def _worth_showing(findings: Sequence[Finding]) -> Sequence[Finding]:
    if len(findings) <= _MOST_ROWS:
        return findings
    return [finding for finding in findings if finding.outcome != "passed"] or findings[:_MOST_ROWS]


def _missed(finding: Finding) -> str:
    """Return what is wrong, and by how much where there is a distance."""
    return f"{finding.text} (by {shown(abs(finding.margin))})" if finding.margin else finding.text
