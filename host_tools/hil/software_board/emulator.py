"""A software board that is started like QEMU: it reads broker, id and model from a real flash image.

It checks the flags that the harness promises, and takes Ctrl-A out of its input as QEMU's shared console does. The
bundle, of whose model the image holds the device's part, comes from the variable CUTPOINT_SOFTWARE_BOARD_BUNDLE.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from cutpoint.board import read_slot_image
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from host_tools.flash import MODEL_LABEL, PartitionTable
from host_tools.flash.nvs_reader import read_nvs
from host_tools.flash.partition_table import TABLE_ADDRESS, TABLE_BYTES
from host_tools.hil.embedded import EMULATOR_FLAGS, ESCAPE
from host_tools.hil.make import GUEST_HOST
from host_tools.hil.software_board.board import SoftwareBoard, ignore_interrupts

BUNDLE = "CUTPOINT_SOFTWARE_BOARD_BUNDLE"
FLASH_BYTES = 4 << 20


def main() -> None:
    """Run until the process is killed, as an emulator does."""
    ignore_interrupts()
    image = flash_image(sys.argv[1:])
    flash = image.read_bytes()
    if len(flash) != FLASH_BYTES:
        raise UsageError(f"{image} has {len(flash)} bytes; the emulated flash has {FLASH_BYTES}")
    table = PartitionTable.parse(flash[TABLE_ADDRESS : TABLE_ADDRESS + TABLE_BYTES], str(image))

    def partition(label: str) -> bytes:
        found = next(one for one in table.partitions if one.label == label)
        return flash[found.address : found.end]

    settings = {
        key: value for (space, key), value in read_nvs(partition("nvs")).items() if space == "cutpoint"
    }
    slot = read_slot_image(partition(MODEL_LABEL))
    bundle = Bundle.open(os.environ[BUNDLE])
    if slot.model_id != bundle.model_id:
        raise UsageError(
            f"the image holds model {slot.model_id.hex()}, the bundle is {bundle.model_id.hex()}"
        )
    broker = urlsplit(str(settings["broker"]))
    # QEMU's user network: the guest's 10.0.2.2 is loopback of this machine.
    host = "127.0.0.1" if broker.hostname == GUEST_HOST else str(broker.hostname)
    SoftwareBoard(
        str(settings["id"]),
        bundle,
        host,
        broker.port or 1883,
        image.with_suffix(".kept"),
        root=str(settings.get("root", "cutpoint/1")),
        read=unescaped(lambda: os.read(sys.stdin.fileno(), 65536)),
    ).run()


def flash_image(words: list[str]) -> Path:
    """The file behind `-drive`; raises UsageError when the promised flags are not there."""
    if not " ".join(words).startswith(" ".join(EMULATOR_FLAGS)):
        raise UsageError(f"started with {words}, expected {' '.join(EMULATOR_FLAGS)} first")
    drive = dict(part.split("=", 1) for part in words[words.index("-drive") + 1].split(","))
    if drive["if"] != "mtd" or drive["format"] != "raw":
        raise UsageError(f"a drive {drive}; expected if=mtd and format=raw")
    return Path(drive["file"])


def unescaped(read: Callable[[], bytes]) -> Callable[[], bytes]:
    """Input as the guest gets it: Ctrl-A twice is one, Ctrl-A and another key is the emulator's own."""
    escaped = False

    def next_bytes() -> bytes:
        nonlocal escaped
        while data := read():
            out = bytearray()
            for byte in data:
                if escaped:
                    escaped = False
                    if byte == ESCAPE[0]:
                        out.append(byte)
                elif byte == ESCAPE[0]:
                    escaped = True
                else:
                    out.append(byte)
            if out:
                return bytes(out)
        return b""

    return next_bytes


if __name__ == "__main__":
    main()
