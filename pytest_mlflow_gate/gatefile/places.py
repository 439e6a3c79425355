"""What a key of a gate file holds, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from msgspec import UnsetType

    from pytest_mlflow_gate.gatefile.tree import ScalarNode

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class At(Generic[T_co]):
    """
    What a key holds, and where.

    Attributes:
        value: None for a key that is there and whose value is not known, because it is wrong (which is
            reported by then) or because it waits for a variable.
        line: 1-based line of the key, or of the item of a list.
        column: 0-based.
        node: The text as it stands in the file; None for a mapping or a list.
        option: The option that gave the value in place of the file, or None.
    """

    value: T_co | None
    line: int
    column: int
    node: ScalarNode | None = None
    option: str | None = None


def value_of(at: At[T] | UnsetType) -> T | None:
    """Return what a key holds, or None for a key that is absent or whose value is not known."""
    return at.value if isinstance(at, At) else None
