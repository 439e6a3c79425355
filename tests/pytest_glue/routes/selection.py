"""Sessions that leave something out, or run nothing at all."""

from __future__ import annotations

from tests.pytest_glue.routes.route import BAD, FAILING, PLAIN, Route, conftest

IGNORING = (
    "def pytest_ignore_collect(collection_path): return True if collection_path.suffix == '.yaml' else None\n"
)
DROPPING = "def pytest_collection_modifyitems(items): items[:] = [item for item in items if {condition}]\n"
EMPTY_REPORT = """
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector):
    report = yield
    if collector.nodeid.startswith("eval_gate"): report.result = []
    return report
"""
DESELECT = ("--deselect", "eval_gate.yaml::churn-classifier::accuracy[min]")

SELECTION: dict[str, Route] = {
    "k": Route(("-k", "accuracy")),
    "k-nothing-of-the-gate": Route((".", "-k", "test_one")),
    "k-nothing-at-all": Route((".", "-k", "zzz")),
    "m": Route((".", "-m", "not mlflow_gate")),
    "deselect-the-failing-check": Route(DESELECT, metrics=BAD),
    "deselect-a-good-check": Route(DESELECT),
    "node-id": Route(("eval_gate.yaml::churn-classifier::f1[min]",)),
    "conftest-drops-the-failing-check": Route(
        files=conftest(DROPPING.format(condition="item.name != 'accuracy[min]'")), metrics=BAD
    ),
    "conftest-drops-the-gate": Route(
        (".",), conftest(DROPPING.format(condition="isinstance(item, pytest.Function)"))
    ),
    "collect-report-emptied": Route((".",), conftest(EMPTY_REPORT)),
    "gate-ignored-by-a-hook": Route((".",), conftest(IGNORING), BAD, rejected=True),
    "gate-ignored-by-a-glob": Route((".", "--ignore-glob=*.yaml"), metrics=BAD, rejected=True),
    "gate-ignored-by-the-conftest": Route(
        (".",), conftest("collect_ignore_glob = ['*.yaml']\n"), BAD, rejected=True
    ),
    "gate-out-of-reach-of-the-arguments": Route(("test_ordinary.py",), metrics=BAD, rejected=True),
    "lf": Route(("--lf",)),
    "lf-after-a-failure": Route((".", "--lf"), broken_before=True),
    "sw": Route(("--sw",)),
    "sw-after-a-failure": Route((".", "--sw"), broken_before=True),
    "sw-with-the-gate-before-the-failure": Route(
        ("eval_gate.yaml", "test_mended.py", "--sw"), broken_before=True
    ),
    "sw-skip": Route(("--sw-skip",), metrics=BAD),
    "x": Route(("-x",), metrics=BAD, with_workers=2),
    "maxfail": Route(("test_bad.py", "--maxfail=1"), FAILING, with_workers=2),
    "addopts-k": Route(environ={"PYTEST_ADDOPTS": "-k accuracy"}),
    "addopts-collect-only": Route(environ={"PYTEST_ADDOPTS": "--co"}, status=0),
    "addopts-deselect": Route(environ={"PYTEST_ADDOPTS": " ".join(DESELECT)}, metrics=BAD),
    "addopts-of-the-ini": Route(files={"pytest.ini": "[pytest]\naddopts = -k accuracy\n"}),
}
NOTHING_RUN: dict[str, Route] = {
    "collect-only": Route(("--collect-only",), status=0),
    "setup-only": Route(("--setup-only",)),
    "setup-plan": Route(("--setup-plan",)),
    "fixtures": Route(("--fixtures",), status=0),
    "fixtures-per-test": Route(("--fixtures-per-test",), status=0),
    "markers": Route(("--markers",), status=0),
    "version": Route(("--version",), status=0),
    "help": Route(("--help",), status=0),
    "cache-show": Route(("--cache-show",), status=0),
    "promote-never": Route(("--mlflow-gate-promote", "never"), status=0),
    "promote-never-and-a-failing-check": Route(("--mlflow-gate-promote", "never"), metrics=BAD),
    "pdb": Route(("--pdb",), modes=PLAIN),
    "pdb-on-a-failing-check": Route(("--pdb",), metrics=BAD, status=2, modes=PLAIN, apart=True),
    "trace": Route(("--trace", "test_ordinary.py"), status=(1, 2), modes=PLAIN, apart=True),
    "looponfail": Route(("--looponfail",), status=4, modes=PLAIN),
    "plugin-blocked": Route(("-p", "no:mlflow_gate"), status=4),
    "plugins-not-loaded": Route(environ={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, status=4, apart=True),
    "usage-error": Route(("missing.py",), status=4, with_workers=1),
    "gate-file-broken": Route(files={"eval_gate.yaml": "thresholds: [\n"}, status=4),
    "gate-file-without-checks": Route(
        files={
            "eval_gate.yaml": "tracking_uri: http://fake\ncandidate: {run_id: r1}\nthresholds: {}\n"
            "promote: {model: churn-classifier, alias: champion}\n"
        },
        status=4,
    ),
    "another-plugin-takes-the-command-line": Route(
        files=conftest("@pytest.hookimpl(tryfirst=True)\ndef pytest_cmdline_main(): return 0\n"), status=0
    ),
    "sys-exit-in-the-conftest": Route(files=conftest("sys.exit(0)\n"), status=0, apart=True),
}
