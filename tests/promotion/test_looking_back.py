"""From a gate to its backtest: what is asked, and what may be missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import LoggedModelById, RegisteredVersion, RunById, RunOfExperiment
from pytest_mlflow_gate.promotion.looking_back import look_back, no_past
from pytest_mlflow_gate.tracking.candidate_run import NoCandidate
from pytest_mlflow_gate.tracking.store import Unreachable
from tests.commands.past import promoted
from tests.fakes import Asked, FakeStore
from tests.gates import gate

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Candidate

OF_EXPERIMENT = RunOfExperiment("churn", "latest", None, "max", None, 2)
NO_PAST = (
    "eval_gate.yaml:2: this candidate is a model and no run of an experiment, so there are no earlier ones to "
    "judge: choose it with candidate.experiment"
)


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        pytest.param(OF_EXPERIMENT, None, id="experiment"),
        pytest.param(RunById("r1", None, 2), None, id="run"),
        pytest.param(RegisteredVersion("churn", "1", None, 2), NO_PAST, id="version"),
        pytest.param(LoggedModelById("m-1", 2), NO_PAST, id="logged-model"),
    ],
)
def test_no_past(candidate: Candidate, why: str | None) -> None:
    """A gate that chooses a run has a past, and one that names a model says what to write."""
    assert no_past(gate(candidate=candidate, path=Path("eval_gate.yaml"))) == why


def test_requests() -> None:
    """One for the experiment, one for the runs, two for the champions; those listed are not read again."""
    asked = Asked(promoted(1, 2))
    found = look_back(gate(candidate=OF_EXPERIMENT), asked, 10, 3_000.0)
    assert [row.run.run_id for row in found.rows if row.champion] == ["r1", "r2"]
    assert [entry.partition(" ")[0] for entry in asked.log] == [
        "experiment_named",
        "search_runs",
        "registered_model",
        "model_versions",
        *["run_url"] * len(found.rows),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param(
            {"promotion": None},
            "this gate sets neither alias nor stage, so it has no champions",
            id="only-judges",
        ),
        pytest.param({}, "no version ever was churn-classifier @champion", id="nobody-yet"),
    ],
)
def test_no_champions(changes: dict[str, object], why: str) -> None:
    """Whoever reads the table is told why there is no limit of champions."""
    found = look_back(gate(candidate=OF_EXPERIMENT, **changes), FakeStore(), 3, 3_000.0)
    assert (found.champions, found.no_champions) == (0, why)


def test_registry_that_does_not_answer() -> None:
    """The runs are judged all the same."""
    asked = Asked(FakeStore())
    asked.refusing["registered_model"] = Unreachable("fake://store: gone")
    found = look_back(gate(candidate=OF_EXPERIMENT), asked, 3, 3_000.0)
    assert [row.verdict for row in found.rows] == ["passes"]
    assert found.no_champions == "who was champion could not be read: fake://store: gone"


def test_server_that_does_not_answer() -> None:
    """Without runs there is no table."""
    asked = Asked(FakeStore())
    asked.refusing["search_runs"] = Unreachable("fake://store: gone")
    with pytest.raises(Unreachable):
        look_back(gate(candidate=OF_EXPERIMENT), asked, 3, 3_000.0)


@pytest.mark.parametrize(
    ("condition", "matching"),
    [
        pytest.param(None, "", id="all"),
        pytest.param("tags.a = 'b'", " that matches \"tags.a = 'b'\"", id="filter"),
    ],
)
def test_no_finished_run(condition: str | None, matching: str) -> None:
    """A store that heeds no condition makes no running run a past one."""
    store = FakeStore()
    store.runs["r1"] = store.runs["r1"]._replace(status="RUNNING")
    with pytest.raises(NoCandidate) as caught:
        look_back(gate(candidate=OF_EXPERIMENT._replace(filter=condition)), store, 3, 3_000.0)
    assert str(caught.value) == (
        f"no FINISHED run of experiment 'churn'{matching} at fake://store: train first, or check the choice of "
        "candidate"
    )
