"""Sessions that turn red when the promotion is already there."""

from __future__ import annotations

from tests.pytest_glue.routes.route import Route, conftest

KEEP = "def pytest_sessionstart(session): globals()['session'] = session\n"
# Registered when the loop is over, hence after this plugin's own last wrapper.
OUTSIDE = """
class Outside:
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session):
        yield
        {statement}
def pytest_sessionstart(session):
    session.config.pluginmanager.register(Loop())
class Loop:
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session):
        result = yield
        session.config.pluginmanager.register(Outside())
        return result
"""
UNCONFIGURE = "{hook}\ndef pytest_unconfigure():\n    {statement}\n"


def unconfigure(statement: str, options: str = "") -> dict[str, str]:
    """Return a conftest.py that does *statement* after session finish, in a certain order."""
    return conftest(KEEP + UNCONFIGURE.format(hook=f"@pytest.hookimpl({options})", statement=statement))


REDDENED: dict[str, Route] = {
    "set-in-unconfigure": Route(files=unconfigure("session.exitstatus = 3"), status=3),
    "set-in-unconfigure-tryfirst": Route(
        files=unconfigure("session.exitstatus = 3", "tryfirst=True"), status=3
    ),
    "set-in-unconfigure-trylast": Route(
        files=unconfigure("session.exitstatus = 3", "trylast=True"), status=3
    ),
    "set-after-the-others-in-unconfigure": Route(
        files=unconfigure("yield; session.exitstatus = 3", "wrapper=True, tryfirst=True"), status=3
    ),
    "set-at-session-finish-outside-of-us": Route(
        files=conftest(OUTSIDE.format(statement="session.exitstatus = 3")), status=3
    ),
    "raises-at-session-finish-outside-of-us": Route(
        files=conftest(OUTSIDE.format(statement="raise RuntimeError")), apart=True
    ),
    "pytest-exit-at-session-finish-outside-of-us": Route(
        files=conftest(OUTSIDE.format(statement="pytest.exit('bye', returncode=3)")), status=3
    ),
    "raises-in-unconfigure-after-the-others": Route(
        files=unconfigure("yield; raise RuntimeError", "wrapper=True, tryfirst=True"), apart=True
    ),
    "raises-in-unconfigure": Route(files=unconfigure("raise RuntimeError"), apart=True),
    "exits-1-in-unconfigure": Route(files=unconfigure("sys.exit(3)"), status=3, apart=True),
    "pytest-exit-in-unconfigure": Route(
        files=unconfigure("pytest.exit('bye', returncode=3)"), status=1, apart=True
    ),
}
