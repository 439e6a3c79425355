"""Reading what sessions wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path


def junit_cases(path: Path) -> dict[str, tuple[str, str]]:
    """Return outcome and message of each testcase of a JUnit file, its totals held against them."""
    (suite,) = ET.parse(path).getroot()  # noqa: S314 - our own file
    cases = {}
    for case in suite.iter("testcase"):
        found = next(iter(case), None)
        outcome, message = ("passed", "") if found is None else (found.tag, str(found.get("message")))
        cases[f"{case.get('classname')}::{case.get('name')}"] = (outcome, message)
    assert len(cases) == len(suite.findall("testcase")) == int(str(suite.get("tests")))
    for total, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert [case[0] for case in cases.values()].count(outcome) == int(str(suite.get(total)))
    return cases
