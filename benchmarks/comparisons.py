"""Ours against the others, in CPU seconds: (a) to (d) and (f)."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from measuring import Command, Series, side_by_side
from rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stage import Stage

    Progress = Callable[[str], None]

MODULES = "import json, sys, pytest; pytest.main(['-q', 'test_empty.py']); print(json.dumps([*sys.modules]))"
OURS = "pytest_mlflow_gate"


def without_the_option(stage: Stage, rounds: int, progress: Progress) -> Iterator[Row]:
    """(a) What the plugin costs a pytest run that has nothing to do with it."""
    absent = stage.pytest("test_empty.py")
    present = stage.pytest("test_empty.py", plugin=True)
    # Twice in each round, so that the noise of the machine is measured as the difference is.
    others, ours, others_again, ours_again = side_by_side(
        (absent, present, absent, present), rounds, progress
    )
    noise = _milliseconds(others_again) - _milliseconds(others)
    ours, others = ours.and_(ours_again), others.and_(others_again)
    more = _milliseconds(ours) - _milliseconds(others)
    what = "pytest without the option: plugin installed, not installed"
    yield Row("a", what, str(ours), str(others), f"{more:+.1f} ms cpu", "at most 2 ms", more <= 2)  # noqa: PLR2004
    yield Row("a", "  noise: not installed, not installed again", "", "", f"{noise:+.1f} ms cpu")
    foreign, builtin = _extra_modules(stage)
    names = f" ({', '.join(foreign)})" if foreign else ""
    figure = f"{len(foreign)} modules{names}"
    yield Row("a", "  third-party modules that are imported more", "", "", figure, "0", not foreign)
    yield Row("a", "  standard library modules that are imported more", "", "", f"{len(builtin)} modules")


def three_thresholds(stage: Stage, rounds: int, progress: Progress) -> Iterator[Row]:
    """(b), (c), (d) A gate of three thresholds against what one would have without the plugin."""
    judging = _gate(stage, stage.gate("judging", stage.three))
    by_gate = stage.registered_model("by-gate")
    stage.registered_model("by-script")
    promoting = _gate(stage, stage.gate("promoting", stage.three, promote=by_gate))
    bare = stage.pytest("test_empty.py")
    by_hand = stage.pytest("test_by_hand.py")
    script = stage.command("bash", "gate.sh")
    judged, promoted, empty = side_by_side((judging, promoting, bare), rounds, progress)
    what = "gate of 3 that judges, bare pytest with an empty test"
    yield _at_most("b", what, judged, empty, 1.5)
    ratio = _ratio(promoted.cpu, empty.cpu)
    what = "  gate of 3 that promotes (already champion), bare pytest"
    yield Row("b", what, str(promoted), str(empty), f"{ratio:.2f} x cpu")
    # The slow ones after the quick ones: seconds of another's work between two runs would cool the caches.
    judged, promoted, client, bash = side_by_side(
        (judging, promoting, by_hand, script), max(3, rounds // 3), progress
    )
    yield _at_least("c", "gate of 3 that judges, pytest file with MlflowClient", judged, client, 5)
    yield _at_least("d", "gate of 3 that promotes, bash script with MlflowClient", promoted, bash, 8)


def ten_thousand(stage: Stage, rounds: int, progress: Progress) -> Iterator[Row]:
    """(f) Thresholds by the thousand against Python tests by the thousand."""
    gate = _gate(stage, stage.gate("ten-thousand", stage.thresholds(10_000)))
    ours, tests = side_by_side((gate, stage.pytest("test_ten_thousand.py")), rounds, progress)
    yield _at_most("f", "gate of 10,000, 10,000 parametrized tests", ours, tests, 1.0)
    ratio = _ratio(ours.wall, tests.wall)
    # The wall holds the server's own time for a run of 10,000 metrics, which is not the gate's to save.
    yield Row("f", "  the same, with the time that the server takes to answer", "", "", f"{ratio:.2f} x wall")


def _gate(stage: Stage, path: Path) -> Command:
    return stage.pytest("--mlflow-gate", path.name, plugin=True)


def _extra_modules(stage: Stage) -> tuple[list[str], list[str]]:
    absent, present = (
        _imported(stage.command("python", "-c", MODULES, plugin=plugin)) for plugin in (False, True)
    )
    words = ("python", "-c", "import json, sys; print(json.dumps([*sys.stdlib_module_names]))")
    builtin = _imported(stage.command(*words))
    foreign = {name.partition(".")[0] for name in present - absent} - {OURS}
    own = {name for name in present - absent if name.partition(".")[0] in builtin}
    return sorted(foreign - builtin), sorted(own)


def _imported(command: Command) -> set[str]:
    done = subprocess.run(
        command.words,
        cwd=command.folder,
        env=dict(command.environment),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def _at_most(item: str, what: str, ours: Series, other: Series, limit: float) -> Row:
    ratio = _ratio(ours.cpu, other.cpu)
    return Row(
        item, what, str(ours), str(other), f"{ratio:.2f} x cpu", f"at most {limit:.1f}", ratio <= limit
    )


def _at_least(item: str, what: str, ours: Series, other: Series, limit: float) -> Row:
    less = 1 / _ratio(ours.cpu, other.cpu)
    return Row(
        item, what, str(ours), str(other), f"{less:.1f} x less cpu", f"at least {limit:g}", less >= limit
    )


def _ratio(ours: list[float], other: list[float]) -> float:
    """Return best against best: what others do on the machine adds to a time and takes nothing away."""
    return min(ours) / min(other)


def _milliseconds(series: Series) -> float:
    return 1000 * min(series.cpu)
