"""The way from a gate file to a `Gate`, or to all of its problems."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.baseline_section import check_baseline, read_baseline
from pytest_mlflow_gate.gatefile.binder import bind
from pytest_mlflow_gate.gatefile.candidate_section import read_candidate, read_replicates
from pytest_mlflow_gate.gatefile.declared import RUN_CHECK
from pytest_mlflow_gate.gatefile.item_names import item_text
from pytest_mlflow_gate.gatefile.places import value_of
from pytest_mlflow_gate.gatefile.problems import GateFileError, Problem, Problems, Unusable
from pytest_mlflow_gate.gatefile.promote_section import read_promotion
from pytest_mlflow_gate.gatefile.require_section import read_requirements
from pytest_mlflow_gate.gatefile.rule_section import read_rules
from pytest_mlflow_gate.gatefile.shapes import gate_section
from pytest_mlflow_gate.gatefile.threshold_section import Declared, read_thresholds
from pytest_mlflow_gate.gatefile.tree import parse
from pytest_mlflow_gate.gatefile.types import Gate
from pytest_mlflow_gate.gatefile.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_mlflow_gate.gatefile.language import Language
    from pytest_mlflow_gate.gatefile.layout import GateKeys
    from pytest_mlflow_gate.gatefile.types import Baseline, Candidate, Promotion, Replicates

    Change = Callable[[GateKeys, str], GateKeys]

DEFAULT_WAIT = 30.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Validation:
    """
    A gate file without problems, as far as this machine can tell.

    Attributes:
        checks: How many checks the gate has, the candidate's own included.
        unset: Names of the variables that the file needs and the environment does not have, sorted.
    """

    checks: int
    unset: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    """What could be read; a value that waits for a variable is missing."""

    keys: GateKeys
    name: str
    candidate: Candidate | None
    replicates: Replicates | None
    declared: Declared
    promotion: Promotion | None
    baseline: Baseline | None


def load(path: Path, *, language: Language, environ: Mapping[str, str], change: Change | None = None) -> Gate:
    """
    Return the gate in the file *path*.

    Args:
        path: The gate file.
        language: The conditions that a threshold may use, and what compiles rules.
        environ: Values for ``${VAR}``.
        change: Given the file's keys and the gate's name, returns the keys to go on with.

    Raises:
        GateFileError: With every problem of the file.
    """
    content = _read(path)
    problems = Problems()
    draft = _draft(path, content, language, Variables(environ), problems, change)
    if problems.found or draft.candidate is None:
        raise GateFileError(path, problems.found)
    file = draft.keys
    wait = value_of(file.wait)
    return Gate(
        name=draft.name,
        description=value_of(file.description),
        path=path,
        digest=hashlib.sha256(content).hexdigest(),
        tracking_uri=value_of(file.tracking_uri),
        registry_uri=value_of(file.registry_uri),
        wait=DEFAULT_WAIT if wait is None else wait,
        candidate=draft.candidate,
        checks=tuple(draft.declared.checks),
        promotion=draft.promotion,
        baseline=draft.baseline,
        replicates=draft.replicates,
        report=value_of(file.report) or "none",
    )


def validate(path: Path, *, language: Language, environ: Mapping[str, str]) -> Validation:
    """
    Check the file *path* as `load` does, except that a variable which is not set is no problem.

    Raises:
        GateFileError: With every problem of the file.
    """
    variables = Variables(environ, required=False)
    problems = Problems()
    draft = _draft(path, _read(path), language, variables, problems)
    if problems.found:
        raise GateFileError(path, problems.found)
    checks = 1 + len(draft.declared.checks) + draft.declared.unknown
    return Validation(checks, tuple(sorted(variables.unset)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        text = f"cannot be read ({cause}), check the path and its permissions"
        raise GateFileError(path, [Problem(1, text)]) from error


def _draft(  # noqa: PLR0913, PLR0917 - what a file is read with
    path: Path,
    content: bytes,
    language: Language,
    variables: Variables,
    problems: Problems,
    change: Change | None = None,
) -> _Draft:
    try:
        section = gate_section(language.conditions)
        file = bind(parse(_decode(content), problems), section, variables, problems)
    except Unusable as error:
        raise GateFileError(path, [*problems.found, error.problem]) from error
    candidate = read_candidate(file.candidate, problems)
    replicates = read_replicates(file.candidate)
    promotion = read_promotion(file.promote, problems) if file.promote else None
    name = _name(file, promotion, path)
    file = change(file, name) if change else file
    declared = _declared(file, language, problems)
    baseline = read_baseline(file.baseline, file.promote, promotion, declared.comparing, problems)
    check_baseline(baseline, candidate, problems)
    return _Draft(file, name, candidate, replicates, declared, promotion, baseline)


def _declared(file: GateKeys, language: Language, problems: Problems) -> Declared:
    declared = Declared(problems, lines={RUN_CHECK: file.candidate.line})
    candidate = file.candidate.value
    if candidate is not None and candidate.require:
        read_requirements(candidate.require, declared)
    if file.thresholds:
        replicates = candidate is not None and bool(candidate.replicates)
        read_thresholds(file.thresholds, language.conditions, declared, replicates=replicates)
    if file.rules:
        read_rules(file.rules, language, declared)
    if candidate and candidate.replicates and candidate.replicates.value and not declared.uses_replicates:
        text = "goes with a confidence without samples only, add one to a threshold or remove this"
        problems.add(candidate.replicates.line, "candidate.replicates", text)
    at = file.thresholds or file.rules
    if not at:
        problems.add(1, "", "missing key 'thresholds', add it (or rules)")
    elif not (value_of(file.thresholds) or value_of(file.rules)):
        where = "thresholds" if file.thresholds else "rules"
        if not problems.concern(where):
            problems.add(at.line, where, "is empty, add at least one entry")
    return declared


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{content[error.start]:02x}"
        raise Unusable(line, f"not UTF-8 (byte {byte}), save the file as UTF-8") from error


def _name(file: GateKeys, promotion: Promotion | None, path: Path) -> str:
    candidate = file.candidate.value
    named = (
        value_of(file.name),
        promotion and promotion.model,
        candidate and value_of(candidate.experiment),
        candidate and value_of(candidate.model),
    )
    name = next((name for name in named if name), path.stem)
    return item_text(name)
