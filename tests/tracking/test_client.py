"""What is special about MLflow's client: its silence, its bounds, and its errors in our words."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.client import ClientStore
from pytest_mlflow_gate.tracking.store import StoreError, Unreachable
from tests.seeding import fresh

if TYPE_CHECKING:
    from pathlib import Path

    from tests.seeding import ClientSeeder, RestSeeder


def test_nothing_is_left_behind(sqlite_seed: ClientSeeder, capfd: pytest.CaptureFixture[str]) -> None:
    """Reads and writes print nothing, warn of nothing, and change neither environment nor logging."""
    run_id = sqlite_seed.run(sqlite_seed.experiment())
    capfd.readouterr()
    environment, disabled = dict(os.environ), logging.root.manager.disable
    store = ClientStore(sqlite_seed.uri, None, {})
    store.create_registered_model("churn")
    store.create_model_version("churn", source=f"runs:/{run_id}/model", run_id=run_id, model_id=None)
    store.set_stage("churn", "1", "Production", archive_existing=True)
    store.set_alias("churn", "champion", "1")
    store.close()
    assert tuple(capfd.readouterr()) == ("", "")
    assert dict(os.environ) == environment
    assert logging.root.manager.disable == disabled


def test_first_import_is_silent(sqlite_store: str, tmp_path: Path) -> None:
    """Importing MLflow writes no telemetry file into the user's home, and prints and warns nothing."""
    code = textwrap.dedent(f"""
        import os
        from pytest_mlflow_gate.tracking.client import ClientStore
        before = dict(os.environ)
        ClientStore({sqlite_store!r}, None, {{}}).experiment_named("first")
        print(dict(os.environ) == before)
    """)
    home = tmp_path / "home"
    home.mkdir()
    # MLflow keeps silent by itself in a test or in CI.
    silencers = ("MLFLOW_", "PYTEST_", "CI")
    plain = {key: value for key, value in os.environ.items() if not key.startswith(silencers)}
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", code],
        env=plain | {"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert list(home.rglob("*")) == []


def test_registry_of_its_own(sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry is the gate's choice, whatever the environment says."""
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", f"sqlite:///{tmp_path}/typo.db")
    found = ClientStore(sqlite_store, None, os.environ).registered_model("first")
    assert found is not None
    assert not (tmp_path / "typo.db").exists()


def test_server_that_is_down() -> None:
    """MLflow's client would try for minutes; the message comes soon, without the password."""
    start = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        ClientStore("http://team:canary@127.0.0.1:1", None, {}).experiment("1")
    assert time.monotonic() - start < 30
    message = str(caught.value)
    assert message.startswith("http://***@127.0.0.1:1: API request to http://***@127.0.0.1:1/api/")
    assert "tried 4 times" in message
    assert "canary" not in message
    assert "\n" not in message


def test_page_of_a_run_has_no_credentials(seed: RestSeeder) -> None:
    """The address of a run's page can be shown to anybody."""
    run_id = seed.run(seed.experiment())
    host = seed.uri.removeprefix("http://")
    store = ClientStore(f"http://team:canary@{host}/", None, {})
    run = store.run(run_id)
    assert store.run_url(run) == f"{seed.uri}/#/experiments/{run.experiment_id}/runs/{run_id}"
    assert store.description == f"http://***@{host}/"


def test_locked_database(sqlite_seed: ClientSeeder) -> None:
    """A database that somebody else writes to for long is told in one line."""
    store = ClientStore(sqlite_seed.uri, None, {})
    with closing(sqlite3.connect(sqlite_seed.uri.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unreachable) as caught:
            store.create_registered_model(fresh("model"))
    assert str(caught.value) == (
        f"{sqlite_seed.uri}: OperationalError: (sqlite3.OperationalError) database is locked"
    )


@pytest.mark.parametrize("uri", ["databricks", "databricks://team"])
def test_databricks_without_credentials(uri: str) -> None:
    """What Databricks' own set-up lacks is told in one line."""
    with pytest.raises(StoreError) as caught:
        ClientStore(uri, None, {}).experiment("1")
    assert str(caught.value).startswith(f"{uri}: ")
    assert "databricks" in str(caught.value).lower()
    assert "\n" not in str(caught.value)


def test_scheme_that_mlflow_does_not_know() -> None:
    """MLflow's own list of schemes comes through."""
    with pytest.raises(StoreError, match="unsupported URI 'typo://x'"):
        ClientStore("typo://x", None, {}).registered_model("churn")
