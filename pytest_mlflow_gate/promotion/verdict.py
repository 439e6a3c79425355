"""
The fail-closed rule: may a candidate be promoted?

Pure. pytest's reports can veto and never grant; what is not understood, not run or not finished withholds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_mlflow_gate.gatefile.declared import RUN_CHECK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.promotion.evidence import Conduct, Phase, Trouble

Policy = Literal["all", "each", "never"]

_MANY = 3


class Judged(NamedTuple):
    """
    One gate as the controller judged it.

    Attributes:
        gate: The gate's name.
        declared: Names of the checks that the file declares, whatever pytest collected.
        findings: By name; a check without one was not judged.
        token: What each of the gate's items has to show.
        unchanged: Whether the file's digest is still what it was when it was loaded.
    """

    gate: str
    declared: tuple[str, ...]
    findings: Mapping[str, Finding]
    token: str
    unchanged: bool


class Reason(NamedTuple):
    """
    Why a promotion is withheld.

    Attributes:
        text: One line.
        failure: Whether a check or a test failed; otherwise something was not run or not understood.
    """

    text: str
    failure: bool


class Verdict(NamedTuple):
    """
    May this gate's candidate be promoted?

    Attributes:
        gate: The gate's name.
        reasons: Why not; empty means granted.
    """

    gate: str
    reasons: tuple[Reason, ...]

    @property
    def granted(self) -> bool:
        """Whether nothing speaks against the promotion."""
        return not self.reasons

    @property
    def rejects(self) -> bool:
        """Whether a whole session said no: checks or tests failed, and nothing was left out or broken."""
        return bool(self.reasons) and all(reason.failure for reason in self.reasons)

    @property
    def failed(self) -> bool:
        """Whether a check or a test failed, so that the session is red without a word from us."""
        return any(reason.failure for reason in self.reasons)


def decide(gates: Sequence[Judged], conduct: Conduct, policy: Policy) -> tuple[Verdict, ...]:
    """
    Return one verdict for each gate, in order.

    Under ``all`` (and its dry run ``never``) anything that speaks against one gate speaks against all;
    under ``each`` the checks of one gate leave the others alone, and an exit status of 1 is accepted where
    other gates explain it.
    """
    own = {judged.gate: tuple(_own(judged, conduct)) for judged in gates}
    shared = tuple(_shared(conduct))
    verdicts = []
    for judged in gates:
        others = [gate for gate in own if gate != judged.gate]
        foreign = [
            Reason(trouble.text, trouble.failure)
            for trouble in conduct.troubles
            if (policy != "each" or trouble.gate not in others) and not _told(trouble, own)
        ]
        if policy != "each":
            foreign += [
                Reason(f"{gate}: {reason.text}", reason.failure) for gate in others for reason in own[gate]
            ]
        explained = (
            policy == "each"
            and conduct.exit_status == 1
            and (any(own[gate] for gate in others) or any(t.gate in others for t in conduct.troubles))
        )
        status = [] if conduct.exit_status == 0 or explained else [_status(conduct.exit_status)]
        reasons = (*own[judged.gate], *shared, *foreign)
        verdicts.append(Verdict(judged.gate, tuple(dict.fromkeys(reasons)) or tuple(status)))
    return tuple(verdicts)


def _told(trouble: Trouble, own: Mapping[str, tuple[Reason, ...]]) -> bool:
    """Whether a failed report only repeats what the controller found about that gate itself."""
    return trouble.failure and any(reason.failure for reason in own.get(trouble.gate or "", ()))


def _status(exit_status: int) -> Reason:
    return Reason(f"the session's exit status is {exit_status}", failure=False)


def _shared(conduct: Conduct) -> Iterator[Reason]:
    for mode in conduct.modes:
        yield Reason(mode, failure=False)
    if not conduct.finished:
        yield Reason("the session did not run to its end", failure=False)
    if conduct.unreported:
        yield Reason(f"collected and never reported: {_some(conduct.unreported)}", failure=False)


def _own(judged: Judged, conduct: Conduct) -> Iterator[Reason]:
    if not judged.unchanged:
        yield Reason("the gate file changed during the session", failure=False)
    blocking = {name: finding for name, finding in judged.findings.items() if finding.blocks}
    if blocking:
        no_candidate = blocking.get(RUN_CHECK)
        # Without a candidate there is one cause, and -k may have left out the check that says it.
        text = no_candidate.text if no_candidate else f"{_some(tuple(blocking))} did not pass"
        yield Reason(text, failure=True)
    not_run: list[str] = []
    not_clean: list[str] = []
    for name in judged.declared:
        key = (judged.gate, name)
        reported = [of_process[key] for of_process in conduct.phases.values() if key in of_process]
        ran = any(phase.when == "call" for phases in reported for phase in phases)
        if not ran or name not in judged.findings:
            not_run.append(name)
        elif name not in blocking:
            call = "skipped" if judged.findings[name].outcome == "exempt" else "passed"
            if not all(_clean(phases, judged.token, call) for phases in reported):
                not_clean.append(name)
    if not_run:
        yield Reason(f"not run: {_some(not_run)}", failure=False)
    if not_clean:
        yield Reason(f"not reported as passed, once and in full: {_some(not_clean)}", failure=False)


def _clean(phases: tuple[Phase, ...], token: str, call: str) -> bool:
    """Whether an item was reported in full; *call* is what its call has to be: an exempt check is skipped."""
    return (
        tuple((phase.when, phase.outcome) for phase in phases)
        == (("setup", "passed"), ("call", call), ("teardown", "passed"))
        and not any(phase.xfail for phase in phases)
        and phases[1].token == token
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MANY
    return ", ".join(names[:_MANY]) + (f" and {more} more" if more > 0 else "")
