"""Gates as files have them, judged and on a page, and what the page shows."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from pytest_mlflow_gate.checks.judge import judge_gate
from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.promotion.decision import Decision, Result
from tests.checks.judging import candidate
from tests.fakes import RUN
from tests.gatefile.loading import load_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.tracking.values import Run

HEAD = """\
name: churn
candidate: {run_id: r1}
promote: {model: churn-classifier, alias: champion}
baseline: {model: churn, alias: champion}
"""
WITHHELD = Result("withheld", "accuracy[min] did not pass")


def judged(
    text: str,
    metrics: Mapping[str, float],
    *,
    snapshot: Mapping[str, object] | None = None,
    **changes: object,
) -> Decision:
    """Return the decision on a run with these metrics; *text* are thresholds and rules, *changes* the decision's."""
    gate = load_text(HEAD + text, language=language())
    found = candidate(metrics, **(snapshot or {}))
    made = Decision(gate, "http://m", found, judge_gate(gate, found), WITHHELD)
    return made._replace(**changes)  # type: ignore[arg-type]


def earlier(**values: float) -> Run:
    """Return an earlier run with these metrics."""
    return RUN._replace(run_id="p", name="early-bird", metrics=values)


_EMPTY = frozenset({"meta", "link", "col"})
"""HTML's elements without an end tag."""


class Seen(HTMLParser):
    """
    What a page holds.

    Attributes:
        elements: Name and attributes of each element, in order.
        texts: Each text together with the element that it is in, in order; scripts and styles too.
        open: Elements that were never closed.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", " ".join(data.split())))

    @property
    def decision(self) -> dict[str, Any]:
        """The JSON that the page holds."""
        (data,) = (text for tag, text in self.texts if tag == "script")
        found: dict[str, Any] = json.loads(data)
        return found

    def said(self) -> str:
        """Return all that can be read, in order."""
        return "\n".join(text for tag, text in self.texts if tag not in ("script", "style", "title"))

    def attributes(self, name: str) -> list[str]:
        """Return each value of an attribute, in order."""
        return [str(attributes[name]) for _, attributes in self.elements if name in attributes]
