"""Each kind of text: what it reads, what it refuses and with which remedy."""

from __future__ import annotations

import time
from contextlib import suppress
from decimal import Decimal

import pytest

from pytest_mlflow_gate.gatefile.quantities import QUANTITIES, Amount, Samples, Seconds, Share
from pytest_mlflow_gate.gatefile.scalars import (
    KINDS,
    Alias,
    Everyone,
    Folded,
    Misread,
    Parent,
    Stage,
    Text,
    Version,
    Yes,
    choice,
)

ALL_KINDS = {**KINDS, **QUANTITIES}
NOT_A_NUMBER = "is not a decimal number, write one such as 0.92 or 1e-3"
OUT_OF_RANGE = "is out of the range of a metric, write a number from 4.9e-324 to 1.8e308"
NO_LIMIT = "is no limit, write a finite number such as 0.92"
NO_ALIAS = "is no alias, use up to 255 letters, digits, '_' and '-'"
NO_VERSION = "is no version number, write a whole number such as 7"
NO_DURATION = "is no duration, write a whole number with its unit: 30s, 10m, 24h or 7d"
NO_SHARE = "is no share between 0 and 1, write one such as 95% or 0.95"
NO_SAMPLES = "is no number of samples, write a whole number from 1 to 999999999, or a metric's name"
NEGATIVE = "must not be negative, the key says the direction; write 0 or more"
NO_STAGE = "is no stage, write Staging, Production or Archived"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        pytest.param("0.92", "0.92", id="decimal"),
        pytest.param(" 0.9200 ", "0.9200", id="as-written-without-blanks"),
        pytest.param("010", "10", id="never-octal"),
        pytest.param("1e3", "1E+3", id="exponent-without-point"),
        pytest.param("-.5", "-0.5", id="no-leading-zero"),
        pytest.param("+3.", "3", id="no-decimals"),
        pytest.param("0.1234567890123456789012345678901234567890", None, id="more-digits-than-a-float"),
        pytest.param("1.7976931348623157e308", "1.7976931348623157E+308", id="largest-float"),
        pytest.param("0e0001", "0E+1", id="zero"),
    ],
)
def test_numbers_are_exact(text: str, limit: str | None) -> None:
    """A limit is the decimal that was written, and not the nearest float."""
    assert str(ALL_KINDS[Decimal].read(text)) == (limit or text)


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        pytest.param(Decimal, "2%", "is a percentage, write 0.02", id="percentage"),
        pytest.param(Decimal, "92.5 %", "is a percentage, write 0.925", id="percentage-with-blank"),
        pytest.param(Decimal, "1e5%", NOT_A_NUMBER, id="percentage-with-exponent"),
        pytest.param(Decimal, ".nan", NO_LIMIT, id="nan"),
        pytest.param(Decimal, "-.INF", NO_LIMIT, id="infinity"),
        pytest.param(Decimal, "1_000", "is not a plain decimal, write 1000", id="underscore"),
        pytest.param(Decimal, "12:30", NOT_A_NUMBER, id="sexagesimal"),
        pytest.param(Decimal, "0x1f", NOT_A_NUMBER, id="hexadecimal"),
        pytest.param(Decimal, "yes", NOT_A_NUMBER, id="boolean"),
        pytest.param(Decimal, "0,92", NOT_A_NUMBER, id="comma"),
        pytest.param(Decimal, "\u0663", NOT_A_NUMBER, id="arabic-digit"),
        pytest.param(Decimal, "1e309", OUT_OF_RANGE, id="above-every-float"),
        pytest.param(Decimal, "1e-330", OUT_OF_RANGE, id="below-every-float"),
        pytest.param(Decimal, "1e99999999999999999999", OUT_OF_RANGE, id="exponent-beyond-decimal"),
        pytest.param(Decimal, "0e99999", OUT_OF_RANGE, id="zero-with-huge-exponent"),
        pytest.param(Amount, "-0.01", NEGATIVE, id="negative-change"),
        pytest.param(Amount, "-2%", NEGATIVE, id="negative-percentage"),
        pytest.param(Amount, "2%%", NOT_A_NUMBER, id="percent-of-percent"),
        pytest.param(Amount, "%", NOT_A_NUMBER, id="percent-of-nothing"),
        pytest.param(Amount, ".inf", NO_LIMIT, id="endless-change"),
        pytest.param(Share, "95", NO_SHARE, id="percent-sign-forgotten"),
        pytest.param(Share, "1", NO_SHARE, id="certain"),
        pytest.param(Share, "0%", NO_SHARE, id="never"),
        pytest.param(Share, "0.99999999999999999", NO_SHARE, id="one-in-floats"),
        pytest.param(Share, "1e-323%", NO_SHARE, id="zero-in-floats"),
        pytest.param(Share, "much", NOT_A_NUMBER, id="share-in-words"),
        pytest.param(Samples, "0", NO_SAMPLES, id="no-samples"),
        pytest.param(Samples, "1e3", NO_SAMPLES, id="samples-with-exponent"),
        pytest.param(Samples, "1000000000", NO_SAMPLES, id="too-many-samples"),
        pytest.param(
            Samples, "n\nm", "holds a line break or control character, remove it", id="samples-lines"
        ),
        pytest.param(
            Everyone, "all", "is no list of cohorts, write [a, b], or '*' for all that were logged", id="all"
        ),
        pytest.param(Parent, "Parent", "is unknown, write parent, or {filter: ...}", id="capital-parent"),
        pytest.param(Yes, "no", "is not true, write that or leave the key out", id="no"),
        pytest.param(Yes, "1", "is not true, write that or leave the key out", id="one"),
        pytest.param(Seconds, "0", NO_DURATION, id="zero-without-unit"),
        pytest.param(Seconds, "30", NO_DURATION, id="number-without-unit"),
        pytest.param(Seconds, "1.5h", NO_DURATION, id="fraction"),
        pytest.param(Seconds, "5 min", NO_DURATION, id="other-unit"),
        pytest.param(Seconds, "-3s", NO_DURATION, id="negative-duration"),
        pytest.param(Version, "0", NO_VERSION, id="version-zero"),
        pytest.param(Version, "-1", NO_VERSION, id="negative-version"),
        pytest.param(Version, "1.0", NO_VERSION, id="fractional-version"),
        pytest.param(Version, "latest", NO_VERSION, id="version-in-words"),
        pytest.param(Alias, "latest", "is reserved by MLflow, choose another alias", id="latest"),
        pytest.param(Alias, "LATEST", "is reserved by MLflow, choose another alias", id="latest-in-capitals"),
        pytest.param(Alias, "v12", "is reserved by MLflow, choose another alias", id="version-as-alias"),
        pytest.param(Alias, "@champion", NO_ALIAS, id="at-sign"),
        pytest.param(Alias, "über", NO_ALIAS, id="letter-beyond-ascii"),
        pytest.param(Alias, "a" * 256, NO_ALIAS, id="long-alias"),
        pytest.param(Stage, "None", NO_STAGE, id="none-is-no-target"),
        pytest.param(Stage, "Prod", NO_STAGE, id="short-stage"),
        pytest.param(str, "a\nb", "holds a line break or control character, remove it", id="two-lines"),
        pytest.param(str, "a\u2028b", "holds a line break or control character, remove it", id="u2028"),
        pytest.param(Text, "a\x1b[31m", "holds a control character, remove it", id="escape-sequence"),
        pytest.param(Folded, "a\x00", "holds a control character, remove it", id="nul"),
    ],
)
def test_a_text_of_another_kind_is_refused_with_a_remedy(kind: object, text: str, says: str) -> None:
    """YAML 1.1's numbers, percentages, reserved names and the like are each told what to write."""
    with pytest.raises(Misread) as raised:
        ALL_KINDS[kind].read(text)
    assert raised.value.says == says


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(Seconds, "0s", 0.0, id="no-wait"),
        pytest.param(Seconds, "30s", 30.0, id="seconds"),
        pytest.param(Seconds, "10m", 600.0, id="minutes"),
        pytest.param(Seconds, "24h", 86_400.0, id="hours"),
        pytest.param(Seconds, "7d", 604_800.0, id="days"),
        pytest.param(Amount, "0.010", Amount(Decimal("0.010"), percent=False), id="absolute-change"),
        pytest.param(Amount, " +2 % ", Amount(Decimal(2), percent=True), id="change-in-percent"),
        pytest.param(Amount, "0", Amount(Decimal(0), percent=False), id="no-change"),
        pytest.param(Share, "95%", Decimal("0.95"), id="share-in-percent"),
        pytest.param(Share, "0.95", Decimal("0.95"), id="share-of-one"),
        pytest.param(Share, "1e-3%", Decimal("0.00001"), id="small-share"),
        pytest.param(Samples, " 500 ", 500, id="number-of-samples"),
        pytest.param(Samples, "n_test", "n_test", id="metric-of-samples"),
        pytest.param(Samples, "2nd", "2nd", id="metric-that-begins-with-a-digit"),
        pytest.param(Everyone, " * ", "*", id="everyone"),
        pytest.param(Parent, "parent", "parent", id="parent"),
        pytest.param(Yes, "True", True, id="yes"),
        pytest.param(Stage, "production", "Production", id="stage-in-any-case"),
        pytest.param(Alias, "vNext-1_a", "vNext-1_a", id="alias"),
        pytest.param(Version, "12", "12", id="version"),
        pytest.param(Text, "two\nlines", "two\nlines", id="text-keeps-its-lines"),
        pytest.param(
            Folded, "tags.a = 'x  y'\n  and tags.b = 'z'\n", "tags.a = 'x  y' and tags.b = 'z'", id="f"
        ),
    ],
)
def test_a_text_of_its_kind_becomes_its_value(kind: object, text: str, value: object) -> None:
    """Durations are in seconds, stages as MLflow spells them, a folded text is one line."""
    assert ALL_KINDS[kind].read(text) == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1" * 100_000 + "x", id="digits"),
        pytest.param("1" * 100_000 + " %", id="percentage"),
        pytest.param("1e" + "0" * 100_000 + "x", id="exponent"),
        pytest.param(" " * 100_000 + "x", id="blanks"),
        pytest.param("x\n" * 100_000, id="lines"),
        pytest.param("v" + "1" * 100_000 + "v", id="version-like"),
        pytest.param("1_" * 100_000, id="underscores"),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """The time to read or refuse a text grows with its length, whatever kind it is taken for."""
    for kind in ALL_KINDS.values():
        began = time.perf_counter()
        with suppress(Misread):
            kind.read(text)
        assert time.perf_counter() - began < 1, kind.noun


def test_a_choice_names_what_there_is() -> None:
    """All values are named, never the closest alone: letters would take 'newest' for 'best'."""
    with pytest.raises(Misread) as raised:
        choice(("latest", "best")).read("newest")
    assert raised.value.says == "is unknown, write latest or best"
