"""Gates on Databricks and Unity Catalog: MLflow's own client in between, a workspace of the tests' own behind it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from integration_tests.databricks_workspace import (
    EXPERIMENT,
    MLMODEL,
    MODEL_ID,
    RUN_ID,
    TOKEN,
    Workspace,
    databricks,
)
from integration_tests.unity_catalog import Refusal
from pytest_mlflow_gate.tracking.client import ClientStore
from pytest_mlflow_gate.tracking.store import Denied, Rejected, StoreError, Unreachable
from tests.servers import clean_environment
from tests.wire import closed_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "main.churn.classifier"
GATE = f"""\
tracking_uri: databricks
candidate: {{experiment: {EXPERIMENT}}}
thresholds: {{accuracy: ">= 0.92"}}
promote: {{model: {MODEL}, alias: champion}}
"""


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """Return a workspace whose model has a champion already, version 1 of another run."""
    with databricks() as made:
        add_champion(made)
        yield made


def add_champion(workspace: Workspace) -> None:
    """Register version 1 of the model, from another run, and make it the champion."""
    catalog = workspace.catalog
    catalog.create_model({"name": MODEL})
    catalog.create_version({"name": MODEL, "source": "models:/m-old", "run_id": "0" * 32})
    catalog.finalize({"name": MODEL, "version": "1"})
    catalog.set_alias({"name": MODEL, "alias": "champion", "version": "1"})


@pytest.fixture
def store(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> ClientStore:
    """Return the store of a gate whose tracking URI is ``databricks``."""
    monkeypatch.setenv("DATABRICKS_HOST", workspace.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    return ClientStore("databricks", None, os.environ)


def python(folder: Path, *words: str, host: str | None) -> tuple[int, list[str]]:
    """Run a Python module as a job of Databricks' users; return its exit status and what it printed."""
    own = {"HOME": str(folder)}
    if host is not None:
        own |= {"DATABRICKS_HOST": host, "DATABRICKS_TOKEN": TOKEN}
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=clean_environment() | own,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    assert [line for line in printed if "kanarienvogel" in line] == []
    return done.returncode, printed


def gate(folder: Path, *, host: str | None, text: str = GATE) -> tuple[int, str]:
    """Run a session that is asked to promote, and return its exit status and last line."""
    (folder / "eval_gate.yaml").write_text(text)
    status, lines = python(folder, "pytest", "--mlflow-gate", "eval_gate.yaml", host=host)
    return status, lines[-1]


def test_gate_promotes(workspace: Workspace, tmp_path: Path) -> None:
    """A gate promotes in Unity Catalog, its record is read again, and after a roll back it finds its version."""
    assert gate(tmp_path, host=workspace.url) == (
        0,
        f"PROMOTED: {MODEL} version 2 is now @champion (was version 1)",
    )
    catalog = workspace.catalog
    assert catalog.aliases[MODEL] == {"champion": "2"}
    made = catalog.version(MODEL, "2")
    assert (made["source"], made["run_id"], made["status"]) == (f"models:/{MODEL_ID}", RUN_ID, "READY")
    assert workspace.files[f"/Models/{MODEL.replace('.', '/')}/2/MLmodel"] == MLMODEL.encode()
    tags = catalog.tags(MODEL, "2")
    assert tags["mlflow_gate__verdict"] == "promoted"
    (entry,) = (json.loads(value) for key, value in tags.items() if key.startswith("mlflow_gate__decision__"))
    assert entry["previous_version"] == "1"
    of_run = {tag["key"]: tag["value"] for tag in workspace.run["data"]["tags"]}
    assert of_run["mlflow_gate.verdict"] == "promoted"

    status, lines = python(
        tmp_path, "pytest_mlflow_gate", "history", MODEL, "--tracking-uri", "databricks", host=workspace.url
    )
    assert status == 0
    assert f"    run {RUN_ID}" in lines
    assert python(tmp_path, "pytest_mlflow_gate", "rollback", "eval_gate.yaml", host=workspace.url) == (
        0,
        [f"ROLLED BACK {MODEL} @champion: version 1 (was version 2)"],
    )
    assert catalog.aliases[MODEL] == {"champion": "1"}

    assert gate(tmp_path, host=workspace.url)[0] == 0
    assert catalog.aliases[MODEL] == {"champion": "2"}
    assert len(catalog.versions[MODEL]) == 2


def test_gate_copies(workspace: Workspace, tmp_path: Path) -> None:
    """From one catalog to another: the copy has the model's files and the alias, the original keeps its own."""
    copy = "prod.churn.classifier"
    text = GATE.replace("alias: champion", f"alias: champion, copy_to: {copy}")
    assert gate(tmp_path, host=workspace.url, text=text) == (
        0,
        f"PROMOTED {MODEL}: {copy} version 1 is now @champion as a copy of {MODEL} version 2",
    )
    catalog = workspace.catalog
    assert catalog.aliases == {MODEL: {"champion": "1"}, copy: {"champion": "1"}}
    made = catalog.version(copy, "1")
    assert (made["source"], made["run_id"], made["status"]) == (f"models:/{MODEL}/2", RUN_ID, "READY")
    assert workspace.files[f"/Models/{copy.replace('.', '/')}/1/MLmodel"] == MLMODEL.encode()
    assert catalog.tags(copy, "1")["mlflow_gate__verdict"] == "promoted"


def test_failing_gate_moves_nothing(tmp_path: Path) -> None:
    """A model that is not good enough stays outside of the catalog; only its run is told."""
    with databricks(accuracy=0.5) as workspace:
        add_champion(workspace)
        assert gate(tmp_path, host=workspace.url) == (
            1,
            f"NOT PROMOTED {MODEL}: accuracy[min] did not pass",
        )
        assert workspace.writes() == [("POST", "runs/log-batch")]


def test_stages_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    """Unity Catalog has no stages: a gate that asks for one is told what to write, and registers nothing."""
    text = GATE.replace("alias: champion", "stage: Production")
    assert gate(tmp_path, host=workspace.url, text=text) == (
        1,
        f"NOT PROMOTED {MODEL}: databricks has no stages, in the gate file write alias in place of stage",
    )
    assert [version["version"] for version in workspace.catalog.versions[MODEL]] == ["1"]
    assert workspace.catalog.aliases[MODEL] == {"champion": "1"}


def test_no_credentials(tmp_path: Path) -> None:
    """Where nobody said which workspace, nothing is judged, and the line names what is missing."""
    status, line = gate(tmp_path, host=None)
    assert status == 1
    assert line == (
        f"NOT PROMOTED {MODEL}: cannot judge {MODEL}: databricks: no credentials for Databricks: set "
        "DATABRICKS_HOST and DATABRICKS_TOKEN, or name a profile of ~/.databrickscfg: databricks://PROFILE; "
        "`python -m pytest_mlflow_gate explain eval_gate.yaml` shows why it asks there"
    )


@pytest.mark.parametrize("registry_uri", [None, "databricks-uc"])
def test_workspace_that_is_not_there(monkeypatch: pytest.MonkeyPatch, registry_uri: str | None) -> None:
    """A workspace that does not answer is told soon; its own library would wait for minutes."""
    monkeypatch.setenv("DATABRICKS_HOST", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    start = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        ClientStore("databricks", registry_uri, os.environ)
    assert time.monotonic() - start < 30
    assert re.fullmatch(r"databricks: connection refused \(tried 4 times in \d+ s\)", str(caught.value))


def test_wrong_token(store: ClientStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that the workspace does not know is told in its own words."""
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-another")
    with pytest.raises(Denied) as caught:
        store.run(RUN_ID)
    assert str(caught.value).startswith("databricks: ")
    assert "Invalid access token." in str(caught.value)
    assert "dapi-another" not in str(caught.value)


def test_busy_workspace_is_asked_again(workspace: Workspace, store: ClientStore) -> None:
    """A workspace that limits how often it is asked gets time, like every other server."""
    busy = Refusal(429, "REQUEST_LIMIT_EXCEEDED", "Too many requests.")
    workspace.first += [busy, busy]
    assert store.run(RUN_ID).metrics == {"accuracy": 0.93}


def test_reads(store: ClientStore) -> None:
    """What a gate reads is found: run, experiment, logged model and its files, alias and versions, all pages."""
    experiment = store.experiment_named(EXPERIMENT)
    assert experiment is not None
    (run,) = store.search_runs("1", filter_string="", order_by=("attributes.start_time DESC",), page_size=1)
    assert (run.run_id, run.model_ids) == (RUN_ID, (MODEL_ID,))
    assert [entry.path for entry in store.logged_model_artifacts(MODEL_ID)] == ["MLmodel"]
    assert store.model_file(MODEL_ID, "MLmodel") == MLMODEL
    champion = store.aliased_version(MODEL, "champion")
    assert champion is not None
    assert (champion.model, champion.version, champion.stage) == (MODEL, "1", "None")
    assert store.aliased_version(MODEL, "nobody") is None
    assert store.aliased_version("main.churn.other", "champion") is None
    assert store.registered_model("main.churn.other") is None
    assert store.model_version(MODEL, "7") is None
    for _ in range(3):
        store.create_model_version(MODEL, source=f"models:/{MODEL_ID}", run_id=RUN_ID, model_id=MODEL_ID)
    store.set_version_tag(MODEL, "3", "mlflow_gate.verdict", "promoted")
    found = store.model_versions(MODEL)
    assert [version.version for version in found] == ["4", "3", "2", "1"]
    assert [dict(version.tags) for version in found] == [{}, {"mlflow_gate.verdict": "promoted"}, {}, {}]
    assert [version.version for version in store.model_versions(MODEL, run_id=RUN_ID)] == ["4", "3", "2"]


@pytest.mark.parametrize("name", ["churn-classifier", "churn.classifier"])
def test_names_have_three_parts(store: ClientStore, name: str) -> None:
    """A name that is none of Unity Catalog's is told, and taken for no missing model."""
    with pytest.raises(Rejected, match=r"specify all three levels, catalog\.schema\.model"):
        store.registered_model(name)


@pytest.mark.parametrize(
    ("lengths", "there"),
    [
        pytest.param([900], 1, id="one-tag"),
        pytest.param([2500], 3, id="three-tags"),
        pytest.param([2500, 900], 1, id="shorter-again"),
        pytest.param([900, 1500], 2, id="longer-again"),
    ],
)
def test_long_tags(workspace: Workspace, store: ClientStore, lengths: list[int], there: int) -> None:
    """A record that is longer than a tag of Unity Catalog comes back whole, and goes as a whole."""
    key, lines = "mlflow_gate.decision.20261121T075944.123456Z", "accuracy[min] 0.93 >= 0.92 passed\n" * 100
    for length in lengths:
        store.set_version_tag(MODEL, "1", key, lines[: length - 1] + ".")
    kept = workspace.catalog.tags(MODEL, "1")
    assert len(kept) == there
    version = store.model_version(MODEL, "1")
    assert version is not None
    assert version.tags == {key: lines[: lengths[-1] - 1] + "."}
    store.delete_version_tag(MODEL, "1", key)
    assert workspace.catalog.tags(MODEL, "1") == {}


def test_tags_of_the_team_are_not_spelt_otherwise(workspace: Workspace, store: ClientStore) -> None:
    """What a gate file sets is set as it is written there, or refused in Unity Catalog's own words."""
    store.set_version_tag(MODEL, "1", "validated_by", "ci")
    assert workspace.catalog.tags(MODEL, "1") == {"validated_by": "ci"}
    with pytest.raises(Rejected, match="contains one or more of the reserved characters"):
        store.set_version_tag(MODEL, "1", "team.name", "retention")


def test_model_without_signature(workspace: Workspace, store: ClientStore) -> None:
    """Unity Catalog takes no model without a signature: MLflow says so before a version is made."""
    ((path, _),) = workspace.files.items()
    workspace.files[path] = b"flavors: {}\nmodel_uuid: 0d1f\n"
    with pytest.raises(StoreError, match="did not contain any signature metadata"):
        store.create_model_version(MODEL, source=f"models:/{MODEL_ID}", run_id=RUN_ID, model_id=MODEL_ID)
    assert len(workspace.catalog.versions[MODEL]) == 1


def test_profiles(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A profile of ``~/.databrickscfg`` names the workspace; MLflow reads files by the variable's."""
    config = tmp_path / "databrickscfg"
    config.write_text(f"[team]\nhost = {workspace.url}\ntoken = {TOKEN}\n")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(config))
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "team")
    store = ClientStore("databricks://team", None, os.environ)
    assert store.run(RUN_ID).run_id == RUN_ID
    assert store.model_file(MODEL_ID, "MLmodel") == MLMODEL
    champion = store.aliased_version(MODEL, "champion")
    assert champion is not None
