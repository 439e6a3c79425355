"""The file of pytest-json-report: each check's numbers, the whole decision, and true after the model moved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.pytest_glue.conftest import GATE, PROMOTED

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

FILES = ("--json-report", "--json-report-file=report.json", "--mlflow-gate-decision=decision.json")
WORKERS = [pytest.param([], id="plain"), pytest.param(["-n1"], id="n1"), pytest.param(["-n2"], id="n2")]
TURNS_RED = "def pytest_sessionstart(session): globals()['session'] = session\ndef pytest_unconfigure(): session.exitstatus = 7\n"


def read(inner: Inner, name: str = "report.json") -> dict[str, Any]:
    """Return a file's content, which is JSON as every reader knows it: without NaN."""
    text = (inner.path / name).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
    return content


def found(inner: Inner) -> dict[str, Any]:
    """Return what each testcase's metadata holds of ours."""
    return {
        test["nodeid"].rpartition("::")[2]: test.get("metadata", {}).get("mlflow_gate")
        for test in read(inner)["tests"]
    }


@pytest.mark.parametrize("workers", WORKERS)
def test_each_check_has_its_numbers(inner: Inner, workers: list[str]) -> None:
    """Metric, value, limit and margin are numbers of their own, as in the decision; NaN is a text."""
    inner.write("eval_gate.yaml", GATE.replace('"<= 120"', "{max: 100, severity: warn}"))
    inner.gate("test_ordinary.py", *FILES, *workers, accuracy=0.91, f1=float("nan"))
    checks = found(inner)
    (gate,) = read(inner)["mlflow_gate"]["gates"]
    assert {name for name, check in checks.items() if check is None} == {"test_one", "test_two", "promotion"}
    assert [checks[check["name"]] for check in gate["checks"]] == [
        {"gate": "churn-classifier", **check} for check in gate["checks"]
    ]
    known = {"outcome": "failed", "severity": "fail", "value": 0.91, "limit": ">= 0.92", "margin": -0.01}
    assert checks["accuracy[min]"].items() >= known.items()
    assert (checks["f1[min]"]["outcome"], checks["f1[min]"]["value"]) == ("unevaluable", "NaN")
    assert (checks["latency_ms[max:warn]"]["severity"], checks["candidate[run]"]["line"]) == ("warn", 3)


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    ("failing", "accuracy", "status"),
    [
        pytest.param("", 0.93, "promoted", id="promoted"),
        pytest.param("", 0.5, "withheld", id="withheld"),
        pytest.param("alias", 0.93, "failed", id="failed-in-the-move"),
    ],
)
def test_decision_is_the_one_of_the_decision_file(
    inner: Inner, workers: list[str], failing: str, accuracy: float, status: str
) -> None:
    """The block is the receipt itself, its time included, whatever became of the promotion."""
    inner.monkeypatch.setenv("FAKE_FAIL", failing)
    run = inner.gate if workers else inner.gate_here
    result = run(*FILES, *workers, accuracy=accuracy)
    report = read(inner)
    assert report["mlflow_gate"] == read(inner, "decision.json")
    assert report["mlflow_gate"]["gates"][0]["promotion"]["status"] == status
    assert report["mlflow_gate"]["exit_status"] == report["exitcode"] == result.ret


@pytest.mark.parametrize(
    ("conftest", "status", "promotion"),
    [
        pytest.param(TURNS_RED, 7, "failed", id="turned-red-after-the-move"),
        pytest.param(
            "def pytest_sessionfinish(session): session.exitstatus = 6\n",
            6,
            "withheld",
            id="turned-red-before-the-move",
        ),
        pytest.param(
            "def pytest_runtest_teardown(item):\n    if item.name == 'latency_ms[max]': raise KeyboardInterrupt\n",
            2,
            "withheld",
            id="interrupted",
        ),
    ],
)
def test_decision_is_true_after_exit(inner: Inner, conftest: str, status: int, promotion: str) -> None:
    """Whatever other plugins do at the end of a session, the file says what stands."""
    inner.write("conftest.py", conftest)
    result = inner.gate(*FILES)
    report = read(inner)
    assert (result.ret, report["exitcode"], report["mlflow_gate"]["exit_status"]) == (status,) * 3
    assert report["mlflow_gate"]["promoted"] is False
    assert report["mlflow_gate"]["gates"][0]["promotion"]["status"] == promotion
    assert report["mlflow_gate"] == read(inner, "decision.json")


def test_exit_status_of_a_decision_that_cannot_be_written(inner: Inner) -> None:
    """A receipt that is not there makes the session fail, and the report knows it."""
    inner.write(
        "conftest.py",
        "import pathlib\ndef pytest_sessionfinish(): pathlib.Path('decision.json').mkdir(exist_ok=True)\n",
    )
    result = inner.gate_here(*FILES)
    report = read(inner)
    assert (result.ret, report["exitcode"], report["mlflow_gate"]["exit_status"]) == (1, 1, 1)


def test_other_plugins_hear_of_the_file_once_where_nothing_changed(inner: Inner) -> None:
    """A team that sends the report away when it is made sends a refusal once, and a promotion's truth last."""
    inner.write(
        "conftest.py",
        "import pathlib\n"
        "def pytest_json_modifyreport(json_report):\n"
        "    with pathlib.Path('sent.log').open('a') as log: print(json_report['exitcode'], file=log)\n",
    )
    inner.gate_here(*FILES, accuracy=0.5)
    assert (inner.path / "sent.log").read_text(encoding="utf-8") == "1\n"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["-p", "no:pytest_jsonreport"], id="plugin-absent"),
        pytest.param([], id="not-asked-for"),
        pytest.param(["--json-report", "--json-report-file=none"], id="no-file"),
        pytest.param(["--json-report", "--json-report-summary"], id="summary-only"),
    ],
)
def test_promotion_does_not_need_the_plugin(inner: Inner, arguments: list[str]) -> None:
    """The plugin may be absent, silent or told to write little."""
    result = inner.gate(*arguments)
    assert (result.ret, inner.moves()) == (0, PROMOTED)


def test_session_that_only_collects_has_no_decision(inner: Inner) -> None:
    """Nobody was judged."""
    inner.gate_here(*FILES[:2], "--collect-only")
    assert "mlflow_gate" not in read(inner)


def test_a_bug_has_no_numbers(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """What broke inside is no finding, and the file is there all the same."""
    monkeypatch.setattr("pytest_mlflow_gate.pytest_glue.controller.Controller.finding", lambda *_: 1 // 0)
    inner.gate_here(*FILES)
    assert found(inner)["accuracy[min]"] is None
