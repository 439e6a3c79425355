"""Shapes come from the declared structs and the table of conditions."""

from __future__ import annotations

from dataclasses import replace

from pytest_mlflow_gate.checks.kinds import KEYS
from pytest_mlflow_gate.gatefile.shapes import gate_section


def test_a_new_condition_needs_no_change_here() -> None:
    """A key in the table is a key of the threshold, with its description."""
    added = replace(KEYS["min"], name="at_least", symbol="", description="As min.")
    metric = gate_section({**KEYS, "at_least": added}).fields["thresholds"].shape.entries
    assert metric is not None
    assert metric.section is not None
    assert metric.section.fields["at_least"].description == "As min."
    assert metric.section.fields["at_least"].required is False


def test_required_keys() -> None:
    """A gate needs its candidate, and thresholds or rules, which no single key can say."""
    fields = gate_section(KEYS).fields
    assert [name for name, field in fields.items() if field.required] == ["candidate"]
