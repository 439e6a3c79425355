"""The machine: a registry that lives on, one session after the other, and two judges who have to agree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from pytest_mlflow_gate.tracking.values import LoggedModel
from tests.fakes import MLMODEL, RUN
from tests.oracle import drawing, session, views
from tests.oracle.judge import judge
from tests.oracle.world import COPIES, MODELS, Run, World
from tests.soaking import count

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.oracle.drawing import Draft
    from tests.oracle.session import Outcome
    from tests.oracle.world import Gate, Line, Place

APPROVED_BY = "mlflow_gate.approved_by"


class Oracle(RuleBasedStateMachine):
    """A registry that lives on, two gate files, and one session after the other."""

    folder: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.store = session.NewestFirst()
        self.store.runs.clear()
        self.runs: dict[str, Run] = {}
        self.moves: dict[Place, int] = {}
        self.copies: set[tuple[str, str]] = set()
        self.gates: dict[str, Gate] = {}

    # The world

    @initialize(
        metrics=drawing.LOGGED,
        older=drawing.LOGGED,
        alpha=drawing.DRAFTS,
        beta=drawing.DRAFTS,
        champions=st.booleans(),
    )
    def begin(
        self,
        metrics: Mapping[str, float | None],
        older: Mapping[str, float | None],
        alpha: Draft,
        beta: Draft,
        *,
        champions: bool,
    ) -> None:
        """Have one run, two gates, and perhaps champions of an older run."""
        count("oracle examples")
        for run, changes in (("r0", older), ("r1", metrics)) if champions else (("r1", metrics),):
            self._put_run(run, Run({"accuracy": 0.95, "loss": 0.3, "f1": 0.9}, "FINISHED"))
            self.change_metrics(run, changes)
        for model in MODELS if champions else ():
            self.register_by_hand(model, "r0")
            self.set_alias_by_hand(model, "champion", "1")
        self.edit_gate("alpha", alpha)
        self.edit_gate("beta", beta)

    @rule(run=st.sampled_from(("r1", "r2")), metrics=drawing.LOGGED)
    def change_metrics(self, run: str, metrics: Mapping[str, float | None]) -> None:
        """Log other values; None takes a metric away."""
        if run in self.runs:
            changed = {**self.runs[run].metrics, **metrics}
            values = {name: value for name, value in changed.items() if value is not None}
            self._put_run(run, self.runs[run]._replace(metrics=values))

    @rule(metrics=drawing.LOGGED, status=drawing.STATUSES)
    def log_run(self, metrics: Mapping[str, float | None], status: str) -> None:
        """Log a newer run."""
        values = {name: value for name, value in metrics.items() if value is not None}
        self._put_run("r2", Run({**self.runs["r1"].metrics, **values}, status))

    @rule(run=st.sampled_from(("r1", "r2")), status=drawing.STATUSES)
    def end_run(self, run: str, status: str) -> None:
        """Have a run end otherwise."""
        if run in self.runs:
            self._put_run(run, self.runs[run]._replace(status=status))

    @rule(name=drawing.GATES, draft=drawing.DRAFTS)
    def edit_gate(self, name: str, draft: Draft) -> None:
        """Write a gate file anew, its limits near the values of the first run."""
        before = self.runs["r0"].metrics if "r0" in self.runs else {}
        self.gates[name] = draft.gate(name, self.runs["r1"].metrics, before)

    @rule(model=st.sampled_from(MODELS), run=st.sampled_from(("r1", "r1", "r2")))
    def register_by_hand(self, model: str, run: str) -> None:
        """Register a run's model."""
        if run in self.runs:
            number = str(self.store.newest.get(model, 0) + 1)
            self.store.add_version(model, number, source=f"models:/m-{run}", run_id=run)

    @rule(
        model=st.sampled_from((*MODELS, *COPIES)),
        alias=drawing.ALIASES,
        number=st.sampled_from(("1", "2", "3", None)),
    )
    def set_alias_by_hand(self, model: str, alias: str, number: str | None) -> None:
        """Point an alias elsewhere, or take it away."""
        if number in self.store.versions.get(model, {}):
            self.store.aliases[model][alias] = number
        elif number is None and model in self.store.aliases:
            self.store.aliases[model].pop(alias, None)

    @precondition(lambda self: self.store.versions)
    @rule(
        model=st.sampled_from(MODELS),
        number=st.sampled_from(("1", "2")),
        by=st.sampled_from(("ann", "bob", "")),
    )
    def approve(self, model: str, number: str, by: str) -> None:
        """Set the approval tag; an empty name is none."""
        if version := self.store.versions.get(model, {}).get(number):
            tags = {**version.tags, APPROVED_BY: by}
            self.store.versions[model][number] = version._replace(tags=tags)

    # The sessions

    @rule(line=drawing.PLAIN, again=st.booleans())
    def session(self, line: Line, again: bool) -> None:
        """Run a session of which nothing is wrong but, perhaps, the metrics."""
        status, promoted = self._run(line)
        if again and status == 0 and promoted and not judge(line, self.world).moved:
            before = list(self.store.writes)
            again_status, again_promoted = self._run(line)
            assert (again_status, again_promoted) == (status, promoted)
            assert self.store.writes == before

    @rule(line=drawing.TESTED)
    def session_with_tests(self, line: Line) -> None:
        """Run a session with all kinds of ordinary tests."""
        self._run(line)

    @rule(line=drawing.SELECTED)
    def session_of_a_selection(self, line: Line) -> None:
        """Run a session in another mode, or a part of one."""
        self._run(line)

    @rule(line=drawing.DISTURBED)
    def disturbed_session(self, line: Line) -> None:
        """Run a session in which another plugin interferes."""
        self._run(line)

    @rule(line=drawing.FAULTY)
    def faulty_session(self, line: Line) -> None:
        """Run a session in which one write goes wrong."""
        self._run(line)

    # The comparison

    @property
    def world(self) -> World:
        """What there is, as plain data."""
        approved = {
            (model, number)
            for model, versions in self.store.versions.items()
            for number, version in versions.items()
            if version.tags.get(APPROVED_BY, "").strip()
        }
        return World(
            self.runs,
            views.models(self.store),
            frozenset(approved),
            dict(self.moves),
            frozenset(self.copies),
            (self.gates["alpha"], self.gates["beta"]),
        )

    def _run(self, line: Line) -> tuple[int, frozenset[str]]:
        count("oracle sessions")
        before = self.world
        records = views.promotions(self.store)
        outcome = session.run(self.folder, self.store, line, before)
        after = views.models(self.store)
        rights = [
            judge(line, before, *failures, late=late)
            for failures in _failures(line, before, outcome)
            for late in ((False, True) if line.policy == "each" else (False,))
        ]
        moves = [right for right in rights if views.same(after, right.models)]
        if not moves:
            count("wrongful promotions")
        assert moves, f"{line}\n{after}\nis none of {[right.models for right in rights]}\n{outcome.printed}"
        right = next((right for right in moves if outcome.status in right.statuses), None)
        assert right, f"{line}\nended with {outcome.status}, right is {moves}\n{outcome.printed}"
        assert right.promoted or views.promotions(self.store) <= records, (
            f"recorded as promoted\n{outcome.printed}"
        )
        assert not (right.silent and outcome.writes), f"{line}\nwrote\n{outcome.printed}"
        twins = [
            (name, source)
            for name, source in views.sources(after)
            if views.sources(after).count((name, source))
            > max(1, views.sources(before.models).count((name, source)))
        ]
        assert not twins, f"{line}\nmade two versions of {twins}\n{outcome.printed}"
        for place, copied in right.moved:
            self.moves[place] = self.moves.get(place, 0) + 1
            self.copies |= {(place[0], copied)} if copied else set()
        assert views.recorded(self.store) == Counter(self.moves), f"{line}\n{outcome.printed}"
        return outcome.status, right.promoted

    def _put_run(self, run_id: str, run: Run) -> None:
        self.runs[run_id] = run
        known = self.store.runs.get(run_id, RUN)
        self.store.runs[run_id] = known._replace(
            run_id=run_id,
            metrics=run.metrics,
            status="FINISHED" if run.status == "deleted" else run.status,
            active=run.status != "deleted",
            model_ids=(f"m-{run_id}",),
        )
        self.store.models[f"m-{run_id}"] = LoggedModel(f"m-{run_id}", "model", run_id, ready=True)
        self.store.files[f"m-{run_id}"] = MLMODEL


def _failures(line: Line, before: World, outcome: Outcome) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Which gates may have failed to promote, and which to register: none, unless a write of the session failed."""
    if not outcome.faulted or not line.fault:
        return [(frozenset(), frozenset())]
    whole = frozenset(before.gates[index].name for index in line.asked)
    parts = [frozenset(), *(frozenset({name}) for name in whole), whole]
    # What MLflow refused was not done, and under `all` nothing may be left undone.
    surely = line.fault.kind == "rejected" and line.policy != "each"
    return [
        (failing, lost)
        for failing in parts[surely:]
        for lost in parts
        if lost <= (failing if line.policy == "each" or not failing else whole)
    ]
