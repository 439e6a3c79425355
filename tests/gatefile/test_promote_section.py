"""Where the candidate goes."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.gatefile.types import Promotion
from tests.gatefile.loading import load_text, problems_of

HEAD = "candidate: {run_id: abc}\nthresholds: {a: '>= 1'}\npromote:\n"


@pytest.mark.parametrize(
    ("keys", "promotion"),
    [
        pytest.param(
            "  model: m\n  alias: champion\n", Promotion("m", "champion", None, None, (), 3), id="alias"
        ),
        pytest.param(
            "  model: m\n  stage: PRODUCTION\n", Promotion("m", None, "Production", None, (), 3), id="stage"
        ),
        pytest.param(
            "  model: m\n  alias: a\n  stage: staging\n  artifact: clf\n  tags: {validated_by: ci, n: 1}\n",
            Promotion("m", "a", "Staging", "clf", (("validated_by", "ci"), ("n", "1")), 3),
            id="everything",
        ),
    ],
)
def test_a_promotion_is_read_whole(keys: str, promotion: Promotion) -> None:
    """Stages come out as MLflow spells them, tags as texts in the file's order."""
    assert load_text(HEAD + keys).promotion == promotion


def test_a_gate_may_only_judge() -> None:
    """Without `promote` nothing is promoted, and that is no problem."""
    assert load_text(HEAD.removesuffix("promote:\n")).promotion is None


@pytest.mark.parametrize(
    ("keys", "problems"),
    [
        pytest.param(
            "  model: m\n", ["3: promote: nowhere to promote to, add alias or stage"], id="no-target"
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
                "5: promote.stage: 'none' is no stage to promote to, write Staging, Production or Archived",
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
            "  model: m\n  copy_to: x\n",
            [
                "3: promote: nowhere to promote to, add alias or stage",
                "5: promote: unknown key 'copy_to', known are model, alias, stage, artifact, tags",
            ],
            id="not-yet",
        ),
    ],
)
def test_a_promotion_that_cannot_be(keys: str, problems: list[str]) -> None:
    """A target is needed, and one that MLflow would refuse is refused before anything runs."""
    assert problems_of(HEAD + keys) == problems
