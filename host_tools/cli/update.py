"""`cutpoint update`: a new model or new firmware for a live device, over MQTT."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.update import Outcome, check_fit, model_image
from cutpoint.wire import DeviceId, Topics
from host_tools.cli.app import EXIT_NO, app
from host_tools.cli.options import (
    DEFAULT_BROKER,
    DEFAULT_ROOT,
    Broker,
    Json,
    KeysFile,
    PasswordFile,
    Root,
    Username,
    broker_access,
    device_key,
)
from host_tools.cli.output import errors, print_json
from host_tools.remote import Peer, Report, firmware_image, send_update, tool_client_id

MEET_S = 10.0

_SENTENCES = {
    Outcome.DONE: "{name} is in use on {device}",
    Outcome.REFUSED: "{device} refuses {name}",
    Outcome.FAILED: "{name} did not arrive whole at {device}, which goes on with what it had",
    Outcome.RETURNED: "{device} tried {name} and went back to what it had",
    Outcome.TIMED_OUT: "the update of {device} was given up",
}


@app.command(epilog="Example:  cutpoint update --device cam-1 --model fomo.cut --broker 192.168.1.10")
def update(
    device: Annotated[str, typer.Option("--device", help="The device's id.", show_default=False)],
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE", help="Bundle (NAME.cut) whose device model replaces the one in its slot."
        ),
    ] = None,
    firmware: Annotated[
        Path | None,
        typer.Option(metavar="APP.bin", help="Application image that replaces the firmware."),
    ] = None,
    operators: Annotated[
        int | None,
        typer.Option(
            "--operators",
            min=1,
            metavar="K",
            help="Operators of the model on board; the bundle's by default.",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            help="Seconds that the device may say nothing; 60 for a model, 180 for firmware, which has to boot.",
        ),
    ] = None,
    keys: KeysFile = None,
    broker: Broker = DEFAULT_BROKER,
    username: Username = None,
    password_file: PasswordFile = None,
    root: Root = DEFAULT_ROOT,
    json: Json = False,
) -> None:
    """Replace a device's model or firmware. It verifies and tries what it gets, and keeps the old one otherwise.

    Whatever breaks under way, the same command goes on where the device is. Exit 1 unless the new one is in use.
    """
    if (model is None) == (firmware is None):
        raise UsageError("name what to send: --model BUNDLE or --firmware APP.bin")
    if operators is not None and model is None:
        raise UsageError("--operators belongs to --model")
    image = (
        model_image(Bundle.open(model), operators) if model is not None else firmware_image(_given(firmware))
    )
    id = DeviceId(device)
    access = broker_access(broker, username, password_file)
    with Peer(access.bus(tool_client_id()), Topics(root), id, key=device_key(keys, id)) as peer:
        peer.meet(MEET_S)
        if peer.about is not None:
            check_fit(image, peer.about)
        with _bar() as bar:
            task = bar.add_task("asking", total=len(image.data))
            report = send_update(
                peer,
                image,
                patience_s=timeout,
                progress=lambda stage, confirmed: bar.update(task, description=stage, completed=confirmed),
            )
    if json:
        print_json(report)
    else:
        errors.say(sentence(report))
    raise typer.Exit(0 if report.outcome is Outcome.DONE else EXIT_NO)


def sentence(report: Report) -> str:
    """How an update ended, for people."""
    text = _SENTENCES[report.outcome].format(name=report.name, device=report.device)
    if report.text:
        text += f": {report.text}"
    went_on = f", from byte {report.resumed_at:,} on" if report.resumed_at else ""
    return f"{text} ({report.size:,} B, SHA-256 {report.sha256.hex()[:16]}, {report.seconds:.1f} s{went_on})"


def _given(path: Path | None) -> Path:
    if path is None:
        raise UsageError("name the application image: --firmware APP.bin")
    return path


def _bar() -> Progress:
    """In bytes that the device confirmed; on a terminal only."""
    return Progress(
        TextColumn("{task.description:>10}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
        console=errors,
        disable=not errors.is_terminal,
        transient=True,
    )
