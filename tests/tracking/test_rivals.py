"""The versions that a candidate is compared with: found, not there, or not there yet."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mlflow_gate.gatefile.types import Baseline, Promotion
from pytest_mlflow_gate.tracking.rivals import find_arm, find_baseline
from pytest_mlflow_gate.tracking.snapshot import Missing, Rival
from pytest_mlflow_gate.tracking.store import Denied, StoreError
from tests.fakes import RUN, Asked, FakeStore

GOAL = Promotion("churn", "champion", None, None, (), None, None, 0, 6)
ALIAS = Baseline("churn", "champion", None, None, bootstrap=False, line=2)
BOOTSTRAP = ALIAS._replace(bootstrap=True)
REMEDY = ": add baseline.missing: bootstrap if the first has nothing to beat"


def registry(*aliases: str) -> FakeStore:
    """Return a store with version 1 of churn, of run r1, and aliases that point to it."""
    store = FakeStore()
    store.add_version("churn", "1")
    store.aliases["churn"] = dict.fromkeys(aliases, "1")
    return store


def found(baseline: Baseline, store: FakeStore | Asked, goal: Promotion | None = GOAL) -> Rival | Missing:
    """Look for the baseline."""
    return find_baseline(baseline, goal, store, store.registered_model)


@pytest.mark.parametrize(
    "baseline",
    [
        pytest.param(ALIAS, id="alias"),
        pytest.param(ALIAS._replace(alias=None, version="1"), id="version"),
        pytest.param(ALIAS._replace(alias=None, stage="Production"), id="stage"),
    ],
)
def test_baseline_with_its_run(baseline: Baseline) -> None:
    """However it is named, it is the version and the run behind it."""
    store = registry("champion")
    version = store.add_version("churn", "1", stage="Production")
    store.aliases["churn"] = {"champion": "1"}
    assert found(baseline, store) == Rival(version, RUN)


def test_baseline_by_stage_is_the_newest_there() -> None:
    """MLflow allows several versions in one stage, and its own clients take the newest."""
    store = registry()
    for number, stage in (("1", "Production"), ("2", "Production"), ("3", "Staging"), ("10", "None")):
        store.add_version("churn", number, stage=stage)
    rival = found(ALIAS._replace(alias=None, stage="Production"), store)
    assert isinstance(rival, Rival)
    assert rival.version.version == "2"


def test_baseline_of_a_logged_model_whose_version_names_no_run() -> None:
    """The logged model knows its run."""
    store = registry("champion")
    store.add_version("churn", "1", run_id=None)
    store.aliases["churn"] = {"champion": "1"}
    rival = found(ALIAS, store)
    assert isinstance(rival, Rival)
    assert rival.run == RUN


NO_MODEL = "there is no registered model 'churn'"
NO_ALIAS = "registered model 'churn' has no alias 'champion'"
NO_STAGE = "registered model 'churn' has no version in stage Production"
STAGE = ALIAS._replace(alias=None, stage="Production")


@pytest.mark.parametrize(
    ("baseline", "store", "why", "first"),
    [
        pytest.param(ALIAS, FakeStore(), NO_MODEL + REMEDY, False, id="no-model"),
        pytest.param(BOOTSTRAP, FakeStore(), NO_MODEL, True, id="no-model-bootstrap"),
        pytest.param(ALIAS, registry(), NO_ALIAS + REMEDY, False, id="no-alias"),
        pytest.param(BOOTSTRAP, registry(), NO_ALIAS, True, id="no-alias-bootstrap"),
        pytest.param(
            BOOTSTRAP,
            registry("Champion", "champion2"),
            NO_ALIAS,
            True,
            id="no-alias-bootstrap-where-the-gate-itself-will-set-it",
        ),
        pytest.param(STAGE, registry(), NO_STAGE + REMEDY, False, id="no-stage"),
        pytest.param(STAGE._replace(bootstrap=True), registry(), NO_STAGE, True, id="no-stage-bootstrap"),
        pytest.param(
            ALIAS._replace(alias=None, version="7"),
            registry(),
            "registered model 'churn' has no version 7: check baseline",
            False,
            id="no-version",
        ),
        pytest.param(
            ALIAS._replace(alias=None, version="7"),
            FakeStore(),
            "registered model 'churn' has no version 7: check baseline",
            False,
            id="no-version-no-model",
        ),
        pytest.param(
            BOOTSTRAP._replace(alias="challenger"), registry(), None, True, id="another-alias-bootstrap"
        ),
        pytest.param(
            BOOTSTRAP._replace(alias="champoin"),
            registry("champion"),
            "registered model 'churn' has no alias 'champoin', did you mean 'champion'?",
            False,
            id="misspelt-alias-is-no-first",
        ),
        pytest.param(
            BOOTSTRAP._replace(model="chrun"),
            registry("champion"),
            "there is no registered model 'chrun', did you mean 'churn'?",
            False,
            id="misspelt-model-is-no-first",
        ),
        pytest.param(
            BOOTSTRAP._replace(model="prod.churn"),
            registry("champion"),
            "there is no registered model 'prod.churn'",
            True,
            id="a-model-of-another-environment-may-be-the-first",
        ),
    ],
)
def test_no_baseline(baseline: Baseline, store: FakeStore, why: str | None, first: bool) -> None:
    """The gate file may excuse that there is none yet, and never that it names what does not exist."""
    missing = found(baseline, store)
    assert isinstance(missing, Missing)
    assert missing.first is first
    if why is not None:
        assert missing.why == why


@pytest.mark.parametrize(
    "goal", [None, GOAL._replace(alias=None, stage="Production"), GOAL._replace(model="x")]
)
def test_a_misspelt_alias_is_no_first_whatever_the_gate_promotes_to(goal: Promotion | None) -> None:
    """Where the gate does not fill the place itself, something close is what was meant."""
    missing = found(BOOTSTRAP._replace(alias="champoin"), registry("champion"), goal)
    assert isinstance(missing, Missing)
    assert not missing.first


@pytest.mark.parametrize("baseline", [ALIAS, BOOTSTRAP])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param(
            {"run_id": None, "source": "s3://elsewhere/model"},
            "version 1 of registered model 'churn' came from no run, so it has no metrics: compare with another version",
            id="no-run",
        ),
        pytest.param(
            {"run_id": None, "source": "models:/m-9/4"},
            "version 1 of registered model 'churn' came from no run, so it has no metrics: compare with another version",
            id="copy-of-a-model-that-is-called-as-if-it-were-a-logged-one",
        ),
        pytest.param(
            {"run_id": None, "source": "models:/m-9"},
            "version 1 of registered model 'churn' was made of logged model m-9, which is gone: compare with another version",
            id="model-gone",
        ),
        pytest.param(
            {"run_id": "r9"},
            "version 1 of registered model 'churn' came from run r9, which is gone: compare with another version",
            id="run-gone",
        ),
        pytest.param(
            {"run_id": "r2"},
            "version 1 of registered model 'churn' came from run r2, which is RUNNING: wait until it has ended",
            id="run-not-ended",
        ),
    ],
)
def test_a_baseline_without_numbers_is_no_first_champion(
    baseline: Baseline, changes: dict[str, Any], why: str
) -> None:
    """A champion is there, and bootstrap does not excuse that it cannot be compared with."""
    store = registry()
    store.runs["r2"] = RUN._replace(run_id="r2", status="RUNNING")
    store.add_version("churn", "1", **changes)
    store.aliases["churn"] = {"champion": "1"}
    assert found(baseline, store) == Missing(why)


@pytest.mark.parametrize("baseline", [ALIAS, BOOTSTRAP])
def test_an_alias_of_a_deleted_version_is_no_first_champion(baseline: Baseline) -> None:
    """MLflow 2 leaves such aliases behind."""
    store = registry()
    store.aliases["churn"] = {"champion": "4"}
    assert found(baseline, store) == Missing(
        "alias 'champion' of registered model 'churn' points to version 4, which is gone: set the alias again"
    )


@pytest.mark.parametrize(
    ("baseline", "aliases", "request_of"),
    [
        pytest.param(BOOTSTRAP, ("champion",), "aliased_version", id="alias"),
        pytest.param(BOOTSTRAP, (), "registered_model", id="no-alias"),
        pytest.param(BOOTSTRAP, ("champion",), "run", id="run"),
        pytest.param(STAGE._replace(bootstrap=True), (), "registered_model", id="stage-model"),
        pytest.param(STAGE._replace(bootstrap=True), (), "model_versions", id="stage-versions"),
        pytest.param(ALIAS._replace(alias=None, version="1"), (), "model_version", id="version"),
    ],
)
@pytest.mark.parametrize("error", [Denied("http://x: 403 Forbidden"), StoreError("http://x: refused")])
def test_what_mlflow_does_not_say_is_no_first_champion(
    baseline: Baseline, aliases: tuple[str, ...], request_of: str, error: StoreError
) -> None:
    """To users without permission MLflow answers about a champion as if there were none."""
    asked = Asked(registry(*aliases))
    asked.refusing = {request_of: error}
    assert found(baseline, asked) == Missing(f"it could not be read, run the gate again when it can: {error}")


@pytest.mark.parametrize(
    ("alias", "store", "expected"),
    [
        pytest.param(
            "b",
            FakeStore(),
            "there is no registered model 'churn': set the alias, or remove the arm",
            id="no-model",
        ),
        pytest.param(
            "b",
            registry(),
            "registered model 'churn' has no alias 'b': set the alias, or remove the arm",
            id="no-alias",
        ),
        pytest.param(
            "chalenger",
            registry("challenger"),
            "registered model 'churn' has no alias 'chalenger', did you mean 'challenger'?",
            id="misspelt",
        ),
    ],
)
def test_an_arm_that_is_not_there(alias: str, store: FakeStore, expected: str) -> None:
    """An arm that the gate file names takes part; there is no excuse for it."""
    assert find_arm("churn", alias, store, store.registered_model) == Missing(expected)


def test_an_arm() -> None:
    """It is the version that the alias points to, and its run."""
    store = registry("b")
    rival = find_arm("churn", "b", store, store.registered_model)
    assert rival == Rival(store.versions["churn"]["1"], RUN)


def test_an_arm_without_numbers_or_an_answer() -> None:
    """As for the baseline."""
    store = registry("b")
    store.add_version("churn", "1", run_id="r9")
    store.aliases["churn"] = {"b": "1"}
    assert find_arm("churn", "b", store, store.registered_model) == Missing(
        "version 1 of registered model 'churn' came from run r9, which is gone: compare with another version"
    )
    asked = Asked(store)
    asked.refusing = {"run": StoreError("http://x: refused")}
    assert find_arm("churn", "b", asked, store.registered_model) == Missing(
        "it could not be read, run the gate again when it can: http://x: refused"
    )
