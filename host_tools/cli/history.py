"""`cutpoint history`: the inferences, decisions and runs that an edge server has kept, for reading elsewhere."""

from __future__ import annotations

import re
import time
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cutpoint.errors import UsageError
from cutpoint.wire import DeviceId, ModelId, Status
from edge_server import History, HistoryQuery, open_history
from host_tools.cli.app import app
from host_tools.cli.output import errors, print_json
from host_tools.history import (
    Format,
    chosen_format,
    decision_columns,
    inference_columns,
    moment_us,
    write_rows,
)

Outcome = StrEnum("Outcome", [(status.name.lower(), status.name.lower()) for status in Status])  # type: ignore[misc]


@app.command(epilog="Example:  cutpoint history --store state.db --device cam-1 --since 2h -o cam-1.parquet")
def history(
    store: Annotated[
        str,
        typer.Option(
            envvar="CUTPOINT_STORE",
            metavar="FILE|URL",
            help="What `cutpoint serve --store` writes: a file, or postgresql://... (with a password better in "
            "the variable, since a command line shows in `ps`).",
            show_default=False,
        ),
    ],
    device: Annotated[str | None, typer.Option(help="Of this device alone.")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="ID|NAME", help="Of this model, or of all versions of a name.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="From then on: 90s, 30m, 2h or 7d ago, or 2026-03-01T14:30 (local; or with Z).",
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before then.")] = None,
    status: Annotated[
        list[Outcome] | None, typer.Option(help="Inferences that ended so. May be given again.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The newest so many.")] = None,
    decisions: Annotated[
        bool, typer.Option("--decisions", help="The plans that were sent instead of the inferences.")
    ] = False,
    runs: Annotated[
        bool,
        typer.Option(
            "--runs", help="The server's runs with their counters, as JSON; no other choice with it."
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="A .csv, .parquet or .json file.")
    ] = None,
    format: Annotated[
        Format | None, typer.Option(help="By the file's ending, else csv; json is one object a line.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Export what an edge server has kept, the oldest first; nothing of it is changed, and the server may run."""
    to = chosen_format(Format.json if json else format, output)
    if decisions and status:
        raise UsageError("--status is of inferences; leave it out with --decisions")
    if runs and (decisions or status or limit or output or any((device, model, since, until))):
        raise UsageError(
            "--runs lists all runs, as JSON to standard output; give nothing but --store with it"
        )
    now_us = time.time_ns() // 1000
    since_us = None if since is None else moment_us(since, now_us, "--since")
    until_us = None if until is None else moment_us(until, now_us, "--until")
    if since_us is not None and until_us is not None and until_us <= since_us:
        raise UsageError(f"--until {until} is not after --since {since}: no time lies between them")
    id = None if device is None else DeviceId(device)
    with closing(open_history(store)) as kept:
        if runs:
            print_json(kept.runs())
            return
        names = {one.model: one.name for one in kept.models()}
        query = HistoryQuery(
            device=id,
            models=() if model is None else _models(model, kept),
            since_us=since_us,
            until_us=until_us,
            statuses=tuple(Status[one.value.upper()] for one in status or ()),
            limit=limit,
        )
        if decisions:
            count = write_rows(kept.decisions(query), decision_columns(names), to, output)
        else:
            count = write_rows(kept.inferences(query), inference_columns(names), to, output)
    if output is not None:
        errors.say(f"wrote {count:,} {'decisions' if decisions else 'inferences'} to {output}")


def _models(text: str, kept: History) -> tuple[ModelId, ...]:
    """The model of an id, or every version that was ever offered under a name."""
    offered = kept.models()
    found = [one.model for one in offered if one.name == text]
    if re.fullmatch(r"[0-9a-f]{8}", text, re.ASCII):
        found.append(ModelId.of_hex(text))
    if not found:
        known = ", ".join(sorted({one.name for one in offered})) or "none yet"
        raise UsageError(
            f"--model is {text!r}; expected 8 hexadecimal digits, or a name that was on offer: {known}"
        )
    return tuple(dict.fromkeys(found))
