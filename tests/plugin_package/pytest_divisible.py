"""
Adds the condition ``divisible_by`` to gate files.

pytest imports this in every session, so it imports pytest-mlflow-gate where a gate asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mlflow_gate import Check, Condition, Finding, Snapshot


def pytest_mlflow_gate_check() -> Condition:
    """Return the condition."""
    from pytest_mlflow_gate import Condition  # noqa: PLC0415 - see above

    return Condition(
        name="divisible_by",
        description="The metric has to be a multiple of this.",
        judge=_judge,
    )


def _judge(check: Check, snapshot: Snapshot) -> Finding:
    from pytest_mlflow_gate import compare  # noqa: PLC0415 - see above

    return compare(
        check,
        snapshot,
        requirement=f"divisible by {check.limit}",
        margin=lambda value: -abs(value % check.limit),
    )
