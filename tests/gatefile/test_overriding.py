"""Limits that an option tries in place of the gate file's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.overriding import Overriding, Unsettable
from pytest_mlflow_gate.gatefile.problems import GateFileError
from tests.gatefile.loading import LANGUAGE

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mlflow_gate.gatefile.types import Gate

NAMED = """\
name: {name}
candidate: {{run_id: r1}}
thresholds:
{thresholds}
"""
THRESHOLDS = """\
  accuracy: ">= 0.92"
  val.acc/top: {min: 0.88, max: 1e0, reason: sales}
  f1: {max_drop: 2%, confidence: 95%, samples: n}
  soft: {max: 5, severity: warn}
  twin: [{max: 100, severity: warn}, {max: 120}]
  sets: [{min: 0.8, dataset: a}, {min: 0.9, dataset: b}]
  "recall/{cohort}": {cohorts: [eu, us], min: 0.8}
  clicks: {trials: shown, min_probability_best: 95%}
"""


def _loaded(
    folder: Path, *texts: str, thresholds: str = THRESHOLDS, names: tuple[str, ...] = ("g",)
) -> list[Gate]:
    """Load a gate file for each name with the options *texts*, none of which is refused."""
    overriding, gates = _gates(folder, texts, thresholds, names)
    assert overriding.problems(gates) == []
    return gates


def _gates(
    folder: Path, texts: tuple[str, ...], thresholds: str, names: tuple[str, ...]
) -> tuple[Overriding, list[Gate]]:
    overriding = Overriding(texts, language=LANGUAGE, environ={"LIMIT": ">= 0.92"})
    gates = []
    for name in names:
        path = folder / f"{name.replace(':', '-')}.gate.yaml"
        own = f"{thresholds}baseline: {{model: m, alias: champion}}\n"
        path.write_text(NAMED.format(name=name, thresholds=own), encoding="utf-8")
        gates.append(overriding.load(path))
    return overriding, gates


def _limits(gate: Gate) -> dict[str, str]:
    return {check.name: f"{check.limit}{'%' if check.percent else ''}" for check in gate.conditions}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        pytest.param("accuracy.min=0.95", {"accuracy[min]": "0.95"}, id="short-form"),
        pytest.param("accuracy.max=0.99", {"accuracy[max]": "0.99"}, id="added-to-short-form"),
        pytest.param(" accuracy.min = 0.95 ", {"accuracy[min]": "0.95"}, id="spaces"),
        pytest.param("val.acc/top.min=0.9", {"val.acc/top[min]": "0.9"}, id="last-dot-splits"),
        pytest.param("val.acc/top.above=0", {"val.acc/top[above]": "0"}, id="added-to-long-form"),
        pytest.param("f1.max_drop=1%", {"f1[max_drop]": "1%"}, id="percent"),
        pytest.param("f1.max_drop=0.5", {"f1[max_drop]": "0.5"}, id="absolute-for-percent"),
        pytest.param("clicks.min_probability_best=99%", {"clicks[min_probability_best]": "0.99"}, id="share"),
        pytest.param("soft.max=4", {"soft[max:warn]": "4"}, id="what-only-warns-goes-on-to-warn"),
        pytest.param("twin.max=110", {"twin[max]": "110"}, id="of-twins-the-one-that-blocks"),
        pytest.param("twin.min=1", {"twin[min]": "1"}, id="added-to-the-one-that-blocks"),
        pytest.param(
            "sets.min=0.7", {"sets@a[min]": "0.7", "sets@b[min]": "0.7"}, id="every-set-that-blocks"
        ),
        pytest.param("sets.max=1", {"sets@a[max]": "1"}, id="added-to-the-first-set"),
        pytest.param(
            "recall/{cohort}.min=0.7", {"recall/eu[min]": "0.7", "recall/us[min]": "0.7"}, id="every-cohort"
        ),
        pytest.param(
            "recall/{cohort}.max_spread=0.1", {"recall/{cohort}[max_spread]": "0.1"}, id="of-cohorts"
        ),
    ],
)
def test_a_limit_takes_the_place_of_the_files(tmp_path: Path, text: str, changed: dict[str, str]) -> None:
    """What the option names is changed or added, and everything else stays as it is in the file."""
    (before,) = _loaded(tmp_path)
    (gate,) = _loaded(tmp_path, text)
    assert _limits(gate) == {**_limits(before), **changed}
    option = f"--mlflow-gate-set {text}"
    assert {check.name: check.option for check in gate.conditions if check.option} == dict.fromkeys(
        changed, option
    )
    kept = {check.name: check for check in before.conditions}
    for check in gate.conditions:
        if check.name in kept:
            old = kept[check.name]
            assert check._replace(limit=old.limit, percent=old.percent, option=None) == old
    assert gate._replace(checks=(), overrides=()) == before._replace(checks=())


@pytest.mark.parametrize(
    ("thresholds", "text", "changed", "sentence"),
    [
        pytest.param(
            '  accuracy: "${LIMIT}"',
            "accuracy.min=95e-2",
            {"accuracy[min]": "0.95"},
            "accuracy.min is 95e-2 (--mlflow-gate-set, the file has 0.92)",
            id="variable",
        ),
        pytest.param(
            "  f1: {max_drop: 2%}",
            "f1.max_drop=0.5%",
            {"f1[max_drop]": "0.5%"},
            "f1.max_drop is 0.5% (--mlflow-gate-set, the file has 2%)",
            id="percent",
        ),
        pytest.param(
            "  f1: {max: 1}",
            "f1.min=0.5",
            {"f1[min]": "0.5", "f1[max]": "1"},
            "f1.min is 0.5 (--mlflow-gate-set, the file has none)",
            id="added",
        ),
        pytest.param(
            "  f1: [{min: 0.8, dataset: a}, {min: 0.9, dataset: b}]",
            "f1.min=0.5",
            {"f1@a[min]": "0.5", "f1@b[min]": "0.5"},
            "f1.min is 0.5 (--mlflow-gate-set, the file has 0.8 and 0.9)",
            id="two-sets",
        ),
        pytest.param(
            "  f1: [{max: 1, severity: warn}, {min: 0, severity: warn}]",
            "f1.above=0.5",
            {"f1[max:warn]": "1", "f1[above:warn]": "0.5", "f1[min:warn]": "0"},
            "f1.above is 0.5 (--mlflow-gate-set, the file has none)",
            id="nothing-blocks",
        ),
        pytest.param(
            "  a: &both {min: 0.5}\n  b: *both",
            "a.min=0.6",
            {"a[min]": "0.6", "b[min]": "0.5"},
            "a.min is 0.6 (--mlflow-gate-set, the file has 0.5)",
            id="yaml-alias",
        ),
        pytest.param(
            '  a.min: ">= 0.5"\n  a: ">= 0.5"',
            "a.min=0.6",
            {"a.min[min]": "0.5", "a[min]": "0.6"},
            "a.min is 0.6 (--mlflow-gate-set, the file has 0.5)",
            id="a-metric-called-like-a-condition",
        ),
    ],
)
def test_the_gate_tells_what_is_not_the_files(
    tmp_path: Path, thresholds: str, text: str, changed: dict[str, str], sentence: str
) -> None:
    """The sentence for header and summary has the new limit as typed, and what the file has there."""
    (gate,) = _loaded(tmp_path, text, thresholds=f"{thresholds}\n")
    assert _limits(gate) == changed
    assert [override.sentence for override in gate.overrides] == [sentence]


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        pytest.param("accuracy.min=0.95", ["a:b", "c"], id="every-gate-that-has-it"),
        pytest.param("c:accuracy.min=0.95", ["c"], id="one-gate"),
        pytest.param("a:b:accuracy.min=0.95", ["a:b"], id="colon-in-the-gates-name"),
    ],
)
def test_several_gates(tmp_path: Path, text: str, reached: list[str]) -> None:
    """Without a gate's name an option is about every gate that has the threshold, with one about that gate."""
    gates = _loaded(tmp_path, text, names=("a:b", "c"))
    assert [gate.name for gate in gates if gate.overrides] == reached
    assert [gate.name for gate in gates if _limits(gate)["accuracy[min]"] == "0.95"] == reached


KNOWN = (
    "known are min, max, above, below, equals, max_drop, max_rise, min_rise, min_drop, max_spread, "
    "min_probability_best, max_value_remaining"
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "acuracy.min=0.9", "no gate has a threshold for 'acuracy', did you mean 'accuracy'?", id="metric"
        ),
        pytest.param("h:f1.min=0.9", "no gate has a threshold for 'h:f1', did you mean 'g:f1'?", id="gate"),
        pytest.param(
            "zzz.min=0.9",
            "no gate has a threshold for 'zzz', known are accuracy, clicks, f1, recall/{cohort}, sets, soft, twin, ...",
            id="nothing-like-it",
        ),
        pytest.param(
            "recall/eu.min=0.9",
            "no gate has a threshold for 'recall/eu', did you mean 'recall/{cohort}'?",
            id="one-cohort",
        ),
        pytest.param(
            "accuracy.minimum=1", "unknown condition 'minimum', did you mean 'min'?", id="condition"
        ),
        pytest.param(
            "accuracy.severity=warn", "'severity' is no condition, change it in the file", id="a-setting"
        ),
        pytest.param("accuracy.zzz=1", f"unknown condition 'zzz', {KNOWN}", id="no-condition-like-it"),
        pytest.param(
            "accuracy.min=high",
            "'high' is not a decimal number, write one such as 0.92 or 1e-3",
            id="no-number",
        ),
        pytest.param("accuracy.min=95%", "'95%' is a percentage, write 0.95", id="percent-of-a-metric"),
        pytest.param(
            "f1.max_drop=-1",
            "'-1' must not be negative, the key says the direction; write 0 or more",
            id="negative-change",
        ),
        pytest.param(
            "clicks.min_probability_best=2",
            "'2' is no share between 0 and 1, write one such as 95% or 0.95",
            id="no-share",
        ),
        pytest.param("accuracy=0.9", "names no condition, write accuracy.min=0.9", id="no-condition"),
        pytest.param(
            "val.acc/top=0.9", "names no condition, write val.acc/top.min=0.9", id="dots-and-no-condition"
        ),
        pytest.param("g:f1", "names no condition, write g:f1.min=0.95", id="a-metric-alone"),
        pytest.param(
            "accuracy>=0.9",
            "is not METRIC.CONDITION=VALUE, write one such as accuracy.min=0.95",
            id="short-form",
        ),
        pytest.param(
            "accuracy.min=",
            "is not METRIC.CONDITION=VALUE, write one such as accuracy.min=0.95",
            id="no-value",
        ),
        pytest.param("", "is not METRIC.CONDITION=VALUE, write one such as accuracy.min=0.95", id="empty"),
    ],
)
def test_an_option_that_no_gate_can_use(tmp_path: Path, text: str, problem: str) -> None:
    """The line begins with the option as it was typed, and ends with what to write."""
    overriding, gates = _gates(tmp_path, (text,), THRESHOLDS, ("g",))
    (found,) = overriding.problems(gates)
    assert found == f"--mlflow-gate-set {text}: {problem}"
    assert not any(gate.overrides for gate in gates)


@pytest.mark.parametrize("second", ["accuracy.min=0.97", "g:accuracy.min=0.97"])
def test_the_same_limit_twice(tmp_path: Path, second: str) -> None:
    """Of two options for one limit nobody has to guess which one counts."""
    overriding, gates = _gates(tmp_path, ("accuracy.min=0.96", "f1.min=0.5", second), THRESHOLDS, ("g",))
    assert overriding.problems(gates) == [
        f"--mlflow-gate-set {second}: --mlflow-gate-set accuracy.min=0.96 sets the same, remove one of them"
    ]


@pytest.mark.parametrize(
    ("texts", "lines"),
    [
        pytest.param(
            ("accuracy.max=0.9",),
            [
                (
                    "accuracy.max=0.9: {path}: thresholds.accuracy: '<= 0.9' contradicts '>= 0.92' (line 4), no value "
                    "meets both; change one"
                ),
            ],
            id="with-the-file",
        ),
        pytest.param(
            ("soft.max=4", "accuracy.min=0.5", "accuracy.max=0.4", "f1.min=0"),
            [
                (
                    "accuracy.max=0.4: {path}: thresholds.accuracy: '<= 0.4' contradicts '>= 0.5' (line 4), no value "
                    "meets both; change one"
                ),
            ],
            id="with-each-other",
        ),
        pytest.param(
            ("soft.min=6", "val.acc/top.min=2", "f1.equals=1"),
            [
                (
                    "val.acc/top.min=2: {path}: thresholds.val.acc/top: '<= 1' contradicts '>= 2' (line 5), no value "
                    "meets both; change one"
                ),
                (
                    "f1.equals=1: {path}: thresholds.f1.confidence: does not go with equals, only with one-sided "
                    "limits; remove one of them"
                ),
                (
                    "soft.min=6: {path}: thresholds.soft: '<= 5' contradicts '>= 6' (line 7), no value meets both; "
                    "change one"
                ),
            ],
            id="each-with-its-own",
        ),
        pytest.param(
            ("recall/{cohort}.max_spread=-1",),
            [
                (
                    "recall/{{cohort}}.max_spread=-1: {path}: thresholds.recall/{{cohort}}.max_spread: must not be "
                    "negative, write 0 or more"
                ),
            ],
            id="its-own-value",
        ),
        pytest.param(
            ("clicks.min=5",),
            [],
            id="nothing-wrong",
        ),
    ],
)
def test_what_the_loader_refuses(tmp_path: Path, texts: tuple[str, ...], lines: list[str]) -> None:
    """The loader's own messages, each after the option that is the cause."""
    if not lines:
        _loaded(tmp_path, *texts)
        return
    with pytest.raises(Unsettable) as raised:
        _gates(tmp_path, texts, THRESHOLDS, ("g",))
    path = tmp_path / "g.gate.yaml"
    assert str(raised.value).split("\n") == [f"--mlflow-gate-set {line.format(path=path)}" for line in lines]


def test_a_change_needs_a_baseline(tmp_path: Path) -> None:
    """A condition that the file has no baseline for is refused as if it stood in the file."""
    path = tmp_path / "gate.yaml"
    path.write_text(NAMED.format(name="g", thresholds=THRESHOLDS.partition("  f1")[0]), encoding="utf-8")
    overriding = Overriding(["accuracy.max_drop=1%"], language=LANGUAGE, environ={})
    with pytest.raises(Unsettable) as raised:
        overriding.load(path)
    assert str(raised.value) == (
        f"--mlflow-gate-set accuracy.max_drop=1%: {path}: thresholds.accuracy.max_drop: compares with a baseline, "
        "and there is none: add baseline: {model: NAME, alias: champion}"
    )


def test_mistakes_of_the_file_come_first(tmp_path: Path) -> None:
    """A file that is wrong by itself says so as ever, and nothing of the options."""
    path = tmp_path / "gate.yaml"
    path.write_text(NAMED.format(name="g", thresholds='  accuracy: "0.92"'), encoding="utf-8")
    overriding = Overriding(["accuracy.max=0.9"], language=LANGUAGE, environ={})
    with pytest.raises(GateFileError) as raised:
        overriding.load(path)
    assert str(raised.value) == (f"{path}:4: thresholds.accuracy: '0.92' is a bare number, write '>= 0.92'")
