"""The board on a port: which chip it has, its MAC, how much flash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from host_tools.flash.chips import Chip, chip_named
from host_tools.flash.errors import BoardError
from host_tools.flash.esptool import Esptool
from host_tools.flash.partition_table import TABLE_ADDRESS, TABLE_BYTES, PartitionTable
from host_tools.flash.scratch import scratch_folder
from host_tools.flash.sizes import flash_bytes, size_words

WITHOUT_RESET = ("--after", "no-reset")


@dataclass(frozen=True, slots=True)
class Board:
    """What esptool saw on a port. `mac` is six bytes in hex with colons; `flash_bytes` None where it is not known."""

    port: str
    chip: Chip
    mac: str
    flash_bytes: int | None

    def __str__(self) -> str:
        flash = (
            "flash of unknown size"
            if self.flash_bytes is None
            else f"{size_words(self.flash_bytes)} of flash"
        )
        return f"{self.chip} on {self.port}, {flash}, MAC {self.mac}"


def find_board(esptool: Esptool, port: str | None, wanted: Chip | None) -> Board:
    """Ask the board on a port what it is; without a port, of every USB serial port, and of all ports where none is USB.

    Raises:
        BoardError: none answers, more than one does, or it has another chip than `wanted`.
    """
    ports = [port] if port is not None else list(usb_ports())
    if len(ports) < 2:
        return fitting(_ask(esptool, ports[0] if ports else None), wanted)
    found: list[Board] = []
    failures: list[BoardError] = []
    for one in ports:
        try:
            found.append(_ask(esptool, one))
        except BoardError as error:
            failures.append(error)
    fits = [board for board in found if wanted is None or board.chip == wanted]
    if len(fits) == 1:
        return fits[0]
    if not found:
        raise BoardError("; ".join(str(error) for error in failures))
    if fits:
        listed = "; ".join(str(board) for board in fits)
        raise BoardError(f"{len(fits)} boards are connected ({listed}); say which one with --port")
    return fitting(found[0], wanted)


def fitting(board: Board, wanted: Chip | None) -> Board:
    """The board, if its chip is the one that the firmware is for.

    Raises:
        BoardError: it is another one.
    """
    if wanted is not None and board.chip != wanted:
        raise BoardError(
            f"wrong chip: {board.port} has an {board.chip}, the firmware is for {wanted}; connect the right board, or "
            "build for this one (cutpoint build --env ENV)"
        )
    return board


def read_table(esptool: Esptool, board: Board) -> PartitionTable:
    """The partition table that a board carries.

    Raises:
        BoardError: it cannot be read.
        UsageError: the board carries none.
    """
    with scratch_folder() as folder:
        path = folder / "table.bin"
        arguments = ["--chip", board.chip.name, *WITHOUT_RESET, "read-flash", f"{TABLE_ADDRESS:#x}"]
        esptool.run([*arguments, f"{TABLE_BYTES:#x}", str(path)], board.port)
        data = path.read_bytes() if path.is_file() else b""
    return PartitionTable.parse(data, f"the flash of the board on {board.port}")


def usb_ports() -> list[str]:
    """Serial ports that hang on USB, in order of their names; none where pyserial is not installed."""
    try:
        from serial.tools.list_ports import comports
    except ImportError:
        return []
    return sorted(one.device for one in comports() if one.vid is not None and Path(one.device).name)


def _ask(esptool: Esptool, port: str | None) -> Board:
    lines = esptool.run([*WITHOUT_RESET, "flash-id"], port)
    text = "\n".join(lines)
    connected = re.search(r"^Connected to (\S+) on (.+?):$", text, re.MULTILINE)
    mac = re.search(
        r"^(?:BASE )?MAC:\s+((?:[0-9a-f]{2}:){5}[0-9a-f]{2})$", text, re.MULTILINE | re.IGNORECASE
    )
    size = re.search(r"^Detected flash size:\s+(\d+MB)$", text, re.MULTILINE)
    if connected is None or mac is None:
        raise BoardError(
            f"esptool {esptool.version} ended well but did not name chip and MAC; its output has changed: "
            "pip install 'cutpoint[board]' gives the version that is understood"
        )
    bytes_ = flash_bytes(size[1]) if size else None
    return Board(connected[2], chip_named(connected[1]), mac[1].lower(), bytes_)
