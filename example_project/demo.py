"""The story of the README as one command: a good model is promoted, a degraded one is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from registry import Version, print_versions, versions

HERE = Path(__file__).resolve().parent
STORE = HERE / "mlflow.db"
ARTIFACTS = HERE / "mlruns"
GATE = ("-m", "pytest", "--mlflow-gate", "eval_gate.yaml")


class DifferentStoryError(Exception):
    """Something went otherwise than the README tells; the text says what."""


def main() -> int:
    """Tell the story on a fresh store; return the exit status, 1 where the story came out differently."""
    STORE.unlink(missing_ok=True)
    shutil.rmtree(ARTIFACTS, ignore_errors=True)
    try:
        tell()
    except DifferentStoryError as difference:
        print(f"\nThe demo went wrong: {difference}.", file=sys.stderr)
        return 1
    return 0


def tell() -> None:
    """Go through the steps; raise `DifferentStoryError` at the first that comes out differently."""
    heading("1. Train a model")
    good = train()

    heading("2. The gate judges it and promotes it")
    run(GATE, expected=0)
    check_registry(good)

    heading("3. Train on a broken export; the gate says no")
    degraded = train("--degraded")
    run(GATE, expected=1)
    print("\nExit status 1 is the expected result here: a CI job would stop before it deploys.")
    check_registry(good)

    heading("4. The registry")
    echo(("registry.py",))
    print_versions(registered())
    print(f"\nThe champion is still the first run. The degraded one, {degraded}, was never registered.")


def train(*options: str) -> str:
    """Train a model as one MLflow run and return the run's id."""
    command = ("train.py", *options)
    echo(command)
    training = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, *command],
        cwd=HERE,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(training.stdout, end="")
    if training.returncode != 0:
        raise DifferentStoryError(f"train.py ended with exit status {training.returncode}, expected 0")
    return training.stdout.splitlines()[-1]


def run(command: tuple[str, ...], *, expected: int) -> None:
    """Run Python with this *command* in this terminal; it has to end with the *expected* exit status."""
    echo(command)
    status = subprocess.run(  # noqa: S603 - pytest
        [sys.executable, *command], cwd=HERE, env=environment(), check=False
    ).returncode
    if status != expected:
        raise DifferentStoryError(f"the gate ended with exit status {status}, expected {expected}")


def check_registry(run_id: str) -> None:
    """Hold the registry to what it should have: one version, made of run *run_id*, and it is champion."""
    expected = [Version("1", run_id, ("champion",))]
    found = registered()
    if found != expected:
        raise DifferentStoryError(f"the registry has {found}, expected {expected}")


def registered() -> list[Version]:
    """Return what the demo's store has in its registry."""
    return versions(f"sqlite:///{STORE.as_posix()}")


def environment() -> dict[str, str]:
    """Return the environment without what would lead to another MLflow or change how pytest runs."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MLFLOW_") and name != "PYTEST_ADDOPTS"
    }
    # A plugin that shuffles tests, where it is installed, would have the checks in another order each time.
    return {**own, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTEST_ADDOPTS": "-p no:randomly"}


def heading(text: str) -> None:
    """Print the title of a step."""
    print(f"\n{text}\n{'=' * len(text)}")


def echo(command: tuple[str, ...]) -> None:
    """Print a command as one would type it, before anything that it prints itself."""
    print(f"\n$ python {' '.join(command)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
