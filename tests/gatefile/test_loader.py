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
from pytest_mlflow_gate.gatefile.types import Baseline, Promotion, Replicates, RunOfExperiment
from tests.gatefile.loading import EITHER_PARSER, LANGUAGE, load_text, problems_of
from tests.gatefile.whole_language import CHECKS, WHOLE

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


def test_the_smallest_real_gate() -> None:
    """The contract's first example, with every default."""
    gate = load_text(SMALLEST)
    assert gate.digest == hashlib.sha256(SMALLEST.encode()).hexdigest()
    assert (gate.name, gate.description, gate.wait) == ("churn-classifier", None, 30.0)
    assert gate.report == "none"
    assert (gate.tracking_uri, gate.registry_uri) == ("http://mlflow.internal:5000", None)
    assert gate.candidate == RunOfExperiment("customer-churn", "latest", None, "max", None, 4)
    assert gate.promotion == Promotion("churn-classifier", "champion", None, None, (), None, None, 0, 9)
    assert list(gate.check_names()) == ["candidate[run]", "accuracy[min]", "precision[min]", "recall[min]"]


@EITHER_PARSER
def test_every_key(parser: str) -> None:
    """A file that uses all of the language loads."""
    gate = load_text(WHOLE, {"MLFLOW_TRACKING_URI": "http://u:p@host"}, parser=parser)
    assert (gate.name, gate.description) == ("churn", "why this gate exists")
    assert (gate.tracking_uri, gate.registry_uri) == ("http://u:p@host", "http://registry:5000")
    assert (gate.report, gate.wait) == ("artifact", 120.0)
    assert gate.baseline == Baseline("churn-classifier", "champion", None, None, bootstrap=True, line=21)
    assert gate.replicates == Replicates("tags.seed != ''")
    assert gate.promotion is not None
    assert gate.promotion.copy_to == "prod.churn-classifier"
    assert list(gate.check_names()) == CHECKS


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
        load(Path("gates/churn.gate.yaml"), language=LANGUAGE, environ={})
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
        load(path, language=LANGUAGE, environ={})
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
    validation = validate(path, language=LANGUAGE, environ={"EMPTY": ""})
    assert validation == Validation(checks=5, unset=("A", "B", "EMPTY", "RUN_ID", "S"))


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        pytest.param("thresholds: {a: {max_drop: '${X}', max_spread: 1, min: 1}}", None, id="other-mistakes"),
        pytest.param("thresholds: {a: {max_drop: '${X}', min: 1}}", 3, id="change"),
        *(
            pytest.param(f"thresholds: {{a: {{min: 1, max: 2, {setting}}}}}", 3, id=setting.partition(":")[0])
            for setting in (
                "over: '${X}'",
                "dataset: '${X}'",
                "confidence: '${X}', samples: 5",
                "samples: '${X}', confidence: 95%",
                "severity: '${X}'",
                "reason: '${X}'",
            )
        ),
        pytest.param("thresholds: {a: {equals: 1, tolerance: '${X}'}}", 2, id="tolerance"),
        pytest.param(
            "thresholds: {'{cohort}': {cohorts: '${X}', min: 1, max_spread: 1}}", 3, id="all-cohorts"
        ),
        pytest.param(
            "thresholds: {'{cohort}': {cohorts: [a, b, '${X}'], min: 1, max_spread: 1}}", 5, id="a-cohort"
        ),
        pytest.param("thresholds: {'{cohort}': {cohorts: [a, b], min: '${X}'}}", 3, id="limit-of-cohorts"),
        pytest.param("thresholds: {a: {min_probability_best: '${X}', trials: n}}", 2, id="probability"),
        pytest.param("thresholds: {a: {min_probability_best: 95%, trials: '${X}'}}", 2, id="trials"),
        pytest.param("thresholds: {a: {max_value_remaining: 1%, trials: n, arms: ['${X}']}}", 2, id="arm"),
        pytest.param("rules: {r: '${X} !!'}", 2, id="rule"),
        pytest.param("rules: {r: {expr: '${X}', severity: warn, reason: '${X}'}}", 2, id="long-rule"),
        pytest.param("rules: {r: {expr: a, severity: '${X}'}}", 2, id="severity-of-a-rule"),
    ],
)
def test_an_unset_variable_in_a_threshold_is_a_check_to_count(
    text: str, checks: int | None, tmp_path: Path
) -> None:
    """Wherever it stands, its check is counted, the variable is named and nothing else is."""
    path = tmp_path / "gate.yaml"
    path.write_text(f"candidate: {{run_id: a}}\npromote: {{model: m, alias: a}}\n{text}\n")
    if checks is None:
        with pytest.raises(GateFileError, match="max_spread: needs a metric with"):
            validate(path, language=LANGUAGE, environ={})
    else:
        assert validate(path, language=LANGUAGE, environ={}) == Validation(checks, ("X",))


@pytest.mark.parametrize(
    ("keys", "checks"),
    [
        pytest.param("require: {max_age: '${X}'}", 3, id="age"),
        pytest.param("require: {tags: {a: '${X}', b: c}, params: {d: '${X}'}}", 4, id="tags-and-params"),
        pytest.param("require: {dataset: {name: '${X}'}}", 3, id="dataset"),
        pytest.param("require: {dataset: {name: n, digest: '${X}'}}", 3, id="digest"),
        pytest.param("require: {artifact: '${X}', signature: '${X}'}", 4, id="artifact-and-signature"),
        pytest.param("replicates: '${X}'", 2, id="replicates"),
        pytest.param("replicates: {filter: '${X}'}", 2, id="filter-of-replicates"),
    ],
)
def test_an_unset_variable_of_the_candidate_is_no_problem(keys: str, checks: int, tmp_path: Path) -> None:
    """What it has to be may come from the CI system."""
    confidence = "95%" if "replicates" in keys else "95%, samples: 5"
    path = tmp_path / "gate.yaml"
    path.write_text(
        f"candidate: {{run_id: a, {keys}}}\nthresholds: {{a: {{min: 1, confidence: {confidence}}}}}\n"
    )
    assert validate(path, language=LANGUAGE, environ={}) == Validation(checks, ("X",))


@pytest.mark.parametrize("key", ["model", "alias", "version", "stage", "missing"])
def test_an_unset_variable_of_the_baseline_is_no_problem(key: str, tmp_path: Path) -> None:
    """A baseline that is not known here is one all the same."""
    path = tmp_path / "gate.yaml"
    path.write_text(
        f"candidate: {{run_id: a}}\nbaseline: {{{key}: '${{X}}'}}\nthresholds: {{a: {{max_drop: 1}}}}\n"
        "promote: {model: m, alias: a}\n"
    )
    assert validate(path, language=LANGUAGE, environ={}) == Validation(2, ("X",))


def test_validation_finds_everything_else(tmp_path: Path) -> None:
    """What does not depend on a missing variable is judged as always."""
    path = tmp_path / "gate.yaml"
    path.write_text(
        "candidate: {run_id: '${RUN_ID}', select: latest}\nthresholds:\n  a: [{min: '${A}'}, {min: 1}]\n"
    )
    with pytest.raises(GateFileError) as raised:
        validate(path, language=LANGUAGE, environ={})
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
    assert [(check.metric, check.reason) for check in gate.conditions] == [(text, text)]
    assert (gate.promotion.model, gate.promotion.copy_to) == (text, f"{text}-copy")
    assert gate.promotion.tags == (("t", text),)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", ["1 if True else 0", "2**8", "0x10", "1+1", "min(1, 2)"])
def test_a_limit_is_no_expression(limit: str) -> None:
    """Nothing is worked out: a limit is a plain decimal or a problem."""
    assert problems_of(f"candidate: {{run_id: a}}\nthresholds: {{a: '>= {limit}'}}\n") == [
        f"2: thresholds.a: '{limit}' is not a decimal number, write one such as 0.92 or 1e-3"
    ]


SHORT = sorted(name for name, key in KEYS.items() if key.symbol)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9)
METRICS = st.text("abcXYZ019_-./ :[]{}$é", min_size=1, max_size=12).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(METRICS, st.tuples(st.sampled_from(SHORT), NUMBERS), min_size=1, max_size=6))
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
    checks = load_text(text).conditions
    assert {check.metric: (check.condition.name, check.limit) for check in checks} == thresholds
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
        "95%",
        "{cohort}",
        "\n  x: {max_drop: -1%, cohorts: '*', trials: x, confidence: 1}\n",
        "\n    - &all {max_spread: 1, cohorts: [a, *all, a]}\n",
        "\n  r: |\n    a\n    !!\n",
        "${UNSET}",
        "baseline: {version: 1, stage: x, alias: y}\n",
        "replicates: parent\n",
        "require: {}\n",
    ]
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@EITHER_PARSER
def test_a_damaged_gate_loads_or_has_problems(data: st.DataObject, parser: str) -> None:
    """Text put in, cut out or moved about never gets out of the loader as anything but problems."""
    text = WHOLE
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
