"""What is read beside the candidate's run: all that the checks need, once, and nothing else."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_mlflow_gate.checks.judge import judge
from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.gatefile.needs import needs_of
from pytest_mlflow_gate.tracking.client import ClientStore
from pytest_mlflow_gate.tracking.context import complete
from pytest_mlflow_gate.tracking.rest import RestStore
from pytest_mlflow_gate.tracking.snapshot import Missing, ModelCard, Rival, Snapshot
from pytest_mlflow_gate.tracking.store import Rejected, StoreError
from pytest_mlflow_gate.tracking.values import Experiment, LoggedModel
from tests.checks.judging import measured, on
from tests.fakes import RUN, Asked, FakeStore
from tests.gatefile.loading import load_text
from tests.seeding import RestSeeder
from tests.servers import THIS_PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.tracking.store import Store
    from tests.seeding import Seeder
    from tests.servers import Backends

CANDIDATE = "candidate: {run_id: r1}\n"
BASELINE = "baseline: {model: churn, alias: champion}\n"
BROKEN = StoreError("fake://store: broken")


def gate_of(text: str) -> Gate:
    """Load a gate file, with run r1 as its candidate and churn@champion as its baseline."""
    head = "" if "candidate:" in text else CANDIDATE
    return load_text(f"{head}{BASELINE}{text}", language=language())


def completed(text: str, store: Store | Asked, **changes: object) -> Snapshot:
    """Return run r1 with all that a gate reads of it."""
    gate = gate_of(text)
    snapshot = Snapshot(store.run("r1"), Experiment("1", "churn", active=True))._replace(
        **changes  # type: ignore[arg-type]
    )
    if isinstance(store, Asked):
        store.log.clear()
    return complete(gate, snapshot, needs_of(gate), store, store.registered_model, store.metric_history)


def outcomes(text: str, snapshot: Snapshot) -> dict[str, str]:
    """Return the outcome of each check."""
    gate = gate_of(text)
    return {check.name: judge(gate, check, snapshot).outcome for check in gate.checks}


@pytest.fixture
def fake() -> FakeStore:
    """Return a store with a champion of another run, r0, and its logged model, m-0."""
    store = FakeStore(RUN._replace(metrics={"accuracy": 0.9, "f1": 0.8, "recall/eu": 0.7, "recall/us": 0.6}))
    store.runs["r0"] = RUN._replace(
        run_id="r0", metrics={"accuracy": 0.8, "recall/eu": 0.5}, model_ids=("m-0",)
    )
    store.models["m-0"] = LoggedModel("m-0", "model", "r0", ready=True)
    store.add_version("churn", "1", run_id="r0", source="models:/m-0")
    store.aliases["churn"] = {"champion": "1"}
    return store


CHAMPION = ["aliased_version churn champion", "run r0"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param("thresholds: {accuracy: {min: 0.5, max: 1}}", [], id="plain-limits-need-nothing"),
        pytest.param("thresholds: {accuracy: {max_drop: 1, min_rise: 1%}}", CHAMPION, id="changes"),
        pytest.param(
            "thresholds: {accuracy: {over: max, min: 0.1, max: 1, above: 0, below: 2}, f1: {over: mean, min: 0}}",
            ["metric_history r1 accuracy", "metric_history r1 f1"],
            id="each-history-once",
        ),
        pytest.param(
            "thresholds: {accuracy: [{over: max, min: 0}, {over: min, above: 0}, {over: mean, max: 9}]}",
            ["metric_history r1 accuracy"],
            id="one-history-for-several-thresholds",
        ),
        pytest.param(
            "thresholds: {accuracy: {over: max, min: 0, max_drop: 1, max_rise: 1}}",
            ["metric_history r1 accuracy", *CHAMPION, "metric_history r0 accuracy"],
            id="history-of-both",
        ),
        pytest.param(
            "thresholds: {accuracy: {over: max, min: 0}, f1: {max_drop: 1}}",
            ["metric_history r1 accuracy", *CHAMPION],
            id="history-of-the-candidate-alone",
        ),
        pytest.param(
            "thresholds: {nothing: {over: max, min: 0}}", [], id="no-history-of-what-was-never-logged"
        ),
        pytest.param(
            'thresholds: {"recall/{cohort}": {cohorts: "*", over: min, min: 0, max_drop: 1}}',
            [
                "metric_history r1 recall/eu",
                "metric_history r1 recall/us",
                *CHAMPION,
                "metric_history r0 recall/eu",
            ],
            id="histories-of-every-cohort",
        ),
        pytest.param(
            "thresholds: {accuracy: {dataset: holdout, min: 0}}", ["logged_model m-1"], id="dataset"
        ),
        pytest.param(
            "thresholds: {accuracy: {dataset: holdout, max_drop: 0}}",
            ["logged_model m-1", *CHAMPION, "logged_model m-0"],
            id="dataset-of-both",
        ),
        pytest.param(
            "candidate: {run_id: r1, require: {signature: true, artifact: model}}\nthresholds: {accuracy: '> 0'}",
            ["logged_model m-1", "model_file m-1 MLmodel"],
            id="one-file-for-artifact-and-signature",
        ),
        pytest.param(
            "candidate: {run_id: r1, require: {max_age: 1h, tags: {a: b}, params: {a: b}, dataset: {name: x}}}\n"
            "thresholds: {accuracy: '> 0'}",
            [],
            id="what-the-run-says-itself",
        ),
        pytest.param(
            "thresholds: {accuracy: {trials: f1, min_probability_best: 95%, max_value_remaining: 1%, arms: [b]}}",
            [*CHAMPION, "aliased_version churn b", "registered_model churn"],
            id="arms",
        ),
        pytest.param(
            "candidate: {run_id: r1, replicates: parent}\n"
            "thresholds: {accuracy: {confidence: 95%, min: 0}, f1: {confidence: 95%, min: 0}}",
            ["search_runs 1"],
            id="replicates-once",
        ),
    ],
)
def test_only_what_is_needed_is_asked_for(fake: FakeStore, text: str, asked: list[str]) -> None:
    """Each thing once, however many checks read it."""
    store = Asked(fake)
    completed(text, store)
    assert store.log == asked


def test_rules_ask_for_the_baseline_only_where_they_read_it(fake: FakeStore) -> None:
    """A rule over the candidate's metrics costs no request."""
    pytest.importorskip("cel", reason="common-expression-language needs Python 3.11 or newer")
    store = Asked(fake)
    completed("rules: {r: metrics.accuracy > 0.5}", store)
    assert store.log == []
    completed("rules: {r: metrics.accuracy > baseline.accuracy}", store)
    assert store.log == CHAMPION


@pytest.mark.parametrize("request_of", ["aliased_version", "run r0", "metric_history r0", "logged_model m-0"])
def test_what_is_not_known_of_the_baseline_concerns_the_comparing_checks_alone(
    fake: FakeStore, request_of: str
) -> None:
    """The candidate's own checks are judged."""
    text = (
        "thresholds: {accuracy: {min: 0.5, max_drop: 1, over: max}, f1: '> 0.5', "
        "loss: {dataset: holdout, max_drop: 1}}"
    )
    store = Asked(fake)
    store.refusing = {request_of: BROKEN}
    snapshot = completed(text, store)
    assert snapshot.baseline == Missing(f"it could not be read, run the gate again when it can: {BROKEN}")
    assert outcomes(text, snapshot) == {
        "accuracy[min]": "passed",
        "accuracy[max_drop]": "unevaluable",
        "f1[above]": "passed",
        "loss[max_drop]": "unevaluable",
    }


@pytest.mark.parametrize(
    ("text", "request_of"),
    [
        pytest.param("thresholds: {accuracy: {over: max, min: 0}}", "metric_history r1", id="history"),
        pytest.param("thresholds: {accuracy: {dataset: a, min: 0}}", "logged_model m-1", id="dataset"),
        pytest.param(
            "candidate: {run_id: r1, require: {signature: true}}\nthresholds: {accuracy: '> 0'}",
            "model_file m-1",
            id="file",
        ),
        pytest.param(
            "candidate: {run_id: r1, replicates: parent}\nthresholds: {accuracy: {confidence: 95%, min: 0}}",
            "search_runs",
            id="replicates",
        ),
    ],
)
def test_what_is_not_known_of_the_candidate_leaves_no_candidate(
    fake: FakeStore, text: str, request_of: str
) -> None:
    """Half a candidate is not judged."""
    store = Asked(fake)
    store.refusing = {request_of: BROKEN}
    with pytest.raises(StoreError, match="broken"):
        completed(text, store)


CHANGE = "thresholds: {accuracy: {max_drop: 0}}\n"
HISTORY = json.dumps([{"artifact_path": "a"}, {"artifact_path": "b"}])


class Models(NamedTuple):
    """
    Who has which model of run r1.

    Attributes:
        ids: The run's MLflow 3 logged models; the letter behind ``m-`` is the name.
        tags: The run's tags.
        champion: Source of the champion's version.
        changes: Of the snapshot.
        promoted: The artifact that the gate promotes, or None.
    """

    ids: tuple[str, ...]
    tags: dict[str, str]
    champion: str
    changes: dict[str, object]
    promoted: str | None = None


def _version(source: str, number: str = "7") -> dict[str, object]:
    return {"version": FakeStore().add_version("churn", number, source=source)}


@pytest.mark.parametrize(
    ("models", "same"),
    [
        pytest.param(Models(("m-a",), {}, "models:/m-a", {}), True, id="the-runs-only-model"),
        pytest.param(Models(("m-a", "m-b"), {}, "models:/m-a", {"model_id": "m-a"}), True, id="by-model-id"),
        pytest.param(
            Models(("m-a", "m-b"), {}, "models:/m-a", {"model_id": "m-b"}), False, id="another-model-id"
        ),
        pytest.param(
            Models(("m-a", "m-b"), {}, "models:/m-a", _version("models:/m-a")), True, id="by-version"
        ),
        pytest.param(
            Models(("m-a", "m-b"), {}, "models:/m-a", _version("models:/m-b")), False, id="another-version"
        ),
        pytest.param(
            Models(("m-a", "m-b"), {}, "s3://x", _version("s3://y", "1")), True, id="the-very-version"
        ),
        pytest.param(Models(("m-a", "m-b"), {}, "models:/m-a", {}), False, id="which-is-not-said"),
        pytest.param(Models(("m-a", "m-b"), {}, "models:/m-a", {}, "a"), True, id="by-promoted-artifact"),
        pytest.param(Models(("m-a", "m-b"), {}, "models:/m-a", {}, "b"), False, id="another-artifact"),
        pytest.param(Models(("m-a", "m-b"), {}, "models:/m-a", {}, "c"), False, id="unknown-artifact"),
        pytest.param(Models(("m-a", "m-b"), {}, "models:/other/4", {}, "a"), True, id="champion-is-a-copy"),
        pytest.param(
            Models(("m-a", "m-b"), {}, "models:/other/4", {}, "b"), False, id="champion-copies-another"
        ),
        pytest.param(
            Models(("m-a", "m-b"), {}, "models:/gone/4", {"model_id": "m-a"}),
            False,
            id="copy-of-what-is-gone",
        ),
        pytest.param(Models(("m-a1", "m-a2"), {}, "runs:/r1/a", {}, "a"), False, id="two-of-one-name"),
        pytest.param(Models((), {}, "runs:/r1/a", {}), True, id="mlflow-2-only-model"),
        pytest.param(
            Models((), {"mlflow.log-model.history": HISTORY}, "runs:/r1/a", {}),
            False,
            id="mlflow-2-which-is-not-said",
        ),
        pytest.param(
            Models((), {"mlflow.log-model.history": HISTORY}, "runs:/r1/a", {}, "a"),
            True,
            id="mlflow-2-by-artifact",
        ),
        pytest.param(Models((), {}, "runs:/r1/a", {}, "b"), False, id="mlflow-2-another-artifact"),
        pytest.param(
            Models((), {}, f"{RUN.artifact_uri}/a", _version("runs:/r1/a")), True, id="mlflow-2-two-spellings"
        ),
        pytest.param(
            Models((), {}, "runs:/r1/a", _version("runs:/r1/b")), False, id="mlflow-2-another-version"
        ),
    ],
)
def test_whether_the_candidate_is_the_baseline(models: Models, same: bool) -> None:
    """The same model of the same run is; another one of that run is neither it nor comparable with it."""
    store = FakeStore(RUN._replace(model_ids=models.ids, tags=models.tags))
    store.models = {model_id: LoggedModel(model_id, model_id[2], "r1", ready=True) for model_id in models.ids}
    store.add_version("other", "4", source="models:/m-a")
    store.add_version("churn", "1", source=models.champion)
    store.aliases["churn"] = {"champion": "1"}
    artifact = f", artifact: {models.promoted}" if models.promoted else ""
    text = f"{CHANGE}promote: {{model: churn, alias: champion{artifact}}}\n"
    snapshot = completed(text, store, **models.changes)
    assert isinstance(snapshot.baseline, Rival)
    assert snapshot.baseline.is_candidate is same
    assert outcomes(text, snapshot) == {"accuracy[max_drop]": "exempt" if same else "unevaluable"}


def test_nothing_more_is_read_of_a_baseline_that_is_the_candidate(fake: FakeStore) -> None:
    """No history is asked for twice."""
    fake.add_version("churn", "1")
    fake.aliases["churn"] = {"champion": "1"}
    store = Asked(fake)
    completed("thresholds: {accuracy: {over: max, max_drop: 0}}", store)
    assert store.log == ["metric_history r1 accuracy", "aliased_version churn champion", "run r1"]


@pytest.mark.parametrize(
    ("changes", "promoted", "outcome"),
    [
        pytest.param({"model_id": "m-a"}, "", "passed", id="model-id"),
        pytest.param({"model_id": "m-b"}, "", "failed", id="another-model-id"),
        pytest.param(_version("models:/m-a"), "", "passed", id="version"),
        pytest.param(_version("runs:/r1/b"), "", "failed", id="version-by-path"),
        pytest.param({}, ", artifact: a", "passed", id="promoted-artifact"),
        pytest.param({}, ", artifact: b", "failed", id="another-promoted-artifact"),
        pytest.param({}, "", "unevaluable", id="not-said"),
    ],
)
def test_dataset_values_and_files_are_those_of_the_model_under_test(
    changes: dict[str, object], promoted: str, outcome: str
) -> None:
    """What would be promoted is what is judged, also where another model of the run would pass."""
    store = FakeStore(RUN._replace(model_ids=("m-a", "m-b")))
    store.models = {
        "m-a": measured(on("holdout", 0.9), model_id="m-a")._replace(name="a"),
        "m-b": measured(on("holdout", 0.1), model_id="m-b")._replace(name="b"),
    }
    store.texts = {"m-a/MLmodel": "signature:\n  inputs: x\n", "m-b/MLmodel": ""}
    text = (
        "candidate: {run_id: r1, require: {signature: true}}\n"
        "thresholds: {accuracy: {dataset: holdout, min: 0.5}}\n"
        f"promote: {{model: churn, alias: champion{promoted}}}\n"
    )
    snapshot = completed(text, store, **changes)
    assert outcomes(text, snapshot) == {
        "candidate[signature]": "failed" if outcome == "unevaluable" else outcome,
        "accuracy[min]": outcome,
    }


def test_the_required_artifact_is_not_found_on_another_model_than_the_one_under_test() -> None:
    """A version of model b does not pass because the run has a model a too."""
    store = FakeStore(RUN._replace(model_ids=()))
    store.texts = {"r1/a/MLmodel": "signature:\n  inputs: x\n", "r1/b/MLmodel": ""}
    text = "candidate: {run_id: r1, require: {artifact: a, signature: true}}\nthresholds: {accuracy: '> 0'}"
    snapshot = completed(text, store, **_version("runs:/r1/b"))
    assert snapshot.cards == ()
    assert outcomes(text, snapshot)["candidate[artifact]"] == "failed"


def test_only_the_required_models_file_is_read() -> None:
    """The run's other models are nobody's business."""
    store = FakeStore(RUN._replace(model_ids=("m-a", "m-b")))
    store.models = {
        model_id: LoggedModel(model_id, model_id[2], "r1", ready=True) for model_id in ("m-a", "m-b")
    }
    asked = Asked(store)
    completed("candidate: {run_id: r1, require: {artifact: b}}\nthresholds: {accuracy: '> 0'}", asked)
    assert [entry for entry in asked.log if entry.startswith("model_file")] == ["model_file m-b MLmodel"]


def test_a_logged_model_that_its_run_does_not_list() -> None:
    """The gate named it, and its own file is looked at."""
    store = FakeStore(RUN._replace(model_ids=()))
    store.models = {"m-a": LoggedModel("m-a", "a", "r1", ready=True)}
    store.texts = {"m-a/MLmodel": "A"}
    text = "candidate: {run_id: r1, require: {signature: true}}\nthresholds: {accuracy: '> 0'}"
    assert completed(text, store, model_id="m-a").cards == (ModelCard("a", "A"),)


@pytest.mark.parametrize(
    ("tag", "required", "cards"),
    [
        pytest.param(HISTORY, "signature: true", (ModelCard("a", "A"), ModelCard("b", None)), id="all"),
        pytest.param(HISTORY, "artifact: a", (ModelCard("a", "A"),), id="the-required-one"),
        pytest.param(None, "artifact: a", (ModelCard("a", "A"),), id="without-the-tag"),
        pytest.param(None, "artifact: c", (), id="not-there"),
        pytest.param(None, "signature: true", (), id="none-known"),
        pytest.param("no json", "signature: true", (), id="broken-tag"),
        pytest.param('[{"x": 1}]', "signature: true", (), id="foreign-tag"),
    ],
)
def test_files_of_mlflow_2_models(tag: str | None, required: str, cards: tuple[ModelCard, ...]) -> None:
    """The run says in a tag where they are."""
    tags = {} if tag is None else {"mlflow.log-model.history": tag}
    store = FakeStore(RUN._replace(model_ids=(), tags=tags))
    store.texts = {"r1/a/MLmodel": "A"}
    text = f"candidate: {{run_id: r1, require: {{{required}}}}}\nthresholds: {{accuracy: '> 0'}}"
    assert completed(text, store).cards == cards


def test_a_logged_model_that_is_gone_has_no_values(fake: FakeStore) -> None:
    """It is no reason to give up the candidate."""
    del fake.models["m-1"]
    assert completed("thresholds: {accuracy: {dataset: holdout, min: 0}}", fake).models == ()


def test_a_doubtful_zero_is_looked_up_in_the_history(fake: FakeStore) -> None:
    """SQL stores keep 0.0 for a logged model's NaN; the baseline's too."""
    fake.models["m-1"] = measured(on("holdout", 0.0), on("holdout", 0.0, key="recall/eu"))
    fake.models["m-0"] = measured(on("holdout", 0.0), model_id="m-0")
    store = Asked(fake)
    text = (
        "thresholds: {accuracy: {dataset: holdout, max_drop: 0}, f1: {dataset: holdout, min: 0}, "
        '"recall/{cohort}": {dataset: holdout, cohorts: "*", min: 0}}'
    )
    completed(text, store)
    histories = [entry for entry in store.log if entry.startswith("metric_history")]
    assert sorted(histories) == [
        "metric_history r0 accuracy",
        "metric_history r1 accuracy",
        "metric_history r1 recall/eu",
    ]


def test_replicates_are_the_children_that_say_so(fake: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a server makes of the search; those that failed are among them, for the checks to say so."""
    monkeypatch.setattr(fake, "search_runs", lambda *_, **__: iter(fake.runs.values()))
    parent = {"mlflow.parentRunId": "r1"}
    fake.runs["c0"] = RUN._replace(run_id="c0", tags=parent)
    fake.runs["c1"] = RUN._replace(run_id="c1", tags=parent, status="FAILED")
    fake.runs["c2"] = RUN._replace(run_id="c2", tags=parent, active=False)
    fake.runs["c3"] = RUN._replace(run_id="c3", tags={"mlflow.parentRunId": "r0"})
    text = "candidate: {run_id: r1, replicates: parent}\nthresholds: {accuracy: {confidence: 95%, min: 0}}"
    assert [run.run_id for run in completed(text, fake).replicates] == ["c0", "c1"]


# On real servers and stores


class Side(NamedTuple):
    """A store of ours, and a way to put things into the same place."""

    store: Store
    seed: Seeder


@pytest.fixture(params=["rest-3", "rest-2", "client-sqlite"])
def side(request: pytest.FixtureRequest) -> Side:
    """Return each store in turn."""
    way, _, where = request.param.partition("-")
    uri = request.getfixturevalue(
        {"3": "mlflow_server", "2": "mlflow2_server", "sqlite": "sqlite_store"}[where]
    )
    if way == "rest":
        return Side(RestStore(uri, None, os.environ), RestSeeder(uri))
    return Side(ClientStore(uri, None, os.environ), request.getfixturevalue("sqlite_seed"))


def really(text: str, store: Store, run_id: str, model: str) -> dict[str, tuple[str, str]]:
    """Return the outcome and text of each check of a gate on that run, compared with *model*@champion."""
    head = "" if "candidate:" in text else CANDIDATE
    gate = load_text(f"{head}baseline: {{model: {model}, alias: champion}}\n{text}", language=language())
    run = store.run(run_id)
    snapshot = Snapshot(run, store.experiment(run.experiment_id))
    snapshot = complete(gate, snapshot, needs_of(gate), store, store.registered_model, store.metric_history)
    snapshot = Snapshot.from_json(snapshot.to_json())
    findings = (judge(gate, check, snapshot) for check in gate.checks)
    return {finding.check: (finding.outcome, finding.text) for finding in findings}


def test_histories_replicates_cohorts_and_baseline_of_a_real_store(side: Side) -> None:
    """All that MLflow 2 and 3 have in common, from the store to the sentence."""
    store, seed = side
    experiment = seed.experiment()
    old = seed.run(experiment, metrics={"acc": [(0.7, 0), (0.9, 1), (0.8, 2)], "recall/eu": 0.5})
    new = seed.run(
        experiment, metrics={"acc": [(0.6, 0), (0.95, 1), (0.85, 2)], "recall/eu": 0.6, "recall/us": 0.4}
    )
    for value in (0.84, 0.85, 0.86):
        seed.run(experiment, metrics={"acc": value}, tags={"mlflow.parentRunId": new})
    seed.run(experiment, metrics={"acc": 0.1}, tags={"mlflow.parentRunId": old})
    model = seed.registered_model()
    version = seed.version(model, source=f"runs:/{old}/model", run_id=old)
    seed.alias(model, "champion", version)
    text = (
        "candidate: {run_id: r1, replicates: parent}\n"
        "thresholds:\n"
        "  acc:\n"
        "    - {max_drop: 0, over: max}\n"
        "    - {min: 0.8, confidence: 95%}\n"
        '  "recall/{cohort}": {cohorts: "*", min: 0.5, max_rise: 1}\n'
    )
    found = really(text, store, new, model)
    assert found["acc[max_drop]"] == ("passed", "0.95 >= 0.9 (baseline 0.9, max_drop 0)")
    assert found["acc[min]"][0] == "passed"
    assert found["acc[min]"][1].startswith("0.85 (95% lower bound 0.82515862288")
    assert found["recall/{cohort}[min]"] == (
        "failed",
        "recall/{cohort}: 1 of 2 cohorts fail: recall/us is 0.4, must be >= 0.5",
    )
    assert found["recall/{cohort}[max_rise]"][0] == "unevaluable"


def test_baseline_of_a_real_store_that_is_the_candidate_or_not_there(side: Side) -> None:
    """First there is none, then the candidate itself is it."""
    store, seed = side
    run_id = seed.run(seed.experiment(), metrics={"acc": 0.8})
    model = seed.registered_model()
    text = "thresholds: {acc: {max_drop: 0}}"
    why = f"registered model {model!r} has no alias 'champion'"
    outcome, said = really(text, store, run_id, model)["acc[max_drop]"]
    assert outcome == "unevaluable"
    assert said == (
        f"cannot judge acc: there is no baseline to compare with: {why}: add baseline.missing: bootstrap if the "
        "first has nothing to beat"
    )
    version = seed.version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    seed.alias(model, "champion", version)
    assert really(text, store, run_id, model)["acc[max_drop]"] == (
        "exempt",
        f"the candidate already is the baseline, version 1 of {model}",
    )


@pytest.mark.parametrize("way", ["rest", "client"])
def test_datasets_of_a_real_server(mlflow_server: str, seed: RestSeeder, way: str) -> None:
    """MLflow 3's values by dataset, with the zero that is NaN and the zero that is none."""
    store: Store = (RestStore if way == "rest" else ClientStore)(mlflow_server, None, os.environ)
    experiment = seed.experiment()
    runs = []
    for holdout in (0.8, 0.7):
        run_id = seed.run(experiment)
        model_id = seed.logged_model(experiment, run_id)
        for at, (dataset, value) in enumerate((("holdout", holdout), ("train", 0.99)), 1_700_000_000_000):
            seed.log_for_model(run_id, model_id, {"acc": value}, dataset=(dataset, f"{dataset}-1"), at=at)
        seed.log_for_model(
            run_id, model_id, {"loss": float("nan")}, dataset=("holdout", "holdout-1"), at=1_700_000_000_000
        )
        seed.log_for_model(
            run_id, model_id, {"errors": 0.0}, dataset=("holdout", "holdout-1"), at=1_700_000_000_000
        )
        runs.append((run_id, model_id))
    (old, old_model), (new, _) = runs
    model = seed.registered_model()
    version = seed.version(model, source=f"models:/{old_model}", run_id=old, model_id=old_model)
    seed.alias(model, "champion", version)
    text = (
        "thresholds:\n"
        "  acc: {max_drop: 0.05, dataset: holdout}\n"
        "  loss: {max: 1, dataset: holdout}\n"
        "  errors: {max: 1, max_rise: 0, dataset: holdout}\n"
    )
    found = really(text, store, new, model)
    assert found["acc[max_drop]"] == (
        "failed",
        "acc is 0.7, must be >= 0.75 (baseline 0.8, max_drop 0.05)",
    )
    assert found["loss[max]"][0] == "unevaluable"
    assert found["errors[max]"] == ("passed", "0 <= 1")
    assert found["errors[max_rise]"] == ("passed", "0 <= 0 (baseline 0, max_rise 0)")


def test_a_broken_filter_for_replicates_is_said_in_mlflows_words(side: Side) -> None:
    """It leaves no candidate, and not an interval over nothing."""
    store, seed = side
    run_id = seed.run(seed.experiment(), metrics={"acc": 0.8})
    gate = load_text(
        "candidate: {run_id: r1, replicates: {filter: tags.phase eval}}\n"
        "thresholds: {acc: {confidence: 95%, min: 0}}",
        language=language(),
    )
    snapshot = Snapshot(store.run(run_id), Experiment("1", "churn", active=True))
    with pytest.raises(Rejected, match="Invalid clause"):
        complete(gate, snapshot, needs_of(gate), store, store.registered_model, store.metric_history)


@pytest.mark.parametrize("release", [3, 2])
@pytest.mark.parametrize("name", ["signed", "unsigned"])
def test_signature_in_a_real_mlmodel_file(
    backends: Backends, request: pytest.FixtureRequest, release: int, name: str
) -> None:
    """What MLflow itself writes, with and without one."""
    uri = str(request.getfixturevalue("mlflow_server" if release == 3 else "mlflow2_server"))
    python: Path = THIS_PYTHON if release == 3 else request.getfixturevalue("mlflow2_environment")
    made = backends.once(
        f"signatures-{release}",
        lambda: backends.run_script(python, "log_signatures.py", uri, f"signatures-{release}"),
    )
    store = RestStore(uri, None, os.environ)
    gate = load_text(
        f"candidate: {{run_id: r1, require: {{artifact: {name}, signature: true}}}}\nthresholds: {{a: '> 0'}}",
        language=language(),
    )
    snapshot = Snapshot(store.run(made["run_id"]), Experiment("1", "churn", active=True))
    snapshot = complete(gate, snapshot, needs_of(gate), store, store.registered_model, store.metric_history)
    found = {check.name: judge(gate, check, snapshot).outcome for check in gate.checks}
    assert found["candidate[artifact]"] == "passed"
    assert found["candidate[signature]"] == ("passed" if name == "signed" else "failed")
