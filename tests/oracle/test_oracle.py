"""The oracle: random worlds and sessions, and a second judge who says what has to come of each."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.oracle import session
from tests.oracle.machine import Oracle
from tests.soaking import SOAK

if TYPE_CHECKING:
    from pathlib import Path

SHARDS, EXAMPLES = (40, 2_500) if SOAK else (4, 500)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_promoted_if_and_only_if_all_passed(
    shard: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two judges who know nothing of each other agree on every session: what moved, and the exit status."""
    number = random.SystemRandom().randrange(2**32) if SOAK else shard
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / session.TESTS_FILE).touch()
    # A failure shows the machine's name, and so the seed that brings it back.
    machine = seed(number)(type(f"Seed{number}", (Oracle,), {"folder": tmp_path}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=5,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
        ),
    )
