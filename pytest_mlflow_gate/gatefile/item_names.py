"""Names that pytest, its reports and the systems that read them take apart in one way only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.declared import Severity

_BRACKETS = str.maketrans("[]", "()")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_OUTER_COLON = re.compile("^:|:$")


def item_text(text: str) -> str:
    """
    Return *text* fit for a part of a node id: one line, no ``::``, no outer colon, no square brackets.

    pytest splits node ids at ``::``, and 9.2 loses what follows a bracket that is not the last one.
    """
    one_line = _UNPRINTABLE.sub("_", text)
    return _OUTER_COLON.sub(".", re.sub(":{2,}", ":", one_line)).translate(_BRACKETS)


def check_name(metric: str, condition: str, severity: Severity, dataset: str | None = None) -> str:
    """
    Return the name of a check, e.g. ``accuracy[min]``.

    Args:
        metric: The metric's key.
        condition: The key that the gate file uses.
        severity: ``warn`` makes ``accuracy[min:warn]`` of it.
        dataset: Where limits for several datasets have to be told apart: ``accuracy@holdout[min]``.
    """
    about = item_text(f"{metric}@{dataset}" if dataset else metric)
    return f"{about}[{condition}{':warn' if severity == 'warn' else ''}]"
