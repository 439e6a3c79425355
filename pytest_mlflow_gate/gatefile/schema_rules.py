"""Which keys of a gate file go together, as far as JSON Schema can say it."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.baseline_section import CHOOSING
from pytest_mlflow_gate.gatefile.candidate_layout import WAYS, CandidateKeys, RequireKeys
from pytest_mlflow_gate.gatefile.declared import COHORT, EVERY_COHORT
from pytest_mlflow_gate.gatefile.layout import BaselineKeys, GateKeys, PromoteKeys
from pytest_mlflow_gate.gatefile.scalars import VARIABLE
from pytest_mlflow_gate.gatefile.settings import NOT_FOR_ARMS
from pytest_mlflow_gate.gatefile.threshold_layout import ThresholdKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import msgspec

    from pytest_mlflow_gate.gatefile.language import ConditionKey

JsonSchema = dict[str, object]

_IN_EVERY_WAY = ("replicates", "require")
_WITH_COHORT = re.escape(COHORT)


def rules_of(struct: type[msgspec.Struct], keys: Mapping[str, ConditionKey]) -> JsonSchema:
    """
    Return what a section's schema says of its keys together.

    Args:
        struct: What the section becomes.
        keys: The conditions that there are.
    """
    if issubclass(struct, ThresholdKeys):
        return _threshold(keys)
    if struct is GateKeys:
        return _gate(keys)
    return _RULES[struct]() if struct in _RULES else {}


def _gate(keys: Mapping[str, ConditionKey]) -> JsonSchema:
    entries = {"type": "object", "minProperties": 1}
    named = {"properties": {"baseline": {"required": ["model"]}}}
    chosen = {"properties": {"baseline": _some_of(CHOOSING)}}
    goal = {"required": ["promote"], "properties": {"promote": _some_of(("alias", "stage"))}}
    comparing = _none_of(name for name, key in keys.items() if "baseline" in key.needs)
    replicated = {"properties": {"candidate": {"required": ["replicates"]}}}
    return {
        "anyOf": [{"required": [name], "properties": {name: entries}} for name in ("thresholds", "rules")],
        "allOf": [
            {"if": {"required": ["promote"]}, "else": named},
            {"if": goal, "else": chosen},
            {"anyOf": [{"required": ["baseline"]}, goal, _each_threshold(comparing)]},
            {"anyOf": [replicated, _each_threshold({"dependentRequired": {"confidence": ["samples"]}})]},
            {"properties": {"thresholds": {"patternProperties": _cohorts()}}},
        ],
    }


def _each_threshold(says: JsonSchema) -> JsonSchema:
    return {"properties": {"thresholds": {"additionalProperties": {**says, "items": says}}}}


def _cohorts() -> JsonSchema:
    """Return what metrics with ``{cohort}`` need, and what others may not have."""
    given = {"required": ["cohorts"]}
    without = {"properties": {"cohorts": False}}
    return {
        _WITH_COHORT: {"type": ["object", "array"], **given, "items": {"type": "object", **given}},
        f"^(?!.*{_WITH_COHORT})": {**without, "items": without},
    }


def _candidate() -> JsonSchema:
    # One after the other and no oneOf: an editor shows the problems of the way that was taken.
    rules = _some_of(WAYS)
    for decides, allowed in reversed(WAYS.items()):
        way = _way(decides, (*allowed, *_IN_EVERY_WAY))
        rules = {"if": {"required": [decides]}, "then": way, "else": rules}
    return rules


def _way(decides: str, allowed: tuple[str, ...]) -> JsonSchema:
    way = _none_of(name for name in CandidateKeys.__struct_fields__ if name not in allowed)
    if decides == "experiment":
        best = {"required": ["select"], "properties": {"select": {"const": "best"}}}
        latest = {"properties": {"select": {"const": "latest"}}}
        way["allOf"] = [
            {"if": best, "then": {"required": ["by"]}},
            {"if": latest, "then": _none_of(("by", "order"))},
        ]
    if decides == "model":
        way["oneOf"] = [{"required": ["version"]}, {"required": ["alias"]}]
    return way


def _require() -> JsonSchema:
    return {"minProperties": 1}


def _baseline() -> JsonSchema:
    bootstrap = {"required": ["version", "missing"], "properties": {"missing": {"const": "bootstrap"}}}
    both = [{"required": list(pair)} for pair in combinations(CHOOSING, 2)]
    return {"not": {"anyOf": [*both, bootstrap]}}


def _promote() -> JsonSchema:
    return {
        **_some_of(("alias", "stage", "copy_to")),
        "dependentRequired": {"previous_alias": ["alias"]},
    }


def _threshold(keys: Mapping[str, ConditionKey]) -> JsonSchema:
    on_arms = [name for name, key in keys.items() if "trials" in key.needs]
    on_cohorts = [name for name, key in keys.items() if "cohorts" in key.needs]
    names = {"uniqueItems": True, "items": {"not": {"enum": [EVERY_COHORT, COHORT]}}}
    return {
        **_some_of(keys),
        "dependentRequired": {
            "samples": ["confidence"],
            **{name: ["trials"] for name in on_arms},
            **{name: ["cohorts"] for name in on_cohorts},
        },
        "dependentSchemas": {
            "tolerance": {
                **_some_of(name for name, key in keys.items() if key.uses_tolerance),
                "properties": {"tolerance": {"minimum": 0}},
            },
            "confidence": _none_of(name for name, key in keys.items() if key.side is None),
            "dataset": {"properties": {"over": {"anyOf": [{"const": "last"}, {"pattern": VARIABLE}]}}},
            "cohorts": {"properties": {"cohorts": names}},
            "trials": _some_of(on_arms),
            "arms": {**_some_of(on_arms), "properties": {"arms": {"uniqueItems": True}}},
            **{name: _none_of(NOT_FOR_ARMS) for name in on_arms},
            **{
                name: {"properties": {"cohorts": {"minItems": 2}, name: {"minimum": 0}}}
                for name in on_cohorts
            },
        },
    }


def _some_of(names: Iterable[str]) -> JsonSchema:
    return {"anyOf": [{"required": [name]} for name in names]}


def _none_of(names: Iterable[str]) -> JsonSchema:
    return {"properties": dict.fromkeys(names, False)}


_RULES: Mapping[type[msgspec.Struct], Callable[[], JsonSchema]] = {
    CandidateKeys: _candidate,
    RequireKeys: _require,
    BaselineKeys: _baseline,
    PromoteKeys: _promote,
}
