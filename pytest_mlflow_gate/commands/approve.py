"""``approve``: a human says yes to a version that waits for it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_mlflow_gate.commands.opening import opened, promoting_gate, store_options
from pytest_mlflow_gate.commands.speaking import Failed, failing, harmless, name_of_a_person
from pytest_mlflow_gate.promotion.approval import approver
from pytest_mlflow_gate.promotion.record import APPROVED_BY, GATE, PREFIX, VERDICT
from pytest_mlflow_gate.promotion.tagging import TagChange, TagVersion
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.record import Verdict
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.values import ModelVersion

_WAITS: Verdict = "awaiting approval"


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--by", metavar="NAME", required=True, callback=name_of_a_person, help="Who approves.")
@click.option("--version", metavar="N", help="Which version, when several wait.")
@store_options
def approve(
    file: Path, by: str, version: str | None, tracking_uri: str | None, registry_uri: str | None
) -> None:
    """
    Approve the version that waits for it, as the gate FILE asks.

    Sets the version's tag mlflow_gate.approved_by, and moves nothing: the gate's next run promotes. The name
    is a statement, and no proof of who made it.
    """
    with failing():
        gate, promotion = promoting_gate(file, "approve")
        if promotion.approval == 0:
            raise Failed(f"{file}: promote.approval is none, so no promotion of this gate needs a human")
        with opened(tracking_uri, registry_uri, gate) as store:
            versions = store.model_versions(promotion.model)
            found = _choose(gate, promotion.model, versions, version)
            click.echo("\n".join(_described(found)))
            before = approver(found)
            if before is None:
                _write(found, by, store)
            elif before != by:
                raise Failed(harmless(f"it is approved by {before} already, which stays"))
    already = " already" if before else ""
    click.echo(f"approved by {by}{already}; now run: {_command(file)}")


def _choose(gate: Gate, model: str, versions: Sequence[ModelVersion], number: str | None) -> ModelVersion:
    waiting = [version for version in versions if _waits(version, gate)]
    if number is not None:
        for version in waiting:
            if version.version == number:
                return version
        raise Failed(harmless(f"version {number} of {model} {_why_not(gate, versions, number)}"))
    if not waiting:
        text = f"no version of {model} waits for an approval of gate {gate.name}, run the gate first: "
        raise Failed(harmless(text + _command(gate.path)))
    if len(waiting) > 1:
        head = harmless(f"{len(waiting)} versions of {model} wait, choose one with --version:")
        raise Failed("\n".join((head, *(f"  {_named(version)}" for version in waiting))))
    return waiting[0]


def _why_not(gate: Gate, versions: Sequence[ModelVersion], number: str) -> str:
    for version in versions:
        if version.version == number:
            verdict = version.tags.get(VERDICT, "none")
            if verdict == _WAITS:
                return f"waits for gate {version.tags.get(GATE)}, and not for gate {gate.name}"
            return f"does not wait for gate {gate.name}: its verdict is {verdict}"
    return f"does not wait for gate {gate.name}: it does not exist"


def _waits(version: ModelVersion, gate: Gate) -> bool:
    return version.tags.get(VERDICT) == _WAITS and version.tags.get(GATE) == gate.name


def _named(version: ModelVersion) -> str:
    by = approver(version)
    approved = f", approved by {by}" if by else ""
    return harmless(f"version {version.version} of {version.model}, run {version.run_id}{approved}")


def _described(version: ModelVersion) -> Iterator[str]:
    yield _named(version)
    for line in version.tags.get(f"{PREFIX}checks", "no numbers on record").split("; "):
        yield f"  {harmless(line)}"


def _write(version: ModelVersion, by: str, store: Store) -> None:
    before = version.tags.get(APPROVED_BY)
    step = TagVersion(version.model, version.version, (TagChange(APPROVED_BY, by, before),))
    try:
        step.write(store)
    except StoreError:
        # The answer may be lost and the tag set.
        if step.differs(store):
            raise
    if text := step.differs(store):
        raise Failed(harmless(f"{step} was written, and then {text}"))


def _command(file: Path) -> str:
    return f"pytest --mlflow-gate {shlex.quote(str(file))}"
