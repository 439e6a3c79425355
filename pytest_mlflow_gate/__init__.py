"""
MLflow model promotion as a pytest run.

What Python code may use: the types that fixtures and hooks name, and the words that a condition of another
package is written in. Each is imported when it is first asked for: importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mlflow_gate.checks.condition import Condition, cannot_judge, compare, found
    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.checks.reading import Unreadable, Value, value_of
    from pytest_mlflow_gate.gatefile.declared import Check
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.decision import Result
    from pytest_mlflow_gate.promotion.intended import PromotionPlan
    from pytest_mlflow_gate.tracking.candidate import Candidate
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

__all__ = [
    "Candidate",
    "Check",
    "Condition",
    "Finding",
    "Gate",
    "PromotionPlan",
    "Result",
    "Snapshot",
    "Unreadable",
    "Value",
    "cannot_judge",
    "compare",
    "found",
    "value_of",
]

_HOMES = {
    "Candidate": "tracking.candidate",
    "Check": "gatefile.declared",
    "Condition": "checks.condition",
    "Finding": "checks.finding",
    "Gate": "gatefile.types",
    "PromotionPlan": "promotion.intended",
    "Result": "promotion.decision",
    "Snapshot": "tracking.snapshot",
    "Unreadable": "checks.reading",
    "Value": "checks.reading",
    "cannot_judge": "checks.condition",
    "compare": "checks.condition",
    "found": "checks.condition",
    "value_of": "checks.reading",
}


def __getattr__(name: str) -> object:
    """Import a public name where it is defined."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names too, for people at a prompt."""
    return sorted({*globals(), *__all__})
