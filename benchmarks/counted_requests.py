"""(e) How many HTTP requests a gate needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measuring import Series
from rows import Row

from tests.forwarding import forwarding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stage import Stage

LIMITS = {"run_id": 2, "latest": 3, "best": 3}


def requests_of_gates(stage: Stage, progress: Callable[[str], None]) -> Iterator[Row]:
    """Count what passes between a gate and a real server."""
    for seeded in (stage.three, stage.thresholds(1000)):
        for candidate, limit in LIMITS.items():
            name = f"{len(seeded.limits)}-{candidate.replace('_', '-')}"
            progress(name)
            count = requests_of(stage, stage.gate(name, seeded, candidate))
            what = f"gate of {len(seeded.limits):,} that judges, candidate by {candidate}"
            yield Row("e", what, "", "", f"{count} requests", f"at most {limit}", count <= limit)
    promoting = stage.gate("counted", stage.three, promote=stage.registered_model("counted"))
    for what in ("first promotion", "already champion"):
        progress(what)
        count = requests_of(stage, promoting)
        yield Row("e", f"  gate of 3 that promotes, {what}", "", "", f"{count} requests")


def requests_of(stage: Stage, gate: Path) -> int:
    """Return how many requests a session with *gate* sends."""
    with forwarding(stage.url) as proxy:
        Series().add(stage.pytest("--mlflow-gate", gate.name, plugin=True, tracking_uri=proxy.url))
    return len(proxy.passed)
