"""`cutpoint top`: the fleet of a running server, live."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated

import typer
from rich.live import Live

from host_tools.cli.app import app
from host_tools.cli.options import Json
from host_tools.cli.output import console, errors, print_json
from host_tools.top import FetchError, Fleet, FleetAddress, Keys, Shown, fetch, rows_that_fit, screen

MOST_ROWS = 1000


class Sort(StrEnum):
    """What comes first."""

    rate = "rate"
    p99 = "p99"
    drops = "drops"
    id = "id"


@app.command(epilog="Example:  cutpoint top --server http://127.0.0.1:8080 --sort p99")
def top(
    server: Annotated[
        str,
        typer.Option(
            envvar="CUTPOINT_SERVER",
            metavar="URL",
            help="The server's web (cutpoint serve --http HOST:PORT).",
        ),
    ] = "http://127.0.0.1:8080",
    sort: Annotated[Sort, typer.Option(help="rate, p99, drops or id.")] = Sort.rate,
    filter: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Only devices with this in their id, state, model id, codec or note."
        ),
    ] = None,
    interval: Annotated[float, typer.Option(min=0.1, max=3600.0, help="Seconds between two looks.")] = 1.0,
    once: Annotated[
        bool, typer.Option("--once", help="Print the table once and end; so it is without a terminal.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_ROWS, help="Devices at most; by default what the terminal has room for."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show the devices of a running server: state, cut, codec, rate, p50 and p99 in the edge, drops. q ends it."""
    address = FleetAddress.of(server)
    if json:
        _stream(address, sort, filter, interval, limit or MOST_ROWS, once)
    elif once or not console.is_terminal:
        fleet = fetch(address, limit=limit or MOST_ROWS, sort=sort.value, match=filter)
        console.print(
            screen(Shown(str(address), fleet), width=console.width, height=len(fleet.devices) + 100)
        )
    else:
        _watch(address, sort, filter, interval, limit or MOST_ROWS)


def _stream(
    address: FleetAddress, sort: Sort, match: str | None, interval: float, limit: int, once: bool
) -> None:
    """One object a line, until Ctrl-C; one object when only once."""
    while True:
        try:
            print_json(fetch(address, limit=limit, sort=sort.value, match=match), indent=2 if once else None)
        except FetchError as error:
            if once:
                raise
            errors.say(f"{error}; trying again")
        if once:
            return
        time.sleep(interval)


def _watch(address: FleetAddress, sort: Sort, match: str | None, interval: float, limit: int) -> None:
    """The live table, until q or Ctrl-C."""
    fleet: Fleet | None = None
    heard_s = time.monotonic()
    with Keys() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            height, trouble = console.height, ""
            try:
                fleet = fetch(address, limit=min(limit, rows_that_fit(height)), sort=sort.value, match=match)
                heard_s = time.monotonic()
            except FetchError as error:
                trouble = str(error)
            shown = Shown(str(address), fleet, trouble, time.monotonic() - heard_s)
            live.update(screen(shown, width=console.width, height=height), refresh=True)
            if "q" in keys.pressed(interval).lower():
                return
