"""Real sessions on a real server whose reports can be looked at: a month of a model, and gates on its runs."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.seeding import RestSeeder, Steps

GATE = """\
tracking_uri: {uri}
wait: 1s
report: artifact
candidate:
  experiment: {experiment}
thresholds:
  accuracy: {{min: 0.92, max_drop: 0.01}}
  f1: {{min: 0.88, reason: contract with sales}}
  latency_ms:
    - max: 120
    - {{max: 100, severity: warn}}
  "recall/{{cohort}}": {{cohorts: [eu, us, apac], min: 0.8, max_spread: 0.08}}
promote: {{model: {model}, alias: champion}}
"""

REJECTED: Mapping[str, Steps] = {
    "accuracy": 0.9312,
    "f1": 0.8614,
    "latency_ms": 108.5,
    "recall/eu": 0.8731,
    "recall/us": 0.8544,
    "recall/apac": 0.7716,
}
PROMOTED: Mapping[str, Steps] = {
    "accuracy": 0.9387,
    "f1": 0.8912,
    "latency_ms": 96.2,
    "recall/eu": 0.8802,
    "recall/us": 0.8615,
    "recall/apac": 0.8249,
}
DAYS = 24
"""So many runs, one a day, are before the first candidate."""

_DAY = 86400.0


@dataclass(frozen=True)
class Shown:
    """
    What a session left for people.

    Attributes:
        page: The file of the page.
        decision: The file of the decision, as Python has it.
        output: What the terminal showed, 80 columns wide, with its colours.
    """

    page: Path
    decision: dict[str, Any]
    output: str

    @property
    def gate(self) -> dict[str, Any]:
        """What was decided about the session's one gate."""
        (gate,) = self.decision["gates"]
        found: dict[str, Any] = gate
        return found


class Story:
    """
    A model's last month: a run each day, one of which was promoted then.

    Attributes:
        seed: Puts things on the server.
        folder: Where the sessions run; pytest finds no configuration above it.
        experiment: Its name.
        model: The registered model's name; version 1 is its ``champion``.
    """

    def __init__(self, seed: RestSeeder, folder: Path, experiment: str, model: str) -> None:
        self.seed, self.folder, self.experiment = seed, folder, experiment
        self._experiment_id = seed.experiment(experiment)
        self.model = seed.registered_model(model)
        now = time.time()
        runs = [self._day(now, day) for day in range(DAYS, 0, -1)]
        champion = runs[-8]
        self._model_id = seed.logged_model(self._experiment_id, champion)
        version = seed.version(
            self.model, source=f"models:/{self._model_id}", run_id=champion, model_id=self._model_id
        )
        seed.alias(self.model, "champion", version)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    def candidate(self, metrics: Mapping[str, Steps]) -> str:
        """Log a run with a model of its own, the newest from now on, and return its id."""
        run_id = self.seed.run(self._experiment_id, metrics=metrics)
        self.seed.logged_model(self._experiment_id, run_id)
        return run_id

    def judged(self, name: str, metrics: Mapping[str, Steps], *arguments: str, gate: str = GATE) -> Shown:
        """Log a candidate and judge it with *gate*, whose ``{uri}`` and so on are filled in; files are *name*'s."""
        self.candidate(metrics)
        filled = gate.format(uri=self.seed.uri, experiment=self.experiment, model=self.model)
        (self.folder / "eval_gate.yaml").write_text(filled, encoding="utf-8")
        return session(self.folder, name, *arguments)

    def _day(self, now: float, day: int) -> str:
        sway = math.sin(day * 1.7) + 0.6 * math.sin(day * 0.45)
        metrics: dict[str, Steps] = {
            "accuracy": round(0.926 + 0.005 * sway - 0.0004 * day, 4),
            "f1": round(0.884 + 0.006 * sway - 0.0005 * day, 4),
            "latency_ms": round(99 + 7 * math.sin(day * 0.9) + 0.3 * day, 1),
            "recall/eu": round(0.868 + 0.006 * sway, 4),
            "recall/us": round(0.852 + 0.005 * sway, 4),
            "recall/apac": round(0.821 + 0.007 * math.sin(day * 1.1), 4),
        }
        began = now - day * _DAY
        return self.seed.run(self._experiment_id, metrics=metrics, start=began, end=began + 600)


def session(folder: Path, name: str, *arguments: str) -> Shown:
    """Run pytest with the folder's ``eval_gate.yaml`` as on a terminal of 80 columns, in a process of its own."""
    page, decision = folder / f"{name}.html", folder / f"{name}.json"
    command = [sys.executable, "-m", "pytest", "--mlflow-gate", "eval_gate.yaml", "--color=yes"]
    command += [f"--mlflow-gate-report={page.name}", f"--mlflow-gate-decision={decision.name}", *arguments]
    command += ["-p", "mlflow_gate", "-p", "no:cacheprovider"]
    foreign = ("CI", "GITHUB_ACTIONS", "PYTEST_ADDOPTS")
    environment = {key: value for key, value in os.environ.items() if key not in foreign}
    # A user has fewer plugins than a developer of this one.
    environment |= {"COLUMNS": "80", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if not decision.is_file():
        raise RuntimeError(f"the session decided nothing:\n{done.stdout}{done.stderr}")
    return Shown(page, json.loads(decision.read_text(encoding="utf-8")), done.stdout)
