"""
The keys of a gate file and what each is for.

The loader and the JSON Schema are both made from these structs, so a key exists for both or for neither.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar, Generic, Literal, TypeVar, cast

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from pytest_mlflow_gate.gatefile.comparison import Comparison
from pytest_mlflow_gate.gatefile.scalars import Alias, Folded, Seconds, Stage, Text, Uri, Version
from pytest_mlflow_gate.gatefile.types import Approval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_mlflow_gate.gatefile.types import ConditionKey

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

WAYS = {
    "run_id": ("run_id", "experiment"),
    "experiment": ("experiment", "select", "by", "order", "filter"),
    "model": ("model", "version", "alias"),
    "model_id": ("model_id",),
}
"""The ways to choose a candidate: the key that decides, and the keys that it goes with."""


@dataclass(frozen=True, slots=True)
class At(Generic[T_co]):
    """
    What a key holds, and where.

    Attributes:
        value: None for a key that is there and whose value is not known, because it is wrong (which is
            reported by then) or because it waits for a variable.
        line: 1-based line of the key, or of the item of a list.
        column: 0-based.
    """

    value: T_co | None
    line: int
    column: int


def value_of(at: At[T] | UnsetType) -> T | None:
    """Return what a key holds, or None for a key that is absent or whose value is not known."""
    return at.value if isinstance(at, At) else None


class CandidateKeys(Struct, kw_only=True):
    """What is under test."""

    title: ClassVar[str] = "candidate"
    noun: ClassVar[str] = "key"

    run_id: Annotated[At[str] | UnsetType, Meta(description="This run.")] = UNSET
    experiment: Annotated[
        At[str] | UnsetType,
        Meta(
            description="A run of this experiment, chosen by select. "
            "With run_id: the experiment that the run has to belong to."
        ),
    ] = UNSET
    select: Annotated[
        At[Literal["latest", "best"]] | UnsetType,
        Meta(
            description="Which run of the experiment: latest (default), the newest whatever its status, "
            "or best, the finished run with the best value of the metric in by."
        ),
    ] = UNSET
    by: Annotated[
        At[str] | UnsetType, Meta(description="The metric that select: best compares; only with it.")
    ] = UNSET
    order: Annotated[
        At[Literal["max", "min"]] | UnsetType,
        Meta(description="Whether the largest (max, default) or smallest (min) value is the best."),
    ] = UNSET
    filter: Annotated[
        At[Folded] | UnsetType,
        Meta(description="MLflow search filter that the run has to match, e.g. tags.phase = 'eval'."),
    ] = UNSET
    model: Annotated[
        At[str] | UnsetType,
        Meta(description="A version of this registered model, given by version or alias."),
    ] = UNSET
    version: Annotated[At[Version] | UnsetType, Meta(description="The version's number.")] = UNSET
    alias: Annotated[
        At[Alias] | UnsetType, Meta(description="The alias that points to the version, without @.")
    ] = UNSET
    model_id: Annotated[At[str] | UnsetType, Meta(description="This MLflow 3 logged model, m-...")] = UNSET


class ThresholdKeys(Struct, kw_only=True):
    """The keys of a threshold beside its conditions, which `threshold_keys` adds."""

    title: ClassVar[str] = "threshold"
    noun: ClassVar[str] = "condition"

    tolerance: Annotated[
        At[Decimal] | UnsetType,
        Meta(description="How far from the number of equals still counts as equal; default 0."),
    ] = UNSET
    severity: Annotated[
        At[Literal["fail", "warn"]] | UnsetType,
        Meta(description="fail (default), or warn: shown, never blocks."),
    ] = UNSET
    reason: Annotated[At[Folded] | UnsetType, Meta(description="Your own words, shown with the failure.")] = (
        UNSET
    )


Threshold = Comparison | ThresholdKeys
MetricThreshold = Threshold | list[At[Threshold]]


class PromoteKeys(Struct, kw_only=True):
    """Where the candidate goes when everything passed."""

    title: ClassVar[str] = "promote"
    noun: ClassVar[str] = "key"

    model: Annotated[At[str], Meta(description="The registered model.")]
    alias: Annotated[
        At[Alias] | UnsetType, Meta(description="The alias to move to the candidate's version, without @.")
    ] = UNSET
    stage: Annotated[
        At[Stage] | UnsetType,
        Meta(description="The legacy stage to move to, where the server still has stages."),
    ] = UNSET
    copy_to: Annotated[
        At[str] | UnsetType,
        Meta(
            description="Another registered model to copy the version to; "
            "alias, stage and tags are set there."
        ),
    ] = UNSET
    previous_alias: Annotated[
        At[Alias] | UnsetType,
        Meta(description="The alias to move to the version that alias pointed to, without @."),
    ] = UNSET
    artifact: Annotated[
        At[str] | UnsetType,
        Meta(description="Which logged model of the run; needed only when it has several."),
    ] = UNSET
    tags: Annotated[
        At[dict[str, At[Text]]] | UnsetType, Meta(description="Tags to set on the model version.")
    ] = UNSET
    approval: Annotated[
        At[Approval] | UnsetType,
        Meta(
            description="Which of the model's promotions need a human: none (default), the first, "
            "always, or a number: the first N."
        ),
    ] = UNSET


class GateKeys(Struct, kw_only=True):
    """One gate: which MLflow run may be promoted, and where to."""

    title: ClassVar[str] = "MLflow promotion gate"
    noun: ClassVar[str] = "key"

    name: Annotated[
        At[str] | UnsetType,
        Meta(
            description="The gate's name in test ids; default: promote.model, else candidate.experiment or "
            "candidate.model, else the file's name without its ending."
        ),
    ] = UNSET
    description: Annotated[At[Text] | UnsetType, Meta(description="Why this gate exists.")] = UNSET
    tracking_uri: Annotated[At[Uri] | UnsetType, Meta(description="The MLflow tracking server or store.")] = (
        UNSET
    )
    registry_uri: Annotated[
        At[Uri] | UnsetType,
        Meta(description="The model registry; default: MLFLOW_REGISTRY_URI, else the tracking server."),
    ] = UNSET
    wait: Annotated[
        At[Seconds] | UnsetType,
        Meta(
            description="How long to wait for the run to finish and its metrics to arrive, "
            "e.g. 30s (default), 10m, 24h or 7d."
        ),
    ] = UNSET
    candidate: Annotated[
        At[CandidateKeys],
        Meta(description="What is under test: exactly one of run_id, experiment, model and model_id."),
    ]
    thresholds: Annotated[
        At[dict[str, At[MetricThreshold]]],
        Meta(
            description='Metric name to condition: short (">= 0.92"), long ({min: 0.92, severity: warn}) '
            "or a list of them."
        ),
    ]
    promote: Annotated[
        At[PromoteKeys] | UnsetType,
        Meta(description="Where the candidate goes when every test passed; without it the gate only judges."),
    ] = UNSET


def threshold_keys(keys: "Mapping[str, ConditionKey]") -> type[ThresholdKeys]:
    """Return the struct of a threshold that knows the conditions in *keys*."""
    conditions = [
        (key.name, Annotated[At[Decimal] | UnsetType, Meta(description=key.description)], UNSET)
        for key in keys.values()
    ]
    struct = defstruct("ThresholdWithConditions", conditions, bases=(ThresholdKeys,), kw_only=True)
    return cast("type[ThresholdKeys]", struct)
