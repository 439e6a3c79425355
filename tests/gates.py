"""A gate as the loader would return it, for the rooms behind the loader."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.declared import Check
from pytest_mlflow_gate.gatefile.types import Gate, Promotion, RunById


def gate(**changes: object) -> Gate:
    """Return a gate of two checks that promotes run r1 to churn-classifier@champion."""
    made = Gate(
        name="churn",
        description=None,
        path=Path("eval_gate.yaml"),
        digest="d",
        tracking_uri=None,
        registry_uri=None,
        wait=5.0,
        candidate=RunById("r1", None, 2),
        checks=tuple(
            Check(f"{metric}[min]", metric, KEYS["min"], Decimal("0.85"), Decimal(0), "fail", None, line)
            for line, metric in enumerate(("accuracy", "f1"), 4)
        ),
        promotion=Promotion("churn-classifier", "champion", None, None, (), None, None, 0, 6),
    )
    return made._replace(**changes)  # type: ignore[arg-type]
