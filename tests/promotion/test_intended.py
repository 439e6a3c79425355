"""What other packages are shown of a promotion before it happens, and when they are asked about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.intended import PromotionPlan, intended
from pytest_mlflow_gate.promotion.prepare import survey
from pytest_mlflow_gate.promotion.together import prepare
from pytest_mlflow_gate.tracking.candidate import Candidate
from tests.commands.past import MODEL
from tests.fakes import RUN, FakeStore
from tests.promotion.candidates import candidacy, promoting

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.promotion.prepare import Survey

ALIAS, STAGE = promoting(), promoting(alias=None, stage="Production")


def crowned(store: FakeStore, *, source: str, stage: str = "None") -> None:
    """Have a champion that was made of *source*."""
    store.add_version(MODEL, "4", source=source, stage=stage)
    store.aliases[MODEL]["champion"] = "4"


@pytest.mark.parametrize(
    ("promotion", "prepare_store", "expected"),
    [
        pytest.param(ALIAS, None, (MODEL, "champion", None, None, None), id="first"),
        pytest.param(
            ALIAS,
            lambda store: crowned(store, source="models:/m-2"),
            (MODEL, "champion", None, None, "4"),
            id="next",
        ),
        pytest.param(
            STAGE,
            lambda store: crowned(store, source="models:/m-2", stage="Production"),
            (MODEL, None, "Production", None, "4"),
            id="stage",
        ),
        pytest.param(
            ALIAS,
            lambda store: store.add_version(MODEL, "5"),
            (MODEL, "champion", None, "5", None),
            id="registered-already",
        ),
    ],
)
def test_plan(
    promotion: Promotion,
    prepare_store: Callable[[FakeStore], object] | None,
    expected: tuple[str | None, ...],
) -> None:
    """A plan has the model, where it goes, the version as far as there is one, and whom it replaces."""
    store = FakeStore()
    if prepare_store:
        prepare_store(store)
    found = survey(candidacy(store, promotion))
    candidate = Candidate("r1", {}, {}, RUN.metrics, "models:/m-1")
    assert intended(found) == PromotionPlan(candidate, tuple(found.candidacy.findings), *expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("approval", [0, "always"])
@pytest.mark.parametrize(
    ("source", "asked"),
    [pytest.param("models:/m-1", [], id="in-place"), pytest.param("models:/m-2", ["churn"], id="moves")],
)
def test_who_is_asked(source: str, asked: list[str], approval: int | str) -> None:
    """A veto is about what would move; what is in place passes, as it does without an approval."""
    store = FakeStore()
    crowned(store, source=source)
    heard = []

    def veto(found: Survey) -> str | None:
        heard.append(found.candidacy.gate.name)
        return "frozen"

    surveys, results = prepare([candidacy(store, promoting(approval=approval))], "all", veto)
    assert (heard, store.writes) == (asked, [])
    assert results == ({"churn": Result("refused", "frozen")} if asked else {})
    assert len(surveys) == (0 if asked else 1)
