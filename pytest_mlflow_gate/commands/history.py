"""``history``: who moved a model, when, from which version to which, on what numbers."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import click

from pytest_mlflow_gate.commands.opening import opened, store_options
from pytest_mlflow_gate.commands.speaking import Failed, failing, harmless
from pytest_mlflow_gate.promotion.history import finished, history_of
from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_mlflow_gate.promotion.record import Entry

_WIDTH = 80
_GAP = "  "
_HEAD = ("when (UTC)", "verdict", "what", "version", "by")
_WIDEST = (20, 14, 18, 12)
_DIGEST = 12


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--alias", metavar="NAME", help="Only what moved this alias.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects for programs.")
@store_options
@click.pass_context
def history(  # noqa: PLR0913, PLR0917 - an argument for each option
    context: click.Context,
    model: str,
    alias: str | None,
    as_json: bool,  # noqa: FBT001 - click gives it by name
    tracking_uri: str | None,
    registry_uri: str | None,
) -> None:
    """
    Show what gates and roll backs moved in the registered MODEL, newest first.

    Exits with 1 when something in the record cannot be read: anybody can write tags.
    """
    with failing(), opened(tracking_uri, registry_uri) as store:
        registered = store.registered_model(model)
        if registered is None:
            raise Failed(harmless(f"{store.description}: there is no registered model {model}"))
        found = history_of(store.model_versions(registered.name))
    entries = [entry for entry in reversed(found.entries) if alias in (None, entry.alias)]
    if as_json:
        click.echo(json.dumps([_object(entry) for entry in entries], indent=2))
    elif entries:
        click.echo("\n".join(_table(entries)))
    else:
        moved = f"moved @{alias} of" if alias else "moved anything in"
        click.echo(harmless(f"no gate ever {moved} {model}"))
    for line in found.unreadable:
        click.echo(harmless(line), err=True)
    context.exit(1 if found.unreadable else 0)


def _object(entry: Entry) -> dict[str, object]:
    """Return an entry for programs; the keys are stable."""
    return {
        "time": entry.time,
        "verdict": entry.verdict,
        "finished": finished(entry),
        "model": entry.model,
        "alias": entry.alias,
        "stage": entry.stage,
        "previous_version": entry.previous_version,
        "baseline_version": entry.baseline_version,
        "version": entry.version,
        "by": entry.by,
        "approved_by": entry.approved_by,
        "gate": entry.gate,
        "gate_sha256": entry.gate_sha256,
        "checks": list(entry.checks),
        "commit": entry.commit,
        "job_url": entry.job_url and mask(entry.job_url),
        "run_id": entry.run_id,
        "tag": entry.key,
    }


def _table(entries: Sequence[Entry]) -> Iterator[str]:
    rows = [_row(entry) for entry in entries]
    widths = [
        min(widest, max(len(row[column]) for row in (_HEAD, *rows))) for column, widest in enumerate(_WIDEST)
    ]
    widths.append(_WIDTH - sum(widths) - len(_GAP) * len(widths))
    yield from _lines(_HEAD, widths)
    for row, entry in zip(rows, entries, strict=True):
        yield from _lines(row, widths)
        for detail in _details(entry):
            yield from textwrap.wrap(
                harmless(detail),
                _WIDTH,
                initial_indent="    ",
                subsequent_indent="      ",
                break_long_words=False,
                break_on_hyphens=False,
            )


def _row(entry: Entry) -> tuple[str, ...]:
    what = (f"@{entry.alias}" if entry.alias else "", f"stage {entry.stage}" if entry.stage else "")
    approved = f", approved by {entry.approved_by}" if entry.approved_by else ""
    row = (
        entry.time.replace("T", " ").removesuffix("Z"),
        entry.verdict if finished(entry) else "did not finish",
        " ".join(filter(None, what)) or "a copy",
        f"{entry.previous_version or 'none'} -> {entry.version}",
        f"{entry.by}{approved}",
    )
    return tuple(harmless(cell) for cell in row)


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield a row, a cell that is too wide for its column on several lines."""
    wrapped = [textwrap.wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        cells = (lines[number] if number < len(lines) else "" for lines in wrapped)
        yield _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _details(entry: Entry) -> Iterator[str]:
    if not finished(entry):
        yield f"was {entry.verdict} when it ended"
    yield from entry.checks
    if entry.baseline_version:
        yield f"compared with version {entry.baseline_version}"
    if entry.commit:
        yield f"commit {entry.commit}"
    if entry.job_url:
        yield f"job {mask(entry.job_url)}"
    if entry.run_id:
        yield f"run {entry.run_id}"
    yield f"gate {entry.gate}, sha256 {entry.gate_sha256[:_DIGEST]}"
