"""
The decision as one HTML page that asks nobody for anything: no script to read it, no file beside it.

Every number in it is one of the `SessionDecision`, which the page holds as JSON too.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from pytest_mlflow_gate.reporting.decision_file import content
from pytest_mlflow_gate.reporting.page.bullets import bullet
from pytest_mlflow_gate.reporting.page.record import utc
from pytest_mlflow_gate.reporting.page.sections import parts

if TYPE_CHECKING:
    from jinja2 import Environment

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.decision import SessionDecision


def page(decided: SessionDecision) -> str:
    """
    Return the page of a session.

    Raises:
        ImportError: If Jinja2 is not installed.
    """
    # A script ends at the first "</script", and "<!--" changes where that is.
    data = json.dumps(content(decided), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    text = (
        _environment()
        .get_template("page.html")
        .render(decided=decided, parts=parts(decided), time=utc(decided.time), data=data)
    )
    # MLflow takes any text for a name; half a character has no bytes.
    return text.encode("utf-8", "replace").decode("utf-8")


def chart(finding: Finding) -> str:
    """
    Return one check's chart as SVG that brings its own style along, or an empty text where it has none.

    Raises:
        ImportError: If Jinja2 is not installed.
    """
    drawn = bullet(finding)
    return "" if drawn is None else _environment().get_template("chart.html").render(drawn=drawn)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - an extra

    return Environment(
        loader=PackageLoader(__name__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
