"""Which way a metric is better, as far as its name tells."""

from __future__ import annotations

import re
from typing import Literal

Direction = Literal["up", "down"]

Guess = Literal["up", "down", "count", "unknown"]
"""What a name tells: which way is better, that it counts something, or nothing."""

_UP = re.compile(
    "accuracy|acc|precision|recall|sensitivity|specificity|f1|auc|auroc|auprc|r2|ndcg|mrr|bleu|rouge|iou"
)
_DOWN = re.compile("loss|logloss|rmse|mse|mae|mape|smape|rmsle|error|latency|perplexity|wer|cer")
_COUNTS = re.compile("n|num|number|counts?")
# Of a metric with a known name these make something for which the other way, or none, is better.
_DERIVED = re.compile(
    "std|stdev|stddev|sd|var|variance|diff|difference|delta|gap|drop|change|spread|ratio|threshold|weight"
    "|neg|negative|inv|inverse"
)
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def direction_of(metric: str) -> Guess:
    """
    Return what the name of a metric tells; a name that tells two things tells nothing.

    Args:
        metric: Metric key, e.g. ``val/log_loss``, ``testF1Score`` or ``n_test``.
    """
    words = [word.lower() for word in _WORD.findall(_HUMP.sub(" ", metric))]
    counts, derived, up, down = (
        any(known.fullmatch(word) for word in words) for known in (_COUNTS, _DERIVED, _UP, _DOWN)
    )
    if counts:
        return "count"
    if derived or up == down:
        return "unknown"
    return "up" if up else "down"
