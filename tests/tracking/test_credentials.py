"""Credentials, TLS and workspace, as the environment and the credentials file say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.credentials import (
    Connection,
    insecure_tls,
    known_secrets,
    needs_client,
    read_connection,
)
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "kanarienvogel"
USER, PASSWORD, TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
FILE = f"[mlflow]\nmlflow_tracking_username = fred\nmlflow_tracking_password = {CANARY}\n"


def write_credentials(home: Path, text: str) -> Path:
    """Write the credentials file of a user whose home this is."""
    path = home / ".mlflow" / "credentials"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("environ", "in_file", "expected"),
    [
        pytest.param({}, None, Connection(), id="nothing"),
        pytest.param(
            {USER: "eve", PASSWORD: "pw"}, None, Connection(username="eve", password="pw"), id="user"
        ),
        pytest.param({TOKEN: "tok"}, None, Connection(token="tok"), id="token"),
        pytest.param(
            {USER: "eve", PASSWORD: "pw", TOKEN: "tok"},
            None,
            Connection(username="eve", password="pw"),
            id="user-wins-over-token",
        ),
        pytest.param(
            {USER: "eve", TOKEN: "tok"}, None, Connection(token="tok"), id="half-a-user-and-a-token"
        ),
        pytest.param({}, FILE, Connection(username="fred", password=CANARY), id="file"),
        pytest.param({USER: "eve"}, FILE, Connection(username="eve", password=CANARY), id="key-by-key"),
        pytest.param({USER: ""}, FILE, Connection(username="fred", password=CANARY), id="empty-is-not-set"),
        pytest.param({}, "[other]\nx = 1\n", Connection(), id="file-without-section"),
        pytest.param({"MLFLOW_WORKSPACE": " team "}, None, Connection(workspace="team"), id="workspace"),
        pytest.param({"MLFLOW_TRACKING_INSECURE_TLS": "TRUE"}, None, Connection(verify=False), id="insecure"),
        pytest.param({"MLFLOW_TRACKING_INSECURE_TLS": "0"}, None, Connection(), id="not-insecure"),
    ],
)
def test_the_settings_are_those_of_mlflow(
    tmp_path: Path, environ: dict[str, str], in_file: str | None, expected: Connection
) -> None:
    """Variables and file mean what they mean to MLflow's own client."""
    if in_file is not None:
        write_credentials(tmp_path, in_file)
    assert read_connection(environ, tmp_path) == expected


def test_certificates_are_read_from_the_environment(tmp_path: Path) -> None:
    """A CA and a client certificate that exist are used."""
    ca, client = tmp_path / "ca.pem", tmp_path / "client.pem"
    ca.touch()
    client.touch()
    environ = {"MLFLOW_TRACKING_SERVER_CERT_PATH": str(ca), "MLFLOW_TRACKING_CLIENT_CERT_PATH": str(client)}
    assert read_connection(environ, tmp_path) == Connection(verify=str(ca), client_cert=str(client))


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        pytest.param(
            {USER: "eve"},
            "MLFLOW_TRACKING_USERNAME is set but MLFLOW_TRACKING_PASSWORD is not: "
            "set both, or MLFLOW_TRACKING_TOKEN",
            id="user-without-password",
        ),
        pytest.param(
            {PASSWORD: CANARY},
            "MLFLOW_TRACKING_PASSWORD is set but MLFLOW_TRACKING_USERNAME is not: "
            "set both, or MLFLOW_TRACKING_TOKEN",
            id="password-without-user",
        ),
        pytest.param(
            {TOKEN: f"{CANARY}\n"},
            "MLFLOW_TRACKING_TOKEN holds a space, a line break or a letter that an HTTP header cannot carry",
            id="token-with-a-line-break",
        ),
        pytest.param(
            {"MLFLOW_TRACKING_INSECURE_TLS": "yes"},
            "MLFLOW_TRACKING_INSECURE_TLS is 'yes', must be true, false, 1 or 0",
            id="insecure-yes",
        ),
        pytest.param(
            {"MLFLOW_TRACKING_SERVER_CERT_PATH": "no/ca.pem"},
            "MLFLOW_TRACKING_SERVER_CERT_PATH is 'no/ca.pem': no such file",
            id="no-ca",
        ),
        pytest.param(
            {"MLFLOW_TRACKING_CLIENT_CERT_PATH": "no/client.pem"},
            "MLFLOW_TRACKING_CLIENT_CERT_PATH is 'no/client.pem': no such file",
            id="no-client-certificate",
        ),
        pytest.param(
            {"MLFLOW_TRACKING_INSECURE_TLS": "1", "MLFLOW_TRACKING_SERVER_CERT_PATH": __file__},
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH contradict each other: "
            "unset one of them",
            id="insecure-with-ca",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_an_error(
    tmp_path: Path, environ: dict[str, str], text: str
) -> None:
    """What MLflow's client would silently ignore, or fail on later, is said at once and without the secret."""
    with pytest.raises(StoreError) as caught:
        read_connection(environ, tmp_path)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(f"{FILE.strip()}%x\n", "write '%%' for a '%'", id="percent"),
        pytest.param(f"password {CANARY}\n", "not an ini file with a section [mlflow]", id="no-ini"),
        pytest.param(f"[mlflow]\n{CANARY}\n", "not an ini file with a section [mlflow]", id="no-key"),
    ],
)
def test_a_broken_credentials_file_is_an_error(tmp_path: Path, content: str, problem: str) -> None:
    """The file is named, its content is not; nor does the error chain hold it."""
    path = write_credentials(tmp_path, content)
    with pytest.raises(StoreError) as caught:
        read_connection({}, tmp_path)
    assert str(caught.value) == f"{path}: {problem}"
    assert caught.value.__context__ is None


def test_a_credentials_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are not shown either."""
    path = write_credentials(tmp_path, "")
    path.write_bytes(b"[mlflow]\n\xff\n")
    with pytest.raises(StoreError) as caught:
        read_connection({}, tmp_path)
    assert str(caught.value) == f"{path}: not an ini file with a section [mlflow]"


def test_a_credentials_folder_is_an_error(tmp_path: Path) -> None:
    """What cannot be read is named with the system's reason."""
    path = tmp_path / ".mlflow" / "credentials"
    path.mkdir(parents=True)
    with pytest.raises(StoreError) as caught:
        read_connection({}, tmp_path)
    assert str(caught.value) == f"{path}: Is a directory"


def test_a_connection_does_not_show_itself() -> None:
    """The repr, which a traceback may print, has no secret."""
    assert CANARY not in repr(Connection(username="eve", password=CANARY, token=CANARY))


@pytest.mark.parametrize(
    ("value", "uris", "insecure"),
    [
        pytest.param("", ["https://host"], False, id="verified"),
        pytest.param("false", ["https://host"], False, id="said-to-be-verified"),
        pytest.param("true", ["https://host", None], True, id="off"),
        pytest.param("1", ["HTTPS://host"], True, id="off-by-a-number"),
        pytest.param("true", ["sqlite:///x.db", "https://host"], True, id="registry"),
        pytest.param("true", ["http://host", None], False, id="nothing-to-verify"),
        pytest.param("perhaps", ["sqlite:///x.db", None], False, id="not-looked-at"),
    ],
)
def test_it_is_known_that_certificates_are_not_checked(
    value: str, uris: list[str | None], insecure: bool
) -> None:
    """Whoever reports the run can ask, without a request and whichever store it is."""
    assert insecure_tls({"MLFLOW_TRACKING_INSECURE_TLS": value}, *uris) is insecure
    assert insecure_tls({}, *uris) is False


def test_insecure_must_be_true_or_false() -> None:
    """A value that MLflow would not take is an error where it would count."""
    with pytest.raises(StoreError) as caught:
        insecure_tls({"MLFLOW_TRACKING_INSECURE_TLS": "yes"}, "https://host")
    assert str(caught.value) == "MLFLOW_TRACKING_INSECURE_TLS is 'yes', must be true, false, 1 or 0"


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        pytest.param({}, None, id="nothing-special"),
        pytest.param({"MLFLOW_TRACKING_AWS_SIGV4": "false"}, None, id="no-sigv4"),
        pytest.param({"MLFLOW_TRACKING_AWS_SIGV4": "true"}, "MLFLOW_TRACKING_AWS_SIGV4 is set", id="sigv4"),
        pytest.param({"MLFLOW_TRACKING_AUTH": "kubernetes"}, "MLFLOW_TRACKING_AUTH is set", id="auth-plugin"),
    ],
)
def test_some_settings_need_mlflow_itself(environ: dict[str, str], reason: str | None) -> None:
    """What only MLflow's client can do is left to it, with the reason."""
    assert needs_client(environ) == reason


def test_sigv4_must_be_true_or_false() -> None:
    """A value that MLflow would not take is an error here too."""
    with pytest.raises(StoreError) as caught:
        needs_client({"MLFLOW_TRACKING_AWS_SIGV4": "on"})
    assert str(caught.value) == "MLFLOW_TRACKING_AWS_SIGV4 is 'on', must be true, false, 1 or 0"


@pytest.mark.parametrize(
    ("entry_points", "reason"),
    [
        pytest.param(
            "[mlflow.request_header_provider]\ncorp = corp:Headers\n",
            "the plugin 'corp' (mlflow.request_header_provider) adds request headers",
            id="headers",
        ),
        pytest.param(
            "[mlflow.tracking_store]\nhttps = corp:Store\n",
            "a plugin (mlflow.tracking_store) replaces MLflow's own https store",
            id="tracking-store",
        ),
        pytest.param(
            "[mlflow.model_registry_store]\nhttp = corp:Store\n",
            "a plugin (mlflow.model_registry_store) replaces MLflow's own http store",
            id="registry-store",
        ),
        pytest.param("[mlflow.tracking_store]\ncorp = corp:Store\n", None, id="another-scheme"),
    ],
)
def test_some_plugins_need_mlflow_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry_points: str, reason: str | None
) -> None:
    """An installed MLflow plugin that changes requests is found without importing MLflow."""
    folder = tmp_path / "corp-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: corp\nVersion: 1.0\n", encoding="utf-8")
    (folder / "entry_points.txt").write_text(entry_points, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert needs_client({}) == reason


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({PASSWORD: CANARY}, id="password"),
        pytest.param({TOKEN: CANARY}, id="token"),
        pytest.param({"DATABRICKS_TOKEN": CANARY}, id="databricks"),
        pytest.param({"https_proxy": f"http://u:{CANARY}@proxy"}, id="proxy"),
        pytest.param({}, id="uri"),
    ],
)
def test_all_secrets_are_known(environ: dict[str, str]) -> None:
    """Secrets of variables, proxies, URIs and the credentials file are removed from foreign texts."""
    uri = None if environ else f"http://u:{CANARY}@host"
    assert known_secrets(environ, uri, None).remove(f"<{CANARY}>") == "<***>"
    from_file = Connection(username="u", password=CANARY)
    assert known_secrets({}, connection=from_file).remove(f"<{CANARY}>") == "<***>"
