"""What can be asked for on the command line and in the ini file, and what is refused before anything runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.pytest_glue.conftest import GATE, PROMOTED

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

NO_URI = GATE.replace("tracking_uri: http://fake\n", "")
OF_VERSION = GATE.replace("run_id: r1", "model: churn-classifier\n  version: 1")
OTHER_NAME = "name: other\n" + GATE
OTHER_TARGET = OTHER_NAME.replace("model: churn-classifier", "model: other")
STAGE = GATE.replace("alias: champion", "stage: Production")
THREE_MISTAKES = """\
tracking_uri: http://fake
candidate:
  run_id: r1
thresholds:
  accuracy: {min: 0.92, maximum: 1}
  recall: 0.85
promote:
  modle: churn-classifier
  model: churn-classifier
  alias: champion
"""
THREE_LINES = [
    "gate.yaml:5: thresholds.accuracy: unknown condition 'maximum', did you mean 'max'?",
    "gate.yaml:6: thresholds.recall: '0.85' is a bare number, write '>= 0.85'",
    "gate.yaml:8: promote: unknown key 'modle', did you mean 'model'?",
]
NEEDS_A_GATE = "{} needs a gate, add --mlflow-gate PATH"
NO_URI_TEXT = (
    "{}: no tracking URI, and MLflow would silently open an empty local store: write tracking_uri, set "
    "MLFLOW_TRACKING_URI, or give --mlflow-gate-tracking-uri"
)
ASKED = ["--mlflow-gate", "eval_gate.yaml"]

MISTAKES = {
    "missing-file": ({}, ["--mlflow-gate", "none.yaml"], ["--mlflow-gate none.yaml: no such file or folder"]),
    "missing-file-beside-a-good-one": (
        {},
        [*ASKED, "--mlflow-gate", "none.yaml"],
        ["--mlflow-gate none.yaml: no such file or folder"],
    ),
    "missing-file-of-ini-key": (
        {"pytest.ini": "[pytest]\nmlflow_gate = none.yaml\n"},
        [],
        ["ini key mlflow_gate: none.yaml: no such file or folder"],
    ),
    "missing-explicit-file": (
        {},
        ["none_gate.yaml"],
        ["file or directory not found: none_gate.yaml"],
    ),
    "empty": (
        {},
        ["--mlflow-gate", ""],
        ["--mlflow-gate: the path is empty, give a gate file or a folder"],
    ),
    "empty-with-equals-sign": (
        {},
        ["--mlflow-gate="],
        ["--mlflow-gate: the path is empty, give a gate file or a folder"],
    ),
    "folder-without-gates": (
        {"gates/other.yaml": GATE},
        ["--mlflow-gate", "gates"],
        ["--mlflow-gate gates: no *gate.yaml or *gate.yml in this folder, check the path"],
    ),
    "node-id": (
        {},
        ["--mlflow-gate", "eval_gate.yaml::churn-classifier"],
        ["--mlflow-gate eval_gate.yaml::churn-classifier: no such file or folder"],
    ),
    "bracket-in-folder": (
        {"a[b]/eval_gate.yaml": GATE},
        ["--mlflow-gate", "a[b]/eval_gate.yaml"],
        ["--mlflow-gate a[b]/eval_gate.yaml: pytest cannot run a path with '[' or '::'"],
    ),
    "colons-in-name": (
        {"a::gate.yaml": GATE},
        ["--mlflow-gate", "a::gate.yaml"],
        ["--mlflow-gate a::gate.yaml: pytest cannot run a path with '[' or '::'"],
    ),
    "no-tracking-uri": (
        {"eval_gate.yaml": NO_URI},
        ASKED,
        [NO_URI_TEXT.format("eval_gate.yaml")],
    ),
    "no-tracking-uri-explicit": (
        {"eval_gate.yaml": NO_URI},
        ["eval_gate.yaml"],
        [NO_URI_TEXT.format("eval_gate.yaml")],
    ),
    "empty-ini-tracking-uri": (
        {"eval_gate.yaml": NO_URI, "pytest.ini": "[pytest]\nmlflow_gate_tracking_uri =\n"},
        ASKED,
        [NO_URI_TEXT.format("eval_gate.yaml")],
    ),
    "empty-tracking-uri": (
        {},
        [*ASKED, "--mlflow-gate-tracking-uri", " "],
        ["--mlflow-gate-tracking-uri: the value is empty, give a URI"],
    ),
    "three-mistakes-in-one-file": (
        {"gate.yaml": THREE_MISTAKES},
        ["--mlflow-gate", "gate.yaml"],
        THREE_LINES,
    ),
    "mistakes-in-two-files": (
        {"gate.yaml": THREE_MISTAKES, "other_gate.yaml": ""},
        ["--mlflow-gate", "gate.yaml", "--mlflow-gate", "other_gate.yaml", *ASKED],
        [*THREE_LINES, "other_gate.yaml:1: empty file, a gate needs at least candidate and thresholds"],
    ),
    "mistakes-in-an-explicit-file": ({"gate.yaml": THREE_MISTAKES}, ["gate.yaml"], THREE_LINES),
    "two-gates-of-one-name": (
        {"other_gate.yaml": GATE},
        [*ASKED, "--mlflow-gate", "other_gate.yaml"],
        ["other_gate.yaml: eval_gate.yaml has the same gate name 'churn-classifier', set another name"],
    ),
    "two-gates-of-one-name-in-a-folder": (
        {"gates/a_gate.yaml": GATE, "gates/b/b.gate.yml": GATE},
        ["--mlflow-gate", "gates"],
        ["gates/b/b.gate.yml: gates/a_gate.yaml has the same gate name 'churn-classifier', set another name"],
    ),
    "two-gates-of-one-alias": (
        {"other_gate.yaml": OTHER_NAME},
        [*ASKED, "--mlflow-gate", "other_gate.yaml"],
        [
            (
                "other_gate.yaml: eval_gate.yaml promotes to the same alias champion of churn-classifier, "
                "only one gate of a session can"
            )
        ],
    ),
    "two-gates-of-one-stage": (
        {"eval_gate.yaml": STAGE, "other_gate.yaml": "name: other\n" + STAGE},
        [*ASKED, "--mlflow-gate", "other_gate.yaml"],
        [
            (
                "other_gate.yaml: eval_gate.yaml promotes to the same stage Production of churn-classifier, "
                "only one gate of a session can"
            )
        ],
    ),
    "run-without-gate": ({}, ["--mlflow-gate-run", "r1"], [NEEDS_A_GATE.format("--mlflow-gate-run")]),
    "empty-run": (
        {},
        [*ASKED, "--mlflow-gate-run="],
        ["--mlflow-gate-run: the value is empty, give a run id"],
    ),
    "run-for-a-gate-that-names-a-version": (
        {"eval_gate.yaml": OF_VERSION},
        [*ASKED, "--mlflow-gate-run", "r2"],
        ["--mlflow-gate-run: no gate of this session chooses a run, leave it out"],
    ),
    "tracking-uri-without-gate": (
        {},
        ["--mlflow-gate-tracking-uri", "http://fake"],
        [NEEDS_A_GATE.format("--mlflow-gate-tracking-uri")],
    ),
    "promote-without-gate": (
        {},
        ["--mlflow-gate-promote", "never"],
        [NEEDS_A_GATE.format("--mlflow-gate-promote")],
    ),
    "set-without-gate": (
        {},
        ["--mlflow-gate-set", "accuracy.min=0.95"],
        [NEEDS_A_GATE.format("--mlflow-gate-set")],
    ),
    "decision-without-gate": (
        {},
        ["--mlflow-gate-decision", "d.json"],
        [NEEDS_A_GATE.format("--mlflow-gate-decision")],
    ),
    "report-without-gate": (
        {},
        ["--mlflow-gate-report", "r.html"],
        [NEEDS_A_GATE.format("--mlflow-gate-report")],
    ),
    "empty-report": (
        {},
        [*ASKED, "--mlflow-gate-report", ""],
        ["--mlflow-gate-report: the value is empty, give a path"],
    ),
    "report-is-a-folder": (
        {"out/x": ""},
        [*ASKED, "--mlflow-gate-report", "out"],
        ["--mlflow-gate-report out: is a folder, give a file in one that does"],
    ),
    "report-in-a-missing-folder": (
        {},
        [*ASKED, "--mlflow-gate-report", "out/r.html"],
        ["--mlflow-gate-report out/r.html: is in a folder that does not exist, give a file in one that does"],
    ),
    "report-is-a-link": (
        {},
        [*ASKED, "--mlflow-gate-report", "/dev/stdout"],
        ["--mlflow-gate-report /dev/stdout: is a link or a device, give an ordinary file"],
    ),
    "report-cannot-be-written": (
        {},
        [*ASKED, "--mlflow-gate-report", "/proc/r.html"],
        [
            "--mlflow-gate-report /proc/r.html: cannot be written (No such file or directory), give another path"
        ],
    ),
    "ini-promote": (
        {"pytest.ini": "[pytest]\nmlflow_gate_promote = maybe\n"},
        ASKED,
        ["ini key mlflow_gate_promote: 'maybe' is none of all, each, never"],
    ),
    "empty-decision": (
        {},
        [*ASKED, "--mlflow-gate-decision", ""],
        ["--mlflow-gate-decision: the value is empty, give a path"],
    ),
    "decision-is-a-folder": (
        {"out/x": ""},
        [*ASKED, "--mlflow-gate-decision", "out"],
        ["--mlflow-gate-decision out: is a folder, give a file in one that does"],
    ),
    "decision-in-a-missing-folder": (
        {},
        [*ASKED, "--mlflow-gate-decision", "out/d.json"],
        [
            "--mlflow-gate-decision out/d.json: is in a folder that does not exist, give a file in one that does"
        ],
    ),
    "decision-is-a-link": (
        {},
        [*ASKED, "--mlflow-gate-decision", "/dev/stdout"],
        ["--mlflow-gate-decision /dev/stdout: is a link or a device, give an ordinary file"],
    ),
    "decision-cannot-be-written": (
        {},
        [*ASKED, "--mlflow-gate-decision", "/proc/d.json"],
        [
            "--mlflow-gate-decision /proc/d.json: cannot be written (No such file or directory), give another path"
        ],
    ),
    "ci-files-without-gate": (
        {},
        ["--mlflow-gate-ci-files", "ci"],
        [NEEDS_A_GATE.format("--mlflow-gate-ci-files")],
    ),
    "empty-ci-files": (
        {},
        [*ASKED, "--mlflow-gate-ci-files", " "],
        ["--mlflow-gate-ci-files: the value is empty, give a folder"],
    ),
    "ci-files-is-a-file": (
        {"ci": ""},
        [*ASKED, "--mlflow-gate-ci-files", "ci"],
        ["--mlflow-gate-ci-files ci: is no folder, give another path"],
    ),
    "ci-files-in-a-missing-folder": (
        {},
        [*ASKED, "--mlflow-gate-ci-files", "out/ci"],
        ["--mlflow-gate-ci-files out/ci: is in a folder that does not exist, make that one first"],
    ),
    "ci-files-cannot-be-made": (
        {},
        [*ASKED, "--mlflow-gate-ci-files", "/proc/ci"],
        [
            "--mlflow-gate-ci-files /proc/ci/gate.env: cannot be written (No such file or directory), give another path"
        ],
    ),
    "ci-files-hold-a-folder": (
        {"ci/metrics.txt/x": ""},
        [*ASKED, "--mlflow-gate-ci-files", "ci"],
        ["--mlflow-gate-ci-files ci/metrics.txt: cannot be written (Is a directory), give another path"],
    ),
    "loop-on-fail": (
        {},
        [*ASKED, "--looponfail"],
        ["--looponfail and gates do not go together, leave one of them out"],
    ),
}


@pytest.mark.parametrize(("files", "arguments", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_mistake(inner: Inner, files: dict[str, str], arguments: list[str], expected: list[str]) -> None:
    """A mistake is a usage error with every problem in its own line; nobody is asked, nothing is made."""
    for name, text in files.items():
        inner.write(name, text)
    before = sorted(inner.path.rglob("*"))
    result = inner.run_here("-p", "no:cacheprovider", *arguments)
    first, *others = expected
    assert [line for line in result.errlines if line] == [f"ERROR: {first}", *others]
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert inner.opened == []
    assert sorted(inner.path.rglob("*")) == before


def test_promote_takes_three_words(inner: Inner) -> None:
    """Another word than all, each and never is refused by the option parser."""
    result = inner.gate_here("--mlflow-gate-promote", "maybe")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*error: argument --mlflow-gate-promote: invalid choice: 'maybe' (choose *"])


@pytest.mark.parametrize("from_folder", [".", "deep/er"])
def test_ini_key_is_relative_to_the_ini_file(
    inner: Inner, from_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ini key's gates join whatever the session runs, wherever it is started."""
    inner.write("gates/eval_gate.yaml", GATE)
    inner.write("deep/er/test_deep.py", "def test_deep(): pass\n")
    inner.write("pytest.ini", "[pytest]\nmlflow_gate = gates/eval_gate.yaml\n")
    monkeypatch.chdir(inner.path / from_folder)
    result = inner.run_here("deep" if from_folder == "." else ".")
    result.assert_outcomes(passed=5)
    assert inner.moves() == PROMOTED


@pytest.mark.parametrize(
    ("ini", "arguments", "promoted"),
    [
        pytest.param("", [], True, id="all-by-default"),
        pytest.param("never", [], False, id="ini"),
        pytest.param("never", ["--mlflow-gate-promote", "each"], True, id="option-wins"),
    ],
)
def test_ini_key_for_promote(inner: Inner, ini: str, arguments: list[str], *, promoted: bool) -> None:
    """The ini key sets the policy, and the option has the last word."""
    inner.write("pytest.ini", f"[pytest]\nmlflow_gate_promote = {ini}\n")
    assert inner.gate_here(*arguments).ret == 0
    assert inner.moves() == (PROMOTED if promoted else [])


PLACES = ["option", "file", "ini", "environment"]
ORIGINS = {
    "option": "--mlflow-gate-tracking-uri",
    "file": "eval_gate.yaml",
    "ini": "ini",
    "environment": "MLFLOW_TRACKING_URI",
}


@pytest.mark.parametrize("winner", PLACES)
def test_tracking_uri_comes_from_the_first_place_that_has_one(
    inner: Inner, winner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Option, gate file, ini key, environment: in this order, and the header shows which one won, masked."""
    has = {
        place: f"http://bob:hunter2@{place}" if place in PLACES[PLACES.index(winner) :] else ""
        for place in PLACES
    }
    inner.write("eval_gate.yaml", (f"tracking_uri: {has['file']}\n" if has["file"] else "") + NO_URI)
    inner.write("pytest.ini", f"[pytest]\nmlflow_gate_tracking_uri = {has['ini']}\n")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", has["environment"])
    result = inner.gate_here(*(["--mlflow-gate-tracking-uri", has["option"]] if has["option"] else []))
    assert f"mlflow-gate: tracking http://***@{winner} ({ORIGINS[winner]})" in result.outlines
    assert "hunter2" not in result.stdout.str()
    assert inner.opened == [f"http://bob:hunter2@{winner} http://bob:hunter2@{winner}"]


def test_registry_uri_comes_from_the_environment_where_the_file_has_none(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry elsewhere is MLflow's own variable, and the gate file's key wins over it."""
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://registry")
    inner.gate_here()
    inner.write("eval_gate.yaml", "registry_uri: http://file\n" + GATE)
    inner.gate_here()
    assert inner.opened == ["http://fake http://registry", "http://fake http://file"]


@pytest.mark.parametrize("arguments", [ASKED, ["eval_gate.yaml"], ["--mlflow-gate", "."]])
def test_variables_are_replaced(inner: Inner, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`${VAR}` of the gate file is the environment's, and an unset one is an error with its line."""
    inner.write("eval_gate.yaml", GATE.replace("run_id: r1", "run_id: ${RUN_ID}"))
    monkeypatch.delenv("RUN_ID", raising=False)
    unset = inner.run_here(*arguments)
    assert unset.errlines[0] == (
        "ERROR: eval_gate.yaml:3: candidate.run_id: environment variable RUN_ID is not set; "
        "set it or write ${RUN_ID:-default}"
    )
    monkeypatch.setitem(os.environ, "RUN_ID", "r1")
    assert inner.run_here(*arguments).ret == 0
