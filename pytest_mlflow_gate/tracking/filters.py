"""MLflow's filter language, as far as both stores write it."""

from __future__ import annotations

from pytest_mlflow_gate.tracking.store import Rejected


def quoted(text: str, server: str) -> str:
    """
    Return *text* as a filter's literal; the language knows no escapes.

    Args:
        text: Anything.
        server: Masked URI of the server that would be asked, which the message begins with.

    Raises:
        Rejected: When *text* has both kinds of quotes.
    """
    for mark in ("'", '"'):
        if mark not in text:
            return f"{mark}{text}{mark}"
    raise Rejected(f"{server}: MLflow cannot search for {text!r}, which has both kinds of quotes")
