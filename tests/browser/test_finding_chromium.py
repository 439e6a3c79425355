"""Where there is no browser: said, and an error where one was promised."""

from __future__ import annotations

import pytest

from tests.browser.chromium import NOT_FOUND


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [
        pytest.param(None, "skipped", id="a-developers-machine"),
        pytest.param("required", "errors", id="ci-which-installed-one"),
    ],
)
def test_no_browser(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, setting: str | None, outcome: str
) -> None:
    """Without a browser a test is skipped and says what to install, or fails where the environment asks for one."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.delenv("MLFLOW_GATE_BROWSER", raising=False)
    if setting:
        monkeypatch.setenv("MLFLOW_GATE_BROWSER", setting)
    pytester.makeconftest("from tests.browser.conftest import browser")
    pytester.makepyfile("def test_it(browser): pass")
    result = pytester.runpytest_inprocess("-rsE", "-p", "no:hypothesispytest", "-p", "no:randomly")
    result.assert_outcomes(**{outcome: 1})
    result.stdout.fnmatch_lines([f"*{NOT_FOUND}"])
