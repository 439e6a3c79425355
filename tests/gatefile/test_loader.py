"""A whole file: what a gate knows, its name, and that nothing but `GateFileError` ever comes out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.item_names import check_name
from pytest_mlflow_gate.gatefile.loader import Validation, load, validate
from pytest_mlflow_gate.gatefile.problems import GateFileError
from pytest_mlflow_gate.gatefile.types import Promotion, RunOfExperiment
from tests.gatefile.loading import EITHER_PARSER, load_text, problems_of

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_mlflow_gate.gatefile.types import Gate

SMALLEST = """\
# yaml-language-server: $schema=gate.schema.json
tracking_uri: http://mlflow.internal:5000
candidate:
  experiment: customer-churn
thresholds:
  accuracy: ">= 0.92"
  precision: ">= 0.88"
  recall: ">= 0.85"
promote:
  model: churn-classifier
  alias: champion
"""
EVERYTHING = """\
name: churn
description: why this gate exists
tracking_uri: ${MLFLOW_TRACKING_URI}
registry_uri: http://registry:5000
wait: 2m
candidate: &all
  experiment: customer-churn
  select: best
  by: accuracy
  order: max
  filter: "tags.phase = 'eval'"
thresholds:
  accuracy: &limit ">= 0.92"
  f1: {min: 0.88, max: 1.0, above: 0.5, below: 1.5, equals: 1.0, tolerance: 0.5, reason: contract}
  latency_ms:
    - {max: 120}
    - {max: ${MAX:-100}, severity: warn}
  recall: *limit
promote:
  model: churn-classifier
  alias: champion
  stage: Production
  copy_to: prod.churn-classifier
  previous_alias: previous-champion
  artifact: model
  tags: {validated_by: ci}
  approval: first
""".replace("${MAX:-100}", "'${MAX:-100}'")


def test_the_smallest_real_gate() -> None:
    """The contract's first example, with every default."""
    gate = load_text(SMALLEST)
    assert gate.digest == hashlib.sha256(SMALLEST.encode()).hexdigest()
    assert (gate.name, gate.description, gate.wait) == ("churn-classifier", None, 30.0)
    assert (gate.tracking_uri, gate.registry_uri) == ("http://mlflow.internal:5000", None)
    assert gate.candidate == RunOfExperiment("customer-churn", "latest", None, "max", None, 4)
    assert gate.promotion == Promotion("churn-classifier", "champion", None, None, (), None, None, 0, 9)
    assert list(gate.check_names()) == ["candidate[run]", "accuracy[min]", "precision[min]", "recall[min]"]


@EITHER_PARSER
def test_every_key(parser: str) -> None:
    """A file that uses all of the language loads."""
    gate = load_text(EVERYTHING, {"MLFLOW_TRACKING_URI": "http://u:p@host"}, parser=parser)
    assert (gate.name, gate.description) == ("churn", "why this gate exists")
    assert (gate.tracking_uri, gate.registry_uri) == ("http://u:p@host", "http://registry:5000")
    assert gate.wait == 120.0
    assert len(gate.checks) == 9


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        pytest.param("candidate: {run_id: a}\nname: 'a::b[c]'\n", "a:b(c)", id="given"),
        pytest.param("candidate: {experiment: e}\npromote: {model: m, alias: a}\n", "m", id="promoted-model"),
        pytest.param("candidate: {run_id: a, experiment: e}\n", "e", id="experiment"),
        pytest.param("candidate: {model: m, version: 1}\n", "m", id="model"),
        pytest.param("candidate: {run_id: a}\n", "eval_gate", id="file"),
    ],
)
def test_names(keys: str, name: str) -> None:
    """A gate has a name in every case, and one that node ids can carry."""
    assert load_text(f"{keys}thresholds: {{a: '>= 1'}}\n").name == name


def test_no_wait_is_a_wait() -> None:
    """``0s`` asks to judge at once, and is not the default."""
    text = "candidate: {run_id: a}\nthresholds: {a: '>= 1'}\nwait: 0s\n"
    assert load_text(text).wait == 0.0


def test_an_error_shows_the_path_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line begins with `path:line:`, sorted, so that editors and people can jump there."""
    monkeypatch.chdir(tmp_path)
    Path("gates").mkdir()
    Path("gates/churn.gate.yaml").write_text(
        "candidate: {run_id: a}\nname:\nthresholds: {f1: {minimun: 1}}\n"
    )
    with pytest.raises(GateFileError) as raised:
        load(Path("gates/churn.gate.yaml"), keys=KEYS, environ={})
    assert str(raised.value).splitlines() == [
        "gates/churn.gate.yaml:2: name: is empty, write a value",
        "gates/churn.gate.yaml:3: thresholds.f1: unknown condition 'minimun', did you mean 'min'?",
    ]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        pytest.param("missing.yaml", "No such file or directory", id="missing"),
        pytest.param("", "Is a directory", id="folder"),
        pytest.param("nul\0.yaml", "embedded null byte", id="impossible-name"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, cause: str) -> None:
    """The system's own reason is given."""
    path = tmp_path / name
    with pytest.raises(GateFileError) as raised:
        load(path, keys=KEYS, environ={})
    assert str(raised.value) == f"{path}:1: cannot be read ({cause}), check the path and its permissions"


def test_validation_does_not_need_the_variables(tmp_path: Path) -> None:
    """Checks that wait for a variable are counted, and the variables are named."""
    path = tmp_path / "gate.yaml"
    path.write_text(
        "candidate: {run_id: '${RUN_ID}', experiment: '${EMPTY}'}\n"
        "thresholds:\n  a: '>= ${A}'\n  b: {min: '${B}', max: 1}\n  c: {min: 1, severity: '${S}'}\n"
        "promote: {model: '${RUN_ID}', copy_to: '${RUN_ID}', alias: '${S}', previous_alias: '${S}',\n"
        "  approval: '${S}', tags: {t: '${A}'}}\n"
    )
    validation = validate(path, keys=KEYS, environ={"EMPTY": ""})
    assert validation == Validation(checks=5, unset=("A", "B", "EMPTY", "RUN_ID", "S"))


def test_validation_finds_everything_else(tmp_path: Path) -> None:
    """What does not depend on a missing variable is judged as always."""
    path = tmp_path / "gate.yaml"
    path.write_text(
        "candidate: {run_id: '${RUN_ID}', select: latest}\nthresholds:\n  a: [{min: '${A}'}, {min: 1}]\n"
    )
    with pytest.raises(GateFileError) as raised:
        validate(path, keys=KEYS, environ={})
    assert [problem.text for problem in raised.value.problems] == [
        "candidate.select: goes with experiment, not with run_id; remove one of them",
        "thresholds.a[1].min: check 'a[min]' exists already (line 3), remove one of them",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("__import__('os').system('touch pwned')", id="python"),
        pytest.param("(lambda: open('pwned', 'w'))()", id="lambda"),
        pytest.param("$(touch pwned)", id="shell"),
        pytest.param("`touch pwned`", id="backticks"),
        pytest.param("{0.__class__.__init__.__globals__}", id="format"),
        pytest.param("%(__class__)s", id="percent-format"),
        pytest.param("{{ ''.__class__.__mro__ }}", id="template"),
        pytest.param("!!python/object/apply:os.system [touch pwned]", id="yaml-tag-in-quotes"),
        pytest.param("tags.a = 'x' OR 1 = 1; DROP TABLE runs --", id="sql"),
    ],
)
@EITHER_PARSER
def test_a_text_is_only_a_text(
    text: str, parser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code in a filter, a name, a tag or a variable's value comes out as it stands, and nothing ran."""
    monkeypatch.chdir(tmp_path)
    written = text.replace("'", "''")
    gate = load_text(
        f"description: '{written}'\n"
        f"candidate: {{experiment: '${{TEXT}}', filter: '{written}'}}\n"
        f"thresholds: {{'{written}': {{min: 1, reason: '{written}'}}}}\n"
        f"promote: {{model: '{written}', copy_to: '${{TEXT}}-copy', tags: {{t: '{written}'}}, stage: Staging}}\n",
        {"TEXT": text},
        parser=parser,
    )
    assert gate.promotion is not None
    assert (gate.description, gate.candidate) == (
        text,
        RunOfExperiment(text, "latest", None, "max", text, 2),
    )
    assert [(check.metric, check.reason) for check in gate.checks] == [(text, text)]
    assert (gate.promotion.model, gate.promotion.copy_to) == (text, f"{text}-copy")
    assert gate.promotion.tags == (("t", text),)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", ["1 if True else 0", "2**8", "0x10", "1+1", "min(1, 2)"])
def test_a_limit_is_no_expression(limit: str) -> None:
    """Nothing is worked out: a limit is a plain decimal or a problem."""
    assert problems_of(f"candidate: {{run_id: a}}\nthresholds: {{a: '>= {limit}'}}\n") == [
        f"2: thresholds.a: '{limit}' is not a decimal number, write one such as 0.92 or 1e-3"
    ]


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9)
METRICS = st.text("abcXYZ019_-./ :[]{}$é", min_size=1, max_size=12).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(METRICS, st.tuples(st.sampled_from(sorted(KEYS)), NUMBERS), min_size=1, max_size=6))
def test_limits_survive_exactly(thresholds: dict[str, tuple[str, Decimal]]) -> None:
    """Whatever the metrics and limits of a gate are, its checks have them to the last digit."""
    names = {check_name(metric, key, "fail") for metric, (key, _) in thresholds.items()}
    assume(len(names) == len(thresholds))
    document = {
        "candidate": {"run_id": "r1"},
        "thresholds": {
            metric: f"{KEYS[key].symbol} {limit}" if index % 2 else {key: str(limit)}
            for index, (metric, (key, limit)) in enumerate(thresholds.items())
        },
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)
    checks = load_text(text).checks
    assert {check.metric: (check.condition, check.limit) for check in checks} == thresholds
    assert [str(check.limit) for check in checks] == [str(limit) for _, limit in thresholds.values()]


SNIPPETS = st.sampled_from(
    [
        *"&*{}[]:-,#|>%@!?~'\"\\ \n\t",
        "${",
        "<<: *all",
        "!!map",
        "---\n",
        "\ufeff",
        "\x85",
        "\ud800",
        ".nan",
        "é",
    ]
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@EITHER_PARSER
def test_a_damaged_gate_loads_or_has_problems(data: st.DataObject, parser: str) -> None:
    """Text put in, cut out or moved about never gets out of the loader as anything but problems."""
    text = EVERYTHING
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        until = at + data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(SNIPPETS | st.just(text[until : until + 40])) + text[until:]
    content = text.encode("utf-8", "surrogatepass")
    outcome = _outcome(content, parser)
    if isinstance(outcome, GateFileError):
        last = content.count(b"\n") + content.count(b"\r") + content.count(b"\xc2\x85") + 1
        assert outcome.problems
        assert all(1 <= problem.line <= last and problem.text.isprintable() for problem in outcome.problems)


@settings(max_examples=100, deadline=None)
@given(
    content=st.binary(max_size=60) | st.text("&*{}[]:-,#|>%@!?~'\"\\ \n\tab0x", max_size=60).map(str.encode)
)
@EITHER_PARSER
def test_garbage_has_problems(content: bytes, parser: str) -> None:
    """Bytes of no meaning are refused with lines, by both parsers."""
    for problem in problems_of(content, parser=parser):
        assert problem.isprintable()


def _outcome(content: bytes, parser: str) -> Gate | GateFileError:
    try:
        return load_text(content, {"MLFLOW_TRACKING_URI": "http://host"}, parser=parser)
    except GateFileError as error:
        return error
