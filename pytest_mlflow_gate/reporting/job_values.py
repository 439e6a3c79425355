"""What the later steps and jobs of a CI system are told, whichever system it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import Decision, SessionDecision


class Link(NamedTuple):
    """
    A page in the MLflow UI.

    Attributes:
        label: For people.
        url: Without credentials.
    """

    label: str
    url: str


def session_values(decided: SessionDecision) -> dict[str, str]:
    """
    Return the session's values, each on one line.

    ``promoted`` is about the whole session: at least one gate promotes, and every gate that promotes did. The
    others are those of the first gate that promotes, else of the first gate.
    """
    promoting = (decision for decision in decided.gates if decision.gate.promotion is not None)
    first = next(promoting, decided.gates[0])
    return gate_values(first) | {"promoted": _word(decided.promoted)}


def gate_values(decision: Decision) -> dict[str, str]:
    """
    Return one gate's values, each on one line and empty where there is none.

    ``version`` is what was or would have been promoted, so it says nothing without ``promoted``. ``verdict``
    is ``passed`` or ``failed`` for the gate's checks, ``promotion`` the status as in `Result`.
    """
    model, version = _registered(decision)
    return {
        "promoted": _word(decision.result.status == "promoted"),
        "version": version,
        "run_id": decision.candidate.run.run_id if decision.candidate else "",
        "verdict": "passed" if decision.passed else "failed",
        "promotion": decision.result.status,
        "model": model,
    }


def links(decision: Decision) -> Iterator[Link]:
    """Yield the candidate's page and that of its version, where the servers have pages; no request."""
    url = decision.candidate and decision.candidate.url
    if decision.candidate and url:
        yield Link(f"run {one_line(decision.candidate.run.name or decision.candidate.run.run_id)}", url)
    model, version = _registered(decision)
    server = _registry_server(decision.registry_uri, url)
    if version and server:
        workspace = "".join((url or "").partition("?")[1:])
        page = f"models/{quote(model, safe='')}/versions/{quote(version, safe='')}"
        yield Link(f"version {version} of {model}", f"{server}/#/{page}{workspace}")


def needs_a_person(finding: Finding) -> bool:
    """Whether a check failed or cannot be judged; a missing candidate is told once, by its own check."""
    return finding.outcome in ("failed", "unevaluable")


def one_line(text: str) -> str:
    """Return *text* without line breaks, which end a value in every one of these formats."""
    return " ".join(text.split())


def _registry_server(registry_uri: str | None, run_url: str | None) -> str | None:
    """Return the server with the model's pages: a registry elsewhere, or the one that has the run's page."""
    if registry_uri is None:
        server, fragment, _ = (run_url or "").partition("/#/")
        return server if fragment else None
    scheme, _, address = registry_uri.partition("://")
    return f"{scheme}://{address.rpartition('@')[2].rstrip('/')}" if scheme in ("http", "https") else None


def _registered(decision: Decision) -> tuple[str, str]:
    """Return model and version; what waits for an approval is not where it goes yet."""
    promotion, result = decision.gate.promotion, decision.result
    if promotion is None:
        return "", ""
    model = promotion.model if result.status == "awaiting" else promotion.target_model
    return one_line(model), one_line(result.version or "")


def _word(value: bool) -> str:  # noqa: FBT001 - the value is all there is
    return "true" if value else "false"
