"""(g) A thousand gates in one session, side by side and one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measuring import Series
from rows import Row

from tests.pacing import pacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stage import Stage

    from tests.pacing import Pacing

GATES = 1000
ANSWER_SECONDS = 0.05
CONNECTIONS = 16
SHARE = 1 / 8


def thousand_gates(stage: Stage, progress: Callable[[str], None]) -> Iterator[Row]:
    """Measure from the first request to the last answer, at a server that needs the same time for each."""
    folder = stage.gates("many", stage.three, GATES)
    progress(f"{GATES:,} gates side by side")
    together = _resolved(stage, folder)
    progress(f"{GATES:,} gates one after the other")
    alone = _resolved(stage, folder, "-o", "mlflow_gate_connections=1")
    share = _seconds(together) / _seconds(alone)
    milliseconds = f"{1000 * ANSWER_SECONDS:.0f} ms"
    what = f"{GATES:,} gates, {milliseconds} for an answer: side by side, one after the other"
    yield Row(
        "g",
        what,
        f"{_seconds(together):6.2f} wall",
        f"{_seconds(alone):6.2f} wall",
        f"1/{1 / share:.1f} of the wall",
        "at most 1/8",
        share <= SHARE,
    )
    figure = f"{together.most} connections"
    yield Row(
        "g",
        "  the most connections at the same time",
        "",
        "",
        figure,
        f"at most {CONNECTIONS}",
        together.most <= CONNECTIONS,
    )


def _resolved(stage: Stage, folder: Path, *options: str) -> Pacing:
    with pacing(stage.url, ANSWER_SECONDS) as server:
        command = stage.pytest("--mlflow-gate", folder.name, *options, plugin=True, tracking_uri=server.url)
        Series().add(command)
    return server


def _seconds(server: Pacing) -> float:
    return server.ended - server.began
