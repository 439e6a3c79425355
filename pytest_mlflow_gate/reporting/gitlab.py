"""A decision for GitLab CI: the files behind ``artifacts:reports``, but for the metrics."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pytest_mlflow_gate.reporting.job_values import links, needs_a_person, session_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.decision import SessionDecision

# GitLab refuses more than 80 KiB, for which the indentation counts; its thousand links are more than that.
_MOST_BYTES = 60_000


def dotenv(decided: SessionDecision) -> str:
    """
    Return the variables for later jobs, the same six however many gates there are.

    GitLab knows neither quotes nor comments nor empty lines there, and expands variables in the values.
    """
    values = {name: value.replace("$", "$$") for name, value in session_values(decided).items()}
    return "".join(f"MLFLOW_GATE_{name.upper()}={value}\n" for name, value in values.items())


def code_quality(decided: SessionDecision, place: Callable[[Gate], str]) -> str:
    """
    Return an entry for each check that failed, cannot be judged or warns, at its line of the gate file.

    Args:
        decided: The session.
        place: Returns a gate's file as the repository knows it.
    """
    return _document(
        [
            {
                "description": f"{decision.gate.name}: {finding.text}",
                "check_name": finding.check,
                "fingerprint": _fingerprint(place(decision.gate), decision.gate.name, finding.check),
                "severity": _severity(finding),
                "location": {"path": place(decision.gate), "lines": {"begin": finding.line}},
            }
            for decision in decided.gates
            for finding in filter(needs_a_person, decision.findings)
        ]
    )


def job_annotations(decided: SessionDecision) -> str:
    """Return links from the job's page to each candidate and its version, as many as GitLab takes."""
    shown: list[dict[str, dict[str, str]]] = []
    size = 0
    for link in (link for decision in decided.gates for link in links(decision)):
        entry = {"external_link": {"label": link.label, "url": link.url}}
        size += len(_document(entry))
        if size > _MOST_BYTES:
            break
        shown.append(entry)
    return _document({"MLflow gate": shown} if shown else {})


def _severity(finding: Finding) -> str:
    if not finding.blocks:
        return "minor"
    return "blocker" if finding.outcome == "failed" else "critical"


def _fingerprint(*parts: str) -> str:
    """Return the same for the same check in every pipeline, so that GitLab knows a new failure."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _document(content: object) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
