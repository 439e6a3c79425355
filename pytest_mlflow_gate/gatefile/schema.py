"""The JSON Schema of a gate file, from the same shapes that load one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.layout import WAYS, CandidateKeys, PromoteKeys, ThresholdKeys
from pytest_mlflow_gate.gatefile.shapes import gate_section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.gatefile.shapes import Section, Shape
    from pytest_mlflow_gate.gatefile.types import ConditionKey

_Schema = dict[str, object]


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
        self.definitions: _Schema = {}
        self._keys = keys

    def section(self, section: Section) -> _Schema:
        return {
            "type": "object",
            "properties": {
                name: {"description": field.description, **self._shape(field.shape)}
                for name, field in section.fields.items()
            },
            "required": [name for name, field in section.fields.items() if field.required],
            "additionalProperties": False,
            **self._rules(section),
        }

    def _shape(self, shape: Shape) -> _Schema:
        options: list[_Schema] = []
        if shape.kind:
            options.append(dict(shape.kind.schema))
        if shape.section:
            self.definitions.setdefault(shape.section.title, self.section(shape.section))
            options.append({"$ref": f"#/$defs/{shape.section.title}"})
        if shape.entries:
            values = self._shape(shape.entries)
            names = {"pattern": r"\S"}
            options.append(
                {"type": "object", "minProperties": 1, "propertyNames": names, "additionalProperties": values}
            )
        if shape.items:
            options.append({"type": "array", "minItems": 1, "items": self._shape(shape.items)})
        return options[0] if len(options) == 1 else {"anyOf": options}

    def _rules(self, section: Section) -> _Schema:
        if issubclass(section.struct, CandidateKeys):
            return {"oneOf": [_way(decides, allowed) for decides, allowed in WAYS.items()]}
        if issubclass(section.struct, PromoteKeys):
            return {
                "anyOf": [{"required": [name]} for name in ("alias", "stage", "copy_to")],
                "dependentRequired": {"previous_alias": ["alias"]},
            }
        if issubclass(section.struct, ThresholdKeys):
            users = [{"required": [name]} for name, key in self._keys.items() if key.uses_tolerance]
            return {
                "anyOf": [{"required": [name]} for name in self._keys],
                "dependentSchemas": {"tolerance": {"anyOf": users}},
            }
        return {}


def _way(decides: str, allowed: tuple[str, ...]) -> _Schema:
    way: _Schema = {"required": [decides], "propertyNames": {"enum": list(allowed)}}
    if decides == "experiment":
        way["allOf"] = [
            {
                "if": {"required": ["select"], "properties": {"select": {"const": "best"}}},
                "then": {"required": ["by"]},
            },
            {
                "if": {"properties": {"select": {"const": "latest"}}},
                "then": {
                    "propertyNames": {"enum": [name for name in allowed if name not in {"by", "order"}]}
                },
            },
        ]
    if decides == "model":
        way["oneOf"] = [{"required": ["version"]}, {"required": ["alias"]}]
    return way
