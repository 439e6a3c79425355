"""Rules: CEL expressions that have to be true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.condition import because, rival_of
from pytest_mlflow_gate.checks.expressions import Expression, ExpressionError, evaluate
from pytest_mlflow_gate.checks.finding import Finding, remedy
from pytest_mlflow_gate.checks.numbers import shown
from pytest_mlflow_gate.tracking.snapshot import Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.checks.finding import Outcome
    from pytest_mlflow_gate.gatefile.declared import Rule
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

_LONGEST = 200


def judge_rule(rule: Rule, snapshot: Snapshot) -> Finding:
    """
    Judge one rule.

    Returns:
        ``unevaluable`` when the expression errors, is not boolean, names what does not exist, or compares and
        there is no baseline; ``exempt`` when it compares and the gate file excuses that there is none, or the
        candidate is the baseline.
    """
    expression = rule.expression
    if not isinstance(expression, Expression):
        raise TypeError(f"rule {rule.name} was not compiled by this package")
    baseline: Mapping[str, float] = {}
    if expression.uses_baseline:
        rival = rival_of(snapshot)
        if isinstance(rival, str):
            return _found(rule, "exempt", rival)
        if isinstance(rival, Missing):
            text = f"cannot judge {rule.name}: there is no baseline to compare with: {rival.why}"
            return _found(rule, "unevaluable", text)
        baseline = rival.run.metrics
    run = snapshot.run
    try:
        holds = evaluate(expression, run.metrics, baseline, run.params, run.tags)
    except ExpressionError as error:
        text = f"cannot judge {rule.name}: {error}"
        return _found(rule, "unevaluable", text, remedy(rule.line, error.fix))
    if holds:
        return _found(rule, "passed", _short(expression.text))
    values = [
        f"{name} {shown(run.metrics[name])}" for name in sorted(expression.metrics) if name in run.metrics
    ]
    values += [
        f"baseline {name} {shown(baseline[name])}" for name in sorted(expression.metrics) if name in baseline
    ]
    seen = f" ({', '.join(values)})" if values else ""
    return _found(rule, "failed", f"{rule.name} does not hold: {_short(expression.text)}{seen}")


def _found(rule: Rule, outcome: Outcome, text: str, remedy: str = "") -> Finding:
    return Finding(
        check=rule.name,
        outcome=outcome,
        text=text if outcome in ("passed", "exempt") else f"{text}{because(rule)}{remedy}",
        line=rule.line,
        severity=rule.severity,
        limit=_short(rule.expression.text),
        remedy=remedy,
    )


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _LONGEST else f"{one_line[:_LONGEST]}..."
