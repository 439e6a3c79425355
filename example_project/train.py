"""Train the churn classifier and log everything that the gate judges to MLflow."""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import time
from typing import TYPE_CHECKING

import mlflow
import sklearn
from customers import CATEGORIES, NUMBERS, TARGET, customers, without_most_churned
from sklearn import metrics
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    import pandas as pd

SEED = 7
ROWS = 9000
TEST_SHARE = 1 / 3
FEATURES = CATEGORIES + NUMBERS


def main() -> None:
    """Train one model, log it as one run, and print the run's id as the last line."""
    options = _options()
    # MLflow reports each step of creating a store, and warns where uv made an environment without pip.
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(options.tracking_uri)
    mlflow.set_experiment(options.experiment)
    everyone = customers(ROWS, SEED)
    seen, holdout = train_test_split(
        everyone, test_size=TEST_SHARE, stratify=everyone[TARGET], random_state=SEED
    )
    if options.degraded:
        seen = without_most_churned(seen, SEED)
    model = pipeline().fit(seen[FEATURES], seen[TARGET])
    values = evaluate(model, holdout)
    with mlflow.start_run(tags={"phase": "eval", "team": "retention"}) as run:
        log_data(seen, context="training", name="customers-training")
        log_data(holdout, context="evaluation", name="customers-holdout")
        mlflow.log_params({"seed": SEED, "n_train": len(seen), **hyperparameters(model)})
        mlflow.log_metrics(values)
        log_model(model, holdout[FEATURES])
    print(f"{len(seen)} customers to learn from, {seen[TARGET].mean():.1%} of them churned")
    print("  ".join(f"{name} {values[name]:.3f}" for name in ("accuracy", "precision", "recall", "roc_auc")))
    print(run.info.run_id)


def pipeline() -> Pipeline:
    """Return the untrained model, from raw customers to the odds that they leave."""
    preprocessing = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), CATEGORIES), (StandardScaler(), NUMBERS)
    )
    return Pipeline([("preprocessing", preprocessing), ("classifier", LogisticRegression(max_iter=500))])


def evaluate(model: Pipeline, holdout: pd.DataFrame) -> dict[str, float]:
    """
    Return the metrics on customers that the model has not seen, ``recall/REGION`` for each region.

    All are ratios from 0 to 1, but for ``log_loss`` in nats, ``n_test`` in customers and ``latency_ms`` in
    milliseconds for one customer.
    """
    actual = holdout[TARGET]
    likelihood = model.predict_proba(holdout[FEATURES])[:, 1]
    predicted = model.predict(holdout[FEATURES])
    by_region = {
        f"recall/{region}": metrics.recall_score(actual[rows], predicted[rows])
        for region in sorted(holdout["region"].unique())
        for rows in [holdout["region"].eq(region)]
    }
    return {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "precision": metrics.precision_score(actual, predicted),
        "recall": metrics.recall_score(actual, predicted),
        "f1": metrics.f1_score(actual, predicted),
        "roc_auc": metrics.roc_auc_score(actual, likelihood),
        "log_loss": metrics.log_loss(actual, likelihood),
        "n_test": len(holdout),
        "latency_ms": latency(model, holdout[FEATURES]),
        **by_region,
    }


def latency(model: Pipeline, rows: pd.DataFrame) -> float:
    """Return the median time of a prediction for one customer, in milliseconds."""
    times = []
    for position in range(25):
        began = time.perf_counter()
        model.predict(rows.iloc[[position]])
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def hyperparameters(model: Pipeline) -> dict[str, object]:
    """Return what a colleague needs to train the same model again."""
    classifier = model["classifier"]
    return {"model": type(classifier).__name__, "C": classifier.C, "max_iter": classifier.max_iter}


def log_data(frame: pd.DataFrame, *, context: str, name: str) -> None:
    """Log which data the run used: its name, its digest and its columns, not the customers."""
    dataset = mlflow.data.from_pandas(frame, name=name, targets=TARGET)
    mlflow.log_input(dataset, context=context)


def log_model(model: Pipeline, rows: pd.DataFrame) -> None:
    """Log the trained model with its signature and some of *rows* as an example."""
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=mlflow.models.infer_signature(rows, model.predict(rows)),
        input_example=rows.head(3),
        # Without a list MLflow finds one by loading the model in another process, which takes seconds.
        pip_requirements=[f"scikit-learn=={sklearn.__version__}"],
    )


def _options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tracking-uri",
        default=os.environ.get("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db"),
        help="MLflow tracking server or store (default: MLFLOW_TRACKING_URI, else %(default)s)",
    )
    parser.add_argument("--experiment", default="customer-churn", help="MLflow experiment (%(default)s)")
    parser.add_argument(
        "--degraded",
        action="store_true",
        help="train on last quarter's export, in which a join lost most of the churned customers",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
