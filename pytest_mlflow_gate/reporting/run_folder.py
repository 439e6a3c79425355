"""Where a gate's report is among the artifacts of a run, by a path that every store takes."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

ROOT = "mlflow_gate"
PAGE = "report.html"
DECISION = "decision.json"

_UNFIT = re.compile(r"[^\w.-]|^\.|\.$")
_LONGEST = 80


def run_folder(gate: str) -> str:
    """
    Return the folder of a gate's report, which no other gate's report is in.

    MLflow refuses paths with ``#``, ``%`` or dots alone, and file systems take 255 bytes of a name.

    Args:
        gate: The gate's name.
    """
    name = _UNFIT.sub("_", gate).encode()[:_LONGEST].decode(errors="ignore")
    if name != gate:
        name += f"-{hashlib.sha256(gate.encode()).hexdigest()[:8]}"
    return f"{ROOT}/{name}"


def page_url(run_url: str, gate: str) -> str:
    """
    Return the address at which MLflow's UI shows the report.

    Args:
        run_url: The run's page in the UI.
        gate: The gate's name.
    """
    page, mark, workspace = run_url.partition("?")
    return f"{page}/artifacts/{quote(run_folder(gate))}/{PAGE}{mark}{workspace}"
