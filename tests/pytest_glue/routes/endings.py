"""Sessions that break off, and sessions whose exit status somebody changes on the way out."""

from __future__ import annotations

from tests.pytest_glue.routes.outcomes import WARNING
from tests.pytest_glue.routes.route import (
    BAD,
    FAILING,
    MAX_WARNINGS,
    PLAIN,
    Route,
    around_check,
    conftest,
)

GATE_FIRST = ("eval_gate.yaml", "test_last.py")
NO_WARNINGS = ("--max-warnings=0",)
LAST_LOGFINISH = "def pytest_runtest_logfinish(nodeid):\n    if 'latency' in nodeid: {statement}\n"
SETTING = "{hook}\ndef pytest_sessionfinish(session): {body}\n"
AROUND_LOOP = """
@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    yield
    {after}
    return True
"""
# Registered after this plugin, and so outside of it.
LATER = """
class Later:
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session):
        yield
        {after}
        return True
def pytest_sessionstart(session): session.config.pluginmanager.register(Later())
"""
ZEROED = AROUND_LOOP.format(after="session.testsfailed = 0; session.exitstatus = 0")
SWALLOWED = """
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session):
    try:
        yield
    except (session.Failed, session.Interrupted):
        pass
    session.testsfailed = 0
    return True
"""


def last(statement: str) -> dict[str, str]:
    """Return an ordinary test that runs after the gate and does *statement*."""
    return {"test_last.py": f"import os, pytest, signal, sys\ndef test_last():\n    {statement}\n"}


def setting(status: int, options: str = "", *, after: bool = False) -> dict[str, str]:
    """Return a conftest.py that sets the exit status at session finish, in a certain order."""
    body = f"{'yield; ' if after else ''}session.exitstatus = {status}"
    return conftest(SETTING.format(hook=f"@pytest.hookimpl({options})", body=body))


ABORTS: dict[str, Route] = {
    "keyboard-interrupt-in-a-check": Route(
        files=around_check("raise KeyboardInterrupt"), status=2, apart=True
    ),
    "keyboard-interrupt-after-the-gate": Route(
        GATE_FIRST, last("raise KeyboardInterrupt"), status=2, apart=True
    ),
    "exit-0-before-the-gate": Route(
        (".",),
        {"test_exit.py": "import pytest\ndef test_exit(): pytest.exit('bye', returncode=0)\n"},
        with_workers=3,
    ),
    "exit-0-after-the-gate": Route(GATE_FIRST, last("pytest.exit('bye', returncode=0)"), with_workers=3),
    "exit-0-at-session-finish": Route(
        files=conftest("def pytest_sessionfinish(): pytest.exit('bye', returncode=0)\n")
    ),
    "exit-0-at-import": Route(
        (".",),
        {"test_exit.py": "import pytest\npytest.exit('bye', returncode=0)\n"},
        status=2,
        with_workers=1,
    ),
    "sys-exit-at-import": Route((".",), {"test_exit.py": "import sys\nsys.exit(0)\n"}, status=3),
    "sys-exit-in-a-check": Route(files=around_check("sys.exit(0)")),
    "process-exits-0-after-the-gate": Route(
        GATE_FIRST, last("os._exit(0)"), status=0, with_workers=1, apart=True
    ),
    "process-exits-0-in-a-check": Route(
        files=around_check("os._exit(0)"), status=0, with_workers=1, apart=True
    ),
    "killed-after-the-gate": Route(
        GATE_FIRST, last("os.kill(os.getpid(), signal.SIGKILL)"), status=-9, with_workers=1, apart=True
    ),
    "killed-in-a-check": Route(
        files=around_check("os.kill(os.getpid(), signal.SIGKILL)"), status=-9, with_workers=1, apart=True
    ),
    "terminated-after-the-gate": Route(
        GATE_FIRST, last("os.kill(os.getpid(), signal.SIGTERM)"), status=-15, with_workers=1, apart=True
    ),
    "internal-error-in-a-listener": Route(
        files=conftest("def pytest_runtest_logreport(report): 1/0\n"), status=3
    ),
    "internal-error-after-the-loop": Route(files=conftest(AROUND_LOOP.format(after="1/0")), status=3),
    "internal-error-after-the-loop-and-outside-of-us": Route(
        files=conftest(LATER.format(after="1/0")), status=3
    ),
    "internal-error-after-the-last-check": Route(
        files=conftest(LAST_LOGFINISH.format(statement="1/0")), status=3
    ),
    "internal-error-in-collection": Route(
        files=conftest("def pytest_collection_modifyitems(items): items[0].no_such_attribute\n"), status=3
    ),
    "shouldstop-after-the-last-check": Route(
        files=conftest(
            "session = None\ndef pytest_sessionstart(session): globals()['session'] = session\n"
            + LAST_LOGFINISH.format(statement="session.shouldstop = 'enough'")
        ),
        status=2,
    ),
    "shouldfail-midway": Route(
        files=conftest(
            "def pytest_runtest_logreport(report):\n    if 'accuracy' in report.nodeid: session.shouldfail = 'enough'\n"
            "def pytest_sessionstart(session): globals()['session'] = session\n"
        ),
        with_workers=2,
    ),
    "collection-error": Route((".",), {"test_broken.py": "1/0\n"}, status=2, with_workers=1),
    "collection-error-continued": Route(
        (".", "--continue-on-collection-errors"), {"test_broken.py": "1/0\n"}
    ),
    "collection-error-continued-and-zeroed": Route(
        (".", "--continue-on-collection-errors"), {"test_broken.py": "1/0\n", **conftest(ZEROED)}
    ),
}
EXIT_STATUS: dict[str, Route] = {
    "set-tryfirst": Route(files=setting(3, "tryfirst=True"), status=3),
    "set-plainly": Route(files=setting(3), status=3),
    "set-trylast": Route(files=setting(3, "trylast=True"), status=3),
    "set-after-the-others": Route(files=setting(3, "wrapper=True", after=True), status=3),
    "set-after-the-others-trylast": Route(
        files=setting(3, "wrapper=True, trylast=True", after=True), status=3
    ),
    "set-after-the-others-tryfirst": Route(
        files=setting(3, "wrapper=True, tryfirst=True", after=True), status=3
    ),
    "set-by-a-hookwrapper": Route(files=setting(3, "hookwrapper=True, tryfirst=True", after=True), status=3),
    "set-in-the-summary": Route(
        files=conftest(
            "def pytest_terminal_summary(terminalreporter): terminalreporter._session.exitstatus = 3\n"
        ),
        status=3,
    ),
    "failure-counted-after-the-loop": Route(
        files=conftest(AROUND_LOOP.format(after="session.testsfailed += 1"))
    ),
    "failure-counted-after-the-loop-and-outside-of-us": Route(
        files=conftest(LATER.format(after="session.testsfailed += 1"))
    ),
    "zeroed-at-session-finish": Route(files=setting(0), metrics=BAD, rejected=True),
    "zeroed-after-the-others": Route(
        files=setting(0, "wrapper=True, tryfirst=True", after=True), metrics=BAD, rejected=True
    ),
    "zeroed-after-the-loop": Route(files=conftest(ZEROED), metrics=BAD, rejected=True),
    "zeroed-after-an-ordinary-failure": Route((".",), {**FAILING, **conftest(ZEROED)}, rejected=True),
    "loop-replaced": Route(
        files=conftest("@pytest.hookimpl(tryfirst=True)\ndef pytest_runtestloop(): return True\n"),
        modes=PLAIN,
    ),
    "loop-stopped-after-the-last-check-and-nobody-told": Route(
        files=conftest(
            f"{SWALLOWED}\ndef pytest_sessionstart(session): globals()['session'] = session\n"
            + LAST_LOGFINISH.format(statement="session.shouldstop = 'enough'")
        ),
        with_workers=2,
    ),
    "loop-stopped-and-nobody-told": Route(("-x",), conftest(SWALLOWED), BAD, with_workers=2),
}
LATE: dict[str, Route] = {
    "max-warnings": Route((".", *NO_WARNINGS), WARNING, since=MAX_WARNINGS),
    "max-warnings-of-the-ini": Route((".", "-o", "max_warnings=0"), WARNING, since=MAX_WARNINGS),
    "max-warnings-without-a-terminal": Route(
        (".", *NO_WARNINGS, "-p", "no:terminal"), WARNING, since=MAX_WARNINGS
    ),
    "max-warnings-and-one-at-session-finish": Route(
        NO_WARNINGS,
        conftest("def pytest_sessionfinish(): warnings.warn('late')\n"),
        status=6,
        with_workers=(1, 6),
        since=MAX_WARNINGS,
    ),
    "max-warnings-and-one-in-the-summary": Route(
        NO_WARNINGS,
        conftest("def pytest_terminal_summary(): warnings.warn('late')\n"),
        status=6,
        with_workers=(1, 6),
        since=MAX_WARNINGS,
    ),
    "warnings-are-errors-at-session-finish": Route(
        ("-W", "error"), conftest("def pytest_sessionfinish(): warnings.warn('late')\n"), apart=True
    ),
    "junit-file-not-writable": Route(("--junitxml=taken/junit.xml",), {"taken": ""}, apart=True),
    "another-plugin-raises-at-session-finish": Route(
        files=conftest("def pytest_sessionfinish(): raise RuntimeError\n"), apart=True
    ),
    "another-plugin-raises-in-the-summary": Route(
        files=conftest("def pytest_terminal_summary(): raise RuntimeError\n"), apart=True
    ),
}
