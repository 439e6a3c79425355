"""The last promotion taken back: what is said; `tests/promotion/test_rollback.py` has what is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.history import history_of
from pytest_mlflow_gate.tracking.store import Denied
from tests.commands.past import MODEL, PROMOTION, promoted, registry, state

if TYPE_CHECKING:
    from tests.commands.conftest import Command

TARGET = f"{MODEL} @champion"


def test_one_line_says_what_happened(command: Command) -> None:
    """And the record says who did it."""
    store = promoted(1, 2)
    result = command(store, "rollback", "eval_gate.yaml", "--by", " alice ")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"ROLLED BACK {TARGET}: version 1 (was version 2)\n"
    assert store.aliases[MODEL] == {"champion": "1"}
    newest = history_of(store.versions[MODEL].values()).entries[-1]
    assert (newest.verdict, newest.by) == ("rolled back", "alice")


def test_who_started_the_job_does_it(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name, the one that the CI system gives."""
    monkeypatch.setenv("GITHUB_ACTOR", "octocat")
    store = promoted(1, 2)
    command(store, "rollback", "eval_gate.yaml")
    assert history_of(store.versions[MODEL].values()).entries[-1].by == "octocat"


def test_a_dry_run_writes_nothing(command: Command) -> None:
    """It says what would happen."""
    store = promoted(1, 2)
    result = command(store, "rollback", "eval_gate.yaml", "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"WOULD ROLL BACK {TARGET}: version 1 (is version 2)\n"
    assert store.writes == []


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_refusal(command: Command, words: tuple[str, ...]) -> None:
    """One line on stderr, the same for a dry run."""
    result = command(registry(), "rollback", "eval_gate.yaml", *words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"NOT ROLLED BACK {TARGET}: there is no registered model {MODEL}\n"


def test_a_failure_names_what_could_not_be_put_back(command: Command) -> None:
    """A person has to know where the registry stands."""
    store = promoted(1, 2)
    store.failing = {"run tags": Denied("http://mlflow: no"), f"alias {MODEL}@champion = 2": Denied("gone")}
    result = command(store, "rollback", "eval_gate.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"NOT ROLLED BACK {TARGET}: moving tag mlflow_gate.")
    assert (
        f" failed: http://mlflow: no; could not put back @champion of {MODEL} to version 1: gone"
        in result.stderr
    )
    assert result.stderr.count("\n") == 1


def test_ctrl_c_puts_back(command: Command) -> None:
    """A person who interrupts gets the registry as it was, and no traceback."""
    store = promoted(1, 2)
    before = state(store)

    def interrupt(text: str) -> None:
        if text.startswith("run tags"):
            store.on_write = None
            raise KeyboardInterrupt

    store.on_write = interrupt
    result = command(store, "rollback", "eval_gate.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "\nAborted!\n")
    assert state(store) == before


def test_a_gate_that_only_judges(command: Command) -> None:
    """It never promoted anything."""
    Path("eval_gate.yaml").write_text(
        "tracking_uri: http://m\ncandidate: {run_id: r1}\nthresholds: {a: '>= 1'}\n"
    )
    result = command(registry(), "rollback", "eval_gate.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "eval_gate.yaml: this gate does not promote, so there is nothing to roll back\n"


def test_the_whole_target_is_named(command: Command) -> None:
    """Alias and stage of the model that they are in."""
    Path("eval_gate.yaml").write_text(
        "name: churn\ntracking_uri: http://m\ncandidate: {run_id: r1}\nthresholds: {a: '>= 1'}\n"
        "promote: {model: churn-classifier, alias: champion, stage: Production, copy_to: prod}\n"
    )
    store = promoted(1, 2, promotion=PROMOTION._replace(copy_to="prod", stage="Production"))
    result = command(store, "rollback", "eval_gate.yaml")
    assert result.stdout == "ROLLED BACK prod @champion and stage Production: version 1 (was version 2)\n"
