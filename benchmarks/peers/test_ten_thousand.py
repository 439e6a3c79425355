"""As many thresholds as a large gate has, as plain parametrized tests on values that are there already."""

from __future__ import annotations

import pytest

METRICS = {f"m{number:05d}": 0.9 for number in range(10_000)}
LIMIT = 0.5


@pytest.mark.parametrize("metric", METRICS)
def test_metric(metric: str) -> None:
    """A metric reaches its limit."""
    assert METRICS[metric] >= LIMIT  # noqa: S101 - how pytest tests speak
