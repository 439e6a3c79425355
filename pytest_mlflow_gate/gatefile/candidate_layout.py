"""The keys of ``candidate`` and what each is for; `layout` says how they are used."""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from pytest_mlflow_gate.gatefile.places import At
from pytest_mlflow_gate.gatefile.quantities import Seconds
from pytest_mlflow_gate.gatefile.scalars import Alias, Folded, Parent, Text, Version, Yes

WAYS = {
    "run_id": ("run_id", "experiment"),
    "experiment": ("experiment", "select", "by", "order", "filter"),
    "model": ("model", "version", "alias"),
    "model_id": ("model_id",),
}
"""The ways to choose a candidate: the key that decides, and the keys that it goes with."""


class DatasetKeys(Struct, kw_only=True):
    """A dataset."""

    title: ClassVar[str] = "dataset"
    noun: ClassVar[str] = "key"

    name: Annotated[At[str], Meta(description="The dataset's name, as it was logged.")]
    digest: Annotated[At[str] | UnsetType, Meta(description="MLflow's digest of it; default: any.")] = UNSET


class RequireKeys(Struct, kw_only=True):
    """What the candidate has to be; each key is a check of its own."""

    title: ClassVar[str] = "require"
    noun: ClassVar[str] = "requirement"

    max_age: Annotated[
        At[Seconds] | UnsetType, Meta(description="How long ago the run may have ended, e.g. 24h.")
    ] = UNSET
    tags: Annotated[
        At[dict[str, At[Text]]] | UnsetType, Meta(description="Tags that the run has to have.")
    ] = UNSET
    params: Annotated[
        At[dict[str, At[Text]]] | UnsetType, Meta(description="Params that the run has to have.")
    ] = UNSET
    dataset: Annotated[
        At[DatasetKeys] | UnsetType,
        Meta(description="A dataset that the run has to have logged as an input."),
    ] = UNSET
    artifact: Annotated[
        At[str] | UnsetType,
        Meta(description="A logged model of this name that the run has to have, with an MLmodel file."),
    ] = UNSET
    signature: Annotated[
        At[Yes] | UnsetType, Meta(description="true: the logged model has to have a signature.")
    ] = UNSET


class ReplicatesKeys(Struct, kw_only=True):
    """Further runs that measured the same as the candidate."""

    title: ClassVar[str] = "replicates"
    noun: ClassVar[str] = "key"

    filter: Annotated[
        At[Folded],
        Meta(description="MLflow search filter that they match, in the candidate's experiment."),
    ]


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
    replicates: Annotated[
        At[Parent | ReplicatesKeys] | UnsetType,
        Meta(
            description="Runs that confidence without samples computes its interval from: parent, the "
            "candidate's child runs, or {filter: ...}."
        ),
    ] = UNSET
    require: Annotated[
        At[RequireKeys] | UnsetType,
        Meta(description="What the candidate has to be; each key is a check of its own."),
    ] = UNSET
