"""``explain``: what a gate comes to on this machine at this moment."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_mlflow_gate.commands.opening import chosen_places, opened_at, store_options
from pytest_mlflow_gate.commands.speaking import failing, harmless
from pytest_mlflow_gate.extensions import installed_language
from pytest_mlflow_gate.gatefile.loader import load
from pytest_mlflow_gate.gatefile.needs import needs_of
from pytest_mlflow_gate.promotion.candidacy import Candidacy
from pytest_mlflow_gate.promotion.source import Refused
from pytest_mlflow_gate.tracking.candidate_run import NoCandidate, Patience
from pytest_mlflow_gate.tracking.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.reporting.explanation import Resolved
    from pytest_mlflow_gate.tracking.store import Store

_WIDTH = 80
_RUN = "--run"
_UNFINISHED = ("RUNNING", "SCHEDULED")


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(_RUN, "run_id", metavar="RUN_ID", help="The candidate, as with --mlflow-gate-run.")
@store_options
@click.pass_context
def explain(
    context: click.Context,
    file: Path,
    run_id: str | None,
    tracking_uri: str | None,
    registry_uri: str | None,
) -> None:
    """
    Show what the gate FILE comes to, without judging or writing anything.

    Which server, which run and why this one, what it is compared with, what would be promoted, and the checks
    with their lines. pytest's ini keys are not read.

    Exits with 1 when something is missing; then the last lines say what to do.
    """
    # Reads more than checking a file needs.
    from pytest_mlflow_gate.reporting.explanation import Resolved, explanation  # noqa: PLC0415

    with failing():
        gate = _with_run(load(file, language=installed_language(), environ=os.environ), run_id)
        places = chosen_places(tracking_uri, registry_uri, gate)
    resolved = Resolved(gate, places.tracking, places.registry, None if run_id is None else _RUN)
    errors = []
    try:
        with opened_at(places) as store:
            # What was found before something is missing is told all the same.
            for known in _resolving(resolved, store):
                resolved = known
    except StoreError as error:
        errors.append(f"{error}: check the server, and its URI in {places.tracking.origin}")
    except (NoCandidate, Refused) as error:
        errors.append(str(error))
    click.echo("\n".join(harmless(line) for line in explanation(resolved, time.time(), _WIDTH)))
    missing = [*_unjudged(resolved), *errors]
    for text in missing:
        click.echo(harmless(text), err=True)
    context.exit(1 if missing else 0)


def _with_run(gate: Gate, run_id: str | None) -> Gate:
    if run_id is None:
        return gate
    if not run_id.strip():
        raise click.UsageError(f"{_RUN}: the value is empty, give a run id")
    found = gate.for_run(run_id)
    if found is None:
        raise click.UsageError(f"{_RUN}: this gate does not choose a run, leave it out")
    return found


def _resolving(resolved: Resolved, store: Store) -> Iterator[Resolved]:
    """Yield what is known after each step; raises what keeps the next one from being done."""
    from pytest_mlflow_gate.checks.judge import judge_gate  # noqa: PLC0415 - as above
    from pytest_mlflow_gate.promotion.prepare import survey  # noqa: PLC0415 - as above
    from pytest_mlflow_gate.tracking.context import complete  # noqa: PLC0415 - as above
    from pytest_mlflow_gate.tracking.resolve import choose  # noqa: PLC0415 - as above

    gate = resolved.gate
    found = choose(gate.candidate, store)
    yield (resolved := resolved._replace(found=found))
    if found.run.active and found.run.status in _UNFINISHED:
        raise NoCandidate(
            f"run {found.run.run_id} is {found.run.status}, and a session waits for it for {gate.wait:g} s: "
            "run the gate when the training has ended"
        )
    Patience((), 0, lambda _: None).finished(store, found.run)
    needs = needs_of(gate)._replace(baseline=gate.baseline is not None)
    found = complete(gate, found, needs, store, store.registered_model, store.metric_history)
    yield (resolved := resolved._replace(found=found, findings=judge_gate(gate, found)))
    if gate.promotion is not None:
        began = store.registered_model(gate.promotion.target_model)
        candidacy = Candidacy(gate, gate.promotion, found, resolved.findings, store, began)
        yield resolved._replace(survey=survey(candidacy))


def _unjudged(resolved: Resolved) -> Iterator[str]:
    name = resolved.gate.path.name
    for finding in resolved.findings:
        if finding.blocks and finding.outcome == "unevaluable":
            yield f"{finding.text} ({name}:{finding.line})"
