"""Several gates of one session: all or none under `all`, everybody alone under `each`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import Promotion
from pytest_mlflow_gate.promotion.candidacy import Candidacy
from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.together import carry_out, dry_run, prepare
from pytest_mlflow_gate.promotion.verdict import Policy, Reason, Verdict
from pytest_mlflow_gate.tracking.store import Denied, StoreError
from pytest_mlflow_gate.tracking.values import Experiment, RegisteredModel, Snapshot
from tests.fakes import RUN, FakeStore
from tests.gates import gate

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = ("a", "b", "c")
SNAPSHOT = Snapshot(RUN, Experiment("1", "churn", active=True))


def candidacy(
    name: str,
    store: FakeStore,
    *,
    artifact: str | None = None,
    began: RegisteredModel | StoreError | None = None,
) -> Candidacy:
    """Return a gate that promotes to a model of its own name."""
    promotion = Promotion(name, "champion", None, artifact, (), 6)
    return Candidacy(gate(name=name, promotion=promotion), promotion, SNAPSHOT, store, began)


def verdicts(*, withheld: Iterable[str] = ()) -> dict[str, Verdict]:
    """Return a verdict for each gate."""
    no = (Reason("the session's exit status is 6", failure=False),)
    return {name: Verdict(name, no if name in withheld else ()) for name in NAMES}


def moved(store: FakeStore) -> dict[str, str | None]:
    """Return where each model's champion is."""
    return {name: store.aliases.get(name, {}).get("champion") for name in NAMES}


def test_every_gate_is_read_before_the_first_version_is_registered() -> None:
    """A refusal of the last gate leaves no version of the first one behind."""
    store = FakeStore()
    plans, results = prepare(
        [candidacy("a", store), candidacy("b", store), candidacy("c", store, artifact="none")], "all"
    )
    assert store.writes == []
    assert plans == {}
    assert results == {
        "a": Result("withheld", "the promotion of c was refused"),
        "b": Result("withheld", "the promotion of c was refused"),
        "c": Result("refused", "run r1 has no logged model named 'none', it has model"),
    }


def test_under_each_a_refused_gate_leaves_the_others_alone() -> None:
    """Everybody goes alone."""
    store = FakeStore()
    plans, results = prepare([candidacy("a", store, artifact="none"), candidacy("b", store)], "each")
    assert list(plans) == ["b"]
    assert list(results) == ["a"]


def test_a_registry_that_did_not_answer_at_the_beginning_refuses() -> None:
    """Nobody could say whether the alias has moved since."""
    store = FakeStore()
    _, results = prepare([candidacy("a", store, began=Denied("http://m: 403"))], "all")
    assert results == {"a": Result("refused", "http://m: 403")}


@pytest.mark.parametrize(
    ("policy", "champions", "texts"),
    [
        pytest.param(
            "all",
            {"a": None, "b": None, "c": None},
            {
                "a": "put back, because the promotion of b failed",
                "b": "moving @champion of b to version 1 failed: no",
                "c": "the promotion of b failed",
            },
            id="all",
        ),
        pytest.param(
            "each",
            {"a": "1", "b": None, "c": "1"},
            {
                "a": "a version 1 is now @champion",
                "b": "moving @champion of b to version 1 failed: no",
                "c": "c version 1 is now @champion",
            },
            id="each",
        ),
    ],
)
def test_when_one_move_fails(policy: Policy, champions: dict[str, str | None], texts: dict[str, str]) -> None:
    """Under `all` the moves before it are put back and those after it never begin."""

    def refuse_b(text: str) -> None:
        if text.startswith("alias b@"):
            raise Denied("no")

    store = FakeStore(on_write=refuse_b)
    plans, _ = prepare([candidacy(name, store) for name in NAMES], policy)
    results = carry_out(plans, dict.fromkeys(NAMES, store), verdicts(), policy)
    assert moved(store) == champions
    assert {name: result.text for name, result in results.items()} == texts


def test_what_stayed_is_named() -> None:
    """A put back that fails is said on the gate that stayed promoted."""

    def refuse(text: str) -> None:
        if text.startswith(("alias b@", "no alias a@")):
            raise Denied("no")

    store = FakeStore(on_write=refuse)
    plans, _ = prepare([candidacy(name, store) for name in ("a", "b")], "all")
    results = carry_out(plans, dict.fromkeys(NAMES, store), verdicts(), "all")
    assert results["a"] == Result(
        "failed",
        "the promotion of b failed and this one stayed: could not put back @champion of a to version 1: no",
        version="1",
        created=True,
    )


def test_a_verdict_that_changed_at_the_end_moves_nothing() -> None:
    """The final exit status is known only after the plans were made."""
    store = FakeStore()
    plans, _ = prepare([candidacy("a", store)], "all")
    results = carry_out(plans, {"a": store}, verdicts(withheld=["a"]), "all")
    assert results == {"a": Result("withheld", "the session's exit status is 6")}
    assert moved(store)["a"] is None


@pytest.mark.parametrize(
    ("state", "artifact", "text"),
    [
        pytest.param(
            "empty", None, "a new version of run r1 would have been promoted to a @champion", id="new"
        ),
        pytest.param(
            "other",
            None,
            "a new version of run r1 would have been promoted to a @champion (now version 1)",
            id="other",
        ),
        pytest.param(
            "registered",
            None,
            "version 2 would have been promoted to a @champion (now version 1)",
            id="registered",
        ),
        pytest.param(
            "champion",
            None,
            "version 2 would have been promoted to a @champion (where it is already)",
            id="champion",
        ),
        pytest.param(
            "empty",
            "none",
            "the promotion to a @champion would have been refused: run r1 has no logged model named 'none', it has model",
            id="refused",
        ),
    ],
)
def test_a_dry_run_says_what_would_have_moved_and_writes_nothing(
    state: str, artifact: str | None, text: str
) -> None:
    """As close to the real thing as reading gets."""
    store = FakeStore()
    if state != "empty":
        store.add_version("a", "1", source="models:/m-0", run_id="r0")
        store.aliases["a"]["champion"] = "1"
    if state in ("registered", "champion"):
        store.add_version("a", "2")
    if state == "champion":
        store.aliases["a"]["champion"] = "2"
    result = dry_run(candidacy("a", store, artifact=artifact, began=store.registered_model("a")))
    assert (result.status, result.text) == ("dry-run", text)
    assert store.writes == []


def test_stages_are_put_back_too() -> None:
    """What was archived to make room returns."""
    store = FakeStore()
    store.add_version("a", "1", source="models:/m-0", run_id="r0", stage="Production")

    def refuse_b(text: str) -> None:
        if text.startswith("alias b@"):
            raise Denied("no")

    store.on_write = refuse_b
    staged = candidacy("a", store, began=store.registered_model("a"))
    promotion = staged.promotion._replace(alias=None, stage="Production")
    plans, _ = prepare([staged._replace(promotion=promotion), candidacy("b", store)], "all")
    carry_out(plans, dict.fromkeys(NAMES, store), verdicts(), "all")
    assert [version.stage for version in store.versions["a"].values()] == ["Production", "None"]
