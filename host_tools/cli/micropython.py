"""`cutpoint micropython`: the settings file of a board that runs firmware/micropython."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

import cutpoint
from cutpoint.errors import UsageError
from cutpoint.graph import Model
from cutpoint.wire import DeviceId, DType
from host_tools.cli.app import app
from host_tools.cli.options import (
    DEFAULT_BROKER,
    DEFAULT_ROOT,
    Broker,
    ModelArgument,
    PasswordFile,
    Root,
    Username,
    broker_access,
)
from host_tools.cli.output import console

TABLES = "codec.tables"
"""Where the board finds the codec tables: beside its settings."""


@app.command(
    epilog="Example:  cutpoint micropython fomo.cut --id cam-1 --broker 192.168.1.10 -o cutpoint.json"
)
def micropython(
    model: ModelArgument,
    id: Annotated[str, typer.Option(help="The device's id: 1 to 32 of a-z, 0-9 and -.")],
    broker: Broker = DEFAULT_BROKER,
    root: Root = DEFAULT_ROOT,
    username: Username = None,
    password_file: PasswordFile = None,
    tls: Annotated[bool, typer.Option(help="Connect by TLS.")] = False,
    deadline_ms: Annotated[int, typer.Option(min=1, max=600_000, help="Until the first plan.")] = 1000,
    output: Annotated[
        Path, typer.Option("--out", "--output", "-o", help="File to write, readable by its owner alone.")
    ] = Path("cutpoint.json"),
) -> None:
    """Write the settings file of a MicroPython board: which network, which broker, which id.

    Of a bundle that was calibrated the codec tables are written beside it, as codec.tables.
    """
    bundle = cutpoint.Bundle.open(model) if model.is_dir() else None
    network = bundle.model() if bundle is not None else cutpoint.load(model)
    tables = None if bundle is None else bundle.codec_tables
    access = broker_access(broker, username, password_file)
    settings: dict[str, Any] = {
        "id": str(DeviceId(id)),
        "broker": access.host,
        "port": access.port,
        "model": bytes(network.id).hex(),
        "operators": len(network.operators),
        "inputs": inputs(network),
        "tls": tls,
        "root": root,
        "deadline_ms": deadline_ms,
    }
    if access.username is not None:
        settings |= {"user": access.username, "password": access.password or ""}
    if tables is not None:
        settings["tables"] = TABLES
    try:
        # It may hold a password, so it is never readable by others, not even while it is written.
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump(settings, file, indent=2)
            file.write("\n")
        if tables is not None:
            output.with_name(TABLES).write_bytes(tables)
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or output}: {error.strerror or error}") from error
    written = f"{output}" if tables is None else f"{output} and {output.with_name(TABLES)}"
    console.say(f"wrote {written}; copy {'it' if tables is None else 'both'} to the board beside the package")


def inputs(network: Model) -> list[list[int]]:
    """What travels at cut 0, as (tensor index, dtype's number on the wire, bytes, zero point) of each input."""
    return [
        [tensor.index, int(DType[str(tensor.dtype).upper()]), tensor.bytes, tensor.zero_point or 0]
        for tensor in network.cuts[0].tensors
    ]
