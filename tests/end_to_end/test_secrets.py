"""No credential leaves a session: a canary password goes in on every way, and must come out on none."""

from __future__ import annotations

import base64
import datetime as dt
import html
import json
import sqlite3
import ssl
import warnings
from contextlib import closing
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pytest_mlflow_gate.__main__ import main

# Or each session would load it anew, and not the one that a test broke.
from pytest_mlflow_gate.reporting import decision_file  # noqa: F401
from pytest_mlflow_gate.tracking import retry
from tests.seeding import fresh
from tests.soaking import SOAK
from tests.wire import Reply, closed_port, reply_error, reply_html, reply_json, served

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.end_to_end.conftest import Project
    from tests.seeding import ClientSeeder, RestSeeder

CANARY = "kanarienvogel"
# Twice, with all that somebody might encode, escape or cut at in between: one of them is always seen.
PASSWORD = f"{CANARY}%41&<>\"'\\/@:#?+ ä{CANARY}"
TOKEN = f"{CANARY}%41&<>\"'\\/+=={CANARY}"
ENCODED = quote(PASSWORD, safe="")
LOUD = (
    *("-vv", "-l", "--tb=long", "--full-trace", "-rA", "-o", "log_cli=true", "--log-level=DEBUG"),
    *("--json-report", "--json-report-file=report.json", "--mlflow-gate-decision=decision.json"),
)
TRACED = "--debug=trace.log"
OUTPUTS = ("junit.xml", "report.json", "decision.json", "trace.log", "told.json")


@pytest.fixture(scope="module", autouse=True)
def mlflow_imported() -> None:
    """Import MLflow before there is a project: what a session imports is forgotten, and it cannot be imported twice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.tracking  # noqa: F401, PLC0415 - takes seconds
        import sqlalchemy  # noqa: F401, PLC0415 - as above


def based(text: str) -> str:
    """Return *text* in base64."""
    return base64.b64encode(text.encode()).decode()


SUNG = (CANARY, *(based("x" * before + CANARY)[4:-4] for before in range(3)))
"""The canary, and the middle of its base64 wherever it begins."""


def sings(text: str) -> bool:
    """Return whether the canary is in *text*."""
    return any(song.lower() in text.lower() for song in SUNG)


def assert_silent(project: Project, result: pytest.RunResult) -> None:
    """Hold that no line that the session printed or wrote has the canary."""
    texts = {"stdout": result.stdout.str(), "stderr": result.stderr.str()}
    for name in OUTPUTS:
        path = project.path / name
        if path.exists():
            texts[name] = path.read_text(encoding="utf-8")
    lines = [(name, line) for name, text in texts.items() for line in text.splitlines()]
    assert [(name, line[:500]) for name, line in lines if sings(line)] == []


def assert_refused(project: Project, result: pytest.RunResult) -> None:
    """Hold that the session was loud, red and silent about the canary, and that no traceback is in it."""
    assert_silent(project, result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "Traceback" not in result.stdout.str()
    assert result.outlines[-1].startswith("NOT PROMOTED m: cannot judge m: ")


def test_the_canary_is_heard() -> None:
    """The tests below would see the password however it is written."""
    for text in (
        PASSWORD,
        ENCODED,
        html.escape(PASSWORD),
        repr(PASSWORD),
        based(f"x:{PASSWORD}"),
        PASSWORD.upper(),
    ):
        assert sings(text)


# The ways in


@dataclass(frozen=True)
class Way:
    """
    How a credential reaches the session; ``{at}`` is host and port.

    Attributes:
        uri: The gate file's tracking URI, or None.
        registry: The gate file's registry URI, or None.
        environ: Environment variables.
        files: Names of files to their content.
        args: Command line.
        secret: What a server may quote.
    """

    uri: str | None = "http://{at}"
    registry: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = (TRACED,)
    secret: str = PASSWORD


IN_URI = f"http://eve:{ENCODED}@{{at}}"
NETRC = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
WAYS = {
    "gate-file": Way(IN_URI),
    "variable-in-gate-file": Way("http://eve:${PW}@{at}", environ={"PW": ENCODED}),
    "variable-is-uri": Way("${URI}", environ={"URI": IN_URI}),
    "token-as-user": Way(f"http://{quote(TOKEN, safe='')}@{{at}}", secret=TOKEN),
    # pytest itself writes its command line into its trace.
    "option": Way("http://elsewhere", args=("--mlflow-gate-tracking-uri", IN_URI)),
    "ini": Way(None, files={"pytest.ini": f"[pytest]\nmlflow_gate_tracking_uri = {IN_URI}\n"}),
    "variable": Way(None, environ={"MLFLOW_TRACKING_URI": IN_URI}),
    "registry-in-gate-file": Way(registry=IN_URI),
    "registry-variable": Way(environ={"MLFLOW_REGISTRY_URI": IN_URI}),
    "user-and-password": Way(
        environ={"MLFLOW_TRACKING_USERNAME": "eve", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    ),
    "password-with-a-line-break": Way(
        environ={"MLFLOW_TRACKING_USERNAME": "eve", "MLFLOW_TRACKING_PASSWORD": f"{PASSWORD}\n"},
        secret=f"{PASSWORD}\n",
    ),
    "token": Way(environ={"MLFLOW_TRACKING_TOKEN": TOKEN}, secret=TOKEN),
    "credentials-file": Way(
        files={
            ".mlflow/credentials": "[mlflow]\nmlflow_tracking_username = eve\n"
            f"mlflow_tracking_password = {PASSWORD.replace('%', '%%')}\n"
        }
    ),
    "netrc": Way(files={".netrc": f'machine 127.0.0.1\nlogin eve\npassword "{NETRC}"\n'}),
}


def prepare(
    project: Project,
    way: Way,
    at: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    candidate: str = "experiment: churn",
    model: str = "m",
    goal: str = "alias: champion",
    wait: str = "1s",
) -> tuple[str, ...]:
    """Write the project's files, set the environment, and return the rest of the command line."""
    lines = [
        f"wait: {wait}",
        f"candidate: {{{candidate}}}",
        'thresholds: {accuracy: ">= 0.92"}',
        f"promote: {{model: {model}, {goal}}}",
    ]
    for key, uri in (("tracking_uri", way.uri), ("registry_uri", way.registry)):
        if uri is not None:
            lines.append(f"{key}: {json.dumps(uri.replace('{at}', at))}")
    project.write("eval_gate.yaml", "\n".join(lines))
    for name, content in way.files.items():
        (project.path / name).parent.mkdir(exist_ok=True)
        project.write(name, content.replace("{at}", at))
        (project.path / name).chmod(0o600)
    for name, value in way.environ.items():
        monkeypatch.setenv(name, value.replace("{at}", at))
    return tuple(argument.replace("{at}", at) for argument in way.args)


# The answers


def echo(secret: str) -> str:
    """Return what a server says that quotes the request in its error message, in every spelling."""
    spellings = (
        secret,
        secret.strip(),
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        html.escape(secret),
        json.dumps(secret),
        repr(secret),
        based(secret),
        based(f"{secret}:" if secret == TOKEN else f"eve:{secret}"),
        secret.upper(),
    )
    return " and ".join(spellings)


def moved(to: str, secret: str) -> Reply:
    """Return a redirect that has the credential in its address, as some proxies do."""
    encoded = quote(secret, safe="")
    return Reply(302, headers={"Location": to.replace("{secret}", encoded)})


ANSWERS: dict[str, Callable[[str], Reply]] = {
    "401": lambda secret: Reply(401, echo(secret).encode()),
    "403": lambda secret: reply_error(403, "PERMISSION_DENIED", echo(secret)),
    "404": lambda secret: reply_error(404, "RESOURCE_DOES_NOT_EXIST", echo(secret)),
    "400": lambda secret: reply_error(400, "INVALID_PARAMETER_VALUE", echo(secret)),
    "error-code": lambda secret: reply_error(400, secret, "no"),
    "500-html": lambda secret: reply_html(f"<h1>Error</h1><pre>{html.escape(echo(secret))}</pre>", 500),
    "500-text": lambda secret: Reply(500, echo(secret).encode(), {"Content-Type": "text/plain"}),
    "reason": lambda secret: Reply(raw=f"HTTP/1.1 418 {quote(secret)}\r\nContent-Length: 0\r\n\r\n".encode()),
    "login-page": lambda secret: reply_html(echo(secret)),
    "content-type": lambda secret: Reply(200, b"{}", {"Content-Type": quote(secret)}),
    "bad-json": lambda secret: Reply(200, echo(secret).encode(), {"Content-Type": "application/json"}),
    "not-the-fields": lambda secret: reply_json({"experiment": secret}),
    "not-http": lambda secret: Reply(raw=echo(secret).encode()),
    "cut": lambda secret: Reply(200, echo(secret).encode(), {"Content-Length": "99999"}),
    "redirect": lambda secret: moved("https://eve:{secret}@login.example/#access_token={secret}", secret),
    "redirect-to-a-query": lambda secret: moved("/login?next={secret}", secret),
    "redirect-of-the-api": lambda secret: moved(
        "https://eve:{secret}@new.example/api/2.0/mlflow/experiments/get-by-name", secret
    ),
}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a session try as often as always, and not wait in between."""
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.01)


PAIRS = [(way, answer) for way in WAYS for answer in ANSWERS]
FEW_WAYS = ("gate-file", "user-and-password", "token", "netrc")
FEW_ANSWERS = ("401", "400")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("way", "answer"),
    [pair for pair in PAIRS if SOAK or pair[0] in FEW_WAYS or pair[1] in FEW_ANSWERS],
)
def test_answers(project: Project, monkeypatch: pytest.MonkeyPatch, way: str, answer: str) -> None:
    """Whatever a server answers, and however it quotes the request, the credential is masked."""
    with served(ANSWERS[answer](WAYS[way].secret)) as server:
        args = prepare(project, WAYS[way], f"127.0.0.1:{server.port}", monkeypatch)
        assert_refused(project, project.run(*LOUD, *args))
        assert server.arrived


# Nobody answers


NOBODY = {
    "refused": (f"http://eve:{ENCODED}@127.0.0.1:{closed_port()}", "connection refused"),
    "unknown-host": (f"http://eve:{ENCODED}@mlflow.invalid", "host name not found"),
    "password-not-encoded": (f"http://eve:{PASSWORD}@mlflow.invalid", "not a usable tracking URI"),
    "password-looks-like-a-port": (f"http://eve:12/{CANARY}@mlflow.invalid", "host name not found"),
    "query": (f"http://mlflow.invalid/?password={ENCODED}", "no '?' and no '#'"),
    "no-host": (f"http://eve:{ENCODED}@", "not a usable tracking URI"),
    "no-scheme": (f"//eve:{ENCODED}@mlflow.invalid", "no such folder"),
    "no-scheme-either": (f"eve_1:{ENCODED}@mlflow.invalid:5000", "no such folder"),
    "file": (f"file://eve:{ENCODED}@mlflow.invalid/store", "no such folder"),
    "postgresql": (
        f"postgresql+pg8000://eve:{ENCODED}@127.0.0.1:{closed_port()}/db",
        "Can't create a connection",
    ),
    "postgresql-query": (f"postgresql+pg8000://127.0.0.1/db?user=eve&password={ENCODED}&x=1", "TypeError"),
    "sqlite": (f"sqlite:///missing.db?password={ENCODED}", "no such file"),
    "sqlite-with-a-host": (f"sqlite://eve:{ENCODED}@mlflow.invalid/x.db", "write sqlite:///relative"),
}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("uri", "cause"), NOBODY.values(), ids=NOBODY)
@pytest.mark.parametrize("key", ["uri", "registry"])
def test_nobody(project: Project, monkeypatch: pytest.MonkeyPatch, key: str, uri: str, cause: str) -> None:
    """A URI behind which there is nobody, or that is none, is masked in what says so."""
    way = Way(uri) if key == "uri" else Way(registry=uri)
    args = prepare(project, way, "127.0.0.1:9", monkeypatch)
    result = project.run(*LOUD, *args)
    assert_refused(project, result)
    if key == "uri":
        assert cause in result.outlines[-1]


@pytest.mark.parametrize("way", FEW_WAYS)
def test_no_answer_in_time(project: Project, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """A server that takes the credential and says nothing is left in one line without it."""
    monkeypatch.setattr(retry, "TOTAL_SECONDS", 1.0)
    with served(Reply(raw=b"HTTP/1.1 200 OK\r\n", pause=60.0)) as server:
        args = prepare(project, WAYS[way], f"127.0.0.1:{server.port}", monkeypatch)
        result = project.run(*LOUD, *args)
    assert_refused(project, result)
    assert "no complete answer within 1 s" in result.outlines[-1]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "answer", [None, Reply(407, echo(PASSWORD).encode()), Reply(502, echo(PASSWORD).encode())]
)
def test_proxies(project: Project, monkeypatch: pytest.MonkeyPatch, answer: Reply | None) -> None:
    """The password of a proxy is as secret as that of the server behind it."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with served(answer or Reply()) as proxy:
        port = proxy.port if answer else closed_port()
        monkeypatch.setenv("http_proxy", f"http://eve:{ENCODED}@127.0.0.1:{port}")
        args = prepare(project, Way("http://mlflow.invalid"), "", monkeypatch)
        assert_refused(project, project.run(*LOUD, *args))


# Gate files that are wrong

WRONG = {
    "not-a-text": f"tracking_uri: [{IN_URI}]",
    "unknown-key": f"tracking_urii: {IN_URI}",
    "unknown-key-password": f"password: {CANARY}",
    "uri-as-key": f"{IN_URI}: x",
    "missing-space": f"tracking_uri:{IN_URI}",
    "duplicate": f"tracking_uri: {IN_URI}\ntracking_uri: {IN_URI}",
    "line-break": f'tracking_uri: "http://eve:{CANARY[:4]}\\n{CANARY}@h"',
    "space-and-tab": f'tracking_uri: "http://eve: {CANARY}\\t@h"',
    "two-lines": f"tracking_uri: |\n  {IN_URI}\n  {IN_URI}",
    "query-with-tab": f'tracking_uri: "postgresql://h/db?password={CANARY}\\t"',
    "no-slashes-with-tab": f'tracking_uri: "eve:{CANARY}@h\\t"',
    "wait": f"wait: {IN_URI}",
    "open-quote": f'tracking_uri: "{IN_URI}',
    "open-bracket": f"tracking_uri: {{{IN_URI}",
    "tab": f"tracking_uri:\t- {IN_URI}",
    "colon": f"tracking_uri: http://eve: {CANARY}@h",
    "percent": f"tracking_uri: %{CANARY}@h",
    "begins-no-variable": f"tracking_uri: http://eve:${{{CANARY}@h",
    "variable-with-a-line-break": "tracking_uri: ${LINES}",
    "variable-is-no-duration": "wait: ${PW}",
    "variable-is-no-uri": "wait: ${URI}",
}


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG)
def test_wrong_gate_files(project: Project, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """A problem in the very line that holds a credential, or reads one, is told without it."""
    monkeypatch.setenv("PW", PASSWORD)
    monkeypatch.setenv("URI", IN_URI)
    monkeypatch.setenv("LINES", f"{IN_URI}\n{IN_URI}")
    project.write(
        "eval_gate.yaml", f'{line}\ncandidate: {{experiment: churn}}\nthresholds: {{accuracy: ">= 0.92"}}\n'
    )
    result = project.run(*LOUD, TRACED)
    assert_silent(project, result)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any(line.startswith("ERROR: eval_gate.yaml:") for line in result.errlines)


# Bugs of ours, and Ctrl-C

RUN_INFO = {
    "run_id": "r1",
    "experiment_id": "1",
    "status": "FINISHED",
    "lifecycle_stage": "active",
    "end_time": 1,
    "artifact_uri": "mlflow-artifacts:/1/r1/artifacts",
}
WAITING = {"info": {**RUN_INFO, "status": "RUNNING"}}
KNOWN = {
    "experiment": {"experiment_id": "1", "name": "churn", "lifecycle_stage": "active"},
    "run": {"info": RUN_INFO, "data": {"metrics": [{"key": "accuracy", "value": 0.93}]}},
    "runs": [{"info": RUN_INFO, "data": {"metrics": [{"key": "accuracy", "value": 0.93}]}}],
    "registered_model": {"name": "m"},
}
"""An answer to every question of a session that judges."""

EVERYWHERE = Way(
    IN_URI,
    registry=IN_URI,
    environ={
        "MLFLOW_TRACKING_USERNAME": "eve",
        "MLFLOW_TRACKING_PASSWORD": PASSWORD,
        "MLFLOW_TRACKING_TOKEN": TOKEN,
        "BUILDKITE_BUILD_URL": f"https://eve:{ENCODED}@ci.example/7/",
    },
)
BUGS = (
    "gatefile.loader._name",
    "gatefile.binder._Binder.section",
    "pytest_glue.activation._refuse_twins",
    "pytest_glue.activation.choose_registry_uri",
    "pytest_glue.collection.GateNode.collect",
    "pytest_glue.candidates.resolve",
    "pytest_glue.account.judge_gate",
    "pytest_glue.deciding.decide",
    "tracking.opening.needs_client",
    "tracking.credentials._verify",
    "tracking.rest.known_secrets",
    "tracking.http.Transport._exchange",
    "tracking.http._sent",
    "tracking.answers.Reader._error",
    "tracking.answers._retry_after",
    "reporting.terminal.summary",
    "reporting.decision_file.document",
)


@pytest.mark.parametrize("bug", BUGS)
def test_bugs(project: Project, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    """A bug of ours shows its traceback, and neither the locals nor the arguments in it hold a credential."""
    good, bad = reply_json(KNOWN), Reply(503, echo(PASSWORD).encode())
    with served(bad if "answers" in bug else good) as server:
        prepare(project, EVERYWHERE, f"127.0.0.1:{server.port}", monkeypatch)
        monkeypatch.setattr(f"pytest_mlflow_gate.{bug}", None)
        result = project.run(*LOUD)
    assert_silent(project, result)
    assert result.ret != 0
    told = result.stdout.str() + result.stderr.str()
    assert "TypeError: 'NoneType' object is not callable" in told


STOP_SOON = """
import os, signal, threading
def pytest_collection_finish():
    # What was started in the background ignores it, and so do its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
"""


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(reply_json({**KNOWN, "runs": [WAITING]}), id="while-the-run-is-running"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\n", pause=60.0), id="while-the-server-says-nothing"),
    ],
)
def test_ctrl_c(project: Project, monkeypatch: pytest.MonkeyPatch, reply: Reply) -> None:
    """Ctrl-C under `--full-trace` shows the arguments of every frame; those of ours are not among them."""
    project.write("conftest.py", STOP_SOON)
    with served(reply) as server:
        prepare(project, EVERYWHERE, f"127.0.0.1:{server.port}", monkeypatch, wait="60s")
        result = project.run_apart(*LOUD)
    assert_silent(project, result)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert result.outlines[-1] == "NOT PROMOTED m: the session did not run to its end"


# Sessions that judge


TELL = """
import os, subprocess
def pytest_configure(config):
    if hasattr(config, "workerinput"):
        seen = subprocess.check_output(["ps", "-o", "args=", "-p", f"{os.getpid()},{os.getppid()}"], text=True)
        (config.rootpath / "told.json").write_text(f"{config.workerinput}\\n{seen}")
"""


def test_workers_are_told_no_secret(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what xdist hands to a worker nor a command line that others can see has the credential."""
    project.write("conftest.py", TELL)
    with served(reply_json(KNOWN)) as server:
        prepare(project, EVERYWHERE, f"127.0.0.1:{server.port}", monkeypatch)
        result = project.run_apart(*LOUD, "-p", "no:rerunfailures", "-n1")
    assert "mlflow_gate" in (project.path / "told.json").read_text(encoding="utf-8")
    assert_silent(project, result)


def run_to_judge(seed: RestSeeder, accuracy: float) -> str:
    """Make a finished run with a model, and return its id."""
    experiment_id = seed.experiment()
    run_id = seed.run(experiment_id, metrics={"accuracy": accuracy})
    seed.logged_model(experiment_id, run_id)
    return run_id


@pytest.mark.parametrize(
    ("accuracy", "goal", "args", "end"),
    [
        pytest.param(0.93, "alias: champion", (), "PROMOTED: ", id="promoted"),
        pytest.param(0.5, "alias: champion", (), "NOT PROMOTED ", id="rejected"),
        pytest.param(0.93, "alias: champion, artifact: other", (), "NOT PROMOTED ", id="refused"),
        pytest.param(
            0.93, f"alias: champion, tags: {{{'k' * 251}: v}}", (), "PROMOTION FAILED ", id="put-back"
        ),
        pytest.param(0.93, "alias: champion", ("--mlflow-gate-promote=never",), "DRY RUN ", id="dry-run"),
        pytest.param(0.5, "alias: champion", ("-x",), "NOT PROMOTED ", id="first-failure"),
    ],
)
def test_registry(
    project: Project,
    seed: RestSeeder,
    monkeypatch: pytest.MonkeyPatch,
    accuracy: float,
    goal: str,
    args: tuple[str, ...],
    end: str,
) -> None:
    """However a session on a real server ends, no report, no tag and no page of it has the credential."""
    run_id, model = run_to_judge(seed, accuracy), seed.registered_model()
    at = seed.uri.removeprefix("http://")
    prepare(project, EVERYWHERE, at, monkeypatch, candidate=f"run_id: {run_id}", model=model, goal=goal)
    result = project.run(*LOUD, TRACED, *args)
    assert_silent(project, result)
    assert result.outlines[-1].startswith(end)
    found = (
        seed.ask("GET", f"runs/get?run_id={run_id}"),
        seed.ask("GET", f"registered-models/get?name={model}"),
        seed.ask("GET", f"model-versions/search?filter=name%3D'{model}'"),
    )
    assert not any(sings(json.dumps(document)) for document in found)


# To whom credentials go


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308] if SOAK else [302, 307])
@pytest.mark.parametrize("asked", ["tracking", "registry"])
@pytest.mark.parametrize("way", FEW_WAYS)
def test_redirects_are_not_followed(
    project: Project, monkeypatch: pytest.MonkeyPatch, way: str, asked: str, status: int
) -> None:
    """A server that points to another host does not have the credentials sent there, nor anything else."""
    with served(reply_json(KNOWN)) as other:
        reply = Reply(status, headers={"Location": f"{other.url}/api/2.0/mlflow/experiments/get-by-name"})
        with served(reply) as server:
            chosen = WAYS[way]
            candidate = "experiment: churn"
            if asked == "registry":
                chosen = replace(chosen, uri=other.url, registry=chosen.uri)
                candidate = "model: m, alias: challenger"
            at = f"127.0.0.1:{server.port}"
            prepare(project, chosen, at, monkeypatch, candidate=candidate)
            result = project.run(*LOUD)
    assert_refused(project, result)
    assert (
        f"http://{'***@' if way == 'gate-file' else ''}{at}: redirects to {other.url}" in result.outlines[-1]
    )
    assert ["authorization" in request.headers for request in server.arrived] == [True]
    assert other.arrived == []


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return the server's side of TLS with a certificate that nobody vouches for."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


TLS = Way(f"https://eve:{ENCODED}@{{at}}")
UNVERIFIED = "TLS certificates are not verified"


def test_unknown_certificate(
    project: Project, monkeypatch: pytest.MonkeyPatch, self_signed: ssl.SSLContext
) -> None:
    """A certificate that nobody vouches for is refused in one line, before a credential was sent."""
    with served(reply_json(KNOWN), tls=self_signed) as server:
        prepare(project, TLS, f"127.0.0.1:{server.port}", monkeypatch)
        result = project.run(*LOUD)
    assert_refused(project, result)
    assert result.outlines[-1] == (
        f"NOT PROMOTED m: cannot judge m: https://***@127.0.0.1:{server.port}: TLS certificate verify failed: "
        "self-signed certificate; name the file of your own CA in MLFLOW_TRACKING_SERVER_CERT_PATH; "
        "`python -m pytest_mlflow_gate explain eval_gate.yaml` shows why it asks there"
    )
    assert server.arrived == []
    assert UNVERIFIED not in result.stdout.str()


@pytest.mark.parametrize("args", [(), ("-q",), ("-qq",), ("--no-header",)], ids=" ".join)
@pytest.mark.parametrize("key", ["uri", "registry"])
def test_unverified_certificate_is_said(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    self_signed: ssl.SSLContext,
    key: str,
    args: tuple[str, ...],
) -> None:
    """Who turns verification off is told so in every run, however quiet, whichever server it concerns."""
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    with served(reply_json(KNOWN), tls=self_signed) as server, served(reply_json(KNOWN)) as plain:
        at = f"127.0.0.1:{server.port}"
        way = TLS if key == "uri" else Way(plain.url, registry=TLS.uri)
        prepare(project, way, at, monkeypatch)
        result = project.run(*args)
    assert_silent(project, result)
    assert any(
        UNVERIFIED in line and "MLFLOW_TRACKING_INSECURE_TLS" in line and f"https://***@{at}" in line
        for line in result.outlines
    )


# The commands beside pytest


COMMANDS = (
    ("history", "m"),
    ("approve", "eval_gate.yaml", "--by", "alice"),
    ("rollback", "eval_gate.yaml"),
    ("init", "--experiment", "churn", "--model", "m", "--output", "new.gate.yaml"),
    ("explain", "eval_gate.yaml"),
)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("answer", ["401", "400", "500-html", "redirect", "not-the-fields"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_commands(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], answer: str
) -> None:
    """The commands that read and change the registry fail in one line, without the credential."""
    with served(ANSWERS[answer](PASSWORD)) as server:
        at = f"127.0.0.1:{server.port}"
        prepare(project, EVERYWHERE, at, monkeypatch, goal="alias: champion, approval: first")
        uri = IN_URI.replace("{at}", at)
        result = CliRunner().invoke(main, [*command, "--tracking-uri", uri, "--registry-uri", uri])
        assert server.arrived
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert not sings(result.output)
    assert len(result.stderr.splitlines()) == 1
    assert not (project.path / "new.gate.yaml").exists()


def test_new_gate_file(project: Project, monkeypatch: pytest.MonkeyPatch, seed: RestSeeder) -> None:
    """A file that is made with a credential holds none, and works where the environment has it."""
    experiment = fresh("churn")
    seed.run(seed.experiment(experiment), metrics={"accuracy": 0.93})
    uri = seed.uri.replace("http://", f"http://eve:{ENCODED}@")
    made = CliRunner().invoke(main, ["init", "--tracking-uri", uri, "--experiment", experiment])
    assert made.exit_code == 0
    assert not sings(made.output + (project.path / "eval_gate.yaml").read_text(encoding="utf-8"))

    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    explained = CliRunner().invoke(main, ["explain", "eval_gate.yaml"])
    assert explained.exit_code == 0
    assert "http://***@" in explained.output
    assert not sings(explained.output)
    result = project.run(*LOUD)
    assert_silent(project, result)
    assert result.ret == pytest.ExitCode.OK


# Files and filters from people who mean harm


def test_billion_laughs(project: Project) -> None:
    """A file whose aliases stand for billions of values is refused for that, and was never written out."""
    lines = ["description: x", "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    project.write("eval_gate.yaml", "\n".join(lines))
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines == [
        "ERROR: eval_gate.yaml:7: the aliases stand for more than 100000 values, write fewer or none of them",
        "",
    ]


FILTERS = (
    "__import__('os').system('touch pwned')",
    "metrics.accuracy > __import__('os').system('touch pwned')",
    "tags.x = '{0.__class__.__mro__}' and __import__('os').system('touch pwned')",
    "tags.x = 'a'); DELETE FROM runs; --",
    "tags.x = 'a' OR 1 = 1",
)


@pytest.mark.parametrize("filter_text", FILTERS)
def test_filters(sqlite_seed: ClientSeeder, project: Project, filter_text: str) -> None:
    """The text of a filter is neither Python nor SQL: nothing is run, changed or chosen by it."""
    sqlite_seed.run(sqlite_seed.experiment("churn"), metrics={"accuracy": 0.93})
    store = Path(sqlite_seed.uri.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(store)) as connection:
        before = list(connection.iterdump())
    candidate = f"experiment: churn, filter: {json.dumps(filter_text)}"
    project.gate(sqlite_seed.uri, candidate, "m")
    result = project.run()
    assert result.outlines[-1].startswith("NOT PROMOTED m: cannot judge m: ")
    assert not list(project.path.glob("**/pwned"))
    with closing(sqlite3.connect(store)) as connection:
        assert list(connection.iterdump()) == before


# MLflow's own client


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param(f"eve:{ENCODED}@mlflow.invalid:5000", id="no-scheme"),
        pytest.param(f"http:/eve:{ENCODED}@mlflow.invalid", id="a-slash-too-few"),
        pytest.param(f"gopher://eve:{ENCODED}@mlflow.invalid", id="unknown-scheme"),
    ],
)
def test_schemes_for_mlflow(project: Project, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    """What MLflow's own client says about a URI that it does not know is masked as well."""
    assert_refused(project, project.run(*LOUD, *prepare(project, Way(uri), "", monkeypatch)))


@pytest.mark.parametrize("answer", ["401", "400", "500-text", "login-page", "redirect"])
def test_answers_to_mlflow(project: Project, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """What a server answers to MLflow's own client is masked as well."""
    monkeypatch.setenv("MLFLOW_TRACKING_AWS_SIGV4", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_AUTH", "nobody")
    with served(ANSWERS[answer](PASSWORD)) as server:
        args = prepare(project, EVERYWHERE, f"127.0.0.1:{server.port}", monkeypatch)
        assert_refused(project, project.run(*LOUD, *args))
        assert server.arrived
