"""Limits from the values that the last runs had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.proposing import Proposal, propose

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.directions import Direction


@pytest.mark.parametrize(
    ("values", "direction", "proposal"),
    [
        pytest.param([0.948], "up", Proposal(">= 0.90", 1, has_room=True), id="one-run"),
        pytest.param([104.7], "down", Proposal("<= 110", 1, has_room=True), id="one-run-down"),
        pytest.param([-0.3], "up", Proposal(">= -0.32", 1, has_room=True), id="negative"),
        pytest.param([-2.0], "down", Proposal("<= -1.9", 1, has_room=True), id="negative-down"),
        pytest.param([0.9, 0.9, 0.9], "up", Proposal(">= 0.85", 3, has_room=True), id="never-varies"),
        pytest.param([0.948, 0.941, 0.902], "up", Proposal(">= 0.90", 3, has_room=False), id="few-runs"),
        pytest.param([0.31, 0.281, 0.294], "down", Proposal("<= 0.31", 3, has_room=False), id="few-down"),
        pytest.param(
            [0.94, 0.95, 0.93, 0.96, 0.52], "up", Proposal(">= 0.93", 4, has_room=False), id="a-bad-run"
        ),
        pytest.param(
            [104.0, 100.0, 98.0, 101.0, 990.0], "down", Proposal("<= 110", 4, has_room=False), id="bad-down"
        ),
        pytest.param(
            [0.52, 0.95, 0.93, 0.96, 0.94], "up", Proposal(">= 0.52", 5, has_room=False), id="newest-is-bad"
        ),
        pytest.param([0.9999, 0.9998], "up", Proposal(">= 0.99", 2, has_room=False), id="close-to-one"),
        pytest.param([12345.0, 12001.0], "down", Proposal("<= 13000", 2, has_room=False), id="large"),
        pytest.param([9.99, 9.1], "down", Proposal("<= 10", 2, has_room=False), id="one-more-digit"),
        pytest.param([3e-05], "down", Proposal("<= 0.000032", 1, has_room=True), id="small"),
        pytest.param([2e40], "down", Proposal("<= 2.1e+40", 1, has_room=True), id="exponent"),
        pytest.param([0.0], "down", None, id="zero"),
        pytest.param([0.3, 0.0], "up", None, id="zero-is-the-worst"),
        pytest.param([1.7976931348623157e308], "down", None, id="out-of-range"),
        pytest.param([5e-324], "up", None, id="too-small"),
    ],
)
def test_limit(values: list[float], direction: Direction, proposal: Proposal | None) -> None:
    """The newest run meets it, at most a quarter of the others does not, and it is short."""
    assert propose(values, direction) == proposal
