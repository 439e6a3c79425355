"""``${VAR}`` and ``${VAR:-default}`` in the values of a gate file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LITERAL = "$${"
_TOKEN = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{)[^}])*))?\})?")


class VariableError(Exception):
    """A variable that cannot be replaced; the text says which, why, and what to do."""


class Variables:
    """
    The environment as a gate file sees it.

    An empty variable counts as one that is not set, as ``:-`` has it in a shell: a CI system passes a
    secret that does not exist as an empty text, and that must not choose another run.

    Attributes:
        environ: Name to value.
        required: Whether a variable that is not set is a mistake. Where it is not, its name is kept in
            *unset* and the value that needs it stays unknown.
        unset: Names that were needed and not set.
    """

    def __init__(self, environ: Mapping[str, str], *, required: bool = True) -> None:
        self.environ = environ
        self.required = required
        self.unset: set[str] = set()

    def replace(self, text: str) -> str | None:
        """
        Return *text* with every variable replaced, or None when one is not set and none is required.

        Raises:
            VariableError: If a variable is not set and required, or ``${`` begins no variable.
        """
        if "${" not in text:
            return text
        parts = [self._part(token) for token in _TOKEN.finditer(text)]
        if None in parts:
            return None
        following = iter(parts)
        return _TOKEN.sub(lambda _: next(following) or "", text)

    def _part(self, token: re.Match[str]) -> str | None:
        name, default = token.groups()
        if token[0] == _LITERAL:
            return "${"
        if name is None:
            raise VariableError(
                "'${' begins no variable, write ${NAME}, ${NAME:-default}, or $${ for the text"
            )
        value = self.environ.get(name) or default
        if value is not None:
            return value
        if not self.required:
            self.unset.add(name)
            return None
        state = "is empty" if name in self.environ else "is not set"
        raise VariableError(f"environment variable {name} {state}; set it or write ${{{name}:-default}}")


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of the variables in *text*, in their order."""
    return tuple(token[1] for token in _TOKEN.finditer(text) if token[1])
