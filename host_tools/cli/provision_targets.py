"""Where `cutpoint provision` puts settings: a file, a board's NVS partition, a running board's Wi-Fi."""

from __future__ import annotations

from pathlib import Path

from cutpoint.board import SETTINGS_NAMESPACE
from cutpoint.errors import UsageError
from host_tools.cli.board_options import one_build
from host_tools.cli.output import console, errors, print_json
from host_tools.cli.write_progress import shown_progress
from host_tools.flash import (
    MODEL_LABEL,
    SETTINGS_LABEL,
    Board,
    Esptool,
    FlashPlan,
    read_build,
    read_table,
    settings_part,
    write_plan,
    write_whole,
)
from host_tools.provision import DEFAULT_BYTES, ImprovClient, Settings, nvs_image
from host_tools.serial_line import BAUD, open_port
from host_tools.toolchain import find_build, find_environment, source_tree


def find_size(size: str | None, env: str | None, build: Path | None) -> int:
    """Bytes of the settings' partition: as said, as in a build's partition table, else as the firmware ships it.

    Raises:
        UsageError: no number, no such build, or two of them.
    """
    one_build(env, build)
    if size is not None:
        try:
            return int(size, 0)
        except ValueError:
            raise UsageError(f"--size is {size!r}; expected bytes, like 0x10000 or 65536") from None
    if build is None and env is None:
        return DEFAULT_BYTES
    if build is None:
        tree = source_tree()
        build = find_build(tree, find_environment(tree, env or "").name)
    return read_build(build).table.need(SETTINGS_LABEL).size


def save_image(path: Path, image: bytes) -> None:
    """Write an image that nobody but its owner may read; its folder is made where it is missing.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, image, 0o600)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def onto_board(esptool: Esptool, board: Board, settings: Settings, baud: int) -> None:
    """Write the settings' partition of a board that carries Cutpoint's firmware, and nothing else.

    Raises:
        BoardError: the board cannot be written.
        UsageError: it carries something else.
    """
    table = read_table(esptool, board)
    # Another firmware has a partition nvs too, and its owner would miss what is in it.
    table.need(MODEL_LABEL)
    image = nvs_image(SETTINGS_NAMESPACE, settings.entries(), table.need(SETTINGS_LABEL).size)
    part = settings_part(table, image, "settings")
    plan = FlashPlan(board.chip, board.flash_bytes or table.end, (part,))
    with shown_progress(plan) as progress:
        write_plan(esptool, board, plan, baud=baud, progress=progress)


def give_wifi(port: str, settings: Settings, *, json: bool) -> None:
    """Send network and password to a running board and say what came of it.

    Raises:
        BoardError: it does not answer, or cannot join.
        UsageError: no network is given.
    """
    ssid = settings.text("wifi_ssid")
    if not ssid:
        raise UsageError("--improv sends a Wi-Fi network, and none is given: --wifi-ssid NAME")
    left = [key for key in settings.given if key not in ("wifi_ssid", "wifi_pass")]
    if left:
        errors.say(f"Improv knows Wi-Fi only; not sent: {', '.join(left)}")
    line = open_port(port, BAUD)
    try:
        joined = ImprovClient(line, port).give(ssid, settings.text("wifi_pass"))
    finally:
        line.close()
    if json:
        print_json(
            {"port": port, "wifi_ssid": ssid, "joined": True, "urls": joined.urls, "about": joined.about}
        )
        return
    about = f" ({', '.join(joined.about)})" if joined.about else ""
    url = f"; {joined.urls[0]}" if joined.urls and joined.urls[0] else ""
    console.say(f"the board on {port}{about} joined {ssid}{url}")
