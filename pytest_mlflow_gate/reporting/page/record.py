"""What somebody asks about a decision months later: who, when, on what commit, from where to where."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.snapshot import Missing, Rival

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.promotion.decision import Decision, SessionDecision


def record(decision: Decision, decided: SessionDecision) -> Iterator[tuple[str, str]]:
    """Yield what there is to know about a gate's decision, each as a word and a text."""
    gate, result, source = decision.gate, decision.result, decided.provenance
    promotion = gate.promotion
    entries = [
        ("decided", utc(decided.time)),
        ("by", source and source.by),
        ("commit", source and source.commit),
        ("job", source and source.job_url),
        ("model", promotion and promotion.model),
        ("promotes to", promotion and promotion.target),
        ("version", result.version and f"{result.version}{' (registered now)' if result.created else ''}"),
        ("previous version", result.previous_version),
        ("compared with", _compared(decision)),
        ("gate file", f"{gate.path}, SHA-256 {gate.digest}"),
        *(("but", tried.sentence) for tried in gate.overrides),
        ("tracking", decision.tracking_uri),
    ]
    yield from ((word, text) for word, text in entries if text)


def _compared(decision: Decision) -> str | None:
    match decision.candidate and decision.candidate.baseline:
        case Rival(version=version, run=run):
            return f"version {version.version} of {version.model}, run {run.run_id}"
        case Missing(why=why):
            return why
        case _:
            return None


def utc(seconds: float) -> str:
    """Return a time in seconds since the epoch as people write it."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
