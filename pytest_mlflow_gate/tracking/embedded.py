"""
What must be true before MLflow's client may open a store that has no server.

The client creates what is missing, parent folders included, and migrates a database of an older release on
the first read, after which the team's older server dies. A gate does neither, so it looks by itself first.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from pytest_mlflow_gate.tracking.databases import database_revision
from pytest_mlflow_gate.tracking.store import StoreError
from pytest_mlflow_gate.tracking.uri import Secrets, mask

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVED_DATABASES = ("postgresql", "mysql", "mssql")
_NO_PATHS = ("databricks", "databricks-uc", "uc")
_NO_STORE = "a gate creates no store"
_LOCK_SECONDS = 5.0
_WAL = 2
_MIGRATIONS = Path("store", "db_migrations", "versions")
_SCRIPT = re.compile(r'^(revision|down_revision)\b[^=\n]*=\s*["\'](\w+)["\']', re.MULTILINE)


def require_usable(uri: str, environ: Mapping[str, str], secrets: Secrets) -> None:
    """
    Return if MLflow's client can open *uri* without creating or migrating anything.

    Databases are asked for the revision of their schema and for nothing else; an SQLite file does not change
    by that. URIs of servers, and of schemes that MLflow does not embed, pass unseen.

    Args:
        uri: Tracking or registry URI.
        environ: Where MLflow's settings for databases are.
        secrets: Removed from what a database driver says.

    Raises:
        StoreError: Naming the place, the problem and the remedy in one line.
    """
    shown = mask(uri)
    try:
        _require_usable(uri, shown, environ, secrets)
    except OSError as error:
        raise StoreError(f"{shown}: cannot be read: {error.strerror or type(error).__name__}") from None


def _require_usable(uri: str, shown: str, environ: Mapping[str, str], secrets: Secrets) -> None:
    scheme = urlsplit(uri).scheme.lower().partition("+")[0]
    if scheme == "sqlite":
        _require_sql_support(shown)
        path = _sqlite_path(uri, shown)
        _require_revision(_sqlite_revision(path, shown), shown)
    elif scheme in _SERVED_DATABASES:
        _require_sql_support(shown)
        _require_revision(database_revision(uri, shown, environ, secrets), shown)
    elif scheme == "file" or (len(scheme) <= 1 and uri not in _NO_PATHS):  # one letter is a drive of Windows
        _require_file_store(Path(url2pathname(urlsplit(uri).path) if scheme == "file" else uri), shown)


def _require_sql_support(shown: str) -> None:
    missing = [name for name in ("sqlalchemy", "alembic") if find_spec(name) is None]
    if missing:
        raise StoreError(
            f"{shown}: MLflow opens a database only with {' and '.join(missing)}, which mlflow-skinny does "
            'not bring: pip install "pytest-mlflow-gate[local]"'
        )


def _sqlite_path(uri: str, shown: str) -> Path:
    location = uri.partition(":")[2].partition("?")[0].partition("#")[0]
    name = location.removeprefix("///")
    if location in ("", "//", "///") or name == ":memory:":
        raise StoreError(f"{shown}: a database in memory is empty: set tracking_uri to a file or a server")
    if name == location or name.startswith("file:"):
        raise StoreError(f"{shown}: write sqlite:///relative/path.db or sqlite:////absolute/path.db")
    path = Path(name)
    if not path.is_file():
        raise StoreError(f"{shown}: no such file: {mask(str(path.absolute()))} ({_NO_STORE}; check the path)")
    return path


def _sqlite_revision(path: Path, shown: str) -> str:
    with path.open("rb") as file:
        header = file.read(20)
    if not header:
        raise StoreError(f"{shown}: the file is empty ({_NO_STORE}; check the path)")
    # Reading a WAL database makes a file beside it, unless it is told that nobody writes.
    wal = header[18:19] == bytes([_WAL]) and not Path(f"{path}-wal").exists()
    location = f"file:{quote(str(path.absolute()))}?mode=ro{'&immutable=1' if wal else ''}"
    try:
        with closing(sqlite3.connect(location, uri=True, timeout=_LOCK_SECONDS)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{shown}: cannot be read as an MLflow store: {error}") from error
    if row is None:
        raise StoreError(f"{shown}: is no MLflow store: it has no schema revision")
    return str(row[0])


def _require_revision(found: str, shown: str) -> None:
    known, head = _installed_revisions()
    if found == head:
        return
    mlflow = f"mlflow {_mlflow_version()}"
    if found in known:
        raise StoreError(
            f"{shown}: its schema is {found}, that of an older MLflow; {mlflow} has {head} and would migrate "
            "it, which breaks the older server: set tracking_uri to that server, or install its mlflow"
        )
    raise StoreError(
        f"{shown}: its schema is {found}, unknown to {mlflow}, which has {head}: "
        "set tracking_uri to the server in front of it, or install the mlflow that made it"
    )


def _installed_revisions() -> tuple[frozenset[str], str]:
    """Return the schema revisions that the installed MLflow knows, and the newest, without importing it."""
    spec = find_spec("mlflow")
    folders = (spec and spec.submodule_search_locations) or ()
    scripts = [path for folder in folders for path in Path(folder, _MIGRATIONS).glob("*.py")]
    named = [dict(_SCRIPT.findall(path.read_text(encoding="utf-8"))) for path in scripts]
    known = frozenset(names["revision"] for names in named if "revision" in names)
    heads = known - {names["down_revision"] for names in named if "down_revision" in names}
    return known, "".join(sorted(heads))


def _mlflow_version() -> str:
    for name in ("mlflow", "mlflow-skinny"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "of an unknown version"


def _require_file_store(folder: Path, shown: str) -> None:
    if not folder.is_dir():
        raise StoreError(
            f"{shown}: no such folder: {mask(str(folder.absolute()))} ({_NO_STORE}; check the path)"
        )
    if not any(folder.glob("*/meta.yaml")) and not (folder / "models").is_dir():
        raise StoreError(f"{shown}: is no MLflow store: no experiment in it has a meta.yaml ({_NO_STORE})")
