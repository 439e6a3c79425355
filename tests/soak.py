"""Everything that tries to have a wrong model promoted, for as long as it takes: ``make soak``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
SUITES = ("oracle", "end_to_end/test_kills.py", "end_to_end/test_faults.py", "end_to_end/test_races.py")
FIGURES = ("routes tried", "oracle examples", "oracle sessions", "faults injected", "kills", "races")
WRONGFUL = "wrongful promotions"


def main() -> int:
    """Run the routes on every supported pytest and the rest on the installed one; return an exit status."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        figures.touch()
        environment = os.environ | {"MLFLOW_GATE_SOAK": str(figures)}
        nox = [sys.executable, "-m", "nox", "--session", "soak"]
        rest = [sys.executable, "-m", "pytest", "-n", "2", "-q", *(str(HERE / suite) for suite in SUITES)]
        started = time.monotonic()
        statuses = [
            subprocess.run(command, cwd=HERE.parent, env=environment, check=False).returncode
            for command in (rest, nox)
        ]
        counted = Counter[str]()
        for line in figures.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            counted[entry["figure"]] += entry["number"]
    print(f"\nsoak: {(time.monotonic() - started) / 60:.0f} minutes")
    for figure in (*FIGURES, WRONGFUL):
        print(f"{figure:>20}: {counted[figure]:,}")
    missing = [figure for figure in FIGURES if not counted[figure]]
    if missing:
        print(f"not counted at all: {', '.join(missing)}")
    return int(any(statuses) or bool(counted[WRONGFUL]) or bool(missing))


if __name__ == "__main__":
    sys.exit(main())
