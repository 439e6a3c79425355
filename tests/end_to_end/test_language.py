"""The whole threshold language in one gate on real servers: what holds, what fails, and that all reports say the same."""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.tracking.rest import RestStore
from tests.end_to_end.test_promoting import aliases
from tests.reports import junit_cases
from tests.seeding import MLMODEL, RestSeeder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.end_to_end.conftest import Project
    from tests.seeding import Steps
    from tests.servers import RealModel

pytest.importorskip("cel", reason="rules need common-expression-language, which needs Python 3.11")

GATE = """\
tracking_uri: {uri}
candidate:
  run_id: {run}
  replicates: parent
  require:
    max_age: 24h
    tags: {{phase: eval}}
    params: {{data_rev: v3}}
    dataset: {{name: holdout, digest: 9f2c}}
    artifact: model
    signature: true
baseline: {{model: {model}, alias: champion}}
thresholds:
  accuracy: {{min: 0.9, max_drop: 0.01}}
  f1: {{min_rise: 0.5%}}
  latency_ms:
    - {{max_rise: 10%}}
    - {{max: 100, severity: warn}}
  cost: {{min_drop: 3}}
  "recall/{{cohort}}": {{cohorts: "*", min: 0.8, max_drop: 2%, max_spread: 0.05}}
  "auc/{{cohort}}": {{cohorts: [eu, us], min: 0.7}}
  precision: {{dataset: holdout, min: 0.85}}
  loss: {{over: max, max: 1.5}}
  hit_rate: {{confidence: 95%, samples: n_test, min: 0.88}}
  stability: {{confidence: 90%, min: 0.9}}
  conversions:
    trials: impressions
    min_probability_best: 95%
    max_value_remaining: 1%
    arms: [challenger-b]
rules:
  no-overfit: metrics.train_accuracy - metrics.accuracy < 0.05
  cheaper: {{expr: metrics.cost < baseline.cost, reason: the budget is fixed}}
promote: {{model: {model}, alias: champion}}
"""

TWO_DAYS = 2 * 86400.0

CHAMPION: dict[str, Steps] = {
    "accuracy": 0.93,
    "f1": 0.9,
    "latency_ms": 100.0,
    "cost": 20.0,
    "recall/eu": 0.85,
    "recall/us/west": 0.86,
    "conversions": 100.0,
    "impressions": 1000.0,
}
GOOD: dict[str, Steps] = CHAMPION | {
    "train_accuracy": 0.95,
    "f1": 0.91,
    "latency_ms": 109.0,
    "cost": 16.0,
    "auc/eu": 0.75,
    "auc/us": 0.76,
    "precision": 0.5,
    "loss": [(1.4, 0), (0.2, 1)],
    "hit_rate": 0.9,
    "n_test": 5000.0,
    "stability": 0.92,
    "conversions": 200.0,
}
BAD: dict[str, Steps] = GOOD | {
    "accuracy": 0.89,
    "f1": 0.9,
    "latency_ms": 120.0,
    "cost": 30.0,
    "recall/us/west": 0.79,
    "auc/eu": 0.61,
    "auc/us": 0.6,
    "loss": [(1.6, 0), (0.2, 1)],
    "n_test": 50.0,
    "conversions": 90.0,
}
TEXTS = {
    "candidate[max_age]": ("N s <= 1 d", "run RUN ended 2 d N s ago, must be 1 d or less"),
    "candidate[tags]": ("phase eval", "tag phase is 'train', must be 'eval'"),
    "candidate[params]": ("data_rev v3", "param data_rev is 'v2', must be 'v3'"),
    "candidate[dataset]": (
        "holdout (9f2c)",
        "run RUN has the dataset inputs holdout (77aa), must have holdout (9f2c)",
    ),
    "candidate[artifact]": ("model", "logged model 'model' has no MLmodel file: log it again"),
    "candidate[signature]": (
        "model has one",
        "logged model 'model' has no signature: log it with one or an input_example",
    ),
    "accuracy[min]": ("0.93 >= 0.9", "accuracy is 0.89, must be >= 0.9"),
    "accuracy[max_drop]": (
        "0.93 >= 0.92 (baseline 0.93, max_drop 0.01)",
        "accuracy is 0.89, must be >= 0.92 (baseline 0.93, max_drop 0.01)",
    ),
    "f1[min_rise]": (
        "0.91 >= 0.9045 (baseline 0.9, min_rise 0.5%)",
        "f1 is 0.9, must be >= 0.9045 (baseline 0.9, min_rise 0.5%)",
    ),
    "latency_ms[max_rise]": (
        "109 <= 110 (baseline 100, max_rise 10%)",
        "latency_ms is 120, must be <= 110 (baseline 100, max_rise 10%)",
    ),
    "latency_ms[max:warn]": (
        "latency_ms is 109, must be <= 100",
        "latency_ms is 120, must be <= 100",
    ),
    "cost[min_drop]": (
        "16 <= 17 (baseline 20, min_drop 3)",
        "cost is 30, must be <= 17 (baseline 20, min_drop 3)",
    ),
    "recall/{cohort}[min]": (
        "2 cohorts, the closest: eu 0.85 >= 0.8",
        "recall/{cohort}: 1 of 2 cohorts fail: recall/us/west is 0.79, must be >= 0.8",
    ),
    "recall/{cohort}[max_drop]": (
        "2 cohorts, the closest: eu 0.85 >= 0.833 (baseline 0.85, max_drop 2%)",
        (
            "recall/{cohort}: 1 of 2 cohorts fail: recall/us/west is 0.79, must be >= 0.8428 "
            "(baseline 0.86, max_drop 2%)"
        ),
    ),
    "recall/{cohort}[max_spread]": (
        "spread 0.01 (us/west 0.86, eu 0.85) <= 0.05",
        "recall/{cohort} spreads 0.06 (eu 0.85, us/west 0.79), must be <= 0.05",
    ),
    "auc/eu[min]": ("0.75 >= 0.7", "auc/eu is 0.61, must be >= 0.7"),
    "auc/us[min]": ("0.76 >= 0.7", "auc/us is 0.6, must be >= 0.7"),
    "precision[min]": ("0.9 >= 0.85", "precision is 0.8, must be >= 0.85"),
    "loss[max]": ("1.4 <= 1.5", "loss is 1.6, must be <= 1.5"),
    "hit_rate[min]": (
        "0.9 (95% lower bound 0.8913, 5000 samples) >= 0.88",
        "hit_rate is 0.9 (95% lower bound 0.7863, 50 samples), must be >= 0.88",
    ),
    "stability[min]": (
        "0.92 (90% lower bound 0.9166, 3 runs) >= 0.9",
        "stability is 0.902 (90% lower bound 0.8986, 3 runs), must be >= 0.9",
    ),
    "conversions[min_probability_best]": (
        "1 >= 0.95 (candidate 200/1000, version 1 of MODEL 100/1000, @challenger-b 110/1000)",
        (
            "conversions: probability of being the best is 0.0410, must be >= 0.95 "
            "(candidate 90/1000, version 1 of MODEL 100/1000, @challenger-b 110/1000)"
        ),
    ),
    "conversions[max_value_remaining]": (
        "0 <= 0.01 (candidate 200/1000, version 1 of MODEL 100/1000, @challenger-b 110/1000)",
        (
            "conversions: what another arm might still gain (95th percentile) is 0.5355, must be <= 0.01 "
            "(candidate 90/1000, version 1 of MODEL 100/1000, @challenger-b 110/1000)"
        ),
    ),
    "rules[no-overfit]": (
        "metrics.train_accuracy - metrics.accuracy < 0.05",
        (
            "rules[no-overfit] does not hold: metrics.train_accuracy - metrics.accuracy < 0.05 "
            "(accuracy 0.89, train_accuracy 0.95)"
        ),
    ),
    "rules[cheaper]": (
        "metrics.cost < baseline.cost",
        (
            "rules[cheaper] does not hold: metrics.cost < baseline.cost (cost 30, baseline cost 20), because: the "
            "budget is fixed"
        ),
    ),
}
"""Each check of the gate, with what is said of it where everything holds and where everything fails."""


class Scene:
    """A champion, a challenger and a candidate with two child runs, as a release of MLflow has them."""

    def __init__(self, seed: RestSeeder, release: int, mlmodel: str) -> None:
        self.seed, self.release, self.mlmodel = seed, release, mlmodel
        self.model = seed.registered_model()
        self.experiment = seed.experiment()
        for alias, successes in (("champion", 100.0), ("challenger-b", 110.0)):
            run_id = seed.run(self.experiment, metrics=CHAMPION | {"conversions": successes})
            version = seed.version(self.model, source=f"runs:/{run_id}/model", run_id=run_id)
            seed.alias(self.model, alias, version)

    def candidate(
        self,
        metrics: Mapping[str, Steps],
        *,
        tag: str = "eval",
        param: str = "v3",
        digest: str = "9f2c",
        precision: float = 0.9,
        stability: float = 0.92,
        ended: float = 0.0,
    ) -> str:
        """Make a run with its model, its dataset, and three child runs; it *ended* so many seconds ago."""
        seed = self.seed
        run_id = seed.run(
            self.experiment,
            metrics=metrics,
            params={"data_rev": param},
            tags={"phase": tag},
            end=time.time() - ended,
        )
        seed.log_datasets(run_id, ("holdout", digest))
        if self.release == 3:
            model_id = seed.logged_model(self.experiment, run_id)
            seed.model_file(model_id, "MLmodel", self.mlmodel)
            at = int(time.time() * 1000)
            dataset = ("holdout", digest)
            seed.log_for_model(run_id, model_id, {"precision": precision}, dataset=dataset, at=at)
        else:
            seed.run_file(run_id, "model/MLmodel", self.mlmodel)
        for more in (-0.002, 0.0, 0.002):
            parent = {"mlflow.parentRunId": run_id}
            seed.run(self.experiment, metrics={"stability": stability + more}, tags=parent)
        return run_id


class Reports:
    """
    What the reports of a session say of each check.

    Attributes:
        outcomes: By the name of the report; of each check passed, failed or skipped.
        checks: As in the decision file.
        promotion: Outcome of the testcase.
    """

    def __init__(self, project: Project, result: pytest.RunResult, model: str) -> None:
        cases = {
            name.removeprefix(f"eval_gate.yaml.{model}::"): case
            for name, case in junit_cases(project.path / "junit.xml").items()
        }
        report = json.loads(_read(project, "report.json"))
        tests = {test["nodeid"].split("::", 2)[2]: test["outcome"] for test in report["tests"]}
        (gate,) = json.loads(_read(project, "decision.json"))["gates"]
        self.checks: dict[str, dict[str, Any]] = {check["name"]: check for check in gate["checks"]}
        self.promotion = tests.pop("promotion")
        assert cases.pop("promotion")[0] == self.promotion
        self.outcomes = {
            "decision": {name: _of_pytest(check) for name, check in self.checks.items()},
            "terminal": {name: word for name, word in _told(result.outlines, model) if name != "promotion"},
            "junit": {name: outcome.replace("failure", "failed") for name, (outcome, _) in cases.items()},
            "json": tests,
        }
        for name, (outcome, message) in cases.items():
            check = self.checks[name]
            assert message == (
                "" if outcome == "passed" else f"{check['text']} (eval_gate.yaml:{check['line']})"
            )

    def texts(self, outcome: str, **words: str) -> dict[str, str]:
        """Return what is said of each check with that outcome, in words that are the same for every scene."""
        found = {name: check["text"] for name, check in self.checks.items() if check["outcome"] == outcome}
        return {name: _plain(text, words) for name, text in found.items()}


def _read(project: Project, name: str) -> str:
    return (project.path / name).read_text(encoding="utf-8")


def _of_pytest(check: dict[str, Any]) -> str:
    return "passed" if check["outcome"] == "passed" or check["severity"] == "warn" else "failed"


def _told(lines: list[str], model: str) -> Iterator[tuple[str, str]]:
    """Yield check and outcome of each line of the terminal that has both, with and without a worker's name."""
    start = re.escape(f"eval_gate.yaml::{model}::")
    plain = re.compile(rf"{start}(?P<name>\S+) (?P<word>PASSED|FAILED|SKIPPED)\b.*")
    of_worker = re.compile(rf"\[gw0\] \[ *\d+%\] (?P<word>PASSED|FAILED|SKIPPED)\b.*? {start}(?P<name>\S+) *")
    for line in lines:
        if found := plain.fullmatch(line) or of_worker.fullmatch(line):
            yield found["name"], found["word"].lower()


def _plain(text: str, words: Mapping[str, str]) -> str:
    for word, name in words.items():
        text = text.replace(name, word)
    text = re.sub(r"\b\d+ s\b", "N s", text)
    return re.sub(r"(0\.\d{4})\d+", r"\1", text)


def judged(project: Project, scene: Scene, run_id: str, *workers: str) -> tuple[pytest.RunResult, Reports]:
    """Run the gate, and return the session and its reports."""
    project.write("eval_gate.yaml", GATE.format(uri=scene.seed.uri, run=run_id, model=scene.model))
    files = ("--json-report", "--json-report-file=report.json", "--mlflow-gate-decision=decision.json")
    run = project.run_apart if workers else project.run
    result = run("-v", *files, *workers)
    return result, Reports(project, result, scene.model)


WORKERS = [pytest.param((), id="plain"), pytest.param(("-p", "no:rerunfailures", "-n1"), id="n1")]


def scene_on(request: pytest.FixtureRequest, release: int, mlmodel: str | None = None) -> Scene:
    """Return a scene on a server of that release; its model has a real signature unless one is given."""
    number = "" if release == 3 else "2"
    seed = RestSeeder(request.getfixturevalue(f"mlflow{number}_server"))
    return Scene(seed, release, mlmodel or mlmodel_of(request.getfixturevalue(f"real_model{number}")))


def mlmodel_of(real: RealModel) -> str:
    """Return the MLmodel file of a model that MLflow itself logged."""
    store = RestStore(real.tracking_uri, None, os.environ)
    if real.model_id:
        text = store.model_file(real.model_id, "MLmodel")
    else:
        text = store.run_file(real.run_id, "model/MLmodel")
    store.close()
    assert text is not None
    return text


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("release", [3, 2], ids=["mlflow3", "mlflow2"])
def test_everything_holds(
    project: Project, request: pytest.FixtureRequest, release: int, workers: tuple[str, ...]
) -> None:
    """Every check holds, each report says so, and the candidate is promoted; MLflow 2 has no datasets."""
    scene = scene_on(request, release)
    run_id = scene.candidate(GOOD)
    result, reports = judged(project, scene, run_id, *workers)
    for outcomes in reports.outcomes.values():
        assert outcomes == reports.outcomes["decision"]
    good = {name: texts[0] for name, texts in TEXTS.items()}
    warned = {"latency_ms[max:warn]": good.pop("latency_ms[max:warn]")}
    assert reports.texts("failed") == warned
    found = reports.texts("passed", MODEL=scene.model)
    assert found.pop("candidate[run]").startswith("run ")
    if release == 3:
        assert found == good
        assert (result.ret, reports.promotion) == (0, "passed")
        assert aliases(scene.seed, scene.model)["champion"] == "3"
    else:
        del good["precision[min]"]
        assert found == good
        assert reports.texts("unevaluable", RUN=run_id) == {
            "precision[min]": "cannot judge precision: run RUN has no MLflow 3 logged model, and only "
            "those have values by dataset; log one with log_model, or change line 22"
        }
        assert (result.ret, reports.promotion) == (1, "skipped")
        assert aliases(scene.seed, scene.model)["champion"] == "1"


@pytest.mark.parametrize("workers", WORKERS)
def test_everything_fails(project: Project, request: pytest.FixtureRequest, workers: tuple[str, ...]) -> None:
    """Every check fails with its own sentence, in each report the same, and nothing moves."""
    scene = scene_on(request, 3, MLMODEL)
    run_id = scene.candidate(
        BAD, tag="train", param="v2", digest="77aa", precision=0.8, stability=0.902, ended=TWO_DAYS
    )
    result, reports = judged(project, scene, run_id, *workers)
    for outcomes in reports.outcomes.values():
        assert outcomes == reports.outcomes["decision"]
    bad = {name: texts[1] for name, texts in TEXTS.items()}
    del bad["candidate[artifact]"]
    assert reports.texts("failed", RUN=run_id, MODEL=scene.model) == bad
    assert reports.texts("passed").keys() == {"candidate[run]", "candidate[artifact]"}
    assert (result.ret, reports.promotion) == (1, "skipped")
    assert aliases(scene.seed, scene.model)["champion"] == "1"


def test_nothing_can_be_judged(project: Project, request: pytest.FixtureRequest) -> None:
    """A run that logged none of all this passes nothing, and its values cannot be judged."""
    scene = scene_on(request, 3)
    run_id = scene.seed.run(scene.experiment, metrics={"something": 1.0})
    result, reports = judged(project, scene, run_id)
    for outcomes in reports.outcomes.values():
        assert outcomes == reports.outcomes["decision"]
    requirements = {name for name in TEXTS if name.startswith("candidate[")} - {"candidate[max_age]"}
    assert reports.texts("failed").keys() == requirements
    assert reports.texts("passed").keys() == {"candidate[run]", "candidate[max_age]"}
    unjudged = reports.texts("unevaluable")
    assert unjudged.keys() == TEXTS.keys() - requirements - {"candidate[max_age]"}
    assert all(text.startswith("cannot judge ") for text in unjudged.values())
    assert (result.ret, reports.promotion) == (1, "skipped")
