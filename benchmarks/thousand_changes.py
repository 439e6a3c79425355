"""(h) A gate that compares 1,000 times with the champion, beside one with a single threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counted_requests import requests_of
from measuring import side_by_side
from rows import Row

from tests.large_gate import CHECKS, COHORTS, METRICS, RULES, SINGLE, sections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stage import Stage

MOST_MORE = 2
ROUNDS = 5


def thousand_changes(stage: Stage, progress: Callable[[str], None]) -> Iterator[Row]:
    """Count the requests of both gates, and measure what judging costs."""
    candidate, model = stage.challenge("challenge", METRICS)
    large = stage.gate_of("changes", candidate, sections(model))
    single = stage.gate_of("single", candidate, SINGLE)
    counts = []
    for gate in (large, single):
        progress(gate.name)
        counts.append(requests_of(stage, gate))
    more = counts[0] - counts[1]
    size = f"{CHECKS:,} change checks, {len(METRICS)} metrics, {len(COHORTS)} cohorts, {RULES} rules"
    yield Row(
        "h",
        f"gate of {size}; of one threshold",
        f"{counts[0]} requests",
        f"{counts[1]} requests",
        f"{more} requests more",
        f"at most {MOST_MORE}",
        more <= MOST_MORE,
    )
    commands = [stage.pytest("--mlflow-gate", gate.name, plugin=True) for gate in (large, single)]
    ours, other = side_by_side(commands, ROUNDS, progress)
    ratio = min(ours.cpu) / min(other.cpu)
    each = 1000 * (min(ours.cpu) - min(other.cpu)) / (CHECKS + RULES)
    yield Row(
        "h",
        "  the same, time",
        str(ours),
        str(other),
        f"{ratio:.2f} x cpu, {each:.1f} ms more for each check",
    )
