"""The table of all conditions: a new family is one file beside this one and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.checks import arms, bounds, changes, cohorts, equality
from pytest_mlflow_gate.gatefile.language import ExpressionProblem, Language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mlflow_gate.checks.condition import Condition
    from pytest_mlflow_gate.gatefile.language import Expression

KEYS = {
    condition.name: condition
    for condition in (
        *bounds.CONDITIONS,
        *equality.CONDITIONS,
        *changes.CONDITIONS,
        *cohorts.CONDITIONS,
        *arms.CONDITIONS,
    )
}


def language(added: Iterable[Condition] = ()) -> Language:
    """
    Return what the loader has to know.

    Args:
        added: Conditions of other packages.
    """
    return Language({**KEYS, **{condition.name: condition for condition in added}}, _compile)


def _compile(text: str) -> Expression:
    from pytest_mlflow_gate.checks.expressions import (  # noqa: PLC0415 - most gates have no rules
        ExpressionError,
        compile_expression,
    )

    try:
        return compile_expression(text)
    except ExpressionError as error:
        raise ExpressionProblem(str(error), error.line) from error
