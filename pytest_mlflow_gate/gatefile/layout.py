"""
The keys of a gate file and what each is for.

The loader and the JSON Schema are both made from these structs, so a key exists for both or for neither.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from pytest_mlflow_gate.gatefile.candidate_layout import CandidateKeys
from pytest_mlflow_gate.gatefile.places import At
from pytest_mlflow_gate.gatefile.quantities import Seconds
from pytest_mlflow_gate.gatefile.scalars import Alias, Stage, Text, Uri, Version
from pytest_mlflow_gate.gatefile.threshold_layout import CheckKeys, MetricThreshold
from pytest_mlflow_gate.gatefile.types import Approval


class BaselineKeys(Struct, kw_only=True):
    """What the candidate is compared with."""

    title: ClassVar[str] = "baseline"
    noun: ClassVar[str] = "key"

    model: Annotated[
        At[str] | UnsetType,
        Meta(description="The registered model; default: where promote sets the alias."),
    ] = UNSET
    alias: Annotated[
        At[Alias] | UnsetType,
        Meta(description="The alias that points to the baseline, without @; default: promote.alias."),
    ] = UNSET
    version: Annotated[At[Version] | UnsetType, Meta(description="The baseline's version number.")] = UNSET
    stage: Annotated[
        At[Stage] | UnsetType, Meta(description="The legacy stage whose newest version is the baseline.")
    ] = UNSET
    missing: Annotated[
        At[Literal["fail", "bootstrap"]] | UnsetType,
        Meta(
            description="When there is no baseline: fail (default), or bootstrap: the first champion has "
            "nothing to beat."
        ),
    ] = UNSET


class RuleKeys(CheckKeys, kw_only=True):
    """A rule in its long form."""

    title: ClassVar[str] = "rule"
    noun: ClassVar[str] = "key"

    expr: Annotated[
        At[Text], Meta(description="CEL over metrics, baseline, params and tags; has to be true.")
    ]


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
    report: Annotated[
        At[Literal["none", "artifact"]] | UnsetType,
        Meta(
            description="Where the report is kept: nowhere (none, default), or on the run (artifact), with a "
            "table in the version's description."
        ),
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
    baseline: Annotated[
        At[BaselineKeys] | UnsetType,
        Meta(
            description="What changes, rules and arms compare the candidate with; default: the version that "
            "promote.alias points to."
        ),
    ] = UNSET
    thresholds: Annotated[
        At[dict[str, At[MetricThreshold]] | None] | UnsetType,
        Meta(
            description='Metric name to condition: short (">= 0.92"), long ({min: 0.92, severity: warn}) '
            "or a list of them."
        ),
    ] = UNSET
    rules: Annotated[
        At[dict[str, At[Text | RuleKeys]] | None] | UnsetType,
        Meta(
            description="Name to a CEL expression over metrics, baseline, params and tags; it has to be true."
        ),
    ] = UNSET
    promote: Annotated[
        At[PromoteKeys] | UnsetType,
        Meta(description="Where the candidate goes when every test passed; without it the gate only judges."),
    ] = UNSET
