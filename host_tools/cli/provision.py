"""`cutpoint provision`: a board's settings, into a file, onto a board, or over Improv."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cutpoint.board import SETTINGS_NAMESPACE, board_id
from cutpoint.errors import UsageError
from cutpoint.wire import DeviceId
from host_tools.cli.app import app
from host_tools.cli.board_options import Baud, BuildFolder, Env, Port
from host_tools.cli.options import Json
from host_tools.cli.output import console, errors, print_json, progress
from host_tools.cli.provision_targets import find_size, give_wifi, onto_board, save_image
from host_tools.flash import DEFAULT_BAUD, Board, Esptool, find_board
from host_tools.provision import (
    SCHEMA,
    Given,
    Order,
    Settings,
    ask_for_missing,
    counted,
    from_csv,
    from_environment,
    from_pairs,
    from_toml,
    gather,
    key_text,
    nvs_image,
    readable_by_others,
    resolve,
)

ANY_PORT = "auto"


@app.command(
    epilog="Examples:  cutpoint provision --wifi-ssid lab --broker mqtt://192.168.1.10 --out nvs.bin   |   "
    "cutpoint provision --file board.toml --keys keys.toml --port auto   |   "
    "cutpoint provision --file line.toml --batch devices.csv --out images   |   "
    "cutpoint provision --improv --port /dev/ttyUSB0 --wifi-ssid lab --wifi-pass @password",
)
def provision(
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="TOML file of settings, key = value a line.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any setting (--list names them). A value @FILE, @- (standard input) or env:NAME is read from there.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Begins the device id; the MAC's last digits end it.")
    ] = None,
    id: Annotated[str | None, typer.Option(help="The whole device id, in place of name and MAC.")] = None,
    wifi_ssid: Annotated[str | None, typer.Option(help="Wi-Fi network.")] = None,
    wifi_pass: Annotated[
        str | None,
        typer.Option(metavar="@FILE|@-|env:NAME", help="Wi-Fi password; asked for where it is missing."),
    ] = None,
    broker: Annotated[str | None, typer.Option(metavar="mqtt[s]://HOST[:PORT]", help="MQTT broker.")] = None,
    mqtt_user: Annotated[str | None, typer.Option(help="User name at the broker.")] = None,
    mqtt_pass: Annotated[
        str | None,
        typer.Option(metavar="@FILE|@-|env:NAME", help="Password at the broker; asked for likewise."),
    ] = None,
    tls_ca: Annotated[
        Path | None, typer.Option(metavar="PEM", help="Own CA; without one, the bundle of public CAs.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="PEM", help="The device's certificate.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="PEM", help="The private key of it.")] = None,
    tls_psk_id: Annotated[str | None, typer.Option(help="Identity for TLS with a pre-shared key.")] = None,
    tls_psk: Annotated[
        str | None, typer.Option(metavar="@FILE|@-|env:NAME", help="The pre-shared key, hexadecimal digits.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="KEYS.toml",
            help="Seal frames: the device's key out of this file, which cutpoint serve --keys reads too; made and "
            "added where it has none.",
        ),
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="With --keys: give the device another key.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE|DIR", help="Write the image; with --batch or --count, the folder."),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(help="Bytes of the partition nvs, as 0x10000; by default those of the build."),
    ] = None,
    env: Env = None,
    build: BuildFolder = None,
    port: Port = None,
    baud: Baud = DEFAULT_BAUD,
    improv: Annotated[
        bool,
        typer.Option("--improv", help="Send the Wi-Fi to a running board over its console; no flashing."),
    ] = False,
    batch: Annotated[
        Path | None, typer.Option(metavar="CSV", help="One image a row; columns are settings, id among them.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="So many images, ids NAME-0001 and on.")] = None,
    no_questions: Annotated[
        bool, typer.Option("--no-questions", help="Ask nothing, even at a terminal.")
    ] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="Print every setting with its default and end.")
    ] = False,
    json: Json = False,
) -> None:
    """Give a board its settings: network, broker, credentials, keys, options.

    They come from --file, from the environment (CUTPOINT_SET_<KEY>), from options, and from questions at a terminal for
    what is missing; the later wins. Each is checked by the firmware's own rules. --port auto finds the board. No secret
    is ever printed, and none has to stand on a command line.
    """
    if list_:
        list_settings(json=json)
        return
    many = batch is not None or count is not None
    if out is None and port is None and not improv:
        raise UsageError(
            "where to? --out FILE writes an image, --port auto a board, --improv sends the Wi-Fi"
        )
    if many and (out is None or port is not None or improv or (batch is not None and count is not None)):
        raise UsageError(
            "--batch and --count each make images in a folder: --out DIR, without --port and --improv"
        )
    if improv and (port is None or port == ANY_PORT or out is not None or keys is not None):
        raise UsageError(
            "--improv sends Wi-Fi to one running board: --improv --port PORT, and nothing but Wi-Fi"
        )
    if new_key and keys is None:
        raise UsageError("--new-key changes a file of keys; name it with --keys")
    given = gathered(file, set_ or [])
    options = {
        "name": name, "id": id, "wifi_ssid": wifi_ssid, "wifi_pass": wifi_pass, "broker": broker,
        "mqtt_user": mqtt_user, "mqtt_pass": mqtt_pass, "tls_psk_id": tls_psk_id, "tls_psk": tls_psk,
    }  # fmt: skip
    for key, text in options.items():
        if text is not None:
            given.append(resolve(key, text, f"--{key.replace('_', '-')}"))
            warn_of_shown(key, text)
    for key, path in {"tls_ca": tls_ca, "tls_cert": tls_cert, "tls_key": tls_key}.items():
        if path is not None:
            given.append(resolve(key, f"@{path}", f"--{key.replace('_', '-')}"))
    if not no_questions and not many and sys.stdin.isatty() and errors.is_terminal:
        given += ask_for_missing(given, only_wifi=improv, tell=errors.say)
    settings = gather(given)
    if improv:
        assert port is not None
        give_wifi(port, settings, json=json)
        return
    if many:
        orders = from_csv(batch) if batch is not None else counted(settings.text("name"), count or 0)
        assert out is not None
        make_images(orders, given, out, find_size(size, env, build), keys, new_key=new_key, json=json)
        return
    need_broker(settings)
    esptool, board = None, None
    if port is not None:
        esptool = Esptool.find()
        board = find_board(esptool, None if port == ANY_PORT else port, None)
    if keys is not None:
        settings = with_key(given, settings, keys, device_of(settings, board), new=new_key)
    if out is not None:
        image = nvs_image(SETTINGS_NAMESPACE, settings.entries(), find_size(size, env, build))
        save_image(out, image)
    if board is not None and esptool is not None:
        onto_board(esptool, board, settings, baud)
    show(settings, out, board, json=json)


def gathered(file: Path | None, pairs: list[str]) -> list[Given]:
    """What the file, the environment and --set give, in this order."""
    given: list[Given] = []
    if file is not None:
        given += from_toml(file)
        if readable_by_others(file) and any(one.origin == str(file) and is_secret(one.key) for one in given):
            errors.say(f"{file} holds secrets and others may read it: chmod 600 {file}")
    given += from_environment(SCHEMA)
    given += from_pairs(pairs)
    for pair in pairs:
        key, _, text = pair.partition("=")
        warn_of_shown(key.strip(), text)
    return given


def device_of(settings: Settings, board: Board | None) -> DeviceId:
    """The id that the device will have.

    Raises:
        UsageError: it depends on the MAC of a board, and none is connected.
    """
    if settings.text("id"):
        return DeviceId(settings.text("id"))
    if board is None:
        raise UsageError(
            "a key belongs to a device's id, which ends in its MAC unless you say --id; or use --port"
        )
    mac = bytes.fromhex(board.mac.replace(":", ""))
    return DeviceId(board_id(mac, name=settings.text("name")))


def with_key(given: list[Given], settings: Settings, keys: Path, device: DeviceId, *, new: bool) -> Settings:
    """The settings with the device's key, which is in the file of keys from now on."""
    if "aead_key" in settings.given:
        raise UsageError(
            f"both --keys and aead_key ({settings.given['aead_key'].origin}) give a key; keep one"
        )
    text, made = key_text(keys, device, new=new)
    if made:
        errors.say(
            f"{keys}: a new key for {device}; the edge server reads it with cutpoint serve --keys {keys}"
        )
    return gather([*given, Given("aead_key", text, str(keys))])


def make_images(
    orders: list[Order],
    given: list[Given],
    folder: Path,
    size: int,
    keys: Path | None,
    *,
    new_key: bool,
    json: bool,
) -> None:
    """One image a device, FOLDER/ID.bin; every device is checked before the first image is written."""
    planned = [(order, gather([*given, *order.given])) for order in orders]
    for _, settings in planned:
        need_broker(settings)
    written = []
    with progress() as bar:
        task = bar.add_task("images", total=len(planned))
        for order, settings in planned:
            if keys is not None:
                own = [*given, *order.given]
                settings = with_key(own, settings, keys, order.device, new=new_key)
            path = folder / f"{order.device}.bin"
            save_image(path, nvs_image(SETTINGS_NAMESPACE, settings.entries(), size))
            written.append({"id": str(order.device), "file": path})
            bar.advance(task)
    if json:
        print_json({"images": written})
        return
    console.say(
        f"{len(written)} images of {size:,} B in {folder}, for the partition nvs at 0x9000 of each device"
    )


def need_broker(settings: Settings) -> None:
    """A board without a broker would wait for one for ever.

    Raises:
        UsageError: there is none.
    """
    if not settings.text("broker"):
        raise UsageError('no broker is given: --broker mqtt://HOST, or broker = "mqtt://HOST" in --file')


def list_settings(*, json: bool) -> None:
    """Every setting of the firmware, as a table or as JSON."""
    if json:
        print_json(list(SCHEMA.values()))
        return
    table = Table()
    for heading in ("key", "default", "takes", "what it does"):
        table.add_column(heading, no_wrap=heading in ("key", "default"), overflow="fold")
    for one in SCHEMA.values():
        limits = {
            "text": f"text, up to {one.most}",
            "pem": "PEM",
            "hex": "hexadecimal digits",
            "key": "64 hex digits",
        }
        takes = "|".join(one.choices) or limits.get(one.kind, f"{one.least} to {one.most}")
        table.add_row(one.key, one.initial or "-", takes + (", secret" if one.secret else ""), one.help)
    console.print(table, markup=False)


def show(settings: Settings, out: Path | None, board: Board | None, *, json: bool) -> None:
    """What was set, secrets as 'set', and where it went."""
    described = settings.described()
    if json:
        print_json({"settings": described, "file": out, "board": board})
        return
    for key, text in described.items():
        console.say(f"{key:<12} {text}")
    if not settings.text("wifi_ssid"):
        console.say("note: no Wi-Fi is set; the board needs Ethernet, or Wi-Fi over Improv")
    if out is not None:
        console.say(f"wrote {out}, for its owner's eyes alone: it holds the secrets above")
        console.say(f"next: cutpoint flash --env ENV --model BUNDLE --nvs {out}")
    if board is not None:
        console.say(f"written to {board}; it restarts with them")


def warn_of_shown(key: str, text: str) -> None:
    """Say that a secret on a command line can be seen there."""
    if is_secret(key) and text and not text.startswith(("@", "env:")):
        errors.say(
            f"{key} stood on the command line, where other users see it (ps); better @FILE, @-, env:NAME, or be asked"
        )


def is_secret(key: str) -> bool:
    return key in SCHEMA and SCHEMA[key].secret
