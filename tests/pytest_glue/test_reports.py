"""What people and CI systems get to see: terminal, JUnit, JSON and the decision file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.pytest_glue.conftest import GATE, PROMOTED
from tests.reports import junit_cases

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

FILES = ("--junitxml=junit.xml", "--json-report", "--json-report-file=report.json")
DECISION = ("--mlflow-gate-decision", "decision.json")
WARN = GATE.replace('"<= 120"', "{max: 100, severity: warn, reason: tail}")
READ_ONLY = "http://fake: the registry is read-only today (READ_ONLY)"
MOVE = f"moving @champion of churn-classifier to version 1 failed: {READ_ONLY}"
TABLE = """\
------------------------- mlflow gate churn-classifier -------------------------
run bold-shrew of experiment churn, ended DAYS d ago
  fake://store/r1
  check            value  limit    margin
"""
GOOD_ROWS = """\
  accuracy[min]    0.93   >= 0.92  +0.01
  f1[min]          0.9    >= 0.85  +0.05
  latency_ms[max]  110    <= 120   +10
"""
HEADER = """\
mlflow-gate: churn-classifier (eval_gate.yaml), 3 checks, promotes to churn-classifier @champion
mlflow-gate: tracking http://fake (eval_gate.yaml)
"""


def steady(result: pytest.RunResult) -> list[str]:
    """Return what a session printed without what differs from run to run and from machine to machine."""
    lines = []
    for line in result.outlines:
        if re.match(r"(platform|rootdir:|plugins:|cachedir:|metadata:|configfile:)", line):
            continue
        lines.append(re.sub(r"in \d+\.\d+s", "in TIME", re.sub(r"ended \d+ d", "ended DAYS d", line)))
    return lines


def json_report(inner: Inner) -> dict[str, Any]:
    """Return what pytest-json-report wrote."""
    report: dict[str, Any] = json.loads((inner.path / "report.json").read_text(encoding="utf-8"))
    return report


def decision(inner: Inner) -> dict[str, Any]:
    """Return the decision file."""
    content: dict[str, Any] = json.loads((inner.path / "decision.json").read_text(encoding="utf-8"))
    return content


# The terminal


def test_good_session(inner: Inner) -> None:
    """Header, dots, the table, and after pytest's own last line what became of the promotion."""
    assert "\n".join(steady(inner.gate_here())) == (
        f"""\
============================= test session starts ==============================
{HEADER}collected 4 items

eval_gate.yaml ....                                                      [100%]

{TABLE}{GOOD_ROWS}============================== 4 passed in TIME ===============================
PROMOTED: churn-classifier version 1 is now @champion"""
    )


def test_failing_session(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is one line with file and line, in the details and in the summary, and no traceback."""
    monkeypatch.setenv("COLUMNS", "120")
    lines = steady(inner.gate_here(accuracy=0.91))
    start = lines.index("eval_gate.yaml .F..".ljust(113) + "[100%]")
    wide = "=" * 120
    assert lines[start + 1 :] == [
        "eval_gate.yaml::churn-classifier::promotion s",
        " FAILURES ".center(120, "="),
        " churn-classifier: accuracy[min] ".center(120, "_")[:-1] + "_",
        "accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)",
        " mlflow gate churn-classifier ".center(120, "-"),
        "run bold-shrew of experiment churn, ended DAYS d ago",
        "  fake://store/r1",
        "  check            value  limit    margin",
        "FAILED",
        "  accuracy[min]    0.91   >= 0.92  -0.01",
        "passed",
        "  f1[min]          0.9    >= 0.85  +0.05",
        "  latency_ms[max]  110    <= 120   +10",
        " short test summary info ".center(120, "=")[: len(wide)],
        "FAILED eval_gate.yaml::churn-classifier::accuracy[min] - accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)",
        lines[-2],
        "NOT PROMOTED churn-classifier: accuracy[min] did not pass",
    ]
    assert lines[-2].strip("= ") == "1 failed, 3 passed, 1 skipped in TIME"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        pytest.param("short", "accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)", id="short"),
        pytest.param("long", "accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)", id="long"),
        pytest.param("native", "accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)", id="native"),
        pytest.param(
            "line",
            "{folder}/eval_gate.yaml:5: accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)",
            id="line",
        ),
        pytest.param("no", None, id="no"),
    ],
)
@pytest.mark.parametrize("more", [[], ["-l"], ["--full-trace"]], ids=["plain", "locals", "full-trace"])
def test_failure_in_every_traceback_style(
    inner: Inner, style: str, expected: str | None, more: list[str]
) -> None:
    """Whatever traceback style is chosen, a check that failed is one line."""
    lines = steady(inner.gate_here(f"--tb={style}", *more, accuracy=0.91))
    end = next(index for index, line in enumerate(lines) if " mlflow gate " in line)
    start = next((index for index, line in enumerate(lines) if " FAILURES " in line), end - 1)
    told = [line for line in lines[start + 1 : end] if not line.startswith("___")]
    assert told == ([expected.format(folder=inner.path)] if expected else [])


def test_verbose_session_shows_the_numbers(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-v` shows what each check compared, a warning's too."""
    inner.write("eval_gate.yaml", WARN)
    monkeypatch.setenv("COLUMNS", "150")
    start = "eval_gate.yaml::churn-classifier::"
    assert [
        line.removeprefix(start).partition(" [")[0].rstrip()
        for line in inner.gate_here("-v").outlines
        if line.startswith(start) and "PASSED" in line
    ] == [
        "candidate[run] PASSED (run bold-shrew)",
        "accuracy[min] PASSED (0.93 >= 0.92)",
        "f1[min] PASSED (0.9 >= 0.85)",
        "latency_ms[max:warn] PASSED (warn: latency_ms is 110, must be <= 100, because: tail)",
    ]


def test_summary_of_all_outcomes_holds_the_bare_word(inner: Inner) -> None:
    """`-rA` lists ids behind the word PASSED alone, as the programs that read it expect."""
    lines = inner.gate_here("-rA").outlines
    assert "PASSED eval_gate.yaml::churn-classifier::accuracy[min]" in lines


DOTS = "....                                                                     [100%]"
NO_HEADER = [
    "============================= test session starts ==============================",
    "collected 4 items",
    "",
    "eval_gate.yaml ....                                                      [100%]",
    "",
    "============================== 4 passed in TIME ===============================",
]
DONE = "PROMOTED: churn-classifier version 1 is now @champion"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["-q"], [DOTS, "4 passed in TIME", DONE], id="q"),
        pytest.param(["-qq"], [DOTS], id="qq"),
        pytest.param(["--no-header", "--no-summary"], [*NO_HEADER, DONE], id="no-header-no-summary"),
    ],
)
def test_quiet_session(inner: Inner, arguments: list[str], expected: list[str]) -> None:
    """Quiet sessions have neither header nor table: `-q` says what became of the promotion, `-qq` nothing."""
    assert steady(inner.gate_here(*arguments)) == expected


# name: (gate, failing write, metrics), (the last line under -q, what -qq prints below pytest's own lines)
QUIET: dict[str, tuple[tuple[str, str, dict[str, float]], tuple[str, list[str]]]] = {
    "withheld": (
        (GATE, "", {"accuracy": 0.91, "f1": 0.5}),
        (
            "NOT PROMOTED churn-classifier: accuracy is 0.91, must be >= 0.92 (by 0.01) (and 1 more)",
            [],
        ),
    ),
    "refused": (
        (GATE + "  artifact: other\n", "", {}),
        ("NOT PROMOTED churn-classifier: run r1 has no logged model named 'other', it has model", []),
    ),
    "failed-after-the-tests": (
        (GATE, "alias", {}),
        (f"PROMOTION FAILED churn-classifier: {MOVE}", [f"PROMOTION FAILED churn-classifier: {MOVE}"]),
    ),
    "judged-only": (
        ("name: churn-classifier\n" + GATE.partition("promote:")[0], "", {"f1": 0.8}),
        ("FAILED churn-classifier: f1 is 0.8, must be >= 0.85 (by 0.05)", []),
    ),
}


@pytest.mark.parametrize("case", QUIET)
def test_quiet_session_says_why(inner: Inner, case: str) -> None:
    """`-q` has one line for a gate, with the number; `-qq` only what no line of pytest's can have told."""
    (gate, failing, metrics), (last_line, told) = QUIET[case]
    inner.write("eval_gate.yaml", gate)
    inner.monkeypatch.setenv("FAKE_FAIL", failing)
    quiet = inner.gate_here("-q", **metrics)
    assert (quiet.ret, quiet.outlines[-1]) == (1, last_line)
    assert sum("churn-classifier: " in line for line in quiet.outlines if not line.startswith("___")) == 1
    quieter = inner.gate_here("-qq", **metrics)
    spoken = [line for line in quieter.outlines if line.startswith(("NOT ", "PROM", "FAILED churn"))]
    assert (quieter.ret, spoken) == (1, told)


def test_quiet_session_hears_of_a_later_change(inner: Inner) -> None:
    """What another plugin did after pytest's last line is told under `-qq` too: nothing moved, and why."""
    inner.write("conftest.py", "def pytest_sessionfinish(session): session.exitstatus = 6\n")
    result = inner.gate_here("-qq")
    assert steady(result) == [DOTS, "NOT PROMOTED churn-classifier: the session's exit status is 6"]
    assert (result.ret, inner.moves()) == (6, [])


@pytest.mark.parametrize("workers", [[], ["-n1"], ["-n2"]], ids=["plain", "n1", "n2"])
@pytest.mark.parametrize("quiet", [[], ["-v"], ["-q"]], ids=["normal", "verbose", "quiet"])
def test_nothing_is_printed_twice(inner: Inner, workers: list[str], quiet: list[str]) -> None:
    """Header, table, link, warning and promotion have one line each, however many processes there are."""
    inner.write("eval_gate.yaml", WARN)
    lines = inner.gate(*workers, *quiet).outlines
    told = {
        "table": sum(" mlflow gate churn-classifier " in line for line in lines),
        "link": lines.count("  fake://store/r1"),
        "header": sum(line.startswith("mlflow-gate: churn-classifier ") for line in lines),
        "server": sum(line.startswith("mlflow-gate: tracking ") for line in lines),
        "warning": sum("MlflowGateWarning: latency_ms" in line for line in lines),
        "promotion": lines.count(DONE),
    }
    loud = int("-q" not in quiet)
    assert told == {
        "table": loud,
        "link": loud,
        "header": loud,
        "server": loud,
        "warning": 1,
        "promotion": 1,
    }
    assert lines[-1] == DONE


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        pytest.param("no", "  accuracy[min]    0.91   >= 0.92  -0.01", id="no-terminal"),
        pytest.param("yes", "\x1b[31m  accuracy[min]    0.91   >= 0.92  -0.01\x1b[0m", id="terminal"),
    ],
)
def test_colours_are_those_of_pytest(inner: Inner, colour: str, expected: str) -> None:
    """What blocks is red exactly where pytest itself prints in colours."""
    lines = inner.gate_here(f"--color={colour}", accuracy=0.91).outlines
    assert expected in lines
    assert any("\x1b" in line for line in lines) == (colour == "yes")


def test_wide_terminal_shows_whole_names(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is as wide as the terminal, and 80 columns where nobody knows."""
    name = "evaluation/holdout-2026-q3/segments/recall/enterprise-customers-emea/eu-west"
    inner.write("eval_gate.yaml", GATE.replace("f1:", f"{name}:"))
    seen = {}
    for columns in ("60", "80", "150"):
        monkeypatch.setenv("COLUMNS", columns)
        lines = inner.gate_here("-p", "no:cacheprovider", **{name: 0.9}).outlines
        (seen[columns],) = (line for line in lines if "eu-west[min]  " in line)
    assert seen["60"] == seen["80"]
    assert "  evaluation/holdou...rprise-customers-emea/eu-west[min]  0.9 " in seen["80"]
    assert len(seen["80"]) <= 80
    assert f"  {name}[min]  0.9 " in seen["150"]


def test_session_without_a_terminal(inner: Inner) -> None:
    """Without a terminal plugin nothing is printed, and the promotion happens all the same."""
    result = inner.gate_here("-p", "no:terminal")
    assert (result.ret, result.outlines, inner.moves()) == (0, [], PROMOTED)


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        pytest.param(GATE, "3 checks, promotes to churn-classifier @champion", id="alias"),
        pytest.param(
            GATE + "  stage: Staging\n",
            "3 checks, promotes to churn-classifier @champion and stage Staging",
            id="alias-and-stage",
        ),
        pytest.param(
            "name: churn-classifier\n" + GATE.partition("promote:")[0],
            "3 checks, only judges",
            id="no-promotion",
        ),
        pytest.param(
            "name: churn-classifier\ncandidate: {run_id: r1}\nthresholds: {f1: '> 0'}\ntracking_uri: http://fake\n",
            "1 check, only judges",
            id="one-check",
        ),
    ],
)
def test_header(inner: Inner, gate: str, expected: str) -> None:
    """The header says how many checks there are and where the gate promotes to."""
    inner.write("eval_gate.yaml", gate)
    assert f"mlflow-gate: churn-classifier (eval_gate.yaml), {expected}" in inner.gate_here().outlines


def test_table_of_a_run_that_lacks_things(inner: Inner) -> None:
    """Each way to be no good number has its own words in the table."""
    inner.write(
        "eval_gate.yaml",
        GATE.replace(
            '  f1: ">= 0.85"', '  f1: ">= 0.85"\n  acuracy: ">= 0.9"\n  p: {max: 1, severity: warn}'
        ),
    )
    lines = steady(inner.gate_here(accuracy=float("nan"), f1=float("-inf"), latency_ms=120.0000001))
    start = next(index for index, line in enumerate(lines) if line.startswith("  check "))
    assert lines[start : start + 9] == [
        "  check            value        limit    margin",
        "FAILED",
        "  latency_ms[max]  120.0000001  <= 120   -0.0000001",
        "CANNOT JUDGE",
        "  accuracy[min]    NaN          >= 0.92",
        "  f1[min]          -infinity    >= 0.85",
        "  acuracy[min]     no value     >= 0.9",
        "warn: cannot judge",
        "  p[max:warn]      no value     <= 1",
    ]


def test_failures_are_whole_sentences(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way to fail says metric, value, requirement and place, and where it can, what to do."""
    monkeypatch.setenv("CI", "true")
    inner.write(
        "eval_gate.yaml", GATE.replace('f1: ">= 0.85"', "f1: {min: 0.95, reason: sales}\n  acuracy: '>= 0.9'")
    )
    result = inner.gate_here(accuracy=float("nan"), latency_ms=float("inf"))
    start = "FAILED eval_gate.yaml::churn-classifier::"
    assert [line.removeprefix(start) for line in result.outlines if line.startswith(start)] == [
        "accuracy[min] - cannot judge accuracy: its value is NaN, must be >= 0.92; log a finite number, or change line 5 (eval_gate.yaml:5)",
        "f1[min] - f1 is 0.9, must be >= 0.95, because: sales (eval_gate.yaml:6)",
        "acuracy[min] - cannot judge acuracy: run r1 never logged it, closest: accuracy; log it, or change line 7 (eval_gate.yaml:7)",
        "latency_ms[max] - cannot judge latency_ms: its value is infinity, must be <= 120; log a finite number, or change line 8 (eval_gate.yaml:8)",
    ]
    assert result.outlines[-1] == (
        "NOT PROMOTED churn-classifier: accuracy[min], f1[min], acuracy[min] and 1 more did not pass"
    )


def test_a_bug_of_ours_keeps_its_traceback(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a check's own failure is one line: what goes wrong inside shows where, and nothing moves."""
    monkeypatch.setattr("pytest_mlflow_gate.pytest_glue.controller.Controller.finding", lambda *_: 1 // 0)
    result = inner.gate_here()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*collection.py:*", "E   *ZeroDivisionError: *", "*/test_reports.py:*"])
    assert inner.moves() == []


# Severity warn


def test_warning(inner: Inner) -> None:
    """A warn line that is not met passes, warns with file and line, has its row, and does not withhold."""
    inner.write("eval_gate.yaml", WARN)
    result = inner.gate_here()
    result.assert_outcomes(passed=4, warnings=1)
    lines = steady(result)
    start = next(index for index, line in enumerate(lines) if " warnings summary " in line)
    assert [line for line in lines[start + 1 : start + 4] if line] == [
        "eval_gate.yaml::churn-classifier::latency_ms[max:warn]",
        (
            "  eval_gate.yaml:7: MlflowGateWarning: latency_ms is 110, must be <= 100, because: tail "
            "(eval_gate.yaml:7)"
        ),
        lines[start + 3],
    ]
    assert lines[lines.index("warn: failed") + 1] == "  latency_ms[max:warn]  110    <= 100   -10"
    assert lines[-1] == "PROMOTED: churn-classifier version 1 is now @champion"


def test_warning_as_error(inner: Inner) -> None:
    """Under `-W error` a warn line that is not met is a failure in one line, and withholds."""
    inner.write("eval_gate.yaml", WARN)
    result = inner.gate_here("-W", "error", "--tb=short")
    result.assert_outcomes(failed=1, passed=3, skipped=1)
    assert "latency_ms is 110, must be <= 100, because: tail (eval_gate.yaml:7)" in result.outlines
    assert "Traceback" not in result.stdout.str()
    assert inner.moves() == []


# The promotion's testcase

OTHER_ARTIFACT = GATE + "  artifact: other\n"
NO_OTHER = "run r1 has no logged model named 'other', it has model"
JUDGED_ONLY = "judged only, --mlflow-gate eval_gate.yaml promotes to churn-classifier @champion"
ASKED = ["--mlflow-gate", "eval_gate.yaml"]
ACCURACY = "eval_gate.yaml::churn-classifier::accuracy[min]"

# name: (gate, arguments, metrics, failing write), (testcase, its message, last line, exit status, decision)
ENDS: dict[str, tuple[tuple[str, list[str], dict[str, float], str], tuple[str, str, str, int, str]]] = {
    "promoted": (
        (GATE, ASKED, {}, ""),
        ("passed", "", "PROMOTED: churn-classifier version 1 is now @champion", 0, "promoted"),
    ),
    "refused": (
        (OTHER_ARTIFACT, ASKED, {}, ""),
        (
            "failure",
            f"not promoted: {NO_OTHER} (eval_gate.yaml:8)",
            f"NOT PROMOTED churn-classifier: {NO_OTHER}",
            1,
            "refused",
        ),
    ),
    "failed-in-the-move": (
        (GATE, ASKED, {}, "alias"),
        (
            "failure",
            f"not promoted: {MOVE} (eval_gate.yaml:8)",
            f"PROMOTION FAILED churn-classifier: {MOVE}",
            1,
            "failed",
        ),
    ),
    "failed-to-register": (
        (GATE, ASKED, {}, "create version"),
        (
            "failure",
            f"not promoted: {READ_ONLY} (eval_gate.yaml:8)",
            f"NOT PROMOTED churn-classifier: {READ_ONLY}",
            1,
            "refused",
        ),
    ),
    "withheld-because-a-check-failed": (
        (GATE, ASKED, {"accuracy": 0.5}, ""),
        (
            "skipped",
            "accuracy[min] did not pass",
            "NOT PROMOTED churn-classifier: accuracy[min] did not pass",
            1,
            "withheld",
        ),
    ),
    "withheld-because-a-check-did-not-run": (
        (GATE, [*ASKED, "--deselect", ACCURACY], {}, ""),
        (
            "failure",
            "not promoted: not run: accuracy[min] (eval_gate.yaml:8)",
            "NOT PROMOTED churn-classifier: not run: accuracy[min]",
            1,
            "withheld",
        ),
    ),
    "dry-run": (
        (GATE, [*ASKED, "--mlflow-gate-promote", "never"], {}, ""),
        (
            "skipped",
            "a new version of run r1 would have been promoted to churn-classifier @champion",
            (
                "DRY RUN churn-classifier: a new version of run r1 would have been promoted to churn-classifier "
                "@champion"
            ),
            0,
            "dry-run",
        ),
    ),
    "dry-run-refused": (
        (OTHER_ARTIFACT, [*ASKED, "--mlflow-gate-promote", "never"], {}, ""),
        (
            "skipped",
            f"the promotion to churn-classifier @champion would have been refused: {NO_OTHER}",
            "DRY RUN churn-classifier: the promotion to churn-classifier @champion would have been refused: "
            + NO_OTHER,
            0,
            "dry-run",
        ),
    ),
    "dry-run-of-a-failing-gate": (
        (GATE, [*ASKED, "--mlflow-gate-promote", "never"], {"accuracy": 0.5}, ""),
        (
            "skipped",
            "accuracy[min] did not pass",
            "NOT PROMOTED churn-classifier: accuracy[min] did not pass",
            1,
            "withheld",
        ),
    ),
    "explicit-path": (
        (GATE, ["eval_gate.yaml"], {}, ""),
        ("skipped", JUDGED_ONLY, f"DRY RUN churn-classifier: {JUDGED_ONLY}", 0, "dry-run"),
    ),
}
WORKERS: tuple[list[str], ...] = ([], ["-n1"], ["-n2"])


@pytest.mark.parametrize(
    ("end", "workers"),
    [
        pytest.param(end, workers, id=f"{end}{''.join(workers)}")
        for end in ENDS
        for workers in WORKERS
        # What the workers could change is told by one end of each kind.
        if not workers or end in {"promoted", "failed-in-the-move", "withheld-because-a-check-failed"}
    ],
)
def test_reports_are_true_after_exit(inner: Inner, end: str, workers: list[str]) -> None:
    """Terminal, JUnit, JSON, decision file and exit status tell the same about the promotion."""
    (gate, arguments, metrics, failing), expected = ENDS[end]
    outcome, message, last_line, status, word = expected
    inner.write("eval_gate.yaml", gate)
    inner.monkeypatch.setenv("FAKE_FAIL", failing)
    run = inner.run if workers else inner.run_here
    result = run(*arguments, *FILES, *DECISION, *workers, **metrics)

    assert (result.ret, result.outlines[-1]) == (status, last_line)
    cases = junit_cases(inner.path / "junit.xml")
    assert cases["eval_gate.yaml.churn-classifier::promotion"] == (outcome, message)
    report = json_report(inner)
    tests = {test["nodeid"]: test for test in report["tests"]}
    promotion = tests["eval_gate.yaml::churn-classifier::promotion"]
    assert report["exitcode"] == status
    assert report["summary"]["total"] == len(tests) == len(cases)
    assert promotion["outcome"] == {"failure": "failed"}.get(outcome, outcome)
    if outcome == "failure":
        crash = {"path": str(inner.path / "eval_gate.yaml"), "lineno": 8, "message": message}
        assert (promotion["call"]["crash"], promotion["call"]["longrepr"]) == (crash, message)
    written = decision(inner)
    assert (written["promoted"], written["exit_status"]) == (word == "promoted", status)
    assert written["gates"][0]["promotion"]["status"] == word
    moved = [line for line in inner.moves() if line.startswith("alias")]
    assert moved == (PROMOTED[-1:] if word in ("promoted", "failed") else [])


@pytest.mark.parametrize("workers", WORKERS, ids=["plain", "n1", "n2"])
def test_checks_in_junit_and_json(inner: Inner, workers: list[str]) -> None:
    """Each check is a testcase; a failure's message is its sentence, a skip's its reason."""
    result = inner.gate(*FILES, *workers, accuracy=0.91, f1=float("nan"))
    assert result.ret == 1
    failures = {
        "accuracy[min]": "accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)",
        "f1[min]": "cannot judge f1: its value is NaN, must be >= 0.85; log a finite number, or change line 6 (eval_gate.yaml:6)",
    }
    assert junit_cases(inner.path / "junit.xml") == {
        "eval_gate.yaml.churn-classifier::candidate[run]": ("passed", ""),
        **{
            f"eval_gate.yaml.churn-classifier::{check}": ("failure", text) for check, text in failures.items()
        },
        "eval_gate.yaml.churn-classifier::latency_ms[max]": ("passed", ""),
        "eval_gate.yaml.churn-classifier::promotion": ("skipped", "accuracy[min], f1[min] did not pass"),
    }
    tests = {test["nodeid"].rpartition("::")[2]: test for test in json_report(inner)["tests"]}
    assert {
        name: test["call"]["longrepr"].splitlines()[-1]
        for name, test in tests.items()
        if test["outcome"] == "failed"
    } == failures


def test_no_candidate(inner: Inner) -> None:
    """Without a candidate one check fails with the cause, and the others are skipped at their own lines."""
    inner.write("eval_gate.yaml", GATE.replace("run_id: r1", "run_id: r2"))
    result = inner.gate_here(*FILES, "-rs")
    result.assert_outcomes(failed=1, skipped=4)
    cause = (
        "cannot judge churn-classifier: no run 'r2' at fake://store: check candidate.run_id and tracking_uri"
    )
    cases = junit_cases(inner.path / "junit.xml")
    assert cases["eval_gate.yaml.churn-classifier::candidate[run]"] == (
        "failure",
        f"{cause} (eval_gate.yaml:3)",
    )
    assert cases["eval_gate.yaml.churn-classifier::f1[min]"] == ("skipped", "no candidate")
    assert cases["eval_gate.yaml.churn-classifier::promotion"] == ("skipped", cause)
    assert {line for line in result.outlines if line.startswith("SKIPPED")} >= {
        "SKIPPED [1] eval_gate.yaml:6: no candidate"
    }
    start = next(index for index, line in enumerate(result.outlines) if " mlflow gate " in line)
    assert result.outlines[start + 1] == cause


# The decision file


def test_decision_of_a_promotion(inner: Inner) -> None:
    """The receipt names candidate, checks with value and limit, version, previous version and the tests."""
    inner.registry(**{"churn-classifier": {"versions": 2, "aliases": {"champion": "2"}}})
    inner.write("eval_gate.yaml", WARN)
    result = inner.run_here("test_ordinary.py", *ASKED, *DECISION, "--deselect", "test_ordinary.py::test_two")
    assert result.outlines[-1] == "PROMOTED: churn-classifier version 3 is now @champion (was version 2)"
    content = decision(inner)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", content.pop("time"))
    (gate,) = content.pop("gates")
    checks = {check.pop("name"): check for check in gate.pop("checks")}
    assert re.fullmatch(r"[0-9a-f]{64}", gate.pop("sha256"))
    known = {
        "format": 1,
        "promoted": True,
        "exit_status": 0,
        "tests": {"passed": 1, "failed": 0, "skipped": 0, "xfailed": 0, "deselected": 1},
    }
    assert content.items() >= known.items()
    promoted: dict[str, object] = {
        "status": "promoted",
        "text": "churn-classifier version 3 is now @champion (was version 2)",
        "model": "churn-classifier",
        "alias": "champion",
        "stage": None,
        "copy_to": None,
        "version": "3",
        "created": True,
        "previous_version": "2",
        "not_put_back": [],
    }
    assert gate["promotion"].items() >= promoted.items()
    about = {
        "name": "churn-classifier",
        "file": "eval_gate.yaml",
        "tracking_uri": "http://fake",
        "candidate": {
            "run_id": "r1",
            "run_name": "bold-shrew",
            "experiment": "churn",
            "url": "fake://store/r1",
        },
        "baseline": None,
        "passed": True,
    }
    assert gate.items() >= about.items()
    assert list(checks) == ["candidate[run]", "accuracy[min]", "f1[min]", "latency_ms[max:warn]"]
    found = {
        "metric": "latency_ms",
        "outcome": "failed",
        "severity": "warn",
        "value": 110.0,
        "limit": "<= 100",
        "baseline": None,
        "margin": -10.0,
        "text": "latency_ms is 110, must be <= 100, because: tail",
        "line": 7,
    }
    assert checks["latency_ms[max:warn]"].items() >= found.items()


STALE = {
    "usage-error-after-loading": (["--mlflow-gate", "eval_gate.yaml", "no_such_test.py"], True),
    "wrong-gate": (["--mlflow-gate", "wrong.yaml"], True),
    "missing-gate": (["--mlflow-gate", "missing.yaml"], True),
    "wrong-page": (["--mlflow-gate", "eval_gate.yaml", "--mlflow-gate-report", "missing/page.html"], True),
    "wrong-ini-key": (["--mlflow-gate", "eval_gate.yaml", "-o", "mlflow_gate_promote=maybe"], True),
    "collection-error": (["--mlflow-gate", "eval_gate.yaml", "test_broken.py"], True),
    "interrupted": (["--mlflow-gate", "eval_gate.yaml", "test_ctrl_c.py"], True),
    "collect-only": (["--mlflow-gate", "eval_gate.yaml", "--collect-only"], False),
}


@pytest.mark.parametrize(("arguments", "removed"), STALE.values(), ids=STALE)
def test_stale_decision_never_says_promoted(inner: Inner, arguments: list[str], *, removed: bool) -> None:
    """However a session ends, an older session's receipt is not taken for its own."""
    inner.write("decision.json", '{"promoted": true}')
    inner.write("wrong.yaml", GATE.replace('">= 0.92"', "0.92"))
    inner.write("test_broken.py", "1/0\n")
    inner.write("test_ctrl_c.py", "def test_c(): raise KeyboardInterrupt\n")
    inner.run(*arguments, *DECISION)
    path = inner.path / "decision.json"
    promoted = path.exists() and decision(inner)["promoted"]
    assert promoted is not removed


def test_decision_is_not_there_while_the_session_runs(inner: Inner) -> None:
    """A stale receipt is gone before the first test, and the new one is not written before the move."""
    inner.write("decision.json", '{"promoted": true}')
    inner.write(
        "conftest.py",
        "import pathlib, pytest\n"
        "seen = pathlib.Path('seen.log')\n"
        "def note(where):\n"
        "    there = pathlib.Path('decision.json').exists()\n"
        "    moved = 'alias' in (pathlib.Path('writes.log').read_text() if pathlib.Path('writes.log').exists() else '')\n"
        "    with seen.open('a') as file: print(where, there, moved, file=file)\n"
        "def pytest_runtest_setup(): note('setup')\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_sessionfinish(): note('finish')\n"
        "def pytest_unconfigure(): note('end')\n",
    )
    assert inner.gate_here(*DECISION, "-k", "accuracy or f1 or latency or candidate").ret == 0
    seen = (inner.path / "seen.log").read_text(encoding="utf-8").splitlines()
    assert seen == [*["setup False False"] * 4, "finish False False", "end True True"]


def test_decision_that_cannot_be_written_is_no_success(inner: Inner) -> None:
    """A deploy step that waits for the receipt must not be told that all is well."""
    inner.write(
        "conftest.py",
        "import pathlib\ndef pytest_sessionfinish(): pathlib.Path('decision.json').mkdir(exist_ok=True)\n",
    )
    result = inner.gate_here(*DECISION)
    assert result.outlines[-1] == "--mlflow-gate-decision decision.json: Is a directory"
    assert result.ret == 1


# Credentials

CANARIES = {
    "MLFLOW_TRACKING_USERNAME": "canary-user",
    "MLFLOW_TRACKING_PASSWORD": "canary-password",
    "MLFLOW_TRACKING_TOKEN": "canary-token",
}


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["plain", "n1"])
@pytest.mark.parametrize("accuracy", [0.93, 0.5], ids=["promoted", "withheld"])
def test_credentials_are_nowhere(
    inner: Inner, workers: list[str], accuracy: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No word of a URI's user information or of a credentials variable is printed or written."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAKE_FAIL", "alias")
    inner.write("eval_gate.yaml", GATE.replace("http://fake", "http://canary-bob:canary-hunter2@fake"))
    result = inner.gate("-vv", "-l", "--tb=long", "-rA", *FILES, *DECISION, *workers, accuracy=accuracy)
    assert "mlflow-gate: tracking http://***@fake (eval_gate.yaml)" in result.outlines
    texts = [result.stdout.str(), result.stderr.str()]
    texts += [(inner.path / name).read_text() for name in ("junit.xml", "report.json", "decision.json")]
    assert [text for text in texts if "canary" in text] == []


def test_credentials_in_a_gate_file_that_is_wrong(inner: Inner) -> None:
    """A mistake in the very line that holds a password does not show it."""
    inner.write("eval_gate.yaml", GATE.replace("http://fake", "[http://canary-bob:canary-hunter2@fake]"))
    result = inner.gate_here()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "canary" not in result.stderr.str() + result.stdout.str()
