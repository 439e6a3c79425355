"""Who was champion: by the record, by where the alias points now, and by what it pointed to before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import Baseline
from pytest_mlflow_gate.promotion.champions import champions
from pytest_mlflow_gate.promotion.move import move
from pytest_mlflow_gate.promotion.provenance import Provenance
from pytest_mlflow_gate.promotion.rollback import rollback_of
from pytest_mlflow_gate.tracking.store import Unreachable
from tests.commands.past import MODEL, NOON, PROMOTION, promote, promoted, registry
from tests.fakes import RUN, Asked
from tests.gates import gate

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from tests.fakes import FakeStore

BASELINE = Baseline(MODEL, "champion", None, None, bootstrap=True, line=3)


def found(
    store: FakeStore, promotion: Promotion = PROMOTION, *, compares: Gate | None = None
) -> dict[str, str | None]:
    """Return the runs that were champion, and of each the run that it took the place of."""
    of = champions(compares or gate(baseline=BASELINE), promotion, store, "1", {})
    return {one.run.run_id: one.before and one.before.run.run_id for one in of}


def test_by_the_record() -> None:
    """Each promotion's run, with the one before it."""
    assert found(promoted(1, 3, 2)) == {"r1": None, "r3": "r1", "r2": "r3"}


def test_what_was_taken_back_was_champion() -> None:
    """A roll back makes nobody a former non-champion."""
    store = promoted(1, 2)
    move(rollback_of(gate(), PROMOTION, store, Provenance("bob"), NOON + 180).steps, store)
    assert found(store) == {"r1": None, "r2": "r1"}


def test_by_hand() -> None:
    """What the alias points to counts without a record, and what a promotion found there too."""
    store = registry()
    for number in ("1", "2"):
        store.add_version(MODEL, number, run_id=f"r{number}", source=f"models:/m-{number}")
    store.aliases[MODEL]["champion"] = "1"
    assert found(store) == {"r1": None}
    assert promote(store, 3) == "promoted"
    assert found(store) == {"r1": None, "r3": "r1"}
    store.aliases[MODEL]["champion"] = "2"
    assert found(store) == {"r1": None, "r3": "r1", "r2": None}


def test_stage() -> None:
    """A gate that moves a stage has those as champions that were in it."""
    by_stage = PROMOTION._replace(alias=None, stage="Production")
    store = promoted(1, 2, promotion=by_stage)
    assert set(found(store, by_stage)) == {"r1", "r2"}
    assert found(store) == {}


def test_other_alias() -> None:
    """What held another alias was no champion of this one."""
    store = promoted(1)
    promote(store, 2, PROMOTION._replace(alias="challenger"), minute=1)
    assert found(store) == {"r1": None}


def test_baseline_elsewhere() -> None:
    """A gate that compares with another place knows of nobody what it was compared with."""
    elsewhere = gate(baseline=BASELINE._replace(alias="stable"))
    assert found(promoted(1, 2), compares=elsewhere) == {"r1": None, "r2": None}


def test_no_model() -> None:
    """A name that nobody registered has none."""
    assert found(registry()) == {}


def test_run_that_is_gone() -> None:
    """A champion whose run was deleted for good has no numbers; the others stay."""
    store = promoted(1, 2)
    del store.runs["r1"]
    assert found(store) == {"r2": None}


def test_version_that_is_gone() -> None:
    """A version that was deleted took its record along."""
    store = promoted(1, 2)
    del store.versions[MODEL]["1"]
    assert found(store) == {"r2": None}


def test_requests() -> None:
    """Two requests for the versions, and one for all runs that nobody read yet."""
    store = promoted(1, 2, 3)
    asked = Asked(store)
    known = {"r2": RUN._replace(run_id="r2")}
    assert len(champions(gate(), PROMOTION, asked, "1", known)) == 3
    assert asked.log == [f"registered_model {MODEL}", f"model_versions {MODEL}", "search_runs 1"]
    asked.log.clear()
    champions(gate(), PROMOTION, asked, "1", store.runs)
    assert asked.log == [f"registered_model {MODEL}", f"model_versions {MODEL}"]


def test_registry_that_does_not_answer() -> None:
    """Nobody swallows that there was no answer."""
    asked = Asked(promoted(1))
    asked.refusing["model_versions"] = Unreachable("fake://store: gone")
    with pytest.raises(Unreachable):
        champions(gate(), PROMOTION, asked, "1", {})
