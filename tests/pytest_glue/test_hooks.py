"""The hooks: conditions of other packages, vetoes, and who hears of a promotion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pytest_glue.conftest import GATE, PROMOTED

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

PACKAGE = Path(__file__).parents[1] / "plugin_package"
BATCH = GATE.replace('f1: ">= 0.85"', "batch: {divisible_by: 64, reason: the cards like it}")
SECOND = GATE.replace("alias: champion", "alias: shadow").replace(
    "tracking_uri", "name: second\ntracking_uri"
)
PROCESSES = pytest.mark.parametrize("processes", [(), ("-n1",)], ids=["plain", "xdist"])

ADDS = """\
from pytest_mlflow_gate import Condition, cannot_judge, compare, found

def judge(check, snapshot):
    return compare(check, snapshot, requirement=f"at {check.limit}", margin=lambda value: -abs(value - check.limit))

def condition(name="at", **changes):
    return Condition(**{"name": name, "description": "Exactly there.", "judge": judge, **changes})

def pytest_mlflow_gate_check():
"""
VETO = "def pytest_mlflow_gate_promoting(gate, plan):\n    %s\n"
HEARS = """\
def pytest_mlflow_gate_promoted(gate, result):
    with open("heard.log", "a") as log:
        log.write(f"{gate.name} {result.status} {result.previous_version} -> {result.version}\\n")
"""


@pytest.fixture(scope="session")
def installed_plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the example plugin's wheel is installed in."""
    folder = tmp_path_factory.mktemp("plugin")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(PACKAGE)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    # For a wheel without scripts this is all that installing is.
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def with_plugin(inner: Inner, installed_plugin: Path) -> Inner:
    """Return a folder whose gate uses the condition of an installed plugin."""
    paths = os.pathsep.join((str(installed_plugin), os.environ["PYTHONPATH"]))
    inner.monkeypatch.setenv("PYTHONPATH", paths)
    inner.write("eval_gate.yaml", BATCH)
    return inner


def heard(inner: Inner) -> list[str]:
    """Return what conftest files were told of promotions."""
    log = inner.path / "heard.log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


# Conditions


@PROCESSES
def test_condition_of_an_installed_plugin(with_plugin: Inner, processes: tuple[str, ...]) -> None:
    """A gate promotes with it, also where an xdist worker judges it."""
    result = with_plugin.gate("-v", *processes, batch=128.0)
    assert result.ret == 0
    assert "PASSED (128 divisible by 64)" in result.stdout.str()
    assert with_plugin.moves() == PROMOTED


@PROCESSES
def test_condition_of_an_installed_plugin_fails(with_plugin: Inner, processes: tuple[str, ...]) -> None:
    """A gate does not promote without it, and the line reads like that of any other condition."""
    result = with_plugin.gate(*processes, batch=130.0)
    assert result.ret == 1
    text = "batch is 130, must be divisible by 64, because: the cards like it (eval_gate.yaml:6)"
    assert text in result.outlines
    assert with_plugin.moves() == []


@PROCESSES
def test_judge_that_breaks(with_plugin: Inner, processes: tuple[str, ...]) -> None:
    """A check whose judge raises cannot be judged, in one line that names the plugin."""
    with_plugin.write("eval_gate.yaml", BATCH.replace("64", "0"))
    result = with_plugin.gate(*processes, batch=130.0)
    assert result.ret == 1
    (line,) = [line for line in result.outlines if line.startswith("cannot judge batch: ")]
    assert line.startswith(
        "cannot judge batch: divisible_by of plugin divisible failed with InvalidOperation: "
    )
    assert line.endswith(", because: the cards like it; mend the plugin, or change line 6 (eval_gate.yaml:6)")
    assert with_plugin.moves() == []


def test_misspelt_condition_of_an_installed_plugin(with_plugin: Inner) -> None:
    """The messages of a wrong file know the key, in pytest and in the commands."""
    with_plugin.write("eval_gate.yaml", BATCH.replace("divisible_by", "divisable_by"))
    text = (
        "eval_gate.yaml:6: thresholds.batch: unknown condition 'divisable_by', did you mean 'divisible_by'?"
    )
    result = with_plugin.gate()
    assert (result.ret, text in result.stderr.str()) == (4, True)
    done = command(with_plugin, "validate", "eval_gate.yaml")
    assert (done.returncode, done.stderr.splitlines()) == (1, [text])


def test_commands_know_installed_plugins(with_plugin: Inner) -> None:
    """Without pytest: the schema lists the key, a file that uses it is right, and approve loads it."""
    done = command(with_plugin, "validate", "eval_gate.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "eval_gate.yaml: ok (4 checks)\n", "")
    schema = json.loads(command(with_plugin, "schema").stdout)
    assert "The metric has to be a multiple of this." in json.dumps(schema)
    done = command(with_plugin, "approve", "eval_gate.yaml", "--by", "alice")
    text = "eval_gate.yaml: promote.approval is none, so no promotion of this gate needs a human\n"
    assert (done.returncode, done.stderr) == (1, text)


def test_command_with_a_broken_plugin(with_plugin: Inner, tmp_path: Path) -> None:
    """A plugin that cannot be imported is named in one line."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "pytest_divisible.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    with_plugin.monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(broken), os.environ["PYTHONPATH"])))
    done = command(with_plugin, "validate", "eval_gate.yaml")
    text = (
        "plugin divisible: pytest_mlflow_gate_check failed with ModuleNotFoundError: "
        "No module named 'nothing_of_this_name'\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", text)


def test_condition_of_a_conftest_file(inner: Inner) -> None:
    """A project needs no package for a condition of its own."""
    inner.write("conftest.py", f"{ADDS}    return [condition(), condition('on')]\n")
    inner.write("eval_gate.yaml", GATE.replace('">= 0.85"', "{at: 0.9, on: 0.9}"))
    result = inner.gate_here("-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*f1?at? PASSED (0.9 at 0.9)*", "*f1?on? PASSED (0.9 at 0.9)*"])


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param("'at'", "pytest_mlflow_gate_check returned str, return a Condition or a list of them", id="text"),
        pytest.param("[condition(), judge]", "pytest_mlflow_gate_check returned function, return a Condition or a list of them", id="function-in-a-list"),
        pytest.param("condition('min')", "condition 'min' exists already, choose another name", id="built-in"),
        pytest.param("[condition(), condition()]", "condition 'at' exists already in plugin conftest.py, choose another name", id="twice"),
        pytest.param("condition('tolerance')", "condition 'tolerance' is a setting of every threshold already, choose another name", id="setting"),
        pytest.param("condition('max psi')", "condition 'max psi' is no identifier, choose a name such as max_psi", id="blank"),
        pytest.param("condition('if')", "condition 'if' is no identifier, choose a name such as max_psi", id="keyword"),
        pytest.param("condition(7)", "condition 7 is no identifier, choose a name such as max_psi", id="number"),
        pytest.param("condition(symbol='~')", "condition 'at' has the symbol '~', and short forms are the language's own: leave it out", id="symbol"),
        pytest.param("condition(unit='bits')", "condition 'at' has the unit 'bits', write one of metric, change, share", id="unit"),
        pytest.param("condition(side='left')", "condition 'at' has the side 'left', write lower or upper, or leave it out", id="side"),
        pytest.param("condition(needs=frozenset({'luck'}))", "condition 'at' needs luck, write some of baseline, cohorts, trials", id="needs"),
        pytest.param("1 / 0", "pytest_mlflow_gate_check failed with ZeroDivisionError: division by zero", id="exception"),
    ],
)  # fmt: skip
def test_condition_that_cannot_be_added(inner: Inner, answer: str, text: str) -> None:
    """What a plugin does wrong is a usage error in one line that names it, before anything runs."""
    inner.write("conftest.py", f"{ADDS}    return {answer}\n")
    result = inner.gate_here()
    assert (result.ret, result.errlines) == (4, [f"ERROR: plugin conftest.py: {text}", ""])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param("None", "at of plugin conftest.py did not return a finding of this check: make it with compare, found or cannot_judge", id="nothing"),
        pytest.param("compare(check._replace(name='accuracy[min]'), snapshot, requirement='', margin=abs)", "at of plugin conftest.py did not return a finding of this check: make it with compare, found or cannot_judge", id="of-another-check"),
        pytest.param("found(check, 'failed', 'no')._replace(severity='warn')", "at of plugin conftest.py did not return a finding of this check: make it with compare, found or cannot_judge", id="milder"),
        pytest.param("found(check, 'exempt', 'never mind')", "at of plugin conftest.py found 'exempt', which is none of passed, failed, unevaluable; mend the plugin, or change line 6", id="excused"),
        pytest.param("cannot_judge(check, 'it is Sunday')", "it is Sunday", id="its-own-reason"),
    ],
)  # fmt: skip
def test_judge_that_answers_something_else(inner: Inner, answer: str, why: str) -> None:
    """A judge lets pass only by a finding of the check that it was asked about."""
    adds = ADDS.replace("    return compare", f"    return {answer}\n    return compare")
    inner.write("conftest.py", f"{adds}    return condition()\n")
    inner.write("eval_gate.yaml", GATE.replace('">= 0.85"', "{at: 0.9}"))
    result = inner.gate_here()
    assert result.ret == 1
    assert f"cannot judge f1: {why} (eval_gate.yaml:6)" in result.outlines
    assert inner.moves() == []


# Vetoes


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("return 'frozen until\\nMonday'", "vetoed by plugin conftest.py: frozen until Monday", id="reason"),
        pytest.param("return ''", "vetoed by plugin conftest.py: it gives no reason", id="empty-reason"),
        pytest.param("return f'{gate.name} {plan.version} {plan.previous_version} {plan.model} {plan.alias} {plan.stage}'", "vetoed by plugin conftest.py: churn-classifier None 1 churn-classifier champion None", id="what-it-sees"),
        pytest.param("return f'{plan.candidate.run_id} {plan.candidate.model_uri} {len(plan.findings)}'", "vetoed by plugin conftest.py: r1 models:/m-1 4", id="candidate-and-findings"),
        pytest.param("raise ValueError('no calendar')", "pytest_mlflow_gate_promoting of plugin conftest.py failed with ValueError: no calendar", id="exception"),
        pytest.param("import pytest; pytest.fail('stop')", "pytest_mlflow_gate_promoting of plugin conftest.py failed with Failed: stop", id="pytest-fail"),
        pytest.param("import pytest; pytest.exit('stop', 0)", "pytest_mlflow_gate_promoting of plugin conftest.py failed with Exit: stop", id="pytest-exit"),
        pytest.param("return 'ask s3cret-word'", "vetoed by plugin conftest.py: ask ***", id="secret-in-a-reason"),
        pytest.param("return True", "pytest_mlflow_gate_promoting of plugin conftest.py returned bool, neither a reason nor None", id="true"),
        pytest.param("return False", "pytest_mlflow_gate_promoting of plugin conftest.py returned bool, neither a reason nor None", id="false"),
        pytest.param("raise OSError('https://bob:s3cret-word@mlflow is down')", "pytest_mlflow_gate_promoting of plugin conftest.py failed with OSError: https://***@mlflow is down", id="secret"),
    ],
)  # fmt: skip
def test_veto(inner: Inner, answer: str, reason: str) -> None:
    """A plugin's reason, or its failure, refuses the promotion before anything is written."""
    inner.monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "s3cret-word")
    inner.registry(**{"churn-classifier": {"versions": 1, "aliases": {"champion": "1"}}})
    inner.write("conftest.py", VETO % answer)
    result = inner.gate_here("--junitxml=junit.xml", "--mlflow-gate-decision", "decision.json")
    assert (result.ret, result.outlines[-1]) == (1, f"NOT PROMOTED churn-classifier: {reason}")
    assert inner.writes() == []
    assert 'failures="1"' in (inner.path / "junit.xml").read_text(encoding="utf-8")
    document = json.loads((inner.path / "decision.json").read_text(encoding="utf-8"))
    assert '"refused"' in json.dumps(document)


@pytest.mark.parametrize(
    ("policy", "moves", "other"),
    [
        pytest.param("all", [], "withheld", id="all"),
        pytest.param(
            "each", [line.replace("champion", "shadow") for line in PROMOTED], "promoted", id="each"
        ),
    ],
)
def test_veto_of_one_gate(inner: Inner, policy: str, moves: list[str], other: str) -> None:
    """Under `all` the veto of one gate withholds all; under `each` the others go on."""
    inner.write("second_gate.yaml", SECOND)
    inner.write("conftest.py", VETO % "return 'frozen' if gate.name == 'churn-classifier' else None" + HEARS)
    result = inner.gate_here("--mlflow-gate", "second_gate.yaml", "--mlflow-gate-promote", policy)
    assert result.ret == 1
    assert "NOT PROMOTED churn-classifier: vetoed by plugin conftest.py: frozen" in result.outlines
    assert inner.moves() == moves
    assert heard(inner) == (["second promoted None -> 1"] if other == "promoted" else [])


@pytest.mark.parametrize(
    ("arguments", "metrics"),
    [
        pytest.param(("--mlflow-gate-promote", "never"), {}, id="dry-run"),
        pytest.param((), {"accuracy": 0.5}, id="failed-check"),
        pytest.param(("-k", "accuracy"), {}, id="not-all-ran"),
    ],
)
def test_no_veto_is_asked_where_nothing_moves(
    inner: Inner, arguments: tuple[str, ...], metrics: dict[str, float]
) -> None:
    """A session that promotes nothing asks nobody."""
    inner.write("conftest.py", VETO % "open('asked.log', 'w').close()")
    inner.gate_here(*arguments, **metrics)
    assert not (inner.path / "asked.log").exists()


# Hearing of promotions


@PROCESSES
def test_promoted(inner: Inner, processes: tuple[str, ...]) -> None:
    """A promotion that stands is told once, by the process that decides."""
    inner.registry(**{"churn-classifier": {"versions": 1, "aliases": {"champion": "1"}}})
    inner.write("conftest.py", HEARS)
    assert inner.gate(*processes).ret == 0
    assert heard(inner) == ["churn-classifier promoted 1 -> 2"]


def test_promoted_that_breaks(inner: Inner) -> None:
    """An exception is one line after the outcome, undoes nothing, and the others hear of it too."""
    inner.write("conftest.py", HEARS)
    inner.write("sub/conftest.py", "def pytest_mlflow_gate_promoted(gate, result):\n    1 / 0\n")
    inner.write("sub/test_more.py", "def test_more(): pass\n")
    result = inner.gate_here("sub", "test_ordinary.py")
    told = (
        "mlflow-gate: churn-classifier: pytest_mlflow_gate_promoted of plugin sub/conftest.py failed with "
        "ZeroDivisionError: division by zero; the promotion stands"
    )
    assert result.ret == 0
    assert result.outlines[-2:] == ["PROMOTED: churn-classifier version 1 is now @champion", told]
    assert inner.moves() == PROMOTED
    assert heard(inner) == ["churn-classifier promoted None -> 1"]


@pytest.mark.parametrize(
    ("code", "metrics"),
    [
        pytest.param("", {"accuracy": 0.5}, id="rejected"),
        pytest.param("def pytest_unconfigure(config): raise RuntimeError\n", {}, id="put-back"),
    ],
)
def test_nobody_hears_of_what_does_not_stand(inner: Inner, code: str, metrics: dict[str, float]) -> None:
    """Neither a rejection nor a promotion that was put back is told."""
    inner.write("conftest.py", HEARS + code)
    assert inner.gate("-p", "no:cacheprovider", **metrics).ret != 0
    assert heard(inner) == []


def command(inner: Inner, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m pytest_mlflow_gate`` in the folder, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest_mlflow_gate", *words],
        cwd=inner.path,
        capture_output=True,
        text=True,
        check=False,
    )
