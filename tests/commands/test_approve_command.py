"""A human says yes: which version, what is shown, and that nothing is overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.store import Denied, Unreachable
from tests.commands.past import MODEL, PROMOTION, promote, registry

if TYPE_CHECKING:
    from tests.commands.conftest import Command
    from tests.fakes import FakeStore

NEEDY = PROMOTION._replace(approval="always")
NEXT = "now run: pytest --mlflow-gate eval_gate.yaml"
TAG = "mlflow_gate.approved_by"


def waiting(*numbers: int) -> FakeStore:
    """Return a store in which the versions of these runs wait for an approval."""
    store = registry()
    for minute, number in enumerate(numbers):
        if promote(store, number, NEEDY, minute=minute) != "awaiting":
            raise ValueError(f"run r{number} does not wait")
    store.writes.clear()
    return store


def test_the_version_that_waits_is_shown_and_approved(command: Command) -> None:
    """Its run and its numbers, then one write, then what to do next; and that promotes."""
    store = waiting(1)
    result = command(store, "approve", "eval_gate.yaml", "--by", " alice ")
    assert result.stdout.splitlines() == [
        f"version 1 of {MODEL}, run r1",
        "  accuracy[min] 0.93 >= 0.85 passed",
        "  f1[min] 0.9 >= 0.85 passed",
        f"approved by alice; {NEXT}",
    ]
    assert (result.exit_code, result.stderr) == (0, "")
    assert store.writes == [f"tag {MODEL}/1 {TAG} = alice"]
    assert promote(store, 1, NEEDY) == "promoted"


@pytest.mark.parametrize(
    ("by", "code", "last"),
    [
        pytest.param("alice", 0, f"approved by alice already; {NEXT}", id="same-name"),
        pytest.param("bob", 1, "it is approved by alice already, which stays", id="another-name"),
    ],
)
def test_an_approval_is_never_overwritten(command: Command, by: str, code: int, last: str) -> None:
    """Who came second learns who was first."""
    store = waiting(1)
    command(store, "approve", "eval_gate.yaml", "--by", "alice")
    store.writes.clear()
    result = command(store, "approve", "eval_gate.yaml", "--by", by)
    assert (result.exit_code, result.output.splitlines()[-1]) == (code, last)
    assert result.output.splitlines()[0] == f"version 1 of {MODEL}, run r1, approved by alice"
    assert store.writes == []


def test_of_several_one_is_chosen(command: Command) -> None:
    """They are listed with their runs, and none is guessed."""
    store = waiting(1, 2)
    result = command(store, "approve", "eval_gate.yaml", "--by", "alice")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"2 versions of {MODEL} wait, choose one with --version:",
        f"  version 2 of {MODEL}, run r2",
        f"  version 1 of {MODEL}, run r1",
    ]
    assert store.writes == []
    assert command(store, "approve", "eval_gate.yaml", "--by", "alice", "--version", "1").exit_code == 0
    assert store.writes == [f"tag {MODEL}/1 {TAG} = alice"]


def nothing() -> FakeStore:
    """Return a store without a model."""
    return registry()


def of_another_gate() -> FakeStore:
    """Return a store in which a version waits, but for another gate."""
    store = waiting(1)
    store.set_version_tag(MODEL, "1", "mlflow_gate.gate", "other")
    store.writes.clear()
    return store


def done() -> FakeStore:
    """Return a store in which the approved version was promoted."""
    store = waiting(1)
    store.set_version_tag(MODEL, "1", TAG, "alice")
    promote(store, 1, NEEDY)
    store.writes.clear()
    return store


NONE_WAITS = f"no version of {MODEL} waits for an approval of gate churn, run the gate first: pytest --mlflow-gate eval_gate.yaml"


@pytest.mark.parametrize(
    ("store", "version", "text"),
    [
        pytest.param(nothing(), None, NONE_WAITS, id="no-model"),
        pytest.param(of_another_gate(), None, NONE_WAITS, id="another-gate"),
        pytest.param(done(), None, NONE_WAITS, id="promoted"),
        pytest.param(
            done(),
            "1",
            f"version 1 of {MODEL} does not wait for gate churn: its verdict is promoted",
            id="that-one-is-promoted",
        ),
        pytest.param(
            waiting(1),
            "7",
            f"version 7 of {MODEL} does not wait for gate churn: it does not exist",
            id="no-version",
        ),
        pytest.param(
            of_another_gate(),
            "1",
            f"version 1 of {MODEL} waits for gate other, and not for gate churn",
            id="waits-for-another-gate",
        ),
    ],
)
def test_what_does_not_wait_is_not_approved(
    command: Command, store: FakeStore, version: str | None, text: str
) -> None:
    """An approval is an answer, and nobody asked."""
    words = ("--version", version) if version else ()
    result = command(store, "approve", "eval_gate.yaml", "--by", "alice", *words)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{text}\n")
    assert store.writes == []


@pytest.mark.parametrize(
    ("promote_section", "text"),
    [
        pytest.param(
            "",
            "eval_gate.yaml: this gate does not promote, so there is nothing to approve",
            id="no-promotion",
        ),
        pytest.param(
            "promote: {model: m, alias: champion}",
            "eval_gate.yaml: promote.approval is none, so no promotion of this gate needs a human",
            id="no-approval",
        ),
        pytest.param(
            "promote: {model: m, alais: champion}",
            "eval_gate.yaml:4: promote: nowhere to promote to, add alias, stage or copy_to\n"
            "eval_gate.yaml:4: promote: unknown key 'alais', did you mean 'alias'?",
            id="wrong-file",
        ),
    ],
)
def test_gates_that_need_no_approval(command: Command, promote_section: str, text: str) -> None:
    """What is wrong is the file or the idea, and the network is not asked."""
    lines = ("tracking_uri: http://m", "candidate: {run_id: r1}", "thresholds: {a: '>= 1'}", promote_section)
    Path("eval_gate.yaml").write_text("\n".join(lines))
    result = command(registry(), "approve", "eval_gate.yaml", "--by", "alice")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{text}\n")


@pytest.mark.parametrize("name", ["", "  ", "al\x1bice", "two\nlines", "x" * 251])
def test_a_name_is_a_name(command: Command, name: str) -> None:
    """It is to be read by people, years later."""
    result = command(waiting(1), "approve", "eval_gate.yaml", "--by", name)
    assert result.exit_code == 2
    assert "Invalid value for '--by': give a name, one line of at most 250 characters" in result.stderr


def test_tags_cannot_control_the_terminal(command: Command) -> None:
    """Anybody can write them."""
    store = waiting(1)
    store.set_version_tag(MODEL, "1", "mlflow_gate.checks", "a\x1b[2J; b\rc\u202e")
    lines = command(store, "approve", "eval_gate.yaml", "--by", "alice").stdout.splitlines()
    assert lines[1:3] == ["  a?[2J", "  b?c?"]


def test_a_lost_answer_is_looked_up(command: Command) -> None:
    """The tag is there, so the approval is."""
    store = waiting(1)
    store.failing = {"tag": Unreachable("http://mlflow: reset")}
    original = store.versions[MODEL]["1"]

    def set_and_lose(text: str) -> None:
        if text.startswith("tag"):
            store.versions[MODEL]["1"] = original._replace(tags={**original.tags, TAG: "alice"})

    store.on_write = set_and_lose
    assert command(store, "approve", "eval_gate.yaml", "--by", "alice").exit_code == 0


def test_a_registry_that_says_no(command: Command) -> None:
    """One line, as the registry gave it."""
    store = waiting(1)
    store.failing = {"tag": Denied("http://mlflow: 403 Forbidden")}
    result = command(store, "approve", "eval_gate.yaml", "--by", "alice")
    assert (result.exit_code, result.stderr) == (1, "http://mlflow: 403 Forbidden\n")


def test_a_registry_that_forgets_is_not_believed(command: Command) -> None:
    """Read back: the approval is there, or it is not given."""
    store = waiting(1)
    store.set_version_tag = lambda *_: None  # type: ignore[method-assign]
    result = command(store, "approve", "eval_gate.yaml", "--by", "alice")
    assert result.exit_code == 1
    assert result.stderr == (
        f"tag {TAG} of {MODEL} version 1 was written, and then tag {TAG} is None and not 'alice'\n"
    )
