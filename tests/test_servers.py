"""The test servers themselves: what the whole suite stands on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from tests.seeding import ClientSeeder, RestSeeder
    from tests.servers import RealModel


def test_both_releases_serve(mlflow_server: str, mlflow2_server: str) -> None:
    """One server is MLflow 3, the other the last MLflow 2."""
    versions = [requests.get(f"{url}/version", timeout=10).text for url in (mlflow_server, mlflow2_server)]
    assert versions[0].startswith("3.")
    assert versions[1] == "2.22.5"


def test_no_setting_of_the_developer_reaches_a_test() -> None:
    """Tests see no MLflow settings but the silent ones, and a home folder without a credentials file."""
    settings = {key for key in os.environ if key.startswith("MLFLOW_")}
    assert settings <= {
        "MLFLOW_DISABLE_TELEMETRY",
        "MLFLOW_DISABLE_AGENT_HINT",
        "MLFLOW2_PYTHON",
        "MLFLOW_GATE_BROWSER",
        "MLFLOW_GATE_TESTS_FOLDER",
    }
    assert not (Path.home() / ".mlflow").exists()


def test_seeded_run_is_on_the_server(seed: RestSeeder) -> None:
    """A seeded run has the metrics that the test gave, NaN included."""
    run_id = seed.run(seed.experiment(), metrics={"loss": [(2.0, 0), (1.0, 1)], "err": float("nan")})
    data = seed.ask("GET", f"runs/get?run_id={run_id}")["run"]["data"]
    assert {metric["key"]: metric["value"] for metric in data["metrics"]} == {"loss": 1.0, "err": "NaN"}


def test_sqlite_store_is_the_tests_own(sqlite_seed: ClientSeeder, sqlite_store: str) -> None:
    """A seeded experiment is in the test's own file."""
    assert sqlite_seed.uri == sqlite_store
    assert sqlite_seed.experiment()


def test_real_models(real_model: RealModel, real_model2: RealModel) -> None:
    """MLflow 3 logs models with an id of their own, MLflow 2 does not."""
    assert str(real_model.model_id).startswith("m-")
    assert real_model2.model_id is None
