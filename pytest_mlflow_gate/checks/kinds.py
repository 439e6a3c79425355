"""The table of all conditions: a new family is one file beside this one and one line here."""

from __future__ import annotations

from pytest_mlflow_gate.checks import bounds, equality

KEYS = {
    condition.name: condition
    for condition in (
        *bounds.CONDITIONS,
        *equality.CONDITIONS,
    )
}
