"""The JSON Schema: committed, valid, and of one mind with the loader."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest
import yaml

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.problems import GateFileError
from pytest_mlflow_gate.gatefile.schema import schema
from tests.gatefile.loading import load_text

SCHEMA = schema(KEYS)
CANDIDATE = "candidate: {run_id: abc}\n"
THRESHOLDS = "thresholds: {accuracy: '>= 0.9'}\n"
GATE = CANDIDATE + THRESHOLDS


def test_the_wheel_carries_this_schema() -> None:
    """Make it again with: python -m pytest_mlflow_gate schema > pytest_mlflow_gate/gate.schema.json."""
    committed = resources.files("pytest_mlflow_gate").joinpath("gate.schema.json").read_text("utf-8")
    assert committed == json.dumps(SCHEMA, indent=2) + "\n"


def test_the_schema_is_a_schema() -> None:
    """Valid against draft 2020-12's own schema."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_key_is_described() -> None:
    """An editor has something to say about each key, and closes every section to others."""
    sections = [SCHEMA, *SCHEMA["$defs"].values()]  # type: ignore[attr-defined]
    assert len(sections) == 4
    for section in sections:
        assert section["additionalProperties"] is False
        for key in section["properties"].values():
            assert key["description"].endswith(".")


def _accepts(text: str) -> bool:
    document = yaml.safe_load(text)
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def _loads(text: str) -> bool:
    try:
        load_text(text, {"X": "1"})
    except GateFileError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GATE, id="smallest"),
        pytest.param(
            f"{GATE}name: n\ndescription: d\ntracking_uri: u\nregistry_uri: u\nwait: 30s\n", id="top"
        ),
        pytest.param(f"candidate: {{run_id: a, experiment: e}}\n{THRESHOLDS}", id="run-of-experiment"),
        pytest.param(f"candidate: {{experiment: 2024, filter: f}}\n{THRESHOLDS}", id="experiment-in-digits"),
        pytest.param(
            f"candidate: {{experiment: e, select: best, by: m, order: min}}\n{THRESHOLDS}", id="best"
        ),
        pytest.param(f"candidate: {{model: m, version: 7}}\n{THRESHOLDS}", id="version"),
        pytest.param(f"candidate: {{model: m, version: '${{X}}'}}\n{THRESHOLDS}", id="version-by-variable"),
        pytest.param(f"candidate: {{model: m, alias: a}}\n{THRESHOLDS}", id="alias"),
        pytest.param(f"candidate: {{model_id: m-1}}\n{THRESHOLDS}", id="logged-model"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{min: 1, max: '2', severity: warn}}}}", id="long-form"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{min: '${{X}}', reason: 1}}}}", id="limit-by-variable"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: '>= ${{X}}', b: '== -1e-3'}}", id="short-forms"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: ['>= 1', {{max: 2}}]}}", id="list"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{equals: 1, tolerance: 0.1}}}}", id="tolerance"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a}}", id="promote-alias"),
        pytest.param(f"{GATE}promote: {{model: m, stage: production, tags: {{a: 1}}}}", id="promote-stage"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, artifact: x}}", id="promote-artifact"),
        pytest.param(f"{GATE}promote: {{model: m, copy_to: n}}", id="promote-copy"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, previous_alias: b}}", id="previous-alias"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: none}}", id="approval-none"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: first}}", id="approval-first"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: always}}", id="approval-always"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: 999999999}}", id="approval-number"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: '3'}}", id="approval-in-quotes"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: '${{X}}'}}", id="approval-by-variable"),
    ],
)
def test_both_accept(text: str) -> None:
    """A file that loads is right in the editor too."""
    assert (_loads(text), _accepts(text)) == (True, True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[]", id="list"),
        pytest.param(CANDIDATE, id="no-thresholds"),
        pytest.param(THRESHOLDS, id="no-candidate"),
        pytest.param(f"{CANDIDATE}thresholds: {{}}", id="empty-thresholds"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: []}}", id="empty-list"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{}}}}", id="empty-condition"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{severity: warn}}}}", id="no-condition"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{mim: 1}}}}", id="misspelt-condition"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{min: 2%}}}}", id="percentage"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{min: [1]}}}}", id="list-as-limit"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{min: 1, severity: error}}}}", id="severity"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{min: 1, tolerance: 1}}}}", id="tolerance-alone"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{min: 1, max_drop: 1}}}}", id="not-yet-a-condition"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: 0.92}}", id="bare-number"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: '=> 0.92'}}", id="no-comparison"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: [[1]]}}", id="list-in-a-list"),
        pytest.param(f"{CANDIDATE}thresholds: {{' ': '> 1'}}", id="blank-metric"),
        pytest.param(f"{GATE}x: 1", id="unknown-key"),
        pytest.param(f"{GATE}rules: {{}}", id="not-yet-a-key"),
        pytest.param(f"{GATE}name:", id="null"),
        pytest.param(f"{GATE}name: ' '", id="blank"),
        pytest.param(f"{GATE}wait: 30", id="wait-without-unit"),
        pytest.param(f"candidate: {{}}\n{THRESHOLDS}", id="empty-candidate"),
        pytest.param(f"candidate: {{run_id: a, model_id: m}}\n{THRESHOLDS}", id="two-ways"),
        pytest.param(f"candidate: {{run_id: a, select: latest}}\n{THRESHOLDS}", id="select-of-a-run"),
        pytest.param(f"candidate: {{experiment: e, select: best}}\n{THRESHOLDS}", id="best-of-what"),
        pytest.param(f"candidate: {{experiment: e, by: m}}\n{THRESHOLDS}", id="by-without-best"),
        pytest.param(f"candidate: {{experiment: e, select: newest}}\n{THRESHOLDS}", id="unknown-select"),
        pytest.param(f"candidate: {{model: m}}\n{THRESHOLDS}", id="no-version"),
        pytest.param(f"candidate: {{model: m, version: 1, alias: a}}\n{THRESHOLDS}", id="version-and-alias"),
        pytest.param(f"candidate: {{model: m, version: 0}}\n{THRESHOLDS}", id="version-zero"),
        pytest.param(f"candidate: {{model: m, alias: Latest}}\n{THRESHOLDS}", id="reserved-alias"),
        pytest.param(f"{GATE}promote: {{model: m}}", id="promote-nowhere"),
        pytest.param(f"{GATE}promote: {{alias: a}}", id="promote-nothing"),
        pytest.param(f"{GATE}promote: {{model: m, alias: '@a'}}", id="alias-with-at-sign"),
        pytest.param(f"{GATE}promote: {{model: m, stage: None}}", id="stage-none"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, tags: {{}}}}", id="empty-tags"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, tags: [a]}}", id="tags-as-list"),
        pytest.param(f"{GATE}promote: {{model: m, previous_alias: b}}", id="previous-alias-alone"),
        pytest.param(
            f"{GATE}promote: {{model: m, stage: Staging, previous_alias: b}}", id="previous-of-a-stage"
        ),
        pytest.param(
            f"{GATE}promote: {{model: m, alias: a, previous_alias: v2}}", id="reserved-previous-alias"
        ),
        pytest.param(f"{GATE}promote: {{model: m, copy_to: ' '}}", id="copy-to-blank"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: 0}}", id="approval-zero"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: -1}}", id="approval-negative"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: 1.5}}", id="approval-fraction"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: '01'}}", id="approval-with-a-zero"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: 1000000000}}", id="approval-too-many"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: two}}", id="approval-in-words"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval: true}}", id="approval-true"),
        pytest.param(f"{GATE}promote: {{model: m, alias: a, approval:}}", id="approval-left-open"),
    ],
)
def test_both_refuse(text: str) -> None:
    """A file that does not load is wrong in the editor already."""
    assert (_loads(text), _accepts(text)) == (False, False)
