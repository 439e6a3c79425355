"""
Reading the schema revision of a database that is served: PostgreSQL, MySQL, SQL Server.

MLflow itself asks a database that does not answer for up to an hour; this gives up within seconds.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.store import StoreError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.tracking.uri import Secrets

CONNECT_SECONDS = 5
"""Longest time for connecting, where the driver has such a setting."""

_TIMEOUT_SETTINGS = {
    "psycopg2": "connect_timeout",
    "psycopg": "connect_timeout",
    "pg8000": "timeout",
    "pymysql": "connect_timeout",
    "mysqldb": "connect_timeout",
    "mysqlconnector": "connection_timeout",
    "pymssql": "login_timeout",
    "pyodbc": "timeout",
}
_MYSQL_TLS = {
    "ssl_ca": "MLFLOW_MYSQL_SSL_CA",
    "ssl_cert": "MLFLOW_MYSQL_SSL_CERT",
    "ssl_key": "MLFLOW_MYSQL_SSL_KEY",
}


def database_revision(uri: str, shown: str, environ: Mapping[str, str], secrets: Secrets) -> str:
    """
    Return the schema revision of the MLflow store in a database.

    Args:
        uri: As SQLAlchemy reads it.
        shown: The same without credentials.
        environ: Where MLflow's TLS settings for MySQL are.
        secrets: Removed from what the driver says.

    Raises:
        Unreachable: When the database does not answer, or refuses the credentials.
        StoreError: When the URI cannot be used, its driver is missing, or there is no MLflow store.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sqlalchemy  # noqa: PLC0415 - takes long, and mlflow-skinny comes without
        from sqlalchemy import exc  # noqa: PLC0415 - as above

        def first_line(error: Exception) -> str:
            return " ".join(secrets.remove(str(error)).partition("\n")[0].split())

        try:
            engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool)
            settings = _connect_settings(uri, engine.dialect.driver, environ)
            engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool, connect_args=settings)
            with engine.connect() as connection:
                found = connection.execute(
                    sqlalchemy.text("SELECT version_num FROM alembic_version")
                ).scalar()
        except ImportError as error:
            raise StoreError(
                f"{shown}: the database driver is missing ({first_line(error)}): install it beside mlflow"
            ) from None
        except (exc.InterfaceError, exc.OperationalError) as error:
            raise Unreachable(f"{shown}: {first_line(error)}") from None
        except OSError as error:
            # What a socket says, not every driver makes its own.
            raise Unreachable(f"{shown}: {type(error).__name__}: {first_line(error)}") from None
        except exc.ProgrammingError as error:
            raise StoreError(f"{shown}: cannot be read as an MLflow store: {first_line(error)}") from None
        except Exception as error:  # noqa: BLE001 - drivers raise what they like, and a traceback shows the URI
            raise StoreError(f"{shown}: {type(error).__name__}: {first_line(error)}") from None
    if found is None:
        raise StoreError(f"{shown}: is no MLflow store: it has no schema revision")
    return str(found)


def _connect_settings(uri: str, driver: str, environ: Mapping[str, str]) -> dict[str, object]:
    tls = _MYSQL_TLS if uri.startswith("mysql") else {}
    settings: dict[str, object] = {
        name: environ[variable] for name, variable in tls.items() if environ.get(variable)
    }
    if name := _TIMEOUT_SETTINGS.get(driver):
        settings[name] = CONNECT_SECONDS
    return settings
