"""The `cutpoint` command: one file a command, collected here.

Exit codes: 0 ok, 1 the answer is no (a cut does not verify, a check failed), 2 wrong use or a peer that cannot be
reached, 130 stopped by the user, 143 by SIGTERM. No traceback reaches a user for anything that `cutpoint.errors` names.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer
from rich.markup import escape

from cutpoint.errors import CutpointError
from host_tools.cli.output import errors

EXIT_NO = 1
EXIT_WRONG_USE = 2

app = typer.Typer(
    name="cutpoint",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="One neural network on two machines: split int8 TFLite models between an ESP32 and an edge server.",
)


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(version("cutpoint"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """One neural network on two machines: split int8 TFLite models between an ESP32 and an edge server."""


def load_commands() -> None:
    """Import every command, for its effect on `app`: one file of this folder each, and one line here."""
    # Not at the top, so that `cutpoint.errors` is enough to report a broken installation.
    from host_tools.cli import (  # noqa: F401
        bench,
        build,
        calibrate,
        command,
        cuts,
        demo,
        device,
        doctor,
        flash,
        history,
        key,
        load,
        micropython,
        monitor,
        profile,
        provision,
        rollout,
        serve,
        split,
        top,
        update,
        verify,
    )


def run() -> None:
    """Run the command line and turn errors into one sentence and an exit code."""
    load_commands()
    try:
        try:
            app(prog_name="cutpoint")
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # a full disk shows itself here, where it can still be said
    except CutpointError as error:
        errors.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(EXIT_WRONG_USE)
    except BrokenPipeError:
        # The reader of a pipe went away (`cutpoint cuts ... | head`): nothing is wrong with us.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        # What waits in the buffer is lost; at the end Python would complain of it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        errors.print("[bold red]error:[/] the disk is full: not everything was written", highlight=False)
        sys.exit(EXIT_WRONG_USE)
