"""Write a plan to a board, with progress, and verified: esptool compares each part's MD5 in flash."""

from __future__ import annotations

import re
from collections.abc import Callable

from host_tools.flash.board import Board
from host_tools.flash.errors import BoardError
from host_tools.flash.esptool import Esptool
from host_tools.flash.plan import FlashPlan, Part
from host_tools.flash.scratch import scratch_folder, write_private
from host_tools.flash.sizes import size_words

DEFAULT_BAUD = 460800
# The images carry mode, speed and size of flash as they were built; esptool is not to patch what was hashed.
AS_BUILT = ("--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep")

Progress = Callable[[Part, float], None]


def write_plan(
    esptool: Esptool,
    board: Board,
    plan: FlashPlan,
    *,
    baud: int = DEFAULT_BAUD,
    erase: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write every part and start the board anew; `erase` blanks the whole flash before.

    `progress` gets the part that is being written and how much of it is, from 0 to 1.

    Raises:
        BoardError: the flash is too small, the connection broke, or a part reads back differently.
    """
    if board.flash_bytes is not None and board.flash_bytes < plan.flash_bytes:
        raise BoardError(
            f"flash too small: the board on {board.port} has {size_words(board.flash_bytes)}, the firmware is built "
            f"for {size_words(plan.flash_bytes)}; build for its size"
        )
    written = verified = 0
    with scratch_folder() as folder:
        pairs: list[str] = []
        for number, part in enumerate(plan.parts):
            path = folder / f"{number}.bin"
            write_private(path, part.data)
            pairs += [f"{part.address:#x}", str(path)]

        def told(line: str) -> None:
            nonlocal written, verified
            if line.startswith("Hash of data verified"):
                verified += 1
            elif line.startswith("Wrote "):
                written += 1
            elif progress is not None and (share := _share(line)) is not None and written < len(plan.parts):
                progress(plan.parts[written], share)

        arguments = ["--chip", board.chip.name, "--baud", str(baud), "write-flash", *AS_BUILT]
        esptool.run([*arguments, *(["--erase-all"] if erase else []), *pairs], board.port, told)
    if verified < len(plan.parts):
        raise BoardError(
            f"esptool verified {verified} of {len(plan.parts)} parts on {board.port}; repeat the command, "
            "with a lower --baud if it happens again"
        )


def _share(line: str) -> float | None:
    """How much of a part is written, by a line like 'Writing at 0x00009400 ===>   52.3% 1024/2048 bytes...'.

    The address there is the next to be written, at the end that of the next part: it does not tell which part it is.
    """
    match = re.search(r"^Writing at 0x[0-9a-f]+.*?(\d+(?:\.\d+)?)\s*%", line)
    return min(1.0, float(match[1]) / 100) if match else None
