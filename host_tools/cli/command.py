"""`cutpoint command`: ask a live device to identify itself, to restart, or to time every operator."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from cutpoint.wire import Command, DeviceId, Presence, State, Topics
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
from host_tools.remote import Peer, tool_client_id

MEET_S = 5.0


class Asked(StrEnum):
    """What a device can be asked."""

    profile = "profile"
    identify = "identify"
    restart = "restart"


_SENT = {
    Asked.profile: "its next inference runs and times every operator",
    Asked.identify: "it shows itself as it can, with its LED or on its console",
}


@app.command(epilog="Example:  cutpoint command identify --device cam-1 --broker 192.168.1.10")
def command(
    what: Annotated[
        Asked, typer.Argument(help="profile, identify or restart.", show_default=False, metavar="WHAT")
    ],
    device: Annotated[str, typer.Option("--device", help="The device's id.", show_default=False)],
    timeout: Annotated[
        float, typer.Option(min=1.0, help="Seconds that a device may take to come back from a restart.")
    ] = 30.0,
    keys: KeysFile = None,
    broker: Broker = DEFAULT_BROKER,
    username: Username = None,
    password_file: PasswordFile = None,
    root: Root = DEFAULT_ROOT,
    json: Json = False,
) -> None:
    """Send a command to a device. Exit 1 when it does not come back from its restart."""
    id = DeviceId(device)
    access = broker_access(broker, username, password_file)
    with Peer(access.bus(tool_client_id()), Topics(root), id, key=device_key(keys, id)) as peer:
        peer.meet(MEET_S)
        boot = peer.boot
        sent = peer.send(Command[what.name.upper()])
        if not sent:
            _end(json, id, what, False, f"the command could not leave for {access}", boot)
        if what is not Asked.restart:
            _end(json, id, what, True, f"{what} sent to {id}: {_SENT[what]}", boot)
        began = time.monotonic()
        again = _reborn(peer, boot, timeout)
        if again is None:
            _end(json, id, what, False, f"{id} did not come back within {timeout:g} s", boot)
        _end(
            json, id, what, True, f"{id} is back after {time.monotonic() - began:.1f} s, boot {again}", again
        )


def _reborn(peer: Peer, boot: int, timeout_s: float) -> int | None:
    """The boot number of the next life; None when there is none in time."""
    give_up = time.monotonic() + timeout_s
    while (left_s := give_up - time.monotonic()) > 0:
        said = peer.hear(left_s)
        if isinstance(said, State) and said.state is Presence.ONLINE and said.boot != boot:
            return said.boot
    return None


def _end(json: bool, device: DeviceId, what: Asked, ok: bool, text: str, boot: int) -> NoReturn:
    if json:
        print_json({"device": device, "command": what.value, "ok": ok, "boot": boot, "text": text})
    else:
        errors.say(text)
    raise typer.Exit(0 if ok else EXIT_NO)
