"""What the benchmarks run on: a real server with seeded runs, folders with gate files, and the commands."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from measuring import Command

from tests.seeding import RestSeeder
from tests.servers import CHECKOUT, THIS_PYTHON, Backends, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ENVIRONMENT = CHECKOUT / ".cache" / "bench"
"""Made by ``make bench``: the wheel's dependencies are installed in it, the wheel lies in its ``plugin``."""

PEERS = CHECKOUT / "benchmarks" / "peers"
LIMITS = {"accuracy": 0.92, "precision": 0.88, "recall": 0.85}
VALUES = {"accuracy": 0.93, "precision": 0.9, "recall": 0.88}
BATCH = 1000
"""The most metrics that MLflow takes in one request."""


@dataclass(frozen=True)
class Seeded:
    """
    An experiment with one run, which any gate here lets pass.

    Attributes:
        experiment: Its name.
        experiment_id: Of the experiment.
        run_id: Of the run.
        limits: Of each metric the smallest value that is good enough.
    """

    experiment: str
    experiment_id: str
    run_id: str
    limits: Mapping[str, float]

    def candidates(self) -> dict[str, str]:
        """Return the ways to choose the run, as the gate file's candidate section."""
        metric = next(iter(self.limits))
        return {
            "run_id": f"{{run_id: {self.run_id}}}",
            "latest": f"{{experiment: {self.experiment}}}",
            "best": f"{{experiment: {self.experiment}, select: best, by: {metric}}}",
        }


class Stage:
    """
    Everything that outlasts a single measurement.

    Attributes:
        url: The server's.
        three: A run with three metrics and a logged model.
    """

    def __init__(self, backends: Backends) -> None:
        self.url = backends.serve(THIS_PYTHON, "bench")
        self._seeder = RestSeeder(self.url)
        self._folder = backends.folder / "work"
        self._folder.mkdir()
        for peer in PEERS.iterdir():
            if peer.is_file():
                shutil.copy(peer, self._folder)
        # Ends pytest's search for a configuration here.
        (self._folder / "pytest.ini").write_text("[pytest]\n")
        self._nothing = backends.folder / "nothing"
        self._nothing.mkdir()
        self.three = self._seed("three", VALUES, LIMITS)
        self._seeder.logged_model(self.three.experiment_id, self.three.run_id)

    def thresholds(self, count: int) -> Seeded:
        """Seed a run with *count* metrics."""
        names = [f"m{number:05d}" for number in range(count)]
        return self._seed(f"{count}-metrics", dict.fromkeys(names, 0.9), dict.fromkeys(names, 0.5))

    def gate(self, name: str, seeded: Seeded, candidate: str = "latest", promote: str | None = None) -> Path:
        """Write a gate file; *promote* names a registered model, which has to exist."""
        return self._write(self._folder, name, seeded, candidate, promote)

    def gates(self, name: str, seeded: Seeded, count: int) -> Path:
        """Write a folder of *count* gate files that only judge."""
        folder = self._folder / name
        folder.mkdir()
        for number in range(count):
            self._write(folder, f"{name}-{number:04d}", seeded, "latest", None)
        return folder

    def challenge(self, name: str, values: Mapping[str, float]) -> tuple[Seeded, str]:
        """Seed a run and, of the same values, the champion of a registered model; return both."""
        champion, candidate = (self._seed(f"{name}-{which}", values, {}) for which in ("old", "new"))
        model = self._seeder.registered_model(name)
        version = self._seeder.version(model, source=f"runs:/{champion.run_id}/model", run_id=champion.run_id)
        self._seeder.alias(model, "champion", version)
        return candidate, model

    def gate_of(self, name: str, seeded: Seeded, sections: str) -> Path:
        """Write a gate file that judges a run by these *sections*."""
        path = self._folder / f"{name}_gate.yaml"
        path.write_text(f"name: {name}\ncandidate: {{run_id: {seeded.run_id}}}\n{sections}")
        return path

    def registered_model(self, name: str) -> str:
        """Make a registered model without versions and return its name."""
        return self._seeder.registered_model(name)

    def pytest(self, *arguments: str, plugin: bool = False, tracking_uri: str | None = None) -> Command:
        """Return a pytest run, with or without the plugin on the path."""
        return self.command("python", "-m", "pytest", *arguments, plugin=plugin, tracking_uri=tracking_uri)

    def command(self, *words: str, plugin: bool = False, tracking_uri: str | None = None) -> Command:
        """Return a command that finds the environment's ``python`` and the server."""
        inherited = clean_environment()
        # PYTHONDONTWRITEBYTECODE above all: a process that compiles everything again measures the compiler.
        environment = {key: value for key, value in inherited.items() if not key.startswith("PYTHON")}
        environment |= {
            "PATH": f"{ENVIRONMENT / 'bin'}:{environment['PATH']}",
            # A folder either way: what differs is what it holds.
            "PYTHONPATH": str(ENVIRONMENT / "plugin" if plugin else self._nothing),
            # The one pytest plugin among MLflow's dependencies; a pytest that loads it is not bare.
            "PYTEST_ADDOPTS": "-p no:anyio",
            "MLFLOW_TRACKING_URI": tracking_uri or self.url,
            "EXPERIMENT": self.three.experiment,
            "MODEL": "by-script",
        }
        return Command((self._program(words[0]), *words[1:]), self._folder, environment)

    def _seed(self, experiment: str, values: Mapping[str, float], limits: Mapping[str, float]) -> Seeded:
        experiment_id = self._seeder.experiment(experiment)
        first, *others = _batches(values)
        run_id = self._seeder.run(experiment_id, metrics=first)
        for batch in others:
            self._seeder.log(run_id, batch)
        return Seeded(experiment, experiment_id, run_id, limits)

    @staticmethod
    def _write(folder: Path, name: str, seeded: Seeded, candidate: str, promote: str | None) -> Path:
        lines = [f"name: {name}", f"candidate: {seeded.candidates()[candidate]}", "thresholds:"]
        lines += [f'  {metric}: ">= {limit}"' for metric, limit in seeded.limits.items()]
        if promote:
            lines.append(f"promote: {{model: {promote}, alias: champion}}")
        path = folder / f"{name}_gate.yaml"
        path.write_text("\n".join([*lines, ""]))
        return path

    @staticmethod
    def _program(word: str) -> str:
        own = ENVIRONMENT / "bin" / word
        return str(own) if own.exists() else word


def _batches(values: Mapping[str, float]) -> Iterator[dict[str, float]]:
    pairs = list(values.items())
    for start in range(0, len(pairs), BATCH):
        yield dict(pairs[start : start + BATCH])
