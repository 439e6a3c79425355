"""A decision as the step summary of GitHub Actions: a Markdown table for each gate."""

from __future__ import annotations

import html
import re
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.numbers import short, shown, signed
from pytest_mlflow_gate.gatefile.declared import RUN_CHECK
from pytest_mlflow_gate.reporting.job_values import links
from pytest_mlflow_gate.reporting.terminal import outcome
from pytest_mlflow_gate.reporting.wording import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision, SessionDecision

MOST_BYTES = 1024 * 1024
"""GitHub shows nothing of a step's summary that is larger."""

_LONGEST = 500
_LAST_LINE = 120
_ACTIVE = re.compile(
    # Always; the parenthesis of a link; an underscore that does not stand inside a word.
    r"[|`*\\~$]|(?<=\])\(|(?<![^\W_])_|_(?![^\W_])"
)
_MENTION = re.compile(r"(?<!\w)@[\w-]+")


def summary(decided: SessionDecision, room: int = MOST_BYTES) -> str:
    """
    Return the Markdown of a session, what needs a person first in each table.

    Args:
        decided: The session.
        room: How many bytes of UTF-8 it may take. What does not fit is counted.
    """
    parts: list[str] = []
    room -= _LAST_LINE
    for position, decision in enumerate(decided.gates):
        waiting = len(decided.gates) - position
        head = _head(decision)
        if _size(head) + _LAST_LINE > room:
            parts.append(f"\n{waiting} more gates are left out: GitHub shows no more of a step.\n")
            break
        section = _section(head, decision, max(room // waiting, _size(head) + _LAST_LINE))
        room -= _size(section)
        parts.append(section)
    return "".join(parts)


def _section(head: str, decision: Decision, room: int) -> str:
    findings = _ordered(decision)
    compares = any(finding.baseline is not None for finding in findings)
    titles = ["check", "value", *(["baseline"] if compares else []), "limit", "margin", ""]
    rows = [_row(titles), _row(["---"] * len(titles))] if findings else []
    room -= _size(head) + sum(map(_size, rows)) + _LAST_LINE
    fitting = 0
    for finding in findings:
        row = _row(_cells(finding, compares=compares))
        room -= _size(row)
        if room < 0:
            break
        rows.append(row)
        fitting += 1
    left_out = _left_out(findings[fitting:])
    return head + "".join(rows if fitting else []) + left_out


def _head(decision: Decision) -> str:
    """Return what stands above the table: the gate, what became of its promotion, and where to look."""
    said = [_text(line.text) for line in outcome(decision)] or [verdict(decision)[0]]
    bold, *more = said
    lines = [f"\n### MLflow gate {_code(decision.gate.name)}", f"**{bold}**", *more]
    lines += (_text(tried.sentence) for tried in decision.gate.overrides)
    pages = [f'<a href="{_escaped(link.url)}">{_text(link.label)}</a>' for link in links(decision)]
    if pages:
        lines.append(" · ".join(pages))
    if decision.candidate is None and decision.findings:
        lines.append(_text(decision.findings[0].text))
    return "".join(f"{line}\n\n" for line in lines)


def _ordered(decision: Decision) -> Sequence[Finding]:
    if decision.candidate is None:
        return ()
    return sorted(
        (finding for finding in decision.findings if finding.check != RUN_CHECK), key=attrgetter("urgency")
    )


def _cells(finding: Finding, *, compares: bool) -> Iterator[str]:
    yield _code(finding.check)
    yield "" if finding.value is None else short(finding.value, finding.margin)
    if compares:
        yield "" if finding.baseline is None else shown(finding.baseline)
    yield _code(finding.limit) if finding.limit else ""
    yield "" if finding.margin is None else signed(finding.margin)
    if finding.outcome == "passed":
        yield "✅"
    elif finding.outcome == "exempt":
        yield f"skipped: {_text(finding.text)}"
    else:
        yield f"{'❌' if finding.blocks else '⚠️'} {_text(finding.text)}"


def _left_out(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    bad = sum(finding.outcome not in ("passed", "exempt") for finding in findings)
    kind = f"{bad} did not pass" if bad else "all of them passed"
    checks = "1 more check is" if len(findings) == 1 else f"{len(findings)} more checks are"
    return f"\n{checks} left out ({kind}): GitHub shows no more of a step.\n"


def _row(cells: Sequence[str] | Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    return f"<code>{_literal(text)}</code>"


def _text(text: str) -> str:
    # GitHub would link @champion to the person who has that name there.
    return _MENTION.sub(r"<code>\g<0></code>", _literal(text))


def _literal(text: str) -> str:
    line = " ".join(text.split())
    return _escaped(line if len(line) <= _LONGEST else f"{line[:_LONGEST]}...")


def _escaped(line: str) -> str:
    """Return a line in which neither Markdown nor HTML finds anything."""
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", html.escape(line))


def _size(text: str) -> int:
    return len(text.encode())
