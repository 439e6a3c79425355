"""Sessions whose xdist workers die, lie or lose something."""

from __future__ import annotations

from tests.pytest_glue.routes.endings import GATE_FIRST, last
from tests.pytest_glue.routes.outcomes import FLAKY
from tests.pytest_glue.routes.route import BAD, PLAIN, WORKERS, Route, around_check, conftest

IN_WORKER = "'PYTEST_XDIST_WORKER' in os.environ"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
ODD_NUMBER = """
class Number(float): pass
def test_number(record_property):
    record_property("auc", Number(0.1))
    assert {condition}
"""
CRASH_ONCE = """\
if not os.path.exists("crashed"):
            open("crashed", "w").close()
            os._exit(1)\
"""
IDLE = """
@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(nodeid):
    if 'latency' in nodeid and {condition}: {statement}
"""
AT_FINISH = (
    "@pytest.hookimpl({options})\ndef pytest_sessionfinish(session):\n    if {condition}: {statement}\n"
)
OTHER_COLLECTION = """
def pytest_collection_modifyitems(items):
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw1": items.reverse()
"""
DROPPING = """
def pytest_collection_modifyitems(items):
    if 'PYTEST_XDIST_WORKER' in os.environ:
        items[:] = [item for item in items if item.name != "accuracy[min]"]
"""


def at_finish(statement: str, options: str = "") -> dict[str, str]:
    """Return a conftest.py that does *statement* when a worker's session finishes."""
    return conftest(AT_FINISH.format(options=options, condition=IN_WORKER, statement=statement))


WORKER_ROUTES: dict[str, Route] = {
    "worker-exits-in-a-check-and-no-other-comes": Route(
        ("--max-worker-restart=0",), around_check("os._exit(1)"), modes=WORKERS
    ),
    "worker-killed-in-a-check-and-no-other-comes": Route(
        ("--max-worker-restart=0",), around_check(KILL), modes=WORKERS
    ),
    "worker-exits-once-and-the-check-passes-then": Route(
        ("--reruns", "1"), around_check(CRASH_ONCE), modes=WORKERS
    ),
    "worker-exits-always-with-reruns": Route(
        ("--reruns", "1", "--max-worker-restart=1"), around_check("os._exit(1)"), modes=WORKERS
    ),
    "idle-worker-exits": Route(
        files=conftest(IDLE.format(condition=IN_WORKER, statement="os._exit(0)")), modes=WORKERS
    ),
    "idle-worker-killed": Route(
        files=conftest(IDLE.format(condition=IN_WORKER, statement=KILL)), modes=WORKERS
    ),
    "worker-exits-at-session-finish": Route(
        ("--max-worker-restart=1",), at_finish("os._exit(0)", "tryfirst=True"), modes=WORKERS
    ),
    "worker-killed-at-session-finish": Route(
        ("--max-worker-restart=1",), at_finish(KILL, "tryfirst=True"), modes=WORKERS
    ),
    "worker-raises-at-session-finish": Route(files=at_finish("raise RuntimeError"), modes=WORKERS),
    "worker-raises-at-session-finish-first": Route(
        files=at_finish("raise RuntimeError", "tryfirst=True"), modes=WORKERS
    ),
    "worker-exits-0-at-session-finish": Route(
        files=at_finish("pytest.exit('bye', returncode=0)"), modes=WORKERS
    ),
    "worker-has-an-internal-error": Route(
        files=conftest(IDLE.format(condition=IN_WORKER, statement="1/0")), status=(1, 3), modes=WORKERS
    ),
    "worker-drops-the-failing-check": Route(files=conftest(DROPPING), metrics=BAD, modes=WORKERS),
    "worker-drops-a-check": Route(files=conftest(DROPPING), modes=WORKERS),
    "report-of-a-failure-lost": Route(
        GATE_FIRST,
        {"test_last.py": ODD_NUMBER.format(condition="False")},
        status=(1, 3),
        modes=WORKERS,
    ),
    "report-of-a-failure-lost-before-the-gate": Route(
        (".",), {"test_number.py": ODD_NUMBER.format(condition="False")}, status=(1, 3), modes=WORKERS
    ),
    "report-of-a-pass-lost": Route(
        GATE_FIRST,
        {"test_last.py": ODD_NUMBER.format(condition="True")},
        status=(1, 3),
        modes=WORKERS,
    ),
    "report-of-a-check-lost": Route(
        files=around_check("item.user_properties.append(('auc', type('Number', (float,), {})(0.1)))"),
        status=(1, 3),
        modes=WORKERS,
    ),
    # Two workers, whatever the mode
    "two-workers-and-a-failing-check": Route(("-n2",), metrics=BAD, rejected=True, modes=PLAIN),
    "two-workers-x": Route(("-n2", "-x"), metrics=BAD, status=2, modes=PLAIN),
    "two-workers-one-killed": Route(
        (*GATE_FIRST, "-n2"), last("os.kill(os.getpid(), signal.SIGKILL)"), modes=PLAIN
    ),
    "two-workers-and-different-collections": Route(("-n2",), conftest(OTHER_COLLECTION), modes=PLAIN),
    "two-workers-fail-on-flaky": Route((".", "-n2", "--reruns", "1", "--fail-on-flaky"), FLAKY, modes=PLAIN),
    "each-worker-and-a-failing-check": Route(
        ("--dist=each", "--tx=2*popen"), metrics=BAD, rejected=True, modes=PLAIN
    ),
    "each-worker-and-one-skips-a-check": Route(
        ("--dist=each", "--tx=2*popen"),
        around_check("os.environ['PYTEST_XDIST_WORKER'] == 'gw1' and pytest.skip('not here')"),
        modes=PLAIN,
    ),
    "each-worker-and-one-killed": Route(
        ("--dist=each", "--tx=2*popen"),
        around_check(f"os.environ['PYTEST_XDIST_WORKER'] == 'gw1' and {KILL}"),
        modes=PLAIN,
    ),
    "by-file-and-a-lost-report": Route(
        (*GATE_FIRST, "-n2", "--dist=loadfile"),
        {"test_last.py": ODD_NUMBER.format(condition="False")},
        status=(1, 3),
        modes=PLAIN,
    ),
}
