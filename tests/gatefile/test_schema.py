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
PROMOTE = "promote: {model: m, alias: a}\n"
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
    assert list(SCHEMA["$defs"]) == [  # type: ignore[call-overload]
        "replicates",
        "dataset",
        "require",
        "candidate",
        "baseline",
        "threshold",
        "rule",
        "promote",
    ]
    for section in sections:
        assert section["additionalProperties"] is False
        for key in section["properties"].values():
            assert key["description"].endswith(".")


def _accepts(text: str) -> bool:
    document = yaml.safe_load(text)
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def _loads(text: str) -> bool:
    try:
        load_text(text, {"X": "1", "SHARE": "95%", "OVER": "last"})
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
        pytest.param(f"{CANDIDATE}thresholds: {{a: 0.92}}", id="bare-number"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: '=> 0.92'}}", id="no-comparison"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: [[1]]}}", id="list-in-a-list"),
        pytest.param(f"{CANDIDATE}thresholds: {{' ': '> 1'}}", id="blank-metric"),
        pytest.param(f"{GATE}x: 1", id="unknown-key"),
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


def _threshold(keys: str, metric: str = "a") -> str:
    """Return a gate with a baseline and one threshold in its long form."""
    return f"{CANDIDATE}baseline: {{model: m, alias: a}}\nthresholds: {{'{metric}': {keys}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            _threshold("{max_drop: 0.01, max_rise: 2%, min_rise: '0.5 %', min_drop: 3}"), id="changes"
        ),
        pytest.param(_threshold("{max_drop: '${X}'}"), id="change-by-variable"),
        pytest.param(f"{CANDIDATE}{PROMOTE}thresholds: {{a: {{max_drop: 1}}}}", id="default-baseline"),
        pytest.param(f"{CANDIDATE}{PROMOTE}baseline: {{}}\n{THRESHOLDS}", id="empty-baseline"),
        pytest.param(f"{CANDIDATE}{PROMOTE}baseline: {{missing: bootstrap}}\n{THRESHOLDS}", id="bootstrap"),
        pytest.param(
            f"{CANDIDATE}{PROMOTE}baseline: {{version: 7, missing: fail}}\n{THRESHOLDS}", id="baseline-v"
        ),
        pytest.param(f"{GATE}baseline: {{model: m, stage: production}}", id="baseline-stage"),
        pytest.param(
            f"{GATE}promote: {{model: m, copy_to: n}}\nbaseline: {{alias: a}}", id="baseline-of-a-mere-copy"
        ),
        *(
            pytest.param(_threshold(f"{{min: 1, over: {over}}}"), id=f"over-{over}")
            for over in ("last", "first", "min", "max", "mean")
        ),
        pytest.param(_threshold("{min: 1, dataset: d, over: last}"), id="dataset"),
        pytest.param(_threshold("{min: 1, dataset: d, over: '${OVER}'}"), id="dataset-and-a-variable"),
        *(
            pytest.param(_threshold(f"{{min: 1, confidence: {share}, samples: n}}"), id=f"share-{share}")
            for share in ("95%", "0.95", "99.9 %", "'.5'", "0.5%", "'+9%'", "1e-1", "'${SHARE}'", "50.%")
        ),
        *(
            pytest.param(
                _threshold(f"{{min: 1, confidence: 95%, samples: {samples}}}"), id=f"samples-{samples}"
            )
            for samples in ("1", "999999999", "'500'", "n_test", "'${X}'", "2nd", "true")
        ),
        pytest.param(
            "candidate: {run_id: a, replicates: parent}\nthresholds: {a: {min: 1, confidence: 95%}}",
            id="replicates-parent",
        ),
        pytest.param(
            "candidate: {experiment: e, select: latest, replicates: {filter: f}}\n"
            "thresholds: {a: [{min: 1, confidence: 95%}]}",
            id="replicates-filter",
        ),
        pytest.param(_threshold("{cohorts: [eu, us], min: 1, max_spread: 0}", "r/{cohort}"), id="cohorts"),
        pytest.param(_threshold("{cohorts: '*', min: 1, max_spread: 1}", "r/{cohort}"), id="every-cohort"),
        pytest.param(_threshold("[{cohorts: [1], min: 1}]", "{cohort}"), id="cohorts-in-a-list"),
        pytest.param(
            _threshold(
                "{trials: n, min_probability_best: 95%, max_value_remaining: 0.01, arms: [b, c], min: 1}"
            ),
            id="arms",
        ),
        pytest.param(f"{CANDIDATE}rules: {{r: metrics.a > 1}}", id="rules-alone"),
        pytest.param(
            f"{CANDIDATE}thresholds: {{}}\nrules: {{r: metrics.a > 1}}", id="rules-and-no-thresholds"
        ),
        pytest.param(f"{CANDIDATE}thresholds:\nrules: {{r: true}}", id="rules-and-thresholds-left-open"),
        pytest.param(f"{GATE}rules: {{}}", id="thresholds-and-no-rules"),
        pytest.param(f"{GATE}rules:", id="thresholds-and-rules-left-open"),
        pytest.param(f"{GATE}rules: {{r: {{expr: x, severity: warn, reason: r}}}}", id="long-rule"),
        pytest.param(
            "candidate: {model_id: m-1, require: {max_age: 24h, tags: {a: 1}, params: {b: c}, "
            f"dataset: {{name: n, digest: 9f}}, artifact: m, signature: true}}}}\n{THRESHOLDS}",
            id="requirements",
        ),
        pytest.param(
            f"candidate: {{run_id: a, require: {{signature: 'True'}}}}\n{THRESHOLDS}", id="signature"
        ),
    ],
)
def test_both_accept_the_whole_language(text: str) -> None:
    """What compares, what counts and what is required is right in the editor too."""
    assert (_loads(text), _accepts(text)) == (True, True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{CANDIDATE}thresholds: {{a: {{max_drop: 1}}}}", id="change-against-nothing"),
        pytest.param(f"{CANDIDATE}thresholds: {{a: ['>= 1', {{max_drop: 1}}]}}", id="in-a-list"),
        pytest.param(
            f"{CANDIDATE}promote: {{model: m, copy_to: n}}\nthresholds: {{a: {{max_drop: 1}}}}",
            id="change-against-a-copy",
        ),
        pytest.param(_threshold("{max_drop: -1}"), id="negative-change"),
        pytest.param(_threshold("{max_drop: -1%}"), id="negative-percent"),
        pytest.param(_threshold("{max_drop: 1%%}"), id="percent-of-percent"),
        pytest.param(_threshold("{min_rise: 1, tolerance: 1}"), id="tolerance-of-a-change"),
        pytest.param(_threshold("{equals: 1, tolerance: -1}"), id="negative-tolerance"),
        pytest.param(f"{GATE}baseline: {{}}", id="baseline-of-nothing"),
        pytest.param(f"{GATE}baseline:", id="baseline-left-open"),
        pytest.param(f"{GATE}baseline: {{model: m}}", id="baseline-which"),
        pytest.param(f"{GATE}baseline: {{alias: a}}", id="baseline-of-no-model"),
        pytest.param(f"{GATE}baseline: {{model: m, alias: a, version: 1}}", id="baseline-twice"),
        pytest.param(
            f"{GATE}baseline: {{model: m, version: 1, stage: Staging}}", id="baseline-version-and-stage"
        ),
        pytest.param(
            f"{GATE}baseline: {{model: m, alias: a, stage: Staging}}", id="baseline-alias-and-stage"
        ),
        pytest.param(
            f"{GATE}baseline: {{model: m, version: 1, missing: bootstrap}}", id="bootstrap-a-version"
        ),
        pytest.param(f"{GATE}baseline: {{model: m, alias: a, missing: skip}}", id="unknown-missing"),
        pytest.param(
            f"{GATE}promote: {{model: m, copy_to: n}}\nbaseline: {{missing: fail}}", id="copy-has-no-alias"
        ),
        pytest.param(_threshold("{min: 1, over: median}"), id="unknown-over"),
        pytest.param(_threshold("{min: 1, over: max, dataset: d}"), id="history-of-a-dataset"),
        pytest.param(_threshold("{min: 1, samples: 5}"), id="samples-alone"),
        pytest.param(_threshold("{min: 1, confidence: 95%}"), id="confidence-alone"),
        pytest.param(_threshold("[{min: 1, confidence: 95%}]"), id="confidence-alone-in-a-list"),
        pytest.param(_threshold("{equals: 1, confidence: 95%, samples: 5}"), id="confidence-of-equals"),
        *(
            pytest.param(_threshold(f"{{min: 1, confidence: {share}, samples: n}}"), id=f"share-{share}")
            for share in ("95", "1", "0", "100%", "0%", "-5%", "'1.5'", "'0.0'", "much", "-0.5")
        ),
        *(
            pytest.param(
                _threshold(f"{{min: 1, confidence: 95%, samples: {samples}}}"), id=f"samples-{samples}"
            )
            for samples in ("0", "-1", "1.5", "'0'", "'1.5'", "1000000000", "' '", "[n]")
        ),
        pytest.param(_threshold("{min: 1}", "r/{cohort}"), id="no-cohorts"),
        pytest.param(_threshold("'>= 1'", "r/{cohort}"), id="no-cohorts-in-short"),
        pytest.param(_threshold("[{cohorts: [a], min: 1}, '>= 1']", "r/{cohort}"), id="no-cohorts-in-a-list"),
        pytest.param(_threshold("{min: 1, cohorts: [a]}"), id="cohorts-without-a-place"),
        pytest.param(_threshold("[{min: 1, cohorts: [a]}]"), id="cohorts-without-a-place-in-a-list"),
        pytest.param(_threshold("{max_spread: 1}"), id="spread-of-one-metric"),
        pytest.param(_threshold("{cohorts: [a], max_spread: 1}", "{cohort}"), id="spread-of-one-cohort"),
        pytest.param(_threshold("{cohorts: '*', max_spread: -1}", "{cohort}"), id="negative-spread"),
        pytest.param(_threshold("{cohorts: [], min: 1}", "{cohort}"), id="empty-cohorts"),
        pytest.param(_threshold("{cohorts: [a, a], min: 1}", "{cohort}"), id="a-cohort-twice"),
        pytest.param(_threshold("{cohorts: ['*'], min: 1}", "{cohort}"), id="star-in-a-list"),
        pytest.param(_threshold("{cohorts: eu, min: 1}", "{cohort}"), id="cohort-without-a-list"),
        pytest.param(_threshold("{min_probability_best: 95%}"), id="no-trials"),
        pytest.param(_threshold("{min_probability_best: 95, trials: n}"), id="share-of-arms"),
        pytest.param(_threshold("{min: 1, trials: n}"), id="trials-alone"),
        pytest.param(_threshold("{min: 1, arms: [b]}"), id="arms-alone"),
        pytest.param(_threshold("{max_value_remaining: 1%, trials: n, arms: [b, b]}"), id="an-arm-twice"),
        pytest.param(_threshold("{max_value_remaining: 1%, trials: n, arms: ['@b']}"), id="no-arm"),
        pytest.param(_threshold("{max_value_remaining: 1%, trials: n, over: max}"), id="history-of-arms"),
        pytest.param(_threshold("{max_value_remaining: 1%, trials: n, dataset: d}"), id="dataset-of-arms"),
        pytest.param(
            _threshold("{max_value_remaining: 1%, trials: n, cohorts: [a]}", "{cohort}"), id="cohorts-of-arms"
        ),
        pytest.param(f"{CANDIDATE}thresholds: {{}}\nrules: {{}}", id="both-empty"),
        pytest.param(f"{CANDIDATE}thresholds:\nrules:", id="both-left-open"),
        pytest.param(f"{CANDIDATE}rules: {{}}", id="no-rules"),
        pytest.param(f"{GATE}rules: [a]", id="rules-as-list"),
        pytest.param(f"{GATE}rules: {{r: }}", id="rule-left-open"),
        pytest.param(f"{GATE}rules: {{r: {{severity: warn}}}}", id="rule-without-expression"),
        pytest.param(f"{GATE}rules: {{r: {{expr: a, over: max}}}}", id="rule-with-another-key"),
        pytest.param(f"{GATE}rules: {{' ': a}}", id="rule-without-a-name"),
        *(
            pytest.param(
                f"candidate: {{run_id: a, require: {require}}}\n{THRESHOLDS}", id=f"require-{require}"
            )
            for require in (
                "{}",
                "{age: 1h}",
                "{max_age: 24}",
                "{tags: {}}",
                "{tags: [a]}",
                "{params: {a: }}",
                "{dataset: d}",
                "{dataset: {digest: d}}",
                "{signature: false}",
                "{artifact: ' '}",
            )
        ),
        *(
            pytest.param(
                f"candidate: {{run_id: a, replicates: {replicates}}}\n"
                "thresholds: {a: {min: 1, confidence: 95%}}",
                id=f"replicates-{replicates}",
            )
            for replicates in ("child", "{}", "{filter: ' '}", "[parent]", "{parent: a}")
        ),
    ],
)
def test_both_refuse_what_does_not_go_together(text: str) -> None:
    """The editor knows which keys need or exclude each other, as far as a schema can tell."""
    assert (_loads(text), _accepts(text)) == (False, False)
