"""What is special about MLflow's client: its silence, its bounds, and its errors in our words."""

from __future__ import annotations

import logging
import math
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.client import ClientStore
from pytest_mlflow_gate.tracking.store import NotFound, NotMlflow, Rejected, StoreError, Unreachable
from pytest_mlflow_gate.tracking.values import DatasetMetric, Measurement
from tests.seeding import MLMODEL, ClientSeeder, fresh
from tests.tracking.authority import Authority
from tests.wire import Reply, reply_html, reply_json, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.seeding import RestSeeder


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


def test_nothing_is_left_of_a_file(
    sqlite_seed: ClientSeeder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A file is read through a temporary copy that is gone afterwards, and without tqdm's progress bar."""
    (tmp_path / "tqdm").mkdir()
    (tmp_path / "tqdm" / "__init__.py").touch()
    (tmp_path / "tqdm" / "auto.py").write_text("def tqdm(**_):\n    raise AssertionError('a bar')\n")
    monkeypatch.syspath_prepend(tmp_path)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    run_id = sqlite_seed.run(sqlite_seed.experiment())
    sqlite_seed.run_file(run_id, "model/MLmodel", "x" * 1_000_001)
    sqlite_seed.run_file(run_id, "model/card.md", "ä")
    capfd.readouterr()
    store = ClientStore(sqlite_seed.uri, None, {})
    assert store.run_file(run_id, "model/card.md") == "ä"
    with pytest.raises(Rejected, match="larger than 1 MB"):
        store.run_file(run_id, "model/MLmodel")
    assert tuple(capfd.readouterr()) == ("", "")
    assert list(temporary.iterdir()) == []


def test_file_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file store keeps the newest value of a model's metric for each dataset, and NaN; it loses their steps."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    seed = ClientSeeder((tmp_path / "mlruns").as_uri())
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id, metrics={"loss": [(0.5, 2), (math.inf, 1)]})
    model_id = seed.logged_model(experiment_id, run_id)
    seed.log_for_model(run_id, model_id, {"acc": [(0.8, 4), (0.9, 3)]}, dataset=("holdout", "9f2c"), at=10)
    seed.log_for_model(run_id, model_id, {"acc": math.nan}, dataset=None, at=11)
    store = ClientStore(seed.uri, None, os.environ)
    assert [value for value, _, _ in store.metric_history(run_id, "loss")] == [math.inf, 0.5]
    assert str(store.logged_model(model_id).metrics) == str(
        (
            DatasetMetric("acc", math.nan, 0, 11, None, None, run_id),
            DatasetMetric("acc", 0.8, 4, 10, "holdout", "9f2c", run_id),
        )
    )
    history = store.metric_history(run_id, "acc")
    assert str(history) == str(
        (Measurement(0.8, 0, 10), Measurement(0.9, 0, 10), Measurement(math.nan, 0, 11))
    )
    assert store.metric_history(run_id, "accuracy") == ()
    assert store.model_file(model_id, "MLmodel") == MLMODEL
    with pytest.raises(NotFound):
        store.metric_history("0" * 32, "acc")


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
    assert re.fullmatch(
        r"http://\*\*\*@127\.0\.0\.1:1: connection refused \(tried 4 times in \d+ s\)", str(caught.value)
    )


def test_server_that_fails() -> None:
    """What a proxy in front of it says all the time is told, once."""
    with served(reply_html("nginx", 503)) as wire, pytest.raises(Unreachable) as caught:
        ClientStore(wire.url, None, {}).registered_model("churn")
    assert re.fullmatch(
        rf"{wire.url}: too many 503 error responses \(tried 4 times in \d+ s\)", str(caught.value)
    )
    assert len(wire.arrived) == 4


@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize("registry_only", [False, True])
def test_no_redirect_is_followed(
    monkeypatch: pytest.MonkeyPatch, sqlite_store: str, status: int, registry_only: bool
) -> None:
    """MLflow's client would follow, make a GET of a write, and call it done; here nothing leaves the host."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "canary")
    monkeypatch.setenv("MLFLOW_ALLOW_HTTP_REDIRECTS", "true")
    with (
        served(reply_json({})) as elsewhere,
        served(Reply(status, b"", {"Location": f"{elsewhere.url}/?token=canary"})) as wire,
    ):
        store = ClientStore(sqlite_store if registry_only else wire.url, wire.url, os.environ)
        for ask in (
            lambda: store.registered_model("churn"),
            lambda: store.set_version_tag("churn", "1", "k", "v"),
            lambda: store.create_model_version("churn", source="x", run_id=None, model_id=None),
        ):
            with pytest.raises(NotMlflow) as caught:
                ask()
            assert str(caught.value) == (
                f"{wire.url}: redirects instead of answering (a login page or a proxy?); "
                "put the address of MLflow itself into tracking_uri"
            )
    assert elsewhere.arrived == []
    assert {arrived.headers["authorization"] for arrived in wire.arrived} == {"Bearer canary"}
    assert len(wire.arrived) == 3
    assert os.environ["MLFLOW_ALLOW_HTTP_REDIRECTS"] == "true"


def test_certificates_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MLflow's client checks them too, unless the one variable says otherwise, and then shows no warning."""
    experiment = {"experiment": {"experiment_id": "1", "name": "gate", "lifecycle_stage": "active"}}
    unknown = Authority(tmp_path)
    with served(reply_json(experiment), tls=unknown.context(unknown.server)) as wire:
        with pytest.raises(Unreachable) as caught:
            ClientStore(wire.url, None, os.environ).experiment("1")
        assert str(caught.value) == (
            f"{wire.url}: TLS certificate verify failed: unable to get local issuer certificate; "
            "name the file of your own CA in MLFLOW_TRACKING_SERVER_CERT_PATH"
        )
        assert wire.arrived == []
        monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            assert ClientStore(wire.url, None, os.environ).experiment("1").name == "gate"
    assert [str(warning.message) for warning in shown if "HTTPS" in str(warning.message)] == []


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
