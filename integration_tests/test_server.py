"""A gate at the server of ``example_project/server``: PostgreSQL behind it, users in it, TLS in front of it."""

from __future__ import annotations

import base64
import re
import shlex
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from integration_tests.environments import REQUIREMENTS, Environment
from integration_tests.mlflow_service import FOLDER, HOST, Service, compose, readme_commands, running
from tests.seeding import RestSeeder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from integration_tests.conftest import Environments

EXPERIMENT, MODEL = "customer-churn", "churn-classifier"
NO_MORE: Mapping[str, str | None] = MappingProxyType({})
PASSWORDS = {name: f"{name}-kanarienvogel" for name in ("admin", "gate", "reader", "modeler")}
DOT_ENV = {
    "MLFLOW_HOST": HOST,
    "POSTGRES_PASSWORD": "postgres-kanarienvogel",
    "MLFLOW_ADMIN_PASSWORD": PASSWORDS["admin"],
    "MLFLOW_SECRET_KEY": "kanarienvogel",
}
GATE = f"""\
candidate: {{experiment: {EXPERIMENT}}}
thresholds: {{accuracy: ">= 0.92"}}
promote: {{model: {MODEL}, alias: champion}}
"""
FORBIDDEN = (
    "403 Forbidden: Permission denied (user and password were sent; for users who are no admins, "
    "MLflow also answers this about what does not exist)"
)


@dataclass(frozen=True)
class Team:
    """
    The people of the server, and how they work with it.

    Attributes:
        service: The server.
        environment: What they have installed.
    """

    service: Service
    environment: Environment

    def variables(self, user: str, more: Mapping[str, str | None]) -> dict[str, str]:
        """Return the environment in which *user* works, with *more* in it or, where that is None, without."""
        given: dict[str, str | None] = {
            "MLFLOW_TRACKING_URI": self.service.url,
            "MLFLOW_TRACKING_SERVER_CERT_PATH": str(self.service.ca),
            "MLFLOW_TRACKING_USERNAME": user,
            "MLFLOW_TRACKING_PASSWORD": PASSWORDS[user],
            **more,
        }
        return self.environment.variables(
            **{name: value for name, value in given.items() if value is not None}
        )

    def python(
        self, user: str, *words: str, folder: Path, stdin: str = "", more: Mapping[str, str | None] = NO_MORE
    ) -> subprocess.CompletedProcess[str]:
        """Run Python as *user*; no password may be in what it prints."""
        done = subprocess.run(
            [self.environment.python, *words],
            cwd=folder,
            env=self.variables(user, more),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        written = [path.read_text(encoding="utf-8") for path in folder.glob("*.json")]
        assert not sings("\n".join([done.stdout, done.stderr, *written]))
        return done

    def gate(self, user: str, folder: Path, more: Mapping[str, str | None] = NO_MORE) -> tuple[int, str]:
        """Run the gate as *user*, and return its exit status and the last line."""
        words = ("-m", "pytest", "--mlflow-gate", "eval_gate.yaml", "--mlflow-gate-decision", "decision.json")
        done = self.python(user, *words, folder=folder, more=more)
        assert done.stderr == ""
        return done.returncode, done.stdout.splitlines()[-1]

    def command(self, user: str, folder: Path, *words: str) -> tuple[int, list[str]]:
        """Run one of the plugin's commands as *user*, and return its exit status and what it printed."""
        done = self.python(user, "-m", "pytest_mlflow_gate", *words, folder=folder)
        return done.returncode, [*done.stdout.splitlines(), *done.stderr.splitlines()]

    def train(self, accuracy: float = 0.93) -> str:
        """Make a run with a model, and return its id."""
        with administrator(self.service) as seed:
            found = seed.ask("GET", f"experiments/get-by-name?experiment_name={EXPERIMENT}")
            experiment_id = found["experiment"]["experiment_id"]
            run_id = seed.run(experiment_id, metrics={"accuracy": accuracy})
            seed.logged_model(experiment_id, run_id)
        return run_id

    def registry(self) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """Return the model's aliases, and number and run of each version, newest first."""
        with administrator(self.service) as seed:
            model = seed.ask("GET", f"registered-models/get?name={MODEL}")["registered_model"]
            found = seed.ask("GET", f"model-versions/search?filter=name='{MODEL}'")
        aliases = {entry["alias"]: str(entry["version"]) for entry in model.get("aliases", ())}
        versions = [(str(made["version"]), made["run_id"]) for made in found.get("model_versions", ())]
        return aliases, sorted(versions, key=lambda made: int(made[0]), reverse=True)


@contextmanager
def administrator(service: Service) -> Iterator[RestSeeder]:
    """Put runs and models on the server as the administrator, while the context lasts."""
    with pytest.MonkeyPatch.context() as patch:
        # What `requests` reads; set for longer, the gates would read it too.
        patch.setenv("REQUESTS_CA_BUNDLE", str(service.ca))
        yield RestSeeder(service.url.replace("://", f"://admin:{PASSWORDS['admin']}@"))


def sings(text: str) -> bool:
    """Return whether a password is in *text*, as it is or as it is sent."""
    sent = [base64.b64encode(f"{user}:{word}".encode()).decode() for user, word in PASSWORDS.items()]
    return "kanarienvogel" in text or any(word in text for word in sent)


@pytest.fixture(scope="module")
def team(environments: Environments, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """
    Return the team: the README's user ``gate``, one who only reads, and one who may write the model alone.

    The README's commands make and grant the first; the others are theirs too, with other words.
    """
    environment = environments("server")
    with running(environment, DOT_ENV) as service:
        made = Team(service, environment)
        with administrator(service) as seed:
            seed.experiment(EXPERIMENT)
            seed.registered_model(MODEL)
        readme = readme_commands(beginning="python users.py ")
        assert len(readme) == 3
        for command in (
            *readme,
            "python users.py create reader",
            "python users.py create modeler",
            f"python users.py grant modeler MANAGE model {MODEL}",
        ):
            _, _, *words = shlex.split(command)
            user = words[1]
            done = made.python(
                "admin",
                str(FOLDER / "users.py"),
                *words,
                folder=tmp_path_factory.mktemp("admin"),
                stdin=f"{PASSWORDS[user]}\n",
            )
            assert (done.returncode, done.stderr) == (0, ""), command
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the gate."""
    (tmp_path / "eval_gate.yaml").write_text(GATE)
    return tmp_path


def test_compose_file_keeps_the_specification(environments: Environments, tmp_path: Path) -> None:
    """The compose file is one by the specification's own schema, which would tell a misspelt key."""
    program = str(environments("server").path / "bin" / "check-jsonschema")
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    (tmp_path / "compose.yaml").write_text(text.replace("depends_on:", "depend_on:"))
    right, wrong = (
        subprocess.run(
            [program, "--builtin-schema", "vendor.compose-spec", str(path / "compose.yaml")],
            capture_output=True,
            text=True,
            check=False,
        )
        for path in (FOLDER, tmp_path)
    )
    assert (right.returncode, wrong.returncode) == (0, 1), right.stdout + wrong.stdout
    assert "depend_on" in wrong.stdout


def test_image_has_what_is_tested() -> None:
    """The image installs the packages with which the service runs here."""
    image = compose()["services"]["mlflow"]["build"]["dockerfile_inline"]
    lines = (REQUIREMENTS / "server.in").read_text().split("\n\n")[0].splitlines()
    assert re.findall(r'"([^"]+)"', image) == [line for line in lines if not line.startswith("#")]


def test_variables_of_the_compose_file_are_in_the_readme() -> None:
    """Each variable that the compose file wants is in the file that the README's commands write."""
    (line,) = readme_commands(beginning="for name in ")
    wanted = set(re.findall(r"\$\{(\w+)", (FOLDER / "compose.yaml").read_text()))
    assert (
        wanted
        == {"MLFLOW_HOST", *line.removeprefix("for name in ").partition(";")[0].split()}
        == set(DOT_ENV)
    )


def test_gate_promotes(team: Team, folder: Path) -> None:
    """With its own user and the CA's file the gate promotes, and a reader sees it in the history."""
    run_id = team.train()
    status, line = team.gate("gate", folder)
    aliases, versions = team.registry()
    assert (status, versions[0]) == (0, (aliases["champion"], run_id))
    assert line.startswith(f"PROMOTED: {MODEL} version {aliases['champion']} is now @champion")
    status, lines = team.command("reader", folder, "history", MODEL)
    assert status == 0
    assert f"    run {run_id}" in lines


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        pytest.param(
            {"MLFLOW_TRACKING_SERVER_CERT_PATH": None},
            "TLS certificate verify failed: unable to get local issuer certificate; name the file of your own "
            "CA in MLFLOW_TRACKING_SERVER_CERT_PATH",
            id="no-ca",
        ),
        pytest.param(
            {"MLFLOW_TRACKING_PASSWORD": "another-kanarienvogel"},
            "401 Unauthorized: You are not authenticated. Please see https://www.mlflow.org/docs/latest/auth/"
            "index.html#authenticating-to-mlflow on how to authenticate. (user and password were sent)",
            id="wrong-password",
        ),
    ],
)
def test_nothing_is_judged(team: Team, folder: Path, more: Mapping[str, str | None], cause: str) -> None:
    """A gate that does not get in judges nothing, and says why in one line."""
    team.train()
    before = team.registry()
    status, line = team.gate("gate", folder, more)
    assert status == 1
    assert line == (
        f"NOT PROMOTED {MODEL}: cannot judge {MODEL}: {team.service.url}: {cause}; "
        "`python -m pytest_mlflow_gate explain eval_gate.yaml` shows why it asks there"
    )
    assert team.registry() == before


def test_reader_promotes_nothing(team: Team, folder: Path) -> None:
    """Who may read but not write is refused: nothing moves, and no version is left behind."""
    team.train()
    before = team.registry()
    assert team.gate("reader", folder) == (1, f"NOT PROMOTED {MODEL}: {team.service.url}: {FORBIDDEN}")
    assert team.registry() == before


def test_record_that_the_run_does_not_take(team: Team, folder: Path) -> None:
    """Who may write the model but not the run cannot record the decision, and so has the alias put back."""
    team.train()
    assert team.gate("gate", folder)[0] == 0
    run_id = team.train()
    aliases, versions = team.registry()
    status, line = team.gate("modeler", folder)
    assert status == 1
    assert line == (
        f"PROMOTION FAILED {MODEL}: moving tag mlflow_gate.verdict and 6 more of run {run_id} failed: "
        f"{team.service.url}: {FORBIDDEN}"
    )
    number = str(int(versions[0][0]) + 1)
    # Registered and nothing else: the next run of the gate finds it there.
    assert team.registry() == (aliases, [(number, run_id), *versions])
    assert team.gate("gate", folder) == (
        0,
        f"PROMOTED: {MODEL} version {number} is now @champion (was version {aliases['champion']})",
    )


def test_rejection_that_the_run_does_not_take(team: Team, folder: Path) -> None:
    """Who may only read still learns that the model is not good enough, and that nobody wrote it down."""
    team.train(0.5)
    done = team.python("reader", "-m", "pytest", "--mlflow-gate", "eval_gate.yaml", folder=folder)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == [
        f"mlflow-gate: {MODEL}: the rejection is not recorded: {team.service.url}: {FORBIDDEN}",
        f"NOT PROMOTED {MODEL}: accuracy[min] did not pass",
    ]


def test_approval_and_rollback(team: Team, folder: Path) -> None:
    """Approving and rolling back is for those who may write; a reader changes nothing by trying."""
    team.train()
    assert team.gate("gate", folder)[0] == 0
    (folder / "eval_gate.yaml").write_text(GATE.replace("champion}", "champion, approval: always}"))
    team.train()
    status, line = team.gate("gate", folder)
    assert status == 1
    assert "awaits approval" in line
    refused = f"{team.service.url}: {FORBIDDEN}"
    approve = ("approve", "eval_gate.yaml", "--by", "grace")
    status, lines = team.command("reader", folder, *approve)
    assert (status, lines[-1]) == (1, refused)
    assert team.command("gate", folder, *approve)[0] == 0
    before = team.registry()
    old, new = before[0]["champion"], before[1][0][0]
    assert team.gate("gate", folder) == (
        0,
        f"PROMOTED: {MODEL} version {new} is now @champion (was version {old})",
    )
    promoted = team.registry()
    for user in ("reader", "modeler"):
        status, lines = team.command(user, folder, "rollback", "eval_gate.yaml")
        assert status == 1
        assert lines[-1].startswith(f"NOT ROLLED BACK {MODEL} @champion: moving tag ")
        assert lines[-1].endswith(refused)
        assert team.registry() == promoted
    assert team.command("gate", folder, "rollback", "eval_gate.yaml") == (
        0,
        [f"ROLLED BACK {MODEL} @champion: version {old} (was version {new})"],
    )
    assert team.registry() == before


def test_users_script_tells_what_is_wrong(team: Team, folder: Path) -> None:
    """The script that makes users ends with one line where the server says no, or nobody is named."""
    script = str(FOLDER / "users.py")
    denied = team.python("reader", script, "grant", "reader", "MANAGE", "model", MODEL, folder=folder)
    unset = {"MLFLOW_TRACKING_USERNAME": None}
    nobody = team.python("admin", script, "create", "eve", folder=folder, more=unset)
    assert (denied.returncode, denied.stderr) == (
        1,
        "3.0/mlflow/users/permissions/grant: 403 Permission denied\n",
    )
    assert (nobody.returncode, nobody.stderr) == (1, "MLFLOW_TRACKING_USERNAME is not set\n")
