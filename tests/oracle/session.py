"""Runs the whole plugin in this process, quickly: a bare pytest session with nothing in it but a gate."""

from __future__ import annotations

import contextlib
import io
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest
from _pytest.fixtures import FixtureManager

from pytest_mlflow_gate import plugin
from pytest_mlflow_gate.pytest_glue import candidates
from pytest_mlflow_gate.tracking.store import Rejected, Unreachable
from tests.fakes import FakeStore
from tests.oracle import mishaps
from tests.oracle.registry import moved_by_hand
from tests.oracle.world import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import Run
    from tests.oracle.world import Fault, Gate, Line, World

TESTS_FILE = mishaps.TESTS_FILE
_UNUSED = (
    *(
        "cacheprovider",
        "capture",
        "debugging",
        "doctest",
        "faulthandler",
        "junitxml",
        "legacypath",
        "logging",
    ),
    *(
        "monkeypatch",
        "pastebin",
        "python",
        "recwarn",
        "setuponly",
        "setupplan",
        "stepwise",
        "threadexception",
    ),
    *("tmpdir", "unittest", "unraisableexception"),
)
_NEEDED = {
    "--lf": ("cacheprovider",),
    "--sw": ("cacheprovider", "stepwise"),
    "--setup-only": ("setuponly", "setupplan"),
    "--setup-plan": ("setuponly", "setupplan"),
}


class Outcome(NamedTuple):
    """What came of a session: the exit status, what it printed, how much it wrote, whether its fault occurred."""

    status: int
    printed: str
    writes: int
    faulted: bool


class NewestFirst(FakeStore):
    """The store in memory, whose search has the order that MLflow's has."""

    def search_runs(
        self, experiment_id: str, *, filter_string: str, order_by: Sequence[str], page_size: int
    ) -> Iterator[Run]:
        runs = super().search_runs(
            experiment_id, filter_string=filter_string, order_by=order_by, page_size=page_size
        )
        yield from reversed(tuple(runs))


class Wire:
    """The way to the store, on which one write may get lost, or its answer."""

    def __init__(self, store: FakeStore, fault: Fault | None) -> None:
        self.store = store
        self.fault = fault
        self.writes = 0
        self.faulted = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        if not name.startswith(("create_", "set_", "delete_")):
            return method

        def write(*args: object, **kwargs: object) -> object:
            self.writes += 1
            if not self.fault or self.fault.write != self.writes:
                return method(*args, **kwargs)
            self.faulted = True
            if self.fault.kind == "rejected":
                raise Rejected("fake://store: read-only for a moment")
            if self.fault.kind == "lost":
                method(*args, **kwargs)
            raise Unreachable("fake://store: no answer")

        return write


def run(folder: Path, store: FakeStore, line: Line, world: World) -> Outcome:
    """Run one session in *folder*, whose gate files are written anew."""
    for gate in world.gates:
        (folder / gate.file).write_text(text_of(gate), encoding="utf-8")
    shutil.rmtree(folder / ".pytest_cache", ignore_errors=True)
    wire = Wire(store, line.fault)
    printed = io.StringIO()
    plugins = [plugin, mishaps.OrdinaryTests(line.tests), *_disturbance(line, world, folder, store)]
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(printed):
        patched.setattr(candidates, "open_store", lambda *_: cast("Store", wire))
        patched.chdir(folder)
        # Looking for fixtures in each plugin takes a fifth of a session, and nothing here has any.
        patched.setattr(FixtureManager, "parsefactories", lambda *_, **__: None)
        with contextlib.redirect_stderr(printed):
            try:
                status = int(pytest.main(_arguments(line, world.gates), plugins))
            except OSError:  # another plugin's, which ends the process with a traceback
                status = 1
    return Outcome(status, printed.getvalue(), wire.writes, wire.faulted)


def _arguments(line: Line, gates: tuple[Gate, ...]) -> list[str]:
    unused = [name for name in _UNUSED if name not in _NEEDED.get(line.flag or "", ())]
    arguments = ["-c", "pytest.ini", "--rootdir=.", "--assert=plain", "-q", "-W", "default"]
    arguments += [argument for name in unused for argument in ("-p", f"no:{name}")]
    arguments += [argument for index in line.asked for argument in ("--mlflow-gate", gates[index].file)]
    narrowed = _node_id(line, gates, line.narrowed)
    paths = [gates[index].file for index in line.explicit]
    if narrowed:
        paths = [path for path in paths if not narrowed.startswith(path)] + [narrowed]
    arguments += [*([mishaps.TESTS_FILE] if line.tests else []), *paths]
    arguments += ["--mlflow-gate-promote", line.policy] if line.policy else []
    arguments += ["--mlflow-gate-run", line.run] if line.run else []
    arguments += ["-k", line.keyword] if line.keyword else []
    arguments += ["--deselect", deselected] if (deselected := _node_id(line, gates, line.deselected)) else []
    return arguments + (line.flag.split() if line.flag else [])


def _node_id(line: Line, gates: tuple[Gate, ...], number: int | None) -> str | None:
    found = line.check(gates, number)
    return f"{found[0]}_gate.yaml::{found[0]}::{found[1]}" if found else None


def _disturbance(line: Line, world: World, folder: Path, store: FakeStore) -> Iterator[object]:
    if line.mishap is None:
        return
    target = str(_node_id(line, world.gates, line.mishap.at))
    name, _, _ = target.partition("_gate.yaml")
    gate = next(gate for gate in world.gates if gate.name == name)

    def edit() -> None:
        (folder / gate.file).write_text(f"{text_of(gate)}# edited\n", encoding="utf-8")

    def move() -> None:
        for model, now in moved_by_hand(world.models, gate).items():
            store.aliases[model] = dict(now.aliases)

    make: dict[str, Callable[[], object]] = {
        "report-passed": lambda: mishaps.ReportPassed(target),
        "report-skipped": lambda: mishaps.ReportSkipped(target),
        "item-skipped": lambda: mishaps.ItemSkipped(target),
        "item-xfail": lambda: mishaps.ItemXfail(target),
        "item-dropped": lambda: mishaps.ItemDropped(target),
        "runtest-replaced": lambda: mishaps.RuntestReplaced(target),
        "status-3": lambda: mishaps.Status(3),
        "status-0": lambda: mishaps.Status(0),
        "no-failures-counted": mishaps.NoFailuresCounted,
        "status-late": mishaps.StatusLate,
        "finish-raises": mishaps.FinishRaises,
        "unconfigure-raises": mishaps.UnconfigureRaises,
        "file-edited": lambda: mishaps.Meanwhile(edit),
        "alias-moved": lambda: mishaps.Meanwhile(move),
    }
    yield make[line.mishap.kind]()
