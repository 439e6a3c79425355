"""Two sessions with one run, where the second takes the first for killed although it lives."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.history import finished, history_of
from pytest_mlflow_gate.promotion.together import take_back
from pytest_mlflow_gate.tracking.store import StoreError
from tests.commands.past import MODEL, PROMOTION, carried_out, promoted
from tests.promotion.candidates import promoting

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.promotion.together import Moved
    from tests.fakes import FakeStore

NEVER = 10_000
ALL = promoting(stage="Production", previous_alias="previous-champion", tags=(("validated_by", "ci"),))


class Meeting:
    """
    Two sessions: the first stops before one of its writes, and the second begins.

    Before one of the second one's writes the first goes on to its end; from then on the second goes on alone.
    """

    def __init__(
        self, promotion: Promotion, *, stops: int = NEVER, goes_on: int = NEVER, fails: int = NEVER
    ) -> None:
        self.store = promoted(1, 2, promotion=promotion)
        self.store.on_write = self._before_write
        self.places = {"first": stops, "second": goes_on}
        self.fails = fails
        self.written = Counter[str]()
        self.ended: dict[str, str] = {}
        self.moved: dict[str, tuple[Moved, ...]] = {}
        self.went_on = ""
        self.stopped, self.going_on = threading.Event(), threading.Event()
        self.first = threading.Thread(name="first", target=self._promote, args=(promotion, 10))
        self.first.start()
        self.stopped.wait()
        second = threading.Thread(name="second", target=self._promote, args=(promotion, 20))
        second.start()
        second.join()
        self.going_on.set()
        self.first.join()

    def _promote(self, promotion: Promotion, minute: int) -> None:
        name = threading.current_thread().name
        results, self.moved[name] = carried_out(self.store, 4, promotion, minute=minute)
        self.ended[name] = results["churn"].status
        self.stopped.set()

    def _before_write(self, text: str) -> None:
        name = threading.current_thread().name
        self.written[name] += 1
        if self.written[name] == self.places[name]:
            self.stopped.set()
            if name == "first":
                self.going_on.wait()
            else:
                self.went_on = text
                self.going_on.set()
                self.first.join()
        if (name, self.written[name]) == ("second", self.fails):
            raise StoreError(f"fake://store: no {text}")


def last_of(store: FakeStore) -> str:
    """Return the version that the record ends with."""
    return [entry for entry in history_of(store.model_versions(MODEL)).entries if finished(entry)][-1].version


@pytest.mark.parametrize("promotion", [PROMOTION, ALL], ids=["alias", "all"])
def test_who_is_told_that_it_promoted_has_promoted(promotion: Promotion) -> None:
    """Wherever the two meet, and whichever write of the second one fails."""
    of_first = Meeting(promotion).written["first"]
    assert of_first > 10
    seen = set()
    # Before its first write it would register a version of its own, and two versions race (README).
    for stops in range(2, of_first + 1):
        of_second = Meeting(promotion, stops=stops).written["second"]
        for goes_on in range(1, of_second + 1):
            for fails in (goes_on, of_second, NEVER):
                met = Meeting(promotion, stops=stops, goes_on=goes_on, fails=fails)
                if met.went_on.startswith("no tag churn-classifier/3 mlflow_gate.decision"):
                    # The one request between looking at the first one's entry and removing it.
                    continue
                if fails == NEVER:
                    assert "promoted" in met.ended.values(), (stops, goes_on, met.ended)
                    if met.ended["first"] == "promoted":
                        met.store.on_write = None
                        take_back(met.moved["second"], "its exit status turned red")
                where = (stops, goes_on, fails, met.ended)
                there = met.store.aliases[MODEL]["champion"]
                assert there == last_of(met.store), where
                if "promoted" in met.ended.values():
                    assert met.store.versions[MODEL][there].run_id == "r4", where
                seen.add((met.ended["first"], met.ended["second"]))
    assert {("promoted", "failed"), ("promoted", "promoted")} <= seen, seen
