"""The second judge's idea of a comparison: the candidate beside the version that the registry calls the baseline."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle.world import CHANGES, NO_MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.oracle.world import Condition, Gate, World


def excused(gate: Gate, candidate: tuple[str, str | None], world: World) -> bool:
    """Whether conditions that compare are skipped: the first one has nothing to beat, a champion only itself."""
    run = _champion(gate, world)
    return gate.bootstrap if run is None else run == candidate[0]


def meets(condition: Condition, gate: Gate, metrics: Mapping[str, float], world: World) -> bool:
    """Whether a change is within its limit; without a baseline, its value, or an end to it, none is."""
    run = _champion(gate, world)
    if run is None or world.runs[run].status == "RUNNING":
        return False
    value, base = metrics.get(condition.metric), world.runs[run].metrics.get(condition.metric)
    if value is None or base is None or not (math.isfinite(value) and math.isfinite(base)):
        return False
    before = Fraction(repr(base))
    limit = Fraction(condition.limit.removesuffix("%"))
    if condition.limit.endswith("%"):
        if before == 0:
            return False
        limit *= abs(before) / 100
    change = (Fraction(repr(value)) - before) * (-1 if condition.key.endswith("drop") else 1)
    return change <= limit if condition.key.startswith("max") else change >= limit


def compares_with_itself(gate: Gate) -> bool:
    """Whether the candidate that the gate names is always the baseline."""
    way, value = gate.candidate
    return (
        way == "alias"
        and (value, "challenger") == gate.baseline
        and any(condition.key in CHANGES for condition in gate.conditions)
    )


def _champion(gate: Gate, world: World) -> str | None:
    model, alias = gate.baseline
    registered = world.models.get(model, NO_MODEL)
    number = registered.aliases.get(alias)
    return registered.versions[number].run if number else None
