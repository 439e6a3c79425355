"""Where the candidate goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import Promotion
from tests.gatefile.loading import load_text, problems_of

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Approval

HEAD = "candidate: {run_id: abc}\nthresholds: {a: '>= 1'}\npromote:\n"


@pytest.mark.parametrize(
    ("keys", "promotion"),
    [
        pytest.param(
            "  model: m\n  alias: champion\n",
            Promotion("m", "champion", None, None, (), None, None, 0, 3),
            id="alias",
        ),
        pytest.param(
            "  model: m\n  stage: PRODUCTION\n",
            Promotion("m", None, "Production", None, (), None, None, 0, 3),
            id="stage",
        ),
        pytest.param(
            "  model: m\n  copy_to: prod.m\n",
            Promotion("m", None, None, None, (), "prod.m", None, 0, 3),
            id="copy",
        ),
        pytest.param(
            "  model: m\n  alias: a\n  stage: staging\n  artifact: clf\n  tags: {validated_by: ci, n: 1}\n"
            "  copy_to: prod.m\n  previous_alias: was-a\n  approval: always\n",
            Promotion(
                "m",
                "a",
                "Staging",
                "clf",
                (("validated_by", "ci"), ("n", "1")),
                "prod.m",
                "was-a",
                "always",
                3,
            ),
            id="everything",
        ),
    ],
)
def test_a_promotion_is_read_whole(keys: str, promotion: Promotion) -> None:
    """Stages come out as MLflow spells them, tags as texts in the file's order."""
    assert load_text(HEAD + keys).promotion == promotion


@pytest.mark.parametrize(
    ("value", "approval"),
    [
        pytest.param("none", 0, id="none"),
        pytest.param("first", 1, id="first"),
        pytest.param("always", "always", id="always"),
        pytest.param("3", 3, id="number"),
        pytest.param("'3'", 3, id="number-in-quotes"),
        pytest.param("999999999", 999_999_999, id="largest"),
        pytest.param("${N}", 2, id="number-by-variable"),
        pytest.param("${WHEN:-first}", 1, id="word-by-variable"),
    ],
)
def test_how_many_promotions_need_a_human(value: str, approval: Approval) -> None:
    """Words and numbers come out as one kind of count; `first` is a count of one."""
    promotion = load_text(f"{HEAD}  model: m\n  alias: a\n  approval: {value}\n", {"N": "2"}).promotion
    assert promotion is not None
    assert promotion.approval == approval


@pytest.mark.parametrize(
    ("keys", "model", "target"),
    [
        pytest.param("alias: champion", "churn", "churn @champion", id="alias"),
        pytest.param("stage: production", "churn", "churn stage Production", id="stage"),
        pytest.param("alias: a, stage: staging", "churn", "churn @a and stage Staging", id="alias-and-stage"),
        pytest.param("copy_to: prod.churn, alias: a", "prod.churn", "prod.churn @a", id="copy-with-alias"),
        pytest.param("copy_to: prod.churn", "prod.churn", "prod.churn", id="mere-copy"),
    ],
)
def test_a_target_is_where_people_look(keys: str, model: str, target: str) -> None:
    """The model that a version is copied to is the one whose alias and stage move."""
    promotion = load_text(f"{HEAD}  {{model: churn, {keys}}}\n").promotion
    assert promotion is not None
    assert (promotion.target_model, promotion.target) == (model, target)


def test_a_gate_may_only_judge() -> None:
    """Without `promote` nothing is promoted, and that is no problem."""
    assert load_text(HEAD.removesuffix("promote:\n")).promotion is None


@pytest.mark.parametrize(
    ("keys", "problems"),
    [
        pytest.param(
            "  model: m\n", ["3: promote: nowhere to promote to, add alias, stage or copy_to"], id="no-target"
        ),
        pytest.param(
            "  model: m\n  previous_alias: b\n  approval: first\n",
            [
                "3: promote: nowhere to promote to, add alias, stage or copy_to",
                "5: promote.previous_alias: goes with alias only, add that or remove this",
            ],
            id="nothing-that-moves",
        ),
        pytest.param("  alias: champion\n", ["3: promote: missing key 'model', add it"], id="no-model"),
        pytest.param(
            "  model: m\n  alias: v2\n",
            ["5: promote.alias: 'v2' is reserved by MLflow, choose another alias"],
            id="reserved-alias",
        ),
        pytest.param(
            "  model: m\n  stage: none\n",
            [
                "5: promote.stage: 'none' is no stage, write Staging, Production or Archived",
            ],
            id="no-stage",
        ),
        pytest.param(
            "  model: m\n  alias: a\n  tags:\n    mlflow_gate.approved_by: me\n",
            [
                (
                    "7: promote.tags.mlflow_gate.approved_by: tags that begin with mlflow_gate. record the gate's "
                    "own decisions, choose another name"
                ),
            ],
            id="tags-of-the-gate-itself",
        ),
        pytest.param(
            "  model: m\n  copy_to: ${COPY}\n",
            ["5: promote.copy_to: is promote.model itself, name another registered model or remove this"],
            id="copy-onto-itself",
        ),
        pytest.param(
            "  model: m\n  copy_to: [x]\n",
            ["5: promote.copy_to: must be text, not a list"],
            id="copies",
        ),
        pytest.param(
            "  model: m\n  copy_to:\n", ["5: promote.copy_to: is empty, write a value"], id="copy-to-nothing"
        ),
        pytest.param(
            "  model: m\n  stage: Production\n  previous_alias: b\n",
            ["6: promote.previous_alias: goes with alias only, add that or remove this"],
            id="previous-alias-of-a-stage",
        ),
        pytest.param(
            "  model: m\n  alias: champion\n  previous_alias: champion\n",
            ["6: promote.previous_alias: is promote.alias itself, choose another alias or remove this"],
            id="previous-alias-is-the-alias",
        ),
        pytest.param(
            "  model: m\n  alias: champion\n  previous_alias: Champion\n",
            ["6: promote.previous_alias: is promote.alias itself, choose another alias or remove this"],
            id="previous-alias-in-capitals",
        ),
        pytest.param(
            "  model: m\n  alias: a\n  previous_alias: Latest\n",
            ["6: promote.previous_alias: 'Latest' is reserved by MLflow, choose another alias"],
            id="reserved-previous-alias",
        ),
        pytest.param(
            "  model: m\n  alias: v2\n  previous_alias: '@b'\n",
            [
                "5: promote.alias: 'v2' is reserved by MLflow, choose another alias",
                "6: promote.previous_alias: '@b' is no alias, use up to 255 letters, digits, '_' and '-'",
            ],
            id="both-aliases-wrong",
        ),
        pytest.param(
            "  model: m\n  alias: a\n  approval: [first, 3]\n",
            [
                "6: promote.approval: must be none, first, always or a number of promotions, not a list",
            ],
            id="approvals",
        ),
        pytest.param(
            "  model: m\n  alias: a\n  approval: ~\n",
            ["6: promote.approval: is empty, write a value"],
            id="approval-left-open",
        ),
        pytest.param(
            "  model: m\n  alias: a\n  approval: ${HOW_MANY}\n",
            [
                (
                    "6: promote.approval: environment variable HOW_MANY is not set; "
                    "set it or write ${HOW_MANY:-default}"
                ),
            ],
            id="approval-by-a-variable-that-is-not-set",
        ),
        pytest.param(
            "  model: m\n  alias: a\n  approvals: 1\n",
            ["6: promote: unknown key 'approvals', did you mean 'approval'?"],
            id="misspelt-approval",
        ),
    ],
)
def test_a_promotion_that_cannot_be(keys: str, problems: list[str]) -> None:
    """A target is needed, and one that MLflow would refuse is refused before anything runs."""
    assert problems_of(HEAD + keys, {"COPY": "m"}) == problems


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("0", "'0'", id="zero"),
        pytest.param("-1", "'-1'", id="negative"),
        pytest.param("1.5", "'1.5'", id="fraction"),
        pytest.param("2.0", "'2.0'", id="whole-number-with-a-point"),
        pytest.param("010", "'010'", id="octal"),
        pytest.param("1_000", "'1_000'", id="underscore"),
        pytest.param("1e3", "'1e3'", id="exponent"),
        pytest.param("1000000000", "'1000000000'", id="too-many"),
        pytest.param("9" * 5000, f"'{'9' * 57}...'", id="more-digits-than-python-reads"),
        pytest.param("\u0663", "'\u0663'", id="arabic-digit"),
        pytest.param("two", "'two'", id="number-in-words"),
        pytest.param("First", "'First'", id="capital"),
        pytest.param("true", "'true'", id="boolean"),
        pytest.param("no", "'no'", id="yaml-false"),
        pytest.param("' 3'", "' 3'", id="blank-in-quotes"),
        pytest.param("'${N}'", "the value of '${N}'", id="wrong-variable"),
    ],
)
def test_an_approval_that_says_nothing_certain(value: str, shown: str) -> None:
    """A doubtful word must not come to mean that no human is asked."""
    assert problems_of(f"{HEAD}  model: m\n  alias: a\n  approval: {value}\n", {"N": "0"}) == [
        f"6: promote.approval: {shown} is no approval, write none, first, always or a number of promotions"
    ]
