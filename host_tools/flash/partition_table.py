"""The partition table as the bootloader reads it: 32-byte rows in flash, and an MD5 row behind them.

The format is that of ESP-IDF's partition table (api-guides/partition-tables): little-endian rows of magic 0x50AA, type,
subtype, offset, size, a label of 16 bytes and flags; a row EB EB FF... that carries the MD5 of the rows before it;
erased flash to the end.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from itertools import pairwise

from cutpoint.errors import UsageError

TABLE_ADDRESS = 0x8000
"""Where the table lies unless a build says otherwise (CONFIG_PARTITION_TABLE_OFFSET)."""
TABLE_BYTES = 0xC00
SECTOR_BYTES = 0x1000
APP_ALIGNMENT = 0x10000

ROW = struct.Struct("<2sBBII16sI")
ROW_MAGIC = b"\xaa\x50"
MD5_ROW = b"\xeb\xeb" + b"\xff" * 14
ERASED_ROW = b"\xff" * ROW.size

APP = 0x00
DATA = 0x01
APP_FACTORY = 0x00
APP_OTA_0 = 0x10
DATA_OTA = 0x00


@dataclass(frozen=True, slots=True)
class Partition:
    """One row: where a partition lies, in bytes from the start of flash."""

    label: str
    kind: int
    subtype: int
    address: int
    size: int
    flags: int = 0

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.size


@dataclass(frozen=True, slots=True)
class PartitionTable:
    """All rows in the order of the table. Rows do not overlap, lie on sectors and have different labels."""

    partitions: tuple[Partition, ...]

    @staticmethod
    def parse(data: bytes, source: str) -> PartitionTable:
        """Read a table; `source` names it in sentences.

        Raises:
            UsageError: it is no partition table, its MD5 does not match, or its rows contradict each other.
        """
        rows = []
        for at in range(0, min(len(data), TABLE_BYTES), ROW.size):
            raw = data[at : at + ROW.size]
            if raw[:16] == MD5_ROW:
                if len(raw) < ROW.size or raw[16:] != hashlib.md5(data[:at], usedforsecurity=False).digest():
                    raise UsageError(
                        f"{source}: the MD5 of the partition table does not match its rows; it is damaged, "
                        "build it again"
                    )
                break
            if raw == ERASED_ROW:
                break
            if len(raw) < ROW.size or raw[:2] != ROW_MAGIC:
                what = "is empty" if not data else f"has {raw[:2].hex(' ')} at {at:#x}, not aa 50"
                raise UsageError(f"{source} {what}: this is no partition table")
            rows.append(_row(raw, source))
        if not rows:
            raise UsageError(
                f"{source} holds no partitions: this is no partition table, or the flash is blank"
            )
        _check(rows, source)
        return PartitionTable(tuple(rows))

    def labelled(self, label: str) -> Partition | None:
        """The partition of that label, or None."""
        return next((one for one in self.partitions if one.label == label), None)

    def need(self, label: str) -> Partition:
        """The partition of that label.

        Raises:
            UsageError: there is none.
        """
        if (found := self.labelled(label)) is None:
            labels = ", ".join(one.label for one in self.partitions)
            raise UsageError(
                f"the partition table has no partition {label!r}, only {labels}; "
                "it is not of Cutpoint's firmware: flash the whole firmware first (cutpoint flash --env ENV)"
            )
        return found

    @property
    def first_app(self) -> Partition:
        """The slot that a board boots from when otadata is blank: factory, else ota_0.

        Raises:
            UsageError: the table has neither.
        """
        for subtype in (APP_FACTORY, APP_OTA_0):
            for one in self.partitions:
                if one.kind == APP and one.subtype == subtype:
                    return one
        raise UsageError("the partition table has no app slot (factory or ota_0)")

    @property
    def otadata(self) -> Partition | None:
        """The partition in which the bootloader finds which app slot to boot, or None."""
        return next((one for one in self.partitions if (one.kind, one.subtype) == (DATA, DATA_OTA)), None)

    @property
    def end(self) -> int:
        """The least size of flash, in bytes, that this table fits."""
        return max(one.end for one in self.partitions)


def _row(raw: bytes, source: str) -> Partition:
    _, kind, subtype, address, size, label, flags = ROW.unpack(raw)
    try:
        name = label.rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        name = ""
    if not name.isprintable() or not name:
        raise UsageError(f"{source}: a partition at {address:#x} has no readable label; the table is damaged")
    return Partition(name, kind, subtype, address, size, flags)


def _check(rows: list[Partition], source: str) -> None:
    labels = [one.label for one in rows]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"{source}: two partitions are labelled {label!r}")
    for one in rows:
        grain = APP_ALIGNMENT if one.kind == APP else SECTOR_BYTES
        if one.address % grain or one.size % SECTOR_BYTES or not one.size:
            raise UsageError(
                f"{source}: {one.label} at {one.address:#x} with {one.size:#x} B does not lie on {grain:#x} B"
            )
    ordered = sorted(rows, key=lambda one: one.address)
    for before, after in pairwise(ordered):
        if before.end > after.address:
            raise UsageError(f"{source}: {before.label} and {after.label} overlap at {after.address:#x}")
