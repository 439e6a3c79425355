"""
Every route by which a session can end without having passed every check: nothing moves, and it shows.

The routes are the tables in `routes`. Each is run plain and with one xdist worker, in a soak with two as well.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.pytest_glue.conftest import PROMOTED
from tests.pytest_glue.routes.endings import ABORTS, EXIT_STATUS, LATE
from tests.pytest_glue.routes.granted import GRANTED
from tests.pytest_glue.routes.meddling import MEDDLING
from tests.pytest_glue.routes.outcomes import FAILURES, MARKS, RERUNS
from tests.pytest_glue.routes.reddened import REDDENED
from tests.pytest_glue.routes.selection import NOTHING_RUN, SELECTION
from tests.pytest_glue.routes.workers import WORKER_ROUTES
from tests.soaking import SOAK, count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _pytest.mark import ParameterSet

    from tests.pytest_glue.conftest import Inner
    from tests.pytest_glue.routes.route import Route

REFUSED = [
    SELECTION,
    NOTHING_RUN,
    FAILURES,
    MARKS,
    RERUNS,
    ABORTS,
    EXIT_STATUS,
    LATE,
    MEDDLING,
    WORKER_ROUTES,
]
REJECTED = "mlflow_gate.verdict = rejected"
MODES: dict[str, tuple[str, ...]] = {"plain": (), "n1": ("-n1",), "n2": ("-n2",)}
MENDED = "def test_mended(): assert {}\n"


def rows(*tables: Mapping[str, Route]) -> list[ParameterSet]:
    """Return each route in each of its modes that this pytest and this run of the suite have."""
    return [
        pytest.param(route, MODES[mode], id=name if mode == "plain" else f"{name}-{mode}")
        for table in tables
        for name, route in table.items()
        for mode in route.modes
        if pytest.version_tuple[:2] >= route.since and (SOAK or mode != "n2")
    ]


def run(inner: Inner, route: Route, workers: tuple[str, ...]) -> pytest.RunResult:
    """Take a route; in a process of its own if it harms the process, and always in a soak."""
    for name, text in route.files.items():
        inner.write(name, text)
    for name, value in route.environ.items():
        inner.monkeypatch.setenv(name, value)
    if route.broken_before:
        inner.write("test_mended.py", MENDED.format("False"))
        inner.run("test_mended.py", "--sw")
        inner.write("test_mended.py", MENDED.format("True"))
    count("routes tried")
    gate = inner.gate if route.apart or SOAK else inner.gate_here
    return gate("--mlflow-gate-decision", "decision.json", *route.arguments, *workers, **route.metrics)


def promoted_by_the_decision_file(inner: Inner) -> list[str]:
    """Return the gates that the decision file calls promoted; a deploy step may read this and nothing else."""
    path = inner.path / "decision.json"
    gates = json.loads(path.read_text(encoding="utf-8"))["gates"] if path.exists() else []
    return [gate["name"] for gate in gates if (gate["promotion"] or {}).get("status") == "promoted"]


@pytest.mark.parametrize(("route", "workers"), rows(*REFUSED))
def test_nothing_moves(inner: Inner, route: Route, workers: tuple[str, ...]) -> None:
    """Whatever ended the session, nothing is written; exit 0 is left to sessions that were not asked to promote."""
    result = run(inner, route, workers)
    expected = route.with_workers if workers and route.with_workers is not None else route.status
    written = inner.writes()
    rejections = [line for line in written if line.startswith("run tags r1 ") and REJECTED in line]
    if written != rejections:
        count("wrongful promotions")
    assert written == rejections, result.stdout.str()
    assert bool(rejections) == route.rejected
    assert promoted_by_the_decision_file(inner) == []
    assert not [line for line in result.outlines if line.startswith("PROMOTED")]
    assert result.ret in (expected if isinstance(expected, tuple) else (expected,)), result.stdout.str()


@pytest.mark.parametrize(("route", "workers"), rows(GRANTED))
def test_a_good_session_promotes_once(inner: Inner, route: Route, workers: tuple[str, ...]) -> None:
    """The counterpart without which the tables above would prove nothing."""
    result = run(inner, route, workers)
    assert result.ret == 0, result.stdout.str() + result.stderr.str()
    models = ["churn-classifier", "second"] if "second_gate.yaml" in route.files else ["churn-classifier"]
    expected = [line.replace("churn-classifier", model) for model in models for line in PROMOTED]
    assert sorted(inner.moves()) == sorted(expected)
    # Both gates are about one run: the second writes only what it has to say otherwise.
    recorded = [line for line in inner.writes() if line.startswith("run tags r1 ")]
    assert recorded[0].startswith("run tags r1 mlflow_gate.verdict = promoted")
    assert len(recorded) == len(models)
    assert promoted_by_the_decision_file(inner) == models


@pytest.mark.parametrize(("route", "workers"), rows(REDDENED))
def test_what_turns_red_after_the_promotion_is_put_back(
    inner: Inner, route: Route, workers: tuple[str, ...]
) -> None:
    """A status that changes when the alias has moved takes the alias back."""
    result = run(inner, route, workers)
    assert result.ret == route.status, result.stdout.str() + result.stderr.str()
    assert inner.moves()[: len(PROMOTED)] == PROMOTED
    assert "no alias churn-classifier@champion" in inner.moves()[len(PROMOTED) :]
    assert promoted_by_the_decision_file(inner) == []
