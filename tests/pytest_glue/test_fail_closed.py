"""Every route by which a session can end without having passed every check: nothing moves, and it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pytest_glue.conftest import Inner

FAILING = "def test_bad(): assert False\n"

QUARANTINE = """
import pytest
@pytest.hookimpl(hookwrapper=True{order})
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        report.outcome = "{outcome}"
        {more}
"""
MARKS = """
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "accuracy[min]":
            item.add_marker({mark})
"""

# name: (files, arguments, metrics, exit status)
ROUTES: dict[str, tuple[dict[str, str], list[str], dict[str, float], int]] = {
    "metric-below-limit": ({}, [], {"accuracy": 0.91}, 1),
    "metric-nan": ({}, [], {"accuracy": float("nan")}, 1),
    "metric-infinite": ({}, [], {"accuracy": float("inf")}, 1),
    "ordinary-test-fails": ({"test_bad.py": FAILING}, ["."], {}, 1),
    "ordinary-test-errors-in-teardown": (
        {
            "test_bad.py": "import pytest\n@pytest.fixture\ndef f():\n    yield\n    1/0\ndef test_bad(f): pass\n"
        },
        ["."],
        {},
        1,
    ),
    "k": ({}, ["-k", "accuracy"], {}, 1),
    "k-nothing-of-the-gate": ({}, [".", "-k", "test_one"], {}, 1),
    "m": ({}, [".", "-m", "not mlflow_gate"], {}, 1),
    "deselect-the-failing-check": (
        {},
        ["--deselect", "eval_gate.yaml::churn-classifier::accuracy[min]"],
        {"accuracy": 0.5},
        1,
    ),
    "node-id": ({}, ["eval_gate.yaml::churn-classifier::f1[min]"], {}, 1),
    "lf": ({}, ["--lf"], {}, 1),
    "sw": ({}, ["--sw"], {}, 1),
    "x": ({}, ["-x"], {"accuracy": 0.91}, 1),
    "maxfail": ({"test_bad.py": FAILING}, ["test_bad.py", "--maxfail=1"], {}, 1),
    "pdb": ({}, ["--pdb"], {}, 1),
    "setup-only": ({}, ["--setup-only"], {}, 1),
    "setup-plan": ({}, ["--setup-plan"], {}, 1),
    "collect-only": ({}, ["--collect-only"], {}, 0),
    "fixtures": ({}, ["--fixtures"], {}, 0),
    "skip-mark": ({"conftest.py": MARKS.format(mark="pytest.mark.skip")}, [], {}, 1),
    "xfail-mark": ({"conftest.py": MARKS.format(mark="pytest.mark.xfail")}, [], {"accuracy": 0.5}, 1),
    "xpass": ({"conftest.py": MARKS.format(mark="pytest.mark.xfail")}, [], {}, 1),
    "rerun": ({}, ["--reruns", "1"], {"accuracy": 0.5}, 1),
    "ordinary-rerun": (
        {"test_flaky.py": "n = []\ndef test_flaky():\n    n.append(1)\n    assert len(n) > 1\n"},
        [".", "--reruns", "1"],
        {},
        1,
    ),
    "failed-made-passed": (
        {"conftest.py": QUARANTINE.format(order="", outcome="passed", more="report.longrepr = None")},
        [],
        {"accuracy": 0.5},
        1,
    ),
    "failed-made-skipped": (
        {
            "conftest.py": QUARANTINE.format(
                order="", outcome="skipped", more="report.longrepr = ('f', 1, 'q')"
            )
        },
        [],
        {"accuracy": 0.5},
        1,
    ),
    "failed-made-xfailed": (
        {
            "conftest.py": QUARANTINE.format(
                order=", tryfirst=True", outcome="skipped", more="report.wasxfail = 'q'"
            )
        },
        [],
        {"accuracy": 0.5},
        1,
    ),
    "conftest-drops-an-item": (
        {
            "conftest.py": "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if i.name != 'accuracy[min]']\n"
        },
        [],
        {"accuracy": 0.5},
        1,
    ),
    "runtest-replaced": (
        {
            "conftest.py": "def pytest_collection_modifyitems(items):\n    for i in items: i.runtest = lambda: None\n"
        },
        [],
        {"accuracy": 0.5},
        1,
    ),
    "runtest-replaced-on-good-metrics": (
        {
            "conftest.py": "def pytest_collection_modifyitems(items):\n    for i in items: i.runtest = lambda: None\n"
        },
        [],
        {},
        1,
    ),
    "protocol-swallowed": (
        {
            "conftest.py": "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_protocol(item): return True\n"
        },
        [],
        {},
        1,
    ),
    "runtestloop-replaced": (
        {
            "conftest.py": "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtestloop(): return True\n"
        },
        [],
        {},
        1,
    ),
    "exit-status-changed-at-session-finish": (
        {"conftest.py": "def pytest_sessionfinish(session): session.exitstatus = 3\n"},
        [],
        {},
        3,
    ),
    "exit-status-zeroed": (
        {
            "conftest.py": "import pytest\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtestloop(session):\n"
            "    result = yield\n    session.testsfailed = 0\n    return result\n"
        },
        [],
        {"accuracy": 0.5},
        1,
    ),
    "another-plugin-raises-at-session-finish": (
        {"conftest.py": "def pytest_sessionfinish(): raise RuntimeError\n"},
        [],
        {},
        1,
    ),
    "max-warnings": (
        {"test_warn.py": "import warnings\ndef test_warn(): warnings.warn('w')\n"},
        [".", "-o", "max_warnings=0"],
        {},
        1,
    ),
    "collection-error": ({"test_broken.py": "1/0\n"}, ["."], {}, 2),
    "collection-error-continued": (
        {"test_broken.py": "1/0\n"},
        [".", "--continue-on-collection-errors"],
        {},
        1,
    ),
    "pytest-exit-0": (
        {"test_exit.py": "import pytest\ndef test_exit(): pytest.exit('bye', returncode=0)\n"},
        ["."],
        {},
        1,
    ),
    "keyboard-interrupt": ({"test_ctrl_c.py": "def test_c(): raise KeyboardInterrupt\n"}, ["."], {}, 2),
    "internal-error": (
        {
            "conftest.py": "def pytest_runtest_logfinish(nodeid):\n    if 'latency' in nodeid: raise RuntimeError\n"
        },
        [],
        {},
        3,
    ),
    "gate-file-edited": (
        {"test_edit.py": "def test_edit():\n    open('eval_gate.yaml', 'a').write('# later')\n"},
        ["."],
        {},
        1,
    ),
    "promote-never": ({}, ["--mlflow-gate-promote", "never"], {}, 0),
}
NEWEST_ONLY = {"max-warnings"}
# Under xdist the loop runs elsewhere, and some of these routes do not exist or end with another status.
ALONE = {
    "pdb",
    "protocol-swallowed",
    "runtestloop-replaced",
    "exit-status-zeroed",
    "collect-only",
    "fixtures",
}
OTHER_STATUS_WITH_XDIST = {"collection-error": 1, "pytest-exit-0": 3, "x": 2, "maxfail": 2}


ROWS = [
    pytest.param(route, mode, id=f"{route}{'-n1' if mode else ''}")
    for route in ROUTES
    for mode in ([], ["-n1"])
    if not (mode and route in ALONE)
    and not (route in NEWEST_ONLY and not hasattr(pytest, "register_fixture"))
]


@pytest.mark.parametrize(("route", "xdist"), ROWS)
def test_nothing_moves(inner: Inner, route: str, xdist: list[str]) -> None:
    """Whatever ended the session, the alias stays; exit 0 is left to sessions that were not asked to promote."""
    files, arguments, metrics, status = ROUTES[route]
    for name, text in files.items():
        inner.write(name, text)
    result = inner.gate(*arguments, *xdist, **metrics)
    expected = OTHER_STATUS_WITH_XDIST.get(route, status) if xdist else status
    assert [line for line in inner.writes() if line.startswith("alias")] == []
    assert not [line for line in result.outlines if line.startswith("PROMOTED")]
    assert result.ret == expected, result.stdout.str()


@pytest.mark.parametrize("xdist", [[], ["-n1"], ["-n2"]], ids=["plain", "n1", "n2"])
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="gate-alone"),
        pytest.param(["."], id="with-tests"),
        pytest.param([".", "-m", "not slow"], id="ordinary-tests-deselected"),
        pytest.param(["--ff"], id="reordered"),
        pytest.param(["-p", "no:cacheprovider"], id="no-cache"),
        pytest.param(["-q", "--no-header", "--no-summary"], id="quiet"),
        pytest.param(["--mlflow-gate-promote", "each"], id="each"),
    ],
)
def test_a_good_session_promotes_once(inner: Inner, arguments: list[str], xdist: list[str]) -> None:
    """The counterpart without which the table above would prove nothing."""
    inner.write(
        "test_slow.py",
        "import pytest\n@pytest.mark.slow\ndef test_slow(): assert False\n"
        if "not slow" in arguments
        else "",
    )
    inner.write("pytest.ini", "[pytest]\nmarkers = slow\n")
    result = inner.gate(*arguments, *xdist)
    assert result.ret == 0, result.stdout.str()
    assert inner.writes() == [
        "create model churn-classifier",
        "create version of churn-classifier from models:/m-1 (r1, m-1)",
        "alias churn-classifier@champion = 1",
    ]
