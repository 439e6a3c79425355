"""(i) A page of 5,000 checks: how large it is, and what making it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measuring import side_by_side
from rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stage import Stage

CHECKS = 5_000
MEGABYTES = 5
ROUNDS = 3


def large_page(stage: Stage, progress: Callable[[str], None]) -> Iterator[Row]:
    """Measure sessions with and without the page."""
    gate = stage.gate("large-page", stage.thresholds(CHECKS))
    with_page, without = (
        stage.pytest("--mlflow-gate", gate.name, *report, plugin=True)
        for report in (("--mlflow-gate-report", "large.html"), ())
    )
    ours, other = side_by_side((with_page, without), ROUNDS, progress)
    more = min(ours.cpu) - min(other.cpu)
    yield Row(
        "i",
        f"gate of {CHECKS:,} with a page, without one",
        str(ours),
        str(other),
        f"{more:.2f} s cpu more",
    )
    size = (with_page.folder / "large.html").stat().st_size / 1e6
    yield Row("i", "  the page", "", "", f"{size:.1f} MB", f"below {MEGABYTES} MB", size < MEGABYTES)
