"""Online arms: the probability that the candidate is the best, and what another arm might still gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks.condition import Condition, cannot_judge, described, found, rival_of
from pytest_mlflow_gate.checks.numbers import EXACT, exact, short, shown
from pytest_mlflow_gate.checks.posteriors import Arm, probability_best, value_remaining
from pytest_mlflow_gate.checks.reading import Unreadable, point
from pytest_mlflow_gate.gatefile.declared import Reading
from pytest_mlflow_gate.tracking.snapshot import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.checks.reading import Measured
    from pytest_mlflow_gate.gatefile.declared import Arms, Check
    from pytest_mlflow_gate.tracking.snapshot import Rival, Snapshot

_CANDIDATE = 0
_MOST = 2**53


class _NoArms(Exception):
    """A finding that is known before any probability is computed."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding.text)


def _best(check: Check, snapshot: Snapshot) -> Finding:
    return _judged(check, snapshot, "probability of being the best", probability_best, at_least=True)


def _remaining(check: Check, snapshot: Snapshot) -> Finding:
    what = "what another arm might still gain (95th percentile)"
    return _judged(check, snapshot, what, value_remaining, at_least=False)


def _judged(
    check: Check,
    snapshot: Snapshot,
    what: str,
    measure: Callable[[int, Sequence[Arm]], float],
    *,
    at_least: bool,
) -> Finding:
    requirement = f"{'>=' if at_least else '<='} {shown(check.limit)}"
    try:
        arms = _arms(check, snapshot)
    except _NoArms as known:
        return known.finding
    value = measure(_CANDIDATE, list(arms.values()))
    number = exact(value)
    margin = EXACT.subtract(*((number, check.limit) if at_least else (check.limit, number)))
    seen = ", ".join(f"{name} {arm.successes}/{arm.trials}" for name, arm in arms.items())
    said = short(value, margin)
    text = f"{said} {requirement} ({seen})"
    if margin < 0:
        text = f"{check.metric}: {what} is {said}, must be {requirement} ({seen})"
    return found(
        check,
        "passed" if margin >= 0 else "failed",
        text,
        value=value,
        limit=requirement,
        margin=margin,
        bound=check.limit,
        passes="above" if at_least else "below",
    )


def _arms(check: Check, snapshot: Snapshot) -> dict[str, Arm]:
    """Return the arms by name, the candidate's own first."""
    spec = check.arms
    if spec is None:
        raise TypeError(f"check {check.name} has no arms")
    rivals: dict[str, Rival] = {}
    baseline = rival_of(snapshot)
    if isinstance(baseline, Missing):
        raise _NoArms(cannot_judge(check, f"there is no baseline to compare with: {baseline.why}"))
    if isinstance(baseline, str) and not spec.aliases:
        raise _NoArms(found(check, "exempt", baseline))
    if not isinstance(baseline, str):
        rivals[described(baseline)] = baseline
    for alias in spec.aliases:
        arm = snapshot.arms[alias]
        if isinstance(arm, Missing):
            raise _NoArms(cannot_judge(check, f"arm @{alias}: {arm.why}"))
        rivals[f"@{alias}"] = arm
    runs = [snapshot.run.run_id, *(rival.run.run_id for rival in rivals.values())]
    if len(set(runs)) < len(runs):
        why = f"two of the arms are one run: {', '.join(('candidate', *rivals))}"
        raise _NoArms(cannot_judge(check, why, fix="move an alias"))
    try:
        arms = {"candidate": _counted(check.metric, spec, snapshot)}
        for name, rival in rivals.items():
            arms[name] = _counted(check.metric, spec, rival, f"{name}: ")
    except Unreadable as error:
        raise _NoArms(cannot_judge(check, error.why, fix=error.fix)) from None
    return arms


def _counted(metric: str, spec: Arms, measured: Measured, who: str = "") -> Arm:
    counts = []
    for name in (metric, spec.trials):
        about = who if name == metric else f"{who}trials {name}: "
        try:
            number = point(name, Reading(), measured).number
        except Unreadable as error:
            raise Unreadable(f"{about}{error.why}", error.value, error.fix) from None
        # Beyond these a float does not hold every whole number, so nothing can have been counted.
        if not 0 <= number <= _MOST or number != int(number):
            why = f"{about}it is {shown(number)}, must be a whole number from 0 to 2^53"
            raise Unreadable(why, number, "log a count")
        counts.append(int(number))
    successes, trials = counts
    if successes > trials:
        raise Unreadable(f"{who}it has {successes} successes out of {trials} trials", fix="log both again")
    return Arm(successes, trials)


CONDITIONS = (
    Condition(
        name="min_probability_best",
        description="How probable it has to be that the candidate's rate is the highest of all, e.g. 95%.",
        unit="share",
        needs=frozenset({"baseline", "trials"}),
        judge=_best,
    ),
    Condition(
        name="max_value_remaining",
        description="How much another arm might still gain over the candidate (95th percentile), e.g. 1%.",
        unit="share",
        needs=frozenset({"baseline", "trials"}),
        judge=_remaining,
    ),
)
