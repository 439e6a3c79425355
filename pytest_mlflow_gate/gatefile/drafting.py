"""The text of a new gate file, with a comment for all that was guessed."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.gatefile.declared import COHORT
from pytest_mlflow_gate.gatefile.directions import direction_of
from pytest_mlflow_gate.gatefile.item_names import check_name
from pytest_mlflow_gate.gatefile.proposing import ROOM, propose
from pytest_mlflow_gate.gatefile.scalars import has_control

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_mlflow_gate.gatefile.directions import Direction, Guess
    from pytest_mlflow_gate.gatefile.proposing import Proposal

_HEAD = """\
# yaml-language-server: $schema=gate.schema.json
# For editors, once: python -m pytest_mlflow_gate schema > gate.schema.json
#"""
_PROPOSED = "# It meets every limit. Each is a proposal: change what you know better."
_DIRECTIONS = "# up: more is better. down: less is better. Both were guessed from the metric's name."
_PLAIN = re.compile(r"[A-Za-z_/][\w./@-]*|[a-z][a-z0-9+]*://[\w./:@-]*[\w/]|\$\{\w+\}", re.ASCII)
# What some YAML reader takes for no text.
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_SURROGATE = re.compile("[\ud800-\udfff]")
_WIDEST = 40


class Basis(NamedTuple):
    """
    What a new gate file is made from.

    Attributes:
        tracking_uri: As it is to stand in the file, variables included; without credentials.
        registry_uri: The same, or None where it needs none.
        experiment: Experiment name.
        run: Name and id of the newest run, for people.
        metrics: Of each finished run, the newest first, at least one.
        model: Registered model name, or None for a gate that only judges.
        refusal: Why the newest run cannot be promoted, or None where it can.
    """

    tracking_uri: str
    registry_uri: str | None
    experiment: str
    run: str
    metrics: Sequence[Mapping[str, float]]
    model: str | None
    refusal: str | None


class Draft(NamedTuple):
    """
    A new gate file.

    Attributes:
        text: All of it.
        limits: Metrics that have a limit; without any the file cannot be used before somebody gives one.
        open: Metrics whose limit is commented out.
        left_out: Metrics that can have no limit.
    """

    text: str
    limits: tuple[str, ...]
    open: tuple[str, ...]
    left_out: tuple[str, ...]


class _Line(NamedTuple):
    """One metric: what the file says, and why."""

    metric: str
    entry: str
    comment: str
    active: bool


def draft(basis: Basis) -> Draft:
    """Return a gate file that the newest run passes, as long as it has a limit at all."""
    newest = basis.metrics[0]
    lines = tuple(_thresholds(basis.metrics))
    written = {line.metric for line in lines}
    left_out = {metric: _why(value) for metric, value in newest.items() if metric not in written}
    count = len(basis.metrics)
    made = "the only finished run" if count == 1 else f"the last {count} finished runs; the newest is"
    text = [
        _HEAD,
        f"# Written by python -m pytest_mlflow_gate init from {made}",
        f"# {_one_line(basis.run)}.",
        _PROPOSED,
        "",
        f"tracking_uri: {_scalar(basis.tracking_uri)}",
        *([f"registry_uri: {_scalar(basis.registry_uri)}"] if basis.registry_uri else []),
        "candidate:",
        f"  experiment: {_scalar(escaped(basis.experiment))}  # its newest run",
        "",
        _DIRECTIONS,
        "thresholds:",
        *_aligned(lines),
        *(f"# left out: {_one_line(metric)}, {why}" for metric, why in sorted(left_out.items())),
        "",
        *_promote(basis),
    ]
    return Draft(
        text="\n".join(text) + "\n",
        limits=tuple(line.metric for line in lines if line.active),
        open=tuple(line.metric for line in lines if not line.active),
        left_out=tuple(sorted(left_out)),
    )


def escaped(text: str) -> str:
    """Return *text* so that no variable is replaced in it."""
    return text.replace("${", "$${")


def writable(text: str) -> bool:
    """Return whether a gate file can hold *text* as a name."""
    return bool(text.strip()) and not has_control(text) and not _SURROGATE.search(text)


def _thresholds(runs: Sequence[Mapping[str, float]]) -> Iterator[_Line]:
    """Yield a line for each metric of the newest run that has a number and a name that can be written."""
    taken: set[str] = set()
    for metric, value in sorted(runs[0].items()):
        if not math.isfinite(value) or not writable(metric):
            continue
        values = [run[metric] for run in runs if math.isfinite(run.get(metric, math.nan))]
        line = _line(metric, values, direction_of(metric))
        name = check_name(metric, "", "fail")
        if line.active and (name in taken or COHORT in metric):
            why = "in reports it has the name of another" if name in taken else "its name stands for cohorts"
            line = line._replace(comment=f"{why}; {line.comment}", active=False)
        taken.add(name)
        yield line


def _line(metric: str, values: Sequence[float], guess: Guess) -> _Line:
    direction: Direction = "down" if guess == "down" else "up"
    proposal = propose(values, direction)
    past = _past(values)
    if proposal is None:
        symbol = "<=" if direction == "down" else ">="
        return _Line(metric, f'"{symbol} ..."', f"{past}, which gives no scale: write a limit", active=False)
    entry = f'"{proposal.condition}"'
    if guess == "count":
        return _Line(metric, entry, f"a count says little of quality; {past}", active=False)
    if guess == "unknown":
        other = propose(values, "down")
        instead = f'"{other.condition}"' if other else "<="
        comment = f"which way is better? if down: {instead}; {past}"
        return _Line(metric, entry, comment, active=False)
    return _Line(metric, entry, f"{guess}; {past}, {_room(proposal, len(values))}", active=True)


def _past(values: Sequence[float]) -> str:
    now, count = _shown(values[0]), len(values)
    if count == 1:
        return f"{now} in one run"
    least, most = min(values), max(values)
    if least == most:
        return f"{now} in each of {count} runs"
    return f"{now} now, {_shown(least)} to {_shown(most)} in {count} runs"


def _room(proposal: Proposal, count: int) -> str:
    return f"{ROOM} % of room" if proposal.has_room else f"{proposal.passing} of {count} pass"


def _aligned(lines: Sequence[_Line]) -> Iterator[str]:
    entries = [f"  {'' if line.active else '# '}{_scalar(line.metric)}: {line.entry}" for line in lines]
    width = min(max(map(len, entries), default=0), _WIDEST)
    for line, entry in zip(lines, entries, strict=True):
        yield f"{entry.ljust(width)}  # {line.comment}"


def _why(value: float) -> str:
    if math.isnan(value):
        return "its value is NaN"
    if math.isinf(value):
        return "its value is infinite"
    return "a gate file cannot hold its name"


def _promote(basis: Basis) -> Iterator[str]:
    off = "" if basis.model and not basis.refusal else "# "
    if basis.refusal:
        yield f"# Not promoted yet: {_one_line(basis.refusal)}."
    if off:
        yield "# To promote runs that pass, take the # away from the lines below."
    yield f"{off}promote:"
    yield f"{off}  model: {_scalar(escaped(basis.model or 'my-model'))}"
    yield f"{off}  alias: champion"


def _shown(value: float) -> str:
    return f"{value:.6g}"


def _scalar(text: str) -> str:
    """Return *text* as YAML that every reader takes for this text, with quotes where one might not."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return f'"{"".join(map(_quotable, text))}"'


def _quotable(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
