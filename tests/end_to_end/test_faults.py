"""Each request of a promoting session meets each fault of a network: nothing wrong, nothing twice, one clear line."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking import retry
from tests.end_to_end.scenes import COPY, NEXT, Scene, Scenery
from tests.faultproxy import FAULTS, LATE_SECONDS, faulty
from tests.registry import difference
from tests.seeding import RestSeeder
from tests.soaking import SOAK, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.end_to_end.conftest import Project
    from tests.end_to_end.scenes import Promotion
    from tests.faultproxy import FaultProxy
    from tests.registry import Facts

OUTCOMES = ("PROMOTED", "NOT PROMOTED", "PROMOTION FAILED")

REGISTERED = ("model ", "run of version ", "source of version ", "stage of version ")
"""Facts about a version that was only registered."""

TOTAL_SECONDS = 3.0
"""In place of the plugin's own bound for one question, and longer than the pause that a 429 asks for."""

LATE_TOTAL_SECONDS = LATE_SECONDS / 2
"""The same, where every answer has to come too late."""

LONGEST = 40.0
"""Seconds within which a session must have ended, on a machine that does much else."""

FOR_GOOD = ["refused", "503", "lost-answer"]
"""What is tried on a request and on all that follow it; on one request alone every fault is."""

PROMOTIONS = {"alias": NEXT} | ({"copy": COPY} if SOAK else {})


@dataclass(frozen=True)
class Session:
    """
    One session with the gate, and what it left behind.

    Attributes:
        status: Its exit status.
        lines: What it printed.
        promoted: What the decision file says.
        seconds: How long it took.
        left: What registry and run hold.
    """

    status: int
    lines: Sequence[str]
    promoted: bool
    seconds: float
    left: Facts

    def names(self, step: str) -> bool:
        """Return whether it says of a step that it could not be put back."""
        return any(
            step in line.partition(": ")[0] for line in self.lines if line.startswith("  could not put back ")
        )


def run(project: Project, scene: Scene) -> Session:
    """Run the gate of *scene*."""
    began = time.monotonic()
    result = project.run("--mlflow-gate-decision=decision.json")
    seconds = time.monotonic() - began
    decision = json.loads((project.path / "decision.json").read_text(encoding="utf-8"))
    return Session(
        status=int(result.ret),
        lines=[*result.outlines, *result.errlines],
        promoted=bool(decision["promoted"]),
        seconds=seconds,
        left=scene.facts(),
    )


def run_with(
    fault: str,
    number: int,
    *,
    for_good: bool,
    project: Project,
    scene: Scene,
    proxy: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> Session:
    """Run the gate of *scene* while a fault hits the request with this *number*."""
    with monkeypatch.context() as shortened:
        shortened.setattr(retry, "TOTAL_SECONDS", LATE_TOTAL_SECONDS if fault == "late" else TOTAL_SECONDS)
        shortened.setattr(retry, "FIRST_PAUSE", 0.02)
        proxy.spoil(FAULTS[fault], number, for_good=for_good)
        try:
            return run(project, scene)
        finally:
            proxy.heal()
            count("faults injected")


def wrongs(session: Session, scene: Scene) -> Iterator[str]:
    """Yield what must not be after a session with a fault."""
    for model in {scene.model, scene.target}:
        if len(versions := scene.versions(session.left, model)) > 1:
            yield f"{versions} are versions of the run"
    if session.promoted != (session.status == 0):
        yield f"exit {session.status}, and the decision says promoted: {session.promoted}"
    champion = session.left.get(f"@champion of {scene.target}")
    moved = champion in scene.versions(session.left, scene.target)
    if moved != session.promoted and not session.names(f"@champion of {scene.target}"):
        count("wrongful promotions")
        yield f"exit {session.status}, and @champion is {champion}"
    if session.status and (changed := leftovers(session, scene)):
        yield f"neither put back nor named: {changed}"
    outcomes = [line for line in session.lines if line.startswith(OUTCOMES)]
    if len(outcomes) != 1 or (session.status and scene.uri not in outcomes[0]):
        yield f"no one clear line: {outcomes}"
    if any(word in line for line in session.lines for word in ("Traceback", "INTERNALERROR")):
        yield "a traceback:\n" + "\n".join(session.lines)
    if session.seconds > LONGEST:
        yield f"it took {session.seconds:.1f} s"


def leftovers(session: Session, scene: Scene) -> Facts:
    """Return what changed and is not named, beyond a version without tags that the next session will find."""
    changed = difference(scene.before, session.left)
    return {
        fact: text
        for fact, text in changed.items()
        if not (fact.startswith(REGISTERED) and text.startswith("nothing ->"))
        and not session.names(step_of(fact))
    }


def step_of(fact: str) -> str:
    """Return which words the line about a fact has that could not be put back."""
    kind, _, where = fact.partition(" of ")
    version = re.fullmatch(r"version (\d+) of (.+)", where)
    match kind, version:
        case "stage", re.Match():
            return f"of {version[2]} to stage"
        case _, re.Match():
            return f"of {version[2]} version {version[1]}"
    # Both aliases are one step.
    return f"@champion of {where}" if fact.startswith("@") else f"of {where}"


@pytest.fixture(scope="module")
def scenery(mlflow_server: str) -> Scenery:
    """Return what all scenes share."""
    return Scenery(RestSeeder(mlflow_server))


def chosen(requests: Sequence[str], fault: str, *, for_good: bool) -> list[int]:
    """Return which requests meet *fault*: once, the first of each kind, all in a soak; for good, every third."""
    if for_good:
        return [
            number for number in range(1, len(requests) + 1) if (number + [*FAULTS].index(fault)) % 3 == 0
        ]
    kinds = [request.partition("?")[0] for request in requests]
    return [number for number, kind in enumerate(kinds, 1) if SOAK or kinds.index(kind) == number - 1]


@pytest.mark.parametrize("promotion", PROMOTIONS.values(), ids=PROMOTIONS)
@pytest.mark.parametrize(
    ("fault", "for_good"),
    [
        *(pytest.param(name, False, id=f"{name}-once") for name in FAULTS),
        *(pytest.param(name, True, id=f"{name}-for-good") for name in FOR_GOOD),
    ],
)
def test_faults(
    project: Project,
    scenery: Scenery,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    for_good: bool,
    promotion: Promotion,
) -> None:
    """Whichever request it hits: green and promoted, or red and put back; then the same command promotes."""
    found = []
    with faulty(scenery.seed.uri) as proxy:
        clean = Scene(project, scenery, proxy.url, promotion)
        undisturbed = run(project, clean)
        assert undisturbed.status == 0, undisturbed.lines
        expected = clean.comparable(undisturbed.left)
        requests = [f"{arrived.method} {arrived.target}" for arrived in proxy.arrived]
        for number in chosen(requests, fault, for_good=for_good):
            scene = Scene(project, scenery, proxy.url, promotion)
            session = run_with(
                fault,
                number,
                for_good=for_good,
                project=project,
                scene=scene,
                proxy=proxy,
                monkeypatch=monkeypatch,
            )
            bad = [*wrongs(session, scene)]
            if session.status:
                session = run(project, scene)
            if session.status:
                bad.append(f"the next session does not promote: {session.lines}")
            if other := difference(expected, scene.comparable(session.left)):
                bad.append(f"it ends with {other}")
            found += [f"{fault} at request {number}, {requests[number - 1]}: {text}" for text in bad]
    assert not found, "\n".join(found)
