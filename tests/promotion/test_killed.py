"""Sessions that were killed at any write: the same command, run again, ends where it would have ended."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.history import history_of
from pytest_mlflow_gate.promotion.move import move
from pytest_mlflow_gate.promotion.record import ENTRY
from pytest_mlflow_gate.promotion.rollback import rollback_of
from tests.commands.past import CI, MODEL, NOON, promote, promoted, registry, state
from tests.gates import gate
from tests.promotion.candidates import promoting

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion
    from tests.fakes import FakeStore

ALL = promoting(
    stage="Production", previous_alias="previous-champion", tags=(("validated_by", "ci"), ("reviewed", "no"))
)
COPY = ALL._replace(copy_to="prod")
MERE_COPY = promoting(alias=None, copy_to="prod")
REJECTED = {"mlflow_gate.verdict": "rejected", "mlflow_gate.reason": "accuracy[min] did not pass"}
FIRST, AGAIN = 10, 20
"""Minutes after noon at which the first session and its repetition decide."""


def before(promotion: Promotion, past: tuple[int, ...]) -> FakeStore:
    """Return a registry after *past* promotions, with run r4, once rejected, to follow."""
    store = promoted(*past, promotion=promotion) if past else registry()
    store.runs["r4"] = store.runs["r4"]._replace(tags=REJECTED)
    return store


def frozen(store: FakeStore) -> FakeStore:
    """Return what is left of a session that is killed now."""
    left = copy.deepcopy(store)
    left.on_write = None
    return left


def killed_at_every_write(store: FakeStore, promotion: Promotion) -> dict[str, FakeStore]:
    """Promote r4, and return for each write what a session leaves that is killed before it."""
    left: dict[str, FakeStore] = {}

    def remember(text: str) -> None:
        left[f"{len(left)} {text}"] = frozen(store)

    store.on_write = remember
    assert promote(store, 4, promotion, minute=FIRST) == "promoted"
    left[f"{len(left)} end"] = frozen(store)
    return left


@pytest.mark.parametrize("past", [(), (1,), (1, 2, 3)], ids=["first", "second", "fourth"])
@pytest.mark.parametrize(
    "promotion",
    [
        pytest.param(promoting(), id="alias"),
        pytest.param(promoting(alias=None, stage="Production"), id="stage"),
        pytest.param(ALL, id="all"),
        pytest.param(COPY, id="copy"),
        pytest.param(MERE_COPY, id="mere-copy"),
    ],
)
def test_killed_before_any_write_and_run_again(promotion: Promotion, past: tuple[int, ...]) -> None:
    """Whatever the killed session announced, nothing is left of it, and the record is that of the second one."""
    undisturbed = before(promotion, past)
    assert promote(undisturbed, 4, promotion, minute=AGAIN) == "promoted"
    expected = state(undisturbed)
    left = killed_at_every_write(before(promotion, past), promotion)
    *killed, end = left
    assert len(killed) > 11, "nothing was killed"
    for write, store in left.items():
        if write == end:
            expected = state(store)
        assert promote(store, 4, promotion, minute=AGAIN) == "promoted", write
        assert state(store) == expected, write
        store.writes.clear()
        assert promote(store, 4, promotion, minute=AGAIN) == "promoted", write
        assert store.writes == [], write


@pytest.mark.parametrize("promotion", [promoting(), ALL], ids=["alias", "all"])
@pytest.mark.parametrize("back", [False, True], ids=["promoted", "promoted-and-rolled-back"])
def test_an_announcement_that_the_model_moved_on_from_is_not_finished(
    promotion: Promotion, back: bool
) -> None:
    """The next promotion of that version is a new one, with its own time and place in the history."""
    for write, store in killed_at_every_write(before(promotion, (1, 2)), promotion).items():
        if not announced(store, promotion) or store.aliases[MODEL]["champion"] != "2":
            continue
        assert promote(store, 3, promotion, minute=FIRST + 2) == "promoted"
        if back:
            later = NOON + 60 * (FIRST + 4)
            move(rollback_of(gate(promotion=promotion), promotion, store, CI, later).steps, store)
        assert promote(store, 4, promotion, minute=AGAIN) == "promoted"
        last = history_of(store.model_versions(MODEL)).entries[-1]
        assert (last.verdict, last.time) == ("promoted", "2025-11-21T12:20:00Z"), write
        assert (last.version, last.previous_version) == ("3", "2" if back else "4"), write


def announced(store: FakeStore, promotion: Promotion) -> bool:
    """Return whether the first session came so far as to say what it was about to do."""
    versions = store.versions.get(promotion.target_model, {}).values()
    return any(key.startswith(f"{ENTRY}20251121T1210") for version in versions for key in version.tags)
