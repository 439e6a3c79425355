"""A gate file from the runs that there are, on a store in memory."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.gatefile.loader import load
from tests.fakes import RUN, Asked, FakeStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from pytest_mlflow_gate.tracking.values import Experiment, Run
    from tests.commands.conftest import Command

AT = ("--tracking-uri", "http://mlflow", "--experiment", "churn", "--output", "new.gate.yaml")
NEW = Path("new.gate.yaml")
NEXT = "look at the limits, then run: pytest --mlflow-gate new.gate.yaml"
OLDER = RUN._replace(run_id="r0", name="", metrics={"accuracy": 0.91, "latency_ms": 130.0})


def store_of(*runs: Run) -> FakeStore:
    """Return a store with these runs, the newest first."""
    store = FakeStore()
    store.runs = {run.run_id: run for run in runs}
    return store


def told(result: Result) -> list[str]:
    """Return what a command that went well printed."""
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_a_file_of_the_last_runs(command: Command) -> None:
    """It says where it is, what is in it, from which runs, and what to do next; nothing is written elsewhere."""
    metrics = {**RUN.metrics, "n_test": 300.0, "val_loss": math.nan}
    store = store_of(RUN._replace(metrics=metrics), OLDER)

    assert told(command(store, "init", *AT, "--model", "churn-classifier")) == [
        "new.gate.yaml: 3 limits, from the last 2 finished runs, the newest is bold-shrew (r1)",
        "  commented out: n_test",
        "  left out: val_loss",
        NEXT,
    ]
    assert NEW.read_text(encoding="utf-8").splitlines()[7:] == [
        "tracking_uri: http://mlflow",
        "candidate:",
        "  experiment: churn  # its newest run",
        "",
        "# up: more is better. down: less is better. Both were guessed from the metric's name.",
        "thresholds:",
        '  accuracy: ">= 0.91"   # up; 0.93 now, 0.91 to 0.93 in 2 runs, 2 of 2 pass',
        '  f1: ">= 0.85"         # up; 0.9 in one run, 5 % of room',
        '  latency_ms: "<= 130"  # down; 110 now, 110 to 130 in 2 runs, 2 of 2 pass',
        '  # n_test: ">= 280"    # a count says little of quality; 300 in one run',
        "# left out: val_loss, its value is NaN",
        "",
        "promote:",
        "  model: churn-classifier",
        "  alias: champion",
    ]
    assert store.writes == []


@pytest.mark.parametrize(
    ("store", "line"),
    [
        pytest.param(
            store_of(RUN), "new.gate.yaml: 3 limits, from the only finished run bold-shrew (r1)", id="one-run"
        ),
        pytest.param(
            store_of(OLDER._replace(metrics={"accuracy": 1.0})),
            "new.gate.yaml: 1 limit, from the only finished run r0",
            id="one-limit-of-a-run-without-a-name",
        ),
        pytest.param(
            store_of(RUN._replace(run_id="r2", name="slow-ox", status="RUNNING"), RUN),
            "  a session would take the newest run, slow-ox (r2), which is RUNNING",
            id="newest-is-not-finished",
        ),
        pytest.param(
            store_of(RUN._replace(model_ids=())),
            "  promote is commented out: run r1 has no logged model, log one with log_model or leave promote out",
            id="no-logged-model",
        ),
    ],
)
def test_what_is_told(command: Command, store: FakeStore, line: str) -> None:
    """What a user would not expect is said, and there is a file."""
    assert line in told(command(store, "init", *AT, "--model", "m"))
    load(NEW, language=language(), environ={})


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")], ids=["file", "link"])
def test_it_refuses_to_overwrite(command: Command, make: Callable[[Path], None]) -> None:
    """What exists is left alone, named, and nobody is asked anything."""
    make(NEW)
    asked = Asked(store_of(RUN))

    result = command(asked, "init", *AT)  # type: ignore[arg-type]

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "new.gate.yaml exists already and is left alone: choose another file with --output\n"
    )
    assert asked.log == []
    assert not NEW.exists() or NEW.read_text() == ""


class Slow(FakeStore):
    """A store that answers so late that somebody else has made the file."""

    def experiment_named(self, name: str) -> Experiment | None:
        NEW.write_text("theirs")
        return super().experiment_named(name)


def test_a_file_that_appears_meanwhile(command: Command) -> None:
    """It is left alone too."""
    result = command(Slow(), "init", *AT)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("new.gate.yaml exists already and is left alone: ")
    assert NEW.read_text() == "theirs"


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        pytest.param((), "--tracking-uri and --experiment: give them, or run", id="both"),
        pytest.param(("--experiment", "churn"), "--tracking-uri: give it, or run", id="uri"),
        pytest.param(("--tracking-uri", "http://mlflow"), "--experiment: give it, or run", id="experiment"),
    ],
)
def test_what_is_missing_is_a_usage_error(command: Command, words: tuple[str, ...], missing: str) -> None:
    """A job has nobody who could be asked."""
    result = command(store_of(RUN), "init", "--output", str(NEW), *words)

    assert result.exit_code == 2
    assert f"Error: missing {missing} this on a terminal, which asks for " in result.stderr


@pytest.mark.parametrize(
    ("words", "store", "text"),
    [
        pytest.param(
            ("--experiment", "chrun"),
            store_of(RUN),
            "no experiment 'chrun' at http://mlflow: check --experiment and --tracking-uri",
            id="no-experiment",
        ),
        pytest.param(
            (),
            store_of(RUN._replace(status="FAILED")),
            "no FINISHED run of experiment 'churn' at http://mlflow: train first, or check the choice of candidate",
            id="no-finished-run",
        ),
        pytest.param(
            (),
            store_of(RUN._replace(metrics={})),
            "run bold-shrew (r1) of experiment 'churn' has no metrics: log some, then try again",
            id="no-metrics",
        ),
        pytest.param(
            ("--output", "no/such.gate.yaml"),
            store_of(RUN),
            "no/such.gate.yaml: cannot be written (No such file or directory), choose another file with --output",
            id="no-folder",
        ),
    ],
)
def test_nothing_to_write(command: Command, words: tuple[str, ...], store: FakeStore, text: str) -> None:
    """One line says why and what to do, and there is no file."""
    result = command(store, "init", *AT, *words)

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{text}\n")
    assert not NEW.exists()


def test_no_metric_with_a_known_name(command: Command) -> None:
    """The file holds proposals for both directions, and the exit status says that a human has to choose."""
    result = command(store_of(RUN._replace(metrics={"uplift": 1.4})), "init", *AT)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "new.gate.yaml: 0 limits, from the only finished run bold-shrew (r1)",
        "  commented out: uplift",
    ]
    assert result.stderr == (
        "new.gate.yaml: no metric got a limit, because no name tells which way is better: take the # away from "
        "those that you want, then run the gate\n"
    )
    chosen = NEW.read_text().replace("  # uplift", "  uplift")
    NEW.write_text(chosen)
    assert [check.name for check in load(NEW, language=language(), environ={}).checks] == ["uplift[min]"]


@pytest.mark.parametrize(
    ("environ", "words", "lines"),
    [
        pytest.param({}, ("--tracking-uri", " http://o "), ["tracking_uri: http://o"], id="option"),
        pytest.param(
            {"MLFLOW_TRACKING_URI": "http://e", "MLFLOW_REGISTRY_URI": "http://r"},
            (),
            ["tracking_uri: ${MLFLOW_TRACKING_URI}"],
            id="environment",
        ),
        pytest.param(
            {},
            ("--tracking-uri", "./x ${y}", "--registry-uri", "http://r"),
            ['tracking_uri: "./x $${y}"', "registry_uri: http://r"],
            id="registry-and-a-path",
        ),
        pytest.param(
            {},
            ("--tracking-uri", "http://eve:kanarienvogel@o", "--registry-uri", "http://kanarienvogel@r"),
            ["tracking_uri: ${MLFLOW_TRACKING_URI}", "registry_uri: ${MLFLOW_REGISTRY_URI}"],
            id="credentials",
        ),
    ],
)
def test_where_the_server_is(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    words: tuple[str, ...],
    lines: list[str],
) -> None:
    """The file names what was typed, the variable where that named it, and never a credential."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    result = command(store_of(RUN), "init", "--experiment", "churn", "--output", str(NEW), *words)

    text = NEW.read_text()
    assert [line for line in text.splitlines() if "_uri: " in line] == lines
    assert "kanarienvogel" not in text + result.output
    assert result.exit_code == 0


def test_a_credential_is_asked_back(command: Command) -> None:
    """Who gave a password is told where it has to be from now on."""
    words = ("--tracking-uri", "http://eve:kanarienvogel@o", "--registry-uri", "http://eve:kanarienvogel@r")

    assert told(command(store_of(RUN), "init", *AT, *words))[1:] == [
        "  the credential in --tracking-uri is in no file: set MLFLOW_TRACKING_URI to that URI",
        "  the credential in --registry-uri is in no file: set MLFLOW_REGISTRY_URI to that URI",
        NEXT,
    ]


@pytest.mark.parametrize("option", ["--experiment", "--model"])
@pytest.mark.parametrize("text", [" ", "a\nb", "\udcff"], ids=["blank", "two-lines", "no-text"])
def test_a_name_that_is_none(command: Command, option: str, text: str) -> None:
    """A variable of the CI job was not set, and no other name is taken in its place."""
    result = command(store_of(RUN), "init", *AT, option, text)

    assert result.exit_code == 2
    assert f"Error: Invalid value for '{option}': give a name, one line of text" in result.stderr
    assert not NEW.exists()
