"""Nodes to structs, guided by shapes: every mistake is noted with its line, and reading goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pytest_mlflow_gate.gatefile.places import At
from pytest_mlflow_gate.gatefile.problems import Unusable, did_you_mean, plain, quoted
from pytest_mlflow_gate.gatefile.scalars import Kind, Misread, has_control
from pytest_mlflow_gate.gatefile.tree import MappingNode, Node, ScalarNode, SequenceNode
from pytest_mlflow_gate.gatefile.variables import VariableError, Variables, names_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import msgspec

    from pytest_mlflow_gate.gatefile.layout import GateKeys
    from pytest_mlflow_gate.gatefile.problems import Problems
    from pytest_mlflow_gate.gatefile.shapes import Section, Shape

_NOUNS = {MappingNode: "a mapping", SequenceNode: "a list", ScalarNode: "text"}

_Pairs = dict[str, tuple[ScalarNode, Node]]


def bind(root: Node, section: Section, variables: Variables, problems: Problems) -> GateKeys:
    """
    Return the whole file as structs; what could not be read is an `At` without a value.

    Raises:
        Unusable: If the file is no mapping.
    """
    if not isinstance(root, MappingNode):
        noun = _NOUNS[type(root)]
        raise Unusable(
            root.line, f"a gate is a mapping with candidate and thresholds, not {noun}; write its keys"
        )
    return cast("GateKeys", _Binder(variables, problems).section(root, section, "", root))


class _Binder:
    """Walks one file. *where* is the dotted key path, *place* the node whose line a message names."""

    def __init__(self, variables: Variables, problems: Problems) -> None:
        self._variables = variables
        self._problems = problems

    def section(self, node: MappingNode, section: Section, where: str, place: Node) -> msgspec.Struct:
        values: dict[str, At[object]] = {}
        for name, (key, value) in self._pairs(node, where).items():
            if field := section.fields.get(name):
                values[name] = self._at(value, field.shape, f"{where}.{name}" if where else name, key)
            else:
                remedy = did_you_mean(name, section.fields) or f", known are {', '.join(section.fields)}"
                self._problems.add(key.line, where, f"unknown {section.noun} {quoted(name)}{remedy}")
        for name, field in section.fields.items():
            if field.required and name not in values:
                self._problems.add(place.line, where, f"missing key '{name}', add it")
                values[name] = At(None, place.line, place.column)
        return section.struct(**values)

    def _at(self, node: Node, shape: Shape, where: str, place: Node) -> At[object]:
        text = node if isinstance(node, ScalarNode) else None
        return At(self._value(node, shape, where, place), place.line, place.column, text)

    def _value(self, node: Node, shape: Shape, where: str, place: Node) -> object | None:
        if isinstance(node, ScalarNode) and shape.kind:
            return self._text(node, shape.kind, where, place.line)
        if isinstance(node, MappingNode) and shape.section:
            return self.section(node, shape.section, where, place)
        if isinstance(node, MappingNode) and shape.entries:
            found = self._entries(node, shape.entries, where)
        elif isinstance(node, SequenceNode) and shape.items:
            found = self._items(node, shape.items, where)
        elif not (isinstance(node, ScalarNode) and node.is_null):
            self._problems.add(place.line, where, f"must be {shape.noun}, not {_NOUNS[type(node)]}")
            return None
        else:
            found = None
        if not found and not shape.may_be_empty:
            self._problems.add(place.line, where, "is empty, add at least one entry")
        return found or None

    def _entries(self, node: MappingNode, shape: Shape, where: str) -> object:
        return {
            name: self._at(value, shape, f"{where}.{plain(name)}", key)
            for name, (key, value) in self._pairs(node, where).items()
        }

    def _items(self, node: SequenceNode, shape: Shape, where: str) -> object:
        return [self._at(item, shape, f"{where}[{index}]", item) for index, item in enumerate(node.items)]

    def _text(self, node: ScalarNode, kind: Kind, where: str, line: int) -> object | None:
        try:
            text = self._variables.replace(node.text)
        except VariableError as error:
            self._problems.add(line, where, str(error))
            return None
        if text is None:
            return None
        if node.is_null or not text.strip():
            names = ", ".join(names_in(node.text))
            because = f" because environment variable {names} is empty or not set" if names else ""
            self._problems.add(line, where, f"is empty{because}, write a value")
            return None
        try:
            return kind.read(text.rstrip("\r\n"))
        except Misread as error:
            replaced = text != node.text
            about = f"the value of {quoted(node.text)}" if replaced else quoted(error.about or text)
            self._problems.add(line, where, f"{about} {error.says}")
            return None

    def _pairs(self, node: MappingNode, where: str) -> _Pairs:
        own: _Pairs = {}
        merged: _Pairs = {}
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode):
                self._problems.add(key.line, where, "a key must be text, put it in quotes")
            elif key.plain and key.text == "<<":
                for source in self._sources(key, value, where):
                    merged = self._pairs(source, where) | merged
            elif wrong := _key_problem(key.text, own):
                self._problems.add(key.line, where, wrong)
            else:
                own[key.text] = key, value
        return merged | own

    def _sources(self, key: ScalarNode, value: Node, where: str) -> Iterator[MappingNode]:
        for source in value.items if isinstance(value, SequenceNode) else [value]:
            if isinstance(source, MappingNode):
                yield source
            else:
                noun = _NOUNS[type(source)]
                text = f"'<<' merges a mapping or a list of mappings, not {noun}; name one with an anchor"
                self._problems.add(key.line, where, text)


def _key_problem(text: str, seen: Mapping[str, tuple[ScalarNode, Node]]) -> str | None:
    if text in seen:
        return f"duplicate key {quoted(text)} (first on line {seen[text][0].line}), remove one of them"
    if not text.strip():
        return "a key must not be empty, write a name"
    if has_control(text):
        return f"key {quoted(text)} holds a line break or control character, remove it"
    return None
