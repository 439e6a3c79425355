"""The metrics report, read by Prometheus' own parser of OpenMetrics and as GitLab reads it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from pytest_mlflow_gate.reporting.open_metrics import exposition
from tests.ci_readers import gitlab_metrics
from tests.reporting.decisions import NASTY, WITHHELD, decided, many, session, warned, without_candidate

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.decision import SessionDecision

Samples = dict[tuple[str, str, str], float]


def samples(decision: SessionDecision) -> Samples:
    """Return each sample by its name, gate and check, every label and family held against the standard."""
    text = exposition(decision)
    found: Samples = {}
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        for sample in family.samples:
            found[sample.name, sample.labels["gate"], sample.labels.get("check", "")] = sample.value
    assert len(gitlab_metrics(text)) == len(found)
    return found


def test_value_margin_and_outcome() -> None:
    """Each check has its own series, what has no value has none, and the promotion is one too."""
    found = samples(session(decided({"accuracy": 0.5}, WITHHELD)))
    assert found == {
        ("mlflow_gate_value", "churn", "accuracy[min]"): 0.5,
        ("mlflow_gate_margin", "churn", "accuracy[min]"): -0.35,
        ("mlflow_gate_passed", "churn", "candidate[run]"): 1.0,
        ("mlflow_gate_passed", "churn", "accuracy[min]"): 0.0,
        ("mlflow_gate_passed", "churn", "f1[min]"): 0.0,
        ("mlflow_gate_promoted", "churn", ""): 0.0,
    }


def test_the_metric_is_a_label() -> None:
    """So that one metric can be drawn over gates and conditions."""
    assert 'mlflow_gate_value{gate="churn",check="f1[min]",metric="f1"} 0.9\n' in exposition(
        session(decided())
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, 5e-324, -0.0])
def test_every_value_that_a_run_may_log(value: float) -> None:
    """NaN and infinities have words there, and nothing is rounded."""
    found = samples(session(decided({"accuracy": value, "f1": 0.9})))
    assert repr(found["mlflow_gate_value", "churn", "accuracy[min]"]) == repr(value)


def test_promoted_with_a_warning_and_without_a_candidate() -> None:
    """A warn check that is not met is 0 although the gate is promoted; a missing candidate is 0 for all."""
    found = samples(session(warned(), without_candidate()._replace(gate=decided(name="other").gate)))
    assert found["mlflow_gate_passed", "churn", "latency[max:warn]"] == 0
    assert found["mlflow_gate_promoted", "churn", ""] == 1
    assert {value for (_, gate, _), value in found.items() if gate == "other"} == {0}


def test_names_of_any_kind() -> None:
    """A name keeps its characters, but for the one that GitLab takes for a comment."""
    finding = warned().findings[0]._replace(check=f"{NASTY}\n")
    (value, *_) = samples(session(decided(name=NASTY, findings=(finding,))))
    shown = NASTY.replace("#", "\N{FULLWIDTH NUMBER SIGN}")
    assert value == ("mlflow_gate_value", shown, f"{shown}\n")


def test_five_thousand_checks() -> None:
    """Each of them is there."""
    assert len(samples(session(many(5000)))) == 3 * 5000 + 1
