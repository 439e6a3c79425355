"""A decision as OpenMetrics text, which GitLab compares between branches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.promotion.decision import SessionDecision

# GitLab takes everything behind the first number sign of a line for a comment.
_IN_LABEL = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "#": "\N{FULLWIDTH NUMBER SIGN}"})


def exposition(decided: SessionDecision) -> str:
    """Return value, margin and outcome of each check, and whether each gate was promoted, as gauges."""
    return "".join(f"{line}\n" for line in (*_checks(decided), *_promotions(decided), "# EOF"))


def _checks(decided: SessionDecision) -> Iterator[str]:
    every = [
        (_labels(gate=decision.gate.name, check=finding.check, metric=finding.metric), finding)
        for decision in decided.gates
        for finding in decision.findings
    ]
    yield from _head("mlflow_gate_value", "The value that was judged, in the metric's own unit.")
    for labels, finding in every:
        if finding.value is not None:
            yield f"mlflow_gate_value{labels} {_number(finding.value)}"
    yield from _head("mlflow_gate_margin", "Distance to the limit, negative on the failing side.")
    for labels, finding in every:
        if finding.margin is not None:
            yield f"mlflow_gate_margin{labels} {_number(float(finding.margin))}"
    yield from _head("mlflow_gate_passed", "1 for a check that holds or that the gate file excuses, else 0.")
    for labels, finding in every:
        yield f"mlflow_gate_passed{labels} {int(finding.outcome in ('passed', 'exempt'))}"


def _promotions(decided: SessionDecision) -> Iterator[str]:
    yield from _head("mlflow_gate_promoted", "1 for a gate whose candidate was promoted, else 0.")
    for decision in decided.gates:
        promoted = int(decision.result.status == "promoted")
        yield f"mlflow_gate_promoted{_labels(gate=decision.gate.name)} {promoted}"


def _head(name: str, text: str) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {text}"


def _labels(**labels: str | None) -> str:
    shown = ",".join(f'{name}="{text.translate(_IN_LABEL)}"' for name, text in labels.items() if text)
    return f"{{{shown}}}"


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
