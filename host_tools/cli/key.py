"""`cutpoint key`: keys of sealed frames, made without ever being shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cutpoint.errors import UsageError
from cutpoint.wire import DeviceId, Key, add_key, read_keys, write_key_file
from host_tools.cli.app import app
from host_tools.cli.options import Json
from host_tools.cli.output import console, print_json

keys_app = typer.Typer(no_args_is_help=True, help="Keys of sealed frames, made without ever being shown.")
app.add_typer(keys_app, name="key")


@keys_app.command("new", epilog="Example:  cutpoint key new cam-1 --keys keys.toml --out cam-1.key")
def new(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="The device's id.", show_default=False)],
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Add the key to the server's file, made if it is not there."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the key to a file of its own, for the device; never over another."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="A new key for a device that has one in FILE.toml.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a random key for a device and write it where it is needed; prints its fingerprint only.

    The files are readable by their owner alone (mode 0600).
    """
    if keys is None and out is None:
        raise UsageError(
            "a key is never printed: name the server's file with --keys, the device's with --out, or both"
        )
    name, key = DeviceId(device), Key.new()
    if out is not None:
        write_key_file(out, key)
    if keys is not None:
        try:
            add_key(keys, name, key, replace=replace)
        except BaseException:
            if out is not None:
                out.unlink(missing_ok=True)
            raise
    written = [str(path) for path in (keys, out) if path is not None]
    if json:
        print_json({"device": name, "fingerprint": key.fingerprint, "files": written})
        return
    console.say(f"key {key.fingerprint} of {name} written to {' and '.join(written)}")


@keys_app.command("list", epilog="Example:  cutpoint key list keys.toml")
def list_keys(
    keys: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The server's file.", show_default=False)],
    json: Json = False,
) -> None:
    """Print which devices have a key, and the fingerprint of each."""
    fingerprints = {str(device): key.fingerprint for device, key in read_keys(keys).items()}
    if json:
        print_json(fingerprints)
        return
    for device, fingerprint in fingerprints.items():
        console.say(f"{device}  {fingerprint}")
