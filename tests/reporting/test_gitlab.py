"""The files of GitLab CI, read as GitLab reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.reporting.gitlab import code_quality, dotenv, job_annotations
from tests.ci_readers import gitlab_dotenv
from tests.gates import gate
from tests.reporting.decisions import (
    NASTY,
    PAGE,
    WITHHELD,
    decided,
    session,
    warned,
    without_candidate,
)

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.decision import SessionDecision

# What GitLab's documentation asks of an entry, and its own schema of what it keeps.
ENTRY = Draft7Validator(
    {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string"},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^./][^\\\\]*$"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    }
)


def place(gate: Gate) -> str:
    """Return a gate's file below the repository's root."""
    return f"gates/{gate.path}"


def entries(decision: SessionDecision) -> list[dict[str, Any]]:
    """Return the entries of the code quality report, each as GitLab wants it."""
    found: list[dict[str, Any]] = json.loads(code_quality(decision, place))
    for entry in found:
        ENTRY.validate(entry)
    return found


def test_variables_of_a_promotion() -> None:
    """The next job has them by these names, and the file has nothing that GitLab does not know."""
    text = dotenv(session(decided()))
    assert text == (
        "MLFLOW_GATE_PROMOTED=true\n"
        "MLFLOW_GATE_VERSION=3\n"
        "MLFLOW_GATE_RUN_ID=r1\n"
        "MLFLOW_GATE_VERDICT=passed\n"
        "MLFLOW_GATE_PROMOTION=promoted\n"
        "MLFLOW_GATE_MODEL=churn-classifier\n"
    )
    assert gitlab_dotenv(text)["MLFLOW_GATE_PROMOTED"] == "true"


@pytest.mark.parametrize(
    "decision",
    [
        pytest.param(session(*(decided(name=f"g{number}") for number in range(1000))), id="a-thousand-gates"),
        pytest.param(session(without_candidate()), id="empty-values"),
        pytest.param(session(decided(result=Result("failed", "", version="3\n\nA=b"))), id="line-breaks"),
        pytest.param(
            session(
                decided(gate=gate(promotion=decided().gate.promotion._replace(model="é" * 256)))  # type: ignore[union-attr]
            ),
            id="longest-model-name",
        ),
    ],
)
def test_variables_are_what_gitlab_takes(decision: SessionDecision) -> None:
    """Six of them, below five kilobytes, whatever the session was."""
    assert len(gitlab_dotenv(dotenv(decision))) == 6


def test_a_value_is_not_expanded() -> None:
    """A model's name with a dollar sign names no variable."""
    promotion = decided().gate.promotion
    assert promotion is not None
    named = decided(gate=gate(promotion=promotion._replace(model="a$CI_TOKEN")))
    assert gitlab_dotenv(dotenv(session(named)))["MLFLOW_GATE_MODEL"] == "a$$CI_TOKEN"


def test_code_quality_of_what_needs_a_person() -> None:
    """One entry for each check that failed, cannot be judged or warns, at its line, by severity."""
    bad = decided({"accuracy": 0.5}, WITHHELD)
    found = entries(session(bad, warned()))
    assert [
        (entry["check_name"], entry["severity"], entry["location"], entry["description"]) for entry in found
    ] == [
        (
            "accuracy[min]",
            "blocker",
            {"path": "gates/eval_gate.yaml", "lines": {"begin": 4}},
            "churn: accuracy is 0.5, must be >= 0.85",
        ),
        (
            "f1[min]",
            "critical",
            {"path": "gates/eval_gate.yaml", "lines": {"begin": 5}},
            f"churn: {bad.findings[2].text}",
        ),
        (
            "latency[max:warn]",
            "minor",
            {"path": "gates/eval_gate.yaml", "lines": {"begin": 7}},
            "churn: latency is 110, must be <= 100",
        ),
    ]


def test_code_quality_of_a_good_session_is_an_empty_list() -> None:
    """Which tells GitLab that what was there is fixed."""
    assert code_quality(session(decided()), place) == "[]\n"


def test_without_a_candidate_there_is_one_entry() -> None:
    """Checks that had nothing to look at do not repeat it."""
    assert [entry["check_name"] for entry in entries(session(without_candidate()))] == ["candidate[run]"]


def test_fingerprints_know_a_failure_again() -> None:
    """Another value or line is the same failure; another check or gate is another one."""
    first, second = (
        entries(session(decided({"accuracy": value, "f1": value}, WITHHELD), decided({}, name="other")))
        for value in (0.5, 0.6)
    )
    prints = [[entry["fingerprint"] for entry in found] for found in (first, second)]
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == 4


def test_names_of_any_kind_are_json() -> None:
    """Names are somebody else's."""
    finding = warned().findings[0]._replace(check=NASTY, text=f"{NASTY}\n")
    (entry,) = entries(session(decided(name=NASTY, findings=(finding,))))
    assert (entry["check_name"], entry["description"]) == (NASTY, f"{NASTY}: {NASTY}\n")


def test_links_of_the_job_page() -> None:
    """To the run and to the version."""
    assert json.loads(job_annotations(session(decided()))) == {
        "MLflow gate": [
            {"external_link": {"label": "run bold-shrew", "url": PAGE}},
            {
                "external_link": {
                    "label": "version 3 of churn-classifier",
                    "url": "http://m/#/models/churn-classifier/versions/3",
                }
            },
        ]
    }


def test_without_pages_there_are_no_links() -> None:
    """An object all the same: GitLab refuses everything else."""
    assert json.loads(job_annotations(session(without_candidate()))) == {}


@pytest.mark.parametrize("number", [600, 5000])
def test_as_many_links_as_gitlab_takes(number: int) -> None:
    """At most a thousand, and at most 80 KiB."""
    text = job_annotations(session(*[decided()] * number))
    links = json.loads(text)["MLflow gate"]
    assert 300 < len(links) <= 1000
    assert len(text.encode()) < 81_920
