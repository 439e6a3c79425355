"""Decisions as a session would come to them, for what is made of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.promotion.decision import Decision, Result, SessionDecision
from pytest_mlflow_gate.promotion.evidence import OrdinaryTests
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from pytest_mlflow_gate.tracking.values import Experiment
from tests.fakes import RUN
from tests.gates import gate

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = "http://m/#/experiments/1/runs/r1"
GOOD = {"accuracy": 0.93, "f1": 0.9}
PROMOTED = Result("promoted", "churn-classifier version 3 is now @champion", version="3")
WITHHELD = Result("withheld", "accuracy[min] did not pass")
NASTY = 'a|b`c<i>"d"&\\*_e_ [f](http://g) #h $i, é%: @j'
"""A name with everything that Markdown, HTML, workflow commands, shells and OpenMetrics know."""


def decided(
    metrics: Mapping[str, float] = GOOD, result: Result = PROMOTED, *, name: str = "churn", **changes: object
) -> Decision:
    """Return the decision about a run with these metrics on the gate of `tests.gates`."""
    judged = gate(name=name)
    candidate = Snapshot(RUN._replace(metrics=dict(metrics)), Experiment("1", "churn", active=True), url=PAGE)
    made = Decision(judged, "http://m", candidate, judge_gate(judged, candidate), result)
    return made._replace(**changes)  # type: ignore[arg-type]


def without_candidate() -> Decision:
    """Return the decision of a gate whose run does not exist."""
    findings = judge_gate(gate(), "no run 'r1'")
    result = Result("withheld", "cannot judge churn: no run 'r1'")
    return decided(candidate=None, findings=findings, result=result)


def warned() -> Decision:
    """Return the decision of a gate that promotes although its warn check is not met."""
    findings = (
        Finding("latency[max:warn]", "failed", "latency is 110, must be <= 100", 7, "warn", "latency", 110.0),
    )
    return decided(findings=findings)


def many(count: int, *, failed: int = 0, name: str = "m{}") -> Decision:
    """Return a decision about so many checks, the last of which failed."""
    findings = tuple(
        Finding(
            f"{name.format(number)}[min]",
            "failed" if number >= count - failed else "passed",
            f"{name.format(number)} is 0.93, must be >= 0.92",
            number + 4,
            metric=name.format(number),
            value=0.93,
            limit=">= 0.92",
            margin=Decimal("0.01"),
        )
        for number in range(count)
    )
    return decided(findings=findings, result=WITHHELD if failed else PROMOTED)


def session(*decisions: Decision, **changes: object) -> SessionDecision:
    """Return a session with these gates and no test."""
    made = SessionDecision(decisions, OrdinaryTests(), 0, 0.0)
    return made._replace(**changes)  # type: ignore[arg-type]
