"""``init``: a gate file from the runs that there are."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_mlflow_gate.commands.opening import chosen_places, chosen_tracking, opened_at, store_options
from pytest_mlflow_gate.commands.speaking import Failed, failing, harmless
from pytest_mlflow_gate.gatefile.drafting import Basis, draft, escaped, writable
from pytest_mlflow_gate.gatefile.types import Promotion, RunOfExperiment
from pytest_mlflow_gate.promotion.source import Refused, find_source
from pytest_mlflow_gate.tracking.snapshot import Snapshot
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.commands.opening import Places
    from pytest_mlflow_gate.gatefile.drafting import Draft
    from pytest_mlflow_gate.tracking.store import Store
    from pytest_mlflow_gate.tracking.uri import TrackingUri
    from pytest_mlflow_gate.tracking.values import Experiment, Run

_RUNS = 20
_TRACKING, _REGISTRY = "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"


def _name(context: click.Context | None, parameter: click.Parameter | None, value: str | None) -> str | None:
    del context, parameter
    if value is not None and not writable(value):
        raise click.BadParameter("give a name, one line of text")
    return value


@click.command()
@click.option("--experiment", metavar="NAME", callback=_name, help="Experiment whose runs are judged.")
@click.option("--model", metavar="NAME", callback=_name, help="Registered model to promote to, @champion.")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="eval_gate.yaml",
    show_default=True,
    help="The gate file; one that exists is left alone.",
)
@store_options
def init(
    experiment: str | None,
    model: str | None,
    output: Path,
    tracking_uri: str | None,
    registry_uri: str | None,
) -> None:
    """
    Write a gate file from the last finished runs of an experiment.

    Each metric gets a limit that the newest of them meets. Which way is better is guessed from well-known
    names such as accuracy and latency; other limits are commented out. Asks on a terminal for what is not
    given.

    Exits with 1 when no metric got a limit.
    """
    if os.path.lexists(output):
        raise _taken(output)
    if chosen_tracking(tracking_uri) is None or experiment is None:
        tracking_uri, experiment, model = _asked(tracking_uri, experiment, model)
    places = chosen_places(tracking_uri, registry_uri)
    with failing(), opened_at(places) as store:
        known, runs, latest = _runs(experiment, store)
        refusal = _refusal(model, Snapshot(runs[0], known), store) if model else None
    basis = Basis(
        tracking_uri=_in_file(places.tracking, _TRACKING),
        registry_uri=_in_file(places.registry, _REGISTRY) if registry_uri and places.registry else None,
        experiment=experiment,
        run=_named(runs[0]),
        metrics=[run.metrics for run in runs],
        model=model,
        refusal=refusal,
    )
    made = draft(basis)
    _write(output, made.text)
    click.echo("\n".join(map(harmless, _told(output, basis, made, places, latest))))
    if not made.limits:
        raise Failed(
            f"{output}: no metric got a limit, because no name tells which way is better: take the # away "
            "from those that you want, then run the gate"
        )
    click.echo(f"look at the limits, then run: pytest --mlflow-gate {shlex.quote(str(output))}")


def _asked(
    tracking_uri: str | None, experiment: str | None, model: str | None
) -> tuple[str | None, str, str | None]:
    """Return what a person says in place of the options that are missing."""
    place = chosen_tracking(tracking_uri)
    if not sys.stdin.isatty():
        missing = [] if place else ["--tracking-uri"]
        missing += [] if experiment else ["--experiment"]
        them = "it" if len(missing) == 1 else "them"
        raise click.UsageError(
            f"missing {' and '.join(missing)}: give {them}, or run this on a terminal, which asks for {them}"
        )
    if place is None:
        tracking_uri = click.prompt("Tracking URI")
    if experiment is None:
        experiment = click.prompt("Experiment", value_proc=lambda text: _name(None, None, text))
    if model is None:
        text = "Registered model to promote to (nothing: only judge)"
        model = click.prompt(
            text, default="", show_default=False, value_proc=lambda text: text and _name(None, None, text)
        )
    return tracking_uri, str(experiment), model or None


def _runs(experiment: str, store: Store) -> tuple[Experiment, Sequence[Run], Run]:
    """Return the last finished runs, the newest first, and the newest of all, which a session would judge."""
    # Both read more than checking a file needs.
    from pytest_mlflow_gate.tracking.candidate_run import NoCandidate  # noqa: PLC0415
    from pytest_mlflow_gate.tracking.past import last_runs  # noqa: PLC0415
    from pytest_mlflow_gate.tracking.selection import select_run  # noqa: PLC0415

    if store.experiment_named(experiment) is None:
        text = f"no experiment {experiment!r} at {store.description}: check --experiment and --tracking-uri"
        raise Failed(harmless(text))
    candidate = RunOfExperiment(experiment, "latest", None, "max", None, 1)
    try:
        known, runs = last_runs(candidate, store, _RUNS)
        latest, _ = select_run(candidate, store)
    except NoCandidate as error:
        raise Failed(harmless(error)) from error
    if not runs[0].metrics:
        text = f"run {_named(runs[0])} of experiment {experiment!r} has no metrics: log some, then try again"
        raise Failed(harmless(text))
    return known, runs, latest


def _refusal(model: str, newest: Snapshot, store: Store) -> str | None:
    """Return why the newest run cannot be promoted, or None."""
    promotion = Promotion(model, "champion", None, None, (), None, None, 0, 1)
    try:
        find_source(promotion, newest, store)
    except Refused as refused:
        return str(refused)
    return None


def _in_file(uri: TrackingUri, variable: str) -> str:
    """Return what the file says: the variable where that was meant, or where the URI has a credential."""
    if uri.origin == variable or mask(uri.uri) != uri.uri:
        return f"${{{variable}}}"
    return escaped(uri.uri)


def _write(output: Path, text: str) -> None:
    try:
        with output.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise _taken(output) from error
    except OSError as error:
        raise Failed(
            f"{output}: cannot be written ({error.strerror}), choose another file with --output"
        ) from error


def _taken(output: Path) -> Failed:
    return Failed(f"{output} exists already and is left alone: choose another file with --output")


def _told(output: Path, basis: Basis, made: Draft, places: Places, latest: Run) -> Iterator[str]:
    count = len(basis.metrics)
    of = "the only finished run" if count == 1 else f"the last {count} finished runs, the newest is"
    limits = "1 limit" if len(made.limits) == 1 else f"{len(made.limits)} limits"
    yield f"{output}: {limits}, from {of} {basis.run}"
    if made.open:
        yield f"  commented out: {', '.join(made.open)}"
    if made.left_out:
        yield f"  left out: {', '.join(made.left_out)}"
    if basis.refusal:
        yield f"  promote is commented out: {basis.refusal}"
    if latest.status != "FINISHED":
        yield f"  a session would take the newest run, {_named(latest)}, which is {latest.status}"
    for uri, variable in ((places.tracking, _TRACKING), (places.registry, _REGISTRY)):
        if uri and uri.origin.startswith("--") and mask(uri.uri) != uri.uri:
            yield f"  the credential in {uri.origin} is in no file: set {variable} to that URI"


def _named(run: Run) -> str:
    return f"{run.name} ({run.run_id})" if run.name else run.run_id
