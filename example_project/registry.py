"""Print which versions of the churn classifier are registered, and where the aliases point."""

from __future__ import annotations

import os
from typing import NamedTuple

from mlflow import MlflowClient

MODEL = "churn-classifier"


class Version(NamedTuple):
    """
    A registered version of the churn classifier.

    Attributes:
        number: Version number as text.
        run_id: MLflow run that the model came from.
        aliases: Names that point to this version, without ``@``.
    """

    number: str
    run_id: str
    aliases: tuple[str, ...]


def versions(tracking_uri: str) -> list[Version]:
    """Return the registered versions, oldest first; none where nothing was ever promoted."""
    client = MlflowClient(tracking_uri)
    aliases = {
        alias: str(number)
        for model in client.search_registered_models(f"name = '{MODEL}'")
        for alias, number in model.aliases.items()
    }
    found = client.search_model_versions(f"name = '{MODEL}'")
    return [
        Version(
            number=str(version.version),
            run_id=version.run_id,
            aliases=tuple(sorted(name for name, number in aliases.items() if number == str(version.version))),
        )
        for version in sorted(found, key=lambda version: int(version.version))
    ]


def print_versions(registered: list[Version]) -> None:
    """Print a line for each version."""
    if not registered:
        print(f"{MODEL}: no version yet")
    for version in registered:
        aliases = ", ".join(f"@{alias}" for alias in version.aliases) or "no alias"
        print(f"{MODEL} version {version.number}  {aliases}  run {version.run_id}")


if __name__ == "__main__":
    print_versions(versions(os.environ.get("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")))
