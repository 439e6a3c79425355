"""Sessions with a gate against real servers and stores, as a team runs them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

# Both: or each session in this process loads them anew.
from pytest_mlflow_gate.pytest_glue import activation  # noqa: F401
from pytest_mlflow_gate.tracking import rest  # noqa: F401

# What is imported during a session is forgotten with it, and this one breaks when it is imported again.
with suppress(ImportError):
    import cel  # noqa: F401

from tests.quick import QUICK

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Project:
    """
    A folder with gate files in which sessions run.

    Attributes:
        pytester: pytest's own.
    """

    pytester: pytest.Pytester

    @property
    def path(self) -> Path:
        """The folder."""
        return self.pytester.path

    def write(self, name: str, text: str) -> None:
        """Write a file into the folder."""
        (self.path / name).write_text(text, encoding="utf-8")

    def gate(
        self,
        uri: str,
        candidate: str,
        model: str,
        *,
        file: str = "eval_gate.yaml",
        thresholds: str = '{accuracy: ">= 0.92"}',
        goal: str = "alias: champion",
        first: str = "wait: 1s",
    ) -> None:
        """Write a gate whose line 3 has the candidate, line 4 the thresholds and line 5 the promotion."""
        lines = (
            f"tracking_uri: {uri}",
            first,
            f"candidate: {{{candidate}}}",
            f"thresholds: {thresholds}",
            f"promote: {{model: {model}, {goal}}}",
        )
        self.write(file, "".join(f"{line}\n" for line in lines))

    def run(self, *args: str, gates: tuple[str, ...] = ("eval_gate.yaml",)) -> pytest.RunResult:
        """Run a session that is asked to promote, in this process."""
        # This process turns warnings into errors, which is not what a team's session starts from.
        return self.pytester.runpytest_inprocess(*self._arguments(gates), "-W", "default", *args)

    def run_apart(self, *args: str) -> pytest.RunResult:
        """Run a session that is asked to promote, in a process of its own."""
        return self.pytester.runpytest_subprocess(*self._arguments(("eval_gate.yaml",)), *args)

    @staticmethod
    def _arguments(gates: tuple[str, ...]) -> tuple[str, ...]:
        files = ("-p", "no:cacheprovider", "--junitxml=junit.xml")
        return (*QUICK, *files, *(word for gate in gates for word in ("--mlflow-gate", gate)))


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return an empty project."""
    for name in ("GITHUB_ACTIONS", "CI", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    return Project(pytester)
