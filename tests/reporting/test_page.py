"""The whole page: what it says, in which order, and that names are text."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal

import pytest

from pytest_mlflow_gate.promotion.decision import Result, SessionDecision
from pytest_mlflow_gate.promotion.evidence import OrdinaryTests
from pytest_mlflow_gate.promotion.provenance import Provenance
from pytest_mlflow_gate.reporting.decision_file import content
from pytest_mlflow_gate.reporting.page import chart, page
from pytest_mlflow_gate.tracking.snapshot import Missing
from tests.checks.judging import candidate, finding, rival
from tests.fakes import RUN
from tests.reporting.paging import Seen, earlier, judged

THRESHOLDS = """\
thresholds:
  accuracy: {min: 0.92, max_drop: 0.05, reason: contract with sales}
  never: ">= 0.5"
  latency_ms:
    - {max: 120}
    - {max: 100, severity: warn}
  "recall/{cohort}": {cohorts: [eu, us], min: 0.8, max_spread: 0.2}
"""
METRICS = {"accuracy": 0.91, "latency_ms": 110.0, "recall/eu": 0.9, "recall/us": 0.85, "infinite": math.inf}
BASE = {"accuracy": 0.93}
LONG = "x" * 200
HOSTILE = (
    "<b>bold</b>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"\' onload=alert(1) x="',
    "'{{ 7 * 7 }}' & &lt; {% raw %}",
    "précision-精度-Ω",
    LONG,
)


def session(*decisions: object, **changes: object) -> SessionDecision:
    """Return a session with these gates."""
    made = SessionDecision(decisions, OrdinaryTests(12, 1, 2, 3, 4), 1, 1_000_000.0)  # type: ignore[arg-type]
    return made._replace(**changes)  # type: ignore[arg-type]


def whole() -> SessionDecision:
    """Return a session in which there is everything to say."""
    decision = judged(
        THRESHOLDS,
        METRICS,
        snapshot={"baseline": rival(BASE), "url": "http://m/#/r1"},
        past=(earlier(accuracy=0.9),),
        result=Result("withheld", "accuracy[min], never[min] did not pass (and 1 more reason)"),
        reasons=("accuracy[min], never[min] did not pass", "t.py::x failed"),
    )
    return session(decision, provenance=Provenance("anna", "abc123", "http://ci/1"))


def test_what_failed_comes_first() -> None:
    """Whether the model moved, what missed which limit by how much, then warnings, pictures, the rest, the record."""
    said = Seen(page(whole())).said()
    places = [
        said.index(text)
        for text in (
            "NOT PROMOTED",
            "accuracy[min], never[min] did not pass (and 1 more reason)",
            "run bold-shrew (r1) of experiment churn, ended 1970-01-01 00:33:20 UTC",
            "Failed (1)",
            "accuracy is 0.91, must be >= 0.92, because: contract with sales",
            "-0.01",
            "Cannot be judged (1)",
            "no value",
            "Warnings (1)",
            "Withheld because",
            "t.py::x failed",
            "Cohorts of recall/{cohort}",
            "Over the last 1 finished runs",
            "Passed (6)",
            "+0.03",
            "Record",
            "Ordinary tests",
        )
    ]
    assert places == sorted(places)


def test_the_record() -> None:
    """Who, when, on what commit, from where to where: all that somebody asks months later."""
    decision = judged(
        THRESHOLDS,
        METRICS,
        snapshot={"baseline": rival(BASE)},
        result=Result("failed", "it broke", "4", created=True, previous_version="3", left=("@a stays",)),
    )
    seen = Seen(page(session(decision, provenance=Provenance("anna", "abc123", "http://ci/1"))))
    record = [text for tag, text in seen.texts if tag in ("dt", "dd")]
    pairs = dict(zip(record[::2], record[1::2], strict=True))
    assert pairs.pop("gate file").endswith(f"SHA-256 {decision.gate.digest}")
    assert pairs == {
        "decided": "1970-01-12 13:46:40 UTC",
        "by": "anna",
        "commit": "abc123",
        "job": "http://ci/1",
        "model": "churn-classifier",
        "promotes to": "churn-classifier @champion",
        "version": "4 (registered now)",
        "previous version": "3",
        "compared with": "version 3 of churn, run r0",
        "tracking": "http://m",
        "passed": "12",
        "failed": "1",
        "skipped": "2",
        "xfailed": "3",
        "deselected": "4",
        "exit status": "1",
    }
    assert "PROMOTION FAILED\nchurn\nit broke\n@a stays" in seen.said()


@pytest.mark.parametrize(
    ("result", "word"),
    [
        pytest.param(Result("promoted", "churn version 3 is now @champion"), "PROMOTED", id="promoted"),
        pytest.param(Result("withheld", "x"), "NOT PROMOTED", id="withheld"),
        pytest.param(Result("refused", "x"), "NOT PROMOTED", id="refused"),
        pytest.param(Result("awaiting", "x"), "NOT PROMOTED", id="awaiting"),
        pytest.param(Result("failed", "x"), "PROMOTION FAILED", id="failed"),
        pytest.param(Result("dry-run", "x"), "DRY RUN", id="dry-run"),
        pytest.param(Result("none", ""), "PASSED", id="no-promotion"),
    ],
)
def test_the_verdict_is_the_largest_text(result: Result, word: str) -> None:
    """One heading says whether the model moved, and so does the window's title."""
    decision = judged("thresholds: {accuracy: '>= 0.5'}", METRICS, result=result)
    seen = Seen(page(session(decision)))
    assert next(text for tag, text in seen.texts if tag == "b") == word
    assert next(text for tag, text in seen.texts if tag == "title") == f"{word} churn"


def test_gates_with_trouble_come_first() -> None:
    """A list above them leads to each."""
    text = "thresholds: {accuracy: '>= 0.5'}"
    good = judged(text, METRICS, result=Result("promoted", "moved"))
    dry = judged(text, METRICS, result=Result("dry-run", "would"))
    bad = judged(text, METRICS)
    three = [
        one._replace(gate=one.gate._replace(name=name))
        for name, one in zip("abc", (good, dry, bad), strict=True)
    ]
    seen = Seen(page(session(*three)))
    assert [text for tag, text in seen.texts if tag == "a"] == ["c", "b", "a"]
    assert [link for link in seen.attributes("href") if link.startswith("#")] == [
        "#gate-1",
        "#gate-2",
        "#gate-3",
    ]
    assert [name for name in seen.attributes("id") if name.startswith("gate-")] == [
        "gate-1",
        "gate-2",
        "gate-3",
    ]


def test_it_holds_the_decision() -> None:
    """The JSON of the decision, in which no text can end the element that holds it."""
    decided = whole()
    written = page(decided)
    assert Seen(written).decision == content(decided)
    assert "<" not in written.partition('id="decision">')[2].partition("</script>")[0]


def test_each_number_in_a_picture_is_the_decisions() -> None:
    """Each check with a bound has one picture with its value, limit and baseline, in the order of the groups."""
    seen = Seen(page(whole()))
    checks = {check["name"]: check for check in seen.decision["gates"][0]["checks"]}
    drawn: dict[str, dict[str, str]] = {}
    about = ""
    for tag, attributes in seen.elements:
        if tag == "svg":
            about = attributes.get("data-check") or ""
        for key in ("data-value", "data-limit", "data-baseline"):
            if about and key in attributes:
                drawn.setdefault(about, {})[key] = str(attributes[key])
    assert drawn == {
        name: {
            f"data-{key}": json.dumps(check[of])
            for key, of in (("value", "value"), ("limit", "bound"), ("baseline", "baseline"))
            if check[of] is not None
        }
        for name, check in checks.items()
        if check["bound"] is not None
    }


def test_it_asks_nobody_for_anything() -> None:
    """No address but links for people, no script that runs, nothing that is fetched."""
    written = page(whole())
    seen = Seen(written)
    assert seen.open == []
    assert [
        (tag, attributes) for tag, attributes in seen.elements if tag in ("script", "link", "img", "iframe")
    ] == [
        ("link", {"rel": "icon", "href": "data:,"}),
        ("script", {"type": "application/json", "id": "decision"}),
    ]
    assert seen.attributes("src") == []
    assert not re.search(r"@import|url\(|\son[a-z]+=", written.partition("<script")[0])


def test_everybody_can_read_it() -> None:
    """Each picture has a title, each table heads for its columns and rows, the page a language."""
    written = page(whole())
    seen = Seen(written)
    pictures = [attributes for tag, attributes in seen.elements if tag == "svg"]
    assert pictures
    assert all(attributes["role"] == "img" for attributes in pictures)
    assert len(re.findall(r"<svg[^>]*><title>[^<]+</title>", written)) == len(pictures)
    heads = [attributes.get("scope") for tag, attributes in seen.elements if tag == "th"]
    assert set(heads) == {"col", "row"}
    assert ("html", {"lang": "en"}) in seen.elements


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_names_are_text(name: str) -> None:
    """HTML, quotes, templates, Unicode and 200 characters are shown as they are, wherever a name stands."""
    text = f"thresholds: {{{json.dumps(name)}: {{min: 0.5, reason: {json.dumps(name)}}}}}"
    decision = judged(
        text,
        {name: 0.4},
        past=(earlier(**{name: 0.3})._replace(name=name),),
        result=Result("withheld", name, left=(name,)),
        reasons=(name, name),
    )
    decision = decision._replace(gate=decision.gate._replace(name=name, description=name))
    seen = Seen(page(session(decision, provenance=Provenance(name, name, name))))
    assert seen.open == []
    assert {tag for tag, _ in seen.elements if tag in ("b", "script")} == {"b", "script"}
    assert [attributes for tag, attributes in seen.elements if tag == "script"] == [
        {"type": "application/json", "id": "decision"}
    ]
    assert seen.attributes("data-check")[0] == seen.decision["gates"][0]["checks"][1]["name"]
    said = seen.said()
    assert f"{name} is 0.4, must be >= 0.5, because: {name}" in said
    assert said.count(name) >= 9
    assert not any(key.startswith("on") for _, attributes in seen.elements for key in attributes)


@pytest.mark.parametrize(
    ("url", "links"),
    [
        pytest.param("https://m/#/r1", ["https://m/#/r1"], id="https"),
        pytest.param("javascript:alert(1)", [], id="not-a-page"),
        pytest.param(None, [], id="a-store-without-pages"),
    ],
)
def test_the_candidate_is_a_link(url: str | None, links: list[str]) -> None:
    """To its page in the MLflow UI, where there is one."""
    seen = Seen(page(session(judged(THRESHOLDS, METRICS, snapshot={"url": url, "baseline": rival(BASE)}))))
    assert [link for link in seen.attributes("href") if link != "data:,"] == links


def test_without_a_candidate_there_is_the_reason() -> None:
    """Nothing is drawn, and what was not judged is named."""
    text = "thresholds: {accuracy: '>= 0.5'}"
    said = Seen(page(session(judged(text, {}, candidate=None, findings=())))).said()
    assert "no candidate" in said
    missing = judged(THRESHOLDS, METRICS, snapshot={"baseline": Missing("there is none")})
    assert "compared with\nthere is none" in Seen(page(session(missing))).said()


def test_half_a_character_does_not_stop_the_page() -> None:
    """MLflow takes any text for a run's name, and a file holds only what has bytes."""
    run = RUN._replace(name="\ud800", metrics=METRICS)
    decision = judged("thresholds: {accuracy: '>= 0.5'}", METRICS, snapshot={"run": run})
    assert "run ? (r1)" in page(session(decision)).encode("utf-8").decode("utf-8")


def test_a_row_repeats_no_number_in_words() -> None:
    """A text stands below a check only where it says more than the row."""
    text = """\
thresholds:
  plain: ">= 0.5"
  change: {max_drop: 0.1}
  share: {min: 0.5, confidence: 95%, samples: 400}
"""
    metrics = {"plain": 0.9, "change": 0.9, "share": 0.9}
    said = Seen(page(session(judged(text, metrics, snapshot={"baseline": rival(metrics)})))).said()
    assert "0.9 >= 0.5\n" not in said
    assert "max_drop 0.1" not in said
    assert "0.9 (95% lower bound 0.86" in said


def test_five_thousand_checks_stay_below_five_megabytes() -> None:
    """The page of a large gate can still be opened, mailed and stored."""
    names = [f"recall/region-{number:04}" for number in range(5000)]
    text = "thresholds:\n" + "".join(f'  "{name}": {{max_drop: 0.01}}\n' for name in names)
    metrics = {name: 0.9 + number * 1e-6 for number, name in enumerate(names)}
    decision = judged(text, metrics, snapshot={"baseline": rival(metrics)}, past=(earlier(**metrics),) * 30)
    written = page(session(decision))
    assert written.count("data-check=") == 5000 + 100  # and the histories
    assert len(written.encode()) < 5_000_000


def test_a_chart_alone_brings_its_style() -> None:
    """Other people's pages have none of ours."""
    drawn = chart(finding("thresholds: {accuracy: '>= 0.92'}", candidate({"accuracy": 0.91})))
    assert Seen(drawn).open == []
    assert drawn.startswith('<svg class="mlflow-gate"')
    assert ".mlflow-gate .limit {" in drawn
    assert 'data-value="0.91"' in drawn


def test_what_has_no_chart_is_an_empty_text() -> None:
    """A requirement has no number to draw."""
    found = finding("thresholds: {never: '>= 0.92'}", candidate({}))._replace(bound=None)
    assert chart(found) == ""
    assert chart(found._replace(bound=Decimal(1), passes="above")) != ""
