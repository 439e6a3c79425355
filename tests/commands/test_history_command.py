"""Who moved a model, when, from which version to which, on what numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.move import move
from pytest_mlflow_gate.promotion.provenance import Provenance
from pytest_mlflow_gate.promotion.rollback import rollback_of
from tests.commands.past import MODEL, NOON, PROMOTION, promote, promoted, registry
from tests.gates import gate

if TYPE_CHECKING:
    from tests.commands.conftest import Command
    from tests.fakes import FakeStore

AT = ("--tracking-uri", "http://mlflow")
NUMBERS = ["    accuracy[min] 0.93 >= 0.85 passed", "    f1[min] 0.9 >= 0.85 passed"]
SOURCES = ["    commit c0ffee", "    job https://ci.example/job/7"]
GATE = "    gate churn, sha256 d"


def with_a_past() -> FakeStore:
    """Return a store with two promotions, of which the second was approved, and a roll back."""
    needy = PROMOTION._replace(approval="always")
    store = promoted(1)
    promote(store, 2, needy, minute=1)
    store.set_version_tag(MODEL, "2", "mlflow_gate.approved_by", "alice")
    promote(store, 2, needy, minute=2)
    move(rollback_of(gate(), PROMOTION, store, Provenance("bob"), NOON + 180).steps, store)
    return store


def test_newest_first(command: Command) -> None:
    """A table that fits a terminal, and below each line the numbers, the commit, the job and the run."""
    result = command(with_a_past(), "history", MODEL, *AT)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "when (UTC)           verdict      what       version    by",
        "2025-11-21 12:03:00  rolled back  @champion  2 -> 1     bob",
        GATE,
        "2025-11-21 12:02:00  promoted     @champion  1 -> 2     ci, approved by alice",
        *NUMBERS,
        *SOURCES,
        "    run r2",
        GATE,
        "2025-11-21 12:00:00  promoted     @champion  none -> 1  ci",
        *NUMBERS,
        *SOURCES,
        "    run r1",
        GATE,
    ]


def test_as_json(command: Command) -> None:
    """The same for programs; these keys are stable."""
    newest, second, _ = json.loads(command(with_a_past(), "history", MODEL, "--json", *AT).stdout)
    assert second == {
        "time": "2025-11-21T12:02:00Z",
        "verdict": "promoted",
        "finished": True,
        "model": MODEL,
        "alias": "champion",
        "stage": None,
        "previous_version": "1",
        "baseline_version": None,
        "version": "2",
        "by": "ci",
        "approved_by": "alice",
        "gate": "churn",
        "gate_sha256": "d",
        "checks": ["accuracy[min] 0.93 >= 0.85 passed", "f1[min] 0.9 >= 0.85 passed"],
        "commit": "c0ffee",
        "job_url": "https://ci.example/job/7",
        "run_id": "r2",
        "tag": "mlflow_gate.decision.20251121T120200.000000Z",
    }
    assert (newest["verdict"], newest["previous_version"], newest["version"]) == ("rolled back", "2", "1")
    assert list(newest) == list(second)


def test_one_alias(command: Command) -> None:
    """What moved others is left out; a stage and a mere copy are named too."""
    store = promoted(1)
    promote(store, 2, PROMOTION._replace(alias="challenger", stage="Staging"), minute=1)
    promote(store, 3, PROMOTION._replace(model="dev", alias=None, copy_to=MODEL), minute=2)
    shown = command(store, "history", MODEL, *AT).stdout.splitlines()
    assert [line for line in shown if not line.startswith("    ")] == [
        "when (UTC)           verdict   what                version    by",
        "2025-11-21 12:02:00  promoted  a copy              none -> 3  ci",
        "2025-11-21 12:01:00  promoted  @challenger stage   none -> 2  ci",
        "2025-11-21 12:00:00  promoted  @champion           none -> 1  ci",
    ]
    shown = command(store, "history", MODEL, "--alias", "champion", *AT).stdout.splitlines()
    assert [line for line in shown if line[:4] == "2025"] == [
        "2025-11-21 12:00:00  promoted  @champion  none -> 1  ci"
    ]


def test_what_did_not_finish(command: Command) -> None:
    """A session that was killed left its intent."""
    store = promoted(1)
    (key,) = (key for key in store.versions[MODEL]["1"].tags if key.startswith("mlflow_gate.decision."))
    intent = store.versions[MODEL]["1"].tags[key].replace('"promoted"', '"promoting"')
    store.set_version_tag(MODEL, "1", key, intent)
    assert command(store, "history", MODEL, *AT).stdout.splitlines()[1:3] == [
        "2025-11-21 12:00:00  did not finish  @champion  none -> 1  ci",
        "    was promoting when it ended",
    ]


def test_long_names_stay_in_their_columns(command: Command) -> None:
    """Eighty columns are enough, and nothing is cut."""
    alias, who = (
        "champion-of-the-whole-world",
        "a-person-with-quite-a-long-name@an-even-longer-company.example",
    )
    store = promoted(1, promotion=PROMOTION._replace(alias=alias, stage="Production"))
    (key,) = (key for key in store.versions[MODEL]["1"].tags if key.startswith("mlflow_gate.decision."))
    store.set_version_tag(MODEL, "1", key, store.versions[MODEL]["1"].tags[key].replace('"ci"', f'"{who}"'))
    lines = command(store, "history", MODEL, *AT).stdout.splitlines()
    assert lines[:6] == [
        "when (UTC)           verdict   what                version    by",
        "2025-11-21 12:00:00  promoted  @champion-of-the-   none -> 1  a-person-with-",
        "                               whole-world stage              quite-a-long-",
        "                               Production                     name@an-even-",
        "                                                              longer-",
        "                                                              company.example",
    ]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("store", "words", "code", "stdout", "stderr"),
    [
        pytest.param(
            registry(), (), 1, "", f"http://mlflow: there is no registered model {MODEL}\n", id="no-model"
        ),
        pytest.param(
            promoted(1),
            ("--alias", "challenger"),
            0,
            f"no gate ever moved @challenger of {MODEL}\n",
            "",
            id="other-alias",
        ),
        pytest.param(
            registry(),
            ("--json",),
            1,
            "",
            f"http://mlflow: there is no registered model {MODEL}\n",
            id="json",
        ),
        pytest.param(promoted(1), ("--json", "--alias", "x"), 0, "[]\n", "", id="empty-json"),
    ],
)
def test_nothing_to_show(
    command: Command, store: FakeStore, words: tuple[str, ...], code: int, stdout: str, stderr: str
) -> None:
    """It is said what is missing: the model, or any record of it."""
    result = command(store, "history", MODEL, *words, *AT)
    assert (result.exit_code, result.stdout, result.stderr) == (code, stdout, stderr)


def test_a_model_that_no_gate_moved(command: Command) -> None:
    """That is no error."""
    store = registry()
    store.add_version(MODEL, "1")
    result = command(store, "history", MODEL, *AT)
    assert (result.exit_code, result.stdout) == (0, f"no gate ever moved anything in {MODEL}\n")


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_what_cannot_be_read_is_named(command: Command, words: tuple[str, ...]) -> None:
    """After all that can, and the exit status shows it."""
    store = promoted(1)
    store.set_version_tag(MODEL, "1", "mlflow_gate.decision.\x1bx", "{}")
    result = command(store, "history", MODEL, *words, *AT)
    assert result.exit_code == 1
    assert result.stderr == (
        f"version 1 of {MODEL}: tag mlflow_gate.decision.?x is not one of this plugin's\n"
    )
    assert "accuracy[min] 0.93" in result.stdout


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_tags_cannot_control_the_terminal(command: Command, words: tuple[str, ...]) -> None:
    """Escape sequences, line breaks and letters that turn the writing direction are not printed."""
    store = promoted(1)
    (key,) = (key for key in store.versions[MODEL]["1"].tags if key.startswith("mlflow_gate.decision."))
    entry = json.loads(store.versions[MODEL]["1"].tags[key])
    evil = "\x1b[2J\x07\r\n\x9b\u202ex"
    entry |= dict.fromkeys(("time", "gate", "by", "approved_by", "commit", "job_url", "run_id"), evil)
    store.set_version_tag(MODEL, "1", key, json.dumps(entry | {"checks": [evil], "previous_version": evil}))
    printed = command(store, "history", MODEL, *words, *AT).stdout
    assert not set(printed) & set("\x1b\x07\r\x9b\u202e")
    assert printed.count("\n") == len([line for line in printed.split("\n") if line.strip()])


def test_a_job_url_with_a_password(command: Command) -> None:
    """Some CI systems have one in their address."""
    store = promoted(1)
    (key,) = (key for key in store.versions[MODEL]["1"].tags if key.startswith("mlflow_gate.decision."))
    text = store.versions[MODEL]["1"].tags[key].replace("https://ci", "https://eve:kanarienvogel@ci")
    store.set_version_tag(MODEL, "1", key, text)
    for words in ((), ("--json",)):
        printed = command(store, "history", MODEL, *words, *AT).stdout
        assert "https://***@ci.example/job/7" in printed
        assert "kanarienvogel" not in printed
