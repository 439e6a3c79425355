"""Sessions in which a plugin rewrites, fakes or swallows what our items do."""

from __future__ import annotations

from tests.pytest_glue.routes.route import BAD, PLAIN, Route, around_check, conftest

QUARANTINE = """
@pytest.hookimpl(wrapper=True{order})
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        report.outcome = "{outcome}"
        {more}
    return report
"""
SWALLOWING = """
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        yield
    except Exception:
        pass
"""
STATUS = """
@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report):
    return ("passed", ".", "PASSED") if report.failed else None
"""
FAKED = """
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    if isinstance(item, pytest.Function):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for when in ("setup", "call", "teardown"):
        report = pytest.TestReport(item.nodeid, item.location, {}, "passed", None, when)
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
NOT_RUN = """
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    return True if {condition} else None
"""
NO_OP = "def pytest_collection_modifyitems(items):\n    for item in items: item.runtest = lambda: None\n"
LOST = """
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    if item.name == "accuracy[min]": raise RuntimeError
"""


def quarantine(outcome: str, more: str = "report.longrepr = None", order: str = "") -> dict[str, str]:
    """Return a conftest.py that makes something else of every failure."""
    return conftest(QUARANTINE.format(outcome=outcome, more=more, order=order))


MEDDLING: dict[str, Route] = {
    "failed-made-passed": Route(files=quarantine("passed"), metrics=BAD, rejected=True),
    "failed-made-passed-tryfirst": Route(
        files=quarantine("passed", order=", tryfirst=True"), metrics=BAD, rejected=True
    ),
    "failed-made-passed-trylast": Route(
        files=quarantine("passed", order=", trylast=True"), metrics=BAD, rejected=True
    ),
    "failed-made-skipped": Route(
        files=quarantine("skipped", "report.longrepr = ('f', 1, 'q')"), metrics=BAD, rejected=True
    ),
    "failed-made-xfailed": Route(
        files=quarantine("skipped", "report.wasxfail = 'q'", ", tryfirst=True"), metrics=BAD, rejected=True
    ),
    "failed-made-something-unknown": Route(files=quarantine("maybe"), metrics=BAD),
    "failure-swallowed": Route(files=conftest(SWALLOWING), metrics=BAD, rejected=True),
    "failure-shown-as-passed": Route(files=conftest(STATUS), metrics=BAD, rejected=True),
    "check-made-to-fail": Route(files=around_check("assert False")),
    "check-fails-in-teardown": Route(files=conftest(LOST)),
    "runtest-replaced": Route(files=conftest(NO_OP), metrics=BAD),
    "runtest-replaced-on-good-metrics": Route(files=conftest(NO_OP)),
    "reports-faked": Route(files=conftest(FAKED), metrics=BAD),
    "reports-faked-on-good-metrics": Route(files=conftest(FAKED)),
    "protocol-swallowed": Route(files=conftest(NOT_RUN.format(condition="True")), modes=PLAIN),
    "protocol-swallowed-for-an-ordinary-test": Route(
        (".",), conftest(NOT_RUN.format(condition="item.name == 'test_two'")), modes=PLAIN
    ),
}
