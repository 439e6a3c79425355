"""The JSON Schema of a gate file, from the same shapes that load one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pytest_mlflow_gate.gatefile.schema_rules import rules_of
from pytest_mlflow_gate.gatefile.shapes import gate_section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_mlflow_gate.gatefile.language import ConditionKey
    from pytest_mlflow_gate.gatefile.schema_rules import JsonSchema
    from pytest_mlflow_gate.gatefile.shapes import Section, Shape


def schema(keys: Mapping[str, ConditionKey]) -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of a gate file with the conditions in *keys*."""
    gate = gate_section(keys)
    writer = _Writer(keys)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": gate.title,
        **writer.section(gate),
        "$defs": writer.definitions,
    }


class _Writer:
    def __init__(self, keys: Mapping[str, ConditionKey]) -> None:
        self.definitions: JsonSchema = {}
        self._keys = keys

    def section(self, section: Section) -> JsonSchema:
        return {
            "type": "object",
            "properties": {
                name: {"description": field.description, **self._shape(field.shape)}
                for name, field in section.fields.items()
            },
            "required": [name for name, field in section.fields.items() if field.required],
            "additionalProperties": False,
            **rules_of(section.struct, self._keys),
        }

    def _shape(self, shape: Shape) -> JsonSchema:
        options: list[JsonSchema] = []
        if shape.kind:
            options.append(dict(shape.kind.schema))
        if shape.section:
            self.definitions.setdefault(shape.section.title, self.section(shape.section))
            options.append({"$ref": f"#/$defs/{shape.section.title}"})
        if shape.entries:
            options.append(
                {
                    "type": ["object", "null"] if shape.may_be_empty else "object",
                    "minProperties": 0 if shape.may_be_empty else 1,
                    "propertyNames": {"pattern": r"\S"},
                    "additionalProperties": self._shape(shape.entries),
                }
            )
        if shape.items:
            options.append({"type": "array", "minItems": 1, "items": self._shape(shape.items)})
        return options[0] if len(options) == 1 else _of_types(options)


def _of_types(options: Sequence[JsonSchema]) -> JsonSchema:
    """
    Return what is one of *options*, each of which has types of its own.

    Not as ``anyOf``: an editor shows the problems of one branch of that, often of another one than was meant.
    """
    types = [_types(option) for option in options]
    return {
        "type": [name for names in types for name in names],
        "allOf": [
            {"if": {"type": names}, "then": option} for names, option in zip(types, options, strict=True)
        ],
    }


def _types(option: JsonSchema) -> Sequence[str]:
    # A section is defined elsewhere, and words are listed.
    found = "object" if "$ref" in option else option.get("type", "string")
    return [found] if isinstance(found, str) else cast("list[str]", found)
