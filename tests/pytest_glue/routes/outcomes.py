"""Sessions in which a check or a test does not pass as it should."""

from __future__ import annotations

import math

from tests.pytest_glue.routes.route import (
    BAD,
    CHECK,
    FAILING,
    PLAIN,
    SUBTESTS,
    Route,
    around_check,
    conftest,
)

SECOND_GATE = """\
name: second
tracking_uri: http://fake
candidate: {run_id: r1}
thresholds: {accuracy: ">= 0.99"}
promote: {model: second, alias: champion}
"""
TEARDOWN = """
import pytest
@pytest.fixture(scope="{scope}")
def broken():
    yield
    1/0
def test_broken(broken): pass
"""
FLAKY = {"test_flaky.py": "n = []\ndef test_flaky():\n    n.append(1)\n    assert len(n) > 1\n"}
SUBTEST = "def test_parent(subtests):\n    with subtests.test('part'):\n        assert {condition}\n"
WARNING = {"test_warn.py": "import warnings\ndef test_warn(): warnings.warn('w')\n"}
SLEEPING = {"test_slow.py": "import time\ndef test_slow(): time.sleep(30)\n"}
COVERED = {
    "covered.py": "def never():\n    return 1\n",
    "test_cover.py": "import covered\ndef test_c(): pass\n",
}


def marked(mark: str) -> dict[str, str]:
    """Return a conftest.py that marks `CHECK`."""
    return conftest(
        f"def pytest_collection_modifyitems(items):\n    for item in items:\n"
        f"        if item.name == {CHECK!r}: item.add_marker(pytest.mark.{mark})\n"
    )


FAILURES: dict[str, Route] = {
    "metric-below-limit": Route(metrics={"accuracy": 0.91}, rejected=True),
    "metric-nan": Route(metrics={"accuracy": math.nan}, rejected=True),
    "metric-infinite": Route(metrics={"accuracy": math.inf}, rejected=True),
    "metric-missing": Route(
        files={
            "eval_gate.yaml": "tracking_uri: http://fake\ncandidate: {run_id: r1}\n"
            'thresholds: {acuracy: ">= 0.92"}\npromote: {model: churn-classifier, alias: champion}\n'
        },
        rejected=True,
    ),
    "metric-below-limit-under-each": Route(
        ("--mlflow-gate-promote", "each"), metrics={"accuracy": 0.91}, rejected=True
    ),
    "python-without-asserts": Route(
        metrics=BAD, environ={"PYTHONOPTIMIZE": "1"}, rejected=True, modes=PLAIN, apart=True
    ),
    "no-terminal": Route(("-p", "no:terminal"), metrics=BAD, rejected=True),
    "instafail": Route(("--instafail",), metrics=BAD, rejected=True),
    "shuffled": Route((".", "-p", "randomly"), metrics=BAD, rejected=True),
    "ordinary-test-fails": Route((".",), FAILING, rejected=True),
    "ordinary-test-fails-under-each": Route((".", "--mlflow-gate-promote", "each"), FAILING, rejected=True),
    "ordinary-test-fails-beside-the-gate": Route(
        ("sub",), {**FAILING, "sub/test_bad.py": FAILING["test_bad.py"]}, rejected=True
    ),
    "ordinary-test-errors-in-teardown": Route(
        (".",), {"test_broken.py": TEARDOWN.format(scope="function")}, rejected=True
    ),
    "session-fixture-errors-in-teardown": Route(
        (".",), {"test_broken.py": TEARDOWN.format(scope="session")}, rejected=True
    ),
    "two-gates-and-one-fails": Route(
        ("--mlflow-gate", "second_gate.yaml"), {"second_gate.yaml": SECOND_GATE}, rejected=True
    ),
    "subtest-fails": Route(
        (".",), {"test_sub.py": SUBTEST.format(condition="False")}, since=SUBTESTS, rejected=True
    ),
    "warnings-are-errors": Route((".", "-W", "error"), WARNING, rejected=True),
    "coverage-limit": Route(
        (".", "-p", "pytest_cov", "--cov=covered", "--cov-fail-under=100"), COVERED, apart=True
    ),
    "timeout-by-signal": Route((".", "--timeout=0.2"), SLEEPING, rejected=True, apart=True),
    "timeout-by-thread": Route((".", "--timeout=0.2", "--timeout-method=thread"), SLEEPING, apart=True),
    "gate-file-edited": Route(
        (".",), {"test_edit.py": "def test_edit():\n    open('eval_gate.yaml', 'a').write('# later')\n"}
    ),
}
MARKS: dict[str, Route] = {
    "skip-mark": Route(files=marked("skip")),
    "xfail-without-a-run": Route(files=marked("xfail(run=False)")),
    "skip-within-the-check": Route(files=around_check("pytest.skip('not today')")),
    "conftest-skips-what-is-no-function": Route(
        (".",),
        conftest(
            "def pytest_runtest_setup(item):\n"
            "    if not isinstance(item, pytest.Function): pytest.skip('functions only')\n"
        ),
    ),
    "xfail": Route(files=marked("xfail"), metrics=BAD, rejected=True),
    "xfail-strict": Route(files=marked("xfail(strict=True)"), metrics=BAD, rejected=True),
    "xpass": Route(files=marked("xfail")),
    "xpass-strict": Route(files=marked("xfail(strict=True)")),
    "ordinary-test-xpasses": Route(
        (".",), {"test_x.py": "import pytest\n@pytest.mark.xfail\ndef test_x(): pass\n"}
    ),
    "runxfail": Route(("--runxfail",), marked("xfail"), BAD, rejected=True),
}
RERUNS: dict[str, Route] = {
    "check-fails-first": Route(
        ("--reruns", "1"), around_check("item.n = getattr(item, 'n', 0) + 1; assert item.n > 1")
    ),
    "check-fails-always": Route(("--reruns", "2"), metrics=BAD),
    "ordinary-test-fails-first": Route((".", "--reruns", "1"), FLAKY),
    "fail-on-flaky": Route((".", "--reruns", "1", "--fail-on-flaky"), FLAKY),
    "subtest-fails-first": Route(
        (".", "--reruns", "1"),
        {"test_sub.py": f"n = []\n{SUBTEST.format(condition='n.append(1) or len(n) > 1')}"},
        since=SUBTESTS,
    ),
}
