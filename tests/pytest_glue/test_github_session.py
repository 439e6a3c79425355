"""Sessions inside of GitHub Actions: what they write and print without being asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.ci_readers import Command, github_commands, github_outputs
from tests.pytest_glue.conftest import GATE, PROMOTED
from tests.pytest_glue.routes.endings import ABORTS, LATE
from tests.pytest_glue.routes.reddened import REDDENED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pytest_glue.conftest import Inner
    from tests.pytest_glue.routes.route import Route

ALONE = ("-p", "no:pytest_github_actions_annotate_failures")
WARN = GATE.replace('"<= 120"', "{max: 100, severity: warn}")
ACCURACY = ("error", "5", "churn-classifier: accuracy[min]")
ALIAS = ("error", "8", "churn-classifier: promotion")
LATENCY = ("warning", "7", "churn-classifier: latency_ms[max:warn]")


@dataclass(frozen=True)
class Job:
    """
    A step of a job on GitHub.

    Attributes:
        inner: Where its sessions run; the repository is the folder above.
        outputs: The file for its outputs, which something else has written to before.
        summary: The file for its summary.
    """

    inner: Inner
    outputs: Path
    summary: Path

    def told(self) -> dict[str, str]:
        """Return what later steps read."""
        values = github_outputs(self.outputs.read_text(encoding="utf-8"))
        assert values.pop("before") == "yes"
        return values


@pytest.fixture
def job(inner: Inner) -> Job:
    """Return a step that has an output already."""
    outputs, summary = inner.path / "outputs.txt", inner.path / "summary.md"
    outputs.write_text("before=yes", encoding="utf-8")
    summary.write_text("before", encoding="utf-8")
    inner.monkeypatch.setenv("GITHUB_ACTIONS", "true")
    inner.monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    inner.monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    inner.monkeypatch.setenv("GITHUB_WORKSPACE", str(inner.path.parent))
    return Job(inner, outputs, summary)


def annotated(result: pytest.RunResult) -> list[tuple[str, str, str]]:
    """Return level, line and title of each annotation that this plugin printed."""
    commands = github_commands(result.outlines)
    return [(found.level, found.properties["line"], found.properties["title"]) for found in commands]


def test_a_promotion(job: Job) -> None:
    """Outputs and summary are appended to what is there, once, and there is nothing to annotate."""
    result = job.inner.gate_here()
    assert result.ret == 0
    values = {
        "promoted": "true",
        "version": "1",
        "run_id": "r1",
        "verdict": "passed",
        "promotion": "promoted",
        "model": "churn-classifier",
    }
    told = job.told()
    assert json.loads(told.pop("gates")) == {"churn-classifier": values | {"promoted": True}}
    assert told == values
    assert job.outputs.read_text(encoding="utf-8").count("promoted=") == 1
    summary = job.summary.read_text(encoding="utf-8")
    assert summary.startswith("before\n### MLflow gate <code>churn-classifier</code>\n")
    assert summary.count("<code>accuracy[min]</code>") == 1
    assert annotated(result) == []
    assert result.outlines[-1] == "PROMOTED: churn-classifier version 1 is now @champion"


# name: (gate, arguments, metrics, failing write), (promotion, annotations)
ENDS: dict[
    str, tuple[tuple[str, list[str], dict[str, float], str], tuple[str, list[tuple[str, str, str]]]]
] = {
    "a-check-failed": ((GATE, [], {"accuracy": 0.5}, ""), ("withheld", [ACCURACY])),
    "a-check-cannot-be-judged": (
        (GATE, [], {"accuracy": float("nan")}, ""),
        ("withheld", [ACCURACY]),
    ),
    "a-warning": ((WARN, [], {}, ""), ("promoted", [LATENCY])),
    "a-warning-and-a-failure": ((WARN, [], {"accuracy": 0.5}, ""), ("withheld", [ACCURACY, LATENCY])),
    "a-check-did-not-run": ((GATE, ["-k", "accuracy"], {}, ""), ("withheld", [ALIAS])),
    "a-check-that-failed-did-not-run": (
        (GATE, ["-k", "not accuracy"], {"accuracy": 0.5}, ""),
        ("withheld", [ACCURACY]),
    ),
    "the-move-failed": ((GATE, [], {}, "alias"), ("failed", [ALIAS])),
    "a-dry-run": ((GATE, ["--mlflow-gate-promote", "never"], {}, ""), ("dry-run", [])),
    "a-test-failed": ((GATE, ["test_bad.py"], {}, ""), ("withheld", [])),
}


@pytest.mark.parametrize(
    ("end", "workers"),
    [
        *(pytest.param(end, (), id=end) for end in ENDS),
        pytest.param("the-move-failed", ("-n1",), id="the-move-failed-n1"),
        pytest.param("a-warning-and-a-failure", ("-n2",), id="a-warning-and-a-failure-n2"),
    ],
)
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with-annotate-failures"])
def test_each_thing_is_annotated_once(job: Job, end: str, workers: tuple[str, ...], alone: bool) -> None:
    """At its line of the gate file: by this plugin, or by pytest-github-actions-annotate-failures where it is."""
    (gate, arguments, metrics, failing), (promotion, expected) = ENDS[end]
    job.inner.write("eval_gate.yaml", gate)
    job.inner.write("test_bad.py", "def test_bad(): assert False\n")
    job.inner.monkeypatch.setenv("FAKE_FAIL", failing)
    run = job.inner.gate if workers else job.inner.gate_here
    result = run(*arguments, *workers, *(ALONE if alone else ()), **metrics)
    told = job.told()
    assert (told["promoted"], told["promotion"]) == (
        "true" if promotion == "promoted" else "false",
        promotion,
    )
    ours, theirs = github_commands(result.outlines), github_commands(result.errlines)
    if alone:
        assert annotated(result) == expected
        assert theirs == []
    both = [
        (found.level, found.properties["line"], found.properties["file"])
        for found in (*theirs, *ours)
        if found.properties["file"].endswith("eval_gate.yaml")
    ]
    file = f"{job.inner.path.name}/eval_gate.yaml"
    assert len(set(both)) == len(both)
    assert {(level, line, file) for level, line, _ in expected} <= set(both)


def test_a_move_that_failed_is_seen_by_this_plugin_alone(job: Job) -> None:
    """What annotates reports has seen its last one by then."""
    job.inner.monkeypatch.setenv("FAKE_FAIL", "alias")
    result = job.inner.gate_here()
    assert github_commands(result.errlines) == []
    assert github_commands(result.outlines) == [
        Command(
            "error",
            {
                "file": f"{job.inner.path.name}/eval_gate.yaml",
                "line": "8",
                "title": "churn-classifier: promotion",
            },
            "not promoted: moving @champion of churn-classifier to version 1 failed: http://fake: the registry "
            "is read-only today (READ_ONLY)",
        )
    ]


LIES = {
    name: route
    for name, route in {**REDDENED, **ABORTS, **LATE}.items()
    if "plain" in route.modes and pytest.version_tuple[:2] >= route.since
}


@pytest.mark.parametrize("route", LIES.values(), ids=LIES)
def test_outputs_never_call_a_broken_session_promoted(job: Job, route: Route) -> None:
    """Broken off, or taken back after the model had moved: they say false, or nothing where nothing is left."""
    for name, text in route.files.items():
        job.inner.write(name, text)
    for name, value in route.environ.items():
        job.inner.monkeypatch.setenv(name, value)
    run = job.inner.gate if route.apart else job.inner.gate_here
    run("--mlflow-gate-ci-files", "ci", *route.arguments, **route.metrics)
    assert job.told().get("promoted", "false") == "false"
    variables = job.inner.path / "ci" / "gate.env"
    assert not variables.exists() or "PROMOTED=false\n" in variables.read_text(encoding="utf-8")


LEAVES = "import pytest\ndef pytest_sessionfinish(): pytest.exit('bye', returncode=0)\n"
# name: (file, its text, arguments), why nothing was promoted
BROKEN = {
    "collection-error": (
        ("test_broken.py", "1/0\n", ["test_broken.py"]),
        "not run: candidate[run], accuracy[min], f1[min] and 1 more (and 2 more reasons)",
    ),
    "interrupted": (
        ("test_c.py", "def test_c(): raise KeyboardInterrupt\n", ["test_c.py"]),
        "the session did not run to its end",
    ),
    "no-such-test": (("other.py", "", ["no_such_test.py"]), "the session did not run to its end"),
    "exit-at-session-finish": (
        ("conftest.py", LEAVES, []),
        "the session broke before it came to a decision",
    ),
}


@pytest.mark.parametrize(("scene", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_session_that_broke_says_so(job: Job, scene: tuple[str, str, list[str]], reason: str) -> None:
    """Later steps and people are told, although there was no decision."""
    file, text, arguments = scene
    job.inner.write(file, text)
    run = job.inner.gate if "Interrupt" in text else job.inner.gate_here
    assert run(*arguments).ret != 0
    told = job.told()
    assert (told["promoted"], told["promotion"], told["version"]) == ("false", "withheld", "")
    assert f"**NOT PROMOTED churn-classifier: {reason}**" in job.summary.read_text(encoding="utf-8")


def test_a_promotion_that_was_taken_back(job: Job) -> None:
    """The model had moved: outputs, summary and the files of the option say what is true now."""
    for file, text in REDDENED["set-in-unconfigure"].files.items():
        job.inner.write(file, text)
    result = job.inner.gate_here("--mlflow-gate-ci-files", "ci")
    assert result.ret == 3
    assert job.inner.moves()[: len(PROMOTED)] == PROMOTED
    told = job.told()
    assert (told["promoted"], told["promotion"], told["version"]) == ("false", "failed", "1")
    assert "**PROMOTION FAILED churn-classifier: put back" in job.summary.read_text(encoding="utf-8")
    assert ALIAS in annotated(result)
    folder = job.inner.path / "ci"
    assert "MLFLOW_GATE_PROMOTED=false\n" in (folder / "gate.env").read_text(encoding="utf-8")
    assert json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["gate.promoted"] is False
    assert 'mlflow_gate_promoted{gate="churn-classifier"} 0\n' in (folder / "metrics.txt").read_text(
        encoding="utf-8"
    )


def test_nothing_is_said_while_the_promotion_can_be_taken_back(job: Job) -> None:
    """Neither file is touched before every other plugin has had its last word."""
    job.inner.write(
        "conftest.py",
        "import os, pathlib, pytest\n"
        "@pytest.hookimpl(wrapper=True, tryfirst=True)\n"
        "def pytest_unconfigure():\n"
        "    yield\n"
        "    pathlib.Path('seen.txt').write_text(pathlib.Path(os.environ['GITHUB_OUTPUT']).read_text())\n",
    )
    assert job.inner.gate_here().ret == 0
    assert (job.inner.path / "seen.txt").read_text(encoding="utf-8") == "before=yes"
    assert job.told()["promoted"] == "true"


@pytest.mark.parametrize(
    ("variable", "consequence"),
    [("GITHUB_OUTPUT", "later steps get no outputs"), ("GITHUB_STEP_SUMMARY", "this step has no summary")],
)
def test_a_file_that_cannot_be_written(job: Job, variable: str, consequence: str) -> None:
    """One line says so; missing outputs keep a deploy step from running."""
    job.inner.monkeypatch.setenv(variable, str(job.inner.path))
    result = job.inner.gate_here()
    assert result.outlines[-1] == f"{variable}: cannot be written (Is a directory), {consequence}"
    assert (result.ret, job.inner.moves()) == (0, PROMOTED)


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({"GITHUB_ACTIONS": "false"}, id="other-value"),
        pytest.param({"GITHUB_ACTIONS": ""}, id="empty"),
        pytest.param({"GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": ""}, id="no-files"),
    ],
)
def test_outside_of_github_nothing_is_written(job: Job, environ: dict[str, str]) -> None:
    """A developer's session leaves no traces, and a runner without these files is no error."""
    for name, value in environ.items():
        job.inner.monkeypatch.setenv(name, value)
    result = job.inner.gate_here(*ALONE, accuracy=0.5)
    assert result.ret == 1
    assert job.told() == {}
    assert bool(annotated(result)) == (environ.get("GITHUB_ACTIONS") is None)


@pytest.mark.parametrize("arguments", [("--collect-only",), ("--fixtures",)])
def test_sessions_that_run_nothing_tell_nothing(job: Job, arguments: tuple[str, ...]) -> None:
    """There is no decision to tell."""
    job.inner.gate_here(*arguments)
    assert job.told() == {}


@pytest.mark.parametrize("arguments", [("-q",), ("-qq",), ("--no-summary", "--no-header"), ("--color=yes",)])
def test_annotations_of_a_quiet_session(job: Job, arguments: tuple[str, ...]) -> None:
    """They are for GitHub, which finds them in plain text at the beginning of a line."""
    assert annotated(job.inner.gate_here(*ALONE, *arguments, accuracy=0.5)) == [ACCURACY]


def test_without_a_terminal_there_are_files(job: Job) -> None:
    """Nothing is printed, and later steps know all the same."""
    result = job.inner.gate_here("-p", "no:terminal", accuracy=0.5)
    assert result.outlines == []
    assert job.told()["promoted"] == "false"


@pytest.mark.parametrize(
    ("workspace", "file"),
    [
        pytest.param("{folder}", "gates/eval_gate.yaml", id="root"),
        pytest.param("{folder}/gates", "eval_gate.yaml", id="deeper"),
        pytest.param("{folder}/elsewhere", "gates/eval_gate.yaml", id="not-in-the-workspace"),
        pytest.param("", "gates/eval_gate.yaml", id="unset"),
        pytest.param("{folder}/link/gates", "eval_gate.yaml", id="workspace-behind-a-link"),
    ],
)
def test_paths_are_the_repositorys(job: Job, workspace: str, file: str) -> None:
    """GitHub shows an annotation where it finds the file."""
    job.inner.write("gates/eval_gate.yaml", GATE)
    (job.inner.path / "link").symlink_to(job.inner.path)
    job.inner.monkeypatch.setenv("GITHUB_WORKSPACE", workspace.format(folder=job.inner.path))
    result = job.inner.run_here(*ALONE, "--mlflow-gate", "gates", accuracy=0.5)
    assert [found.properties["file"] for found in github_commands(result.outlines)] == [file]


def test_a_registry_elsewhere_has_the_versions_page(job: Job) -> None:
    """The link goes to the server that knows the version, without the credentials of its URI."""
    job.inner.write("eval_gate.yaml", f"registry_uri: http://canary-bob:canary-hunter2@registry\n{GATE}")
    job.inner.gate_here("--mlflow-gate-ci-files", "ci")
    summary = job.summary.read_text(encoding="utf-8")
    assert '<a href="http://registry/#/models/churn-classifier/versions/1">version 1 of' in summary
    assert "canary" not in summary + (job.inner.path / "ci" / "annotations.json").read_text(encoding="utf-8")


def test_credentials_are_in_none_of_them(job: Job) -> None:
    """Neither in the log nor in a file."""
    job.inner.write("eval_gate.yaml", GATE.replace("http://fake", "http://canary-bob:canary-hunter2@fake"))
    result = job.inner.gate_here("--mlflow-gate-ci-files", "ci", accuracy=0.5)
    texts = [result.stdout.str(), result.stderr.str(), job.summary.read_text(), job.outputs.read_text()]
    texts += [path.read_text(encoding="utf-8") for path in (job.inner.path / "ci").iterdir()]
    assert [text for text in texts if "canary" in text] == []
