"""
The hooks that other plugins and conftest files may implement.

pytest has to know them in every session, so this imports nothing but pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_mlflow_gate.checks.condition import Condition
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.decision import Result
    from pytest_mlflow_gate.promotion.intended import PromotionPlan


def pytest_mlflow_gate_check() -> Condition | Sequence[Condition] | None:
    """
    Return conditions that thresholds may use as keys, beside ``min``, ``max_drop`` and so on.

    Asked once, before the gate files are loaded, on every process of the session. The commands of
    ``python -m pytest_mlflow_gate`` ask it of installed plugins whose package requires pytest-mlflow-gate;
    what a conftest file adds is known to pytest only.

    A condition's ``judge`` is given the check's settings and the candidate's snapshot, and has to be pure: it
    is asked on more than one process. Where it raises, the check cannot be judged.
    """


def pytest_mlflow_gate_promoting(gate: Gate, plan: PromotionPlan) -> str | None:
    """
    Return a reason why the candidate must not be promoted now, or None.

    Called when everything passed, once for each gate, before anything is written to MLflow; not for what is
    in place already, and not in sessions that move nothing anyway. An exception refuses the promotion too.
    Under ``--mlflow-gate-promote all`` one veto withholds the promotions of all gates.

    Args:
        gate: What the gate file says.
        plan: What is about to move.
    """


def pytest_mlflow_gate_promoted(gate: Gate, result: Result) -> None:
    """
    Hear of a promotion that stands: the session is over and still green.

    Called for what was in place already too, with a previous version that equals the version. An exception is
    shown in one line, and undoes nothing.

    Args:
        gate: What the gate file says.
        result: The version, the one before it, and the line that the terminal shows.
    """
