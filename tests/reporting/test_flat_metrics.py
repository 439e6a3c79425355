"""metrics.json for DVC and Jenkins."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.reporting.flat_metrics import flat_metrics
from tests.reporting.decisions import WITHHELD, decided, session, without_candidate


def flat(*decisions: Any) -> dict[str, Any]:
    """Return the object, which has to be JSON in the eyes of everybody."""
    content: dict[str, Any] = json.loads(flat_metrics(session(*decisions)), parse_constant=pytest.fail)
    return content


def test_one_gate() -> None:
    """Each metric by its own name, and what became of the gate."""
    assert flat(decided()) == {"accuracy": 0.93, "f1": 0.9, "gate.passed": True, "gate.promoted": True}


def test_values_that_json_has_no_number_for() -> None:
    """Texts, as in the decision file; a metric that was never logged is not there."""
    assert flat(decided({"accuracy": math.nan}, WITHHELD)) == {
        "accuracy": "NaN",
        "gate.passed": False,
        "gate.promoted": False,
    }


def test_several_gates_have_their_own_names() -> None:
    """Nothing of one gate stands in the place of another's, and the session has both verdicts without a name."""
    assert flat(decided(name="a"), decided({"accuracy": 0.5}, WITHHELD, name="b")) == {
        "a.accuracy": 0.93,
        "a.f1": 0.9,
        "a.gate.passed": True,
        "a.gate.promoted": True,
        "b.accuracy": 0.5,
        "b.gate.passed": False,
        "b.gate.promoted": False,
        "gate.passed": False,
        "gate.promoted": False,
    }


def test_two_values_of_one_metric() -> None:
    """The value for a dataset, say, is no reason to lose the run's own; two equal ones are one."""
    findings = (
        Finding("accuracy[min]", "passed", "", 4, metric="accuracy", value=0.93),
        Finding("accuracy[max]", "passed", "", 5, metric="accuracy", value=0.93),
        Finding("accuracy@holdout[min]", "passed", "", 6, metric="accuracy", value=0.9),
    )
    assert flat(decided(findings=findings)) == {
        "accuracy": 0.93,
        "accuracy@holdout[min]": 0.9,
        "gate.passed": True,
        "gate.promoted": True,
    }


def test_a_metric_cannot_pose_as_the_verdict() -> None:
    """Whoever logs metrics names them."""
    posing = Finding("gate.promoted[min]", "passed", "", 4, metric="gate.promoted", value=1.0)
    assert flat(decided(findings=(posing,), result=WITHHELD))["gate.promoted"] is False


def test_without_a_candidate() -> None:
    """There is a file all the same."""
    assert flat(without_candidate()) == {"gate.passed": False, "gate.promoted": False}
