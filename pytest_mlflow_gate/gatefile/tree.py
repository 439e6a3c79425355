"""
YAML text to a tree of nodes that know their place.

The tree is built from the parser's events in one loop, so no input can exhaust the stack, and an alias
is judged where it stands: the C library's own composer crashes the interpreter on deep nesting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import yaml

from pytest_mlflow_gate.gatefile.problems import Unusable, plain, quoted
from pytest_mlflow_gate.gatefile.syntax import NO_CHARACTER, syntax_problem

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.problems import Problems

LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's parser in C where it was built, else the one in Python."""

DEEPEST = 64
"""Levels of nesting; a gate needs fewer than ten."""

MOST_REPEATED = 100_000
"""Nodes (and hundreds of characters) that all aliases of a file together may stand for."""

_TAG_PREFIX = "tag:yaml.org,2002:"
_TAGS = frozenset(_TAG_PREFIX + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
# Two small sets: what YAML allows, as one set, takes longer to compile than a gate takes to load.
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class ScalarNode:
    """
    A text, as it stands in the file; whether it is a number is for the key to say.

    Attributes:
        text: Quotes and escapes resolved.
        plain: Written without quotes and without a tag.
        line: 1-based.
        column: 0-based.
        style: ``|`` or ``>`` for a block, a quote for a text in quotes.
    """

    text: str
    plain: bool
    line: int
    column: int
    style: str | None = None

    @property
    def is_null(self) -> bool:
        """Whether YAML means nothing by it."""
        return self.plain and self.text in _NULLS

    def line_of(self, row: int) -> int:
        """Return the line of row *row* (from 0) of the text, or of its first row where they were folded."""
        if self.style == "|":
            return self.line + 1 + min(row, self.text.rstrip().count("\n"))
        return self.line + 1 if self.style == ">" else self.line


@dataclass(slots=True)
class MappingNode:
    """Keys and values in the order of the file, duplicates and ``<<`` included."""

    line: int
    column: int
    pairs: list[tuple[Node, Node]] = field(default_factory=list)


@dataclass(slots=True)
class SequenceNode:
    """The items of a list."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)


Node = ScalarNode | MappingNode | SequenceNode


@dataclass(slots=True)
class _Measured:
    """A node with what it stands for once every alias below it is written out."""

    node: Node
    size: int = 1
    depth: int = 1
    anchor: str | None = None
    children: list[Node] = field(default_factory=list)


def parse(text: str, problems: Problems) -> Node:
    """
    Return the tree of the only document in *text*.

    Raises:
        Unusable: If it is empty or not YAML, has a second document, or would take unbounded time to walk.
    """
    if found := _NOT_ALLOWED.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise Unusable(line, f"not YAML: character U+{ord(found[0]):04X} is not allowed, remove it")
    builder = _Builder(problems)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except (yaml.MarkedYAMLError, ValueError, OverflowError) as error:
        raise syntax_problem(text, error) from error
    root = builder.root
    if root is None or (isinstance(root, ScalarNode) and root.is_null):
        raise Unusable(1, "empty file, a gate needs at least candidate and thresholds")
    return root


class _Builder:
    """Takes the parser's events one by one."""

    def __init__(self, problems: Problems) -> None:
        self.root: Node | None = None
        self._problems = problems
        self._open: list[_Measured] = []
        self._anchors: dict[str, _Measured] = {}
        self._repeated = 0

    def take(self, event: yaml.Event) -> None:
        mark = cast("yaml.Mark", event.start_mark)
        line, column = mark.line + 1, mark.column
        match event:
            case yaml.ScalarEvent():
                self._scalar(event, line, column)
            case yaml.CollectionStartEvent():
                self._start(event, line, column)
            case yaml.CollectionEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(cast("str", event.anchor), line)
            case yaml.DocumentStartEvent() if self.root:
                raise Unusable(line, "a second document begins here, put each gate in a file of its own")

    def _scalar(self, event: yaml.ScalarEvent, line: int, column: int) -> None:
        if not event.value.isascii() and _SURROGATE.search(event.value):
            raise Unusable(line, NO_CHARACTER)
        self._check_tag(event.tag, line)
        node = ScalarNode(event.value, event.implicit[0], line, column, event.style)
        self._add(_Measured(node, size=1 + len(event.value) // 100, depth=0, anchor=event.anchor))

    def _start(self, event: yaml.CollectionStartEvent, line: int, column: int) -> None:
        if len(self._open) == DEEPEST:
            raise Unusable(line, f"nested deeper than {DEEPEST} levels, a gate needs fewer than ten")
        self._check_tag(event.tag, line)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        node = MappingNode(line, column) if is_mapping else SequenceNode(line, column)
        opened = _Measured(node, anchor=event.anchor)
        self._open.append(opened)
        if event.anchor:
            self._anchors[event.anchor] = opened

    def _end(self) -> None:
        closed = self._open.pop()
        match closed.node:
            case MappingNode():
                closed.node.pairs = list(zip(closed.children[::2], closed.children[1::2], strict=True))
            case SequenceNode():
                closed.node.items = closed.children
        self._add(closed)

    def _alias(self, anchor: str, line: int) -> None:
        name = plain(anchor)
        target = self._anchors.get(anchor)
        if target is None:
            raise Unusable(line, f"alias '*{name}' has no anchor '&{name}' above it, add one")
        if any(target is opened for opened in self._open):
            raise Unusable(line, f"alias '*{name}' is inside of its own anchor, write the value out")
        self._repeated += target.size
        if self._repeated > MOST_REPEATED:
            raise Unusable(
                line, f"the aliases stand for more than {MOST_REPEATED} values, write fewer or none of them"
            )
        if target.depth + len(self._open) > DEEPEST:
            raise Unusable(line, f"nested deeper than {DEEPEST} levels, a gate needs fewer than ten")
        self._add(target)

    def _add(self, done: _Measured) -> None:
        if done.anchor:
            self._anchors[done.anchor] = done
        if not self._open:
            self.root = done.node
            return
        parent = self._open[-1]
        parent.children.append(done.node)
        parent.size += done.size
        parent.depth = max(parent.depth, done.depth + 1)

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag is not None and tag != "!" and tag not in _TAGS:
            shown = quoted(f"!!{tag[len(_TAG_PREFIX) :]}" if tag.startswith(_TAG_PREFIX) else tag)
            self._problems.add(line, "", f"tag {shown} is not allowed, remove it")
