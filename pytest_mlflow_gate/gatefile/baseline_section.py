"""What the candidate is compared with, as written or as it follows from where the candidate goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.places import At, value_of
from pytest_mlflow_gate.gatefile.types import Baseline, RegisteredVersion

if TYPE_CHECKING:
    from msgspec import UnsetType

    from pytest_mlflow_gate.gatefile.layout import BaselineKeys, PromoteKeys
    from pytest_mlflow_gate.gatefile.problems import Problems
    from pytest_mlflow_gate.gatefile.types import Candidate, Promotion

CHOOSING = ("alias", "version", "stage")
"""The ways to choose the version; at most one of them may be given."""


def read_baseline(
    section: At[BaselineKeys] | UnsetType,
    promote: At[PromoteKeys] | UnsetType,
    promotion: Promotion | None,
    user: tuple[int, str] | None,
    problems: Problems,
) -> Baseline | None:
    """
    Return the baseline, or None when nothing needs one or a value is not known; notes each mistake.

    Args:
        section: As written.
        promote: The section whose model and alias are the defaults.
        promotion: The same as far as it could be read.
        user: Line and key path of the first check that compares, or None.
        problems: Where mistakes go.
    """
    if not isinstance(section, At):
        if user is None:
            return None
        if promotion and (promotion.alias or promotion.stage):
            return _of_promotion(promotion, bootstrap=False, line=user[0])
        if not isinstance(promote, At):
            text = "compares with a baseline, and there is none: add baseline: {model: NAME, alias: champion}"
            problems.add(*user, text)
        elif promotion:
            text = "compares with a baseline, and promote has no alias: add baseline: {alias: champion}"
            problems.add(*user, text)
        return None
    if section.value is None:
        return None
    return _written(section.value, section.line, promote, promotion, problems)


def check_baseline(baseline: Baseline | None, candidate: Candidate | None, problems: Problems) -> None:
    """Note a candidate that is the baseline by its name: no check would ever compare anything."""
    if baseline is None or not isinstance(candidate, RegisteredVersion) or candidate.model != baseline.model:
        return
    for key in ("alias", "version"):
        name = getattr(candidate, key)
        if name is not None and name == getattr(baseline, key):
            text = f"is the baseline itself ({baseline.place}), nothing would be compared; choose another"
            problems.add(candidate.line, f"candidate.{key}", text)


def _written(
    keys: BaselineKeys,
    line: int,
    promote: At[PromoteKeys] | UnsetType,
    promotion: Promotion | None,
    problems: Problems,
) -> Baseline | None:
    chosen = sorted((at.line, name) for name in CHOOSING if (at := getattr(keys, name)))
    for own_line, name in chosen[1:]:
        first_line, first = chosen[0]
        text = f"{first} (line {first_line}) chooses already, remove one of them"
        problems.add(own_line, f"baseline.{name}", text)
    bootstrap = value_of(keys.missing) == "bootstrap"
    if keys.missing and bootstrap and keys.version:
        text = "goes with alias or stage, a version that is named has to be there; remove one of them"
        problems.add(keys.missing.line, "baseline.missing", text)
    if not keys.model and not isinstance(promote, At):
        problems.add(line, "baseline", "which model is not said, add model: NAME")
    if not chosen and not isinstance(promote, At):
        problems.add(line, "baseline", "which version is not said, add alias, version or stage")
    model = value_of(keys.model) or (None if keys.model else promotion and promotion.target_model)
    if not model:
        return None
    if chosen:
        return Baseline(
            model=model,
            alias=value_of(keys.alias),
            version=value_of(keys.version),
            stage=value_of(keys.stage),
            bootstrap=bootstrap,
            line=line,
        )
    if promotion and (promotion.alias or promotion.stage):
        return _of_promotion(promotion, bootstrap=bootstrap, line=line)._replace(model=model)
    if promotion:
        problems.add(line, "baseline", "promote has no alias either, add alias, version or stage")
    return None


def _of_promotion(promotion: Promotion, *, bootstrap: bool, line: int) -> Baseline:
    """Return what is in production now: it is where the candidate goes."""
    return Baseline(
        model=promotion.target_model,
        alias=promotion.alias,
        version=None,
        stage=None if promotion.alias else promotion.stage,
        bootstrap=bootstrap,
        line=line,
    )
