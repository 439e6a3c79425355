"""Where a report is among a run's files."""

from __future__ import annotations

import re

import pytest

from pytest_mlflow_gate.reporting.run_folder import page_url, run_folder


@pytest.mark.parametrize(
    ("gate", "folder"),
    [
        pytest.param("churn-classifier", "churn-classifier", id="as-it-is"),
        pytest.param("prod.churn_2", "prod.churn_2", id="dots-and-underscores"),
        pytest.param("größe汉字", "größe汉字", id="letters"),
        pytest.param("churn eu", "churn_eu-55e5bf88", id="space"),
        pytest.param("churn/eu", "churn_eu-0271b821", id="slash"),
        pytest.param("..", "__-5ec1f7e7", id="parent"),
        pytest.param("50%?#", "50___-b4f388b5", id="what-mlflow-refuses"),
    ],
)
def test_run_folder(gate: str, folder: str) -> None:
    """A gate's name is its folder's, and where no path can have it, a digest keeps it apart from others."""
    assert run_folder(gate) == f"mlflow_gate/{folder}"


@pytest.mark.parametrize("name", ["x" * 500, "汉" * 200, "😀" * 100, ".", "a\\b:c*d", "-"])
def test_names_that_file_systems_do_not_take(name: str) -> None:
    """Every name has a folder of letters, digits, dots and dashes, at most 255 bytes long."""
    folder = run_folder(name).removeprefix("mlflow_gate/")
    assert re.fullmatch(r"[\w.-]+", folder)
    assert not re.fullmatch(r"\.+", folder)
    assert len(folder.encode()) <= 255


def test_page_url() -> None:
    """MLflow's UI has an address for each artifact, behind which the workspace comes."""
    run = "http://mlflow:5000/#/experiments/1/runs/r1"
    page = f"{run}/artifacts/mlflow_gate/gr%C3%B6%C3%9Fe/report.html"
    assert page_url(run, "größe") == page
    assert page_url(f"{run}?workspace=a", "größe") == f"{page}?workspace=a"
