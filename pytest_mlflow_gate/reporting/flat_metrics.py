"""A decision as a flat JSON object, which DVC compares and Jenkins plots."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_mlflow_gate.reporting.decision_file import number

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.decision import Decision, SessionDecision
    from pytest_mlflow_gate.reporting.decision_file import Json


def flat_metrics(decided: SessionDecision) -> str:
    """
    Return the values that were judged, by metric, and ``gate.passed`` and ``gate.promoted`` for the session.

    In a session with several gates each gate has its own of all these behind its name. NaN and infinities are
    texts, as in the decision file.
    """
    session: dict[str, Json] = {
        "gate.passed": all(decision.passed for decision in decided.gates),
        "gate.promoted": decided.promoted,
    }
    if len(decided.gates) == 1:
        flat = _values(decided.gates[0]) | session
    else:
        flat = {
            f"{decision.gate.name}.{key}": value
            for decision in decided.gates
            for key, value in (_values(decision) | _verdict(decision)).items()
        } | session
    return json.dumps(flat, indent=2, allow_nan=False) + "\n"


def _values(decision: Decision) -> dict[str, Json]:
    """Return each metric's value; another one of the same metric (of a dataset, say) by the check's name."""
    values: dict[str, Json] = {}
    for finding in decision.findings:
        if finding.value is None:
            continue
        value = number(finding.value)
        if values.setdefault(finding.metric or finding.check, value) != value:
            values[finding.check] = value
    return values


def _verdict(decision: Decision) -> dict[str, Json]:
    return {"gate.passed": decision.passed, "gate.promoted": decision.result.status == "promoted"}
