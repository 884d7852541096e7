"""`cutpoint build`: the firmware of one board, with PlatformIO or ESP-IDF."""

from __future__ import annotations

from typing import Annotated

import typer

from cutpoint.errors import UsageError
from host_tools.cli.app import EXIT_NO, app
from host_tools.cli.output import console, errors
from host_tools.flash import read_build, size_words
from host_tools.toolchain import (
    BuildTool,
    build_command,
    environments,
    find_environment,
    run_build,
    source_tree,
)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Example:  cutpoint build --env esp32dev   |   cutpoint build --env esp32-s3-eye --with idf",
)
def build(
    context: typer.Context,
    env: Annotated[str | None, typer.Option(help="The board; without it, the boards are listed.")] = None,
    tool: Annotated[
        BuildTool | None,
        typer.Option(
            "--with", help="pio or idf; PlatformIO by default, ESP-IDF where that is not installed."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command and do not run it.")] = False,
) -> None:
    """Build the firmware for a board. What stands behind `--` goes to PlatformIO or idf.py as it is.

    Exit 1 when the build fails.
    """
    tree = source_tree()
    if env is None:
        for one in environments(tree):
            console.say(f"{one.name:<16} {one.chip}")
        raise UsageError("which board? name one with --env")
    if any(not word.startswith("-") for word in context.args[:1]):
        raise UsageError(f"{context.args[0]!r} is no option of cutpoint build; name the board with --env")
    command = build_command(tree, find_environment(tree, env), tool, tuple(context.args))
    if dry_run:
        console.say(" ".join(command.arguments))
        return
    if run_build(command) != 0:
        errors.say(f"{command.tool.value} could not build {env}; its last lines say why")
        raise typer.Exit(EXIT_NO)
    built = read_build(command.folder)
    slot = built.table.first_app
    console.say(
        f"{built.app.path}: {len(built.app.data):,} B of the {slot.size:,} B in {slot.label}, for {built.chip} with "
        f"{size_words(built.flash_bytes)} of flash"
    )
    console.say(f"next: cutpoint flash --env {env} --model BUNDLE")
