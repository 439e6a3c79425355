"""What is said of a promotion, of one that would have been, and of a rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.promotion.results import dry_run
from pytest_mlflow_gate.promotion.together import carry_out, prepare, record_rejection
from pytest_mlflow_gate.promotion.verdict import Reason, Verdict
from pytest_mlflow_gate.tracking.store import Denied
from tests.commands.past import CI, MODEL, NOON
from tests.fakes import RUN, FakeStore
from tests.promotion.candidates import CHECKS, candidacy, promoting
from tests.promotion.faults import refusing

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.types import Promotion


@pytest.mark.parametrize(
    ("past", "promotion", "text"),
    [
        pytest.param({}, promoting(), "churn-classifier version 1 is now @champion", id="first"),
        pytest.param(
            {"champion": "1"},
            promoting(),
            "churn-classifier version 3 is now @champion (was version 1)",
            id="alias",
        ),
        pytest.param(
            {"champion": "2"}, promoting(), "churn-classifier version 2 is already @champion", id="already"
        ),
        pytest.param(
            {"champion": "2"},
            promoting(tags=(("validated_by", "ci"),)),
            "churn-classifier version 2 is already @champion",
            id="tags-only",
        ),
        pytest.param(
            {"champion": "1"},
            promoting(alias=None, stage="Production"),
            "churn-classifier version 3 is now stage Production (was version 1)",
            id="stage",
        ),
        pytest.param(
            {"champion": "2"},
            promoting(alias=None, stage="Production", tags=(("validated_by", "ci"),)),
            "churn-classifier version 2 is already stage Production",
            id="stage-already",
        ),
        pytest.param(
            {"champion": "2"},
            promoting(stage="Staging"),
            "churn-classifier version 2 is now @champion and stage Staging",
            id="stage-only",
        ),
        pytest.param(
            {"champion": "1"},
            promoting(copy_to="prod"),
            "prod version 1 is now @champion as a copy of churn-classifier version 3",
            id="copy",
        ),
        pytest.param(
            {"champion": "1"},
            promoting(alias=None, copy_to="prod"),
            "prod version 1 is now a copy of churn-classifier version 3",
            id="mere-copy",
        ),
        pytest.param(
            {"champion": "broken"},
            promoting(),
            "churn-classifier version 3 is now @champion (was version 1); version 2 of this run does not load "
            "(source runs:/r1/model), so it is not used",
            id="note",
        ),
    ],
)
def test_what_is_said_of_a_promotion(past: dict[str, str], promotion: Promotion, text: str) -> None:
    """In one line: what is where now, and what was there before."""
    store = FakeStore()
    if past:
        champion = past["champion"]
        ours = {"source": "models:/m-1", "run_id": "r1"}
        theirs = {"source": "models:/m-0", "run_id": "r0"}
        broken = {"source": "runs:/r1/model", "run_id": "r1"}
        second = {"1": theirs, "2": ours, "broken": broken}[champion]
        first_stage, second_stage = ("None", "Production") if champion == "2" else ("Production", "None")
        store.add_version(MODEL, "1", **theirs, stage=first_stage)
        store.add_version(MODEL, "2", **second, stage=second_stage)
        store.aliases[MODEL]["champion"] = "2" if champion == "2" else "1"
    surveys, _ = prepare([candidacy(store, promotion)], "all")
    results, _ = carry_out(surveys, {"churn": Verdict("churn", ())}, "all", CI, NOON)
    assert (results["churn"].status, results["churn"].text) == ("promoted", text)


def test_a_rejection_is_recorded_on_the_run_alone() -> None:
    """In one request, with what was decided before removed; the registry is not touched."""
    store = FakeStore(RUN._replace(tags={"mlflow_gate.previous_version": "1", "other": "1"}))
    verdict = Verdict("churn", (Reason("accuracy[min] did not pass", failure=True),) * 2)
    assert record_rejection(candidacy(store), verdict, CI, NOON) == ""
    wanted = {
        "mlflow_gate.verdict": "rejected",
        "mlflow_gate.time": "2025-11-21T12:00:00Z",
        "mlflow_gate.gate": "churn",
        "mlflow_gate.gate_sha256": "d",
        "mlflow_gate.checks": "; ".join(CHECKS),
        "mlflow_gate.reason": "accuracy[min] did not pass (and 1 more reason)",
        "mlflow_gate.commit": "c0ffee",
        "mlflow_gate.job_url": "https://ci.example/job/7",
        "mlflow_gate.by": "ci",
    }
    assert store.writes == [
        f"run tags r1 {', '.join(f'{key} = {value}' for key, value in wanted.items())}",
        "no run tag r1 mlflow_gate.previous_version",
    ]
    assert store.runs["r1"].tags == wanted | {"other": "1"}


def test_a_rejection_that_cannot_be_recorded_says_why() -> None:
    """The session is red anyway, and goes on to its end."""
    store = FakeStore(on_write=refusing("run tags", error=Denied("http://m: 403")))
    verdict = Verdict("churn", (Reason("t.py::x failed", failure=True),))
    assert record_rejection(candidacy(store), verdict, CI, NOON) == "http://m: 403"


@pytest.mark.parametrize(
    ("registered", "changes", "text", "version", "previous"),
    [
        pytest.param(
            "",
            {},
            "a new version of run r1 would have been promoted to churn-classifier @champion",
            None,
            None,
            id="new",
        ),
        pytest.param(
            "1",
            {},
            "a new version of run r1 would have been promoted to churn-classifier @champion (now version 1)",
            None,
            "1",
            id="other",
        ),
        pytest.param(
            "1 2",
            {},
            "version 2 would have been promoted to churn-classifier @champion (now version 1)",
            "2",
            "1",
            id="registered",
        ),
        pytest.param(
            "1 2 champion",
            {},
            "version 2 would have been promoted to churn-classifier @champion (where it is already)",
            "2",
            "2",
            id="champion",
        ),
        pytest.param(
            "1 2",
            {"stage": "Production"},
            "version 2 would have been promoted to churn-classifier @champion and stage Production (now version 1)",
            "2",
            "1",
            id="stage-too",
        ),
        pytest.param(
            "1 2",
            {"copy_to": "prod"},
            "a copy of version 2 of churn-classifier would have been promoted to prod @champion",
            None,
            None,
            id="copy",
        ),
        pytest.param(
            "",
            {"copy_to": "prod", "alias": None},
            "a copy of a new version of run r1 of churn-classifier would have been promoted to prod",
            None,
            None,
            id="mere-copy",
        ),
        pytest.param(
            "1 2 copy",
            {"copy_to": "prod"},
            "version 7 would have been promoted to prod @champion",
            "7",
            None,
            id="copied",
        ),
        pytest.param(
            "1",
            {"approval": 1},
            "a new version of run r1 would have been promoted to churn-classifier @champion (now version 1) "
            "after an approval",
            None,
            "1",
            id="approval",
        ),
        pytest.param(
            "1 2 champion",
            {"approval": "always"},
            "version 2 would have been promoted to churn-classifier @champion (where it is already)",
            "2",
            "2",
            id="no-approval-needed",
        ),
        pytest.param(
            "",
            {"artifact": "none"},
            "the promotion to churn-classifier @champion would have been refused: "
            "run r1 has no logged model named 'none', it has model",
            None,
            None,
            id="refused",
        ),
    ],
)
def test_a_dry_run_says_what_would_have_moved_and_writes_nothing(
    registered: str, changes: dict[str, object], text: str, version: str | None, previous: str | None
) -> None:
    """As close to the real thing as reading gets."""
    store = FakeStore()
    if "1" in registered:
        store.add_version(MODEL, "1", source="models:/m-0", run_id="r0")
        store.aliases[MODEL]["champion"] = "2" if "champion" in registered else "1"
    if "2" in registered:
        store.add_version(MODEL, "2")
    if "copy" in registered:
        store.add_version("prod", "7", source="models:/churn-classifier/2")
    result = dry_run(candidacy(store, promoting(**changes)))
    assert result == Result("dry-run", text, version=version, previous_version=previous)
    assert store.writes == []
