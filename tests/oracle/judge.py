"""
The second judge: what a session has to come to, said once more and in another way than the product says it.

Nothing of the product's checks and promotion is imported here. Numbers are fractions of what MLflow shows.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tests.oracle.comparing import compares_with_itself, excused, meets
from tests.oracle.registry import (
    approved,
    mere_copy,
    moved_by_hand,
    promote,
    register,
    use_up_a_number,
    without_tags,
)
from tests.oracle.world import CHANGES, NO_MODEL, TESTS_THAT_FAIL, TESTS_THAT_STOP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.oracle.world import Condition, Gate, Line, Model, Place, Target, World

RUN_CHECK = "candidate[run]"
SPOILING = (
    "item-skipped",
    "item-xfail",
    "item-dropped",
    "runtest-replaced",
    "report-skipped",
    "file-edited",
)
HIDING = (*SPOILING[:-1], "report-passed")
TURNING_RED = {"status-3": 3, "status-late": 3, "finish-raises": 1, "unconfigure-raises": 1}
STATUS_OF = {"test_interrupt": 2, "test_exit": 0}
NOT_RUNNING = ("--setup-only", "--setup-plan")
NEVER_PROMOTING = (*NOT_RUNNING, "--lf", "--sw")


Ready = tuple["Gate", "Target", tuple[str, str | None]]


class Expected(NamedTuple):
    """
    What a session has to come to.

    Attributes:
        statuses: The exit statuses that are right.
        promoted: Names of the gates whose candidate is promoted.
        models: The registry afterwards.
        moved: The places to which something moved, one for each gate, and the version that a mere copy is;
            a mere copy that another gate made is the gate's own the first time.
        silent: Whether not even the run may be written on: nobody asked, or the session was partial or broke.
    """

    statuses: frozenset[int]
    promoted: frozenset[str]
    models: Mapping[str, Model]
    moved: tuple[tuple[Place, str | None], ...] = ()
    silent: bool = True


class Course(NamedTuple):
    """
    How a session goes until it is time to promote.

    Attributes:
        broken: The gates that may not be promoted; None stands for all of them.
        statuses: The exit statuses that are right where no promotion is asked for.
        partial: Whether checks were left out, or the session did not come to its end.
    """

    broken: set[str | None]
    statuses: set[int]
    partial: bool


def holds(condition: Condition, metrics: Mapping[str, float]) -> bool:
    """Whether a condition is met; what is missing, NaN or infinite meets none."""
    value = metrics.get(condition.metric)
    if value is None or not math.isfinite(value):
        return False
    exact, limit = Fraction(repr(value)), Fraction(condition.limit)
    match condition.key:
        case "min":
            return exact >= limit
        case "above":
            return exact > limit
        case "max":
            return exact <= limit
        case "below":
            return exact < limit
        case _:
            return abs(exact - limit) <= Fraction(condition.tolerance or "0")


def contradictory(gate: Gate) -> bool:
    """Whether no value meets all conditions of one severity on one metric."""
    bounds = [each for each in gate.conditions if each.key not in CHANGES]
    for metric, severity in {(each.metric, each.severity) for each in bounds}:
        ends = [each for each in bounds if (each.metric, each.severity) == (metric, severity)]
        lower, upper = [], []
        for each in ends:
            limit, reach = Fraction(each.limit), Fraction(each.tolerance or "0")
            if each.key in ("min", "above", "equals"):
                lower.append((limit - reach, each.key == "above"))
            if each.key in ("max", "below", "equals"):
                upper.append((limit + reach, each.key == "below"))
        if any(low > high or (low == high and (o or u)) for low, o in lower for high, u in upper):
            return True
    return False


def candidate_of(gate: Gate, world: World, run_option: str | None = None) -> tuple[str, str | None] | None:
    """Return the id of the run under test and the version that was named, or None where there is none."""
    way, value = gate.candidate
    version = None
    if gate.candidate == ("experiment", "chum"):
        return None
    if run_option and way in ("run_id", "experiment"):
        way, value = "run_id", run_option
    if way == "experiment":
        value = next((run for run in reversed(tuple(world.runs)) if world.runs[run].status != "deleted"), "")
    elif way == "model_id":
        value = value.removeprefix("m-")
    elif way == "alias":
        model = world.models.get(value, NO_MODEL)
        version = model.aliases.get("challenger")
        value = (version and model.versions[version].run) or ""
    return (value, version) if value in world.runs and world.runs[value].status == "FINISHED" else None


def judge(
    line: Line,
    world: World,
    failing: frozenset[str] = frozenset(),
    lost: frozenset[str] = frozenset(),
    *,
    late: bool = False,
) -> Expected:
    """
    Say what has to come of a session.

    Args:
        line: The session.
        world: Where it begins.
        failing: The gates whose promotion fails because a write did.
        lost: The gates for which not even a version is registered because of that.
        late: Whether those that fail do so after their copy was made, which is then taken away.
    """
    gates = [world.gates[index] for index in (*line.asked, *line.explicit)]
    wanting = [world.gates[index] for index in line.asked if world.gates[index].target]
    kind = line.mishap.kind if line.mishap else ""
    wrong = any(contradictory(gate) or compares_with_itself(gate) for gate in gates)
    if wrong or _clash(gates) or (line.run and not any(map(_by_run, gates))):
        return Expected(frozenset({1 if kind == "unconfigure-raises" else 4}), frozenset(), world.models)
    if line.flag == "--collect-only":
        return Expected(frozenset({0}), frozenset(), world.models)
    hit = line.check(world.gates, line.mishap.at if line.mishap else None)
    broken, statuses, partial = _course(line, world, gates, kind, hit)
    silent = line.policy == "never" or not wanting or (partial and (line.policy != "each" or len(gates) == 1))
    models = world.models
    refused: set[str] = set()
    if kind == "alias-moved" and hit:
        models = moved_by_hand(models, next(gate for gate in gates if gate.name == hit[0]))
        refused = {hit[0]} if models != world.models else set()
    promoted: set[str] = set()
    moved: list[tuple[Place, str | None]] = []
    ready, awaiting = _ready(line, world, broken, refused)
    for gate, target, found in ready:
        if gate.name not in lost:
            models = register(target, gate, found, models)
    for gate, target, found in ready if line.policy == "each" or not failing else ():
        if late and gate.name in failing and target.copy_to:
            models = use_up_a_number(target, gate, found, models)
        if gate.name not in awaiting | failing:
            before, models = models, promote(target, gate, found, models)
            promoted.add(gate.name)
            moved += _moved(target, gate, found, before, models, world)
    if line.policy != "never" and promoted != {gate.name for gate in wanting}:
        statuses = {status or 1 for status in statuses}
    return Expected(frozenset(statuses), frozenset(promoted), models, tuple(moved), silent)


def _moved(
    target: Target,
    gate: Gate,
    found: tuple[str, str | None],
    before: Mapping[str, Model],
    models: Mapping[str, Model],
    world: World,
) -> list[tuple[Place, str | None]]:
    """Return the place to which a promotion moved something, and nothing for what was there already."""
    copied = mere_copy(target, gate, found, models)
    unknown = copied is not None and (target.home, copied) not in world.copies
    return [(target.place, copied)] if unknown or without_tags(before) != without_tags(models) else []


def _ready(
    line: Line, world: World, broken: set[str | None], refused: set[str]
) -> tuple[list[Ready], set[str]]:
    """Return the gates whose candidates are registered, and the names of those that go no further without a human."""
    if line.policy == "never" or None in broken or (line.policy != "each" and broken):
        return [], set()
    gates = [world.gates[index] for index in line.asked]
    ready = [
        (gate, gate.target, found)
        for gate in gates
        if gate.target and gate.name not in broken and (found := candidate_of(gate, world, line.run))
    ]
    awaiting = {gate.name for gate, target, found in ready if not approved(target, gate, found, world)}
    if line.policy == "each":
        return [each for each in ready if each[0].name not in refused], awaiting
    if refused & {gate.name for gate, _, _ in ready}:
        return [], awaiting
    return [each for each in ready if not awaiting or each[0].name in awaiting], awaiting


def _course(line: Line, world: World, gates: list[Gate], kind: str, target: tuple[str, str] | None) -> Course:
    broken: set[str | None] = set()
    red: set[tuple[str, str]] = set()
    chosen = hidden = partial = False
    for gate in gates:
        found = candidate_of(gate, world, line.run)
        metrics = world.runs[found[0]].metrics if found else {}
        free = (
            {each.check for each in gate.conditions if each.key in CHANGES}
            if found and excused(gate, found, world)
            else set()
        )
        unmet = {
            each.check: each
            for each in gate.conditions
            if each.check not in free
            and not (meets(each, gate, metrics, world) if each.key in CHANGES else holds(each, metrics))
        }
        failing = (
            {check for check, each in unmet.items() if each.severity == "fail"} if found else {RUN_CHECK}
        )
        broken |= {gate.name} if failing else set()
        hidden |= bool(failing)
        failing |= unmet.keys() if found and line.flag == "-W error" else set()
        for check in gate.checks:
            if not _chosen(gate, check, line, world):
                broken.add(gate.name)
                partial = True
                continue
            chosen = True
            # What is skipped anyway cannot be made to be.
            hit = target == (gate.name, check) and not (kind == "report-skipped" and check in free)
            broken |= {gate.name} if check in failing or (hit and kind in SPOILING) else set()
            red |= {(gate.name, check)} if check in failing and not (hit and kind in HIDING) else set()
    tests = [test for test in line.tests if _matches(test, line.keyword)]
    empty = not chosen and not tests
    if line.flag in NOT_RUNNING:
        red, tests = set(), [test for test in tests if test in ("test_setup_error", "test_teardown_error")]
    bad_tests = [test for test in tests if test in TESTS_THAT_FAIL]
    stops = [test for test in tests if test in TESTS_THAT_STOP]
    failed = bool(red or bad_tests)
    # A gate that only judges may or may not speak of a failure that the session did not select.
    statuses = {1} if failed else {0, *([5] * empty), *([1] * hidden)}
    if stops:
        statuses = {STATUS_OF[test] for test in stops} | ({1} if line.flag and bad_tests else set())
    if failed and line.flag == "--sw":
        # What stops the session may come before the failure.
        statuses = {2} | (statuses if stops else set())
    if kind in ("status-0", "no-failures-counted"):
        statuses = {0, *([1] * hidden)}
    if kind in TURNING_RED:
        statuses = {TURNING_RED[kind]}
    stopped = failed and line.flag in ("-x", "--maxfail=1")
    ended_early = bool(stops) or stopped or line.flag in NEVER_PROMOTING
    if ended_early or bad_tests or "test_xpass" in tests or kind in TURNING_RED:
        broken.add(None)
    return Course(broken, statuses, partial or ended_early or kind == "finish-raises")


def _chosen(gate: Gate, check: str, line: Line, world: World) -> bool:
    here = (gate.name, check)
    narrowed = line.check(world.gates, line.narrowed)
    return (
        _matches(check, line.keyword)
        and line.check(world.gates, line.deselected) != here
        and (narrowed is None or narrowed[0] != gate.name or narrowed == here)
    )


def _matches(name: str, keyword: str | None) -> bool:
    term = (keyword or "").removeprefix("not ")
    return (term in name) != (keyword or "").startswith("not ")


def _by_run(gate: Gate) -> bool:
    return gate.candidate[0] in ("run_id", "experiment")


def _clash(gates: list[Gate]) -> bool:
    places = [place for gate in gates if gate.target for place in _places(gate.target)]
    return len(places) > len(set(places))


def _places(target: Target) -> set[tuple[str, str]]:
    places = {target.alias, target.previous_alias, target.stage} - {None}
    return {(target.home, str(place)) for place in places or {"a copy"}}
