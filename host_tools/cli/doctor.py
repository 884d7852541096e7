"""`cutpoint doctor`: what this machine lacks, and the mend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from host_tools.cli.app import EXIT_NO, app
from host_tools.cli.options import (
    DEFAULT_BROKER,
    DEFAULT_PORT,
    Broker,
    Json,
    PasswordFile,
    Username,
    broker_access,
)
from host_tools.cli.output import console, print_json
from host_tools.doctor import examine
from host_tools.health import Health

COLOUR = {Health.ok: "green", Health.warn: "yellow", Health.bad: "red"}


@app.command(epilog="Example:  cutpoint doctor --broker 192.168.1.10 --models models")
def doctor(
    broker: Broker = DEFAULT_BROKER,
    models: Annotated[
        Path | None, typer.Option(help="Folder of bundles to open; the shipped one by default.")
    ] = None,
    username: Username = None,
    password_file: PasswordFile = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port that has to be free.")] = DEFAULT_PORT,
    json: Json = False,
) -> None:
    """Check this machine: one line a check, each with its mend. Exit 1 when something does not work."""
    checks = []
    for check in examine(models, broker_access(broker, username, password_file), port):
        checks.append(check)
        if not json:
            mend = f" [dim]-> {escape(check.mend)}[/]" if check.mend else ""
            console.print(
                f"[{COLOUR[check.health]}]{check.health:<4}[/] {check.name:<9} {escape(check.seen)}{mend}",
                highlight=False,
                soft_wrap=True,
            )
    if json:
        print_json(checks)
    if any(check.health is Health.bad for check in checks):
        raise typer.Exit(EXIT_NO)
