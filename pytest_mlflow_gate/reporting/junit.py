"""What JUnit XML says of a decision, beyond one sentence for each testcase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.numbers import shown
from pytest_mlflow_gate.tracking.snapshot import Rival

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision, SessionDecision
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

PREFIX = "mlflow_gate."
"""What the names of the properties begin with."""


def check_facts(finding: Finding, candidate: Snapshot | None) -> list[str]:
    """Return a line for each number behind a check that did not pass, exact, and for the run and its page."""
    numbers = (
        ("metric", finding.metric),
        ("value", None if finding.value is None else shown(finding.value)),
        ("limit", finding.limit or None),
        ("delta", None if finding.margin is None else shown(finding.margin)),
        ("baseline", None if finding.baseline is None else shown(finding.baseline)),
    )
    return [f"{name}: {text}" for name, text in (*numbers, *_run(candidate)) if text is not None]


def promotion_facts(decision: Decision) -> list[str]:
    """Return a line for each thing that did not move, and for the run and its page."""
    goal = decision.gate.promotion and decision.gate.promotion.target
    about = (("promotes to", goal), ("version", decision.result.version), *_run(decision.candidate))
    return [f"{name}: {text}" for name, text in about if text is not None]


def properties(decided: SessionDecision) -> list[tuple[str, str]]:
    """Return the suite's properties; those of a gate carry its name where the session has several."""
    found = [(f"{PREFIX}promoted", str(decided.promoted).lower())]
    for decision in decided.gates:
        prefix = PREFIX if len(decided.gates) == 1 else f"{PREFIX}{decision.gate.name}."
        found += [(f"{prefix}{name}", text) for name, text in _properties(decision) if text]
    return found


def _properties(decision: Decision) -> Iterator[tuple[str, str | None]]:
    gate, candidate, result = decision.gate, decision.candidate, decision.result
    yield "gate", gate.name
    tested = None
    if candidate is not None:
        tested = candidate.version
        yield "run_id", candidate.run.run_id
        yield "run_name", candidate.run.name
        yield "run_url", candidate.url
        if isinstance(candidate.baseline, Rival):
            version = candidate.baseline.version
            yield "baseline", f"{version.model} version {version.version}"
    yield "model", gate.promotion.model if gate.promotion else tested and tested.model
    yield "version", result.version or (tested and tested.version)
    yield "set", "; ".join(tried.sentence for tried in gate.overrides)
    yield "verdict", "passed" if decision.passed else "failed"
    yield "promotion", result.status
    yield "promotion_text", result.text


def _run(candidate: Snapshot | None) -> Iterator[tuple[str, str | None]]:
    if candidate is not None:
        run = candidate.run
        yield "run", f"{run.name} ({run.run_id})" if run.name else run.run_id
        yield "link", candidate.url
