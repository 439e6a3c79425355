"""What the candidate has to be, to checks."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.gatefile.declared import Dataset, Requirement
from tests.gatefile.loading import load_text, problems_of

THRESHOLDS = "thresholds: {a: '>= 1'}\n"


def test_each_key_is_one_check_before_the_thresholds() -> None:
    """In the order of the file, with values as texts, as MLflow keeps tags and params."""
    text = (
        "candidate:\n  run_id: abc\n  require:\n    signature: TRUE\n    artifact: model\n"
        '    tags: {mlflow.source.git.commit: "${SHA}", n: 1.0}\n    params:\n      data_rev: v3\n'
        "    dataset: {name: holdout, digest: 9f2c}\n    max_age: 24h\n"
    )
    gate = load_text(text + THRESHOLDS, {"SHA": "c0ffee"})
    assert gate.checks[:-1] == (
        Requirement("candidate[signature]", "signature", "model", 4),
        Requirement("candidate[artifact]", "artifact", "model", 5),
        Requirement("candidate[tags]", "tags", (("mlflow.source.git.commit", "c0ffee"), ("n", "1.0")), 6),
        Requirement("candidate[params]", "params", (("data_rev", "v3"),), 7),
        Requirement("candidate[dataset]", "dataset", Dataset("holdout", "9f2c"), 9),
        Requirement("candidate[max_age]", "max_age", 86_400.0, 10),
    )
    assert list(gate.check_names())[:2] == ["candidate[run]", "candidate[signature]"]


@pytest.mark.parametrize(
    ("require", "requirement"),
    [
        pytest.param(
            "signature: true", Requirement("candidate[signature]", "signature", None, 1), id="any-s"
        ),
        pytest.param(
            "dataset: {name: 9}",
            Requirement("candidate[dataset]", "dataset", Dataset("9", None), 1),
            id="any-d",
        ),
        pytest.param("max_age: 0s", Requirement("candidate[max_age]", "max_age", 0.0, 1), id="no-time"),
        pytest.param(
            "tags: {a: ' b '}",
            Requirement("candidate[tags]", "tags", (("a", " b "),), 1),
            id="blanks-are-kept",
        ),
    ],
)
def test_what_is_not_said_is_not_asked(require: str, requirement: Requirement) -> None:
    """A signature without a name is the only model's, a dataset without a digest is any of the name."""
    checks = load_text(f"candidate: {{run_id: a, require: {{{require}}}}}\n{THRESHOLDS}").checks
    assert checks[0] == requirement


@pytest.mark.parametrize(
    ("require", "problems"),
    [
        pytest.param(
            "{}",
            [
                (
                    "1: candidate.require: nothing is required, add one of max_age, tags, params, dataset, "
                    "artifact, signature"
                )
            ],
            id="nothing",
        ),
        pytest.param("", ["1: candidate.require: is empty, add at least one entry"], id="left-open"),
        pytest.param("true", ["1: candidate.require: must be a mapping, not text"], id="text"),
        pytest.param(
            "{tag: {a: b}}",
            ["1: candidate.require: unknown requirement 'tag', did you mean 'tags'?"],
            id="misspelt",
        ),
        pytest.param(
            "{max_age: 24, signature: false, artifact: ' '}",
            [
                "1: candidate.require.artifact: is empty, write a value",
                (
                    "1: candidate.require.max_age: '24' is no duration, write a whole number with its unit: "
                    "30s, 10m, 24h or 7d"
                ),
                "1: candidate.require.signature: 'false' is not true, write that or leave the key out",
            ],
            id="values-that-are-none",
        ),
        pytest.param(
            "{tags: [a], params: {}, dataset: holdout}",
            [
                "1: candidate.require.dataset: must be a mapping, not text",
                "1: candidate.require.params: is empty, add at least one entry",
                "1: candidate.require.tags: must be a mapping, not a list",
            ],
            id="values-of-another-kind",
        ),
        pytest.param(
            "{dataset: {digest: 9f2c, nam: x}, tags: {a: }, params: {b: [1]}}",
            [
                "1: candidate.require.dataset: missing key 'name', add it",
                "1: candidate.require.dataset: unknown key 'nam', did you mean 'name'?",
                "1: candidate.require.params.b: must be text, not a list",
                "1: candidate.require.tags.a: is empty, write a value",
            ],
            id="deeper-mistakes",
        ),
    ],
)
def test_requirements_that_make_no_sense(require: str, problems: list[str]) -> None:
    """Each mistake of a requirement has its key path."""
    assert problems_of(f"candidate: {{run_id: a, require: {require}}}\n{THRESHOLDS}") == problems


def test_requirements_alone_are_no_gate() -> None:
    """A candidate that is only described is not judged."""
    assert problems_of("candidate: {run_id: a, require: {max_age: 1h}}\n") == [
        "1: missing key 'thresholds', add it (or rules)"
    ]


def test_a_requirement_has_its_own_line() -> None:
    """A mistake below a key is reported where it stands, not where the section begins."""
    text = "candidate:\n  run_id: a\n  require:\n    tags:\n      a: b\n      c: {}\n"
    assert problems_of(text + THRESHOLDS) == ["6: candidate.require.tags.c: must be text, not a mapping"]
