"""Gate files as pytest nodes: which are collected, under which ids, and what a session without them pays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.pytest_glue.conftest import GATE, PROMOTED

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

IDS = [
    "eval_gate.yaml::churn-classifier::candidate[run]",
    "eval_gate.yaml::churn-classifier::accuracy[min]",
    "eval_gate.yaml::churn-classifier::f1[min]",
    "eval_gate.yaml::churn-classifier::latency_ms[max]",
]
TESTS = ["test_ordinary.py::test_one", "test_ordinary.py::test_two"]
PACKAGE_THAT_BREAKS = "raise RuntimeError('a gate must not import this')\n"
EVERY_KIND = """\
name: every kind
candidate: {run_id: r1}
thresholds:
  short: "> 0.5"
  all: {min: 1, max: 4, above: 0, below: 5, equals: 2, tolerance: 1}
  latency_ms:
    - {max: 120}
    - {max: 100, severity: warn}
  recall/eu: ">= 0.8"
  a.b-c d: ">= 1"
  cls::1: "<= 1"
  x[y]: "== 1"
"""


def collected(inner: Inner, *args: str) -> list[str]:
    """Return the ids that a session would run; it must not open a store."""
    result = inner.run_here("--collect-only", "-q", *args)
    assert result.ret == 0, result.stdout.str() + result.stderr.str()
    assert inner.opened == []
    return [line for line in result.outlines if "::" in line]


def test_ids_of_every_kind_of_check(inner: Inner) -> None:
    """A check's id is its file, its gate's name, its metric and its condition, in the order of the file."""
    inner.write("eval_gate.yaml", EVERY_KIND)
    start = "eval_gate.yaml::every kind::"
    assert [line.removeprefix(start) for line in collected(inner, "--mlflow-gate", "eval_gate.yaml")] == [
        "candidate[run]",
        "short[above]",
        "all[min]",
        "all[max]",
        "all[above]",
        "all[below]",
        "all[equals]",
        "latency_ms[max]",
        "latency_ms[max:warn]",
        "recall/eu[min]",
        "a.b-c d[min]",
        "cls:1[max]",
        "x(y)[equals]",
    ]


@pytest.mark.parametrize("name", ["name: churn gate\n", ""])
def test_ids_do_not_change_with_a_limit(inner: Inner, name: str) -> None:
    """Another limit, in another spelling, leaves history and quarantine lists of CI systems valid."""
    ids = []
    for threshold in ('">= 0.92"', "{min: 0.5, reason: we gave in}"):
        inner.write("eval_gate.yaml", name + GATE.replace('">= 0.92"', threshold))
        ids.append(collected(inner, "--mlflow-gate", "eval_gate.yaml"))
    assert ids[0] == ids[1]
    assert len(ids[0]) == 4


WAYS = {
    "gate-alone": (["--mlflow-gate", "eval_gate.yaml"], IDS),
    "with-equals-sign": (["--mlflow-gate=eval_gate.yaml"], IDS),
    "with-a-detour": (["--mlflow-gate", "./sub/../eval_gate.yaml"], IDS),
    "tests-first": (["test_ordinary.py", "--mlflow-gate", "eval_gate.yaml"], [*TESTS, *IDS]),
    "gate-first": (["--mlflow-gate", "eval_gate.yaml", "test_ordinary.py"], [*TESTS, *IDS]),
    "folder-that-holds-the-gate": ([".", "--mlflow-gate", "eval_gate.yaml"], [*IDS, *TESTS]),
    "the-same-file-twice": (
        ["--mlflow-gate", "eval_gate.yaml", "--mlflow-gate", "./eval_gate.yaml"],
        IDS,
    ),
    "the-same-file-as-argument": (["eval_gate.yaml", "--mlflow-gate", "eval_gate.yaml"], IDS),
    "a-link-to-the-same-file": (["--mlflow-gate", "eval_gate.yaml", "--mlflow-gate", "linked.yaml"], IDS),
    "a-link": (
        ["--mlflow-gate", "linked.yaml"],
        [name.replace("eval_gate.yaml", "linked.yaml") for name in IDS],
    ),
    "folder": (
        ["--mlflow-gate", "sub"],
        [
            *(
                name.replace("eval_gate.yaml", "sub/a.gate.yml").replace("churn-classifier", "a")
                for name in IDS
            ),
            *(
                name.replace("eval_gate.yaml", "sub/deep/b_gate.yaml").replace("churn-classifier", "b")
                for name in IDS
            ),
        ],
    ),
    "folder-that-pytest-does-not-enter": (
        ["test_ordinary.py", "--mlflow-gate", "build/gate.yaml"],
        [*TESTS, *(name.replace("eval_gate.yaml", "build/gate.yaml") for name in IDS)],
    ),
    "explicit-path": (["eval_gate.yaml"], IDS),
    "explicit-path-and-tests": (["test_ordinary.py", "eval_gate.yaml"], [*TESTS, *IDS]),
    "pasted-id": ([IDS[1]], [IDS[1]]),
    "pasted-id-of-the-gate": (["eval_gate.yaml::churn-classifier"], IDS),
    "pasted-id-beside-the-option": (["--mlflow-gate", "eval_gate.yaml", IDS[2]], [IDS[2]]),
    "nothing-asked": ([], TESTS),
    "current-folder": (["."], TESTS),
    "folder-with-gates": (["sub", "test_ordinary.py"], TESTS),
}


@pytest.mark.parametrize(("arguments", "expected"), WAYS.values(), ids=WAYS)
def test_what_is_collected(inner: Inner, arguments: list[str], expected: list[str]) -> None:
    """Each way to name a gate collects it once, offline, without touching what else the session runs."""
    inner.write("pytest.ini", "[pytest]\ntestpaths = test_ordinary.py\n")
    inner.write("sub/a.gate.yml", GATE.replace("model: churn-classifier", "model: a"))
    inner.write("sub/deep/b_gate.yaml", GATE.replace("model: churn-classifier", "model: b"))
    inner.write("sub/deep/gate.yaml.orig", "")
    inner.write("build/gate.yaml", GATE)
    (inner.path / "linked.yaml").symlink_to(inner.path / "eval_gate.yaml")
    assert collected(inner, *arguments) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--mlflow-gate", "package/gate.yaml"], id="option"),
        pytest.param(["package", "--mlflow-gate", "package/gate.yaml"], id="option-and-folder"),
        pytest.param(["package/gate.yaml"], id="explicit-path"),
    ],
)
def test_package_around_a_gate_is_not_imported(inner: Inner, arguments: list[str]) -> None:
    """A gate beside the training code runs without importing it."""
    inner.write("package/gate.yaml", GATE)
    inner.write("package/__init__.py", PACKAGE_THAT_BREAKS)
    result = inner.run_here(*arguments)
    assert result.ret == 0
    assert [line for line in result.outlines if line.startswith("package/gate.yaml ....")]


def test_gate_outside_of_the_root_folder(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate anywhere on the disk has ids that begin with the way there, and they can be pasted."""
    inner.write("project/pytest.ini", "[pytest]\n")
    monkeypatch.chdir(inner.path / "project")
    expected = [f"../{name}" for name in IDS]
    assert collected(inner, "--mlflow-gate", "../eval_gate.yaml", "--rootdir", ".") == expected
    assert collected(inner, f"../{IDS[1]}", "--rootdir", ".") == expected[1:2]


def test_nothing_else_runs(inner: Inner) -> None:
    """`pytest --mlflow-gate F` runs that gate: neither testpaths nor tests of the current folder."""
    inner.write("pytest.ini", "[pytest]\ntestpaths = test_ordinary.py\n")
    inner.write("test_bad.py", "def test_bad(): assert False\n")
    result = inner.gate_here()
    result.assert_outcomes(passed=4)
    assert inner.moves() == PROMOTED
    assert not [line for line in result.outlines if line.startswith("testpaths")]


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        pytest.param(["eval_gate.yaml"], 4, id="explicit-path"),
        pytest.param([IDS[1]], 1, id="pasted-id"),
        pytest.param(["test_ordinary.py", "eval_gate.yaml"], 6, id="with-tests"),
    ],
)
def test_explicit_path_judges_and_never_promotes(inner: Inner, arguments: list[str], passed: int) -> None:
    """Without the option a gate is a test like another: exit 0, and a skipped testcase says what promotes."""
    result = inner.run_here(*arguments, "-v")
    result.assert_outcomes(passed=passed, skipped=1)
    assert result.ret == 0
    assert inner.writes() == []
    assert result.outlines[-1] == (
        "DRY RUN churn-classifier: judged only, --mlflow-gate eval_gate.yaml promotes to churn-classifier @champion"
    )


def test_pasted_id_of_a_check_that_passes(inner: Inner) -> None:
    """It passes, whatever the gate's other checks would say: nobody asked for those."""
    result = inner.run_here(IDS[1], latency_ms=1000.0)
    result.assert_outcomes(passed=1, skipped=1)
    assert (result.ret, inner.writes()) == (0, [])


def test_explicit_path_that_fails(inner: Inner) -> None:
    """A pasted id of a failing check fails as it did, and nothing moves."""
    result = inner.run_here(IDS[1], accuracy=0.5)
    result.assert_outcomes(failed=1, skipped=1)
    assert result.ret == 1
    assert inner.writes() == []


@pytest.mark.parametrize("workers", ["-n1", "-n2"])
def test_ids_are_the_same_on_workers(inner: Inner, workers: str) -> None:
    """Under xdist every check has the id that it has without."""
    result = inner.run(".", "--mlflow-gate", "eval_gate.yaml", "-rA", workers)
    passed = {line.removeprefix("PASSED ") for line in result.outlines if line.startswith("PASSED ")}
    assert passed == {*IDS, *TESTS}


FOREIGN = """
def pytest_collection_modifyitems(items):
    for item in items:
        assert "db" not in item.fixturenames
        item.funcargs.get("db")
        assert item.get_closest_marker("db") is None
def pytest_runtest_setup(item):
    assert "db" not in item.fixturenames
"""
AUTOUSE = """
import pytest
@pytest.fixture(autouse=True)
def database(): raise RuntimeError("not for gates")
"""


@pytest.mark.parametrize(
    "conftest", [pytest.param(FOREIGN, id="fixturenames"), pytest.param(AUTOUSE, id="autouse-fixture")]
)
def test_conftests_made_for_python_tests(inner: Inner, conftest: str) -> None:
    """Other people's conftests, which expect functions, neither break a gate nor are run for it."""
    inner.write("conftest.py", conftest)
    assert inner.gate_here().ret == 0


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param(["-m", "mlflow_gate"], IDS, id="marker"),
        pytest.param(["-m", "not mlflow_gate"], TESTS, id="not-marker"),
        pytest.param(["-k", "accuracy"], IDS[1:2], id="metric"),
        pytest.param(["-k", "churn-classifier"], IDS, id="gate"),
        pytest.param(["--deselect", IDS[1]], [*TESTS, IDS[0], *IDS[2:]], id="deselect"),
    ],
)
def test_selection(inner: Inner, expression: list[str], expected: list[str]) -> None:
    """Checks can be selected like any other test; the marker is registered, also under --strict-markers."""
    arguments = ["test_ordinary.py", "--mlflow-gate", "eval_gate.yaml", "--strict-markers"]
    assert collected(inner, *arguments, *expression) == expected


@pytest.mark.parametrize("arguments", [["--mlflow-gate", "eval_gate.yaml"], ["eval_gate.yaml"]])
def test_last_failed_selects_the_check_that_failed(inner: Inner, arguments: list[str]) -> None:
    """`--lf` runs the failed check and nothing else; the promotion's testcase is none that it remembers."""
    inner.run_here(*arguments, accuracy=0.5)
    cache = (inner.path / ".pytest_cache/v/cache/lastfailed").read_text(encoding="utf-8")
    assert cache == f'{{\n  "{IDS[1]}": true\n}}'
    result = inner.run_here("--collect-only", "-q", "--lf", *arguments)
    assert [line for line in result.outlines if "::" in line] == [IDS[1]]


def test_last_failed_forgets_a_refused_promotion(inner: Inner) -> None:
    """A promotion that was withheld though all tests passed leaves nothing for `--lf`."""
    assert inner.gate_here("-k", "accuracy").ret == 1
    assert not (inner.path / ".pytest_cache/v/cache/lastfailed").exists()


# A session without a gate

PROBE = """
import sys, pytest
status = pytest.main(sys.argv[1:])
print("loaded:", sorted({name.partition(".")[0] for name in sys.modules} & {"yaml", "msgspec", "requests", "mlflow"}))
print("ours:", sorted(name for name in sys.modules if name.startswith("pytest_mlflow_gate")))
sys.exit(status)
"""


def probe(inner: Inner, *args: str) -> list[str]:
    """Run a session in a process of its own, without other plugins, and return its lines."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-c", PROBE, "-p", "no:cacheprovider", *args]
    done = subprocess.run(
        command, cwd=inner.path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return [re.sub(r"in \d+\.\d+s", "in TIME", line) for line in done.stdout.splitlines()]


def test_session_without_gate_pays_nothing(inner: Inner) -> None:
    """Without the option the output is the same, no library is loaded, and of ours a few small modules."""
    without = probe(inner)
    installed = probe(inner, "-p", "pytest_mlflow_gate.plugin")
    assert installed[:-1] == without[:-1]
    assert "loaded: []" in installed
    small = ("endings", "fixtures", "hookspecs", "options", "plugin")
    ours = ["pytest_mlflow_gate", *(f"pytest_mlflow_gate.{module}" for module in small)]
    assert installed[-1] == f"ours: {ours}"


def test_collecting_a_gate_loads_neither_mlflow_nor_an_http_client(inner: Inner) -> None:
    """Editors collect all the time."""
    lines = probe(
        inner, "-p", "pytest_mlflow_gate.plugin", "--collect-only", "-q", "--mlflow-gate", "eval_gate.yaml"
    )
    assert "loaded: ['msgspec', 'yaml']" in lines


@pytest.mark.parametrize(
    "mode", ["--fixtures", "--fixtures-per-test", "--markers", "--cache-show", "--collect-only"]
)
def test_modes_that_run_nothing_need_no_tracking_uri(inner: Inner, mode: str) -> None:
    """A session that judges nothing asks nobody, and reports no promotion."""
    inner.write("eval_gate.yaml", GATE.replace("tracking_uri: http://fake\n", ""))
    result = inner.gate_here(mode)
    assert result.ret == 0
    assert inner.opened == []
    assert "promotion" not in result.stdout.str().replace("mlflow_gate", "")
