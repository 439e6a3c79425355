"""
What pytest reported, as plain values.

Reports can veto a promotion and never grant one; `verdict` holds these against what the gates declare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Phase(NamedTuple):
    """
    One report of one of our items.

    Attributes:
        when: ``setup``, ``call`` or ``teardown``.
        outcome: pytest's word, ``passed``, ``failed``, ``skipped`` or another plugin's.
        xfail: Whether an expected failure was involved.
        token: What only our item sets, and only after a true comparison; None elsewhere.
    """

    when: str
    outcome: str
    xfail: bool
    token: str | None


class Trouble(NamedTuple):
    """
    Something bad that was seen, once; later good news does not take it back.

    Attributes:
        text: One line for people.
        gate: The gate whose own check or promotion it was, or None for anything else in the session.
        failure: Whether a check or a test failed, as opposed to something that did not run as it should.
    """

    text: str
    gate: str | None = None
    failure: bool = False


class OrdinaryTests(NamedTuple):
    """How the session's ordinary tests, those that are not a gate's, ended; recorded with the decision."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    xfailed: int = 0
    deselected: int = 0


class Conduct(NamedTuple):
    """
    How the session went.

    Attributes:
        phases: For each process what it reported of our items, in order, by gate and check name.
        troubles: Everything bad that was seen.
        modes: Reasons why this kind of session never promotes (``--lf``, ``--setup-plan``, ...).
        unreported: Items that were collected and never reported.
        finished: Whether the run loop came to its end.
        exit_status: The session's exit status at the time of asking.
        tests: The ordinary tests.
    """

    phases: Mapping[str, Mapping[tuple[str, str], tuple[Phase, ...]]]
    troubles: tuple[Trouble, ...] = ()
    modes: tuple[str, ...] = ()
    unreported: tuple[str, ...] = ()
    finished: bool = False
    exit_status: int = 0
    tests: OrdinaryTests = OrdinaryTests()
