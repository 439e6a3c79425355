"""What is read for a gate, and which metrics a key with ``{cohort}`` stands for."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.gatefile.needs import Needs, matching, metrics_of, needs_of
from tests.gatefile.loading import load_text

HEAD = "promote: {model: m, alias: champion}\ncandidate: {run_id: abc}\n"
NOTHING: frozenset[str] = frozenset()
LITTLE = Needs(
    metrics=frozenset({"f1"}),
    histories=NOTHING,
    compared=NOTHING,
    datasets=NOTHING,
    compared_datasets=NOTHING,
    baseline=False,
    arms=(),
    replicates=False,
    cards=frozenset(),
)
REPLICATED = LITTLE._replace(metrics=NOTHING, replicates=True)


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        pytest.param("thresholds: {f1: '>= 1'}", LITTLE, id="one-metric"),
        pytest.param("thresholds: {f1: {max_drop: 1}}", LITTLE._replace(baseline=True), id="change"),
        pytest.param(
            "thresholds: {f1: {min: 1, over: max}}",
            LITTLE._replace(histories=frozenset({"f1"})),
            id="history",
        ),
        pytest.param(
            "thresholds: {f1: [{min: 1, over: last}, {max_drop: 1, over: mean}]}",
            LITTLE._replace(histories=frozenset({"f1"}), compared=frozenset({"f1"}), baseline=True),
            id="history-of-both",
        ),
        pytest.param(
            "thresholds: {f1: {min: 1, dataset: d}}",
            LITTLE._replace(metrics=NOTHING, datasets=frozenset({"f1"})),
            id="dataset",
        ),
        pytest.param(
            "thresholds: {f1: {max_rise: 1%, dataset: d}}",
            LITTLE._replace(
                metrics=NOTHING,
                datasets=frozenset({"f1"}),
                compared_datasets=frozenset({"f1"}),
                baseline=True,
            ),
            id="dataset-of-both",
        ),
        pytest.param(
            "thresholds: {f1: {min: 1, confidence: 95%, samples: n}}",
            LITTLE._replace(metrics=frozenset({"f1", "n"})),
            id="samples-in-a-metric",
        ),
        pytest.param(
            "thresholds: {f1: {min: 1, confidence: 95%, samples: 9}}", LITTLE, id="samples-as-number"
        ),
        pytest.param(
            "thresholds: {'f/{cohort}': {cohorts: [a, b], min: 1, max_spread: 1, over: first}}",
            LITTLE._replace(metrics=frozenset({"f/a", "f/b"}), histories=frozenset({"f/a", "f/b"})),
            id="listed-cohorts",
        ),
        pytest.param(
            "thresholds: {'f/{cohort}': {cohorts: '*', max_drop: 1, over: first}}",
            LITTLE._replace(
                metrics=NOTHING,
                histories=frozenset({"f/{cohort}"}),
                compared=frozenset({"f/{cohort}"}),
                baseline=True,
            ),
            id="every-cohort",
        ),
        pytest.param(
            "thresholds: {c: {trials: n, min_probability_best: 95%, max_value_remaining: 1%, arms: [b, a]}}",
            LITTLE._replace(metrics=frozenset({"c", "n"}), baseline=True, arms=("b", "a")),
            id="arms",
        ),
        pytest.param(
            "thresholds:\n  c: {trials: n, min_probability_best: 95%, arms: [b]}\n"
            "  d: {trials: n, min_probability_best: 95%, arms: [a, b]}\n",
            LITTLE._replace(metrics=frozenset({"c", "d", "n"}), baseline=True, arms=("b", "a")),
            id="arms-of-two-metrics-once-each",
        ),
        pytest.param(
            "rules: {r: metrics.f1 > metrics.g}", LITTLE._replace(metrics=frozenset({"f1", "g"})), id="rule"
        ),
        pytest.param(
            "rules: {r: metrics.f1 > baseline.f1}", LITTLE._replace(baseline=True), id="rule-that-compares"
        ),
    ],
)
def test_what_checks_say_is_what_is_read(text: str, needs: Needs) -> None:
    """Nothing is missing for a check, and nothing is asked for that no check reads."""
    assert needs_of(load_text(f"{HEAD}{text}\n")) == needs


@pytest.mark.parametrize(
    ("keys", "needs"),
    [
        pytest.param("replicates: parent", REPLICATED, id="replicates"),
        pytest.param(
            "replicates: parent, require: {signature: true}",
            REPLICATED._replace(cards=frozenset({None})),
            id="signature-of-the-only-model",
        ),
        pytest.param(
            "replicates: parent, require: {signature: true, artifact: clf}",
            REPLICATED._replace(cards=frozenset({"clf"})),
            id="named-model",
        ),
        pytest.param(
            "replicates: parent, require: {tags: {a: b}, max_age: 1h, dataset: {name: d}, params: {a: b}}",
            REPLICATED,
            id="what-the-run-itself-says",
        ),
    ],
)
def test_what_the_candidate_says_is_read(keys: str, needs: Needs) -> None:
    """Replicates, and not the candidate's own value, for a confidence without samples; files of models."""
    text = f"candidate: {{run_id: a, {keys}}}\nthresholds: {{f1: {{min: 1, confidence: 95%}}}}\n"
    assert needs_of(load_text(text)) == needs


@pytest.mark.parametrize(
    ("key", "found"),
    [
        pytest.param("r/{cohort}", {"eu": "r/eu", "eu/old": "r/eu/old", "us": "r/us"}, id="behind"),
        pytest.param("{cohort}/r", {"eu": "eu/r", "us": "us/r"}, id="in-front"),
        pytest.param("{cohort}/r/{cohort}", {"eu": "eu/r/eu"}, id="the-same-twice"),
        pytest.param("p.{cohort}.q", {"x": "p.x.q"}, id="a-dot-is-a-dot"),
        pytest.param("{cohort}", {name: name for name in ("all", "r/")}, id="nothing-else"),
        pytest.param("none/{cohort}", {}, id="none"),
    ],
)
def test_a_key_matches_whole_names(key: str, found: dict[str, str]) -> None:
    """A cohort is never empty, the same at each place, and may hold a slash."""
    names = {
        "r/{cohort}": ["r/us", "r/eu", "r/eu/old", "r/", "xr/eu"],
        "{cohort}": ["r/", "all"],
    }.get(key, ["eu/r", "us/r", "eu/r/eu", "us/r/eu", "p.x.q", "pxxxq", "/r"])
    assert matching(key, names) == found
    assert list(matching(key, names)) == sorted(found)


@pytest.mark.parametrize(
    ("cohorts", "metrics"),
    [
        pytest.param("[a, b]", ["f/a", "f/b"], id="list"),
        pytest.param("'*'", ["f/{cohort}"], id="every"),
    ],
)
def test_a_spread_is_about_each_of_its_metrics(cohorts: str, metrics: list[str]) -> None:
    """For ``*`` the key itself stands for those that were logged."""
    text = f"{HEAD}thresholds: {{'f/{{cohort}}': {{cohorts: {cohorts}, max_spread: 1}}}}\n"
    (check,) = load_text(text).conditions
    assert list(metrics_of(check)) == metrics
