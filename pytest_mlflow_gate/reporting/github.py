"""A decision for GitHub Actions: outputs of the step, and annotations at the lines of the gate file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.reporting.job_values import gate_values, needs_a_person, session_values

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.decision import SessionDecision

_MOST = 10
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_MESSAGE = str.maketrans(_ESCAPES)
_IN_PROPERTY = str.maketrans(_ESCAPES | {":": "%3A", ",": "%2C"})
_BROKEN = ("refused", "awaiting", "failed")
PROMOTION = "promotion"


class _Annotation(NamedTuple):
    level: str
    gate: Gate
    check: str
    line: int
    text: str


def outputs(decided: SessionDecision) -> str:
    """
    Return the lines for the file that ``GITHUB_OUTPUT`` names.

    ``gates`` holds each gate's values as JSON. A value of more than one line cannot be.
    """
    # To GitHub's expressions the text "false" is as true as any other.
    gates = {
        decision.gate.name: {**gate_values(decision), "promoted": decision.result.status == "promoted"}
        for decision in decided.gates
    }
    values = session_values(decided) | {"gates": json.dumps(gates)}
    return "".join(f"{name}={value}\n" for name, value in values.items())


def workflow_commands(
    decided: SessionDecision, place: Callable[[Gate], str], told: Collection[tuple[str, str]] = ()
) -> Iterator[str]:
    """
    Yield annotations: failed promotions and checks as errors, warn checks as warnings.

    GitHub shows ten of each for a step; how many more there are is one notice.

    Args:
        decided: The session.
        place: Returns a gate's file as the repository knows it.
        told: What somebody else has annotated already, by gate and check; `PROMOTION` is the gate's own.
    """
    found = [
        annotation
        for annotation in (*_promotions(decided), *_checks(decided))
        if (annotation.gate.name, annotation.check) not in told
    ]
    hidden = []
    for level in ("error", "warning"):
        of_level = [annotation for annotation in found if annotation.level == level]
        yield from (_command(annotation, place(annotation.gate)) for annotation in of_level[:_MOST])
        more = len(of_level) - _MOST
        if more > 0:
            hidden.append(f"{more} more {level}{'s' if more > 1 else ''}")
    if hidden:
        yield f"::notice title=MLflow gate::{' and '.join(hidden)}: see the step summary"


def _promotions(decided: SessionDecision) -> Iterator[_Annotation]:
    # A check or a test that failed is told at its own place.
    explained = decided.tests.failed > 0 or any(
        finding.blocks for decision in decided.gates for finding in decision.findings
    )
    for decision in decided.gates:
        promotion, result = decision.gate.promotion, decision.result
        if promotion is None:
            continue
        if result.status in _BROKEN or (result.status == "withheld" and not explained):
            text = "\n".join((f"not promoted: {result.text}", *result.left))
            yield _Annotation("error", decision.gate, PROMOTION, promotion.line, text)


def _checks(decided: SessionDecision) -> Iterator[_Annotation]:
    for decision in decided.gates:
        for finding in filter(needs_a_person, decision.findings):
            level = "error" if finding.blocks else "warning"
            url = decision.candidate and decision.candidate.url
            text = f"{finding.text}\n{url}" if url else finding.text
            yield _Annotation(level, decision.gate, finding.check, finding.line, text)


def _command(annotation: _Annotation, path: str) -> str:
    properties = {
        "file": path,
        "line": str(annotation.line),
        "title": f"{annotation.gate.name}: {annotation.check}",
    }
    shown = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items())
    return f"::{annotation.level} {shown}::{annotation.text.translate(_IN_MESSAGE)}"
