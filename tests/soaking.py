"""What `make soak` adds: more rows than `make test` has time for, and the figures that it reports."""

from __future__ import annotations

import json
import os
from pathlib import Path

SOAK = "MLFLOW_GATE_SOAK" in os.environ
"""Whether this is `make soak`; the variable's value is the file that collects the figures."""


def count(figure: str, number: int = 1) -> None:
    """Add to a figure of the soak's report, e.g. ``routes tried``; nothing happens outside of a soak."""
    if SOAK:
        line = json.dumps({"figure": figure, "number": number})
        with Path(os.environ["MLFLOW_GATE_SOAK"]).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
