"""What may stand at a place of a gate file, worked out from the types in `layout`."""

from __future__ import annotations

import functools
import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Union, get_args, get_origin

import msgspec

from pytest_mlflow_gate.gatefile.comparison import Comparison, comparison
from pytest_mlflow_gate.gatefile.layout import GateKeys
from pytest_mlflow_gate.gatefile.places import At
from pytest_mlflow_gate.gatefile.quantities import QUANTITIES
from pytest_mlflow_gate.gatefile.scalars import KINDS, Kind, choice
from pytest_mlflow_gate.gatefile.threshold_layout import ThresholdKeys, threshold_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.gatefile.language import ConditionKey


@dataclass(frozen=True, slots=True)
class Field:
    """
    One key of a section.

    Attributes:
        shape: What it may hold.
        description: For people.
        required: Whether the section needs it.
    """

    shape: Shape
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class Section:
    """
    A mapping with known keys.

    Attributes:
        struct: What it becomes.
        title: Its name in the JSON Schema.
        noun: What its keys are called in messages.
        fields: By key.
    """

    struct: type[msgspec.Struct]
    title: str
    noun: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Shape:
    """
    What may stand at one place; a place takes at most one of each.

    Attributes:
        kind: A single text, or None where none may stand.
        section: A mapping with known keys.
        entries: What the values of a mapping with free keys may be.
        items: What the items of a list may be.
        may_be_empty: Whether a mapping or a list without entries is no mistake.
    """

    kind: Kind | None = None
    section: Section | None = None
    entries: Shape | None = None
    items: Shape | None = None
    may_be_empty: bool = False

    @property
    def noun(self) -> str:
        """As in "must be text or a list"."""
        nouns = [self.kind.noun] if self.kind else []
        nouns += ["a mapping"] if self.section or self.entries else []
        nouns += ["a list"] if self.items else []
        return " or ".join((", ".join(nouns[:-1]), nouns[-1])) if len(nouns) > 1 else nouns[0]


def gate_section(keys: Mapping[str, ConditionKey]) -> Section:
    """Return the shape of a whole gate file whose thresholds know the conditions in *keys*."""
    return _gate_section(tuple(keys.items()))


@functools.lru_cache(maxsize=1)
def _gate_section(keys: tuple[tuple[str, ConditionKey], ...]) -> Section:
    # Once for all gate files of a session: it looks through the types of every key.
    return _compiler(dict(keys)).section(GateKeys)


def threshold_section(keys: Mapping[str, ConditionKey]) -> Section:
    """Return the shape of one threshold in its long form that knows the conditions in *keys*."""
    return _compiler(keys).section(threshold_keys(keys))


def _compiler(keys: Mapping[str, ConditionKey]) -> _Compiler:
    kinds = {**KINDS, **QUANTITIES, Comparison: comparison(keys)}
    return _Compiler(kinds, {ThresholdKeys: threshold_keys(keys)})


class _Compiler:
    """Types to shapes."""

    def __init__(self, kinds: Mapping[object, Kind], structs: Mapping[object, type[msgspec.Struct]]) -> None:
        self._kinds = kinds
        self._structs = structs

    def section(self, struct: type[msgspec.Struct]) -> Section:
        fields = {}
        # What people look for is a section's own keys: conditions come before what thresholds share.
        declared = sorted(
            msgspec.structs.fields(struct), key=lambda field: field.name not in struct.__annotations__
        )
        for field in declared:
            _, meta = get_args(field.type)
            shape = self._shape(field.type)
            fields[field.name] = Field(shape, meta.description, field.required)
        words = typing.cast("type[ThresholdKeys]", struct)
        return Section(struct, words.title, words.noun, fields)

    def _shape(self, declared: object) -> Shape:
        origin, arguments = get_origin(declared), get_args(declared)
        if origin is Annotated or origin is At:
            return self._shape(arguments[0])
        kind = self._kinds.get(declared)
        if kind is None and origin is Literal:
            kind = choice(arguments)
        if kind:
            return Shape(kind=kind)
        if origin is Union or origin is types.UnionType:
            known = [one for one in arguments if one not in (msgspec.UnsetType, types.NoneType)]
            return self._either([self._shape(one) for one in known], may_be_empty=types.NoneType in arguments)
        if origin is dict:
            return Shape(entries=self._shape(arguments[1]))
        if origin is list:
            return Shape(items=self._shape(arguments[0]))
        struct = typing.cast("type[msgspec.Struct]", declared)
        return Shape(section=self.section(self._structs.get(struct, struct)))

    @staticmethod
    def _either(shapes: list[Shape], *, may_be_empty: bool) -> Shape:
        return Shape(
            kind=next((shape.kind for shape in shapes if shape.kind), None),
            section=next((shape.section for shape in shapes if shape.section), None),
            entries=next((shape.entries for shape in shapes if shape.entries), None),
            items=next((shape.items for shape in shapes if shape.items), None),
            may_be_empty=may_be_empty or any(shape.may_be_empty for shape in shapes),
        )
