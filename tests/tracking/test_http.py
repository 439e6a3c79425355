"""HTTP to one MLflow server, against a real one that misbehaves as it is told."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import os
import re
import socket
import subprocess
import sys
import threading
import time
import warnings
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.tracking.answers import ApiError
from pytest_mlflow_gate.tracking.credentials import Connection, known_secrets
from pytest_mlflow_gate.tracking.http import Transport
from pytest_mlflow_gate.tracking.store import (
    Denied,
    NotFound,
    NotMlflow,
    Rejected,
    StoreError,
    Unreachable,
)
from tests.tracking.authority import Authority
from tests.wire import Clock, Reply, Wire, closed_port, reply_error, reply_html, reply_json, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANARY = "kanarienvogel"
BASIC = "Basic " + base64.b64encode(f"eve:{CANARY}".encode()).decode()
PATH = "/api/2.0/mlflow/runs/get"
NO_CREDENTIALS = "no credentials were sent: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
NOT_ADMIN = "for users who are no admins, MLflow also answers this about what does not exist"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the machine's own proxies and CAs."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)


def transport_to(uri: str, connection: Connection | None = None, clock: Clock | None = None) -> Transport:
    """Return a transport that does not really sleep between attempts."""
    clock = clock or Clock()
    connection = connection or Connection()
    return Transport(
        uri, connection, known_secrets({}, uri, connection=connection), clock=clock, sleep=clock.sleep
    )


def failure_of(transport: Transport, method: str = "GET", *, repeatable: bool = False) -> StoreError:
    """Return the error of one question, which is one line and holds no credential."""
    with pytest.raises(StoreError) as caught:
        transport.ask(method, PATH, {"run_id": "r1"}, repeatable=repeatable)
    transport.close()
    assert "\n" not in str(caught.value)
    assert CANARY not in str(caught.value)
    assert BASIC.partition(" ")[2] not in str(caught.value)
    return caught.value


def test_fields_of_a_get_travel_in_the_query() -> None:
    """GET sends a query, encoded, and no body."""
    with served(reply_json({"run": 1})) as wire:
        answer = transport_to(wire.url).ask("GET", PATH, {"run_id": "a b&c'\u00e4", "order_by": ["x", "y"]})
    assert answer == {"run": 1}
    (arrived,) = wire.arrived
    assert (arrived.method, arrived.body) == ("GET", b"")
    assert arrived.target == f"{PATH}?run_id=a+b%26c%27%C3%A4&order_by=x&order_by=y"
    assert arrived.headers["user-agent"] == "pytest-mlflow-gate"
    assert "authorization" not in arrived.headers


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_fields_of_others_travel_as_json(method: str) -> None:
    """Everything else sends JSON, which MLflow refuses under any other content type."""
    with served(reply_json({})) as wire:
        assert transport_to(wire.url).ask(method, PATH, {"key": "v\u00e4"}) == {}
    (arrived,) = wire.arrived
    assert (arrived.method, arrived.target, arrived.fields) == (method, PATH, {"key": "v\u00e4"})
    assert arrived.headers["content-type"] == "application/json"


def counting_connections(wire: Wire) -> list[object]:
    """Return a list to which the address of each connection is added."""
    connections: list[object] = []
    original = wire.finish_request

    def counted(request: object, address: object) -> None:
        connections.append(address)
        original(request, address)

    wire.finish_request = counted  # type: ignore[assignment,method-assign]
    return connections


def test_requests_share_a_connection() -> None:
    """A second request needs no second handshake."""
    with served(reply_json({})) as wire:
        connections = counting_connections(wire)
        transport = transport_to(wire.url)
        transport.ask("GET", PATH, {})
        transport.ask("POST", PATH, {})
        transport.close()
    assert len(connections) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such option")
def test_each_head_is_acknowledged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that waits with the body until the head has arrived is not kept waiting, on a used connection either."""
    told: list[tuple[Any, ...]] = []
    original = socket.socket.setsockopt

    def setsockopt(connection: socket.socket, *option: Any) -> None:
        told.append(option)
        original(connection, *option)

    monkeypatch.setattr(socket.socket, "setsockopt", setsockopt)
    with served(reply_json({"run": 1})) as wire:
        transport = transport_to(wire.url)
        for number in (1, 2):
            transport.ask("GET", PATH, {})
            assert told.count((socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)) == number
        transport.close()


@pytest.mark.parametrize(
    ("prefix", "target"),
    [
        pytest.param("/", PATH, id="slash"),
        pytest.param("/mlflow", f"/mlflow{PATH}", id="prefix"),
        pytest.param("/mlflow/", f"/mlflow{PATH}", id="prefix-and-slash"),
    ],
)
def test_the_uri_may_have_a_path(prefix: str, target: str) -> None:
    """A server behind a path of a proxy is reached, with or without a slash at the end."""
    with served(reply_json({})) as wire:
        transport = transport_to(f"{wire.url}{prefix}")
        transport.ask("GET", PATH, {})
        assert transport.base == f"{wire.url}{prefix.rstrip('/')}"
    assert wire.arrived[0].target == target


@pytest.mark.parametrize(
    ("userinfo", "connection", "header"),
    [
        pytest.param("", Connection(username="eve", password=CANARY), BASIC, id="basic"),
        pytest.param("", Connection(token=CANARY), f"Bearer {CANARY}", id="bearer"),
        pytest.param(f"eve:{CANARY}@", Connection(), BASIC, id="uri"),
        pytest.param(f"eve:{CANARY}@", Connection(token="other"), BASIC, id="uri-wins"),
        pytest.param("eve:k%61narienvogel@", Connection(), BASIC, id="uri-encoded"),
        pytest.param("tok@", Connection(), "Basic dG9rOg==", id="uri-token-alone"),
    ],
)
def test_credentials_are_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, userinfo: str, connection: Connection, header: str
) -> None:
    """Explicit credentials arrive, and a netrc file does not replace them."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login net password rc\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with served(reply_json({})) as wire:
        uri = wire.url.replace("://", f"://{userinfo}")
        transport_to(uri, connection).ask("GET", PATH, {})
    assert wire.arrived[0].headers["authorization"] == header


def test_netrc_is_used_when_there_is_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without explicit credentials, the user's netrc file is asked, as MLflow's client does."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login eve password {CANARY}\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with served(reply_json({})) as wire:
        transport_to(wire.url).ask("GET", PATH, {})
    assert wire.arrived[0].headers["authorization"] == BASIC


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        pytest.param(
            reply_html("<html>Please log in</html>"),
            NotMlflow,
            "answered with an HTML page instead of MLflow's API (a login page or a proxy?)",
            id="login-page",
        ),
        pytest.param(
            Reply(200, b"OK", {"Content-Type": "text/plain"}),
            NotMlflow,
            "answered with text/plain instead of MLflow's API",
            id="plain",
        ),
        pytest.param(
            Reply(200, b"{}"),
            NotMlflow,
            "answered with no content type instead of MLflow's API",
            id="untyped",
        ),
        pytest.param(
            Reply(200, b'{"run": ', {"Content-Type": "application/json"}),
            NotMlflow,
            "answered with invalid JSON instead of MLflow's API (a proxy that cuts answers?)",
            id="half-json",
        ),
        pytest.param(
            reply_json([1]),
            NotMlflow,
            "answered with invalid JSON instead of MLflow's API (a proxy that cuts answers?)",
            id="list",
        ),
        pytest.param(
            Reply(200, b"[" * 100_000, {"Content-Type": "application/json"}),
            NotMlflow,
            "answered with invalid JSON instead of MLflow's API (a proxy that cuts answers?)",
            id="deep-json",
        ),
        pytest.param(
            reply_html("<title>404</title><h1>Not Found</h1>", 404),
            NotMlflow,
            f"no MLflow API at {PATH} (404 Not Found): check the path in tracking_uri; "
            "an old server may also lack this part",
            id="404-page",
        ),
        pytest.param(
            reply_json({"detail": "Not Found"}, 404),
            NotMlflow,
            f"no MLflow API at {PATH} (404 Not Found): check the path in tracking_uri; "
            "an old server may also lack this part",
            id="404-of-another-program",
        ),
        pytest.param(
            reply_error(404, "RESOURCE_DOES_NOT_EXIST", "Run with id=<r1> not found"),
            NotFound,
            "Run with id=<r1> not found",
            id="absent",
        ),
        pytest.param(
            reply_error(400, "INVALID_PARAMETER_VALUE", "Invalid\n value\x1b[31m for 'x'"),
            Rejected,
            "Invalid value [31m for 'x' (INVALID_PARAMETER_VALUE)",
            id="refused",
        ),
        pytest.param(
            reply_html("<h1>Bad Request</h1>  plain HTTP &amp; HTTPS", 400),
            NotMlflow,
            "400 Bad Request: Bad Request plain HTTP & HTTPS (not an answer of MLflow's API)",
            id="400-page",
        ),
        pytest.param(
            reply_html("You are not authenticated. See docs.", 401),
            Denied,
            f"401 Unauthorized: You are not authenticated. See docs. ({NO_CREDENTIALS})",
            id="401",
        ),
        pytest.param(
            reply_html("Permission denied", 403),
            Denied,
            f"403 Forbidden: Permission denied ({NO_CREDENTIALS}; {NOT_ADMIN})",
            id="403",
        ),
        pytest.param(
            reply_error(403, "PERMISSION_DENIED", "no"),
            Denied,
            f"403 Forbidden: no ({NO_CREDENTIALS}; {NOT_ADMIN})",
            id="403-json",
        ),
        pytest.param(
            Reply(
                403,
                b"Invalid Host header - possible DNS rebinding attack detected",
                {"Content-Type": "text/plain"},
            ),
            Denied,
            "403 Forbidden: Invalid Host header - possible DNS rebinding attack detected "
            "(start the server with: mlflow server --allowed-hosts HOST)",
            id="host-check",
        ),
        pytest.param(
            Reply(302, b"", {"Location": f"https://u:{CANARY}@sso.corp/login?token={CANARY}"}),
            NotMlflow,
            "redirects to https://***@sso.corp/login instead of answering (a login page or a proxy?); "
            "put the address of MLflow itself into tracking_uri",
            id="redirect-to-a-login",
        ),
        pytest.param(
            Reply(301, b"", {"Location": f"https://mlflow.corp/x{PATH}?run_id=r1"}),
            NotMlflow,
            "redirects to https://mlflow.corp/x; put that address into tracking_uri",
            id="redirect-to-another-address",
        ),
        pytest.param(
            Reply(304, b""), NotMlflow, "304 Not Modified (not an answer of MLflow's API)", id="304"
        ),
        pytest.param(
            Reply(raw=b"SSH-2.0-OpenSSH_9.6\r\n"),
            NotMlflow,
            "answered with something that is not HTTP (the wrong port, or https:// needed?)",
            id="ssh",
        ),
    ],
)
def test_an_answer_that_is_final(reply: Reply, kind: type[StoreError], text: str) -> None:
    """Each answer that no retry would change is one line with the URI, asked for once, never followed."""
    with served(reply) as wire:
        error = failure_of(transport_to(wire.url), repeatable=True)
        host = wire.url.partition("://")[2]
    assert type(error) is kind or (kind is Rejected and isinstance(error, ApiError))
    assert str(error) == f"{wire.url}: {text.replace('HOST', host)}"
    assert len(wire.arrived) == 1


def test_what_mlflow_refused_can_be_told_apart() -> None:
    """The error code and MLflow's own words are kept for whoever asked."""
    with served(reply_error(400, "RESOURCE_ALREADY_EXISTS", "there\nis one")) as wire:
        error = failure_of(transport_to(wire.url))
    assert isinstance(error, ApiError)
    assert (error.error_code, error.message) == ("RESOURCE_ALREADY_EXISTS", "there\nis one")


@pytest.mark.parametrize(
    ("connection", "said", "shown", "sent"),
    [
        pytest.param(
            Connection(username="eve", password=CANARY),
            f"no {CANARY}, no {BASIC}",
            "no ***, no Basic ***",
            "user and password were sent",
            id="basic",
        ),
        pytest.param(
            Connection(token=CANARY), f"no Bearer {CANARY}", "no Bearer ***", "a token was sent", id="bearer"
        ),
    ],
)
def test_a_denial_says_what_was_sent_and_never_shows_it(
    connection: Connection, said: str, shown: str, sent: str
) -> None:
    """A server that repeats the credentials in its error does not make us repeat them."""
    with served(reply_html(f"<p>{said}</p>", 401)) as wire:
        error = failure_of(transport_to(wire.url, connection))
    assert str(error) == f"{wire.url}: 401 Unauthorized: {shown} ({sent})"


def test_a_long_error_is_cut() -> None:
    """A page of megabytes does not end up in a report."""
    with served(reply_html(f"<p>{'no ' * 1_000_000}</p>", 400)) as wire:
        error = failure_of(transport_to(wire.url))
    assert len(str(error)) < 320


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        pytest.param(
            reply_html("<title>x</title><hr>nginx", 503), "503 Service Unavailable: x nginx", id="503-page"
        ),
        pytest.param(reply_error(500, "INTERNAL_ERROR", "oops"), "500 Internal Server Error: oops", id="500"),
        pytest.param(reply_json({}, 429), "429 Too Many Requests: {}", id="429"),
        pytest.param(Reply(raw=b""), "the connection was closed without an answer", id="closed"),
        pytest.param(
            Reply(200, b'{"run"', {"Content-Type": "application/json", "Content-Length": "100"}),
            "the answer ended too early",
            id="truncated",
        ),
        pytest.param(
            Reply(
                raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                b'Content-Type: application/json\r\n\r\n8\r\n{"run": '
            ),
            "the answer ended too early",
            id="truncated-chunks",
        ),
        pytest.param(
            Reply(200, b"{}", {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
            "the answer cannot be decompressed",
            id="not-gzip",
        ),
    ],
)
def test_a_failure_that_may_pass_is_tried_again(reply: Reply, text: str) -> None:
    """What may pass is tried four times when that is harmless, and once when it is not."""
    with served(reply, reply_json({"run": 1})) as wire:
        clock = Clock()
        assert transport_to(wire.url, clock=clock).ask("GET", PATH, {}) == {"run": 1}
        assert len(wire.arrived) == 2
        assert len(clock.slept) == 1
    with served(reply) as wire:
        error = failure_of(transport_to(wire.url), repeatable=True)
        assert type(error) is Unreachable
        assert re.sub(r"in \d+ s", "in N s", str(error)) == f"{wire.url}: {text} (tried 4 times in N s)"
        assert len(wire.arrived) == 4
    with served(reply) as wire:
        error = failure_of(transport_to(wire.url), "POST")
        assert str(error) == f"{wire.url}: {text} (not sent again: it may have taken effect)"
        assert len(wire.arrived) == 1


@pytest.mark.parametrize(
    ("retry_after", "at_least", "at_most"),
    [
        pytest.param("7", 7.0, 7.0, id="seconds"),
        pytest.param("DATE", 5.0, 10.0, id="date"),
        pytest.param("soon", 0.25, 0.5, id="nonsense"),
    ],
)
def test_the_servers_pause_is_kept(retry_after: str, at_least: float, at_most: float) -> None:
    """Retry-After, as a number or as a date, is how long the next attempt waits."""
    date = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=10)
    value = format_datetime(date, usegmt=True) if retry_after == "DATE" else retry_after
    clock = Clock()
    with served(Reply(429, b"", {"Retry-After": value}), reply_json({})) as wire:
        transport_to(wire.url, clock=clock).ask("GET", PATH, {})
    assert at_least <= clock.slept[0] <= at_most


def test_a_pause_that_does_not_fit_ends_it() -> None:
    """A server that asks for minutes is not asked again."""
    with served(Reply(429, b"", {"Retry-After": "120"})) as wire:
        error = failure_of(transport_to(wire.url), repeatable=True)
    assert str(error) == (
        f"{wire.url}: 429 Too Many Requests (it asks to wait 120 s, but a gate waits 30 s at most)"
    )
    assert len(wire.arrived) == 1


def hurried(seconds: float) -> Clock:
    """Return a clock by which all but *seconds* of the 30 are over once the first attempt begins."""
    started = time.monotonic()

    class Hurried(Clock):
        def __call__(self) -> float:
            jump, self.now = self.now, 30.0 - seconds
            return jump + time.monotonic() - started

    return Hurried()


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(raw=b"x", pause=60.0), id="never-answers"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 999, pause=0.02), id="headers-trickle"),
        pytest.param(
            Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b" " * 9999, pause=0.02),
            id="body-trickles",
        ),
    ],
)
def test_no_answer_in_time(reply: Reply) -> None:
    """A server that keeps the line open, even by a byte now and then, is given up when the time is over."""
    with served(reply) as wire:
        started = time.monotonic()
        error = failure_of(transport_to(wire.url, clock=hurried(0.6)), repeatable=True)
        assert time.monotonic() - started < 3
        assert type(error) is Unreachable
        assert str(error) == f"{wire.url}: no complete answer within 1 s"


@pytest.mark.parametrize(
    ("uri", "cause"),
    [
        pytest.param(f"http://u:{CANARY}@127.0.0.1:PORT", "connection refused", id="refused"),
        pytest.param(f"http://u:{CANARY}@mlflow.invalid:PORT", "host name not found", id="unknown-host"),
    ],
)
def test_nobody_is_there(uri: str, cause: str) -> None:
    """A dead server is one line with the masked URI."""
    uri = uri.replace("PORT", str(closed_port()))
    error = failure_of(transport_to(uri), repeatable=True)
    assert type(error) is Unreachable
    shown = uri.replace(f"u:{CANARY}", "***")
    assert re.sub(r"in \d+ s", "in N s", str(error)) == f"{shown}: {cause} (tried 4 times in N s)"


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        pytest.param(
            f"http://u:{CANARY}@",
            "http://***@: not a usable tracking URI, write http://HOST:PORT or https://HOST",
            id="no-host",
        ),
        pytest.param(
            f"http://u:{CANARY}/x@host",
            "http://***@host: not a usable tracking URI, write http://HOST:PORT or https://HOST",
            id="slash-in-the-password",
        ),
        pytest.param(
            "http://host:99999",
            "http://host:99999: not a usable tracking URI, write http://HOST:PORT or https://HOST",
            id="port",
        ),
        pytest.param(
            "http://host:5000/#/experiments/1",
            "http://host:5000/#/experiments/1: a tracking URI has no '?' and no '#': leave away what follows",
            id="page-of-the-ui",
        ),
        pytest.param(
            f"http://host?token={CANARY}",
            "http://host?token=***: a tracking URI has no '?' and no '#': leave away what follows",
            id="query",
        ),
    ],
)
def test_a_uri_that_is_none(uri: str, text: str) -> None:
    """A URI that cannot be a server's is refused before anything is sent, without its credentials."""
    with pytest.raises(StoreError) as caught:
        transport_to(uri)
    assert str(caught.value) == text


def test_a_host_name_that_cannot_be_one() -> None:
    """What only the network libraries find out is said in one line too."""
    error = failure_of(transport_to(f"http://u:{CANARY}@{'a' * 70}.com"), repeatable=True)
    assert str(error).startswith(f"http://***@{'a' * 70}.com: cannot be used as an address: ")


def test_a_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy gets the request, with its own credentials."""
    with served(reply_json({"run": 1})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("://", f"://eve:{CANARY}@"))
        assert transport_to("http://mlflow.invalid:5000").ask("GET", PATH, {}) == {"run": 1}
    assert proxy.arrived[0].target == f"http://mlflow.invalid:5000{PATH}"
    assert proxy.arrived[0].headers["proxy-authorization"] == BASIC


def test_a_proxy_that_wants_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says that it is the proxy, so that nobody changes MLflow's credentials."""
    with served(reply_html("who are you", 407)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        error = failure_of(transport_to("http://mlflow.invalid"))
    assert type(error) is Denied
    assert str(error) == (
        "http://mlflow.invalid: 407 Proxy Authentication Required: who are you "
        "(the proxy wants credentials: put them into the proxy's URL)"
    )


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says that it is the proxy that nobody could reach."""
    monkeypatch.setenv("http_proxy", f"http://u:{CANARY}@127.0.0.1:{closed_port()}")
    error = failure_of(transport_to("http://mlflow.invalid"))
    assert str(error) == (
        "http://mlflow.invalid: proxy: connection refused (not sent again: it may have taken effect)"
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return the CA of this module's tests."""
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.mark.parametrize(
    "connection_of",
    [
        pytest.param(lambda authority: Connection(verify=str(authority.ca)), id="own-ca"),
        pytest.param(lambda _authority: Connection(verify=False), id="insecure"),
    ],
)
def test_tls_that_works(authority: Authority, connection_of: Callable[[Authority], Connection]) -> None:
    """A server with a certificate of an own CA is reached, and without verification no warning is shown."""
    with served(reply_json({"run": 1}), tls=authority.context(authority.server)) as wire:
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            transport = transport_to(wire.url, connection_of(authority))
            assert transport.ask("GET", PATH, {}) == {"run": 1}
            transport.close()
        assert [str(warning.message) for warning in shown if "HTTPS" in str(warning.message)] == []


def test_insecure_wins_over_a_bundle_of_the_environment(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE counts where MLflow's own variables say nothing, and only there."""
    with served(reply_json({"run": 1}), tls=authority.context(authority.elsewhere)) as wire:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.ca))
        assert transport_to(wire.url, Connection(verify=False)).ask("GET", PATH, {}) == {"run": 1}
    with served(reply_json({"run": 1}), tls=authority.context(authority.server)) as wire:
        assert transport_to(wire.url).ask("GET", PATH, {}) == {"run": 1}


def test_a_client_certificate_is_shown(authority: Authority) -> None:
    """A server that wants a client certificate gets it."""
    connection = Connection(verify=str(authority.ca), client_cert=str(authority.client))
    with served(reply_json({"run": 1}), tls=authority.context(authority.server, client_wanted=True)) as wire:
        assert transport_to(wire.url, connection).ask("GET", PATH, {}) == {"run": 1}


def tls_failure(wire: Wire, connection: Connection) -> str:
    """Return the error of one question, without the server's address."""
    error = failure_of(transport_to(wire.url, connection), repeatable=True)
    assert isinstance(error, Unreachable)
    return str(error).removeprefix(f"{wire.url}: ")


def test_an_unknown_ca_names_the_remedy(authority: Authority) -> None:
    """Without the CA's file nothing is sent, and the line names the variable for it."""
    with served(reply_json({}), tls=authority.context(authority.server)) as wire:
        assert tls_failure(wire, Connection()) == (
            "TLS certificate verify failed: unable to get local issuer certificate; "
            "name the file of your own CA in MLFLOW_TRACKING_SERVER_CERT_PATH"
        )
    assert wire.arrived == []


def test_a_certificate_for_another_host(authority: Authority) -> None:
    """A certificate of the right CA for the wrong host is another problem, with the name that is missing."""
    with served(reply_json({}), tls=authority.context(authority.elsewhere)) as wire:
        assert tls_failure(wire, Connection(verify=str(authority.ca))) == (
            "TLS certificate verify failed: IP address mismatch, certificate is not valid for '127.0.0.1'"
        )
    assert wire.arrived == []


def test_a_missing_client_certificate_names_the_remedy(authority: Authority) -> None:
    """The line names the variable for the client's certificate."""
    with served(reply_json({}), tls=authority.context(authority.server, client_wanted=True)) as wire:
        assert tls_failure(wire, Connection(verify=str(authority.ca))) == (
            "TLS: the server wants a client certificate, name its file in MLFLOW_TRACKING_CLIENT_CERT_PATH"
        )


def test_https_to_a_server_without_tls() -> None:
    """The wrong scheme is named."""
    with served(reply_json({})) as wire:
        uri = wire.url.replace("http", "https")
        error = failure_of(transport_to(uri), repeatable=True)
    assert str(error) == f"{uri}: no TLS there (http:// instead of https://, or the wrong port?)"


def test_a_ca_file_that_is_none() -> None:
    """A file without a certificate is not mistaken for a server's problem."""
    with served(reply_json({})) as wire:
        uri = wire.url.replace("http", "https")
        error = failure_of(transport_to(uri, Connection(verify=__file__)), repeatable=True)
    assert str(error).startswith(f"{uri}: TLS failed: no certificate or crl found ")


def test_compressed_answers_are_read() -> None:
    """A proxy that compresses does no harm."""
    body = gzip.compress(b'{"run": 1}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with served(Reply(200, body, headers)) as wire:
        assert transport_to(wire.url).ask("GET", PATH, {}) == {"run": 1}


def test_the_workspace_is_sent_once_the_server_has_workspaces() -> None:
    """The server is asked once whether it has workspaces, then every request names ours."""
    with served(reply_json({"workspaces_enabled": True}), reply_json({})) as wire:
        transport = transport_to(wire.url, Connection(workspace="team"))
        transport.ask("GET", PATH, {})
        transport.ask("POST", PATH, {})
    assert [arrived.target for arrived in wire.arrived] == ["/api/3.0/mlflow/server-info", PATH, PATH]
    assert [arrived.headers.get("x-mlflow-workspace") for arrived in wire.arrived] == [None, "team", "team"]


@pytest.mark.parametrize(
    "info",
    [
        pytest.param(reply_html("Not Found", 404), id="mlflow-2"),
        pytest.param(reply_json({"workspaces_enabled": False}), id="not-enabled"),
        pytest.param(reply_json({}), id="older-mlflow-3"),
    ],
)
def test_a_workspace_that_a_server_would_ignore_is_refused(info: Reply) -> None:
    """Nothing is asked of a server that would answer from another namespace."""
    with served(info) as wire:
        transport = transport_to(wire.url, Connection(workspace="team"))
        for _ in "ab":
            with pytest.raises(Rejected) as caught:
                transport.ask("GET", PATH, {})
            assert str(caught.value) == (
                f"{wire.url}: MLFLOW_WORKSPACE is 'team', but this server has no workspaces: "
                "unset it, or start the server with --enable-workspaces"
            )
    assert {arrived.target for arrived in wire.arrived} == {"/api/3.0/mlflow/server-info"}


def test_a_bug_of_ours_keeps_its_traceback() -> None:
    """What is no failure of the network is not dressed up as one."""
    with served(reply_json({})) as wire, pytest.raises(TypeError):
        transport_to(wire.url).ask("POST", PATH, {"x": object()})


def test_requests_may_warn_about_its_dependencies() -> None:
    """What requests thinks of its dependencies' versions is no failure, neither by our HTTP nor by MLflow's."""
    for module in ("http", "client_calls"):
        code = (
            "import sys, types; sys.modules['chardet'] = types.ModuleType('chardet'); "
            "sys.modules['chardet'].__version__ = '99.0'; "
            f"import pytest_mlflow_gate.tracking.{module}; print('requests' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("True\n", "")


def test_no_thread_is_left_behind() -> None:
    """A request's thread ends with the request."""
    with served(reply_json({})) as wire:
        transport_to(wire.url).ask("GET", PATH, {})
    assert not [thread for thread in threading.enumerate() if thread.name == "mlflow-gate-request"]


def at_once(count: int, ask: Callable[[], object]) -> list[object]:
    """Return what came of *ask*, or what it raised, from each of *count* threads that begin together."""
    gate = threading.Barrier(count)
    outcomes: list[object] = []

    def run() -> None:
        gate.wait()
        try:
            outcomes.append(ask())
        except Exception as error:  # noqa: BLE001 - looked at by the test
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_each_thread_has_a_connection_of_its_own() -> None:
    """Many threads ask at the same time; there are no more connections than threads, and they are kept."""
    with served(reply_json({})) as wire:
        connections = counting_connections(wire)
        transport = transport_to(wire.url)
        outcomes = at_once(8, lambda: [transport.ask("GET", PATH, {}) for _ in range(10)])
        transport.close()
    assert outcomes == [[{}] * 10] * 8
    assert len(connections) <= 8


def test_cookies_of_one_thread_do_not_disturb_another() -> None:
    """A server that sets a new cookie with every answer, as a load balancer may, is no trouble."""
    json = "application/json"
    headers = [{"Content-Type": json, "Set-Cookie": f"c{number}=1; Path=/{number}"} for number in range(200)]
    with served(*(Reply(200, b"{}", header) for header in headers)) as wire:
        transport = transport_to(wire.url)
        outcomes = at_once(8, lambda: [transport.ask("GET", PATH, {}) for _ in range(20)])
        transport.close()
    assert outcomes == [[{}] * 20] * 8


def test_many_threads_ask_once_for_workspaces() -> None:
    """Whether the server has workspaces is one question, however many wait for the answer."""
    with served(reply_json({"workspaces_enabled": True}), reply_json({})) as wire:
        transport = transport_to(wire.url, Connection(workspace="team"))
        outcomes = at_once(8, lambda: transport.ask("GET", PATH, {}))
        transport.close()
    assert outcomes == [{}] * 8
    first, *others = wire.arrived
    assert first.target == "/api/3.0/mlflow/server-info"
    assert [arrived.target for arrived in others] == [PATH] * 8
    assert {arrived.headers["x-mlflow-workspace"] for arrived in others} == {"team"}


def test_unverified_tls_in_many_threads_leaves_the_warnings_alone(authority: Authority) -> None:
    """No thread hears urllib3's warning, and afterwards the process's filters are what they were."""
    before = list(warnings.filters)
    with served(reply_json({}), tls=authority.context(authority.server)) as wire:
        transport = transport_to(wire.url, Connection(verify=False))
        outcomes = at_once(8, lambda: [transport.ask("GET", PATH, {}) for _ in range(5)])
        transport.close()
    assert outcomes == [[{}] * 5] * 8
    assert list(warnings.filters) == before
