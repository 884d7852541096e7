"""`cutpoint monitor`: what passes on the broker, readably."""

from __future__ import annotations

import queue
import secrets
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cutpoint.errors import BundleError, UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import DeviceId, ModelId, Topics, read_keys
from host_tools.cli.app import app
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
)
from host_tools.cli.output import console, errors, print_json
from host_tools.cli.serial_monitor import follow_serial
from host_tools.monitor import Listener
from host_tools.serial_line import BAUD

MOST_WAITING = 10_000


def names_in(folder: Path | None) -> dict[ModelId, str]:
    """Names of the bundles in a folder, by model id; a bundle that cannot be opened has none."""
    names: dict[ModelId, str] = {}
    for path in sorted(folder.glob("*.cut")) if folder is not None else ():
        with suppress(BundleError):
            bundle = Bundle.open(path)
            names[ModelId(bundle.model_id)] = bundle.name
    return names


@app.command(
    epilog="Examples:  cutpoint monitor --broker 192.168.1.10 --device cam-1   |   "
    "cutpoint monitor --serial /dev/ttyUSB0 --reset"
)
def monitor(
    broker: Broker = DEFAULT_BROKER,
    serial: Annotated[
        str | None,
        typer.Option(
            metavar="PORT",
            help="Follow a board's serial console instead: /dev/ttyUSB0, COM3, socket://HOST:PORT or "
            "rfc2217://HOST:PORT.",
        ),
    ] = None,
    baud: Annotated[int, typer.Option(min=300, help="With --serial: speed of the console.")] = BAUD,
    reset: Annotated[
        bool, typer.Option("--reset", help="With --serial: restart the board first, over DTR and RTS.")
    ] = False,
    device: Annotated[str | None, typer.Option(help="Only this device.")] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="End after this time; never by default.")
    ] = None,
    username: Username = None,
    password_file: PasswordFile = None,
    root: Root = DEFAULT_ROOT,
    keys: KeysFile = None,
    models: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Bundles whose names are said beside the ids of models on offer."),
    ] = None,
    json: Json = False,
) -> None:
    """Print every frame that passes, decoded; with --json, one object a line.

    With --serial, what a board says on its console; what is typed here goes to it (try: help).
    """
    if serial is not None:
        if device is not None:
            raise UsageError(
                "--device chooses one of a broker's devices; a serial line has one, leave it out"
            )
        follow_serial(serial, baud, reset=reset, seconds=seconds, json=json)
        return
    if reset:
        raise UsageError("--reset restarts a board over its serial line; name it with --serial PORT")
    topics = Topics(root)
    known = None if keys is None else read_keys(keys)
    wanted = "+" if device is None else DeviceId(device)
    access = broker_access(broker, username, password_file)
    arrived: queue.Queue[tuple[float, str, bytes]] = queue.Queue(MOST_WAITING)
    lost = 0

    def enqueue(topic: str, payload: bytes) -> None:
        nonlocal lost
        try:
            arrived.put_nowait((time.time(), topic, payload))
        except queue.Full:
            lost += 1

    bus = access.bus(f"cutpoint-monitor-{secrets.token_hex(4)}")
    bus.on_message = enqueue
    bus.on_disconnect = lambda reason: errors.print(f"connection lost: {escape(reason)}; trying again")
    bus.subscribe(f"{root}/{wanted}/+", qos=0)
    bus.connect()
    listener = Listener(topics, known, names_in(models))
    end = None if seconds is None else time.monotonic() + seconds
    try:
        while end is None or time.monotonic() < end:
            try:
                at, topic, payload = arrived.get(timeout=0.2)
            except queue.Empty:
                continue
            for heard in listener.hear(topic, payload):
                if json:
                    print_json(
                        {"time": at} | {name: getattr(heard, name) for name in heard.__slots__}, indent=None
                    )
                    continue
                clock = time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at * 1000) % 1000:03}"
                style = "red" if heard.bad else "default"
                console.print(
                    f"[dim]{clock}[/] [bold]{escape(heard.device)}[/] [cyan]{heard.leaf:<5}[/] "
                    f"[{style}]{escape(heard.sentence)}[/]",
                    highlight=False,
                    soft_wrap=True,
                )
            sys.stdout.flush()
    finally:
        bus.close()
        if lost:
            errors.print(f"{lost:,} messages came faster than they could be printed and were left out")
