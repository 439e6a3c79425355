"""The ways to choose a candidate."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.gatefile.types import (
    Candidate,
    LoggedModelById,
    RegisteredVersion,
    Replicates,
    RunById,
    RunOfExperiment,
)
from tests.gatefile.loading import load_text, problems_of

THRESHOLDS = "\nthresholds: {a: '>= 1'}\n"


@pytest.mark.parametrize(
    ("keys", "candidate"),
    [
        pytest.param("  run_id: r1", RunById("r1", None, 2), id="run"),
        pytest.param("  experiment: e\n  run_id: r1", RunById("r1", "e", 3), id="run-of-an-experiment"),
        pytest.param(
            "  experiment: e", RunOfExperiment("e", "latest", None, "max", None, 2), id="latest-by-default"
        ),
        pytest.param(
            "  select: latest\n  filter: tags.phase = 'eval'\n  experiment: e",
            RunOfExperiment("e", "latest", None, "max", "tags.phase = 'eval'", 4),
            id="latest-with-filter",
        ),
        pytest.param(
            "  experiment: e\n  select: best\n  by: loss\n  order: min",
            RunOfExperiment("e", "best", "loss", "min", None, 2),
            id="best",
        ),
        pytest.param("  model: m\n  version: 7", RegisteredVersion("m", "7", None, 3), id="version"),
        pytest.param(
            "  alias: challenger\n  model: m", RegisteredVersion("m", None, "challenger", 2), id="alias"
        ),
        pytest.param("  model_id: m-1f2e", LoggedModelById("m-1f2e", 2), id="logged-model"),
    ],
)
def test_four_ways(keys: str, candidate: Candidate) -> None:
    """Each way is read whole, and its line is that of the key which decides."""
    assert load_text(f"candidate:\n{keys}{THRESHOLDS}").candidate == candidate


@pytest.mark.parametrize(
    ("keys", "problems"),
    [
        pytest.param(
            "  filter: a",
            ["1: candidate: nothing chooses it, write one of run_id, experiment, model, model_id"],
            id="none",
        ),
        pytest.param(
            "  run_id: a\n  model: b\n  version: 1",
            ["3: candidate.model: run_id (line 2) chooses already, remove one of them"],
            id="two",
        ),
        pytest.param(
            "  model_id: a\n  experiment: e\n  model: m",
            [
                "3: candidate.experiment: model_id (line 2) chooses already, remove one of them",
                "4: candidate.model: model_id (line 2) chooses already, remove one of them",
            ],
            id="three",
        ),
        pytest.param(
            "  experiment: e\n  run_id: a\n  model_id: m",
            ["4: candidate.model_id: run_id (line 3) chooses already, remove one of them"],
            id="experiment-goes-with-the-run",
        ),
        pytest.param(
            "  run_id: a\n  select: latest\n  by: m\n  order: max\n  filter: f",
            [
                f"{line}: candidate.{key}: goes with experiment, not with run_id; remove one of them"
                for line, key in enumerate(("select", "by", "order", "filter"), 3)
            ],
            id="selection-of-a-given-run",
        ),
        pytest.param(
            "  experiment: e\n  version: 1\n  alias: a",
            [
                "3: candidate.version: goes with model, not with experiment; remove one of them",
                "4: candidate.alias: goes with model, not with experiment; remove one of them",
            ],
            id="version-without-model",
        ),
        pytest.param(
            "  experiment: e\n  select: best",
            ["3: candidate.select: best has to know the metric to compare, add by: METRIC"],
            id="best-of-what",
        ),
        pytest.param(
            "  experiment: e\n  by: m\n  order: min",
            [
                "3: candidate.by: goes with select: best only, add that or remove this",
                "4: candidate.order: goes with select: best only, add that or remove this",
            ],
            id="by-without-best",
        ),
        pytest.param(
            "  experiment: e\n  select: newest\n  by: m",
            ["3: candidate.select: 'newest' is unknown, write latest or best"],
            id="unknown-selection-hides-no-more",
        ),
        pytest.param(
            "  model: m",
            ["2: candidate.model: which version is not said, add version: 7 or alias: NAME"],
            id="model-without-version",
        ),
        pytest.param(
            "  model: m\n  alias: a\n  version: 1",
            ["4: candidate.version: alias (line 3) chooses already, remove one of them"],
            id="version-and-alias",
        ),
        pytest.param(
            "  model: m\n  alias: latest",
            ["3: candidate.alias: 'latest' is reserved by MLflow, choose another alias"],
            id="reserved-alias",
        ),
        pytest.param(
            "  model: m\n  version: 1.5",
            ["3: candidate.version: '1.5' is no version number, write a whole number such as 7"],
            id="version-is-no-number",
        ),
    ],
)
def test_other_combinations_say_what_to_remove(keys: str, problems: list[str]) -> None:
    """Exactly one way, with no key of another: everything else is a problem with its line."""
    assert problems_of(f"candidate:\n{keys}{THRESHOLDS}") == problems


@pytest.mark.parametrize(
    ("keys", "replicates"),
    [
        pytest.param("run_id: r1", None, id="none"),
        pytest.param("run_id: r1, replicates: parent", Replicates(None), id="child-runs"),
        pytest.param(
            "experiment: e, replicates: {filter: \"tags.seed != ''\\n  and params.a = '1'\"}",
            Replicates("tags.seed != '' and params.a = '1'"),
            id="filter-on-two-lines",
        ),
        pytest.param("model_id: m-1, replicates: {filter: '${F}'}", Replicates("f"), id="filter-by-variable"),
    ],
)
def test_replicates(keys: str, replicates: Replicates | None) -> None:
    """Further runs that measured the same are found by their parent or by a filter, whatever the candidate is."""
    samples = "" if replicates else ", samples: 9"
    text = f"candidate: {{{keys}}}\nthresholds: {{a: {{min: 1, confidence: 95%{samples}}}}}\n"
    assert load_text(text, {"F": "f"}).replicates == replicates


UNUSED = "goes with a confidence without samples only, add one to a threshold or remove this"


@pytest.mark.parametrize(
    ("replicates", "threshold", "problems"),
    [
        pytest.param("parent", "{min: 1}", [f"3: candidate.replicates: {UNUSED}"], id="no-confidence"),
        pytest.param(
            "{filter: f}",
            "{min: 1, confidence: 95%, samples: 5}",
            [f"3: candidate.replicates: {UNUSED}"],
            id="confidence-from-samples",
        ),
        pytest.param(
            "children",
            "{min: 1}",
            ["3: candidate.replicates: 'children' is unknown, write parent, or {filter: ...}"],
            id="unknown",
        ),
        pytest.param(
            "{}",
            "{min: 1, confidence: 95%}",
            ["3: candidate.replicates: missing key 'filter', add it"],
            id="empty",
        ),
        pytest.param(
            "[a]",
            "{min: 1, confidence: 95%}",
            ["3: candidate.replicates: must be parent or a mapping, not a list"],
            id="list",
        ),
        pytest.param(
            "{filter: }",
            "{min: 1, confidence: 95%}",
            ["3: candidate.replicates.filter: is empty, write a value"],
            id="filter-left-open",
        ),
    ],
)
def test_replicates_that_make_no_sense(replicates: str, threshold: str, problems: list[str]) -> None:
    """They are said in one of two ways, and only where an interval is computed from them."""
    text = f"candidate:\n  run_id: a\n  replicates: {replicates}\nthresholds: {{a: {threshold}}}\n"
    assert problems_of(text) == problems


def test_replicates_of_rules_make_no_sense() -> None:
    """A rule has no confidence."""
    text = "candidate: {run_id: a, replicates: parent}\nrules: {r: metrics.a > 1}\n"
    assert problems_of(text) == [f"1: candidate.replicates: {UNUSED}"]
