"""Partition tables of ESP-IDF in their CSV form: reading, and what Cutpoint's firmware needs of one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cutpoint.board.errors import PartitionError

SECTOR_BYTES: Final = 4096
APP_ALIGNMENT: Final = 0x10000  # of application partitions, and of what is mapped in whole pages
FIRST_OFFSET: Final = 0x9000  # the table lies at 0x8000 and takes one sector
LONGEST_LABEL: Final = 16

# label -> type and subtype as ESP-IDF spells them
NEEDED: Final = {
    "nvs": ("data", "nvs"),
    "otadata": ("data", "ota"),
    "state": ("data", "nvs"),
    "ota_0": ("app", "ota_0"),
    "ota_1": ("app", "ota_1"),
    "model": ("data", "0x40"),
    "spare": ("data", "0x40"),
}
_OTADATA_BYTES: Final = 0x2000
_LEAST_NVS_BYTES: Final = (
    0x3000  # an NVS partition keeps one page of 4,096 bytes free, and its copies need another
)


@dataclass(frozen=True, slots=True)
class Partition:
    """One row; offset and size in bytes."""

    label: str
    type: str
    subtype: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size


def read_partitions(text: str, where: str = "the partition table") -> tuple[Partition, ...]:
    """The rows of a table with explicit offsets, in its order. Raises PartitionError with the line."""
    found: list[Partition] = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = [field.strip() for field in line.split("#", 1)[0].split(",")]
        if fields == [""]:
            continue
        if len(fields) not in (5, 6) or not all(fields[:5]):
            raise PartitionError(
                f"{where}, line {number}: a partition is `name, type, subtype, offset, size` and maybe flags"
            )
        label, kind, subtype, offset, size = fields[:5]
        if len(label.encode()) > LONGEST_LABEL:
            raise PartitionError(
                f"{where}, line {number}: the name {label!r} has more than {LONGEST_LABEL} bytes"
            )
        found.append(
            Partition(label, kind, subtype, _number(offset, where, number), _number(size, where, number))
        )
    return tuple(found)


def partition(table: tuple[Partition, ...], label: str) -> Partition:
    """The row of a label; raises PartitionError when there is none."""
    for row in table:
        if row.label == label:
            return row
    raise PartitionError(
        f"the partition table has no {label!r}; it has {', '.join(row.label for row in table)}"
    )


def check_partitions(table: tuple[Partition, ...], flash_bytes: int) -> tuple[str, ...]:
    """What is wrong with a table on a flash of this size, one sentence each; empty when the firmware can live in it."""
    return (*_overlaps(table, flash_bytes), *_misplaced(table), *_missing(table))


def _number(text: str, where: str, line: int) -> int:
    unit = {"K": 1024, "M": 1024 * 1024}.get(text[-1:].upper(), 1)
    digits = text[:-1] if unit != 1 else text
    try:
        value = int(digits, 0)
    except ValueError:
        value = -1
    if not 0 <= value * unit <= 0xFFFFFFFF:
        raise PartitionError(f"{where}, line {line}: {text!r} is no offset or size, like 0x9000, 24K or 1M")
    return value * unit


def _overlaps(table: tuple[Partition, ...], flash_bytes: int) -> list[str]:
    rows = sorted(table, key=lambda row: row.offset)
    wrong = [
        f"{before.label} ends at {before.end:#x}, behind the start of {after.label} at {after.offset:#x}"
        for before, after in pairwise(rows)
        if before.end > after.offset
    ]
    wrong += [
        f"{row.label} begins at {row.offset:#x}, within the partition table"
        for row in rows
        if row.offset < FIRST_OFFSET
    ]
    wrong += [
        f"{row.label} ends at {row.end:#x}, the flash at {flash_bytes:#x}: choose the table of a smaller flash"
        for row in rows
        if row.end > flash_bytes
    ]
    labels = [row.label for row in table]
    return wrong + [
        f"{label} is there twice" for label in sorted({label for label in labels if labels.count(label) > 1})
    ]


def _misplaced(table: tuple[Partition, ...]) -> list[str]:
    wrong: list[str] = []
    for row in table:
        paged = row.type == "app" or row.label in ("model", "spare")
        for what, value in (("begins at", row.offset), ("has", row.size)):
            step = APP_ALIGNMENT if paged else SECTOR_BYTES
            if value % step or value == 0:
                wrong.append(f"{row.label} {what} {value:#x}, no multiple of {step:#x}")
    return wrong


def _missing(table: tuple[Partition, ...]) -> list[str]:
    rows = {row.label: row for row in table}
    wrong = [f"there is no partition {label!r}" for label in NEEDED if label not in rows]
    wrong += [
        f"{label} is {rows[label].type}/{rows[label].subtype}, the firmware looks for {'/'.join(kind)}"
        for label, kind in NEEDED.items()
        if label in rows and (rows[label].type, rows[label].subtype.lower()) != kind
    ]
    wrong += [
        f"{one} and {two} differ in size: what fits one has to fit the other"
        for one, two in (("model", "spare"), ("ota_0", "ota_1"))
        if one in rows and two in rows and rows[one].size != rows[two].size
    ]
    if "otadata" in rows and rows["otadata"].size != _OTADATA_BYTES:
        wrong.append(
            f"otadata has {rows['otadata'].size:#x} bytes, the bootloader expects {_OTADATA_BYTES:#x}"
        )
    wrong += [
        f"{label} has {rows[label].size:#x} bytes, NVS needs at least {_LEAST_NVS_BYTES:#x}"
        for label in ("nvs", "state")
        if label in rows and rows[label].size < _LEAST_NVS_BYTES
    ]
    return wrong
