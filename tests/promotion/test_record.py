"""The record of decisions: what is written can be read again, always fits, and nothing else is believed."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.promotion.provenance import Provenance
from pytest_mlflow_gate.promotion.record import (
    LONGEST,
    Entry,
    check_lines,
    decided,
    entry_of,
    last_decision,
)
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from tests.commands.past import CI, EXPERIMENT
from tests.fakes import RUN
from tests.gates import gate
from tests.promotion.candidates import CHECKS, DECISION, ENTRY, KEY

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60)
LONG = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=600)
NUMBER = st.integers(1, 10**6).map(str)
ENTRIES = st.builds(
    Entry,
    key=st.just(KEY),
    verdict=st.sampled_from(["promoting", "promoted", "rolling back", "rolled back"]),
    time=st.just(ENTRY.time),
    gate=LONG,
    model=TEXT,
    version=NUMBER,
    alias=st.none() | TEXT,
    stage=st.none() | TEXT,
    previous_version=st.none() | NUMBER,
    memory_version=st.none() | NUMBER,
    by=LONG,
    approved_by=st.none() | LONG,
    commit=st.none() | TEXT,
    job_url=st.none() | LONG,
    gate_sha256=TEXT,
    run_id=st.none() | TEXT,
    checks=st.lists(LONG, max_size=30).map(tuple),
)
CUT = f"left out because MLflow keeps {LONGEST} characters"


def finding(check: str, outcome: str = "passed", **changes: object) -> Finding:
    """Return what was found about one check."""
    made = Finding(check, outcome, "", 1, metric="m", value=0.93, limit=">= 0.92")  # type: ignore[arg-type]
    return made._replace(**changes)  # type: ignore[arg-type]


def content(**changes: object) -> str:
    """Return the tag of an entry with other values, whatever they are."""
    return json.dumps({**json.loads(ENTRY.to_tag()), **changes})


def test_an_entry_is_one_line_of_json() -> None:
    """What it looks like in the MLflow UI, whole."""
    assert ENTRY.to_tag() == (
        '{"verdict":"promoted","time":"2025-11-21T12:00:00Z","gate":"churn","model":"churn-classifier",'
        '"version":"1","alias":"champion","stage":null,"previous_version":null,"memory_version":null,'
        '"by":"ci","approved_by":null,"commit":"c0ffee","job_url":"https://ci.example/job/7",'
        '"gate_sha256":"d","run_id":"r1",'
        '"checks":["accuracy[min] 0.93 >= 0.85 passed","f1[min] 0.9 >= 0.85 passed"]}'
    )


@given(ENTRIES)
@example(ENTRY._replace(gate="é" * 600, by="名" * 600, approved_by='"' * 600, job_url="\\" * 600))
@example(ENTRY._replace(checks=("é" * 6000,)))
@example(ENTRY._replace(checks=('"' * 50,) * 5000))
def test_an_entry_that_was_written_is_read_again(entry: Entry) -> None:
    """It always fits, the move itself is never cut, and what was read is written again as it was."""
    tag = entry.to_tag()
    assert len(tag) <= LONGEST
    read = entry_of(entry.key, tag)
    assert read.to_tag() == tag
    assert read._replace(checks=()) == entry._replace(
        gate=entry.gate[:250],
        by=entry.by[:250],
        approved_by=entry.approved_by and entry.approved_by[:250],
        job_url=entry.job_url and entry.job_url[:500],
        checks=(),
    )
    if read.checks != entry.checks:
        *kept, said = read.checks
        assert entry.checks[: len(kept)] == tuple(kept)
        assert said == f"... and {len(entry.checks) - len(kept)} more, {CUT}"


@pytest.mark.parametrize(
    ("number", "name", "kept"),
    [
        pytest.param(100, "metric", 100, id="hundred"),
        pytest.param(5000, "metric", 121, id="five-thousand"),
        pytest.param(5000, "m" * 250, 16, id="long-names"),
        pytest.param(5000, "Genauigkeit für Größe", 87, id="not-ascii"),
        pytest.param(1, "m" * 6000, 0, id="one-too-long"),
    ],
)
def test_long_decisions_are_cut_and_say_so(number: int, name: str, kept: int) -> None:
    """As many checks as fit, then how many there are more; in the entry and in the flat tag."""
    findings = [finding(f"{name}{index:04}[min]") for index in range(number)]
    entry = ENTRY._replace(checks=check_lines(findings))
    lines = list(entry_of(KEY, entry.to_tag()).checks)
    assert len(entry.to_tag()) <= LONGEST
    flat = last_decision("promoted", gate(), check_lines(findings), CI, time=ENTRY.time)["mlflow_gate.checks"]
    assert flat is not None
    assert len(flat) <= LONGEST
    assert lines[:kept] == [f"{name}{index:04}[min] 0.93 >= 0.92 passed" for index in range(kept)]
    if kept < number:
        assert lines[kept:] == [f"... and {number - kept} more, {CUT}"]
        assert flat.endswith(f" more, {CUT}")
    else:
        assert CUT not in flat


@pytest.mark.parametrize(("longer", "kept"), [(0, True), (1, False)], ids=["fits", "one-more"])
def test_what_just_fits_is_kept_whole(longer: int, kept: bool) -> None:
    """Room for the line that counts is needed only where something is left out."""
    room = LONGEST - 1 - len(ENTRY._replace(checks=("a", "")).to_tag())
    checks = ("a", "x" * (room + longer))
    assert (entry_of(KEY, ENTRY._replace(checks=checks).to_tag()).checks == checks) is kept


@given(st.lists(LONG, max_size=200), TEXT)
@example(["é" * 600] * 200, "é" * 6000)
def test_no_flat_tag_is_too_long(names: list[str], text: str) -> None:
    """Whatever people, metrics and CI systems are called."""
    provenance = Provenance(text, text, text)
    tags = last_decision(
        "rejected",
        gate(name=text),
        check_lines([finding(name) for name in names]),
        provenance,
        time=ENTRY.time,
        reason=text,
        previous_version="1",
    )
    assert all(value is None or 0 < len(value) <= LONGEST for value in tags.values())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("approved by me", id="no-json"),
        pytest.param(ENTRY.to_tag()[:-1], id="cut"),
        pytest.param("[" * 5000, id="nested"),
        pytest.param("null", id="null"),
        pytest.param("3", id="number"),
        pytest.param('"promoted"', id="text"),
        pytest.param("[]", id="list"),
        pytest.param("{}", id="nothing"),
        pytest.param('{"verdict": "promoted"}', id="half"),
        pytest.param(content(key="k"), id="a-key-of-its-own"),
        pytest.param(content(more="x"), id="more"),
        pytest.param(content(self="x"), id="self"),
        pytest.param(content(verdict="approved"), id="verdict"),
        pytest.param(content(verdict=["promoted"]), id="verdict-list"),
        pytest.param(content(verdict=None), id="no-verdict"),
        pytest.param(content(model=""), id="no-model"),
        pytest.param(content(model={}), id="model-object"),
        pytest.param(content(version=""), id="no-version"),
        pytest.param(content(version=1), id="version-number"),
        pytest.param(content(version=None), id="version-null"),
        pytest.param(content(time=0), id="time-number"),
        pytest.param(content(gate=None), id="gate-null"),
        pytest.param(content(by=None), id="by-null"),
        pytest.param(content(gate_sha256=None), id="digest-null"),
        pytest.param(content(alias=False), id="alias-false"),
        pytest.param(content(stage=[]), id="stage-list"),
        pytest.param(content(previous_version=1), id="previous-number"),
        pytest.param(content(memory_version=1), id="memory-number"),
        pytest.param(content(approved_by=True), id="approver-true"),
        pytest.param(content(commit=1), id="commit-number"),
        pytest.param(content(job_url={}), id="url-object"),
        pytest.param(content(run_id=math.nan), id="run-nan"),
        pytest.param(content(checks=None), id="checks-null"),
        pytest.param(content(checks="accuracy[min]"), id="checks-text"),
        pytest.param(content(checks={"accuracy[min]": 1}), id="checks-object"),
        pytest.param(content(checks=[1]), id="check-number"),
        pytest.param(content(checks=[None]), id="check-null"),
        pytest.param(content(checks=[["accuracy[min]"]]), id="check-list"),
    ],
)
def test_what_is_no_entry_is_refused(value: str) -> None:
    """Anybody can write a tag, and a roll back goes where entries say."""
    with pytest.raises(ValueError, match=rf"^tag {KEY} is not one of this plugin's$"):
        entry_of(KEY, value)


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_no_tag_breaks_the_reading(value: str) -> None:
    """A ValueError is the only answer to what is no entry."""
    with pytest.raises(ValueError, match=r"is not one of this plugin's$"):
        entry_of(KEY, value)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        pytest.param(finding("a[min]"), "a[min] 0.93 >= 0.92 passed", id="passed"),
        pytest.param(
            finding("a[min]", "failed", value=0.9199999999999999),
            "a[min] 0.9199999999999999 >= 0.92 failed",
            id="exact",
        ),
        pytest.param(
            finding("a[min]", "unevaluable", value=math.nan), "a[min] NaN >= 0.92 unevaluable", id="nan"
        ),
        pytest.param(
            finding("a[max]", "unevaluable", value=math.inf), "a[max] infinity >= 0.92 unevaluable", id="inf"
        ),
        pytest.param(
            finding("a[min]", "unevaluable", value=-math.inf),
            "a[min] -infinity >= 0.92 unevaluable",
            id="minus-inf",
        ),
        pytest.param(
            finding("a[min]", "unevaluable", value=None), "a[min] >= 0.92 unevaluable", id="never-logged"
        ),
        pytest.param(
            finding("a[min:warn]", "failed", severity="warn", value=0.9),
            "a[min:warn] 0.9 >= 0.92 warn: failed",
            id="warn",
        ),
        pytest.param(
            finding("a[min:warn]", severity="warn"), "a[min:warn] 0.93 >= 0.92 passed", id="warn-passed"
        ),
        pytest.param(
            finding("candidate[run]", "unevaluable", value=None, limit=""),
            "candidate[run] unevaluable",
            id="no-candidate",
        ),
    ],
)
def test_a_check_is_one_line(found: Finding, line: str) -> None:
    """With the value to the last digit: 0.9199999999999999 is not 0.92."""
    assert check_lines([found]) == (line,)


def test_failing_checks_come_first() -> None:
    """They are what a cut must never take away; what passed without a comparison says nothing."""
    findings = [
        finding("candidate[run]", value=None, limit=""),
        finding("a[min]"),
        finding("b[min]", "failed", value=0.9),
        finding("c[min]"),
        finding("d[min]", "unevaluable", value=None),
    ]
    assert [line.partition("[")[0] for line in check_lines(findings)] == ["b", "d", "a", "c"]


def test_the_last_decision_is_said_in_flat_tags() -> None:
    """For people and for MLflow's search; None stands for a tag that is not to be there."""
    findings = tuple(judge_gate(gate(), Snapshot(RUN, EXPERIMENT)))
    assert last_decision("promoted", gate(), check_lines(findings), CI, time=ENTRY.time) == DECISION | {
        "mlflow_gate.reason": None,
        "mlflow_gate.previous_version": None,
        "mlflow_gate.baseline_version": None,
    }
    rejected = last_decision(
        "rejected",
        gate(),
        (),
        Provenance("me"),
        time=ENTRY.time,
        reason="t.py::x failed",
        previous_version="7",
        baseline_version="churn/6",
    )
    assert rejected == {
        "mlflow_gate.verdict": "rejected",
        "mlflow_gate.time": ENTRY.time,
        "mlflow_gate.gate": "churn",
        "mlflow_gate.gate_sha256": "d",
        "mlflow_gate.checks": None,
        "mlflow_gate.reason": "t.py::x failed",
        "mlflow_gate.previous_version": "7",
        "mlflow_gate.baseline_version": "churn/6",
        "mlflow_gate.commit": None,
        "mlflow_gate.job_url": None,
        "mlflow_gate.by": "me",
    }


def test_what_was_decided_does_not_depend_on_who_when_and_where() -> None:
    """So that the same session, run again, has nothing to write."""
    others = {
        "mlflow_gate.time": "later",
        "mlflow_gate.by": "you",
        "mlflow_gate.commit": "beef",
        "mlflow_gate.job_url": "https://ci.example/job/8",
        "mlflow_gate.approved_by": "me",
        "mlflow.runName": "bold-shrew",
        KEY: ENTRY.to_tag(),
    }
    assert (
        decided(DECISION | others)
        == decided(DECISION)
        == {
            "mlflow_gate.verdict": "promoted",
            "mlflow_gate.gate": "churn",
            "mlflow_gate.gate_sha256": "d",
            "mlflow_gate.checks": "; ".join(CHECKS),
        }
    )
