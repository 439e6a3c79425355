"""``${VAR}`` and ``${VAR:-default}``."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.gatefile.variables import VariableError, Variables, names_in
from tests.gatefile.loading import load_text, problems_of

ENVIRON = {"RUN_ID": "r1", "EMPTY": "", "NESTED": "${RUN_ID}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain $RUN_ID {x}", "plain $RUN_ID {x}", id="nothing-to-replace"),
        pytest.param("${RUN_ID}", "r1", id="whole"),
        pytest.param("a-${RUN_ID}-${RUN_ID}", "a-r1-r1", id="twice"),
        pytest.param("${UNSET:-x y}", "x y", id="default-when-unset"),
        pytest.param("${EMPTY:-x}", "x", id="default-when-empty"),
        pytest.param("${RUN_ID:-x}", "r1", id="default-not-needed"),
        pytest.param("${UNSET:-}", "", id="empty-default"),
        pytest.param("$${RUN_ID}", "${RUN_ID}", id="literal"),
        pytest.param("$$${RUN_ID}", "$${RUN_ID}", id="literal-after-a-dollar"),
        pytest.param("${NESTED}", "${RUN_ID}", id="values-are-not-replaced-again"),
    ],
)
def test_variables_are_replaced(text: str, expected: str) -> None:
    """Replacement is a shell's, once, and `$${` writes the two characters themselves."""
    assert Variables(ENVIRON).replace(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "${UNSET}", "environment variable UNSET is not set; set it or write ${UNSET:-default}", id="unset"
        ),
        pytest.param(
            "a${EMPTY}", "environment variable EMPTY is empty; set it or write ${EMPTY:-default}", id="empty"
        ),
        *(
            pytest.param(
                text, "'${' begins no variable, write ${NAME}, ${NAME:-default}, or $${ for the text", id=name
            )
            for name, text in {
                "open": "${RUN_ID",
                "no-name": "${}",
                "digit": "${1A}",
                "other-default": "${RUN_ID-x}",
                "nested": "${UNSET:-${RUN_ID}}",
            }.items()
        ),
    ],
)
def test_a_variable_that_cannot_be_replaced_says_why(text: str, problem: str) -> None:
    """An unset, empty or malformed variable never becomes an empty text in silence."""
    with pytest.raises(VariableError) as raised:
        Variables(ENVIRON).replace(text)
    assert str(raised.value) == problem


def test_without_requirement_the_unset_names_are_kept() -> None:
    """A machine without CI's variables can still check the file, and learns which ones it lacks."""
    variables = Variables(ENVIRON, required=False)
    assert variables.replace("${UNSET}-${EMPTY}-${RUN_ID}") is None
    assert variables.unset == {"UNSET", "EMPTY"}


def test_names_are_listed_in_their_order() -> None:
    """Names of variables, not those of literals."""
    assert names_in("${B}$${C}${A:-x}") == ("B", "A")


def test_variables_work_in_every_value() -> None:
    """Numbers, durations, choices and short forms can come from the environment."""
    text = (
        "wait: ${WAIT}\ncandidate: {experiment: e, select: '${SELECT}', by: m}\n"
        "thresholds:\n  m:\n    min: ${LIMIT}\n  ${LIMIT}: '>= ${LIMIT}'\n"
    )
    gate = load_text(text, {"WAIT": "2m", "SELECT": "best", "LIMIT": " 0.90 "})
    assert gate.wait == 120
    assert [(check.name, str(check.limit)) for check in gate.conditions] == [
        ("m[min]", "0.90"),
        ("${LIMIT}[min]", "0.90"),
    ]


def test_a_wrong_value_from_the_environment_is_not_shown() -> None:
    """A variable may hold a secret by mistake, so messages name the variable and not its value."""
    text = (
        "wait: ${SECRET}\ncandidate: {run_id: a}\nthresholds:\n  m: '>= ${SECRET}'\n  n:\n    min: ${SECRET}\n"
        "promote:\n  model: m\n  alias: ${SECRET}\n"
    )
    assert problems_of(text, {"SECRET": "hunter 2%"}) == [
        "1: wait: the value of '${SECRET}' is no duration, write a whole number with its unit: 30s, 10m, 24h or 7d",
        "4: thresholds.m: the value of '>= ${SECRET}' is not a decimal number, write one such as 0.92 or 1e-3",
        "6: thresholds.n.min: the value of '${SECRET}' is not a decimal number, write one such as 0.92 or 1e-3",
        "9: promote.alias: the value of '${SECRET}' is no alias, use up to 255 letters, digits, '_' and '-'",
    ]
