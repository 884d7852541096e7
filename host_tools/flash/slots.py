"""Which of a board's two model slots a new model goes to, by what the board itself remembers of them.

The board's rule is firmware/device/slot/choice.h: it tries an image that is new in either slot, keeps the other to
return to, and never tries an image again that it has judged in that slot. The stamp of an image makes it new.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from host_tools.flash.board import WITHOUT_RESET, Board
from host_tools.flash.esptool import Esptool
from host_tools.flash.nvs_reader import read_nvs
from host_tools.flash.partition_table import PartitionTable
from host_tools.flash.plan import MODEL_LABEL, SPARE_LABEL
from host_tools.flash.scratch import scratch_folder

STATE_LABEL = "state"
NAMESPACE, KEY = "slots", "choice"
RECORD = struct.Struct("<BBBBII")
RECORD_VERSION = 1
SLOT_LABELS = (MODEL_LABEL, SPARE_LABEL)


@dataclass(frozen=True, slots=True)
class SlotsInUse:
    """What a board remembers: the slot in use, whether it is on trial, and the images judged in each (0 for none)."""

    slot: int
    trial: bool
    known: tuple[int, int]

    @staticmethod
    def of_record(record: bytes) -> SlotsInUse | None:
        """From the bytes that the board keeps; None for bytes that are no such record."""
        if len(record) != RECORD.size:
            return None
        version, slot, trial, _, first, second = RECORD.unpack(record)
        if version != RECORD_VERSION or slot >= len(SLOT_LABELS) or trial > 1:
            return None
        return SlotsInUse(slot, bool(trial), (first, second))


def targets(slots: SlotsInUse | None) -> tuple[str, ...]:
    """The labels of the slots to write a stamped image to, so that the board runs it after its next start.

    The slot that is not in use, so that the model in use is there to return to. A board that remembers nothing takes
    the first. While a trial is under way, either slot may be the next, so both are written.
    """
    if slots is None or slots.known == (0, 0):
        return (MODEL_LABEL,)
    if slots.trial:
        return SLOT_LABELS
    return (SLOT_LABELS[1 - slots.slot],)


def slots_in_use(esptool: Esptool, board: Board, table: PartitionTable) -> SlotsInUse | None:
    """Read what a board remembers of its slots; None for a board that remembers nothing yet.

    Raises:
        BoardError: its flash cannot be read.
    """
    where = table.labelled(STATE_LABEL)
    if where is None:
        return None
    with scratch_folder() as folder:
        path = folder / "state.bin"
        arguments = ["--chip", board.chip.name, *WITHOUT_RESET, "read-flash"]
        esptool.run([*arguments, f"{where.address:#x}", f"{where.size:#x}", str(path)], board.port)
        data = path.read_bytes() if path.is_file() else b""
    record = read_nvs(data).get((NAMESPACE, KEY))
    return SlotsInUse.of_record(record) if isinstance(record, bytes) else None
