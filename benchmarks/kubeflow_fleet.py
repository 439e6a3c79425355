"""
Many gates as components of one Kubeflow pipeline, by KFP's local runner: not a part of ``make bench``.

``PYTHONPATH=. .venv/bin/python benchmarks/kubeflow_fleet.py 200`` takes twenty minutes on two cores. Every
tenth gate has a run that is not good enough.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from integration_tests.environments import build_wheel, environment
from integration_tests.local_runner import Kubeflow, seeded_gate
from tests.seeding import RestSeeder
from tests.servers import THIS_PYTHON, Backends


def main(gates: int) -> int:
    """Run the example's ``gated_fleet``, print how long it took, and return the exit status."""
    backends = Backends.create()
    try:
        server = backends.serve(THIS_PYTHON, "fleet")
        seed = RestSeeder(server)
        files = [seeded_gate(seed, 0.95 if number % 10 else 0.8)[0] for number in range(gates)]
        with tempfile.TemporaryDirectory() as folder:
            own = environment("kubeflow", build_wheel(Path(folder)))
            began = time.perf_counter()
            execution = Kubeflow(own, server, Path(folder)).execute("gated_fleet", gate_files=files)
            seconds = time.perf_counter() - began
    finally:
        backends.remove()
    if execution.status:
        print(execution.output, file=sys.stderr)
    print(f"{gates} gates, {len(execution.deployed)} promoted and deployed, in {seconds:.0f} s")
    return execution.status


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
