"""Fixtures for every test: a clean environment, real MLflow servers, real SQLite stores, seeds for them."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path

import pytest

from tests.seeding import ClientSeeder, RestSeeder
from tests.servers import THIS_PYTHON, Backends, RealModel, clean_environment, mlflow2_python, postgresql

pytest_plugins = ["pytester"]

FOLDER_VARIABLE = "MLFLOW_GATE_TESTS_FOLDER"
"""Tells xdist's workers, which inherit the environment, where the session's servers are."""

_backends = pytest.StashKey[Backends]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the session its folder, and take the developer's MLflow settings and home away from it."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        config.stash[_backends] = Backends(Path(folder))
        return
    python = os.environ.get("MLFLOW2_PYTHON")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    cleaned = clean_environment()
    backends = config.stash[_backends] = Backends.create()
    home = backends.folder / "home"
    home.mkdir()
    os.environ.clear()
    os.environ.update(cleaned, HOME=str(home), XDG_CACHE_HOME=cache)
    if python:
        os.environ["MLFLOW2_PYTHON"] = python
    os.environ[FOLDER_VARIABLE] = str(backends.folder)
    config.add_cleanup(lambda: _end(backends))


def _end(backends: Backends) -> None:
    del os.environ[FOLDER_VARIABLE]
    backends.remove()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the servers that the collected tests need, so that they boot while other tests run."""
    if session.config.option.collectonly:
        return
    needed = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    backends = session.config.stash[_backends]
    if "mlflow_server" in needed:
        backends.launch(THIS_PYTHON, "mlflow3")
    if "mlflow2_server" in needed and mlflow2_python().is_file():
        backends.launch(mlflow2_python(), "mlflow2")
    if "sqlite_store" in needed:
        # A session in this process makes it forget what it imported, and NumPy cannot be imported again.
        importlib.import_module("numpy")
    if "postgres_server" in needed:
        backends.launch(THIS_PYTHON, "mlflow3-postgres", postgresql, workers=2)


@pytest.fixture(scope="session")
def backends(pytestconfig: pytest.Config) -> Backends:
    """Return the folder of the session's servers and stores."""
    return pytestconfig.stash[_backends]


@pytest.fixture(scope="session")
def mlflow_server(backends: Backends) -> str:
    """Return the URL of a real server of the installed MLflow 3, shared by the whole session."""
    return backends.serve(THIS_PYTHON, "mlflow3")


@pytest.fixture(scope="session")
def mlflow2_environment() -> Path:
    """Return the interpreter of the last MLflow 2 release; a missing one fails: a skip would look tested."""
    python = mlflow2_python()
    if not python.is_file():
        pytest.fail(f"no MLflow 2 at {python}: run `make mlflow2`, or set MLFLOW2_PYTHON", pytrace=False)
    return python


@pytest.fixture(scope="session")
def mlflow2_server(backends: Backends, mlflow2_environment: Path) -> str:
    """Return the URL of a real server of the last MLflow 2 release, shared by the whole session."""
    return backends.serve(mlflow2_environment, "mlflow2")


@pytest.fixture(scope="session")
def postgres_server(backends: Backends) -> str:
    """Return the URL of a server of the installed MLflow 3 with PostgreSQL behind it and two processes."""
    return backends.serve(THIS_PYTHON, "mlflow3-postgres", postgresql, workers=2)


@pytest.fixture(scope="session")
def real_model(backends: Backends, mlflow_server: str) -> RealModel:
    """Return a model that MLflow 3 logged to `mlflow_server`."""
    return _log_model(backends, THIS_PYTHON, mlflow_server, "real-model")


@pytest.fixture(scope="session")
def real_model2(backends: Backends, mlflow2_environment: Path, mlflow2_server: str) -> RealModel:
    """Return a model that MLflow 2 logged to `mlflow2_server`."""
    return _log_model(backends, mlflow2_environment, mlflow2_server, "real-model2")


def _log_model(backends: Backends, python: Path, tracking_uri: str, name: str) -> RealModel:
    return RealModel(
        tracking_uri=tracking_uri,
        **backends.once(name, lambda: backends.run_script(python, "log_model.py", tracking_uri, name)),
    )


@pytest.fixture
def sqlite_store(backends: Backends, tmp_path: Path) -> str:
    """Return the URI of a SQLite store of the installed MLflow, the test's own."""
    return _copied_store(backends, THIS_PYTHON, "mlflow3", tmp_path)


@pytest.fixture
def older_sqlite_store(backends: Backends, mlflow2_environment: Path, tmp_path: Path) -> str:
    """Return the URI of a SQLite store that the last MLflow 2 release made, the test's own."""
    return _copied_store(backends, mlflow2_environment, "mlflow2", tmp_path)


def _copied_store(backends: Backends, python: Path, name: str, tmp_path: Path) -> str:
    template = backends.folder / f"{name}-template.db"
    backends.once(
        f"{name}-template", lambda: backends.run_script(python, "make_store.py", f"sqlite:///{template}")
    )
    shutil.copyfile(template, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def seed(mlflow_server: str) -> RestSeeder:
    """Return the way to put runs and models on `mlflow_server`."""
    return RestSeeder(mlflow_server)


@pytest.fixture
def seed2(mlflow2_server: str) -> RestSeeder:
    """Return the way to put runs and models on `mlflow2_server`."""
    return RestSeeder(mlflow2_server)


@pytest.fixture
def sqlite_seed(sqlite_store: str) -> ClientSeeder:
    """Return the way to put runs and models into `sqlite_store`."""
    return ClientSeeder(sqlite_store)
