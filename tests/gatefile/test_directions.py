"""What a metric's name tells of which way is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.directions import direction_of

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.directions import Guess


@pytest.mark.parametrize(
    ("metric", "guess"),
    [
        *((name, "up") for name in ("accuracy", "precision", "recall", "f1", "auc", "r2")),
        *(
            (name, "down")
            for name in ("loss", "rmse", "mae", "mape", "log_loss", "error", "latency", "latency_ms")
        ),
        # As libraries log them.
        ("training_f1_score", "up"),
        ("val/roc_auc", "up"),
        ("F1Score", "up"),
        ("valAccuracy", "up"),
        ("recall@10", "up"),
        ("recall/eu west", "up"),
        ("r2_score", "up"),
        ("mean_average_precision", "up"),
        ("Top-5 Accuracy", "up"),
        ("testLogLoss", "down"),
        ("root_mean_squared_error", "down"),
        ("train_loss_epoch", "down"),
        ("latency.p95", "down"),
        # Of what has a known word in its name and is something else nobody knows which way is better.
        ("accuracy_std", "unknown"),
        ("f1_threshold", "unknown"),
        ("neg_log_loss", "unknown"),
        ("recall_gap", "unknown"),
        ("loss_ratio", "unknown"),
        ("recall_loss", "unknown"),
        ("accuracys", "unknown"),
        ("lossless", "unknown"),
        ("score", "unknown"),
        ("f2", "unknown"),
        ("", "unknown"),
        ("n_test", "count"),
        ("eval/n_correct", "count"),
        ("num_rows", "count"),
        ("numRows", "count"),
        ("error_count", "count"),
        ("counts", "count"),
        ("nothing", "unknown"),
    ],
)
def test_direction(metric: str, guess: Guess) -> None:
    """Well-known words say it, whatever stands around them; a count or a derived value is never guessed."""
    assert direction_of(metric) == guess
