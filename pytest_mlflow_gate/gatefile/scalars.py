"""
The kinds of text that a key can hold: how each is read, and what the JSON Schema says of it.

Every kind reads the text as it stands in the file. YAML's own idea of numbers and booleans, in which
``1e3`` is a text, ``010`` is 8 and ``on`` is true, never enters. Numbers are in `quantities`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

from pytest_mlflow_gate.gatefile.types import Approval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Text = NewType("Text", str)
"""Any text, several lines included."""

Uri = NewType("Uri", str)
"""A text that may hold a password."""

Folded = NewType("Folded", str)
"""A text that may be written on several lines and means one."""

Alias = NewType("Alias", str)
"""A model version alias, without ``@``."""

Version = NewType("Version", str)
"""A model version number."""

Stage = NewType("Stage", str)
"""A legacy stage that a version can be promoted to."""

Everyone = NewType("Everyone", str)
"""``*``: every cohort that was logged."""

Parent = NewType("Parent", str)
"""``parent``: the runs whose parent the candidate is."""

Yes = NewType("Yes", bool)
"""``true``; what one does not want is left out."""


STAGES = ("Staging", "Production", "Archived")
APPROVALS = ("none", "first", "always")
VARIABLE = r"\$\{"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ALIAS = r"[A-Za-z0-9_-]{1,255}"
_RESERVED_ALIAS = "[lL][aA][tT][eE][sS][tT]|[vV][0-9]+"
ANY_SCALAR = {"type": ["string", "number", "boolean"], "pattern": r"\S"}
COUNT = "[1-9][0-9]{0,8}"


class Misread(Exception):  # becomes a problem where it is caught
    """
    A text that is not of its kind.

    Attributes:
        says: What is wrong and the remedy, as the rest of a sentence.
        about: The part of the text that it is wrong about, or None for all of it.
    """

    def __init__(self, says: str, about: str | None = None) -> None:
        self.says = says
        self.about = about
        super().__init__(says)


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of text.

    Attributes:
        noun: As in "must be a number".
        read: Text to value; raises `Misread`.
        schema: JSON Schema that lets pass what *read* reads, and variables.
    """

    noun: str
    read: Callable[[str], object]
    schema: Mapping[str, object]


def has_control(text: str) -> bool:
    """Whether *text* holds a line break or another control character."""
    return _CONTROL.search(text) is not None


def choice(values: tuple[str, ...]) -> Kind:
    """Return the kind of a text that is one of *values*."""
    listed = f"{', '.join(values[:-1])} or {values[-1]}" if len(values) > 1 else values[0]

    def read(text: str) -> str:
        if text not in values:
            raise Misread(f"is unknown, write {listed}")
        return text

    return Kind(listed, read, _one_of(values))


def _one_of(values: tuple[str, ...], pattern: str = VARIABLE) -> Mapping[str, object]:
    return {"anyOf": [{"enum": list(values)}, {"type": "string", "pattern": pattern}]}


def line(text: str) -> str:
    """Return *text*, which has to be one line."""
    if has_control(text):
        raise Misread("holds a line break or control character, remove it")
    return text


def _uri(text: str) -> str:
    if has_control(text):
        raise Misread("holds a line break or control character, remove it", about="***")
    return text


def _text(text: str) -> str:
    if _CONTROL_IN_TEXT.search(text):
        raise Misread("holds a control character, remove it")
    return text


def _folded(text: str) -> str:
    return _text(" ".join(line.strip() for line in text.strip().splitlines()))


def _alias(text: str) -> str:
    if re.fullmatch(_RESERVED_ALIAS, text):
        raise Misread("is reserved by MLflow, choose another alias")
    if not re.fullmatch(_ALIAS, text):
        raise Misread("is no alias, use up to 255 letters, digits, '_' and '-'")
    return text


def _version(text: str) -> str:
    if not re.fullmatch("[1-9][0-9]*", text):
        raise Misread("is no version number, write a whole number such as 7")
    return text


def _stage(text: str) -> str:
    for stage in STAGES:
        if text.lower() == stage.lower():
            return stage
    raise Misread("is no stage, write Staging, Production or Archived")


def _approval(text: str) -> Approval:
    if text == "always":
        return "always"
    if text in APPROVALS:
        return APPROVALS.index(text)
    if not re.fullmatch(COUNT, text):
        raise Misread("is no approval, write none, first, always or a number of promotions")
    return int(text)


def _everyone(text: str) -> str:
    if text.strip() != "*":
        raise Misread("is no list of cohorts, write [a, b], or '*' for all that were logged")
    return "*"


def _parent(text: str) -> str:
    if text != "parent":
        raise Misread("is unknown, write parent, or {filter: ...}")
    return text


def _yes(text: str) -> bool:
    if text.strip().lower() != "true":
        raise Misread("is not true, write that or leave the key out")
    return True


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in word)


KINDS: Mapping[object, Kind] = {
    str: Kind("text", line, ANY_SCALAR),
    Uri: Kind("text", _uri, ANY_SCALAR),
    Text: Kind("text", _text, ANY_SCALAR),
    Folded: Kind("text", _folded, ANY_SCALAR),
    Everyone: Kind("'*'", _everyone, {"type": "string", "pattern": rf"^\s*\*\s*$|{VARIABLE}"}),
    Parent: Kind("parent", _parent, _one_of(("parent",))),
    Yes: Kind(
        "true",
        _yes,
        {
            "anyOf": [
                {"const": True},
                {"type": "string", "pattern": rf"^\s*{_any_case('true')}\s*$|{VARIABLE}"},
            ]
        },
    ),
    Version: Kind(
        "a version number",
        _version,
        {"type": ["integer", "string"], "minimum": 1, "pattern": f"^[1-9][0-9]*$|{VARIABLE}"},
    ),
    Alias: Kind(
        "text",
        _alias,
        {
            "type": ["string", "number", "boolean"],
            "pattern": f"^{_ALIAS}$|{VARIABLE}",
            "not": {"type": "string", "pattern": f"^(?:{_RESERVED_ALIAS})$"},
        },
    ),
    Approval: Kind(
        "none, first, always or a number of promotions",
        _approval,
        {
            "anyOf": [
                {"enum": list(APPROVALS)},
                {
                    "type": ["integer", "string"],
                    "minimum": 1,
                    "maximum": 999_999_999,
                    "pattern": f"^{COUNT}$|{VARIABLE}",
                },
            ]
        },
    ),
    Stage: Kind("text", _stage, _one_of(STAGES, f"^(?:{'|'.join(map(_any_case, STAGES))})$|{VARIABLE}")),
}
"""By the type that a key is declared with in `layout`."""
