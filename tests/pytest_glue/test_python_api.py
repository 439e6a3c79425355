"""The fixtures and the marker: what Python tests get of the gates of their session."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import pytest_mlflow_gate
from tests.pytest_glue.conftest import GATE, PROMOTED

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

PROCESSES = pytest.mark.parametrize("processes", [(), ("-n1",)], ids=["plain", "xdist"])
BOTH = ("--mlflow-gate", "eval_gate.yaml", "--mlflow-gate", "fraud_gate.yaml")
FRAUD = GATE.replace("churn-classifier", "fraud")
CHAMPION = {"churn-classifier": {"versions": 1, "aliases": {"champion": "1"}}}
COMPARING = GATE + "baseline: {missing: %s}\n"

CANDIDATE = """\
import sys

def test_candidate(mlflow_gate_candidate):
    assert mlflow_gate_candidate.run_id == "r1"
    assert mlflow_gate_candidate.metrics == {"accuracy": 0.93, "f1": 0.9, "latency_ms": 110.0}
    assert (mlflow_gate_candidate.params, mlflow_gate_candidate.tags) == ({}, {})
    assert mlflow_gate_candidate.model_uri == "models:/m-1"
    assert "mlflow" not in sys.modules
"""
BASELINE = """\
def test_baseline(mlflow_gate_baseline):
    assert mlflow_gate_baseline.model_uri == "models:/churn-classifier/1"
    assert mlflow_gate_baseline.metrics["accuracy"] == 0.93
"""
NO_BASELINE = "def test_baseline(mlflow_gate_baseline): assert mlflow_gate_baseline is None\n"
MODEL = "def test_model(mlflow_gate_model): pass\n"


def failed_with(result: pytest.RunResult, text: str) -> None:
    """Assert that a session failed, and that it shows *text* on a line of its own."""
    assert result.ret == 1, result.stdout.str()
    assert text in [line.removeprefix("E   ").strip() for line in result.outlines], result.stdout.str()


@PROCESSES
def test_candidate(inner: Inner, processes: tuple[str, ...]) -> None:
    """A test sees the candidate's numbers without MLflow being imported, and the gate promotes."""
    inner.write("test_candidate.py", CANDIDATE)
    result = inner.gate("test_candidate.py", *processes)
    assert result.ret == 0, result.stdout.str()
    assert inner.moves() == PROMOTED


@PROCESSES
@pytest.mark.parametrize(
    ("gate", "registry", "test"),
    [
        pytest.param(COMPARING % "fail", True, BASELINE, id="there"),
        pytest.param(COMPARING % "bootstrap", False, NO_BASELINE, id="excused"),
        pytest.param(GATE, True, NO_BASELINE, id="gate-without-one"),
    ],
)
def test_baseline(inner: Inner, processes: tuple[str, ...], gate: str, registry: bool, test: str) -> None:
    """A test gets the baseline of the gate file though no check compares, or None where that is excused."""
    inner.write("eval_gate.yaml", gate)
    inner.write("test_baseline.py", test)
    if registry:
        inner.registry(**CHAMPION)
    result = inner.gate("test_baseline.py", *processes)
    assert result.ret == 0, result.stdout.str()


@PROCESSES
def test_failing_test_withholds(inner: Inner, processes: tuple[str, ...]) -> None:
    """A Python test is part of everything that has to pass."""
    inner.write(
        "test_python.py",
        "def test_it(mlflow_gate_candidate): assert mlflow_gate_candidate.metrics['f1'] > 1\n",
    )
    result = inner.gate("test_python.py", *processes)
    assert result.ret == 1
    assert inner.moves() == []


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("def test_it(mlflow_gate_candidate): pass\n", id="fixture"),
        pytest.param("def test_it(request): request.getfixturevalue('mlflow_gate_candidate')\n", id="at-run-time"),
    ],
)  # fmt: skip
def test_gate_that_only_python_tests_need(inner: Inner, test: str) -> None:
    """With all checks deselected a test still gets its candidate; nothing is promoted."""
    inner.write("test_python.py", test)
    result = inner.gate_here("test_python.py", "-k", "test_it")
    result.assert_outcomes(passed=1, failed=1, deselected=4)
    assert "eval_gate.yaml::churn-classifier::promotion F" in result.stdout.str()
    assert inner.moves() == []


def test_candidates_of_python_tests_are_found_before_anything_runs(inner: Inner) -> None:
    """All tests of a session see what there was when it began."""
    inner.write(
        "test_python.py",
        "def test_early(): assert open('opened.log').read()\ndef test_late(mlflow_gate_candidate): pass\n",
    )
    inner.gate_here("test_python.py", "-k", "test_early or test_late").assert_outcomes(
        passed=2, failed=1, deselected=4
    )


def test_fixtures_of_any_scope_build_on_ours(inner: Inner) -> None:
    """With one gate our fixtures have session scope."""
    inner.write(
        "test_python.py",
        "import pytest\n"
        "@pytest.fixture(scope='session')\n"
        "def f1(mlflow_gate_candidate): return mlflow_gate_candidate.metrics['f1']\n"
        "def test_it(f1): assert f1 == 0.9\n",
    )
    assert inner.gate_here("test_python.py").ret == 0


# Which gate

NAMED = "import pytest\n%s\ndef test_it(mlflow_gate_candidate): pass\n"


@PROCESSES
def test_marker_says_which_gate(inner: Inner, processes: tuple[str, ...]) -> None:
    """With several gates a test, a class or a module names its own."""
    inner.write("fraud_gate.yaml", FRAUD.replace("alias: champion", "alias: champion\n  artifact: tree"))
    inner.write(
        "test_python.py",
        "import pytest\n"
        "@pytest.mark.mlflow_gate('churn-classifier')\n"
        "class TestChurn:\n"
        "    def test_it(self, mlflow_gate_candidate):\n"
        "        assert mlflow_gate_candidate.model_uri == 'models:/m-1'\n"
        "    @pytest.mark.mlflow_gate('fraud')\n"
        "    def test_other(self, mlflow_gate_candidate):\n"
        "        assert mlflow_gate_candidate.model_uri == 'runs:/r1/tree'\n",
    )
    result = inner.run(*BOTH, "test_python.py", "--strict-markers", "--mlflow-gate-promote=never", *processes)
    assert result.ret == 0, result.stdout.str()


@pytest.mark.parametrize(
    ("gates", "marker", "text"),
    [
        pytest.param(BOTH, "", 'this session has 2 gates (churn-classifier, fraud), say which one this test is about: @pytest.mark.mlflow_gate("churn-classifier")', id="none-of-several"),
        pytest.param(BOTH, "@pytest.mark.mlflow_gate", 'this session has 2 gates (churn-classifier, fraud), say which one this test is about: @pytest.mark.mlflow_gate("churn-classifier")', id="without-a-name"),
        pytest.param(BOTH, "@pytest.mark.mlflow_gate('frand')", "no gate of this session is called 'frand', did you mean 'fraud'?", id="misspelt"),
        pytest.param(BOTH, "@pytest.mark.mlflow_gate('x')", "no gate of this session is called 'x', it has churn-classifier, fraud", id="unknown"),
        pytest.param(BOTH[:2], "@pytest.mark.mlflow_gate('fraud')", "no gate of this session is called 'fraud', it has churn-classifier", id="another-than-the-only-one"),
        pytest.param(BOTH, "@pytest.mark.mlflow_gate('fraud', 'churn')", 'the marker mlflow_gate takes the name of one gate: @pytest.mark.mlflow_gate("churn-classifier")', id="two-names"),
        pytest.param(BOTH, "@pytest.mark.mlflow_gate(name='fraud')", 'the marker mlflow_gate takes the name of one gate: @pytest.mark.mlflow_gate("churn-classifier")', id="keyword"),
        pytest.param(BOTH, "@pytest.mark.mlflow_gate(7)", 'the marker mlflow_gate takes the name of one gate: @pytest.mark.mlflow_gate("churn-classifier")', id="number"),
    ],
)  # fmt: skip
def test_marker_that_does_not_say(inner: Inner, gates: tuple[str, ...], marker: str, text: str) -> None:
    """A test that says no gate of the session fails in one line, and withholds."""
    inner.write("fraud_gate.yaml", FRAUD)
    inner.write("test_python.py", NAMED % marker)
    failed_with(inner.run_here(*gates, "test_python.py"), text)
    assert inner.moves() == []


def test_marker_of_another_gate_counts_without_a_fixture(inner: Inner) -> None:
    """A fixture that is asked for at run time cannot give the candidate of another gate."""
    inner.write(
        "test_python.py",
        "import pytest\n"
        "@pytest.mark.mlflow_gate('fraud')\n"
        "def test_it(request): request.getfixturevalue('mlflow_gate_candidate')\n",
    )
    text = "no gate of this session is called 'fraud', it has churn-classifier"
    failed_with(inner.gate_here("test_python.py"), text)


# What there is not


@PROCESSES
@pytest.mark.parametrize(
    ("gate", "test", "text"),
    [
        pytest.param(
            GATE.replace("run_id: r1", "run_id: r7"),
            CANDIDATE,
            "no candidate for gate churn-classifier: no run 'r7' at fake://store: check candidate.run_id "
            "and tracking_uri",
            id="candidate",
        ),
        pytest.param(
            COMPARING % "fail",
            NO_BASELINE,
            "no baseline for gate churn-classifier: there is no registered model 'churn-classifier': "
            "add baseline.missing: bootstrap if the first has nothing to beat",
            id="baseline",
        ),
    ],
)
def test_nothing_to_give(inner: Inner, processes: tuple[str, ...], gate: str, test: str, text: str) -> None:
    """A test that asks for what is not there fails in one line that says why."""
    inner.write("eval_gate.yaml", gate)
    inner.write("test_python.py", test)
    failed_with(inner.gate("test_python.py", *processes), text)
    assert inner.moves() == []


@pytest.mark.parametrize(
    ("models", "text"),
    [
        pytest.param("m-1 m-2", "gate churn-classifier: run r1 has several logged models, name one with promote.artifact or candidate.model_id", id="several"),
        pytest.param("", "gate churn-classifier: run r1 has no logged model, log one with log_model", id="none"),
    ],
)  # fmt: skip
def test_no_model_to_load(inner: Inner, models: str, text: str) -> None:
    """Where nobody knows which model is meant, the text has the remedy."""
    inner.monkeypatch.setenv("FAKE_MODELS", models)
    inner.write("test_python.py", MODEL)
    failed_with(inner.gate_here("test_python.py"), text)


def test_session_without_a_gate(inner: Inner) -> None:
    """Tests that need a gate are skipped with the remedy; the marker is known all the same."""
    inner.write(
        "test_python.py",
        "import pytest\n"
        "@pytest.mark.mlflow_gate('churn')\n"
        "def test_marked(): pass\n"
        + "".join(
            f"def test_{name}(mlflow_gate_{name}): pass\n" for name in ("candidate", "baseline", "model")
        ),
    )
    result = inner.run_here("test_python.py", "--strict-markers", "-rs")
    result.assert_outcomes(passed=1, skipped=3)
    assert "needs a gate: add --mlflow-gate PATH" in result.stdout.str()


# Selection


@PROCESSES
@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        pytest.param("mlflow_gate", ["test_fixture", "test_marked"], id="gates"),
        pytest.param("not mlflow_gate", ["test_other"], id="the-rest"),
    ],
)
def test_selection_by_marker(
    inner: Inner, processes: tuple[str, ...], expression: str, passed: list[str]
) -> None:
    """`-m mlflow_gate` selects all that is about gates: the checks, and the tests that use or name one."""
    inner.write(
        "test_python.py",
        "import pytest\n"
        "def test_fixture(mlflow_gate_candidate): pass\n"
        "@pytest.mark.mlflow_gate('churn-classifier')\n"
        "def test_marked(): pass\n"
        "def test_other(): pass\n",
    )
    result = inner.gate("test_python.py", "-m", expression, "-rA", *processes)
    lines = [line.rpartition("::")[2] for line in result.outlines if line.startswith("PASSED test_python")]
    assert sorted(lines) == passed
    assert result.ret == (0 if expression == "mlflow_gate" else 1)


# Names


def test_public_names() -> None:
    """Every public name can be imported, is documented, and is listed by dir()."""
    assert sorted(pytest_mlflow_gate.__all__) == pytest_mlflow_gate.__all__
    for name in pytest_mlflow_gate.__all__:
        assert getattr(pytest_mlflow_gate, name).__doc__
    assert set(pytest_mlflow_gate.__all__) <= set(dir(pytest_mlflow_gate))
    with pytest.raises(AttributeError, match="module 'pytest_mlflow_gate' has no attribute 'Nothing'"):
        pytest_mlflow_gate.Nothing  # noqa: B018


def test_importing_the_package_costs_nothing() -> None:
    """The names are there before anything behind them is loaded."""
    code = (
        "import sys, pytest_mlflow_gate\n"
        "print(sorted(name for name in sys.modules if name.startswith('pytest_mlflow_gate')))\n"
        "from pytest_mlflow_gate import Condition\n"
        "print(sorted({'mlflow', 'requests', 'yaml', 'pytest'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['pytest_mlflow_gate']", "[]"]
