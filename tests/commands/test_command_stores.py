"""Which store a command talks to, and what it says when nobody said which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pytest_mlflow_gate.__main__ import main
from tests.commands.conftest import GATE
from tests.commands.past import MODEL, promoted, registry

if TYPE_CHECKING:
    from tests.commands.conftest import Command

TRACKING, REGISTRY = "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"
NO_URI = "no tracking URI, and MLflow would silently open an empty local store: "


@pytest.mark.parametrize(
    ("in_file", "environ", "words", "chosen"),
    [
        pytest.param(
            "tracking_uri: http://f", {TRACKING: "http://e"}, (), "http://f", id="file-before-environment"
        ),
        pytest.param("", {TRACKING: "http://e"}, (), "http://e", id="environment"),
        pytest.param(
            "tracking_uri: http://f", {}, ("--tracking-uri", "http://o"), "http://o", id="option-before-file"
        ),
        pytest.param(
            "tracking_uri: http://f\nregistry_uri: http://r",
            {REGISTRY: "http://e"},
            (),
            "http://f http://r",
            id="registry",
        ),
        pytest.param(
            "tracking_uri: http://f",
            {REGISTRY: "http://e"},
            (),
            "http://f http://e",
            id="registry-environment",
        ),
        pytest.param(
            "tracking_uri: http://f\nregistry_uri: http://r",
            {},
            ("--registry-uri", " http://o "),
            "http://f http://o",
            id="registry-option",
        ),
    ],
)
def test_the_store_is_chosen_as_a_session_does(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    in_file: str,
    environ: dict[str, str],
    words: tuple[str, ...],
    chosen: str,
) -> None:
    """Option, then file, then environment."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    Path("eval_gate.yaml").write_text(GATE.replace("tracking_uri: http://mlflow", in_file))
    store = promoted(1, 2)
    assert command(store, "rollback", "eval_gate.yaml", "--dry-run", *words).exit_code == 0
    assert store.description == chosen


@pytest.mark.parametrize(
    ("words", "text"),
    [
        pytest.param(
            f"history {MODEL}", f"{NO_URI}set MLFLOW_TRACKING_URI, or give --tracking-uri", id="history"
        ),
        *(
            pytest.param(
                words,
                f"eval_gate.yaml: {NO_URI}write tracking_uri, set MLFLOW_TRACKING_URI, or give --tracking-uri",
                id=words.partition(" ")[0],
            )
            for words in ("approve eval_gate.yaml --by alice", "rollback eval_gate.yaml")
        ),
    ],
)
def test_no_tracking_uri_is_an_error(command: Command, words: str, text: str) -> None:
    """The remedy is named, and no store is opened."""
    Path("eval_gate.yaml").write_text(GATE.replace("tracking_uri: http://mlflow\n", ""))
    result = command(registry(), *words.split())
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{text}\n")


@pytest.mark.parametrize("option", ["--tracking-uri", "--registry-uri"])
def test_an_empty_uri_is_a_usage_error(command: Command, option: str) -> None:
    """A variable of the CI job was not set, and no other store is taken in its place."""
    result = command(registry(), "history", MODEL, option, " ")
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': the value is empty, give a URI" in result.stderr


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    """Nothing is created, and the reason is one line."""
    result = CliRunner().invoke(main, ["history", MODEL, "--tracking-uri", f"sqlite:///{tmp_path}/none.db"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"sqlite:///{tmp_path}/none.db: " in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "none.db").exists()


def test_unverified_tls_is_said(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every run, on stderr, without the password."""
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    store = promoted(1)
    result = command(store, "history", MODEL, "--json", "--tracking-uri", "https://eve:kanarienvogel@mlflow")
    assert result.exit_code == 0
    assert result.stderr == (
        "mlflow-gate: TLS certificates are not verified (MLFLOW_TRACKING_INSECURE_TLS), anybody between here and "
        "https://***@mlflow can read and change everything\n"
    )


def test_a_contradiction_in_the_environment(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store's room has against a setting is one line here too."""
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "yes")
    result = command(promoted(1), "history", MODEL, "--tracking-uri", "https://mlflow")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "MLFLOW_TRACKING_INSECURE_TLS is 'yes', must be true, false, 1 or 0\n"
