"""Before MLflow's client may open a store without a server: nothing is created, nothing is migrated."""

from __future__ import annotations

import gc
import os
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import warnings
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking import databases, embedded
from pytest_mlflow_gate.tracking.embedded import require_usable
from pytest_mlflow_gate.tracking.store import StoreError, Unreachable
from pytest_mlflow_gate.tracking.uri import Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

MLFLOW = version("mlflow")
MLFLOW2_SCHEMA = "0584bdc529eb"  # of MLflow 2.22.5


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let relative paths begin in the test's own folder."""
    monkeypatch.chdir(tmp_path)


def contents(folder: Path) -> Mapping[str, bytes]:
    """Return every file below *folder* with its bytes."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(uri: str, environ: Mapping[str, str] | None = None) -> str:
    """Return the message with which *uri* is refused, whose folder must not change by that."""
    before = contents(Path.cwd())
    with pytest.raises(StoreError) as caught:
        require_usable(uri, environ or {}, Secrets.of("canary"))
    assert contents(Path.cwd()) == before
    return str(caught.value)


def head() -> str:
    """Return the schema revision of the installed MLflow, as its own helper has it."""
    code = "from mlflow.store.db.utils import _get_latest_schema_revision as head; print(head())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        pytest.param(
            "sqlite:///typo.db",
            "sqlite:///typo.db: no such file: {cwd}/typo.db (a gate creates no store; check the path)",
            id="relative",
        ),
        pytest.param(
            "sqlite:////no/such/folder/x.db",
            "sqlite:////no/such/folder/x.db: no such file: /no/such/folder/x.db (a gate creates no store; check "
            "the path)",
            id="absolute",
        ),
        pytest.param(
            "sqlite+pysqlite:///new/typo.db?timeout=5",
            "sqlite+pysqlite:///new/typo.db?timeout=5: no such file: {cwd}/new/typo.db (a gate creates no store; "
            "check the path)",
            id="driver-query-and-new-folder",
        ),
        pytest.param(
            "SQLite:///folder",
            "SQLite:///folder: no such file: {cwd}/folder (a gate creates no store; check the path)",
            id="folder",
        ),
        pytest.param(
            "sqlite:///empty.db",
            "sqlite:///empty.db: the file is empty (a gate creates no store; check the path)",
            id="empty-file",
        ),
        pytest.param(
            "sqlite:///text.db",
            "sqlite:///text.db: cannot be read as an MLflow store: file is not a database",
            id="no-database",
        ),
        pytest.param(
            "sqlite:///other.db",
            "sqlite:///other.db: cannot be read as an MLflow store: no such table: alembic_version",
            id="other-database",
        ),
        pytest.param(
            "sqlite:///bare.db",
            "sqlite:///bare.db: is no MLflow store: it has no schema revision",
            id="no-revision",
        ),
        *(
            pytest.param(
                uri,
                f"{uri}: a database in memory is empty: set tracking_uri to a file or a server",
                id=f"memory-{uri}",
            )
            for uri in ("sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///?cache=shared")
        ),
        *(
            pytest.param(
                uri,
                f"{uri}: write sqlite:///relative/path.db or sqlite:////absolute/path.db",
                id=f"spelling-{uri}",
            )
            for uri in ("sqlite://mlflow.db", "sqlite:mlflow.db", "sqlite:///file:mlflow.db?uri=true")
        ),
        pytest.param(
            "./mlruns",
            "./mlruns: no such folder: {cwd}/mlruns (a gate creates no store; check the path)",
            id="no-folder",
        ),
        pytest.param(
            "file:///no/such/folder",
            "file:///no/such/folder: no such folder: /no/such/folder (a gate creates no store; check the path)",
            id="no-folder-by-uri",
        ),
        pytest.param(
            "folder",
            "folder: is no MLflow store: no experiment in it has a meta.yaml (a gate creates no store)",
            id="folder-without-experiments",
        ),
    ],
)
def test_what_is_no_store_is_refused(uri: str, message: str) -> None:
    """A typing error is told, with the path that was looked at, and leaves nothing behind."""
    Path("folder").mkdir()
    Path("empty.db").touch()
    Path("text.db").write_text("no database at all, however long this text may be\n" * 30)
    for name, table in (("other.db", "churn"), ("bare.db", "alembic_version")):
        with closing(sqlite3.connect(name)) as connection:
            connection.execute(f"CREATE TABLE {table} (version_num TEXT)")
    assert refusal(uri) == message.format(cwd=Path.cwd())


def test_store_of_the_installed_mlflow(sqlite_store: str, tmp_path: Path) -> None:
    """A store of the installed release passes, and does not change by being looked at."""
    before = contents(tmp_path)
    require_usable(sqlite_store, {}, Secrets.of())
    require_usable("sqlite:///mlflow.db", {}, Secrets.of())
    assert contents(tmp_path) == before


def test_store_in_wal_mode(sqlite_store: str, tmp_path: Path) -> None:
    """A database with a write-ahead log gets no files beside it from being looked at."""
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    before = contents(tmp_path)
    require_usable(sqlite_store, {}, Secrets.of())
    assert contents(tmp_path) == before


def test_store_that_someone_writes_to(sqlite_store: str, tmp_path: Path) -> None:
    """A live write-ahead log is read: the newest revision counts."""
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("UPDATE alembic_version SET version_num = 'newer'")
        connection.commit()
        with pytest.raises(StoreError, match="its schema is newer"):
            require_usable(sqlite_store, {}, Secrets.of())


def test_store_of_an_older_mlflow(older_sqlite_store: str) -> None:
    """MLflow's client would migrate it on the first read, and the team's older server would die."""
    assert refusal(older_sqlite_store) == (
        f"{older_sqlite_store}: its schema is {MLFLOW2_SCHEMA}, that of an older MLflow; mlflow {MLFLOW} has "
        f"{head()} and would migrate it, which breaks the older server: set tracking_uri to that server, or "
        "install its mlflow"
    )


def test_store_of_a_newer_mlflow(sqlite_store: str, tmp_path: Path) -> None:
    """A revision that the installed release does not know is refused too."""
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'f00d'")
        connection.commit()
    assert refusal(sqlite_store) == (
        f"{sqlite_store}: its schema is f00d, unknown to mlflow {MLFLOW}, which has {head()}: set tracking_uri to "
        "the server in front of it, or install the mlflow that made it"
    )


@pytest.mark.parametrize("layout", ["0/meta.yaml", "models/churn/meta.yaml"])
def test_file_store(layout: str) -> None:
    """A folder with an experiment, or with a registry, is a file store, by path and by URI."""
    path = Path("mlruns", layout)
    path.parent.mkdir(parents=True)
    path.touch()
    require_usable("mlruns", {}, Secrets.of())
    require_usable(Path("mlruns").absolute().as_uri(), {}, Secrets.of())


@pytest.mark.parametrize(
    "uri", ["http://mlflow:5000", "databricks", "databricks-uc", "uc", "databricks://profile", "plugin://x"]
)
def test_what_is_not_embedded_passes_unseen(uri: str) -> None:
    """Servers and plugins are not this room's concern."""
    require_usable(uri, {}, Secrets.of())


@pytest.mark.parametrize("scheme", ["sqlite:///", "file:", ""])
def test_store_that_the_system_does_not_let_in(scheme: str) -> None:
    """Whatever the operating system has against a path, here its length, is one line."""
    uri = f"{scheme}{'x' * 300}"
    assert refusal(uri) == f"{uri}: cannot be read: File name too long"


def test_database_without_its_driver() -> None:
    """A missing driver is one line, without the password."""
    assert refusal("mssql+pymssql://team:canary@db/mlflow") == (
        "mssql+pymssql://***@db/mlflow: the database driver is missing (No module named 'pymssql'): install it "
        "beside mlflow"
    )


def test_database_that_is_down() -> None:
    """MLflow would ask a dead database for up to an hour; this tells at once, without the password."""
    with pytest.raises(Unreachable) as caught:
        require_usable("postgresql+pg8000://team:canary@127.0.0.1:1/mlflow", {}, Secrets.of("canary"))
    assert str(caught.value) == (
        "postgresql+pg8000://***@127.0.0.1:1/mlflow: (pg8000.exceptions.InterfaceError) Can't create a connection "
        "to host 127.0.0.1 and port 1 (timeout is 5 and source_address is None)."
    )


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        pytest.param(None, "TimeoutError: timed out", id="says-nothing"),
        pytest.param(b"", "(pg8000.exceptions.InterfaceError) network error", id="hangs-up"),
        pytest.param(b"S", "SSLEOFError: ", id="hangs-up-after-it-offered-tls"),
    ],
)
def test_database_that_is_something_else(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | None, cause: str
) -> None:
    """Whatever listens there, and whether the driver has a word for it: one line, without the password."""
    monkeypatch.setattr(databases, "CONNECT_SECONDS", 1)

    def listen() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            if answer is not None:
                connection.sendall(answer)
            else:
                over.wait()

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        at = f"127.0.0.1:{listener.getsockname()[1]}/mlflow"
        thread = threading.Thread(target=listen)
        thread.start()
        with warnings.catch_warnings():
            # pg8000 leaves its socket to the garbage collector.
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                require_usable(f"postgresql+pg8000://team:canary@{at}", {}, Secrets.of("canary"))
            except Unreachable as error:
                text = str(error)
            finally:
                over.set()
                thread.join()
            gc.collect()
    assert text.startswith(f"postgresql+pg8000://***@{at}: {cause}")
    assert "canary" not in text


def test_database_uri_that_cannot_be_used() -> None:
    """A URI that SQLAlchemy does not take is told in one line."""
    assert refusal("postgresql://team:canary@db:port/mlflow") == (
        "postgresql://***@db:port/mlflow: ValueError: invalid literal for int() with base 10: 'port'"
    )


def test_skinny_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small MLflow opens no database; the extra that does is named."""
    monkeypatch.setattr(embedded, "find_spec", lambda _: None)
    assert refusal("sqlite:///mlflow.db") == (
        "sqlite:///mlflow.db: MLflow opens a database only with sqlalchemy and alembic, which mlflow-skinny does "
        'not bring: pip install "pytest-mlflow-gate[local]"'
    )


def test_refusing_does_not_import_mlflow(older_sqlite_store: str) -> None:
    """A refusal takes no seconds: MLflow is not imported to know its schema."""
    code = textwrap.dedent(f"""
        import sys
        from pytest_mlflow_gate.tracking.embedded import require_usable
        from pytest_mlflow_gate.tracking.uri import Secrets
        try:
            require_usable({older_sqlite_store!r}, {{}}, Secrets.of())
        except Exception as error:
            print(type(error).__name__, "mlflow" in sys.modules)
    """)
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "StoreError False\n"
