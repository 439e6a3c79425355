"""
A version's tags as Unity Catalog takes them: no punctuation in their keys, 1,000 characters in their values.

Only our own tags are spelt otherwise there: ``mlflow_gate.verdict`` is ``mlflow_gate__verdict``, and what is
longer goes on in ``mlflow_gate__checks__part2``. The limits are from
https://docs.databricks.com/aws/en/database-objects/tags.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_OURS = "mlflow_gate."
_OURS_THERE = "mlflow_gate__"
_LONGEST = 1000
_PART = re.compile(r"__part(\d+)$")


def is_catalog(tracking_uri: str, registry_uri: str | None) -> bool:
    """Return whether the registry is Unity Catalog, which is what MLflow takes for ``databricks`` too."""
    if registry_uri is None:
        return tracking_uri.startswith("databricks")
    return registry_uri.startswith("databricks-uc")


def tags_there(key: str, value: str) -> dict[str, str]:
    """Return the tags of which one tag is made, in order; they are to be written last first."""
    if not key.startswith(_OURS):
        return {key: value}
    name = key.replace(".", "__")
    return {
        f"{name}__part{number}" if number > 1 else name: piece
        for number, piece in enumerate(_pieces(value), 1)
    }


def tags_here(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that were meant by those of a version."""
    joined: dict[str, str] = {}
    for name in sorted(tags, key=_place):
        key = _PART.sub("", name)
        ours = name.startswith(_OURS_THERE)
        meant = key.replace("__", ".") if ours else name
        # Without its first part a tag was not written to its end.
        if not ours or key in tags:
            joined[meant] = joined.get(meant, "") + tags[name]
    return joined


def names_there(key: str, tags: Iterable[str]) -> tuple[str, ...]:
    """Return which of *tags* one tag is made of."""
    name = next(iter(tags_there(key, "")))
    return tuple(there for there in tags if there == name or (_PART.sub("", there) == name and name != key))


def _place(name: str) -> int:
    part = _PART.search(name)
    return int(part[1]) if part else 1


def _pieces(value: str) -> Iterator[str]:
    while len(value) > _LONGEST:
        cut = _LONGEST
        # A value must not begin or end with a space either.
        while cut > 1 and (value[cut - 1].isspace() or value[cut].isspace()):
            cut -= 1
        yield value[:cut]
        value = value[cut:]
    yield value
