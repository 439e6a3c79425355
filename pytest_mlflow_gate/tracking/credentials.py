"""
What the environment says about talking to MLflow: credentials, TLS, workspace.

The variables and the credentials file are those of MLflow's own client. Where that one would silently send
nothing, this one says so.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlflow_gate.tracking.store import StoreError
from pytest_mlflow_gate.tracking.uri import Secrets, basic_value, secrets_in

if TYPE_CHECKING:
    from collections.abc import Mapping

USERNAME = "MLFLOW_TRACKING_USERNAME"
PASSWORD = "MLFLOW_TRACKING_PASSWORD"  # noqa: S105 - the name of a variable
TOKEN = "MLFLOW_TRACKING_TOKEN"  # noqa: S105 - the name of a variable
INSECURE_TLS = "MLFLOW_TRACKING_INSECURE_TLS"
SERVER_CERT = "MLFLOW_TRACKING_SERVER_CERT_PATH"
CLIENT_CERT = "MLFLOW_TRACKING_CLIENT_CERT_PATH"
WORKSPACE = "MLFLOW_WORKSPACE"

_SECRET_VARIABLES = (
    PASSWORD,
    TOKEN,
    "MLFLOW_UC_OSS_TOKEN",
    "DATABRICKS_TOKEN",
    "DATABRICKS_PASSWORD",
    "DATABRICKS_CLIENT_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "PGPASSWORD",
    "MYSQL_PWD",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """
    How to reach http(s) MLflow servers.

    Attributes:
        username: For Basic authentication, together with *password*; None otherwise.
        password: As *username*.
        token: For Bearer authentication; None when there is a user or nothing at all.
        verify: Whether to check the server's certificate, or the file or folder with the CAs to check it by.
        client_cert: File with the client's certificate and key, or None.
        workspace: MLflow workspace of every request, or None.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    verify: bool | str = True
    client_cert: str | None = None
    workspace: str | None = None

    def secret_values(self) -> tuple[str, ...]:
        """Return what must not be shown, for `Secrets`."""
        if self.username and self.password:
            return (self.password, basic_value(self.username, self.password))
        return (self.token,) if self.token else ()


def read_connection(environ: Mapping[str, str], home: Path | None = None) -> Connection:
    """
    Return the settings of the environment and of ``~/.mlflow/credentials``.

    A user with a password wins over a token, and a variable over the same key of the file.

    Args:
        environ: The environment variables.
        home: Folder in place of the user's own.

    Raises:
        StoreError: When a setting is half there, contradictory, unreadable or names a file that is not there.
    """
    folder = home or Path(os.path.expanduser("~"))  # noqa: PTH111 - Path's own raises where nobody has a home
    in_file = _credentials_file(folder / ".mlflow" / "credentials")
    username = environ.get(USERNAME) or in_file.get(USERNAME.lower())
    password = environ.get(PASSWORD) or in_file.get(PASSWORD.lower())
    token = environ.get(TOKEN) or None
    if username and password:
        token = None
    elif not token and (username or password):
        there, missing = (USERNAME, PASSWORD) if username else (PASSWORD, USERNAME)
        raise StoreError(f"{there} is set but {missing} is not: set both, or MLFLOW_TRACKING_TOKEN")
    else:
        username = password = None
    return Connection(
        username=username,
        password=password,
        token=_header_text(TOKEN, token),
        verify=_verify(environ),
        client_cert=_existing(CLIENT_CERT, environ),
        workspace=_header_text(WORKSPACE, environ.get(WORKSPACE, "").strip()),
    )


def _credentials_file(path: Path) -> Mapping[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{path}: not an ini file with a section [mlflow]") from error
    import configparser  # noqa: PLC0415 - few people have the file, everybody would pay

    parser = configparser.ConfigParser()
    try:
        parser.read_string(text)
        return dict(parser["mlflow"]) if "mlflow" in parser else {}
    except configparser.InterpolationError:
        problem = "write '%%' for a '%'"
    except configparser.Error:
        problem = "not an ini file with a section [mlflow]"
    # Raised out here, without the parser's own error: that one quotes the line, and with it the password.
    raise StoreError(f"{path}: {problem}")


def _header_text(name: str, value: str | None) -> str | None:
    if not value:
        return None
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise StoreError(f"{name} holds a space, a line break or a letter that an HTTP header cannot carry")
    return value


def _verify(environ: Mapping[str, str]) -> bool | str:
    insecure = _flag(INSECURE_TLS, environ)
    bundle = _existing(SERVER_CERT, environ)
    if insecure and bundle:
        raise StoreError(f"{INSECURE_TLS} and {SERVER_CERT} contradict each other: unset one of them")
    return bundle or not insecure


def insecure_tls(environ: Mapping[str, str], *uris: str | None) -> bool:
    """
    Return whether the certificates of these servers are not checked, as the user asked for; no request.

    Args:
        environ: The environment variables.
        uris: Tracking and registry URI; only https has certificates, None has none.

    Raises:
        StoreError: When ``MLFLOW_TRACKING_INSECURE_TLS`` would count and is neither true nor false.
    """
    return any(uri.lower().startswith("https://") for uri in uris if uri) and _flag(INSECURE_TLS, environ)


def _flag(name: str, environ: Mapping[str, str]) -> bool:
    value = environ.get(name, "").lower()
    if value not in {"", "true", "false", "1", "0"}:
        raise StoreError(f"{name} is {environ[name]!r}, must be true, false, 1 or 0")
    return value in {"true", "1"}


def _existing(name: str, environ: Mapping[str, str]) -> str | None:
    value = environ.get(name)
    if value and not Path(value).exists():
        raise StoreError(f"{name} is {value!r}: no such file")
    return value or None


def needs_client(environ: Mapping[str, str]) -> str | None:
    """
    Return why http(s) servers have to be asked through MLflow's own client, or None if not.

    Raises:
        StoreError: When ``MLFLOW_TRACKING_AWS_SIGV4`` is neither true nor false.
    """
    if _flag("MLFLOW_TRACKING_AWS_SIGV4", environ):
        return "MLFLOW_TRACKING_AWS_SIGV4 is set"
    if environ.get("MLFLOW_TRACKING_AUTH"):
        return "MLFLOW_TRACKING_AUTH is set"
    points = entry_points()
    for point in points.select(group="mlflow.request_header_provider"):
        return f"the plugin {point.name!r} ({point.group}) adds request headers"
    for group in ("mlflow.tracking_store", "mlflow.model_registry_store"):
        for point in points.select(group=group):
            if point.name in {"http", "https"}:
                return f"a plugin ({point.group}) replaces MLflow's own {point.name} store"
    return None


def known_secrets(
    environ: Mapping[str, str], *uris: str | None, connection: Connection | None = None
) -> Secrets:
    """Return the secrets of these URIs, of proxies, of *connection* and of the variables stores log in by."""
    proxies = [value for name, value in environ.items() if name.lower().endswith("_proxy")]
    return Secrets.of(
        *(connection.secret_values() if connection else ()),
        *(environ.get(name) for name in _SECRET_VARIABLES),
        *(secret for uri in (*uris, *proxies) if uri for secret in secrets_in(uri)),
    )
