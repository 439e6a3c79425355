"""The keys of a threshold and what each is for; `layout` says how they are used."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from pytest_mlflow_gate.gatefile.comparison import Comparison
from pytest_mlflow_gate.gatefile.places import At
from pytest_mlflow_gate.gatefile.quantities import Amount, Samples, Share
from pytest_mlflow_gate.gatefile.scalars import Alias, Everyone, Folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.gatefile.language import ConditionKey


class CheckKeys(Struct, kw_only=True):
    """What thresholds and rules have in common."""

    severity: Annotated[
        At[Literal["fail", "warn"]] | UnsetType,
        Meta(description="fail (default), or warn: shown, never blocks."),
    ] = UNSET
    reason: Annotated[At[Folded] | UnsetType, Meta(description="Your own words, shown with the failure.")] = (
        UNSET
    )


class ThresholdKeys(CheckKeys, kw_only=True):
    """The keys of a threshold beside its conditions, which `threshold_keys` adds."""

    title: ClassVar[str] = "threshold"
    noun: ClassVar[str] = "condition"

    tolerance: Annotated[
        At[Decimal] | UnsetType,
        Meta(description="How far from the number of equals still counts as equal; default 0."),
    ] = UNSET
    over: Annotated[
        At[Literal["last", "min", "max", "mean", "first"]] | UnsetType,
        Meta(
            description="Which of the values that the run logged: last (default: the highest step), first, "
            "min, max or mean."
        ),
    ] = UNSET
    dataset: Annotated[
        At[str] | UnsetType,
        Meta(description="MLflow 3: take the value that was logged for the dataset of this name."),
    ] = UNSET
    confidence: Annotated[
        At[Share] | UnsetType,
        Meta(
            description="The bound of the interval at this confidence has to clear the limit, e.g. 95%: "
            "Wilson with samples, else Student's t over candidate.replicates."
        ),
    ] = UNSET
    samples: Annotated[
        At[Samples] | UnsetType,
        Meta(description="Samples behind a proportion: a number, or the metric that holds it."),
    ] = UNSET
    cohorts: Annotated[
        At[Everyone | list[At[str]]] | UnsetType,
        Meta(description="What {cohort} in the metric's name stands for: a list, or '*' for all."),
    ] = UNSET
    trials: Annotated[
        At[str] | UnsetType,
        Meta(description="Online arms: the metric that counts the trials; this one counts successes."),
    ] = UNSET
    arms: Annotated[
        At[list[At[Alias]]] | UnsetType,
        Meta(description="Further arms beside candidate and baseline: aliases of the baseline's model."),
    ] = UNSET


Threshold = Comparison | ThresholdKeys
MetricThreshold = Threshold | list[At[Threshold]]

_LIMITS: dict[str, object] = {
    "metric": At[Decimal] | UnsetType,
    "change": At[Amount] | UnsetType,
    "share": At[Share] | UnsetType,
}


def threshold_keys(keys: "Mapping[str, ConditionKey]") -> type[ThresholdKeys]:
    """Return the struct of a threshold that knows the conditions in *keys*."""
    conditions = [
        (
            key.name,
            Annotated[_LIMITS[key.unit], Meta(description=key.description)],
            UNSET,
        )
        for key in keys.values()
    ]
    struct = defstruct("ThresholdWithConditions", conditions, bases=(ThresholdKeys,), kw_only=True)
    return cast("type[ThresholdKeys]", struct)
