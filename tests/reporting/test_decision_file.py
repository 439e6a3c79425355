"""The decision as JSON: what a deploy step reads."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest

from pytest_mlflow_gate.checks.finding import Cohort, Finding
from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.promotion.decision import Decision, Result, SessionDecision
from pytest_mlflow_gate.promotion.evidence import OrdinaryTests
from pytest_mlflow_gate.promotion.provenance import Provenance
from pytest_mlflow_gate.reporting.decision_file import check, document
from pytest_mlflow_gate.tracking.snapshot import Missing, Rival, Snapshot
from pytest_mlflow_gate.tracking.values import Experiment, ModelVersion
from tests.fakes import RUN
from tests.gates import gate


def decision(result: Result, **changes: object) -> Decision:
    """Return a decision that ended in this way."""
    metrics = {"accuracy": 0.93, "f1": math.nan}
    candidate = Snapshot(
        RUN._replace(metrics=metrics), Experiment("1", "churn", active=True), url="http://m/#/r1"
    )
    made = Decision(gate(), "http://***@m", candidate, judge_gate(gate(), candidate), result)
    return made._replace(**changes)  # type: ignore[arg-type]


def session(*decisions: Decision) -> SessionDecision:
    """Return a session with these gates and no test."""
    return SessionDecision(decisions, OrdinaryTests(), 0, 0.0)


def test_everything_a_deploy_step_needs_is_there() -> None:
    """Who was judged on which numbers, what moved, and how the ordinary tests ended; NaN is a text."""
    promoted = decision(
        Result("promoted", "done", version="3", created=True, previous_version="2"),
        reasons=("f1[min] did not pass",),
    )
    tests, source = OrdinaryTests(passed=2, deselected=1), Provenance("anna", "abc123")
    text = document(SessionDecision((promoted,), tests, 0, 0.0, source))
    assert json.loads(text, parse_constant=pytest.fail) == {
        "format": 1,
        "promoted": True,
        "exit_status": 0,
        "time": "1970-01-01T00:00:00+00:00",
        "by": "anna",
        "commit": "abc123",
        "job_url": None,
        "tests": {"passed": 2, "failed": 0, "skipped": 0, "xfailed": 0, "deselected": 1},
        "gates": [
            {
                "name": "churn",
                "file": "eval_gate.yaml",
                "sha256": "d",
                "overrides": [],
                "tracking_uri": "http://***@m",
                "candidate": {
                    "run_id": "r1",
                    "run_name": "bold-shrew",
                    "experiment": "churn",
                    "url": "http://m/#/r1",
                },
                "baseline": None,
                "passed": False,
                "checks": [
                    {
                        "name": "candidate[run]",
                        "metric": None,
                        "outcome": "passed",
                        "severity": "fail",
                        "value": None,
                        "limit": "",
                        "baseline": None,
                        "margin": None,
                        "bound": None,
                        "passes": None,
                        "cohorts": {},
                        "text": "run bold-shrew",
                        "line": 2,
                    },
                    {
                        "name": "accuracy[min]",
                        "metric": "accuracy",
                        "outcome": "passed",
                        "severity": "fail",
                        "value": 0.93,
                        "limit": ">= 0.85",
                        "baseline": None,
                        "margin": 0.08,
                        "bound": 0.85,
                        "passes": "above",
                        "cohorts": {},
                        "text": "0.93 >= 0.85",
                        "line": 4,
                    },
                    {
                        "name": "f1[min]",
                        "metric": "f1",
                        "outcome": "unevaluable",
                        "severity": "fail",
                        "value": "NaN",
                        "limit": ">= 0.85",
                        "baseline": None,
                        "margin": None,
                        "bound": 0.85,
                        "passes": "above",
                        "cohorts": {},
                        "text": "cannot judge f1: its value is NaN, must be >= 0.85; log a finite number, or change line 5",
                        "line": 5,
                    },
                ],
                "promotion": {
                    "status": "promoted",
                    "text": "done",
                    "model": "churn-classifier",
                    "alias": "champion",
                    "stage": None,
                    "copy_to": None,
                    "version": "3",
                    "created": True,
                    "previous_version": "2",
                    "not_put_back": [],
                    "reasons": ["f1[min] did not pass"],
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("results", "promoted"),
    [
        pytest.param(["promoted"], True, id="one"),
        pytest.param(["promoted", "promoted"], True, id="all"),
        pytest.param(["promoted", "withheld"], False, id="not-all"),
        pytest.param(["dry-run"], False, id="dry-run"),
        pytest.param([], False, id="nobody-asked"),
    ],
)
def test_promoted_means_all_that_were_asked(results: list[str], promoted: bool) -> None:
    """A deploy step may read this one key."""
    decisions = [decision(Result(status, "")) for status in results]  # type: ignore[arg-type]
    judging_only = decision(Result("none", ""), gate=gate(promotion=None))
    assert json.loads(document(session(*decisions, judging_only)))["promoted"] is promoted


@pytest.mark.parametrize(
    ("baseline", "shown"),
    [
        pytest.param(None, None, id="nothing-compares"),
        pytest.param(
            Rival(ModelVersion("churn", "3", "", "r0", ready=True, stage="None", tags={}), RUN),
            {"model": "churn", "version": "3", "run_id": "r1"},
            id="compared",
        ),
        pytest.param(Missing("there is none"), {"missing": "there is none"}, id="none-to-compare-with"),
    ],
)
def test_what_it_was_compared_with(baseline: Rival | Missing | None, shown: object) -> None:
    """A deploy step reads the baseline's version, or why there was none."""
    made = decision(Result("none", ""))
    made = made._replace(candidate=made.candidate and made.candidate._replace(baseline=baseline))
    assert json.loads(document(session(made)))["gates"][0]["baseline"] == shown


def test_numbers_that_json_has_none_for_are_texts() -> None:
    """A margin may be twice the largest float, and a cohort may have logged NaN."""
    huge = Finding(
        "m[min]",
        "failed",
        "",
        4,
        margin=Decimal("-3e308"),
        bound=Decimal("1e400"),
        baseline=math.inf,
        cohorts=(Cohort("eu", math.nan), Cohort("us", None)),
    )
    shown = check(huge)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert [shown[key] for key in ("margin", "bound", "baseline", "cohorts")] == [
        "-Infinity",
        "Infinity",
        "Infinity",
        {"eu": "NaN", "us": None},
    ]
