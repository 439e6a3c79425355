"""
The record of decisions: tags below ``mlflow_gate.`` on model versions and runs.

What the last decision was stands in tags of its own (``mlflow_gate.verdict`` and so on), for people and for
MLflow's search. What ever moved stands in one tag for each move, ``mlflow_gate.decision.TIME``, as JSON that
is never changed afterwards: history and rollback read those. It is written before the move with a verdict
that says that it is under way, so that whoever finds it knows what a killed session was about to do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.checks.numbers import shown
from pytest_mlflow_gate.tracking.snapshot import Rival

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from pytest_mlflow_gate.promotion.provenance import Provenance
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

PREFIX = "mlflow_gate."
ENTRY = f"{PREFIX}decision."
VERDICT = f"{PREFIX}verdict"
GATE = f"{PREFIX}gate"
APPROVED_BY = f"{PREFIX}approved_by"
BASELINE_VERSION = f"{PREFIX}baseline_version"

LONGEST = 5000
"""
Most characters of a tag's value: MLflow 2 refuses longer ones on a model version, and SQL servers cut those
of a run after 8,000 without a word.
"""

Verdict = Literal["promoted", "rejected", "awaiting approval", "rolled back"]
Move = Literal["promoting", "promoted", "rolling back", "rolled back"]
_MOVES: tuple[Move, ...] = ("promoting", "promoted", "rolling back", "rolled back")
_NAME, _URL = 250, 500
_LONGEST = {"gate": _NAME, "by": _NAME, "approved_by": _NAME, "commit": _NAME, "job_url": _URL}
"""Most characters of what people and CI systems write; without checks an entry always fits."""
_OPTIONAL = (
    "alias",
    "stage",
    "previous_version",
    "baseline_version",
    "memory_version",
    "approved_by",
    "commit",
    "job_url",
    "run_id",
)


class Entry(NamedTuple):
    """
    One move of an alias or stage, as the version that it went to remembers it.

    Attributes:
        key: The tag's key, which holds the time at which the move began.
        verdict: What it is; ``promoting`` and ``rolling back`` did not come to their end (yet).
        time: When it began, ISO 8601, UTC.
        gate: The gate's name.
        model: The registered model whose alias or stage moved.
        version: The version that it moved to.
        alias: The alias, or None.
        stage: The legacy stage, or None.
        previous_version: The version that it moved from, or None.
        memory_version: The version that ``previous_alias`` pointed to before, or None.
        by: Who.
        approved_by: Who approved it, or None.
        commit: As in `Provenance`.
        job_url: As in `Provenance`.
        gate_sha256: Digest of the gate file.
        run_id: The candidate's run, or None where a person decided.
        checks: What was judged, a line for each, see `check_lines`.
        baseline_version: The version that the candidate was compared with, see `compared_with`, or None.
    """

    key: str
    verdict: Move
    time: str
    gate: str
    model: str
    version: str
    alias: str | None
    stage: str | None
    previous_version: str | None
    memory_version: str | None
    by: str
    approved_by: str | None
    commit: str | None
    job_url: str | None
    gate_sha256: str
    run_id: str | None
    checks: tuple[str, ...]
    baseline_version: str | None = None

    @property
    def target(self) -> tuple[str, str | None, str | None]:
        """What was moved: model, alias and stage."""
        return self.model, self.alias, self.stage

    def to_tag(self) -> str:
        """Return the tag's value, at most `LONGEST` characters; checks that do not fit are counted."""
        content = self._asdict()
        del content["key"]
        if self.baseline_version is None:
            del content["baseline_version"]
        content |= {name: content[name] and content[name][:most] for name, most in _LONGEST.items()}
        room = LONGEST - len(_json({**content, "checks": []}))
        return _json({**content, "checks": list(_fitting(self.checks, room))})


def entry_of(key: str, value: str) -> Entry:
    """
    Read one entry.

    Raises:
        ValueError: If it is none: anybody can write a tag.
    """
    try:
        entry = Entry(key=key, **json.loads(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"tag {key} is not one of this plugin's") from error
    if not _well_formed(entry):
        raise ValueError(f"tag {key} is not one of this plugin's")
    return entry._replace(checks=tuple(entry.checks))


def _well_formed(entry: Entry) -> bool:
    """Return whether every value is of the kind that it is said to be: JSON can hold anything."""
    content: dict[str, object] = entry._asdict()
    checks = content.pop("checks")
    texts = [value for name, value in content.items() if value is not None or name not in _OPTIONAL]
    return (
        isinstance(checks, list)
        and all(isinstance(value, str) for value in (*texts, *checks))
        and entry.verdict in _MOVES
        and bool(entry.model and entry.version)
    )


def check_lines(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return a line for each finding with value, limit and outcome; those that did not pass come first."""
    ordered = sorted(findings, key=lambda finding: finding.outcome == "passed")
    return tuple(_check_line(finding) for finding in ordered if finding.limit or finding.outcome != "passed")


def compared_with(snapshot: Snapshot, promotion: Promotion) -> str | None:
    """
    Return the baseline's version number, behind its model's name where that is another one.

    None where there was none, or none but the candidate itself.
    """
    if not isinstance(snapshot.baseline, Rival) or snapshot.baseline.is_candidate:
        return None
    version = snapshot.baseline.version
    return (
        version.version if version.model == promotion.target_model else f"{version.model}/{version.version}"
    )


def last_decision(  # noqa: PLR0913 - all that a decision is made of, the second half by name
    verdict: Verdict,
    gate: Gate,
    checks: Sequence[str],
    provenance: Provenance,
    *,
    time: str,
    reason: str | None = None,
    previous_version: str | None = None,
    baseline_version: str | None = None,
) -> dict[str, str | None]:
    """
    Return the tags that say what was decided last; None stands for a tag that is not to be there.

    Args:
        verdict: In one or two words.
        gate: The gate.
        checks: As in `Entry`.
        provenance: Who decided, and where.
        time: ISO 8601, UTC.
        reason: Why not, for a rejection.
        previous_version: The version that held the alias or stage before.
        baseline_version: As in `Entry`.
    """
    tags = {
        "verdict": verdict,
        "time": time,
        "gate": gate.name,
        "gate_sha256": gate.digest,
        "checks": "; ".join(_fitting(checks, LONGEST)) or None,
        "reason": reason,
        "previous_version": previous_version,
        "baseline_version": baseline_version,
        "commit": provenance.commit,
        "job_url": provenance.job_url,
        "by": provenance.by,
    }
    return {f"{PREFIX}{key}": value and value[:LONGEST] for key, value in tags.items()}


def decided(tags: Mapping[str, str]) -> dict[str, str]:
    """Return what of a version's or run's tags says what was decided, whoever did and whenever."""
    unstable = (ENTRY, f"{PREFIX}time", f"{PREFIX}by", f"{PREFIX}commit", f"{PREFIX}job_url", APPROVED_BY)
    return {
        key: value for key, value in tags.items() if key.startswith(PREFIX) and not key.startswith(unstable)
    }


def _check_line(finding: Finding) -> str:
    value = "" if finding.value is None else shown(finding.value)
    outcome: str = finding.outcome
    if finding.severity == "warn" and outcome != "passed":
        outcome = f"warn: {outcome}"
    return " ".join(filter(None, (finding.check, value, finding.limit, outcome)))


def _fitting(lines: Sequence[str], room: int) -> Iterator[str]:
    """Yield as many lines as *room* characters of JSON hold, and how many are left out."""
    sizes = [len(_json(line)) + 1 for line in lines]
    if sum(sizes) > room:
        room -= len(_json(_left_out(len(lines)))) + 1
    for index, (line, size) in enumerate(zip(lines, sizes, strict=True)):
        room -= size
        if room < 0:
            yield _left_out(len(lines) - index)
            return
        yield line


def _left_out(number: int) -> str:
    return f"... and {number} more, left out because MLflow keeps {LONGEST} characters"


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
