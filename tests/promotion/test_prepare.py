"""From a passed gate to a version that can be promoted: reads first, one version for one model, every refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.prepare import Survey, survey
from pytest_mlflow_gate.promotion.record import APPROVED_BY
from pytest_mlflow_gate.promotion.registering import copy, register
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.tracking.store import Denied, Unreachable
from pytest_mlflow_gate.tracking.values import RegisteredModel
from tests.commands.past import MODEL
from tests.fakes import FakeStore
from tests.promotion.candidates import ENTRY, KEY, candidacy, promoting
from tests.promotion.faults import LOST, lose_answers

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion

ALIAS = promoting()
STAGE = promoting(alias=None, stage="Production")
COPY = promoting(copy_to="prod", previous_alias="previous")
CREATED = [f"create model {MODEL}", f"create version of {MODEL} from models:/m-1 (r1, m-1)"]
COPIED = ["create model prod", f"create version of prod from models:/{MODEL}/1 (r1, None)"]
ANOTHER = {"source": "models:/m-0", "run_id": "r0"}
READS = (
    "run",
    "logged_model",
    "logged_model_artifacts",
    "registered_model",
    "model_version",
    "model_versions",
)
SOURCE = ["logged_model", "logged_model_artifacts"]


class AskedStore(FakeStore):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __getattribute__(self, name: str) -> object:
        if name in READS:
            self.asked.append(name)
        return super().__getattribute__(name)


def registry(*, copied: bool = False) -> AskedStore:
    """Return a registry with another version in charge and the candidate's beside it."""
    store = AskedStore()
    store.add_version(MODEL, "1")
    store.add_version(MODEL, "2", stage="Production", **ANOTHER)
    store.aliases[MODEL]["champion"] = "2"
    if copied:
        store.add_version("prod", "5", stage="Production", **ANOTHER)
        store.add_version("prod", "6", source=f"models:/{MODEL}/1")
        store.aliases["prod"] = {"champion": "5", "previous": "4"}
    return store


def read(store: FakeStore, promotion: Promotion = ALIAS, **changes: object) -> Survey:
    """Survey the test gate's candidate."""
    return survey(candidacy(store, promotion, **changes))


@pytest.mark.parametrize(
    ("promotion", "store", "asked"),
    [
        pytest.param(ALIAS, AskedStore(), [*SOURCE, "registered_model"], id="no-model"),
        pytest.param(ALIAS, registry(), [*SOURCE, "registered_model", "model_versions"], id="alias"),
        pytest.param(
            STAGE, registry(), [*SOURCE, "registered_model", "model_versions", "model_versions"], id="stage"
        ),
        pytest.param(
            promoting(approval="always"),
            registry(),
            [*SOURCE, "registered_model", "model_versions"],
            id="approval-always",
        ),
        pytest.param(
            promoting(approval=1),
            registry(),
            [*SOURCE, "registered_model", "model_versions", "model_versions"],
            id="approval-first",
        ),
        pytest.param(
            COPY, registry(), [*SOURCE, "registered_model", "registered_model", "model_versions"], id="copy"
        ),
        pytest.param(
            COPY,
            registry(copied=True),
            [*SOURCE, "registered_model", "registered_model", "model_versions", "model_versions"],
            id="copied",
        ),
    ],
)
def test_surveying_reads_little_and_writes_nothing(
    promotion: Promotion, store: AskedStore, asked: list[str]
) -> None:
    """Everything is read for every gate before the first write, in a handful of requests."""
    candidate = candidacy(store, promotion)
    store.asked.clear()
    survey(candidate)
    assert (store.asked, store.writes) == (asked, [])


def test_what_a_survey_finds() -> None:
    """All that the move has to know, as it is before the first write."""
    found = read(registry(), promoting(previous_alias="previous", stage="Production"))
    assert found.version is found.target
    assert found.version == registry().versions[MODEL]["1"]
    assert (found.copy, found.models) == (None, frozenset({MODEL}))
    assert (found.alias_before, found.memory_before, found.in_stage) == ("2", None, ("2",))
    assert (found.unfinished, found.awaits, found.note) == ((), False, "")


def test_what_a_survey_finds_of_a_copy() -> None:
    """Alias, stage and the alias that remembers are those of the model that is copied to."""
    store = registry(copied=True)
    found = read(store, COPY._replace(stage="Production"))
    assert (found.version, found.copy) == (store.versions[MODEL]["1"], store.versions["prod"]["6"])
    assert found.target is found.copy
    assert found.models == {MODEL, "prod"}
    assert (found.alias_before, found.memory_before, found.in_stage) == ("5", "4", ("5",))


def test_a_copy_of_another_version_is_not_this_one() -> None:
    """Nor is a version that somebody registered from the same run."""
    store = registry()
    store.add_version("prod", "1", source=f"models:/{MODEL}/2")
    store.add_version("prod", "2")
    found = read(store, COPY)
    assert (found.copy, found.target) == (None, None)


def test_where_nothing_exists_nothing_is_found() -> None:
    """The first promotion of a new model."""
    found = read(FakeStore(), COPY)
    assert (found.version, found.copy, found.target, found.models) == (None, None, None, frozenset())
    assert (found.alias_before, found.memory_before, found.in_stage) == (None, None, ())


def test_what_a_killed_session_announced_is_found() -> None:
    """It is finished by the next one, unless it was about something else."""
    store = registry()
    intent = ENTRY._replace(verdict="promoting", previous_version="2")
    store.set_version_tag(MODEL, "1", KEY, intent.to_tag())
    store.asked.clear()
    assert read(store).unfinished == (intent,)
    assert store.asked.count("model_versions") == 2
    assert read(store, STAGE).unfinished == ()
    assert read(store, promoting(alias="shadow")).unfinished == ()


@pytest.mark.parametrize("promotion", [ALIAS, COPY], ids=["alias", "copy"])
@pytest.mark.parametrize(
    ("before", "now", "text"),
    [
        pytest.param("1", "2", "moved from version 1 to version 2", id="moved"),
        pytest.param("1", None, "moved from version 1 to no version", id="removed"),
        pytest.param(None, "2", "moved from no version to version 2", id="set"),
    ],
)
def test_an_alias_that_moved_since_the_session_began_refuses(
    promotion: Promotion, before: str | None, now: str | None, text: str
) -> None:
    """Somebody promoted while the gate was judging: what was judged is not what would be replaced."""
    store = FakeStore()
    model = promotion.target_model
    for version in ("1", "2"):
        store.add_version(model, version, **ANOTHER)
    store.aliases[model] = {"champion": now} if now else {}
    began = RegisteredModel(model, {"champion": before} if before else {})
    with pytest.raises(Refused) as caught:
        read(store, promotion, began=began)
    assert str(caught.value) == f"@champion of {model} {text} since this session began, run the gate again"


def test_a_stage_needs_a_registry_that_has_stages() -> None:
    """Unity Catalog is told before anything is registered there."""
    store = AskedStore()
    store.has_stages = False
    with pytest.raises(Refused) as caught:
        read(store, STAGE)
    assert str(caught.value) == ("fake://store has no stages, in the gate file write alias in place of stage")
    assert store.writes == []


def test_other_aliases_may_move() -> None:
    """Also the alias of the same name in the model that is copied from."""
    store = registry(copied=True)
    began = store.registered_model("prod")
    store.aliases[MODEL]["champion"] = "1"
    store.aliases["prod"] |= {"shadow": "6", "previous": "5"}
    assert read(store, COPY, began=began).alias_before == "5"


def test_a_registry_that_did_not_answer_when_the_session_began_refuses() -> None:
    """Nobody could say whether the alias has moved since."""
    with pytest.raises(Denied, match=r"^http://m: 403$"):
        read(FakeStore(), began=Denied("http://m: 403"))


@pytest.mark.parametrize(
    ("promotion", "approved", "at", "awaits"),
    [
        pytest.param(promoting(), "", "2", False, id="none"),
        pytest.param(promoting(approval=1), "", "2", True, id="first"),
        pytest.param(promoting(approval="always"), "", "2", True, id="always"),
        pytest.param(promoting(approval=1), " ", "2", True, id="blank"),
        pytest.param(promoting(approval=1), "ada", "2", False, id="approved"),
        pytest.param(promoting(approval="always"), "ada", "2", False, id="always-approved"),
        pytest.param(promoting(approval=1), "", "1", False, id="there-already"),
        pytest.param(promoting(approval=1, stage="Production"), "", "1", True, id="stage-is-not-there"),
        pytest.param(STAGE._replace(approval=1), "", "1", True, id="stage"),
        pytest.param(COPY._replace(approval=1), "", "1", True, id="copy"),
        pytest.param(COPY._replace(approval=1), "ada", "1", False, id="copy-approved"),
        pytest.param(promoting(approval=1, alias=None, copy_to="prod"), "", "1", True, id="mere-copy"),
    ],
)
def test_what_waits_for_a_human(promotion: Promotion, approved: str, at: str, awaits: bool) -> None:
    """The version of the candidate is approved, wherever it is copied to; a no-op needs nobody."""
    store = registry()
    store.aliases[MODEL]["champion"] = at
    store.set_version_tag(MODEL, "1", APPROVED_BY, approved)
    assert read(store, promotion).awaits is awaits


def test_a_mere_copy_that_was_made_waits_for_nobody() -> None:
    """Promoting what is promoted is a no-op."""
    store = registry(copied=True)
    assert not read(store, promoting(approval="always", alias=None, copy_to="prod")).awaits


def test_promotions_on_record_are_counted() -> None:
    """The first one was approved; the second one needs nobody."""
    store = registry()
    store.set_version_tag(MODEL, "2", KEY, ENTRY._replace(version="2").to_tag())
    assert not read(store, promoting(approval=1)).awaits
    assert read(store, promoting(approval=2)).awaits


def test_a_new_model_gets_its_first_version() -> None:
    """Model and version are made; the alias is left to the move."""
    store = FakeStore()
    assert register(read(store)) == store.versions[MODEL]["1"]
    assert store.writes == CREATED


def test_the_same_run_and_model_never_make_a_second_version() -> None:
    """Run twice, the second time finds what the first made; the newest one where somebody made two."""
    store = FakeStore()
    store.add_version(MODEL, "9")
    store.add_version(MODEL, "10")
    for _ in range(2):
        assert register(read(store)).version == "10"
    assert store.writes == []


def test_a_version_that_does_not_load_is_not_used() -> None:
    """Somebody registered the run by its MLflow 2 address: a loadable version is made beside it, and said."""
    store = FakeStore()
    store.add_version(MODEL, "1", source="runs:/r1/model")
    found = read(store)
    assert found.note == "version 1 of this run does not load (source runs:/r1/model), so it is not used"
    assert register(found).version == "2"


def test_the_version_that_was_judged_is_the_version_that_is_promoted() -> None:
    """A gate that names a version promotes it, and not another version of the same run."""
    store = FakeStore()
    judged = store.add_version(MODEL, "1")
    store.add_version(MODEL, "2")
    snapshot = candidacy(store).snapshot._replace(version=judged)
    assert register(read(store, snapshot=snapshot)) == judged


def test_a_version_of_another_model_is_registered_under_the_promoted_one() -> None:
    """From a staging model's version to the production model: the same files, a new version."""
    store = FakeStore()
    snapshot = candidacy(store).snapshot._replace(version=store.add_version("staging", "5"))
    version = register(read(store, snapshot=snapshot))
    assert (version.model, version.version) == (MODEL, "1")
    assert store.writes == CREATED


def test_without_copy_to_the_version_itself_is_promoted() -> None:
    """Nothing is written."""
    store = registry()
    found = read(store)
    assert copy(found, register(found)) == found.version
    assert store.writes == []


def test_a_copy_is_made_of_the_version_and_belongs_to_its_run() -> None:
    """MLflow loads it even when the version is deleted."""
    store = FakeStore()
    found = read(store, COPY)
    made = copy(found, register(found))
    assert (made.model, made.version, made.run_id) == ("prod", "1", "r1")
    assert store.writes == [*CREATED, *COPIED]


def test_a_version_is_copied_once() -> None:
    """Run twice, the second time finds the copy."""
    store = registry(copied=True)
    found = read(store, COPY)
    assert copy(found, register(found)).version == "6"
    assert store.writes == []


def test_a_model_that_exists_is_not_created() -> None:
    """Neither the one nor the other."""
    store = registry(copied=True)
    del store.versions["prod"]["6"]
    found = read(store, COPY)
    assert copy(found, register(found)).version == "7"
    assert store.writes == COPIED[1:]


@pytest.mark.parametrize("lost", [CREATED[1], COPIED[1]], ids=["version", "copy"])
def test_a_lost_answer_is_looked_up_and_never_asked_again(lost: str) -> None:
    """Asking again would make a second version."""
    store = FakeStore()
    lose_answers(store, lost)
    found = read(store, COPY)
    assert copy(found, register(found)).version == "1"
    assert store.writes == [*CREATED, *COPIED]


@pytest.mark.parametrize("write", [*CREATED, *COPIED])
def test_what_was_not_made_is_an_error_and_the_next_session_goes_on_from_there(write: str) -> None:
    """Nothing is assumed, and nothing asked for twice: the request may still be on its way."""
    store = FakeStore()

    def refuse_once(text: str) -> None:
        if text == write:
            store.on_write = None
            raise Unreachable(LOST)

    store.on_write = refuse_once
    found = read(store, COPY)
    with pytest.raises(Unreachable, match=f"^{LOST}$"):
        copy(found, register(found))
    again = read(store, COPY)
    assert copy(again, register(again)).version == "1"
    assert store.writes == [*CREATED, *COPIED]


@pytest.mark.parametrize("write", [CREATED[0], COPIED[0]])
def test_a_lost_answer_to_a_new_name_is_an_error_and_the_next_session_finds_it(write: str) -> None:
    """A registered model without a version is no harm."""
    store = FakeStore()
    lose_answers(store, write)
    found = read(store, COPY)
    with pytest.raises(Unreachable, match=f"^{LOST}$"):
        copy(found, register(found))
    again = read(store, COPY)
    assert copy(again, register(again)).version == "1"
    assert store.writes == [*CREATED, *COPIED]


def test_a_version_that_never_becomes_ready_is_refused() -> None:
    """MLflow would set the alias on it all the same."""
    store = registry()
    store.versions[MODEL]["1"] = store.versions[MODEL]["1"]._replace(ready=False)
    clock = iter(range(100))
    with pytest.raises(Refused) as caught:
        register(read(store), now=lambda: float(next(clock)), sleep=lambda _: None)
    assert str(caught.value) == (
        f"version 1 of {MODEL} is not READY after 5 s, look at it in the registry and run the gate again"
    )


def test_a_copy_that_never_becomes_ready_is_refused() -> None:
    """As any other version."""
    store = registry(copied=True)
    store.versions["prod"]["6"] = store.versions["prod"]["6"]._replace(ready=False)
    found = read(store, COPY)
    clock = iter(range(100))
    with pytest.raises(Refused) as caught:
        copy(found, register(found), now=lambda: float(next(clock)), sleep=lambda _: None)
    assert str(caught.value) == (
        "version 6 of prod is not READY after 5 s, look at it in the registry and run the gate again"
    )


def test_a_version_that_becomes_ready_in_time_is_waited_for() -> None:
    """The server copies its files in the background."""
    store = registry()
    pending = store.versions[MODEL]["1"]._replace(ready=False)
    store.versions[MODEL]["1"] = pending
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        store.versions[MODEL]["1"] = pending._replace(ready=len(slept) == 3)

    assert register(read(store), now=lambda: 0.0, sleep=sleep).ready
    assert slept == [1.0, 1.0, 1.0]
