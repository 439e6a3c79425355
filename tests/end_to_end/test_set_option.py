"""`--mlflow-gate-set` on a real server: what is judged, what is said, and that nothing is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.end_to_end.test_promoting import aliases, good_run, versions
from tests.forwarding import forwarding
from tests.reports import junit_cases
from tests.seeding import fresh

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.seeding import RestSeeder

WORKERS = [pytest.param((), id="plain"), pytest.param(("-n1",), id="n1"), pytest.param(("-n2",), id="n2")]
TIGHT = ("--mlflow-gate-set", "accuracy.min=0.95")
LOOSE = ("--mlflow-gate-set", "accuracy.min=0.9", "--mlflow-gate-set", "accuracy.max=1")
WOULD = "a new version of run {run} would have been promoted to {model} @champion; {trial}"
FAILED = "accuracy[min] did not pass; {trial}"
DRY = f"DRY RUN {{model}}: {WOULD}"
NOT_PROMOTED = f"NOT PROMOTED {{model}}: {FAILED}"
TRIAL = "nothing moves with --mlflow-gate-set"
READS = ("GET ", "POST /api/2.0/mlflow/runs/search", "POST /api/2.0/mlflow/logged-models/search")


@pytest.mark.parametrize(
    ("accuracy", "options", "exit_status", "outcome"),
    [
        pytest.param(0.93, LOOSE, 0, DRY, id="would-be-promoted-anyway"),
        pytest.param(0.91, LOOSE, 0, DRY, id="passes-by-the-option-only"),
        pytest.param(0.91, (*LOOSE, "-n1"), 0, DRY, id="passes-by-the-option-only-n1"),
        pytest.param(0.91, (*LOOSE, "-n2"), 0, DRY, id="passes-by-the-option-only-n2"),
        pytest.param(0.93, (*LOOSE, "--mlflow-gate-promote", "all"), 0, DRY, id="asked-to-promote"),
        pytest.param(0.93, TIGHT, 1, NOT_PROMOTED, id="fails-by-the-option-only"),
        pytest.param(0.93, (*TIGHT, "-n2"), 1, NOT_PROMOTED, id="fails-by-the-option-only-n2"),
        pytest.param(0.93, (*TIGHT, "--mlflow-gate-promote", "each"), 1, NOT_PROMOTED, id="asked-for-each"),
    ],
)
def test_nothing_is_written(
    project: Project,
    seed: RestSeeder,
    accuracy: float,
    options: tuple[str, ...],
    exit_status: int,
    outcome: str,
) -> None:
    """Whatever the verdict, neither run nor registry is touched, and the exit status is that of the checks."""
    experiment, model = fresh("churn"), fresh("churn-classifier")
    run_id, _ = good_run(seed, seed.experiment(experiment), accuracy)
    seed.registered_model(model)
    before = seed.ask("GET", f"runs/get?run_id={run_id}")
    with forwarding(seed.uri) as proxy:
        project.gate(proxy.url, f"experiment: {experiment}", model, first="wait: 1s\nreport: artifact")
        result = project.run(*options)
    assert result.ret == exit_status, result.stdout.str()
    assert result.outlines[-1] == outcome.format(model=model, run=run_id, trial=TRIAL)
    assert [request for request in proxy.passed if not request.startswith(READS)] == []
    assert seed.ask("GET", f"runs/get?run_id={run_id}") == before
    assert (aliases(seed, model), versions(seed, model)) == ({}, [])


@pytest.mark.parametrize("workers", WORKERS)
def test_every_output_says_so(
    project: Project, seed: RestSeeder, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    """Header, summary, failure, JUnit, JSON, page and GitHub's summary name the option and the file's own limit."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "summary.md"))
    experiment, model = fresh("churn"), fresh("churn-classifier")
    run_id, _ = good_run(seed, seed.experiment(experiment))
    project.gate(seed.uri, f"run_id: {run_id}", model)
    files = ("--mlflow-gate-decision", "d.json", "--mlflow-gate-report", "r.html")
    result = project.run("-v", *TIGHT, "--mlflow-gate-set", "accuracy.max=1", *files, *workers)
    tighter = "accuracy.min is 0.95 (--mlflow-gate-set, the file has 0.92)"
    added = "accuracy.max is 1 (--mlflow-gate-set, the file has none)"
    failure = "accuracy is 0.93, must be >= 0.95 (--mlflow-gate-set accuracy.min=0.95)"
    assert [line for line in result.outlines if line in (tighter, added)] == [tighter, added]
    header = [line for line in result.outlines if line.startswith(f"mlflow-gate: {model}")]
    assert header == [
        f"mlflow-gate: {model} (eval_gate.yaml), 2 checks, dry run for {model} @champion",
        f"mlflow-gate: {model}: {tighter}",
        f"mlflow-gate: {model}: {added}",
    ]
    assert failure in result.outlines

    cases = junit_cases(project.path / "junit.xml")
    assert cases[f"eval_gate.yaml.{model}::accuracy[min]"] == ("failure", failure)
    assert cases[f"eval_gate.yaml.{model}::promotion"] == ("skipped", FAILED.format(trial=TRIAL))
    (suite,) = ET.parse(project.path / "junit.xml").getroot()  # noqa: S314 - our own file
    properties = {found.get("name"): found.get("value") for found in suite.iter("property")}
    assert properties["mlflow_gate.set"] == f"{tighter}; {added}"

    (gate,) = json.loads((project.path / "d.json").read_text(encoding="utf-8"))["gates"]
    assert gate["overrides"] == [
        {"metric": "accuracy", "condition": "min", "value": "0.95", "instead": ["0.92"]},
        {"metric": "accuracy", "condition": "max", "value": "1", "instead": []},
    ]
    assert gate["promotion"]["status"] == "withheld"
    for name in ("r.html", "summary.md"):
        text = (project.path / name).read_text(encoding="utf-8")
        assert tighter in text, name
        assert added in text, name


def test_quiet(project: Project, seed: RestSeeder) -> None:
    """With -q the one line of a gate says that nothing moves, and why."""
    run_id, _ = good_run(seed, seed.experiment())
    model = fresh("churn-classifier")
    project.gate(seed.uri, f"run_id: {run_id}", model)
    result = project.run("-q", *LOOSE)
    assert result.outlines[-1] == DRY.format(run=run_id, model=model, trial=TRIAL)


def test_two_gates(project: Project, seed: RestSeeder) -> None:
    """An option about one gate withholds the promotion of all of them: a session tries or promotes."""
    run_id, _ = good_run(seed, seed.experiment())
    models = fresh("a"), fresh("b")
    files = tuple(f"{name}.gate.yaml" for name in models)
    for file, model in zip(files, models, strict=True):
        project.gate(seed.uri, f"run_id: {run_id}", model, file=file)
    result = project.run("--mlflow-gate-set", f"{models[0]}:accuracy.min=0.9", gates=files)
    assert result.ret == 0
    assert [line for line in result.outlines if line.startswith("DRY RUN ")] == [
        f"DRY RUN {model}: {WOULD.format(run=run_id, model=model, trial=TRIAL)}" for model in models
    ]
    assert [line for line in result.outlines if "the file has" in line] == [
        f"mlflow-gate: {models[0]}: accuracy.min is 0.9 (--mlflow-gate-set, the file has 0.92)",
        "accuracy.min is 0.9 (--mlflow-gate-set, the file has 0.92)",
    ]


def test_an_explicit_path(project: Project, seed: RestSeeder) -> None:
    """A gate that is given as a path is tried as well."""
    run_id, _ = good_run(seed, seed.experiment())
    project.gate(seed.uri, f"run_id: {run_id}", "churn")
    result = project.run("eval_gate.yaml", *TIGHT, gates=())
    assert result.ret == 1
    assert "accuracy is 0.93, must be >= 0.95 (--mlflow-gate-set accuracy.min=0.95)" in result.outlines


@pytest.mark.parametrize("workers", WORKERS[::2])
def test_mistakes_are_usage_errors(project: Project, seed: RestSeeder, workers: tuple[str, ...]) -> None:
    """Every option that cannot be used has its line before anything runs, and no server is asked."""
    with forwarding(seed.uri) as proxy:
        project.gate(proxy.url, "run_id: r1", "churn")
        result = project.run(
            "--mlflow-gate-set", "acuracy.min=0.9", "--mlflow-gate-set", "accuracy.minimum=0.9", *workers
        )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        "ERROR: --mlflow-gate-set acuracy.min=0.9: no gate has a threshold for 'acuracy', did you mean 'accuracy'?",
        "--mlflow-gate-set accuracy.minimum=0.9: unknown condition 'minimum', did you mean 'min'?",
    ]
    assert proxy.passed == []


def test_contradictions_are_usage_errors(project: Project, seed: RestSeeder) -> None:
    """What the loader refuses in a file it refuses from the option, whose name stands in front."""
    project.gate(seed.uri, "run_id: r1", "churn")
    result = project.run("--mlflow-gate-set", "accuracy.max=0.9")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        (
            "ERROR: --mlflow-gate-set accuracy.max=0.9: eval_gate.yaml: thresholds.accuracy: '<= 0.9' contradicts "
            "'>= 0.92' (line 4), no value meets both; change one"
        )
    ]
