"""Which Store a pair of URIs is: plain HTTP wherever that does, MLflow's client for the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.client import ClientStore
from pytest_mlflow_gate.tracking.opening import open_store
from pytest_mlflow_gate.tracking.rest import RestStore
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from pathlib import Path

HTTP = "http://mlflow.internal:5000"


@pytest.mark.parametrize(
    ("tracking_uri", "registry_uri", "settings", "kind"),
    [
        pytest.param(HTTP, None, {}, RestStore, id="http"),
        pytest.param("HTTPS://mlflow.internal", None, {}, RestStore, id="https"),
        pytest.param(HTTP, "http://registry.internal", {}, RestStore, id="two-servers"),
        pytest.param(HTTP, "sqlite", {}, ClientStore, id="registry-in-a-database"),
        pytest.param("sqlite", None, {}, ClientStore, id="database"),
        pytest.param("sqlite", HTTP, {}, ClientStore, id="tracking-in-a-database"),
        pytest.param(HTTP, None, {"MLFLOW_TRACKING_AWS_SIGV4": "true"}, ClientStore, id="signed-requests"),
        pytest.param(HTTP, None, {"MLFLOW_TRACKING_AUTH": "kubernetes"}, ClientStore, id="auth-plugin"),
    ],
)
def test_kind_of_store(
    sqlite_store: str, tracking_uri: str, registry_uri: str | None, settings: dict[str, str], kind: type
) -> None:
    """MLflow is imported only where plain HTTP is not enough, and nothing is asked yet."""
    uris = {"sqlite": sqlite_store}
    tracking_uri = uris.get(tracking_uri, tracking_uri)
    store = open_store(tracking_uri, registry_uri and uris.get(registry_uri, registry_uri), settings)
    assert type(store) is kind
    assert store.description == tracking_uri


@pytest.mark.parametrize("registry_only", [False, True])
def test_missing_store_is_not_made(tmp_path: Path, sqlite_store: str, registry_only: bool) -> None:
    """Both URIs are looked at before MLflow's client, which would create them, sees either."""
    missing = f"sqlite:///{tmp_path}/new/typo.db"
    tracking_uri, registry_uri = (sqlite_store, missing) if registry_only else (missing, None)
    with pytest.raises(StoreError) as caught:
        open_store(tracking_uri, registry_uri, {})
    assert str(caught.value) == (
        f"{missing}: no such file: {tmp_path}/new/typo.db (a gate creates no store; check the path)"
    )
    assert not (tmp_path / "new").exists()


def test_file_store_needs_the_users_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow 3 wants a variable set for file stores; it is named, and never set for the user."""
    (tmp_path / "0").mkdir()
    meta = "artifact_location: ./a\nexperiment_id: '0'\nlifecycle_stage: active\nname: Default\n"
    (tmp_path / "0" / "meta.yaml").write_text(meta)
    uri = tmp_path.as_uri()
    with pytest.raises(StoreError) as caught:
        open_store(uri, None, os.environ)
    assert str(caught.value) == (
        f"{uri}: MLflow keeps file stores in maintenance mode only: set MLFLOW_ALLOW_FILE_STORE=true to use this "
        "one, or move it into a database with `mlflow migrate-filestore`"
    )
    assert "MLFLOW_ALLOW_FILE_STORE" not in os.environ
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    experiment = open_store(uri, None, os.environ).experiment_named("Default")
    assert experiment is not None
    assert experiment.experiment_id == "0"


def test_plain_http_imports_no_mlflow() -> None:
    """A gate on a server never pays for the import of MLflow."""
    code = (
        "import sys; from pytest_mlflow_gate.tracking.opening import open_store; "
        f"open_store({HTTP!r}, None, {{}}); print('mlflow' in sys.modules)"
    )
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
