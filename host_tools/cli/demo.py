"""`cutpoint demo`: the whole way of a picture, three times, in a minute."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.live import Live

import cutpoint
from host_tools.cli.app import EXIT_NO, app
from host_tools.cli.options import DEFAULT_ROOT, Json, PasswordFile, Root, Username, broker_access
from host_tools.cli.output import console, errors, print_json
from host_tools.demo.play import Play, Scene
from host_tools.demo.scenario import LEAST_PICTURES, SCENARIO, paced
from host_tools.demo.scoreboard import Scoreboard
from host_tools.demo.summary import Summary
from host_tools.demo.table import live, show_summary
from host_tools.demo.truth import read_exams
from host_tools.shipped import shipped_bundle, shipped_pictures

REFRESHES_PER_S = 8


@app.command(epilog="Example:  cutpoint demo --json > demo.json")
def demo(
    broker: Annotated[
        str | None,
        typer.Option(metavar="HOST[:PORT]", help="Use a running broker; an embedded one by default."),
    ] = None,
    username: Username = None,
    password_file: PasswordFile = None,
    pictures: Annotated[
        int, typer.Option(min=LEAST_PICTURES, max=SCENARIO.pictures, help="Pictures for each device.")
    ] = SCENARIO.pictures,
    seed: Annotated[int, typer.Option(min=0, help="Seed of jitter, delays, losses and explorations.")] = 0,
    root: Root = DEFAULT_ROOT,
    json: Json = False,
) -> None:
    """Three virtual devices on three links, a broker and an edge server on this machine, for about a minute.

    A link turns poor, the edge server goes away and comes back; codecs may cost 1 point of F1. Exit 0 only if every
    picture was answered, every answer equals the whole model's, or where a codec had changed the tensors what head,
    codec and tail give apart, and every device found back. With --json the summary is printed as one object.
    """
    scenario = paced(SCENARIO, pictures)
    bundle = cutpoint.Bundle.open(shipped_bundle())
    exams = read_exams(bundle, shipped_pictures(), scenario.pictures * len(scenario.stations))
    board = Scoreboard(scenario.stations)
    access = None if broker is None else broker_access(broker, username, password_file)
    play = Play(scenario, Scene(bundle, exams, access, root, seed), board)
    with quiet("edge_server", "host_tools.device"):
        summary = perform(
            play, board, scenario.pictures, bundle.labels, on_screen=console.is_terminal and not json
        )
    if json:
        print_json(summary)
    else:
        show_summary(summary, console)
        for note in play.notes():
            console.print(f"[dim]note: {note}[/]", highlight=False, soft_wrap=True)
    if not summary.held:
        raise typer.Exit(EXIT_NO)


def perform(
    play: Play, board: Scoreboard, pictures: int, labels: tuple[str, ...], *, on_screen: bool
) -> Summary:
    """Run the play behind a live table, or with a line on standard error for each event."""
    if on_screen:
        with Live(console=console, refresh_per_second=REFRESHES_PER_S) as screen:
            return play.run(lambda: screen.update(live(board, pictures, labels)))
    told = 0

    def tell() -> None:
        nonlocal told
        for at, what in board.events()[told:]:
            errors.say(f"{at:5.1f} s {what}")
            told += 1

    return play.run(tell)


@contextmanager
def quiet(*names: str) -> Iterator[None]:
    """Keep these loggers to errors meanwhile: connections that end are part of the play."""
    loggers = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    for logger, _ in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in loggers:
            logger.setLevel(level)
