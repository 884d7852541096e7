"""Options that several commands share, declared once: type, environment variable, help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cutpoint.errors import UsageError
from cutpoint.wire import DeviceId, Key, read_keys
from host_tools.broker import BrokerAccess

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
ModelArgument = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="A .tflite file or a bundle folder (NAME.cut).", show_default=False),
]
Broker = Annotated[
    str,
    typer.Option(
        "--broker", envvar="CUTPOINT_BROKER", metavar="HOST[:PORT]", help="MQTT broker to connect to."
    ),
]
Root = Annotated[str, typer.Option("--root", envvar="CUTPOINT_ROOT", help="Root of all topics.")]
Username = Annotated[
    str | None, typer.Option("--username", envvar="CUTPOINT_MQTT_USERNAME", help="User name at the broker.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        envvar="CUTPOINT_MQTT_PASSWORD_FILE",
        help="File whose first line is the password at the broker. A password on the command line would show in `ps`.",
    ),
]
KeysFile = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        envvar="CUTPOINT_KEYS",
        metavar="FILE.toml",
        help="Keys of the devices whose frames are sealed (cutpoint key new).",
    ),
]

DEFAULT_BROKER = "127.0.0.1:1883"
DEFAULT_ROOT = "cutpoint/1"
DEFAULT_PORT = 1883


def broker_access(text: str, username: str | None = None, password_file: Path | None = None) -> BrokerAccess:
    """The broker that HOST, HOST:PORT or [IPv6]:PORT names, with the credentials of the options.

    Raises:
        UsageError: no host, a port that is no number from 1 to 65535, or an unreadable password file.
    """
    host, port = text, ""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535)):
        raise UsageError(
            f"--broker is {text!r}; expected HOST, HOST:PORT or [IPv6]:PORT with a port from 1 to 65535, "
            f"for instance {DEFAULT_BROKER}"
        )
    number = int(port) if port else DEFAULT_PORT
    return BrokerAccess(host, number, username, read_password(password_file))


def device_key(path: Path | None, device: DeviceId) -> Key | None:
    """The key of one device in a file of keys; None without a file.

    Raises:
        UsageError: the file cannot be read, or holds no key of that device.
    """
    if path is None:
        return None
    key = read_keys(path).get(device)
    if key is None:
        raise UsageError(f"{path} holds no key of {device}; leave --keys out if its frames are not sealed")
    return key


def read_password(path: Path | None) -> str | None:
    """The first line of a password file, or None without one.

    Raises:
        UsageError: the file cannot be read.
    """
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the password file {path}: {error}") from error
    return text.partition("\n")[0].rstrip("\r")


def on_command_line(context: typer.Context, parameter: str) -> bool:
    """Whether somebody typed this option; a variable of the environment, or the default, gives way without a word."""
    source = context.get_parameter_source(parameter)
    return source is not None and source.name == "COMMANDLINE"
