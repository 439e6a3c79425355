"""Serves the churn model that `release.py` imported."""

from __future__ import annotations

import bentoml
import pandas as pd


@bentoml.service
class Churn:
    """Says which customers will leave."""

    imported = bentoml.models.BentoModel("churn:latest")

    def __init__(self) -> None:
        self.model = bentoml.mlflow.load_model(self.imported)

    @bentoml.api
    def predict(self, customers: list[dict[str, float | str]]) -> list[float]:
        """Return 1 for each customer who will leave in the next quarter, else 0."""
        return [float(left) for left in self.model.predict(pd.DataFrame(customers))]
