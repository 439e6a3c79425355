"""Fixtures for the systems around a gate: the wheel of this checkout, and environments that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from integration_tests.environments import Environment, build_wheel, environment

if TYPE_CHECKING:
    from pathlib import Path


class Environments(Protocol):
    """Returns the environment of ``requirements/NAME.txt``, made once in a session."""

    def __call__(self, name: str) -> Environment: ...


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def environments(wheel: Path) -> Environments:
    """Return what makes environments."""
    made: dict[str, Environment] = {}

    def of(name: str) -> Environment:
        if name not in made:
            made[name] = environment(name, wheel)
        return made[name]

    return of
