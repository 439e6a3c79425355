"""
What a model version's description says of a gate: a table between two marks that Markdown does not show.

Everything outside of the marks is somebody else's, and stays as it is.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.declared import RUN_CHECK
from pytest_mlflow_gate.reporting.markdown import plain, table
from pytest_mlflow_gate.reporting.run_folder import page_url, run_folder
from pytest_mlflow_gate.reporting.terminal import outcome
from pytest_mlflow_gate.reporting.wording import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.promotion.decision import Decision

LONGEST = 5000
"""Most characters of a description: MLflow's SQL stores have a column of this width."""


def with_report(description: str, decision: Decision, time: float) -> str | None:
    """
    Return *description* with the report of a decision in it, in place of the same gate's earlier one.

    Args:
        description: As it is now.
        decision: What to tell.
        time: When it was decided, in seconds since the epoch.

    Returns:
        At most `LONGEST` characters, for which checks are left out and counted; None where other people's
        words leave no room for a report.
    """
    begin, end = (f"<!-- {mark}{run_folder(decision.gate.name)} -->" for mark in ("", "/"))
    # A mark that lost its other half must not swallow what somebody wrote behind it.
    ours = re.compile(f"{re.escape(begin)}(?:(?!{re.escape(begin)}).)*?{re.escape(end)}", re.DOTALL)
    found = ours.search(description)
    before, after = (description[: found.start()], description[found.end() :]) if found else (description, "")
    if not found and before:
        before = f"{before.rstrip()}\n\n"
    room = LONGEST - len(f"{before}{begin}\n\n{end}{after}")
    report = _fitting(decision, time, room)
    return None if report is None else f"{before}{begin}\n{report}\n{end}{after}"


def _fitting(decision: Decision, time: float, room: int) -> str | None:
    """Return the report with as many checks as *room* characters hold; None where not even one does."""
    foot = _foot(decision, time)
    titles, rule, *rows = table([finding for finding in decision.findings if finding.check != RUN_CHECK])
    head = [*_head(decision), "", titles, rule]
    left_out = f"\n... and {len(rows)} more checks\n"
    room -= sum(len(line) + 1 for line in (*head, left_out, foot))
    fitting = []
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            break
        fitting.append(row)
    if not fitting:
        return None
    more = len(rows) - len(fitting)
    return "\n".join([*head, *fitting, f"\n... and {more} more checks\n" if more else "", foot])


def _head(decision: Decision) -> Iterator[str]:
    lines = [line.text for line in outcome(decision)]
    if not lines:
        lines = [f"{verdict(decision)[0]} {decision.gate.name}"]
    # Two spaces break a line.
    return (f"{plain(line)}  " for line in lines)


def _foot(decision: Decision, time: float) -> str:
    when = datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    candidate = decision.candidate
    if candidate is None:
        return when
    run = plain(candidate.run.name or candidate.run.run_id)
    if candidate.url is None:
        return f"run {run}, {when}"
    return f"run [{run}]({candidate.url}), [report]({page_url(candidate.url, decision.gate.name)}), {when}"
