"""Several gates of one session: all or none under `all`, everybody alone under `each`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.history import history_of
from pytest_mlflow_gate.promotion.record import APPROVED_BY
from pytest_mlflow_gate.promotion.together import (
    Moved,
    carry_out,
    prepare,
    take_back,
)
from pytest_mlflow_gate.promotion.verdict import Policy, Reason, Verdict
from pytest_mlflow_gate.tracking.store import Denied
from tests.commands.past import CI, NOON, state
from tests.fakes import FakeStore
from tests.promotion.candidates import DECISION, candidacy, promoting
from tests.promotion.faults import refusing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_mlflow_gate.gatefile.types import Promotion
    from pytest_mlflow_gate.promotion.candidacy import Candidacy

NAMES = ("a", "b", "c")
GRANTED = {name: Verdict(name, ()) for name in NAMES}
UNCHANGED: dict[str, Promotion] = {}
POLICIES: tuple[Policy, ...] = ("all", "each")


def candidacies(store: FakeStore, changed: Mapping[str, Promotion]) -> list[Candidacy]:
    """Return three gates that promote to models of their names, or as *changed* says."""
    wanted = {name: promoting(model=name) for name in NAMES} | dict(changed)
    return [candidacy(store, promotion, name=name) for name, promotion in wanted.items()]


def session(
    store: FakeStore,
    policy: Policy,
    changed: Mapping[str, Promotion] = UNCHANGED,
    *,
    verdicts: Mapping[str, Verdict] = GRANTED,
    minute: int = 0,
) -> tuple[dict[str, Result], tuple[Moved, ...]]:
    """Prepare and carry out, as a session does."""
    surveys, results = prepare(candidacies(store, changed), policy)
    done, moved = carry_out(surveys, verdicts, policy, CI, NOON + 60 * minute)
    return results | done, moved


def champions(store: FakeStore) -> dict[str, str | None]:
    """Return where each model's champion is."""
    return {name: store.aliases.get(name, {}).get("champion") for name in NAMES}


def texts(results: Mapping[str, Result]) -> dict[str, tuple[str, str]]:
    """Return what is said of each gate, in the order of their names."""
    return {name: (results[name].status, results[name].text) for name in sorted(results)}


def others(names: Iterable[str], but: str) -> list[str]:
    """Return all names but one."""
    return [name for name in names if name != but]


PROMOTED = {
    name: Result("promoted", f"{name} version 1 is now @champion", version="1", created=True)
    for name in NAMES
}


@pytest.mark.parametrize("policy", POLICIES)
def test_three_gates_move_in_their_order(policy: Policy) -> None:
    """Every version is registered before the first alias moves."""
    store = FakeStore()
    results, moved = session(store, policy)
    assert results == PROMOTED
    assert [change.gate for change in moved] == list(NAMES)
    assert champions(store) == dict.fromkeys(NAMES, "1")
    kinds = [text.split()[0] for text in store.writes]
    assert kinds[:6] == ["create"] * 6
    assert [text for text in store.writes if text.startswith("alias")] == [
        f"alias {name}@champion = 1" for name in NAMES
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_session_again_writes_nothing(policy: Policy) -> None:
    """Everything is there already, and passes."""
    store = FakeStore()
    session(store, policy)
    store.writes.clear()
    results, moved = session(store, policy, minute=5)
    assert texts(results) == {name: ("promoted", f"{name} version 1 is already @champion") for name in NAMES}
    assert [change.steps for change in moved] == [(), (), ()]
    assert store.writes == []


def test_gates_that_move_the_same_version_have_an_entry_each() -> None:
    """Two aliases of one model: neither history is lost."""
    store = FakeStore()
    promotions = {name: promoting(alias=name) for name in NAMES}
    session(store, "all", promotions)
    entries = history_of(store.versions["churn-classifier"].values()).entries
    assert [(entry.gate, entry.alias, entry.verdict) for entry in entries] == [
        (name, name, "promoted") for name in NAMES
    ]


@pytest.mark.parametrize("culprit", NAMES)
def test_under_all_one_that_is_refused_withholds_all(culprit: str) -> None:
    """Every gate is read before anything is written."""
    store = FakeStore()
    broken = promoting(model=culprit, artifact="none")
    surveys, results = prepare(candidacies(store, {culprit: broken}), "all")
    assert (surveys, store.writes) == ((), [])
    withheld = Result("withheld", f"the promotion of {culprit} was refused")
    refused = Result("refused", "run r1 has no logged model named 'none', it has model")
    assert results == dict.fromkeys(others(NAMES, culprit), withheld) | {culprit: refused}


@pytest.mark.parametrize("culprit", NAMES)
def test_under_each_one_that_is_refused_leaves_the_others_alone(culprit: str) -> None:
    """Everybody goes alone."""
    store = FakeStore()
    results, moved = session(store, "each", {culprit: promoting(model=culprit, artifact="none")})
    refused = Result("refused", "run r1 has no logged model named 'none', it has model")
    assert results == PROMOTED | {culprit: refused}
    assert [change.gate for change in moved] == others(NAMES, culprit)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_registry_that_did_not_answer_at_the_beginning_refuses(policy: Policy) -> None:
    """Nobody could say whether the alias has moved since."""
    store = FakeStore()
    _, results = prepare([candidacy(store, began=Denied("http://m: 403"))], policy)
    assert results == {"churn": Result("refused", "http://m: 403")}


@pytest.mark.parametrize("culprit", NAMES)
def test_under_all_one_that_cannot_be_registered_withholds_all(culprit: str) -> None:
    """No alias moves; what was registered before stays, and is found by the next session."""
    store = FakeStore(on_write=refusing(f"create version of {culprit}"))
    results, moved = session(store, "all")
    withheld = Result("withheld", f"the promotion of {culprit} was refused")
    assert results == dict.fromkeys(others(NAMES, culprit), withheld) | {culprit: Result("refused", "no")}
    assert moved == ()
    registered = NAMES[: NAMES.index(culprit)]
    assert [text for text in store.writes if "version" in text] == [
        f"create version of {name} from models:/m-1 (r1, m-1)" for name in registered
    ]
    assert champions(store) == dict.fromkeys(NAMES)


@pytest.mark.parametrize("culprit", NAMES)
def test_under_each_one_that_cannot_be_registered_leaves_the_others_alone(culprit: str) -> None:
    """Everybody goes alone."""
    store = FakeStore(on_write=refusing(f"create version of {culprit}"))
    results, moved = session(store, "each")
    assert results == PROMOTED | {culprit: Result("refused", "no")}
    assert [change.gate for change in moved] == others(NAMES, culprit)


MOVING = [
    pytest.param("alias {}@champion", "moving @champion of {} to version 1 failed: no", id="alias"),
    pytest.param(
        "tag {}/1 mlflow_gate.decision",
        "moving tag mlflow_gate.decision.20251121T120000.00{}000Z of {} version 1 failed: no",
        id="intent",
    ),
    pytest.param(
        "tag {}/1 mlflow_gate.verdict",
        "moving tag mlflow_gate.verdict and 8 more of {} version 1 failed: no",
        id="record",
    ),
]


def said(text: str, culprit: str) -> str:
    """Return the text about one gate; keys of entries are one millionth of a second apart."""
    place = [str(NAMES.index(culprit))] if text.count("{}") == 2 else []
    return text.format(*place, culprit)


@pytest.mark.parametrize("culprit", NAMES)
@pytest.mark.parametrize(("write", "text"), MOVING)
def test_under_all_one_that_cannot_move_puts_all_back(write: str, text: str, culprit: str) -> None:
    """Those before it are put back, and those after it never begin."""
    store = FakeStore()
    for name in NAMES:
        store.add_version(name, "1")
    before = state(store)
    store.on_write = refusing(write.format(culprit))
    results, moved = session(store, "all")
    place = NAMES.index(culprit)
    assert texts(results) == {
        **dict.fromkeys(NAMES[:place], ("failed", f"put back, because the promotion of {culprit} failed")),
        culprit: ("failed", said(text, culprit)),
        **dict.fromkeys(NAMES[place + 1 :], ("withheld", f"the promotion of {culprit} failed")),
    }
    assert moved == ()
    assert state(store) == before
    later = tuple(f"alias {name}@" for name in NAMES[place + 1 :])
    assert not any(text.startswith(later) for text in store.writes)


@pytest.mark.parametrize("culprit", NAMES)
@pytest.mark.parametrize(("write", "text"), MOVING)
def test_under_each_one_that_cannot_move_is_put_back_alone(write: str, text: str, culprit: str) -> None:
    """The others have moved, and stay."""
    store = FakeStore(on_write=refusing(write.format(culprit)))
    results, moved = session(store, "each")
    assert texts(results) == texts(PROMOTED) | {culprit: ("failed", said(text, culprit))}
    assert [change.gate for change in moved] == others(NAMES, culprit)
    assert champions(store) == dict.fromkeys(NAMES, "1") | {culprit: None}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_copy_that_cannot_be_made_fails_as_a_move_does(policy: Policy) -> None:
    """It is the first request of the move: under `all` the gates before are put back."""
    store = FakeStore(on_write=refusing("create version of prod"))
    results, moved = session(store, policy, {"b": promoting(model="b", copy_to="prod")})
    assert results["b"] == Result("failed", "no", version="1", created=True)
    assert (
        texts(results)
        == {
            "all": {
                "a": ("failed", "put back, because the promotion of b failed"),
                "b": ("failed", "no"),
                "c": ("withheld", "the promotion of b failed"),
            },
            "each": texts(PROMOTED) | {"b": ("failed", "no")},
        }[policy]
    )
    assert [change.gate for change in moved] == ([] if policy == "all" else ["a", "c"])


def test_all_is_put_back_in_reverse_order() -> None:
    """The third one fails: its own steps first, then the second one, then the first one."""
    store = FakeStore()
    store.add_version("a", "1", source="models:/m-0", run_id="r0", stage="Production")
    store.aliases["a"]["champion"] = "1"
    staged = promoting(model="a", stage="Production", previous_alias="previous")
    store.on_write = refusing("tag c/1 mlflow_gate.time")
    session(store, "all", {"a": staged, "b": promoting(model="b", copy_to="prod")})
    reverse = [
        text for text in store.writes if text.startswith(("alias", "no alias", "stage", "create", "delete"))
    ]
    assert reverse[reverse.index("alias c@champion = 1") + 1 :] == [
        "no alias c@champion",
        "no alias prod@champion",
        "delete version prod/1",
        "stage a/2 = None",
        "stage a/1 = Production",
        "alias a@champion = 1",
        "no alias a@previous",
    ]
    assert champions(store) == {"a": "1", "b": None, "c": None}
    assert [version.stage for version in store.versions["a"].values()] == ["Production", "None"]
    assert store.runs["r1"].tags == {}


def test_what_stayed_is_named() -> None:
    """On the gate that stayed promoted; what else can be put back is."""
    store = FakeStore(on_write=refusing("alias c@", "no alias a@"))
    results, _ = session(store, "all")
    assert results["a"] == Result(
        "failed",
        "the promotion of c failed, and not everything of this one could be put back",
        version="1",
        created=True,
        left=("could not put back @champion of a to version 1: no",),
    )
    assert results["b"].text == "put back, because the promotion of c failed"
    assert champions(store) == {"a": "1", "b": None, "c": None}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize(
    ("policy", "expected"),
    [("all", dict.fromkeys(NAMES)), ("each", {"a": "1", "b": None, "c": None})],
    ids=["all", "each"],
)
def test_ctrl_c_puts_back_what_stands_and_falls_together(
    policy: Policy, expected: dict[str, str | None], interruption: BaseException
) -> None:
    """A person who interrupts the second move gets the registry as it was; under `each` the first one is done."""
    store = FakeStore(on_write=refusing("tag b/1 mlflow_gate.verdict", error=interruption))
    with pytest.raises(type(interruption)):
        session(store, policy)
    assert champions(store) == expected


def test_a_verdict_that_changed_at_the_end_writes_nothing() -> None:
    """The final exit status is known only after everything was read."""
    store = FakeStore()
    no = {name: Verdict(name, (Reason("the session's exit status is 6", failure=False),)) for name in NAMES}
    results, moved = session(store, "all", verdicts=no)
    assert results == dict.fromkeys(NAMES, Result("withheld", "the session's exit status is 6"))
    assert (moved, store.writes) == ((), [])


def test_under_each_a_verdict_is_about_its_own_gate() -> None:
    """The others are registered and move."""
    store = FakeStore()
    no = Verdict("b", (Reason("t.py::x failed", failure=True), Reason("more", failure=True)))
    results, _ = session(store, "each", verdicts=GRANTED | {"b": no})
    assert results == PROMOTED | {"b": Result("withheld", "t.py::x failed (and 1 more reason)")}
    assert not any(" b" in text for text in store.writes)


ASKS = "set its tag mlflow_gate.approved_by to your name, or run python -m pytest_mlflow_gate approve eval_gate.yaml --by NAME; then run the gate again"
WAITING = DECISION | {"mlflow_gate.verdict": "awaiting approval", "mlflow_gate.gate": "b"}
ASKING = promoting(model="b", approval="always")


@pytest.mark.parametrize("policy", POLICIES)
def test_who_awaits_approval_is_registered_and_says_what_to_do(policy: Policy) -> None:
    """Under `all` the others are withheld and untouched; under `each` they move."""
    store = FakeStore()
    surveys, results = prepare(candidacies(store, {"b": ASKING}), policy)
    assert results["b"] == Result("awaiting", f"the new version of b from run r1 awaits approval: {ASKS}")
    assert store.writes == []
    done, moved = carry_out(surveys, GRANTED, policy, CI, NOON)
    assert done["b"] == Result(
        "awaiting", f"version 1 of b awaits approval: {ASKS}", version="1", created=True
    )
    rest = {name: result for name, result in (results | done).items() if name != "b"}
    if policy == "all":
        assert rest == dict.fromkeys("ac", Result("withheld", "the promotion of b awaits approval"))
        assert moved == ()
        assert store.writes == [
            "create model b",
            "create version of b from models:/m-1 (r1, m-1)",
            f"run tags r1 {', '.join(f'{key} = {value}' for key, value in WAITING.items())}",
            *(f"tag b/1 {key} = {value}" for key, value in WAITING.items()),
        ]
    else:
        assert rest == {name: PROMOTED[name] for name in "ac"}
        assert [change.gate for change in moved] == ["a", "c"]
    assert store.versions["b"]["1"].tags == WAITING
    assert champions(store)["b"] is None


def test_waiting_is_recorded_once() -> None:
    """The same session, later and by somebody else, has nothing to add."""
    store = FakeStore()
    session(store, "all", {"b": ASKING})
    store.writes.clear()
    results, _ = session(store, "all", {"b": ASKING}, minute=30)
    assert store.writes == []
    assert results["b"] == Result("awaiting", f"version 1 of b awaits approval: {ASKS}", version="1")


def test_the_run_after_the_approval_promotes_the_same_version() -> None:
    """And of the waiting nothing is left."""
    store = FakeStore()
    session(store, "all", {"b": ASKING})
    store.set_version_tag("b", "1", APPROVED_BY, "ada")
    results, _ = session(store, "all", {"b": ASKING}, minute=30)
    assert texts(results) == texts(PROMOTED)
    assert store.versions["b"].keys() == {"1"}
    assert store.versions["b"]["1"].tags["mlflow_gate.verdict"] == "promoted"
    (entry,) = history_of(store.versions["b"].values()).entries
    assert entry.approved_by == "ada"


@pytest.mark.parametrize("start", ["create version of b", "run tags", "tag b/1"])
def test_waiting_that_cannot_be_recorded_is_refused(start: str) -> None:
    """The registry says why; nothing else is touched."""
    store = FakeStore(on_write=refusing(start))
    results, moved = session(store, "all", {"b": ASKING})
    assert (results["b"].status, results["b"].text) == ("refused", "no")
    assert {results["a"].status, results["c"].status} == {"withheld"}
    assert (moved, champions(store)) == ((), dict.fromkeys(NAMES))


def test_under_all_a_refusal_goes_before_an_approval() -> None:
    """Nobody is asked to approve what would not move anyway, and nothing is registered."""
    store = FakeStore()
    surveys, results = prepare(
        candidacies(store, {"b": ASKING, "c": promoting(model="c", artifact="none")}), "all"
    )
    assert surveys == ()
    assert results == {
        "a": Result("withheld", "the promotion of c was refused"),
        "b": Result("withheld", "the promotion of c was refused"),
        "c": Result("refused", "run r1 has no logged model named 'none', it has model"),
    }


def test_a_session_that_turns_red_puts_everything_back() -> None:
    """Another plugin's word comes after ours: all gates, in reverse order."""
    store = FakeStore()
    for name in NAMES:
        store.add_version(name, "1")
    before = state(store)
    _, moved = session(store, "all")
    results = take_back(moved, "the session's exit status became 1")
    assert list(results) == ["c", "b", "a"]
    assert results["a"] == Result(
        "failed", "put back, because the session's exit status became 1", version="1"
    )
    assert state(store) == before


def test_what_a_red_session_cannot_put_back_is_named() -> None:
    """Somebody promoted another version meanwhile: theirs stays, and all else goes back."""
    store = FakeStore()
    _, moved = session(store, "all")
    store.add_version("b", "2")
    store.aliases["b"]["champion"] = "2"
    results = take_back(moved, "the session's exit status became 1")
    assert results["b"].text == (
        "the session's exit status became 1, and not everything of this one could be put back"
    )
    assert results["b"].left == (
        "could not put back @champion of b to version 1: it points to version 2 now, which this session did not set",
    )
    assert champions(store) == {"a": None, "b": "2", "c": None}


@pytest.mark.parametrize("policy", POLICIES)
def test_two_gates_on_one_version_and_the_second_fails(policy: Policy) -> None:
    """All that the second wrote goes, the file's own tags too; under `each` the first one's record stays whole."""
    both = {
        "a": promoting(model="a"),
        "b": promoting(model="a", alias="challenger", tags=(("validated_by", "ci"),)),
        "c": promoting(model="c"),
    }
    alone = FakeStore()
    session(alone, "all", {"a": both["a"], "c": both["c"], "b": promoting(model="b")})
    expected = dict(alone.versions["a"]["1"].tags)
    alive = FakeStore(on_write=refusing("tag a/1 mlflow_gate.gate = b"))
    results, _ = session(alive, policy, both)
    assert results["b"].status == "failed"
    assert alive.aliases["a"] == ({} if policy == "all" else {"champion": "1"})
    assert dict(alive.versions["a"]["1"].tags) == ({} if policy == "all" else expected)


def test_a_copy_that_an_earlier_gate_made_is_found() -> None:
    """Of two gates that copy one version, the second has nothing to copy and, put back, nothing to take away."""
    store = FakeStore()
    both = {
        "a": promoting(model="a", copy_to="prod"),
        "b": promoting(model="a", alias=None, copy_to="prod"),
        "c": promoting(model="c"),
    }
    results, moved = session(store, "all", both)
    assert texts(results)["b"] == ("promoted", "prod version 1 is already a copy of a version 1")
    assert list(store.versions["prod"]) == ["1"]
    take_back(moved[1:2], "of this test")
    assert (list(store.versions["prod"]), store.aliases["prod"]) == (["1"], {"champion": "1"})


def test_a_promotion_that_fails_leaves_the_words_of_one_that_waits() -> None:
    """Two gates on one version under `each`: what the first asks a human for stands when the second is put back."""
    both = {
        "a": promoting(model="a", approval="always"),
        "b": promoting(model="a", alias="challenger"),
        "c": promoting(model="c"),
    }
    waiting = FakeStore()
    session(waiting, "each", {"a": both["a"], "c": both["c"], "b": promoting(model="b")})
    store = FakeStore(on_write=refusing("tag a/1 mlflow_gate.gate = b"))
    results, _ = session(store, "each", both)
    assert (results["a"].status, results["b"].status) == ("awaiting", "failed")
    assert store.versions["a"]["1"].tags == waiting.versions["a"]["1"].tags
