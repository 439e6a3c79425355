"""The decision as JSON: the receipt that a deploy step may rely on."""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.snapshot import Missing, Rival

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision, SessionDecision

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def document(decided: SessionDecision) -> str:
    """Return a session's decision as a JSON document; it is valid JSON whatever the metrics are."""
    return json.dumps(content(decided), indent=2, allow_nan=False) + "\n"


def content(decided: SessionDecision) -> dict[str, Json]:
    """
    Return a session's decision as JSON holds it.

    NaN and infinities are the texts ``NaN``, ``Infinity`` and ``-Infinity``.
    """
    tests, source = decided.tests, decided.provenance
    return {
        "format": 1,
        "promoted": decided.promoted,
        "exit_status": decided.exit_status,
        "time": datetime.fromtimestamp(decided.time, timezone.utc).isoformat(timespec="seconds"),
        "by": source and source.by,
        "commit": source and source.commit,
        "job_url": source and source.job_url,
        "tests": {
            "passed": tests.passed,
            "failed": tests.failed,
            "skipped": tests.skipped,
            "xfailed": tests.xfailed,
            "deselected": tests.deselected,
        },
        "gates": [_gate(decision) for decision in decided.gates],
    }


def _gate(decision: Decision) -> Json:
    gate, result, candidate = decision.gate, decision.result, decision.candidate
    return {
        "name": gate.name,
        "file": str(gate.path),
        "sha256": gate.digest,
        "overrides": [{**tried._asdict(), "instead": list(tried.instead)} for tried in gate.overrides],
        "tracking_uri": decision.tracking_uri,
        "candidate": None
        if candidate is None
        else {
            "run_id": candidate.run.run_id,
            "run_name": candidate.run.name,
            "experiment": candidate.experiment.name,
            "url": candidate.url,
        },
        "baseline": _baseline(decision),
        "passed": decision.passed,
        "checks": [check(finding) for finding in decision.findings],
        **_backtest(decision),
        "promotion": None
        if gate.promotion is None
        else {
            "status": result.status,
            "text": result.text,
            "model": gate.promotion.model,
            "alias": gate.promotion.alias,
            "stage": gate.promotion.stage,
            "copy_to": gate.promotion.copy_to,
            "version": result.version,
            "created": result.created,
            "previous_version": result.previous_version,
            "not_put_back": list(result.left),
            "reasons": list(decision.reasons),
        },
    }


def _backtest(decision: Decision) -> dict[str, Json]:
    """Return what the gate says of past runs, in a session that judges those."""
    if decision.backtest is None:
        return {}
    from pytest_mlflow_gate.reporting.backtest_file import backtest_content  # noqa: PLC0415 - few sessions

    return {"backtest": backtest_content(decision.backtest)}


def _baseline(decision: Decision) -> Json:
    """Return what the candidate was compared with, why there was nothing, or None where nothing compares."""
    match decision.candidate and decision.candidate.baseline:
        case Rival(version=version, run=run):
            return {"model": version.model, "version": version.version, "run_id": run.run_id}
        case Missing(why=why):
            return {"missing": why}
        case _:
            return None


def check(finding: Finding) -> dict[str, Json]:
    """Return one finding as JSON holds it."""
    return {
        "name": finding.check,
        "metric": finding.metric,
        "outcome": finding.outcome,
        "severity": finding.severity,
        "value": number(finding.value),
        "limit": finding.limit,
        "baseline": number(finding.baseline),
        "margin": _exact(finding.margin),
        "bound": _exact(finding.bound),
        "passes": finding.passes,
        "cohorts": {cohort.name: number(cohort.value) for cohort in finding.cohorts},
        "text": finding.text,
        "line": finding.line,
    }


def number(value: float | None) -> Json:
    """Return *value* as JSON holds it: what JSON has no number for is a text."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _exact(value: Decimal | None) -> Json:
    """Return the nearest number that a reader of JSON has; beyond the largest there is only a text."""
    return None if value is None else number(float(value))
