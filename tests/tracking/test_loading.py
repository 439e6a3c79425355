"""The process's own URIs while a model is loaded, and afterwards."""

from __future__ import annotations

import os

import mlflow
import pytest

from pytest_mlflow_gate.tracking.quiet import default_registry_uri, default_tracking_uri

VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")


@pytest.mark.parametrize("registry", [None, "http://registry"])
@pytest.mark.parametrize(
    ("environ", "set_by_code"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param(dict.fromkeys(VARIABLES, "http://environment"), False, id="environment"),
        pytest.param({}, True, id="code"),
    ],
)
def test_uris_are_put_back(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], set_by_code: bool, registry: str | None
) -> None:
    """Inside the gate's URIs count, and outside whatever counted before, by code or by the environment."""
    for name in VARIABLES:
        # First set, so that what MLflow itself writes there is taken back too.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if set_by_code:
        mlflow.set_tracking_uri("http://code")
        mlflow.set_registry_uri("http://code/registry")
    try:
        before = uris()
        with default_tracking_uri("http://gate"), default_registry_uri(registry):
            assert uris()[:2] == ("http://gate", registry or "http://gate")
        assert uris() == before
        monkeypatch.setenv(VARIABLES[0], "http://later")
        assert (mlflow.get_tracking_uri() == "http://later") is not set_by_code
    finally:
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)


def uris() -> tuple[str | None, ...]:
    """Return what MLflow's functions would use, and what the environment says."""
    return mlflow.get_tracking_uri(), mlflow.get_registry_uri(), *map(os.environ.get, VARIABLES)
