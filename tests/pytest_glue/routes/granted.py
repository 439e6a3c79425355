"""Sessions that promote: without them the other tables would prove nothing."""

from __future__ import annotations

from tests.pytest_glue.routes.meddling import quarantine
from tests.pytest_glue.routes.outcomes import SECOND_GATE, SLEEPING
from tests.pytest_glue.routes.route import FAILING, PLAIN, Route, conftest

MARKERS = "markers = slow\n"
SLOW = {"test_slow.py": "import pytest\n@pytest.mark.slow\ndef test_slow(): assert False\n"}
GROUPED = {"test_group.py": "import pytest\n@pytest.mark.xdist_group('g')\ndef test_g(): pass\n"}
TOUCHY = """
def pytest_collection_modifyitems(items):
    for item in items: "x" in item.fixturenames or item.funcargs.get("x")
"""

GRANTED: dict[str, Route] = {
    "gate-alone": Route(),
    "with-tests": Route((".",)),
    "ordinary-tests-deselected": Route(
        (".", "-m", "not slow"), {**SLOW, "pytest.ini": f"[pytest]\n{MARKERS}"}
    ),
    "ordinary-tests-deselected-in-the-ini": Route(
        (".",), {**SLOW, "pytest.ini": f"[pytest]\n{MARKERS}addopts = -m 'not slow'\n"}
    ),
    "ordinary-tests-skipped": Route(
        (".",), {"test_skip.py": "import pytest\npytestmark = pytest.mark.skip\ndef test_s(): pass\n"}
    ),
    "ordinary-test-xfails": Route(
        (".",), {"test_x.py": "import pytest\n@pytest.mark.xfail\ndef test_x(): assert False\n"}
    ),
    "ordinary-failure-in-quarantine": Route((".",), {**FAILING, **quarantine("passed")}),
    "no-ordinary-tests": Route(("empty",), {"empty/README": ""}),
    "gate-out-of-reach-of-the-arguments": Route(("test_ordinary.py",)),
    "gate-within-the-arguments": Route(("eval_gate.yaml", "test_ordinary.py")),
    "gate-in-a-folder-that-is-not-recursed-into": Route(
        (".",), {"pytest.ini": "[pytest]\nnorecursedirs = .\n"}
    ),
    "two-gates": Route(
        ("--mlflow-gate", "second_gate.yaml"), {"second_gate.yaml": SECOND_GATE.replace("0.99", "0.9")}
    ),
    "failed-first": Route(("--ff",)),
    "new-first": Route((".", "--nf")),
    "no-cache": Route(("-p", "no:cacheprovider")),
    "quiet": Route(("-q", "--no-header", "--no-summary")),
    "no-terminal": Route(("-p", "no:terminal")),
    "setup-show": Route(("--setup-show",)),
    "each": Route(("--mlflow-gate-promote", "each")),
    "shuffled": Route((".", "-p", "randomly")),
    "strict": Route((".", "--strict-markers", "--strict-config")),
    "warnings-are-errors": Route((".", "-W", "error")),
    "stops-at-failures": Route((".", "-x")),
    "reruns": Route((".", "--reruns", "1")),
    "timeout-not-reached": Route(
        (".", "--timeout=30"), {"test_short.py": SLEEPING["test_slow.py"].replace("30", "0")}
    ),
    "coverage-without-a-limit": Route((".", "-p", "pytest_cov", "--cov=test_ordinary"), apart=True),
    "instafail": Route((".", "--instafail")),
    "python-without-asserts": Route((".",), environ={"PYTHONOPTIMIZE": "1"}, modes=PLAIN, apart=True),
    "conftest-looks-at-fixture-names": Route((".",), conftest(TOUCHY)),
    "json-report-not-writable": Route(("--json-report", "--json-report-file=taken"), {"taken/file": ""}),
    "no-xdist": Route((".", "-p", "no:xdist"), modes=PLAIN),
    "no-workers": Route((".", "-n0"), modes=PLAIN),
    "two-workers": Route((".", "-n2"), modes=PLAIN),
    "by-file": Route((".", "-n2", "--dist=loadfile"), modes=PLAIN),
    "by-scope": Route((".", "-n2", "--dist=loadscope"), modes=PLAIN),
    "by-group": Route((".", "-n2", "--dist=loadgroup"), GROUPED, modes=PLAIN),
    "by-stealing": Route((".", "-n2", "--dist=worksteal"), modes=PLAIN),
    "each-worker": Route((".", "--dist=each", "--tx=2*popen"), modes=PLAIN),
}
