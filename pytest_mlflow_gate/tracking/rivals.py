"""The versions that a candidate is compared with: the baseline, and further arms."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from pytest_mlflow_gate.gatefile.problems import did_you_mean
from pytest_mlflow_gate.tracking.meant import logged_model_id
from pytest_mlflow_gate.tracking.snapshot import Missing, Rival
from pytest_mlflow_gate.tracking.store import NotFound, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mlflow_gate.gatefile.types import Baseline, Promotion
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion, RegisteredModel

    Registered = Callable[[str], RegisteredModel | None]

_UNFINISHED = ("RUNNING", "SCHEDULED")
_ALIKE = 0.8
_ANOTHER = "compare with another version"


def find_baseline(
    baseline: Baseline, goal: Promotion | None, store: Store, registered: Registered
) -> Rival | Missing:
    """
    Return the version that the gate compares with, and the run behind it.

    Args:
        baseline: As the gate file says it.
        goal: Where the gate promotes to, or None.
        store: Where to look.
        registered: Returns a registered model, None when there is none; raises `StoreError`.

    Returns:
        `Missing` where there is none, or none that has numbers.
    """
    try:
        return _rival(_version(baseline, store, registered), store)
    except _Nowhere as nowhere:
        return _first(baseline, goal, nowhere)
    except _NoNumbers as error:
        return Missing(str(error))
    except StoreError as error:
        return unread(error)


def find_arm(model: str, alias: str, store: Store, registered: Registered) -> Rival | Missing:
    """Return the version that *alias* of *model* points to, and the run behind it; as `find_baseline`."""
    try:
        return _rival(_aliased(model, alias, store, registered), store)
    except _Nowhere as nowhere:
        return Missing(f"{nowhere}{nowhere.meant or ': set the alias, or remove the arm'}")
    except _NoNumbers as error:
        return Missing(str(error))
    except StoreError as error:
        return unread(error)


def unread(error: StoreError) -> Missing:
    """Return what stands in a version's place where MLflow could not say."""
    return Missing(f"it could not be read, run the gate again when it can: {error}")


class _NoNumbers(Exception):
    """There should be such a version, and it has nothing to compare with."""


class _Nowhere(Exception):
    """
    The registry says that there is no such version.

    Attributes:
        meant: What may have been meant, to follow a sentence, or an empty text.
    """

    def __init__(self, why: str, meant: str = "") -> None:
        self.meant = meant
        super().__init__(why)


def _first(baseline: Baseline, goal: Promotion | None, nowhere: _Nowhere) -> Missing:
    """Return what nothing in the baseline's place means: the first one, where the gate file allows that."""
    if baseline.version is not None:
        return Missing(f"{nowhere}: check baseline")
    if not baseline.bootstrap:
        return Missing(f"{nowhere}: add baseline.missing: bootstrap if the first has nothing to beat")
    if goal is not None and baseline.model == goal.target_model and baseline.alias == goal.alias:
        return Missing(str(nowhere), first=True)
    # What is misspelt would be missing for ever, and no candidate would ever be compared.
    meant = nowhere.meant or _meant_model(baseline.model, goal)
    return Missing(f"{nowhere}{meant}", first=not meant)


def _meant_model(model: str, goal: Promotion | None) -> str:
    for other in (goal.model, goal.target_model) if goal else ():
        alike = SequenceMatcher(None, model, other).ratio() >= _ALIKE
        # Names such as dev.churn and prod.churn are two places on purpose.
        if model != other and alike and model.rpartition(".")[0] == other.rpartition(".")[0]:
            return f", did you mean {other!r}?"
    return ""


def _version(baseline: Baseline, store: Store, registered: Registered) -> ModelVersion:
    model = baseline.model
    if baseline.alias is not None:
        return _aliased(model, baseline.alias, store, registered)
    if baseline.version is not None:
        version = store.model_version(model, baseline.version)
        if version is None:
            raise _Nowhere(f"registered model {model!r} has no version {baseline.version}")
        return version
    if registered(model) is None:
        raise _Nowhere(f"there is no registered model {model!r}")
    # The newest, as `latest_versions` of a stage has it: MLflow allows several.
    for version in store.model_versions(model):
        if version.stage == baseline.stage:
            return version
    raise _Nowhere(f"registered model {model!r} has no version in stage {baseline.stage}")


def _aliased(model: str, alias: str, store: Store, registered: Registered) -> ModelVersion:
    # MLflow answers with the newest version for `latest`, its own word, to which nobody has pointed.
    aliased = store.aliased_version(model, alias) if alias.lower() != "latest" else None
    if aliased is not None:
        return aliased
    found = registered(model)
    if found is None:
        raise _Nowhere(f"there is no registered model {model!r}")
    number = found.aliases.get(alias)
    if number is None:
        meant = did_you_mean(alias, found.aliases)
        raise _Nowhere(f"registered model {model!r} has no alias {alias!r}", meant)
    version = store.model_version(model, number)
    if version is None:
        why = f"alias {alias!r} of registered model {model!r} points to version {number}, which is gone"
        raise _NoNumbers(f"{why}: set the alias again")
    return version


def _rival(version: ModelVersion, store: Store) -> Rival:
    what = f"version {version.version} of registered model {version.model!r}"
    run_id = version.run_id
    if run_id is None and (model_id := logged_model_id(version)):
        try:
            run_id = store.logged_model(model_id).run_id
        except NotFound:
            gone = f"{what} was made of logged model {model_id}, which is gone"
            raise _NoNumbers(f"{gone}: {_ANOTHER}") from None
    if run_id is None:
        raise _NoNumbers(f"{what} came from no run, so it has no metrics: {_ANOTHER}")
    try:
        run = store.run(run_id)
    except NotFound:
        raise _NoNumbers(f"{what} came from run {run_id}, which is gone: {_ANOTHER}") from None
    if run.status in _UNFINISHED:
        raise _NoNumbers(f"{what} came from run {run_id}, which is {run.status}: wait until it has ended")
    return Rival(version, run)
