"""A snapshot goes to xdist's workers as text, and nothing of it is lost."""

from __future__ import annotations

import json
import math

import pytest

from pytest_mlflow_gate.tracking.snapshot import Missing, ModelCard, Rival, Snapshot
from pytest_mlflow_gate.tracking.values import (
    DatasetMetric,
    Experiment,
    LoggedModel,
    Measurement,
    ModelVersion,
)
from tests.fakes import RUN

EXPERIMENT = Experiment("1", "größe \ud83d", active=True)
VERSION = ModelVersion("churn", "7", "models:/m-1", "r1", ready=True, stage="None", tags={"a": "b"})
MODEL = LoggedModel(
    "m-1",
    "model",
    "r1",
    ready=True,
    metrics=(
        DatasetMetric("acc", math.inf, 1, 2, "holdout", "d1", "r1"),
        DatasetMetric("acc", 0.5, 1, 2, None, None, None),
    ),
)
HISTORIES = {"acc": (Measurement(0.1, 0, 1), Measurement(-math.inf, -1, 2)), "nothing": ()}
RIVAL = Rival(VERSION, RUN, HISTORIES, (MODEL,), is_candidate=True)
FULL = Snapshot(
    run=RUN._replace(
        metrics={"acc": 0.1 + 0.2, "most": 1.7e308, "Rival": -math.inf, "": 5e-324},
        params={"": "", "list": '["Run"]'},
        tags={"line\nbreak": "\u2028"},
        datasets=(("holdout", "d1"), ("", "")),
        start_time=None,
    ),
    experiment=EXPERIMENT,
    version=VERSION,
    model_id="m-1",
    url=None,
    taken=1_750_000_000.123,
    histories=HISTORIES,
    models=(MODEL,),
    cards=(ModelCard("model", "flavors: {}\n"), ModelCard("Missing", None)),
    replicates=(RUN, RUN._replace(run_id="r2")),
    baseline=RIVAL,
    arms={"b": Missing("gone"), "c": Missing("first", first=True), "d": RIVAL},
)


@pytest.mark.parametrize(
    "snapshot",
    [
        pytest.param(FULL, id="everything"),
        pytest.param(Snapshot(RUN, EXPERIMENT), id="nothing-but-a-run"),
        pytest.param(Snapshot(RUN, EXPERIMENT, baseline=Missing("why", first=True)), id="no-baseline"),
    ],
)
def test_a_snapshot_comes_back_as_it_was(snapshot: Snapshot) -> None:
    """Types included: a list is no tuple for a check that compares."""
    text = snapshot.to_json()
    back = Snapshot.from_json(text)
    assert back == snapshot
    assert repr(back) == repr(snapshot).replace("mappingproxy({})", "{}")
    assert back.to_json() == text
    assert text.isascii()


def test_nan_comes_back() -> None:
    """It equals nothing, not even itself, so the round trip is asked by name."""
    snapshot = Snapshot(
        RUN._replace(metrics={"acc": math.nan}), EXPERIMENT, histories={"acc": (Measurement(math.nan, 0, 1),)}
    )
    back = Snapshot.from_json(snapshot.to_json())
    assert math.isnan(back.run.metrics["acc"])
    assert math.isnan(back.histories["acc"][0].value)


def test_every_field_is_in_the_round_trip() -> None:
    """A field that is added later and left out of `FULL` shows here."""
    plain = Snapshot(RUN, EXPERIMENT)
    same = [name for name in FULL._fields if getattr(FULL, name) == getattr(plain, name)]
    assert same == ["experiment", "url"]
    assert [name for name in RIVAL._fields if getattr(RIVAL, name) == getattr(Rival(VERSION, RUN), name)] == [
        "version",
        "run",
    ]


@pytest.mark.parametrize("text", ['["Missing", "why", false]', '["", 1]', "{}", "null"])
def test_another_text_is_no_snapshot(text: str) -> None:
    """A bug of ours is not judged."""
    with pytest.raises(TypeError, match="no snapshot"):
        Snapshot.from_json(text)


def test_the_text_is_one_line_of_json() -> None:
    """It travels in xdist's workerinput."""
    text = FULL.to_json()
    assert "\n" not in text
    assert json.loads(text)[0] == "Snapshot"
