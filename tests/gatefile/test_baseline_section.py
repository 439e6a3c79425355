"""What the candidate is compared with."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.gatefile.types import Baseline
from tests.gatefile.loading import load_text, problems_of

HEAD = "candidate: {run_id: abc}\nthresholds: {f1: {max_drop: 1}}\n"
VALUE = "candidate: {run_id: abc}\nthresholds: {f1: '>= 1'}\n"
PROMOTE = "promote: {model: churn, alias: champion}\n"


@pytest.mark.parametrize(
    ("text", "baseline"),
    [
        pytest.param(VALUE + PROMOTE, None, id="nothing-compares"),
        pytest.param(
            HEAD + PROMOTE,
            Baseline("churn", "champion", None, None, bootstrap=False, line=2),
            id="promoted-alias",
        ),
        pytest.param(
            f"{HEAD}promote: {{model: churn, stage: staging}}\n",
            Baseline("churn", None, None, "Staging", bootstrap=False, line=2),
            id="promoted-stage",
        ),
        pytest.param(
            f"{HEAD}promote: {{model: churn, alias: a, stage: staging}}\n",
            Baseline("churn", "a", None, None, bootstrap=False, line=2),
            id="alias-before-stage",
        ),
        pytest.param(
            f"{HEAD}promote: {{model: churn, alias: a, copy_to: prod.churn}}\n",
            Baseline("prod.churn", "a", None, None, bootstrap=False, line=2),
            id="where-the-alias-is-set",
        ),
        pytest.param(
            f"{HEAD}{PROMOTE}baseline: {{}}\n",
            Baseline("churn", "champion", None, None, bootstrap=False, line=4),
            id="empty",
        ),
        pytest.param(
            f"{HEAD}{PROMOTE}baseline: {{missing: bootstrap}}\n",
            Baseline("churn", "champion", None, None, bootstrap=True, line=4),
            id="bootstrap",
        ),
        pytest.param(
            f"{HEAD}{PROMOTE}baseline: {{model: other, missing: fail}}\n",
            Baseline("other", "champion", None, None, bootstrap=False, line=4),
            id="other-model",
        ),
        pytest.param(
            f"{HEAD}{PROMOTE}baseline: {{version: 7}}\n",
            Baseline("churn", None, "7", None, bootstrap=False, line=4),
            id="version",
        ),
        pytest.param(
            f"{HEAD}promote: {{model: churn, copy_to: n}}\nbaseline: {{stage: production}}\n",
            Baseline("n", None, None, "Production", bootstrap=False, line=4),
            id="stage-of-a-mere-copy",
        ),
        pytest.param(
            f"{HEAD}baseline: {{model: m, alias: a, missing: bootstrap}}\n",
            Baseline("m", "a", None, None, bootstrap=True, line=3),
            id="without-promote",
        ),
        pytest.param(
            f"{VALUE}baseline: {{model: m, alias: a}}\n",
            Baseline("m", "a", None, None, bootstrap=False, line=3),
            id="unused",
        ),
        pytest.param(
            f"candidate: {{run_id: a}}\nrules: {{r: baseline.x > 1}}\n{PROMOTE}",
            Baseline("churn", "champion", None, None, bootstrap=False, line=2),
            id="for-a-rule",
        ),
        pytest.param(
            f"candidate: {{run_id: a}}\nthresholds: {{c: {{trials: n, min_probability_best: 95%}}}}\n{PROMOTE}",
            Baseline("churn", "champion", None, None, bootstrap=False, line=2),
            id="for-arms",
        ),
    ],
)
def test_the_baseline_is_what_is_in_production(text: str, baseline: Baseline | None) -> None:
    """Without a word it is the version at the place to which the candidate goes."""
    assert load_text(text).baseline == baseline


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        pytest.param("alias: a", "m @a", id="alias"),
        pytest.param("version: 7", "m version 7", id="version"),
        pytest.param("stage: archived", "m stage Archived", id="stage"),
    ],
)
def test_a_place_is_where_people_look(keys: str, place: str) -> None:
    """As it stands in reports."""
    baseline = load_text(f"{HEAD}baseline: {{model: m, {keys}}}\n").baseline
    assert baseline is not None
    assert baseline.place == place


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param(
            HEAD,
            [
                (
                    "2: thresholds.f1.max_drop: compares with a baseline, and there is none: "
                    "add baseline: {model: NAME, alias: champion}"
                )
            ],
            id="none",
        ),
        pytest.param(
            "candidate: {run_id: a}\nthresholds:\n  f1: '>= 1'\n  'r/{cohort}':\n"
            "    - {cohorts: '*', min: 1}\n    - {cohorts: [a, b], min: 1, min_drop: 1}\n  g: {max_drop: 1}\n",
            [
                (
                    "6: thresholds.r/{cohort}[1].min_drop: compares with a baseline, and there is none: "
                    "add baseline: {model: NAME, alias: champion}"
                )
            ],
            id="none-for-the-first-that-compares",
        ),
        pytest.param(
            f"{HEAD}promote: {{model: m, copy_to: n}}\n",
            [
                (
                    "2: thresholds.f1.max_drop: compares with a baseline, and promote has no alias: "
                    "add baseline: {alias: champion}"
                )
            ],
            id="promote-is-a-mere-copy",
        ),
        pytest.param(
            f"{HEAD}promote: {{model: m, copy_to: n}}\nbaseline: {{missing: fail}}\n",
            ["4: baseline: promote has no alias either, add alias, version or stage"],
            id="nor-does-baseline-say",
        ),
        pytest.param(
            f"{VALUE}baseline: {{}}\n",
            [
                "3: baseline: which model is not said, add model: NAME",
                "3: baseline: which version is not said, add alias, version or stage",
            ],
            id="empty-without-promote",
        ),
        pytest.param(
            f"{VALUE}baseline:\n", ["3: baseline: is empty, add at least one entry"], id="left-open"
        ),
        pytest.param(
            f"{VALUE}{PROMOTE}baseline: champion\n", ["4: baseline: must be a mapping, not text"], id="text"
        ),
        pytest.param(
            f"{VALUE}{PROMOTE}baseline:\n  version: 1\n  stage: Staging\n  alias: a\n",
            [
                "6: baseline.stage: version (line 5) chooses already, remove one of them",
                "7: baseline.alias: version (line 5) chooses already, remove one of them",
            ],
            id="three-ways",
        ),
        pytest.param(
            f"{VALUE}{PROMOTE}baseline:\n  missing: bootstrap\n  version: 1\n",
            [
                (
                    "5: baseline.missing: goes with alias or stage, a version that is named has to be there; "
                    "remove one of them"
                )
            ],
            id="bootstrap-of-a-version",
        ),
        pytest.param(
            f"{VALUE}baseline: {{model: m, alias: v2, stage: None, version: x, missing: ignore, aliass: a}}\n",
            [
                "3: baseline.alias: 'v2' is reserved by MLflow, choose another alias",
                "3: baseline.missing: 'ignore' is unknown, write fail or bootstrap",
                "3: baseline.stage: 'None' is no stage, write Staging, Production or Archived",
                "3: baseline.stage: alias (line 3) chooses already, remove one of them",
                "3: baseline.version: 'x' is no version number, write a whole number such as 7",
                "3: baseline.version: alias (line 3) chooses already, remove one of them",
                "3: baseline: unknown key 'aliass', did you mean 'alias'?",
            ],
            id="wrong-values",
        ),
        pytest.param(
            f"{HEAD}promote: {{alias: champion}}\n",
            ["3: promote: missing key 'model', add it"],
            id="promote-is-wrong-itself",
        ),
    ],
)
def test_a_baseline_that_cannot_be(text: str, problems: list[str]) -> None:
    """What compares needs one, named in one way."""
    assert problems_of(text) == problems


@pytest.mark.parametrize(
    ("candidate", "rest", "problems"),
    [
        pytest.param(
            "alias: champion",
            PROMOTE,
            [
                (
                    "3: candidate.alias: is the baseline itself (churn @champion), nothing would be compared; "
                    "choose another"
                )
            ],
            id="alias",
        ),
        pytest.param(
            "version: 7",
            "baseline: {model: churn, version: 7}\n",
            [
                (
                    "3: candidate.version: is the baseline itself (churn version 7), nothing would be compared; "
                    "choose another"
                )
            ],
            id="version",
        ),
    ],
)
def test_a_candidate_is_not_compared_with_itself(candidate: str, rest: str, problems: list[str]) -> None:
    """Every comparison would be skipped in every session, and the gate would always pass."""
    text = f"candidate:\n  model: churn\n  {candidate}\nthresholds: {{f1: {{max_drop: 1}}}}\n{rest}"
    assert problems_of(text) == problems


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("baseline: {model: other, alias: champion}\n", id="other-model"),
        pytest.param("baseline: {model: churn, alias: Champion}\n", id="other-alias"),
        pytest.param("baseline: {model: churn, stage: Production}\n", id="stage"),
    ],
)
def test_another_version_may_be_the_same_one_for_a_while(rest: str) -> None:
    """What is known only when the session runs is judged then."""
    text = f"candidate: {{model: churn, alias: champion}}\nthresholds: {{f1: {{max_drop: 1}}}}\n{rest}"
    assert load_text(text).baseline is not None
