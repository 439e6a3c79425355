"""How the oracle's worlds are drawn: values at the edge of limits, and everything that may be wrong, now and then."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st

from tests.oracle.world import (
    CHANGES,
    COPIES,
    METRICS,
    MODELS,
    SYMBOLS,
    TESTS,
    TESTS_THAT_STOP,
    Condition,
    Fault,
    Gate,
    Line,
    Mishap,
    Target,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

EXACT = Context(prec=700)


class Wish(NamedTuple):
    """A condition that does not know its limit yet: on which *side* of it the value is to be, and how far."""

    metric: str
    key: str
    side: str
    distance: str
    style: str
    tolerance: str | None
    severity: str


class Draft(NamedTuple):
    """A gate whose limits wait for the values that they are to be near to."""

    candidate: tuple[str, str]
    wishes: list[Wish]
    shape: str
    target: Target
    promotes: bool
    bootstrap: bool

    def gate(self, name: str, metrics: Mapping[str, float], before: Mapping[str, float]) -> Gate:
        """
        Return the gate, its limits near the values *metrics* and those *before*.

        Of two conditions with one name, and of two changes of one metric, the later stays.
        """
        wanted = {}
        for wish in self.wishes:
            if wish.key in SYMBOLS:
                wanted[wish.metric, wish.key, wish.severity] = condition(wish, metrics)
            else:
                wanted[wish.metric, "change", wish.severity] = change(wish, metrics, before)
        target = self.target
        if target.alias is None and target.stage is None and target.copy_to is None:
            target = target._replace(alias="champion")
        if name == "beta" and target.alias == "champion":
            target = target._replace(alias="challenger")  # else most pairs would be refused as twins
        target = target._replace(previous_alias=target.previous_alias if target.alias else None)
        return Gate(
            name,
            self.candidate,
            tuple(wanted.values()),
            self.shape,
            target if self.promotes else None,
            (target.home, target.alias or "champion"),
            self.bootstrap,
        )


def condition(wish: Wish, metrics: Mapping[str, float]) -> Condition:
    """Return the condition whose limit is just where *wish* wants it."""
    value = metrics.get(wish.metric, 0.92)
    value = value if math.isfinite(value) else 0.92
    tolerance = wish.tolerance if wish.key == "equals" else None
    upward = wish.key in ("max", "below") if wish.side == "inside" else wish.key not in ("max", "below")
    if wish.distance == "ulp":
        limit = Decimal(repr(math.nextafter(value, math.inf if upward else -math.inf)))
    else:
        limit = EXACT.add(Decimal(repr(value)), (1 if upward else -1) * Decimal(wish.distance))
    if wish.side == "at" or (wish.key == "equals" and wish.side == "inside"):
        limit = Decimal(repr(value))
    if tolerance and wish.side != "inside":
        limit = EXACT.add(limit, Decimal(tolerance))
    return Condition(wish.metric, wish.key, _written(limit, wish.style), tolerance, wish.severity)


def change(wish: Wish, metrics: Mapping[str, float], before: Mapping[str, float]) -> Condition:
    """Return a limit of the change, at its very edge or beside it, or in percent."""
    if wish.style in PERCENT:
        return Condition(wish.metric, wish.key, PERCENT[wish.style], None, wish.severity)
    value, base = metrics.get(wish.metric, 0.92), before.get(wish.metric, 0.92)
    value, base = (number if math.isfinite(number) else 0.92 for number in (value, base))
    limit = EXACT.subtract(Decimal(repr(value)), Decimal(repr(base))).copy_abs()
    if wish.side != "at":
        distance = Decimal("1e-17" if wish.distance == "ulp" else wish.distance)
        longer = (wish.side == "inside") == wish.key.startswith("max")
        # Not with a unary minus, which would round to 28 digits.
        limit = EXACT.add(limit, distance) if longer else EXACT.subtract(limit, min(distance, limit))
    return Condition(wish.metric, wish.key, _written(limit, wish.style), None, wish.severity)


def _written(number: Decimal, style: str) -> str:
    text = format(number, {"scientific": "e", "plain": "f"}.get(style, ""))
    if style == "bare":
        return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    if style == "padded" and "E" not in text:
        return ("" if text.startswith("-") else "+") + text + ("0" if "." in text else ".")
    return text


PERCENT = {"scientific": "2%", "padded": "100%", "bare": "0%"}
"""Styles in which a change is written in percent, and how much it is."""
PLAIN_VALUES = (0.92, 0.9199999999999999, 0.1 + 0.2, 0.3, 1.0, 120.0, 1e-3, 0.0, -0.0, -1.5)
ODD_VALUES = (math.nan, math.inf, -math.inf, 5e-324, 1e22, 1e300, None)
VALUES = st.sampled_from((*PLAIN_VALUES * 4, *ODD_VALUES))
STATUSES = st.sampled_from((*["FINISHED"] * 4, "FAILED", "FAILED", "RUNNING", "deleted", "deleted"))
ALIASES = st.sampled_from(("champion", "challenger", "previous"))
GATES = st.sampled_from(("alpha", "beta"))
LOGGED = st.dictionaries(st.sampled_from(METRICS), VALUES, min_size=1, max_size=2)
WISH = st.builds(
    Wish,
    metric=st.sampled_from(METRICS),
    key=st.sampled_from((*SYMBOLS, *CHANGES)),
    side=st.sampled_from((*["inside"] * 7, "at", "at", "outside")),
    distance=st.sampled_from(("ulp", "0.5", "1e-20", "1e-40")),
    style=st.sampled_from(("as-is", "scientific", "plain", "bare", "padded")),
    tolerance=st.sampled_from((None, "0.05", "1e-3", "0", "1e-17")),
    severity=st.sampled_from(("fail", "fail", "fail", "warn")),
)
# Several conditions on one metric often contradict each other, which is all that such a gate can show.
DISTINCT_WISHES = st.lists(WISH, min_size=1, max_size=3, unique_by=lambda wish: wish.metric)
WISHES = st.one_of(DISTINCT_WISHES, DISTINCT_WISHES, DISTINCT_WISHES, st.lists(WISH, min_size=1, max_size=3))
SHAPES = st.sampled_from(("short", "long", "together"))
CANDIDATES = st.sampled_from(
    (
        *[("run_id", "r1"), ("experiment", "churn")] * 16,
        *[("model_id", "m-r1"), ("run_id", "r2"), ("alias", "churn")] * 2,
        ("alias", "fraud"),
        ("experiment", "chum"),
    )
)
TARGETS = st.builds(
    Target,
    model=st.sampled_from(MODELS),
    alias=st.sampled_from(("champion", "champion", "champion", "challenger", None)),
    stage=st.sampled_from((None, None, "Production", "Staging")),
    tags=st.sampled_from(((), (), (("validated_by", "ci"),), (("validated_by", "ci"), ("data", "v3")))),
    copy_to=st.sampled_from((None, None, None, *COPIES)),
    previous_alias=st.sampled_from((None, None, "previous")),
    approval=st.sampled_from((*["none"] * 6, "first", "2", "always")),
)
DRAFTS = st.builds(
    Draft,
    CANDIDATES,
    WISHES,
    SHAPES,
    target=TARGETS,
    promotes=st.sampled_from((True,) * 9 + (False,)),
    bootstrap=st.booleans(),
)
CHOICES = st.sampled_from(
    (*[((0,), ()), ((0, 1), ())] * 5, ((1, 0), ()), ((1,), ()), ((0,), (1,)), ((), (0,)), ((), (0, 1)))
)
POLICIES = st.sampled_from((*[None, "each"] * 5, "all", "never"))
GOOD_TESTS = st.sampled_from(((), (), (), ("test_pass",), ("test_skip", "test_pass"), ("test_xfail",)))
# What stops a session takes pytest ten times as long as a session.
ANY_TESTS = st.lists(
    st.sampled_from((*TESTS, *TESTS, *TESTS, *TESTS_THAT_STOP)), max_size=2, unique=True
).map(tuple)
MISHAPS = (
    "report-passed",
    "report-skipped",
    "item-skipped",
    "item-xfail",
    "item-dropped",
    "runtest-replaced",
    "status-3",
    "status-0",
    "no-failures-counted",
    "status-late",
    "finish-raises",
    "unconfigure-raises",
    "file-edited",
    "alias-moved",
    "alias-moved",
)
FLAGS = ("-x", "--maxfail=1", "--lf", "--sw", "--setup-only", "--setup-plan", "--collect-only", "-W error")
KEYWORDS = ("accuracy", "not loss", "not test", "candidate", "test", "not f1", "nothing")


def plain(
    choice: tuple[tuple[int, ...], tuple[int, ...]], policy: str | None, tests: tuple[str, ...]
) -> Line:
    """Return a command line with nothing special."""
    return Line(*choice, policy, tests)


def changed(line: Line, key: str, value: object) -> Line:
    """Return a command line with something else on it."""
    return line._replace(**{key: value})  # type: ignore[arg-type]


PLAIN = st.builds(plain, CHOICES, POLICIES, GOOD_TESTS)
TESTED = st.builds(plain, CHOICES, POLICIES, ANY_TESTS)
SOME = st.one_of(PLAIN, TESTED)
SELECTED = st.one_of(
    st.builds(changed, SOME, st.just("flag"), st.sampled_from(FLAGS)),
    st.builds(changed, SOME, st.just("keyword"), st.sampled_from(KEYWORDS)),
    st.builds(changed, SOME, st.sampled_from(("deselected", "narrowed")), st.integers(0, 7)),
    st.builds(changed, SOME, st.just("run"), st.sampled_from(("r1", "r2", "r9"))),
)
DISTURBED = st.builds(
    changed, PLAIN, st.just("mishap"), st.builds(Mishap, st.sampled_from(MISHAPS), st.integers(0, 7))
)
FAULTY = st.builds(
    changed,
    PLAIN,
    st.just("fault"),
    st.builds(Fault, st.sampled_from(("rejected", "unreached", "lost")), st.integers(1, 24)),
)
