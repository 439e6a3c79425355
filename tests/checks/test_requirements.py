"""What the candidate has to be: age, tags, params, dataset, artifact, signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.tracking.snapshot import ModelCard
from tests.checks.judging import candidate, findings
from tests.fakes import RUN

if TYPE_CHECKING:
    from pytest_mlflow_gate.checks.finding import Finding

PLAIN = "thresholds: {accuracy: '>= 0.5'}\n"
SIGNED = 'artifact_path: model\nsignature:\n  inputs: \'[{"type": "double"}]\'\n  outputs: null\n'
UNSIGNED = "artifact_path: model\nutc_time_created: '2026'\n"


def required(requirement: str, **changes: object) -> Finding:
    """Return what is found for one requirement of a run with these changes, which was read 1 h later."""
    head = f"candidate: {{run_id: r1, require: {{{requirement}}}}}\n"
    run = RUN._replace(end_time=10_000.0)._replace(**changes)  # type: ignore[arg-type]
    found = findings(PLAIN, candidate({}, run=run, taken=13_600.0), head=head)
    return next(one for name, one in found.items() if name.startswith("candidate["))


@pytest.mark.parametrize(
    ("requirement", "ended", "outcome", "text"),
    [
        pytest.param("max_age: 1h", 10_000.0, "passed", "1 h <= 1 h", id="limit-itself-passes"),
        pytest.param(
            "max_age: 1h",
            9_999.9,
            "failed",
            "run r1 ended 1 h 1 s ago, must be 1 h or less",
            id="a-moment-too-old",
        ),
        pytest.param(
            "max_age: 10m",
            -190_000.0,
            "failed",
            "run r1 ended 2 d 8 h 33 min 20 s ago, must be 10 min or less",
            id="much-too-old",
        ),
        pytest.param("max_age: 7d", 13_600.0, "passed", "0 s <= 7 d", id="just-ended"),
        pytest.param("max_age: 7d", 13_800.0, "passed", "0 s <= 7 d", id="clocks-differ-a-little"),
        pytest.param(
            "max_age: 7d",
            20_000.0,
            "unevaluable",
            "cannot judge candidate[max_age]: run r1 ended 1 h 46 min 40 s in the future: set the clocks right, or "
            "the end time that was logged",
            id="in-the-future",
        ),
        pytest.param(
            "max_age: 7d",
            None,
            "unevaluable",
            "cannot judge candidate[max_age]: MLflow does not say when run r1 ended; train again, or change line 1",
            id="no-end-time",
        ),
    ],
)
def test_max_age(requirement: str, ended: float | None, outcome: str, text: str) -> None:
    """Age is counted from the run's end to the moment when the session looked."""
    found = required(requirement, end_time=ended)
    assert (found.check, found.outcome, found.text) == ("candidate[max_age]", outcome, text)


def test_max_age_of_a_snapshot_that_was_never_taken() -> None:
    """A forgotten time is no young age."""
    head = "candidate: {run_id: r1, require: {max_age: 7d}}\n"
    found = findings(PLAIN, candidate({}, taken=0.0), head=head)["candidate[max_age]"]
    assert found.outcome == "unevaluable"


@pytest.mark.parametrize(
    ("requirement", "logged", "outcome", "text"),
    [
        pytest.param("{rev: v3}", {"rev": "v3", "x": "1"}, "passed", "rev v3", id="passes"),
        pytest.param(
            "{rev: v3, phase: eval}",
            {"rev": "v3", "phase": "eval"},
            "passed",
            "rev v3, phase eval",
            id="several-pass",
        ),
        pytest.param("{rev: v3}", {"rev": "V3"}, "failed", "{} rev is 'V3', must be 'v3'", id="fails"),
        pytest.param(
            "{rev: v3, phase: eval}",
            {"phase": "train"},
            "failed",
            "{0} rev is not there, must be 'v3'; {0} phase is 'train', must be 'eval'",
            id="all-that-is-wrong",
        ),
        pytest.param(
            "{data_rev: v3}",
            {"data-rev": "v3"},
            "failed",
            "{} data_rev is not there, must be 'v3', did you mean 'data-rev'?",
            id="closest-name",
        ),
        pytest.param("{rev: '3'}", {"rev": "3.0"}, "failed", "{} rev is '3.0', must be '3'", id="as-texts"),
        pytest.param("{rev: v3}", {"rev": ""}, "failed", "{} rev is '', must be 'v3'", id="empty"),
    ],
)
@pytest.mark.parametrize("key", ["tags", "params"])
def test_tags_and_params(key: str, requirement: str, logged: dict[str, str], outcome: str, text: str) -> None:
    """Each entry has to be there as it is written, and what is wrong is said at once."""
    found = required(f"{key}: {requirement}", **{key: logged})
    assert (found.check, found.outcome) == (f"candidate[{key}]", outcome)
    assert found.text == text.format(key.removesuffix("s"))


@pytest.mark.parametrize(
    ("requirement", "logged", "outcome", "text"),
    [
        pytest.param("{name: holdout}", [("holdout", "9f2c")], "passed", "holdout", id="any-digest"),
        pytest.param(
            "{name: holdout, digest: 9f2c}",
            [("holdout", "1111"), ("holdout", "9f2c")],
            "passed",
            "holdout (9f2c)",
            id="this-digest",
        ),
        pytest.param(
            "{name: holdout, digest: 9f2c}",
            [("holdout", "1111"), ("train", "9f2c")],
            "failed",
            "run r1 has the dataset inputs holdout (1111), train (9f2c), must have holdout (9f2c)",
            id="digest-of-another",
        ),
        pytest.param(
            "{name: holdout}",
            [],
            "failed",
            "run r1 has the dataset inputs none, must have holdout",
            id="none",
        ),
    ],
)
def test_dataset(requirement: str, logged: list[tuple[str, str]], outcome: str, text: str) -> None:
    """Name and digest have to be of one input."""
    found = required(f"dataset: {requirement}", datasets=tuple(logged))
    assert (found.check, found.outcome, found.text) == ("candidate[dataset]", outcome, text)


@pytest.mark.parametrize(
    ("requirement", "cards", "outcome", "text"),
    [
        pytest.param(
            "artifact: model", [ModelCard("model", SIGNED)], "passed", "model", id="artifact-passes"
        ),
        pytest.param(
            "artifact: model",
            [ModelCard("model", None)],
            "failed",
            "logged model 'model' has no MLmodel file: log it again",
            id="artifact-without-mlmodel",
        ),
        pytest.param(
            "artifact: model",
            [ModelCard("other", SIGNED)],
            "failed",
            "run r1 has no logged model named 'model': log one with log_model",
            id="artifact-of-another-name",
        ),
        pytest.param(
            "artifact: model",
            [ModelCard("model", SIGNED), ModelCard("model", SIGNED)],
            "failed",
            "run r1 has 2 logged models named 'model': choose one with candidate.model_id",
            id="artifact-twice",
        ),
        pytest.param("signature: true", [ModelCard("model", SIGNED)], "passed", "model has one", id="signed"),
        pytest.param(
            "signature: true",
            [ModelCard("model", UNSIGNED)],
            "failed",
            "logged model 'model' has no signature: log it with one or an input_example",
            id="unsigned",
        ),
        pytest.param(
            "signature: true",
            [ModelCard("model", "signature: null\n")],
            "failed",
            "logged model 'model' has no signature: log it with one or an input_example",
            id="signature-null",
        ),
        pytest.param(
            "signature: true",
            [ModelCard("model", "signature:\nutc_time_created: '2026'\n")],
            "failed",
            "logged model 'model' has no signature: log it with one or an input_example",
            id="signature-of-nothing",
        ),
        pytest.param(
            "signature: true",
            [ModelCard("model", "flavors:\n  signature:\n    inputs: x\n")],
            "failed",
            "logged model 'model' has no signature: log it with one or an input_example",
            id="signature-of-something-else",
        ),
        pytest.param(
            "signature: true",
            [ModelCard("model", "")],
            "failed",
            "logged model 'model' has no signature: log it with one or an input_example",
            id="mlmodel-empty",
        ),
        pytest.param(
            "signature: true",
            [ModelCard("model", None)],
            "failed",
            "logged model 'model' has no MLmodel file: log it again",
            id="signature-without-mlmodel",
        ),
        pytest.param(
            "signature: true",
            [],
            "failed",
            "run r1 has no logged model: log one with log_model",
            id="signature-without-model",
        ),
        pytest.param(
            "signature: true",
            [ModelCard("a", SIGNED), ModelCard("b", UNSIGNED)],
            "failed",
            "run r1 has 2 logged models: choose one with candidate.require.artifact",
            id="signature-of-which",
        ),
    ],
)
def test_artifact_and_signature(requirement: str, cards: list[ModelCard], outcome: str, text: str) -> None:
    """There is exactly one such model, and its MLmodel file says the rest."""
    head = f"candidate: {{run_id: r1, require: {{{requirement}}}}}\n"
    found = findings(PLAIN, candidate({}, cards=tuple(cards)), head=head)
    name = f"candidate[{requirement.partition(':')[0]}]"
    assert (found[name].outcome, found[name].text) == (outcome, text)


def test_a_signature_is_that_of_the_required_artifact() -> None:
    """Another model's signature does not help."""
    head = "candidate: {run_id: r1, require: {artifact: b, signature: true}}\n"
    cards = (ModelCard("a", SIGNED), ModelCard("b", UNSIGNED))
    found = findings(PLAIN, candidate({}, cards=cards), head=head)
    assert found["candidate[artifact]"].outcome == "passed"
    assert found["candidate[signature]"].text == (
        "logged model 'b' has no signature: log it with one or an input_example"
    )


@pytest.mark.parametrize(
    ("requirement", "limit"),
    [
        pytest.param("max_age: 24h", "<= 1 d", id="max_age"),
        pytest.param("tags: {a: x, b: y}", "a x, b y", id="tags"),
        pytest.param("params: {a: x}", "a x", id="params"),
        pytest.param("dataset: {name: holdout, digest: 9f2c}", "holdout (9f2c)", id="dataset"),
        pytest.param("artifact: model", "model", id="artifact"),
        pytest.param("signature: true", "true", id="signature"),
    ],
)
def test_what_a_requirement_demands_is_recorded(requirement: str, limit: str) -> None:
    """The decision shows it beside the outcome; a requirement always blocks."""
    found = required(requirement)
    assert (found.limit, found.severity, found.metric, found.margin) == (limit, "fail", None, None)


def test_without_a_candidate_requirements_are_skipped() -> None:
    """One failure for one cause."""
    head = "candidate: {run_id: r1, require: {max_age: 1h, tags: {a: b}}}\n"
    found = findings(PLAIN, "connection refused", head=head)
    assert {(one.outcome, one.text, one.blocks) for one in found.values()} == {
        ("skipped", "no candidate", True)
    }
