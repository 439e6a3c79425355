"""The fail-closed rule as a table: each row takes one thing away from a perfect session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.promotion.evidence import Conduct, Phase, Trouble
from pytest_mlflow_gate.promotion.verdict import Judged, Policy, decide

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "t"
NAMES = ("candidate[run]", "accuracy[min]")
CLEAN = tuple(
    Phase(when, "passed", xfail=False, token=TOKEN if when == "call" else None)
    for when in ("setup", "call", "teardown")
)


def judged(gate: str = "churn", **outcomes: str) -> Judged:
    """Return a gate whose two checks passed, or ended as *outcomes* say."""
    findings = {name: Finding(name, outcomes.get(name.partition("[")[0], "passed"), "", 1) for name in NAMES}  # type: ignore[arg-type]
    return Judged(gate, NAMES, findings, TOKEN, unchanged=True)


def perfect(*gates: str) -> Conduct:
    """Return a session in which everything of these gates ran, passed and was reported once."""
    names = gates or ("churn",)
    phases = {"main": {(gate, name): CLEAN for gate in names for name in NAMES}}
    return Conduct(phases=phases, finished=True)


def with_phases(*phases: Phase) -> Conduct:
    """Return a session that reported accuracy[min] in this way."""
    conduct = perfect()
    return conduct._replace(phases={"main": {**conduct.phases["main"], ("churn", "accuracy[min]"): phases}})


SETUP, CALL, TEARDOWN = CLEAN

NOT_RUN = "not run: accuracy[min]"
NOT_CLEAN = "not reported as passed, once and in full: accuracy[min]"


def test_a_perfect_session_is_granted() -> None:
    """Without this row the table below would prove nothing."""
    (verdict,) = decide([judged()], perfect(), "all")
    assert verdict.granted
    assert not verdict.failed


SKIPPED = CALL._replace(outcome="skipped")


@pytest.mark.parametrize(
    ("outcome", "phases", "reasons"),
    [
        pytest.param("exempt", (SETUP, SKIPPED, TEARDOWN), [], id="excused-and-skipped-by-our-item"),
        pytest.param("exempt", CLEAN, [NOT_CLEAN], id="excused-but-reported-as-passed"),
        pytest.param(
            "exempt", (SETUP, SKIPPED._replace(token=None), TEARDOWN), [NOT_CLEAN], id="skipped-by-somebody"
        ),
        pytest.param(
            "exempt", (SETUP, SKIPPED._replace(xfail=True), TEARDOWN), [NOT_CLEAN], id="excused-and-xfailed"
        ),
        pytest.param("exempt", (SKIPPED._replace(when="setup"), TEARDOWN), [NOT_RUN], id="skipped-in-setup"),
        pytest.param("exempt", (), [NOT_RUN], id="never-reported"),
        pytest.param("passed", (SETUP, SKIPPED, TEARDOWN), [NOT_CLEAN], id="holds-but-reported-as-skipped"),
    ],
)
def test_only_a_check_that_the_file_excuses_may_be_skipped(
    outcome: str, phases: tuple[Phase, ...], reasons: list[str]
) -> None:
    """A skip with our token passes where the controller itself says exempt, and nowhere else."""
    (verdict,) = decide([judged(accuracy=outcome)], with_phases(*phases), "all")
    assert [reason.text for reason in verdict.reasons] == reasons


@pytest.mark.parametrize(
    ("change", "reasons", "failed"),
    [
        pytest.param(
            lambda c: c._replace(finished=False), ["the session did not run to its end"], False, id="loop"
        ),
        pytest.param(
            lambda c: c._replace(exit_status=1), ["the session's exit status is 1"], False, id="exit-1"
        ),
        pytest.param(
            lambda c: c._replace(exit_status=6), ["the session's exit status is 6"], False, id="exit-6"
        ),
        pytest.param(lambda c: c._replace(modes=("--lf runs less",)), ["--lf runs less"], False, id="mode"),
        pytest.param(
            lambda c: c._replace(unreported=("a", "b", "c", "d")),
            ["collected and never reported: a, b, c and 1 more"],
            False,
            id="lost-items",
        ),
        pytest.param(
            lambda c: c._replace(troubles=(Trouble("t.py::x failed", failure=True),)),
            ["t.py::x failed"],
            True,
            id="a-test-failed",
        ),
        pytest.param(
            lambda c: c._replace(troubles=(Trouble("worker gw0 died"),)),
            ["worker gw0 died"],
            False,
            id="worker",
        ),
        pytest.param(
            lambda _: Conduct(phases={}, finished=True),
            ["not run: candidate[run], accuracy[min]"],
            False,
            id="nothing-ran",
        ),
        pytest.param(lambda _: with_phases(), [NOT_RUN], False, id="deselected"),
        pytest.param(lambda _: with_phases(SETUP, TEARDOWN), [NOT_RUN], False, id="setup-only"),
        pytest.param(lambda _: with_phases(SETUP, CALL), [NOT_CLEAN], False, id="no-teardown"),
        pytest.param(lambda _: with_phases(*CLEAN, *CLEAN), [NOT_CLEAN], False, id="run-twice"),
        pytest.param(
            lambda _: with_phases(SETUP, CALL._replace(token=None), TEARDOWN),
            [NOT_CLEAN],
            False,
            id="no-token",
        ),
        pytest.param(
            lambda _: with_phases(SETUP, CALL._replace(token="x"), TEARDOWN),
            [NOT_CLEAN],
            False,
            id="other-token",
        ),
        pytest.param(
            lambda _: with_phases(SETUP, CALL._replace(outcome="skipped"), TEARDOWN),
            [NOT_CLEAN],
            False,
            id="skipped",
        ),
        pytest.param(
            lambda _: with_phases(SETUP, CALL._replace(outcome="rerun"), TEARDOWN),
            [NOT_CLEAN],
            False,
            id="rerun",
        ),
        pytest.param(
            lambda _: with_phases(SETUP, CALL._replace(xfail=True), TEARDOWN),
            [NOT_CLEAN],
            False,
            id="xfail-mark",
        ),
        pytest.param(
            lambda _: with_phases(SETUP, CALL, TEARDOWN._replace(outcome="failed")),
            [NOT_CLEAN],
            False,
            id="teardown",
        ),
        pytest.param(
            lambda c: c._replace(
                phases={
                    "gw0": c.phases["main"],
                    "gw1": {("churn", "accuracy[min]"): (SETUP, CALL._replace(outcome="failed"))},
                }
            ),
            [NOT_CLEAN],
            False,
            id="one-of-two-workers",
        ),
    ],
)
def test_anything_less_withholds(
    change: Callable[[Conduct], Conduct], reasons: list[str], failed: bool
) -> None:
    """Each single doubt is enough, and is named."""
    (verdict,) = decide([judged()], change(perfect()), "all")
    assert [reason.text for reason in verdict.reasons] == reasons
    assert verdict.failed is failed


@pytest.mark.parametrize("outcome", ["failed", "unevaluable", "skipped"])
def test_pytest_cannot_grant_what_the_controller_judges_otherwise(outcome: str) -> None:
    """A report that somebody turned green does not help."""
    (verdict,) = decide([judged(accuracy=outcome)], perfect(), "all")
    assert [reason.text for reason in verdict.reasons] == ["accuracy[min] did not pass"]
    assert verdict.failed


def test_without_a_candidate_the_cause_is_the_reason() -> None:
    """The check that says it may have been deselected, and there is nothing else to say."""
    nobody = Finding("candidate[run]", "unevaluable", "cannot judge churn: no such run", 1)
    skipped = Finding("accuracy[min]", "skipped", "no candidate", 1)
    gate = judged()._replace(findings={finding.check: finding for finding in (nobody, skipped)})
    (verdict,) = decide([gate], with_phases(), "all")
    assert verdict.reasons[0] == ("cannot judge churn: no such run", True)


def test_a_warning_does_not_withhold() -> None:
    """Severity warn is shown and never blocks."""
    warned = Finding("accuracy[min]", "failed", "", 1, severity="warn")
    gate = judged()._replace(findings={**judged().findings, "accuracy[min]": warned})
    assert decide([gate], perfect(), "all")[0].granted


def test_a_check_that_was_never_judged_withholds() -> None:
    """A declared check without a finding counts as not run, whatever pytest reported of it."""
    gate = judged()._replace(findings={})
    (verdict,) = decide([gate], perfect(), "all")
    assert [reason.text for reason in verdict.reasons] == ["not run: candidate[run], accuracy[min]"]


def test_an_edited_gate_file_withholds() -> None:
    """What was judged has to be what the file says at the end."""
    (verdict,) = decide([judged()._replace(unchanged=False)], perfect(), "all")
    assert [reason.text for reason in verdict.reasons] == ["the gate file changed during the session"]


@pytest.mark.parametrize(
    ("policy", "change", "expected"),
    [
        pytest.param("all", {}, [True, True], id="all-good"),
        pytest.param("each", {}, [True, True], id="each-good"),
        pytest.param("all", {"b": "failed", "exit": 1}, [False, False], id="all-one-bad"),
        pytest.param("each", {"b": "failed", "exit": 1}, [True, False], id="each-one-bad"),
        pytest.param("never", {"b": "failed", "exit": 1}, [False, False], id="never-like-all"),
        pytest.param("each", {"exit": 1}, [False, False], id="each-unexplained-exit-status"),
        pytest.param("each", {"b": "failed", "exit": 2}, [False, False], id="each-interrupted"),
        pytest.param("each", {"test": True, "exit": 1}, [False, False], id="each-ordinary-test-failed"),
        pytest.param("each", {"b": "failed", "mode": "--lf", "exit": 1}, [False, False], id="each-mode"),
    ],
)
def test_gates_of_one_session(policy: Policy, change: dict[str, object], expected: list[bool]) -> None:
    """`all` stands and falls together; `each` lets other gates' checks fail, and nothing else."""
    bad = change.get("b")
    gates = [judged("a"), judged("b", accuracy=str(bad)) if bad else judged("b")]
    troubles = [Trouble("b: accuracy[min] failed", "b", failure=True)] if bad else []
    troubles += [Trouble("t.py::x failed", failure=True)] if change.get("test") else []
    conduct = perfect("a", "b")._replace(
        troubles=tuple(troubles),
        exit_status=int(str(change.get("exit", 0))),
        modes=(str(change["mode"]),) if "mode" in change else (),
    )
    assert [verdict.granted for verdict in decide(gates, conduct, policy)] == expected


FAILED_TEST = Trouble("t.py::x failed", failure=True)


@pytest.mark.parametrize(
    ("gates", "change", "rejects"),
    [
        pytest.param([judged()], {}, [False], id="granted"),
        pytest.param([judged(accuracy="failed")], {"exit_status": 1}, [True], id="a-check-failed"),
        pytest.param([judged(accuracy="unevaluable")], {"exit_status": 1}, [True], id="no-value"),
        pytest.param([judged()], {"troubles": (FAILED_TEST,), "exit_status": 1}, [True], id="a-test-failed"),
        pytest.param(
            [judged(accuracy="failed")],
            {"troubles": (FAILED_TEST,), "exit_status": 1},
            [True],
            id="both",
        ),
        pytest.param([judged()], {"exit_status": 6}, [False], id="a-status-that-nobody-explains"),
        pytest.param(
            [judged(accuracy="failed")], {"exit_status": 1, "finished": False}, [False], id="unfinished"
        ),
        pytest.param([judged(accuracy="failed")], {"modes": ("--lf runs less",)}, [False], id="mode"),
        pytest.param([judged(accuracy="failed")], {"unreported": ("t.py::y",)}, [False], id="lost-items"),
        pytest.param(
            [judged(accuracy="failed")], {"troubles": (Trouble("worker gw0 died"),)}, [False], id="worker"
        ),
        pytest.param([judged(accuracy="failed")], {"phases": {}}, [False], id="something-not-run"),
        pytest.param(
            [judged(accuracy="failed")._replace(unchanged=False)],
            {"exit_status": 1},
            [False],
            id="edited-file",
        ),
        pytest.param(
            [judged("a", accuracy="failed"), judged("b")], {"exit_status": 1}, [True, True], id="another-gate"
        ),
    ],
)
def test_only_a_whole_session_rejects(
    gates: list[Judged], change: dict[str, object], rejects: list[bool]
) -> None:
    """What is partial or broken says nothing about the candidate, and leaves no trace on its run."""
    conduct = perfect(*(gate.gate for gate in gates))._replace(**change)  # type: ignore[arg-type]
    assert [verdict.rejects for verdict in decide(gates, conduct, "all")] == rejects


def test_under_each_only_the_gate_itself_is_rejected() -> None:
    """The other one is granted."""
    conduct = perfect("a", "b")._replace(exit_status=1)
    verdicts = decide([judged("a", accuracy="failed"), judged("b")], conduct, "each")
    assert [(verdict.rejects, verdict.granted) for verdict in verdicts] == [(True, False), (False, True)]
