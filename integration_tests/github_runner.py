"""
What GitHub's runner does with jobs, steps and composite actions, as far as the files of this project need it.

As the reference of the workflow syntax has it (https://docs.github.com/en/actions/reference): other people's actions
are not run, and an expression that is more than a name or one comparison is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from integration_tests.environments import run_as_job
from tests.ci_readers import github_outputs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Contexts = Mapping[str, Any]
"""What expressions name: ``inputs``, ``steps``, ``needs``, ``vars`` and ``secrets``."""

_SHELLS = {
    None: ("bash", "-e"),
    "bash": ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail"),
    "python": ("python",),
}
_HOLE = re.compile(r"\$\{\{ (.+?) \}\}")
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_COMPARISON = re.compile(r"(\S+) (==|!=) '(\w*)'")


class Ran(NamedTuple):
    """
    What a job, or the steps of an action, came to.

    Attributes:
        code: Exit status of the first step that failed, else 0.
        outputs: As later jobs see them.
    """

    code: int
    outputs: dict[str, str]


@dataclass
class Runner:
    """
    Runs jobs in one workspace.

    Attributes:
        workspace: The checkout of the repository.
        environ: The machine's environment.
        action: The folder with the ``action.yml`` that ``uses: OWNER/REPOSITORY`` means.
        contexts: ``vars`` and ``secrets``.
        log: All that steps printed.
        summary: What they wrote for people.
        foreign: The actions that were named and not run.
    """

    workspace: Path
    environ: Mapping[str, str]
    action: Path
    contexts: Contexts
    log: str = ""
    summary: str = ""
    foreign: list[str] = field(default_factory=list)

    def run_job(self, workflow: Path, name: str, needs: Mapping[str, Ran]) -> Ran | None:
        """Run a job after those that it *needs*; None where it is skipped."""
        document = yaml.safe_load(workflow.read_text(encoding="utf-8"))
        job = document["jobs"][name]
        needed = {name: {"outputs": ran.outputs} for name, ran in needs.items()}
        contexts: Contexts = {**self.contexts, "needs": needed}
        if not holds(job.get("if"), contexts, going_well=all(ran.code == 0 for ran in needs.values())):
            return None
        environ = _filled_all({**document.get("env", {}), **job.get("env", {})}, contexts)
        code, contexts = self._run_steps(job["steps"], contexts, environ)
        return Ran(code, _filled_all(job.get("outputs", {}), contexts))

    def run_action(
        self, given: Mapping[str, str], environ: Mapping[str, str] | None = None, *, only: str | None = None
    ) -> Ran:
        """Run the action with these inputs, or *only* its step of that name."""
        document = yaml.safe_load((self.action / "action.yml").read_text(encoding="utf-8"))
        unknown = set(given) - set(document["inputs"])
        assert not unknown, unknown
        inputs = {name: given.get(name, spec["default"]) for name, spec in document["inputs"].items()}
        steps = [step for step in document["runs"]["steps"] if only in (None, step.get("name"))]
        own = {**(environ or {}), "GITHUB_ACTION_PATH": str(self.action)}
        code, contexts = self._run_steps(steps, {"inputs": inputs}, own)
        values = {name: spec["value"] for name, spec in document["outputs"].items()}
        return Ran(code, _filled_all(values, contexts))

    def _run_steps(
        self, steps: Sequence[Mapping[str, Any]], contexts: Contexts, environ: Mapping[str, str]
    ) -> tuple[int, Contexts]:
        done: dict[str, Any] = {}
        contexts = {**contexts, "steps": done}
        code = 0
        for step in steps:
            if not holds(step.get("if"), contexts, going_well=code == 0):
                continue
            own = {**environ, **_filled_all(step.get("env", {}), contexts)}
            ran = self._run(step, contexts, own) if "run" in step else self._use(step, contexts, own)
            if "id" in step:
                done[step["id"]] = {"outputs": ran.outputs}
            code = code or ran.code
        return code, contexts

    def _use(self, step: Mapping[str, Any], contexts: Contexts, environ: Mapping[str, str]) -> Ran:
        if not step["uses"].startswith("OWNER/"):
            self.foreign.append(step["uses"])
            return Ran(0, {})
        return self.run_action(_filled_all(step["with"], contexts), environ)

    def _run(self, step: Mapping[str, Any], contexts: Contexts, environ: Mapping[str, str]) -> Ran:
        # Outside of the workspace, and new for each step, as the runner has them.
        folder = self.workspace.parent / "runner"
        folder.mkdir(exist_ok=True)
        files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        script = folder / "script"
        script.write_text(step["run"], encoding="utf-8")
        ended = run_as_job(
            (*_SHELLS[step.get("shell")], script),
            self.workspace / filled(step.get("working-directory", "."), contexts),
            {
                **self.environ,
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.workspace),
                **{name: str(file) for name, file in files.items()},
                **environ,
            },
        )
        self.log += ended.stdout
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return Ran(ended.returncode, github_outputs(files["GITHUB_OUTPUT"].read_text(encoding="utf-8")))


def filled(text: str, contexts: Contexts) -> str:
    """Return *text* with each ``${{ name }}`` replaced."""
    return _HOLE.sub(lambda hole: _value(hole[1], contexts), text)


def holds(condition: str | None, contexts: Contexts, *, going_well: bool) -> bool:
    """Return whether a job or step with this ``if`` runs; one that asks for no status needs success."""
    if condition == "always()":
        return True
    if condition is None or not going_well:
        return going_well
    compared = _COMPARISON.fullmatch(condition)
    assert compared, f"this runner does not know the condition {condition}"
    return (_value(compared[1], contexts) == compared[3]) is (compared[2] == "==")


def _filled_all(texts: Mapping[str, str], contexts: Contexts) -> dict[str, str]:
    return {name: filled(text, contexts) for name, text in texts.items()}


def _value(name: str, contexts: Contexts) -> str:
    assert _NAME.fullmatch(name), f"this runner does not know the expression {name}"
    first, *rest = name.split(".")
    found = contexts[first]
    for key in rest:
        # To GitHub, what is not there is an empty text.
        found = found.get(key, "") if isinstance(found, Mapping) else ""
    return str(found)
