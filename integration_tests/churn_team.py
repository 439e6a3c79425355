"""The team of the example project, with an experiment and a model of its own on a server that tests share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from integration_tests.training import EXAMPLE, example_gate
from tests.seeding import fresh

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.seeding import RestSeeder


class Team(NamedTuple):
    """
    A folder with what the team trains and judges.

    Attributes:
        folder: Of ``train.py`` and ``eval_gate.yaml``.
        experiment: Where its runs are.
        model: What it registers.
    """

    folder: Path
    experiment: str
    model: str

    def replace(self, file: str, old: str, new: str) -> None:
        """Change the only place with *old* in a file."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (file, old)
        path.write_text(text.replace(old, new), encoding="utf-8")

    def copy(self, file: str, to: str) -> None:
        """Copy a file of the example project to where a team has it."""
        target = self.folder / to
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(EXAMPLE / file, target)

    def degrade(self) -> None:
        """Have the next training use the broken export."""
        self.replace("train.py", "if options.degraded:", "if True:")

    def ask_too_much(self) -> Callable[[], None]:
        """Have the gate ask for more than any training reaches; return what takes that back."""
        words = 'accuracy: ">= 0.85"', 'accuracy: ">= 0.999"'
        self.replace("eval_gate.yaml", *words)
        return lambda: self.replace("eval_gate.yaml", *reversed(words))

    def experiment_id(self, seed: RestSeeder) -> str:
        """Return the id of the experiment, which exists."""
        answer = seed.ask("GET", f"experiments/get-by-name?experiment_name={self.experiment}")
        return str(answer["experiment"]["experiment_id"])

    def champion(self, seed: RestSeeder) -> str | None:
        """Return the version behind the alias, or None where there is none."""
        answer = seed.ask("GET", f"registered-models/search?filter={quote(f'name={self.model!r}')}")
        aliases = (
            alias for model in answer.get("registered_models", []) for alias in model.get("aliases", [])
        )
        return next((str(alias["version"]) for alias in aliases if alias["alias"] == "champion"), None)


def team(folder: Path) -> Team:
    """Make the folder of a new team."""
    made = Team(folder, fresh("customer-churn"), fresh("churn-classifier"))
    for file in ("customers.py", "train.py"):
        made.copy(file, file)
    made.replace("train.py", 'default="customer-churn"', f'default="{made.experiment}"')
    (folder / "eval_gate.yaml").write_text(example_gate(made.experiment, made.model), encoding="utf-8")
    return made
