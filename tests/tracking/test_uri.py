"""Which tracking URI wins, and how nothing of its credentials is shown."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlflow_gate.tracking.uri import (
    Secrets,
    TrackingUri,
    choose_registry_uri,
    choose_tracking_uri,
    mask,
    secrets_in,
)

CANARY = "kanarienvogel/7@!"


@pytest.mark.parametrize(
    ("option", "in_file", "ini", "variable", "expected"),
    [
        pytest.param(
            "http://o",
            "http://f",
            "http://i",
            "http://v",
            ("http://o", "--mlflow-gate-tracking-uri"),
            id="option",
        ),
        pytest.param(None, "http://f", "http://i", "http://v", ("http://f", "eval_gate.yaml"), id="file"),
        pytest.param(None, None, "http://i", "http://v", ("http://i", "ini"), id="ini"),
        pytest.param(None, None, None, "http://v", ("http://v", "MLFLOW_TRACKING_URI"), id="environment"),
        pytest.param(None, None, None, None, None, id="nowhere"),
        pytest.param(None, None, "", "http://v", ("http://v", "MLFLOW_TRACKING_URI"), id="empty-ini"),
        pytest.param(None, None, None, " ", None, id="blank-environment"),
        pytest.param("", None, None, "http://v", ("", "--mlflow-gate-tracking-uri"), id="empty-option-wins"),
        pytest.param(None, None, None, "http://v\n", ("http://v", "MLFLOW_TRACKING_URI"), id="line-break"),
    ],
)
def test_the_first_place_wins(
    option: str | None,
    in_file: str | None,
    ini: str | None,
    variable: str | None,
    expected: tuple[str, str] | None,
) -> None:
    """Option, then gate file, then ini, then the environment; the origin says which one it was."""
    environ = {} if variable is None else {"MLFLOW_TRACKING_URI": variable}
    chosen = choose_tracking_uri(
        option=option, in_file=in_file, file_name="eval_gate.yaml", ini=ini, environ=environ
    )
    assert chosen == (TrackingUri(*expected) if expected else None)


@pytest.mark.parametrize(
    ("in_file", "variable", "expected"),
    [
        pytest.param("http://f", "http://v", "http://f", id="file"),
        pytest.param(None, "http://v ", "http://v", id="environment"),
        pytest.param(None, "", None, id="neither"),
    ],
)
def test_the_registry_has_its_own_places(in_file: str | None, variable: str, expected: str | None) -> None:
    """The gate file's registry wins over the environment's; None leaves it with the tracking server."""
    assert choose_registry_uri(in_file=in_file, environ={"MLFLOW_REGISTRY_URI": variable}) == expected


def test_a_tracking_uri_does_not_show_itself() -> None:
    """The repr, which a traceback may print, has no URI."""
    assert repr(TrackingUri("http://u:p@host", "ini")) == "TrackingUri(origin='ini')"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        pytest.param("http://host:5000/mlflow", "http://host:5000/mlflow", id="nothing-to-hide"),
        pytest.param("http://u:p@host:5000", "http://***@host:5000", id="user-and-password"),
        pytest.param("https://token@host/x", "https://***@host/x", id="token-alone"),
        pytest.param("postgresql+psycopg2://u:p@db/ml", "postgresql+psycopg2://***@db/ml", id="database"),
        pytest.param("postgresql://u:p/w?x@y#z@db/ml", "postgresql://***@db/ml", id="unencoded-password"),
        pytest.param("http://h/?api_key=abc&x=1", "http://h/?api_key=***&x=1", id="query"),
        pytest.param(
            "mysql://h/db?ssl=1;PASSWORD=a#b", "mysql://h/db?ssl=1;PASSWORD=***", id="query-semicolon"
        ),
        pytest.param(
            "mssql+pyodbc:///?odbc_connect=UID%3Du%3BPWD%3Dp", "mssql+pyodbc:///?odbc_connect=***", id="odbc"
        ),
        pytest.param("sqlite:////home/me@corp/ml.db", "sqlite:////home/me@corp/ml.db", id="at-in-a-folder"),
        pytest.param("file:/home/me@corp/mlruns", "file:/home/me@corp/mlruns", id="at-in-a-file-uri"),
        pytest.param("C:/me@corp/mlruns", "C:/me@corp/mlruns", id="at-behind-a-drive"),
        pytest.param("./me@corp/mlruns", "./me@corp/mlruns", id="at-in-a-relative-path"),
        pytest.param("databricks://profile", "databricks://profile", id="databricks"),
        pytest.param("u:p@host/x", "***@host/x", id="no-scheme"),
        pytest.param("http:/u:p@host", "http:/***@host", id="one-slash"),
        pytest.param("http://u:p\n@host", "http://***@host", id="line-break"),
        pytest.param("", "", id="empty"),
    ],
)
def test_mask_hides_credentials_only(uri: str, shown: str) -> None:
    """What a user needs to recognise the server stays, credentials go."""
    assert mask(uri) == shown


@given(st.sampled_from(["http", "postgresql+psycopg2", "weird"]), st.text(), st.text())
def test_mask_never_leaks_and_never_raises(scheme: str, user: str, rest: str) -> None:
    """Whatever stands around it, a password before the host is not shown."""
    uri = f"{scheme}://u{user}:{CANARY}@host/{rest}"
    assert CANARY not in mask(uri)
    assert "\n" not in mask(rest)


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(CANARY, id="raw"),
        pytest.param(quote(CANARY), id="percent"),
        pytest.param(quote(CANARY, safe="").lower(), id="percent-lower-case"),
        pytest.param(base64.b64encode(f"bob:{CANARY}".encode()).decode(), id="basic"),
        pytest.param(base64.b64encode(CANARY.encode()).decode(), id="base64"),
        pytest.param(f"http://bob:{quote(CANARY, safe='')}@host", id="uri"),
    ],
)
def test_secrets_go_in_every_spelling(spelling: str) -> None:
    """A text that somebody else wrote is shown without the secret, however it spells it."""
    secrets = Secrets.of(*secrets_in(f"http://bob:{quote(CANARY, safe='')}@host"))
    cleaned = secrets.remove(f"bob: denied for <{spelling}>")
    assert cleaned.startswith("bob: denied for <")
    assert spelling not in cleaned
    assert "***" in cleaned
    assert repr(secrets) == "Secrets()"


@pytest.mark.parametrize(
    ("uri", "text", "cleaned"),
    [
        pytest.param("http://tok3n@h", "no tok3n", "no ***", id="token-alone"),
        pytest.param(
            "http://ghp_0123456789abcdef:x-oauth@h", "ghp_0123456789abcdef", "***", id="token-as-user"
        ),
        pytest.param("http://u:a@h", "a bad day a", "*** bad day ***", id="one-letter-password"),
        pytest.param("mssql:///?odbc_connect=UID%3Du%3BPWD%3Dhunter2", "for hunter2", "for ***", id="odbc"),
        pytest.param("http://h", "nothing secret", "nothing secret", id="none"),
        pytest.param('http://u:qu"ote@h', r'{"m": "qu\"ote"}', '{"m": "***"}', id="inside-json"),
    ],
)
def test_secrets_of_a_uri(uri: str, text: str, cleaned: str) -> None:
    """Every secret that a URI holds is known afterwards, and ordinary words stay."""
    assert Secrets.of(*secrets_in(uri)).remove(text) == cleaned
