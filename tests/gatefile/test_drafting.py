"""New gate files: what they say, that the loader takes every one of them, and that the newest run passes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.gatefile.drafting import Basis, draft, writable
from pytest_mlflow_gate.gatefile.loader import load
from pytest_mlflow_gate.gatefile.types import RunOfExperiment
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from pytest_mlflow_gate.tracking.values import Experiment
from tests.fakes import RUN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_mlflow_gate.gatefile.types import Gate

BASIS = Basis(
    tracking_uri="http://mlflow:5000",
    registry_uri=None,
    experiment="customer-churn",
    run="bold-shrew (r3)",
    metrics=[
        {"accuracy": 0.948, "latency_ms": 104.7, "n_test": 3000.0, "uplift": 1.4, "val_loss": math.nan},
        {"accuracy": 0.941, "latency_ms": 109.2, "n_test": 3000.0, "uplift": 1.2, "val_loss": 0.3},
        {"accuracy": 0.902, "n_test": 2900.0},
    ],
    model="churn-classifier",
    refusal=None,
)
WHOLE = """\
# yaml-language-server: $schema=gate.schema.json
# For editors, once: python -m pytest_mlflow_gate schema > gate.schema.json
#
# Written by python -m pytest_mlflow_gate init from the last 3 finished runs; the newest is
# bold-shrew (r3).
# It meets every limit. Each is a proposal: change what you know better.

tracking_uri: http://mlflow:5000
candidate:
  experiment: customer-churn  # its newest run

# up: more is better. down: less is better. Both were guessed from the metric's name.
thresholds:
  accuracy: ">= 0.90"   # up; 0.948 now, 0.902 to 0.948 in 3 runs, 3 of 3 pass
  latency_ms: "<= 110"  # down; 104.7 now, 104.7 to 109.2 in 2 runs, 2 of 2 pass
  # n_test: ">= 2900"   # a count says little of quality; 3000 now, 2900 to 3000 in 3 runs
  # uplift: ">= 1.2"    # which way is better? if down: "<= 1.4"; 1.4 now, 1.2 to 1.4 in 2 runs
# left out: val_loss, its value is NaN

promote:
  model: churn-classifier
  alias: champion
"""


def loaded(text: str, folder: Path) -> Gate:
    """Return the gate that *text* is."""
    path = folder / "eval_gate.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, language=language(), environ={})


def lines_of(**changes: Any) -> list[str]:
    """Return the lines of a file for a basis with *changes*."""
    return draft(BASIS._replace(**changes)).text.splitlines()


def test_whole_file() -> None:
    """Every guess has its comment, and what could be none is commented out or left out, with the reason."""
    made = draft(BASIS)

    assert made.text == WHOLE
    assert (made.limits, made.open, made.left_out) == (
        ("accuracy", "latency_ms"),
        ("n_test", "uplift"),
        ("val_loss",),
    )


def test_one_run() -> None:
    """From one value a limit has five percent of room, and the comment says so."""
    lines = lines_of(metrics=[{"accuracy": 0.948, "rmse": 0.31}])

    assert lines[3] == "# Written by python -m pytest_mlflow_gate init from the only finished run"
    assert lines[13:15] == [
        '  accuracy: ">= 0.90"  # up; 0.948 in one run, 5 % of room',
        '  rmse: "<= 0.33"      # down; 0.31 in one run, 5 % of room',
    ]


@pytest.mark.parametrize(
    ("metric", "entry"),
    [
        *(
            pytest.param(name, f'  # "{name}": ', id=name)
            for name in ("on", "No", "1e3", "010", "null", "12:30")
        ),
        pytest.param("recall/eu", "  recall/eu: ", id="slash"),
        pytest.param("f1 score", '  "f1 score": ', id="blank"),
        pytest.param("acc: eu", '  "acc: eu": ', id="colon"),
        pytest.param("acc #2", '  "acc #2": ', id="comment"),
        pytest.param('acc "x" \\', '  "acc \\"x\\" \\\\": ', id="quotes"),
        pytest.param("acc\u00a0x", '  "acc\\U000000A0x": ', id="unprintable"),
        pytest.param("acc-größe", '  "acc-größe": ', id="letters"),
        pytest.param("acc ${X}", '  "acc ${X}": ', id="no-variable"),
    ],
)
def test_names_that_yaml_would_misread(tmp_path: Path, metric: str, entry: str) -> None:
    """They stand in quotes, and every YAML reader sees the same name."""
    lines = lines_of(metrics=[{metric: 0.9, "accuracy": 0.9}])
    (line,) = (line for line in lines if line.startswith(entry))
    mapping = yaml.safe_load(line.replace("# ", "", 1) if line.startswith("  # ") else line)

    assert list(mapping) == [metric]
    assert loaded("\n".join(lines), tmp_path).conditions


@pytest.mark.parametrize(
    ("metrics", "line"),
    [
        pytest.param({"loss": math.inf}, "# left out: loss, its value is infinite", id="infinite"),
        pytest.param({"loss\n": 1.0}, "# left out: loss?, a gate file cannot hold its name", id="line-break"),
        pytest.param({" ": 1.0}, "# left out:  , a gate file cannot hold its name", id="blank"),
        pytest.param(
            {"loss": 0.0},
            '  # loss: "<= ..."     # 0 in one run, which gives no scale: write a limit',
            id="no-scale",
        ),
        pytest.param(
            {"recall/{cohort}": 0.9},
            '  # "recall/{cohort}": ">= 0.85"  # its name stands for cohorts; up; 0.9 in one run, 5 % of room',
            id="cohort",
        ),
        pytest.param(
            {"f1(": 0.9, "f1[": 0.9},
            '  # "f1[": ">= 0.85"   # in reports it has the name of another; up; 0.9 in one run, 5 % of room',
            id="twins",
        ),
    ],
)
def test_what_gets_no_limit(tmp_path: Path, metrics: dict[str, float], line: str) -> None:
    """The reason stands there, and the file loads."""
    lines = lines_of(metrics=[{**metrics, "accuracy": 0.9}])

    assert line in lines
    assert loaded("\n".join(lines), tmp_path).conditions


@pytest.mark.parametrize(
    ("model", "refusal", "lines"),
    [
        pytest.param(
            None,
            None,
            [
                "# To promote runs that pass, take the # away from the lines below.",
                "# promote:",
                "#   model: my-model",
                "#   alias: champion",
            ],
            id="no-model",
        ),
        pytest.param(
            "churn: ${eu}",
            "run r3 has no logged model\n",
            [
                "# Not promoted yet: run r3 has no logged model?.",
                "# To promote runs that pass, take the # away from the lines below.",
                "# promote:",
                '#   model: "churn: $${eu}"',
                "#   alias: champion",
            ],
            id="refused",
        ),
    ],
)
def test_promote_is_commented_out(
    tmp_path: Path, model: str | None, refusal: str | None, lines: list[str]
) -> None:
    """Without a model, or with a run that cannot be promoted, the gate judges, and the lines are at hand."""
    text = draft(BASIS._replace(model=model, refusal=refusal)).text

    assert text.splitlines()[-len(lines) :] == lines
    assert loaded(text, tmp_path).promotion is None
    uncommented = text.replace("\n".join(lines[-3:]), "\n".join(line[2:] for line in lines[-3:]))
    promotion = loaded(uncommented, tmp_path).promotion
    assert promotion is not None
    assert (promotion.model, promotion.alias) == (model or "my-model", "champion")


NUMBERS = st.one_of(st.floats(), st.floats(-1, 1), st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf]))
NAMES = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=8),
    st.sampled_from(
        ["accuracy", "loss", "f1[", "f1(", "acc::x", "acc:x", "recall/{cohort}", "on", "n_x", "<<"]
    ),
    st.builds("{}{}".format, st.sampled_from(["accuracy", "loss"]), st.text(max_size=4)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    runs=st.lists(st.dictionaries(NAMES, NUMBERS, max_size=5), min_size=1, max_size=9),
    experiment=st.text(max_size=12).filter(writable),
    run=st.text(max_size=12),
)
def test_every_file_loads_and_the_newest_run_passes(
    tmp_path: Path, runs: list[Mapping[str, float]], experiment: str, run: str
) -> None:
    """Whatever was logged under whatever name, the loader takes the file and every check holds."""
    made = draft(BASIS._replace(experiment=experiment, run=run, model=experiment, metrics=runs))
    if not made.limits:
        return
    gate = loaded(made.text, tmp_path)
    candidate = Snapshot(RUN._replace(metrics=dict(runs[0])), Experiment("1", experiment, active=True))

    assert isinstance(gate.candidate, RunOfExperiment)
    assert (gate.candidate.experiment, gate.promotion and gate.promotion.model) == (experiment, experiment)
    assert [check.metric for check in gate.conditions] == list(made.limits)
    assert [finding.outcome for finding in judge_gate(gate, candidate)] == ["passed"] * (1 + len(made.limits))
