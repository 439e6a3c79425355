"""From a passed gate to a plan: reads first, one version for one model, and every refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import Promotion
from pytest_mlflow_gate.promotion.plan import SetAlias, SetStage, SetTag
from pytest_mlflow_gate.promotion.prepare import Survey, register, survey
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.tracking.store import Unreachable
from pytest_mlflow_gate.tracking.values import Experiment, ModelVersion, RegisteredModel, Snapshot
from tests.fakes import RUN, FakeStore
from tests.gates import gate

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Gate

MODEL = "churn-classifier"
CANDIDATE = Snapshot(run=RUN, experiment=Experiment("1", "churn", active=True))
CREATED = [f"create model {MODEL}", f"create version of {MODEL} from models:/m-1 (r1, m-1)"]


def read(asked: Gate, candidate: Snapshot, began: RegisteredModel | None, store: FakeStore) -> Survey:
    """Survey a gate that promotes."""
    assert asked.promotion is not None
    return survey(asked, asked.promotion, candidate, began, store)


def promoting(**changes: object) -> Promotion:
    """Return the promotion of the test gate, changed."""
    made = Promotion(MODEL, "champion", None, None, (), 6)
    return made._replace(**changes)  # type: ignore[arg-type]


def test_surveying_writes_nothing() -> None:
    """Everything is read for every gate before the first write."""
    store = FakeStore()
    read(gate(), CANDIDATE, None, store)
    assert store.writes == []


def test_a_new_model_gets_its_first_version() -> None:
    """Model and version are made; the alias is left to the move."""
    store = FakeStore()
    plan = register(read(gate(), CANDIDATE, None, store), store)
    assert (plan.version, plan.created, plan.previous_version) == ("1", True, None)
    assert plan.steps == (SetAlias(MODEL, "champion", "1", None),)
    assert store.writes == CREATED


def test_the_same_run_and_model_never_make_a_second_version() -> None:
    """Run twice, the second time finds what the first made; the newest one where somebody made two."""
    store = FakeStore()
    store.add_version(MODEL, "9")
    store.add_version(MODEL, "10")
    began = RegisteredModel(MODEL, {})
    plan = register(read(gate(), CANDIDATE, began, store), store)
    assert (plan.version, plan.created) == ("10", False)
    assert store.writes == []


def test_a_version_that_does_not_load_is_not_used() -> None:
    """Somebody registered the run by its MLflow 2 address: a loadable version is made beside it, and said."""
    store = FakeStore()
    store.add_version(MODEL, "1", source="runs:/r1/model")
    plan = register(read(gate(), CANDIDATE, RegisteredModel(MODEL, {}), store), store)
    assert (plan.version, plan.created) == ("2", True)
    assert plan.note == "version 1 of this run does not load (source runs:/r1/model), so it is not used"


def test_what_is_in_place_needs_no_step() -> None:
    """Promoting the champion again changes nothing."""
    store = FakeStore()
    store.add_version(MODEL, "1", stage="Production", tags={"validated_by": "ci"})
    store.aliases[MODEL]["champion"] = "1"
    asked = gate(promotion=promoting(stage="Production", tags=(("validated_by", "ci"),)))
    plan = register(read(asked, CANDIDATE, store.registered_model(MODEL), store), store)
    assert (plan.steps, plan.previous_version) == ((), "1")


def test_steps_come_in_the_order_of_the_contract() -> None:
    """Alias and stage, then tags; each knows what was there before."""
    store = FakeStore()
    store.add_version(MODEL, "1", source="models:/m-0", run_id="r0", stage="Production")
    store.aliases[MODEL]["champion"] = "1"
    asked = gate(promotion=promoting(stage="Production", tags=(("validated_by", "ci"),)))
    plan = register(read(asked, CANDIDATE, store.registered_model(MODEL), store), store)
    assert plan.steps == (
        SetAlias(MODEL, "champion", "2", "1"),
        SetStage(MODEL, "2", "Production", "None", ("1",)),
        SetTag(MODEL, "2", "validated_by", "ci", None),
    )
    assert plan.previous_version == "1"


def test_the_version_that_was_judged_is_the_version_that_is_promoted() -> None:
    """A gate that names a version promotes it, and not another version of the same run."""
    store = FakeStore()
    judged = store.add_version(MODEL, "1")
    store.add_version(MODEL, "2")
    candidate = CANDIDATE._replace(version=judged)
    plan = register(read(gate(), candidate, RegisteredModel(MODEL, {}), store), store)
    assert (plan.version, plan.created) == ("1", False)


def test_a_version_of_another_model_is_registered_under_the_promoted_one() -> None:
    """From a staging model's version to the production model: the same files, a new version."""
    store = FakeStore()
    candidate = CANDIDATE._replace(version=store.add_version("staging", "5"))
    plan = register(read(gate(), candidate, None, store), store)
    assert (plan.model, plan.version) == (MODEL, "1")
    assert store.writes == CREATED


@pytest.mark.parametrize(
    ("before", "now", "text"),
    [
        pytest.param("1", "2", "moved from version 1 to version 2", id="moved"),
        pytest.param("1", None, "moved from version 1 to no version", id="removed"),
        pytest.param(None, "2", "moved from no version to version 2", id="set"),
    ],
)
def test_an_alias_that_moved_since_the_session_began_refuses(
    before: str | None, now: str | None, text: str
) -> None:
    """Somebody promoted while the gate was judging: what was judged is not what would be replaced."""
    store = FakeStore()
    for version in ("1", "2"):
        store.add_version(MODEL, version, source="models:/m-0", run_id="r0")
    store.aliases[MODEL] = {"champion": now} if now else {}
    began = RegisteredModel(MODEL, {"champion": before} if before else {})
    with pytest.raises(Refused) as caught:
        read(gate(), CANDIDATE, began, store)
    assert str(caught.value) == f"@champion of {MODEL} {text} since this session began, run the gate again"


class LosesAnswers(FakeStore):
    """A server whose answer to a registration never arrives."""

    takes_effect = True

    def create_model_version(
        self, model: str, *, source: str, run_id: str, model_id: str | None
    ) -> ModelVersion:
        """Register (or not) and lose the answer."""
        if self.takes_effect:
            super().create_model_version(model, source=source, run_id=run_id, model_id=model_id)
        raise Unreachable("http://mlflow:5000: the connection was reset")


def test_a_lost_answer_is_looked_up_and_never_asked_again() -> None:
    """Asking again would make a second version."""
    store = LosesAnswers()
    plan = register(read(gate(), CANDIDATE, None, store), store)
    assert plan.version == "1"
    assert store.writes == CREATED


def test_a_registration_that_did_not_happen_is_an_error() -> None:
    """Nothing is assumed: the version is there or it is not."""
    store = LosesAnswers()
    store.takes_effect = False
    with pytest.raises(Unreachable, match="the connection was reset"):
        register(read(gate(), CANDIDATE, None, store), store)


def test_a_version_that_never_becomes_ready_is_refused() -> None:
    """MLflow would set the alias on it all the same."""
    store = FakeStore()
    store.add_version(MODEL, "1", ready=False)
    clock = iter(range(100))
    with pytest.raises(Refused) as caught:
        register(
            read(gate(), CANDIDATE, RegisteredModel(MODEL, {}), store),
            store,
            now=lambda: float(next(clock)),
            sleep=lambda _: None,
        )
    assert str(caught.value) == (
        f"version 1 of {MODEL} is not READY after 5 s, look at it in the registry and run the gate again"
    )
