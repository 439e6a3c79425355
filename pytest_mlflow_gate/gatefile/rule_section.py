"""Rules to checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.declared import Rule
from pytest_mlflow_gate.gatefile.item_names import check_name, item_text
from pytest_mlflow_gate.gatefile.language import ExpressionProblem
from pytest_mlflow_gate.gatefile.layout import RuleKeys
from pytest_mlflow_gate.gatefile.places import value_of
from pytest_mlflow_gate.gatefile.problems import plain, quoted
from pytest_mlflow_gate.gatefile.variables import names_in

if TYPE_CHECKING:
    from pytest_mlflow_gate.gatefile.declared import Severity
    from pytest_mlflow_gate.gatefile.language import Expression, Language
    from pytest_mlflow_gate.gatefile.places import At
    from pytest_mlflow_gate.gatefile.problems import Problems
    from pytest_mlflow_gate.gatefile.scalars import Text
    from pytest_mlflow_gate.gatefile.threshold_section import Declared


def read_rules(
    section: At[dict[str, At[Text | RuleKeys]] | None], language: Language, declared: Declared
) -> None:
    """
    Add the rules, and note each that does not compile.

    Args:
        section: Name to expression, short or long.
        language: Compiles them.
        declared: What is checked so far.
    """
    for name, at in (section.value or {}).items():
        where = f"rules.{plain(name)}"
        value = at.value
        severity: Severity | None = "fail"
        reason, text = None, at
        if isinstance(value, RuleKeys):
            severity = value_of(value.severity) if value.severity else "fail"
            reason, text, where = value_of(value.reason), value.expr, f"{where}.expr"
        expression = _compiled(text, language, declared.problems, where)
        if expression and expression.uses_baseline and not declared.comparing:
            declared.comparing = text.line, where
        taken = severity and declared.claim(check_name("rules", item_text(name), severity), text.line, where)
        if expression is None or not severity or not taken:
            declared.unknown += 1
            continue
        declared.checks.append(Rule(taken, expression, severity, reason, text.line))


def _compiled(
    at: At[Text] | At[Text | RuleKeys], language: Language, problems: Problems, where: str
) -> Expression | None:
    if not isinstance(at.value, str) or at.node is None:
        return None
    try:
        return language.compile_rule(at.value)
    except ExpressionProblem as error:
        variables = names_in(at.node.text)
        if variables and _compiles_at_all(language):
            # What is said about an expression quotes it, and a variable may hold a secret by mistake.
            text = f"the value of {quoted(at.node.text)} is no expression, check {', '.join(variables)}"
            problems.add(at.node.line_of(0), where, text)
        else:
            problems.add(at.node.line_of(error.line), where, error.says)
        return None


def _compiles_at_all(language: Language) -> bool:
    """Return whether CEL's library is there."""
    try:
        language.compile_rule("true")
    except ExpressionProblem:
        return False
    return True
