"""The example project's runs, trained once in a session, and its gate file for names that a test chooses."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from tests.seeding import fresh
from tests.servers import CHECKOUT, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Backends

EXAMPLE = CHECKOUT / "example_project"


class Trained(NamedTuple):
    """
    Two runs of train.py.

    Attributes:
        experiment: Name of the experiment that has both and nothing else.
        good: Id of the run whose model keeps every limit.
        degraded: Id of the run whose model misses some.
    """

    experiment: str
    good: str
    degraded: str


def train_once(backends: Backends, server: str) -> Trained:
    """Return the runs on *server*; the first who asks trains them."""
    return Trained(*backends.once("example-runs", lambda: _train(backends.folder, server)))


def example_gate(experiment: str, model: str) -> str:
    """Return the example's gate file, about another experiment and another model."""
    text = (EXAMPLE / "eval_gate.yaml").read_text(encoding="utf-8")
    return text.replace("customer-churn", experiment).replace("churn-classifier", model)


def _train(folder: Path, server: str) -> Trained:
    experiment = fresh("customer-churn")
    good, degraded = (
        subprocess.run(
            [
                sys.executable,
                str(EXAMPLE / "train.py"),
                "--tracking-uri",
                server,
                "--experiment",
                experiment,
                *options,
            ],
            cwd=folder,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.splitlines()[-1]
        for options in ((), ("--degraded",))
    )
    return Trained(experiment, good, degraded)
