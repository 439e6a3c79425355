"""The least that pytest can be asked to do."""

from __future__ import annotations


def test_nothing() -> None:
    """Nothing is asked, so it holds."""
