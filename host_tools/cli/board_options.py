"""Options of the commands that meet a board, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cutpoint.errors import UsageError

Port = Annotated[
    str | None,
    typer.Option(
        "--port",
        "-p",
        metavar="PORT",
        help="Serial port, like /dev/ttyUSB0 or COM3; found by itself where one board is connected.",
    ),
]
Baud = Annotated[int, typer.Option("--baud", min=9600, max=4_000_000, help="Speed while flash is written.")]
Env = Annotated[
    str | None,
    typer.Option("--env", help="The board by the name of its build (cutpoint build lists them)."),
]
BuildFolder = Annotated[
    Path | None,
    typer.Option("--build", metavar="DIR", help="Folder of a finished build, of idf.py or of PlatformIO."),
]


def one_build(env: str | None, build: Path | None) -> None:
    """Refuse two names for one build: they may well be of two boards.

    Raises:
        UsageError: both are given.
    """
    if env is not None and build is not None:
        raise UsageError(f"--env {env} and --build {build} each name a build; keep one")
