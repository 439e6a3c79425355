"""
The JUnit file: valid, complete for those who show only a part of it, and true after the model moved.

junit-10.xsd is the schema of the Jenkins xunit plugin, as pytest's own sources carry it (MIT, see its head).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

import junitparser
import pytest
import xmlschema

from tests.fakes import RUN
from tests.pytest_glue.conftest import GATE, PROMOTED
from tests.reports import junit_cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pytest_glue.conftest import Inner

FILE = "--junitxml=junit.xml"
XUNIT1 = ("-o", "junit_family=xunit1")
WORKERS = [pytest.param([], id="plain"), pytest.param(["-n1"], id="n1"), pytest.param(["-n2"], id="n2")]
SECOND = """\
name: latency
tracking_uri: http://fake
candidate: {run_id: r1}
thresholds: {latency_ms: "<= 100"}
"""
# A metric may be called almost anything, and a team writes what it likes.
STRANGE = (
    GATE.replace("f1:", '"a::b [x] <&>\\"/精度":').replace('">= 0.85"', '{min: 0.85, reason: "<b>&]]>"}')
    + "  previous_alias: before\n"
)


def suite(inner: Inner) -> ET.Element:
    """Return the one suite of the file."""
    (found,) = ET.parse(inner.path / "junit.xml").getroot()  # noqa: S314 - our own file
    return found


def case(inner: Inner, name: str) -> ET.Element:
    """Return the testcase of this name."""
    (found,) = (case for case in suite(inner).iter("testcase") if case.get("name") == name)
    return found


def properties(inner: Inner) -> dict[str, str]:
    """Return the suite's properties, none of which stands there twice."""
    pairs = [(entry.get("name", ""), entry.get("value", "")) for entry in suite(inner).iter("property")]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def text(inner: Inner, name: str) -> str:
    """Return the text of a testcase's failure."""
    (failure,) = case(inner, name)
    return str(failure.text)


# Names and places


@pytest.mark.parametrize(
    ("family", "workers"),
    [
        pytest.param("xunit1", [], id="xunit1"),
        pytest.param("xunit1", ["-n1"], id="xunit1-n1"),
        pytest.param("xunit1", ["-n2"], id="xunit1-n2"),
        pytest.param("xunit2", [], id="xunit2"),
        pytest.param("xunit2", ["-n2"], id="xunit2-n2"),
        pytest.param("legacy", [], id="legacy"),
    ],
)
def test_names_and_places(inner: Inner, family: str, workers: list[str]) -> None:
    """A class ends in the gate's name; file and 1-based line are the gate file's where the family has them."""
    run = inner.gate if workers else inner.gate_here
    run(FILE, "-o", f"junit_family={family}", *workers, accuracy=0.91)
    found = {
        str(case.get("name")): (case.get("classname"), case.get("file"), case.get("line"))
        for case in suite(inner).iter("testcase")
    }
    places = {"candidate[run]": 3, "accuracy[min]": 5, "f1[min]": 6, "latency_ms[max]": 7, "promotion": 8}
    old = family != "xunit2"
    assert found == {
        name: (
            "eval_gate.yaml.churn-classifier",
            "eval_gate.yaml" if old else None,
            str(line) if old else None,
        )
        for name, line in places.items()
    }


def test_ordinary_tests_are_left_alone(inner: Inner) -> None:
    """What pytest writes about the team's own tests, and properties of their own, stay as they are."""
    inner.write(
        "test_own.py",
        "def test_a(record_testsuite_property):\n    record_testsuite_property('team', 'churn')\n"
        "def test_b(): assert False, 'b'\n",
    )
    inner.run_here("test_own.py", FILE, *XUNIT1)
    alone = {name: dict(case(inner, name).attrib, time="") for name in ("test_a", "test_b")}
    failure = text(inner, "test_b")
    inner.gate_here("test_own.py", FILE, *XUNIT1)
    assert {name: dict(case(inner, name).attrib, time="") for name in alone} == alone
    assert text(inner, "test_b") == failure
    assert properties(inner)["team"] == "churn"


def test_prefix_stands_before_the_class(inner: Inner) -> None:
    """`--junit-prefix` is kept, and the promotion's testcase stays one when it is written again."""
    inner.gate_here(FILE, "--junit-prefix=nightly")
    assert junit_cases(inner.path / "junit.xml") == {
        f"nightly.eval_gate.yaml.churn-classifier::{name}": ("passed", "")
        for name in ("candidate[run]", "accuracy[min]", "f1[min]", "latency_ms[max]", "promotion")
    }


# What a failure says


@pytest.mark.parametrize("workers", WORKERS)
def test_failure_has_a_short_message_and_a_complete_text(inner: Inner, workers: list[str]) -> None:
    """GitLab shows the text alone: numbers, distance and the run's page stand in it; the message is one line."""
    inner.gate(FILE, *workers, accuracy=0.9100000001, f1=float("nan"))
    sentence = "accuracy is 0.9100000001, must be >= 0.92 (eval_gate.yaml:5)"
    assert case(inner, "accuracy[min]")[0].get("message") == sentence
    assert text(inner, "accuracy[min]").splitlines() == [
        sentence,
        "metric: accuracy",
        "value: 0.9100000001",
        "limit: >= 0.92",
        "delta: -0.0099999999",
        "run: bold-shrew (r1)",
        "link: fake://store/r1",
    ]
    assert text(inner, "f1[min]").splitlines()[1:4] == ["metric: f1", "value: NaN", "limit: >= 0.85"]


@pytest.mark.parametrize("workers", WORKERS)
def test_failed_promotion_has_a_complete_text(inner: Inner, workers: list[str]) -> None:
    """What did not move, from which run, and what could not be put back."""
    inner.monkeypatch.setenv("FAKE_FAIL", "alias")
    inner.gate(FILE, *workers)
    move = "moving @champion of churn-classifier to version 1 failed"
    sentence = (
        f"not promoted: {move}: http://fake: the registry is read-only today (READ_ONLY) (eval_gate.yaml:8)"
    )
    assert case(inner, "promotion")[0].get("message") == sentence
    assert text(inner, "promotion").splitlines() == [
        sentence,
        "promotes to: churn-classifier @champion",
        "version: 1",
        "run: bold-shrew (r1)",
        "link: fake://store/r1",
    ]


@pytest.mark.parametrize("style", ["short", "line", "no"])
def test_traceback_style_takes_nothing_away(inner: Inner, style: str) -> None:
    """Whatever the terminal shows, the file has the sentence and the numbers."""
    inner.gate_here(FILE, f"--tb={style}", accuracy=0.91)
    assert text(inner, "accuracy[min]").splitlines()[:2] == [
        "accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)",
        "metric: accuracy",
    ]


def test_a_bug_keeps_its_traceback_only(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """What broke inside is no finding, and gets no numbers."""
    monkeypatch.setattr("pytest_mlflow_gate.pytest_glue.controller.Controller.finding", lambda *_: 1 // 0)
    inner.gate_here(FILE)
    assert "ZeroDivisionError" in text(inner, "accuracy[min]")
    assert "metric: " not in text(inner, "accuracy[min]")


# The suite's properties

GOOD = {
    "mlflow_gate.promoted": "true",
    "mlflow_gate.gate": "churn-classifier",
    "mlflow_gate.run_id": "r1",
    "mlflow_gate.run_name": "bold-shrew",
    "mlflow_gate.run_url": "fake://store/r1",
    "mlflow_gate.model": "churn-classifier",
    "mlflow_gate.version": "1",
    "mlflow_gate.verdict": "passed",
    "mlflow_gate.promotion": "promoted",
    "mlflow_gate.promotion_text": "churn-classifier version 1 is now @champion",
}
TURNS_RED = "def pytest_sessionstart(session): globals()['session'] = session\ndef pytest_unconfigure(): session.exitstatus = 7\n"


class End(NamedTuple):
    """
    How a session ends.

    Attributes:
        properties: Those that differ from `GOOD`; None for one that is not there.
        arguments: More of the command line.
        accuracy: The run's.
        failing: The write that fails.
        conftest: Text of conftest.py.
    """

    properties: dict[str, str | None]
    arguments: tuple[str, ...] = ()
    accuracy: float = 0.93
    failing: str = ""
    conftest: str = ""


ENDS = {
    "promoted": End({}),
    "withheld": End(
        {
            "promoted": "false",
            "version": None,
            "verdict": "failed",
            "promotion": "withheld",
            "promotion_text": "accuracy[min] did not pass",
        },
        accuracy=0.5,
    ),
    "dry-run": End(
        {
            "promoted": "false",
            "version": None,
            "promotion": "dry-run",
            "promotion_text": "a new version of run r1 would have been promoted to churn-classifier @champion",
        },
        arguments=("--mlflow-gate-promote", "never"),
    ),
    "failed-in-the-move": End(
        {
            "promoted": "false",
            "promotion": "failed",
            "promotion_text": "moving @champion of churn-classifier to version 1 failed: http://fake: the "
            "registry is read-only today (READ_ONLY)",
        },
        failing="alias",
    ),
    "red-after-the-move": End(
        {
            "promoted": "false",
            "promotion": "failed",
            "promotion_text": "put back, because the session's exit status became 7 after it",
        },
        conftest=TURNS_RED,
    ),
    "red-before-the-move": End(
        {
            "promoted": "false",
            "version": None,
            "promotion": "withheld",
            "promotion_text": "the session's exit status is 6",
        },
        conftest="def pytest_sessionfinish(session): session.exitstatus = 6\n",
    ),
    "interrupted": End(
        {
            "promoted": "false",
            "version": None,
            "promotion": "withheld",
            "promotion_text": "the session did not run to its end",
        },
        conftest="def pytest_runtest_teardown(item):\n    if item.name == 'latency_ms[max]': raise KeyboardInterrupt\n",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_properties_are_true_after_exit(inner: Inner, end: str) -> None:
    """Run, model, version, verdict and promotion are what they are when pytest has exited."""
    differing, arguments, accuracy, failing, conftest = ENDS[end]
    inner.monkeypatch.setenv("FAKE_FAIL", failing)
    if conftest:
        inner.write("conftest.py", conftest)
    inner.gate(FILE, *arguments, accuracy=accuracy)
    expected = GOOD | {f"mlflow_gate.{name}": value for name, value in differing.items()}
    assert properties(inner) == {name: value for name, value in expected.items() if value is not None}


@pytest.mark.parametrize("workers", WORKERS)
def test_properties_of_several_gates_carry_their_names(inner: Inner, workers: list[str]) -> None:
    """One set for each gate, also where the suite was put together from several processes."""
    inner.write("second_gate.yaml", SECOND)
    inner.gate("--mlflow-gate", "second_gate.yaml", FILE, *workers)
    found = properties(inner)
    assert {name: value for name, value in found.items() if ".latency." in name} == {
        "mlflow_gate.latency.gate": "latency",
        "mlflow_gate.latency.run_id": "r1",
        "mlflow_gate.latency.run_name": "bold-shrew",
        "mlflow_gate.latency.run_url": "fake://store/r1",
        "mlflow_gate.latency.verdict": "failed",
        "mlflow_gate.latency.promotion": "none",
    }
    assert found["mlflow_gate.churn-classifier.verdict"] == "passed"
    assert found["mlflow_gate.promoted"] == "false"


def test_session_that_only_collects_has_no_properties(inner: Inner) -> None:
    """Nobody was judged."""
    inner.gate_here(FILE, "--collect-only")
    assert properties(inner) == {}


def test_file_is_written_once_where_nothing_changed(inner: Inner) -> None:
    """A refusal stands in it when pytest writes it; a team's own tools that read it then are not surprised."""
    inner.write(
        "conftest.py",
        "import pathlib, pytest\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_sessionfinish(): pathlib.Path('seen.xml').write_bytes(pathlib.Path('junit.xml').read_bytes())\n",
    )
    inner.gate_here(FILE, accuracy=0.5)
    assert (inner.path / "seen.xml").read_bytes() == (inner.path / "junit.xml").read_bytes()


# Validity

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "junit-10.xsd")


@pytest.mark.parametrize(
    ("gate", "failing", "accuracy", "workers"),
    [
        pytest.param(GATE, "", 0.93, [], id="promoted"),
        pytest.param(GATE, "", float("nan"), [], id="withheld"),
        pytest.param(GATE, "alias", 0.93, [], id="failed-in-the-move"),
        pytest.param(GATE, "alias", 0.93, ["-n1"], id="failed-in-the-move-n1"),
        pytest.param(STRANGE, "", 0.93, [], id="strange-names"),
        pytest.param(STRANGE, "", 0.93, ["-n2"], id="strange-names-n2"),
    ],
)
def test_file_is_valid(inner: Inner, workers: list[str], gate: str, failing: str, accuracy: float) -> None:
    """The strict schema of Jenkins accepts the file, and junitparser reads it with its totals."""
    inner.write("eval_gate.yaml", gate)
    inner.write("second_gate.yaml", SECOND)
    inner.monkeypatch.setenv("FAKE_FAIL", failing)
    arguments = ("test_ordinary.py", "--mlflow-gate", "second_gate.yaml", FILE, *workers)
    (inner.gate if workers else inner.gate_here)(*arguments, accuracy=accuracy)
    SCHEMA.validate(inner.path / "junit.xml")
    (read,) = junitparser.JUnitXml.fromfile(str(inner.path / "junit.xml"))
    cases = list(read)
    assert len(cases) == read.tests == len(junit_cases(inner.path / "junit.xml"))
    assert sum(case.is_failure for case in cases) == read.failures > 0
    named = {entry.name for entry in read.properties()}  # type: ignore[no-untyped-call]
    assert named >= {"mlflow_gate.promoted"}
    assert "churn-classifier" in {str(case.classname).rpartition(".")[2] for case in cases}


def test_run_with_a_strange_name_is_valid(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run may have characters in its name that XML does not know."""
    monkeypatch.setattr("tests.fake_session.RUN", RUN._replace(name="a\x07<b>\ud800"))
    inner.gate_here(FILE, accuracy=0.5)
    SCHEMA.validate(inner.path / "junit.xml")
    assert properties(inner)["mlflow_gate.run_name"] == "a#x07<b>#xD800"


# What those read who show it


def _gitlab(case: ET.Element, _: ET.Element) -> dict[str, object]:
    """Text alone, and the name of the file for "copy failed tests"."""
    return {
        "suite": case.get("classname"),
        "name": case.get("name"),
        "file": case.get("file"),
        "output": str(case[0].text).splitlines(),
    }


def _jenkins(case: ET.Element, suite: ET.Element) -> dict[str, object]:
    """Package and class are parts of one name; suite properties with `keepProperties`."""
    package, _, name = str(case.get("classname")).rpartition(".")
    return {
        "package": package,
        "class": name,
        "name": case.get("name"),
        "message": case[0].get("message"),
        "details": str(case[0].text).splitlines()[-1],
        "version": [entry.get("value") for entry in suite.iter("property") if entry.get("name") == MODEL],
    }


def _dorny(case: ET.Element, _: ET.Element) -> dict[str, object]:
    """dorny/test-reporter: classes are headings, the message's first line stands in the list."""
    return {
        "group": case.get("classname"),
        "name": case.get("name"),
        "line": str(case[0].get("message")).splitlines()[0],
        "details": len(str(case[0].text).splitlines()),
    }


def _mikepenz(case: ET.Element, _: ET.Element) -> dict[str, object]:
    """mikepenz/action-junit-report: an annotation at file and line, or at what ends the class."""
    fallback = str(case.get("classname")).rpartition(".")[2]
    return {
        "file": case.get("file") or fallback,
        "line": int(case.get("line", "1")),
        "message": case[0].get("message"),
    }


def _enricomi(case: ET.Element, _: ET.Element) -> dict[str, object]:
    """EnricoMi/publish-unit-test-result: file, line, message and content, by junitparser."""
    read = junitparser.TestCase.fromelem(case)  # type: ignore[no-untyped-call]
    (failure,) = read.result
    return {
        "test": (read.classname, read.name),
        "place": (case.get("file"), case.get("line")),
        "message": failure.message,
        "content": str(failure.text).splitlines()[1],
    }


MODEL = "mlflow_gate.model"
CLASS = "eval_gate.yaml.churn-classifier"
SENTENCE = "accuracy is 0.91, must be >= 0.92 (eval_gate.yaml:5)"


@pytest.mark.parametrize(
    ("reader", "options", "expected"),
    [
        pytest.param(
            _gitlab,
            XUNIT1,
            {
                "suite": CLASS,
                "name": "accuracy[min]",
                "file": "eval_gate.yaml",
                "output": [
                    SENTENCE,
                    "metric: accuracy",
                    "value: 0.91",
                    "limit: >= 0.92",
                    "delta: -0.01",
                    "run: bold-shrew (r1)",
                    "link: fake://store/r1",
                ],
            },
            id="gitlab",
        ),
        pytest.param(
            _jenkins,
            (),
            {
                "package": "eval_gate.yaml",
                "class": "churn-classifier",
                "name": "accuracy[min]",
                "message": SENTENCE,
                "details": "link: fake://store/r1",
                "version": ["churn-classifier"],
            },
            id="jenkins",
        ),
        pytest.param(
            _dorny,
            (),
            {"group": CLASS, "name": "accuracy[min]", "line": SENTENCE, "details": 7},
            id="dorny-test-reporter",
        ),
        pytest.param(
            _mikepenz,
            XUNIT1,
            {"file": "eval_gate.yaml", "line": 5, "message": SENTENCE},
            id="mikepenz-action-junit-report",
        ),
        pytest.param(
            _mikepenz,
            (),
            {"file": "churn-classifier", "line": 1, "message": SENTENCE},
            id="mikepenz-action-junit-report-xunit2",
        ),
        pytest.param(
            _enricomi,
            XUNIT1,
            {
                "test": (CLASS, "accuracy[min]"),
                "place": ("eval_gate.yaml", "5"),
                "message": SENTENCE,
                "content": "metric: accuracy",
            },
            id="enricomi-publish-unit-test-result",
        ),
    ],
)
def test_what_each_reader_gets(
    inner: Inner,
    reader: Callable[[ET.Element, ET.Element], dict[str, object]],
    options: tuple[str, ...],
    expected: dict[str, object],
) -> None:
    """Each of those that teams use shows which number missed which limit, from what it reads of the file."""
    inner.gate_here(FILE, *options, accuracy=0.91)
    assert reader(case(inner, "accuracy[min]"), suite(inner)) == expected


def test_promotion_happens_once_however_often_the_file_is_written(inner: Inner) -> None:
    """Writing the file again asks nobody to move anything."""
    inner.gate_here(FILE)
    assert inner.moves() == PROMOTED
