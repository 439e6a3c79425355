"""What a gate comes to, on a store in memory."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.store import Unreachable
from tests.commands.conftest import GATE
from tests.commands.past import MODEL, promoted, registry
from tests.fakes import RUN, Asked, FakeStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from click.testing import Result

    from pytest_mlflow_gate.tracking.values import Run
    from tests.commands.conftest import Command

AGE = re.compile(r"(ended|began) \d+ d ago")


def written(*changes: tuple[str, str]) -> None:
    """Write the gate with these parts of its text replaced."""
    text = GATE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path("eval_gate.yaml").write_text(text)


def rows(result: Result) -> dict[str, str]:
    """Return what was printed before the table of checks, by label; wrapped lines are one."""
    found: dict[str, str] = {}
    label = ""
    for line in result.stdout.splitlines():
        if line.startswith("  ") and not line.startswith(" " * 11):
            break
        label = line[:11].strip() or label
        found[label] = f"{found[label]} {line[11:]}" if label in found else line[11:]
    return {label: AGE.sub(r"\1 AGE ago", text) for label, text in found.items()}


def test_the_whole(command: Command) -> None:
    """Server, run, promotion and checks, each with the reason or the line; nothing is judged or written."""
    store = promoted(2)
    written(('{accuracy: ">= 0.85"}', '{accuracy: ">= 0.99"}'))

    result = command(store, "explain", "eval_gate.yaml")

    assert (result.exit_code, result.stderr) == (0, "")
    assert AGE.sub(r"\1 AGE ago", result.stdout).splitlines() == [
        "gate       churn (eval_gate.yaml)",
        "tracking   http://mlflow (eval_gate.yaml)",
        "candidate  run r1 (eval_gate.yaml:3)",
        "           run bold-shrew (r1) of experiment churn, FINISHED, ended AGE ago",
        "           fake://store/r1",
        "promotion  a new version of run r1, made of models:/m-1, to churn-classifier",
        "           @champion (now version 1) after an approval",
        "checks     2",
        "  candidate[run]           eval_gate.yaml:3",
        "  accuracy[min]   >= 0.99  eval_gate.yaml:4",
    ]
    assert store.writes == []


@pytest.mark.parametrize(
    ("candidate", "words", "why"),
    [
        pytest.param(
            "experiment: churn", (), "the newest run of experiment churn, whatever its status", id="latest"
        ),
        pytest.param(
            "experiment: churn, filter: \"tags.a = 'b'\"",
            (),
            "the newest run of experiment churn that matches \"tags.a = 'b'\", whatever its status",
            id="filter",
        ),
        pytest.param(
            "experiment: churn, select: best, by: f1",
            (),
            "the finished run of experiment churn with the largest f1",
            id="best",
        ),
        pytest.param(
            "experiment: churn, select: best, by: f1, order: min",
            (),
            "the finished run of experiment churn with the smallest f1",
            id="best-is-smallest",
        ),
        pytest.param(f"model: {MODEL}, version: 1", (), f"version 1 of {MODEL}", id="version"),
        pytest.param(
            f"model: {MODEL}, alias: champion",
            (),
            f"the version that @champion of {MODEL} points to",
            id="alias",
        ),
        pytest.param("model_id: m-1", (), "logged model m-1", id="logged-model"),
        pytest.param("experiment: churn", ("--run", "r1"), "run r1", id="option"),
    ],
)
def test_why_this_run(command: Command, candidate: str, words: tuple[str, ...], why: str) -> None:
    """However the gate chooses its run, the choice is told with its place, then the run itself."""
    store = promoted(1)
    store.runs["r1"] = store.runs["r1"]._replace(tags={"a": "b"})
    written(("candidate: {run_id: r1}", f"candidate: {{{candidate}}}"))

    result = command(store, "explain", "eval_gate.yaml", *words)

    version = f"version 1 of {MODEL}, " if MODEL in candidate else ""
    assert rows(result)["candidate"] == (
        f"{why} ({'--run' if words else 'eval_gate.yaml:3'}) "
        f"{version}run bold-shrew (r1) of experiment churn, FINISHED, ended AGE ago fake://store/r1"
    )
    assert (result.exit_code, store.writes) == (0, [])


@pytest.mark.parametrize(
    ("in_file", "environ", "words", "tracking", "other"),
    [
        pytest.param("tracking_uri: http://f", {}, (), "http://f (eval_gate.yaml)", None, id="file"),
        pytest.param(
            "",
            {"MLFLOW_TRACKING_URI": "http://e"},
            (),
            "http://e (MLFLOW_TRACKING_URI)",
            None,
            id="environment",
        ),
        pytest.param(
            "tracking_uri: http://f",
            {"MLFLOW_TRACKING_URI": "http://e", "MLFLOW_REGISTRY_URI": "http://r"},
            ("--tracking-uri", " http://eve:kanarienvogel@o"),
            "http://***@o (--tracking-uri)",
            "http://r (MLFLOW_REGISTRY_URI)",
            id="option",
        ),
        pytest.param(
            "tracking_uri: http://f\nregistry_uri: http://kanarienvogel@r",
            {"MLFLOW_REGISTRY_URI": "http://e"},
            (),
            "http://f (eval_gate.yaml)",
            "http://***@r (eval_gate.yaml)",
            id="registry-in-file",
        ),
        pytest.param(
            "tracking_uri: http://f\nregistry_uri: http://r",
            {},
            ("--registry-uri", "http://o"),
            "http://f (eval_gate.yaml)",
            "http://o (--registry-uri)",
            id="registry-option",
        ),
    ],
)
def test_which_server(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    in_file: str,
    environ: dict[str, str],
    words: tuple[str, ...],
    tracking: str,
    other: str | None,
) -> None:
    """Each URI is told with where it was set, and without its credentials."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    written(("tracking_uri: http://mlflow", in_file))

    result = command(registry(1), "explain", "eval_gate.yaml", *words)

    told = rows(result)
    assert (told["tracking"], told.get("registry")) == (tracking, other)
    assert "kanarienvogel" not in result.output


COMPARES = ('{accuracy: ">= 0.85"}', "{accuracy: {max_drop: 1%}}")
NO_APPROVAL = (", approval: always", "")


@pytest.mark.parametrize(
    ("store", "changes", "label", "text"),
    [
        pytest.param(
            promoted(2), [COMPARES], "baseline", f"{MODEL} @champion, version 1, run r2", id="a-baseline"
        ),
        pytest.param(
            promoted(1),
            [COMPARES],
            "baseline",
            f"{MODEL} @champion, version 1, run r1, which is the candidate itself",
            id="is-the-baseline",
        ),
        pytest.param(
            registry(),
            [COMPARES, ("promote:", "baseline: {missing: bootstrap}\npromote:")],
            "baseline",
            f"none, there is no registered model {MODEL!r}: the first has nothing to beat",
            id="the-first",
        ),
        pytest.param(
            promoted(2),
            [("promote:", "baseline: {version: 1}\npromote:")],
            "baseline",
            f"{MODEL} version 1, version 1, run r2",
            id="for-python-tests-only",
        ),
        pytest.param(
            registry(),
            [(GATE.splitlines()[-1], "")],
            "promotion",
            "none, this gate only judges",
            id="only-judges",
        ),
        pytest.param(
            promoted(1),
            [NO_APPROVAL],
            "promotion",
            f"version 1, made of models:/m-1, to {MODEL} @champion (where it is already)",
            id="already-there",
        ),
        pytest.param(
            promoted(2),
            [(", approval: always", ", copy_to: prod")],
            "promotion",
            f"a copy of a new version of run r1 of {MODEL}, made of models:/m-1, to prod @champion",
            id="a-copy",
        ),
    ],
)
def test_what_would_be_promoted(
    command: Command, store: FakeStore, changes: list[tuple[str, str]], label: str, text: str
) -> None:
    """From where to where, against what; all of it read, none of it written."""
    written(*changes)

    result = command(store, "explain", "eval_gate.yaml")

    assert rows(result)[label] == text
    assert (result.exit_code, result.stderr, store.writes) == (0, "", [])


def test_limits_as_they_are_judged(command: Command) -> None:
    """A change shows the bound that the baseline makes of it; without a candidate each is as in the file."""
    candidate = "candidate: {run_id: r1, require: {max_age: 9000000d, tags: {a: b}}}"
    changes = "{accuracy: {max_drop: 1%}, f1: {min: 0.1, max: 5, severity: warn}}"
    written(("candidate: {run_id: r1}", candidate), ('{accuracy: ">= 0.85"}', changes))
    table = [
        "  candidate[run]                        eval_gate.yaml:3",
        "  candidate[max_age]  <= 9000000 d      eval_gate.yaml:3",
        "  candidate[tags]     a b               eval_gate.yaml:3",
        "  accuracy[max_drop]  {}  eval_gate.yaml:4",
        "  f1[min:warn]        >= 0.1            eval_gate.yaml:4",
        "  f1[max:warn]        <= 5              eval_gate.yaml:4",
    ]
    store = promoted(2)

    judged = command(store, "explain", "eval_gate.yaml").stdout.splitlines()[-6:]
    store.runs["r1"] = store.runs["r1"]._replace(status="FAILED")
    declared = command(store, "explain", "eval_gate.yaml").stdout.splitlines()[-6:]

    assert squeezed(judged) == squeezed(line.format(">= 0.9207") for line in table)
    assert squeezed(declared) == squeezed(line.format("max_drop 1%") for line in table)


def squeezed(lines: Iterable[str]) -> list[str]:
    """Return *lines* with one blank between their cells."""
    return [" ".join(line.split()) for line in lines]


@pytest.mark.parametrize(
    ("run", "changes", "candidate", "text"),
    [
        pytest.param(
            RUN,
            [("r1", "r9")],
            "run r9 (eval_gate.yaml:3)",
            "no run 'r9' at http://mlflow: check candidate.run_id and tracking_uri",
            id="no-run",
        ),
        pytest.param(
            RUN,
            [("candidate: {run_id: r1}", "candidate: {experiment: chrun}")],
            "the newest run of experiment chrun, whatever its status (eval_gate.yaml:3)",
            "no experiment 'chrun' at http://mlflow: check candidate.experiment and tracking_uri",
            id="no-experiment",
        ),
        pytest.param(
            RUN._replace(status="RUNNING", end_time=None),
            [],
            "run r1 (eval_gate.yaml:3) run bold-shrew (r1) of experiment churn, RUNNING, began AGE ago "
            "fake://store/r1",
            "run r1 is RUNNING, and a session waits for it for 30 s: run the gate when the training has ended",
            id="running",
        ),
        pytest.param(
            RUN._replace(status="FAILED"),
            [],
            "run r1 (eval_gate.yaml:3) run bold-shrew (r1) of experiment churn, FAILED, ended AGE ago "
            "fake://store/r1",
            "run r1 ended as FAILED: only a FINISHED run can be judged, train again",
            id="failed",
        ),
        pytest.param(
            RUN._replace(active=False),
            [],
            "run r1 (eval_gate.yaml:3) run bold-shrew (r1) of experiment churn, FINISHED, ended AGE ago, deleted "
            "fake://store/r1",
            "run r1 is deleted: choose another, or restore it with `mlflow runs restore --run-id r1`",
            id="deleted",
        ),
    ],
)
def test_no_candidate(
    command: Command, run: Run, changes: list[tuple[str, str]], candidate: str, text: str
) -> None:
    """What is known is told, the last line says what to do, and the exit status is 1."""
    written(*changes)
    store = FakeStore(run)

    result = command(store, "explain", "eval_gate.yaml")

    assert (result.exit_code, result.stderr) == (1, f"{text}\n")
    told = rows(result)
    assert (told["candidate"], told["promotion"]) == (candidate, f"to {MODEL} @champion, not now")
    assert result.stdout.splitlines()[-1].split() == ["accuracy[min]", ">=", "0.85", "eval_gate.yaml:4"]


def test_what_cannot_be_judged_or_promoted(command: Command) -> None:
    """Every check that lacks something is told with its line, and a promotion that would be refused too."""
    thresholds = "{acuracy: '>= 0.85', f1: {max_drop: 1, severity: warn}, latency_ms: '<= 1'}"
    written(('{accuracy: ">= 0.85"}', thresholds))
    store = FakeStore(RUN._replace(model_ids=()))

    result = command(store, "explain", "eval_gate.yaml")

    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("cannot judge acuracy: run r1 never logged it, closest: accuracy")
    assert first.endswith(" (eval_gate.yaml:4)")
    assert second == "run r1 has no logged model, log one with log_model or leave promote out"
    assert rows(result)["promotion"] == f"to {MODEL} @champion, not now"


@pytest.mark.parametrize("method", ["run", "registered_model"])
def test_no_answer(command: Command, method: str) -> None:
    """Where the URI comes from is told with what became of it."""
    asked = Asked(promoted(2))
    asked.refusing[method] = Unreachable("http://mlflow: connection refused")

    result = command(asked, "explain", "eval_gate.yaml")  # type: ignore[arg-type]

    assert result.exit_code == 1
    assert result.stderr == (
        "http://mlflow: connection refused: check the server, and its URI in eval_gate.yaml\n"
    )
    assert rows(result)["tracking"] == "http://mlflow (eval_gate.yaml)"
    assert result.stdout.splitlines()[-1].endswith(" eval_gate.yaml:4")


@pytest.mark.parametrize(
    ("candidate", "run_id", "text"),
    [
        pytest.param(
            "model_id: m-1", "r1", "--run: this gate does not choose a run, leave it out", id="model"
        ),
        pytest.param("run_id: r1", " ", "--run: the value is empty, give a run id", id="empty"),
    ],
)
def test_run_option_that_makes_no_sense(command: Command, candidate: str, run_id: str, text: str) -> None:
    """It is refused as in a session."""
    written(("candidate: {run_id: r1}", f"candidate: {{{candidate}}}"))

    result = command(registry(), "explain", "eval_gate.yaml", "--run", run_id)

    assert result.exit_code == 2
    assert f"Error: {text}\n" in result.stderr


@pytest.mark.parametrize(
    ("change", "text"),
    [
        pytest.param(
            ("promote:", "promot:"),
            "eval_gate.yaml:5: unknown key 'promot', did you mean 'promote'?",
            id="wrong-file",
        ),
        pytest.param(
            ("tracking_uri: http://mlflow\n", ""),
            "eval_gate.yaml: no tracking URI, and MLflow would silently open an empty local store: write "
            "tracking_uri, set MLFLOW_TRACKING_URI, or give --tracking-uri",
            id="no-uri",
        ),
    ],
)
def test_nothing_to_explain(command: Command, change: tuple[str, str], text: str) -> None:
    """A file that is wrong, or names no server, is told in one line."""
    written(change)

    result = command(registry(), "explain", "eval_gate.yaml")

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{text}\n")


def test_names_cannot_control_the_terminal(command: Command) -> None:
    """Escape sequences in the name of a run are not printed."""
    store = FakeStore(RUN._replace(name="\x1b[2J\x07\u202ex"))

    assert not set(command(store, "explain", "eval_gate.yaml").output) & set("\x1b\x07\u202e")
