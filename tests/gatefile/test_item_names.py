"""Names of checks and gates in node ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlflow_gate.gatefile.item_names import check_name, item_text


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        pytest.param("accuracy", "accuracy[min]", id="plain"),
        pytest.param("recall/eu", "recall/eu[min]", id="slash"),
        pytest.param("a::b:::c", "a:b:c[min]", id="double-colons"),
        pytest.param(":a:", ".a.[min]", id="outer-colons"),
        pytest.param("recall[cls=1]", "recall(cls=1)[min]", id="brackets"),
    ],
)
def test_check_names(metric: str, name: str) -> None:
    """Whatever a metric is called, its check can be selected by its node id."""
    assert check_name(metric, "min", "fail") == name


def test_warn_twin() -> None:
    """A condition that only warns has a name of its own beside the one that fails."""
    assert check_name("latency_ms", "max", "warn") == "latency_ms[max:warn]"


@given(st.text(min_size=1))
def test_no_text_breaks_a_node_id(text: str) -> None:
    """Joined with ``::``, a name comes apart at the same places again, and is one line."""
    name = item_text(text)
    assert name
    assert f"f.yaml::{name}::{name}[min]".split("::") == ["f.yaml", name, f"{name}[min]"]
    assert not {"[", "]", "\n", "\r"} & set(name)
    assert item_text(name) == name
