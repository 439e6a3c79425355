"""Promotions that need a human: which ones, and what counts as a yes."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.promotion.approval import approver, needs_approval, request
from pytest_mlflow_gate.promotion.record import APPROVED_BY
from pytest_mlflow_gate.tracking.values import ModelVersion
from tests.commands.past import MODEL
from tests.gates import gate
from tests.promotion.candidates import ENTRY, promoting

STAGED = ENTRY._replace(alias=None, stage="Production")
PROMOTED = ENTRY._replace(version="2", previous_version="1")
OTHERS = (
    ENTRY._replace(verdict="promoting"),
    ENTRY._replace(verdict="rolled back"),
    ENTRY._replace(verdict="rolling back"),
    ENTRY._replace(alias="shadow"),
    ENTRY._replace(stage="Production"),
    ENTRY._replace(model="other"),
    STAGED,
    STAGED._replace(stage="Staging"),
)


@pytest.mark.parametrize(
    ("approval", "entries", "needed"),
    [
        pytest.param(0, (), False, id="none"),
        pytest.param(0, (ENTRY,), False, id="none-later"),
        pytest.param("always", (), True, id="always"),
        pytest.param("always", (ENTRY,) * 100, True, id="always-later"),
        pytest.param(1, (), True, id="first"),
        pytest.param(1, (ENTRY,), False, id="first-is-over"),
        pytest.param(1, (ENTRY, PROMOTED), False, id="first-is-long-over"),
        pytest.param(3, (ENTRY, PROMOTED), True, id="third-of-three"),
        pytest.param(3, (ENTRY, PROMOTED, ENTRY), False, id="fourth-of-three"),
        pytest.param(1, OTHERS, True, id="none-of-these-is-a-promotion-to-there"),
        pytest.param(1, (*OTHERS, ENTRY), False, id="one-of-these-is"),
        pytest.param(
            1, (ENTRY, ENTRY._replace(verdict="rolled back")), False, id="what-was-rolled-back-was-approved"
        ),
    ],
)
def test_which_promotions_need_a_human(
    approval: int | str, entries: tuple[object, ...], needed: bool
) -> None:
    """The first so many to this alias and stage of this model, counted on the record."""
    assert needs_approval(promoting(approval=approval), entries) is needed  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "entry"),
    [
        pytest.param({"alias": None, "stage": "Production"}, STAGED, id="stage"),
        pytest.param({"stage": "Production"}, ENTRY._replace(stage="Production"), id="alias-and-stage"),
        pytest.param({"copy_to": "prod"}, ENTRY._replace(model="prod"), id="copy"),
        pytest.param(
            {"copy_to": "prod", "alias": None}, ENTRY._replace(model="prod", alias=None), id="mere-copy"
        ),
    ],
)
def test_promotions_are_counted_where_they_go(changes: dict[str, object], entry: object) -> None:
    """Of a copy, in the model that it is copied to."""
    promotion = promoting(approval=1, **changes)
    assert needs_approval(promotion, (ENTRY, *OTHERS[:4]))
    assert not needs_approval(promotion, (entry,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        pytest.param({APPROVED_BY: "ada"}, "ada", id="name"),
        pytest.param({APPROVED_BY: " Ada L\n"}, "Ada L", id="spaces"),
        pytest.param({}, None, id="no-tag"),
        pytest.param({APPROVED_BY: ""}, None, id="empty"),
        pytest.param({APPROVED_BY: " \t\n"}, None, id="blank"),
        pytest.param({"approved_by": "ada"}, None, id="another-tag"),
    ],
)
def test_a_name_in_the_tag_is_a_yes(tags: dict[str, str], name: str | None) -> None:
    """A tag without a name in it approves nothing."""
    assert (
        approver(ModelVersion(MODEL, "1", "models:/m-1", "r1", ready=True, stage="None", tags=tags)) == name
    )


def test_a_version_that_is_not_there_yet_has_no_approval() -> None:
    """It is registered first, so that there is something to approve."""
    assert approver(None) is None


def test_the_request_says_exactly_what_to_do() -> None:
    """In the UI or on the command line."""
    assert request(gate(), f"version 3 of {MODEL}") == (
        f"version 3 of {MODEL} awaits approval: set its tag mlflow_gate.approved_by to your name, or run "
        "python -m pytest_mlflow_gate approve eval_gate.yaml --by NAME; then run the gate again"
    )
