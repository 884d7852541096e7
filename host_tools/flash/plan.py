"""What will be written where: a plan that is checked as a whole before anything is touched."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.flash.build_folder import Build
from host_tools.flash.chips import Chip
from host_tools.flash.partition_table import SECTOR_BYTES, TABLE_BYTES, Partition, PartitionTable
from host_tools.flash.sizes import size_words

MODEL_LABEL = "model"
SPARE_LABEL = "spare"
SETTINGS_LABEL = "nvs"
BLANK = b"\xff"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes for one place in flash. `room` is how many fit there; `secret` keeps even their hash out of print, since
    a hash of settings would let a password be guessed."""

    name: str
    address: int
    data: bytes = field(repr=False)
    room: int
    source: str
    secret: bool = False

    @property
    def end(self) -> int:
        """The first address behind its bytes."""
        return self.address + len(self.data)

    @property
    def sha256(self) -> str | None:
        """Hex SHA-256 of the bytes; None for what holds secrets."""
        return None if self.secret else hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class FlashPlan:
    """Parts in the order of their addresses; each fits its place, none overlap, all lie within the flash."""

    chip: Chip | None
    flash_bytes: int
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.parts:
            raise UsageError("there is nothing to write")
        for part in self.parts:
            if len(part.data) > part.room:
                raise UsageError(
                    f"{part.name} ({part.source}) has {len(part.data):,} B, {len(part.data) - part.room:,} more than "
                    f"the {part.room:,} B that its place at {part.address:#x} holds"
                )
            if part.end > self.flash_bytes:
                raise UsageError(
                    f"{part.name} ends at {part.end:#x}, behind the {size_words(self.flash_bytes)} of flash; "
                    "take a board with more flash, or build for this size"
                )
        for before, after in pairwise(self.parts):
            if before.end > after.address:
                raise UsageError(f"{before.name} and {after.name} overlap at {after.address:#x}")

    @property
    def total_bytes(self) -> int:
        """How many bytes are written."""
        return sum(len(part.data) for part in self.parts)

    def image(self) -> bytes:
        """The complete image of the flash, from address 0 to its size, blank (0xFF) where nothing is written."""
        image = bytearray(BLANK * self.flash_bytes)
        for part in self.parts:
            image[part.address : part.end] = part.data
        return bytes(image)

    def merged(self) -> bytes:
        """One file for address 0, cut off behind the last part."""
        return self.image()[: self.parts[-1].end]


def plan_firmware(
    build: Build,
    *,
    model: tuple[bytes, str] | None = None,
    settings: tuple[bytes, str] | None = None,
    flash_size: int | None = None,
) -> FlashPlan:
    """Everything that a board needs: bootloader, table, otadata, app, and what is given of settings and model.

    `settings` are an NVS image, `model` a slot image, each with the name of its source; beside a model the spare slot
    is blanked, so that no other model is left to choose. `flash_size` in bytes overrides the build's.

    Raises:
        UsageError: something does not fit.
    """
    table, size = build.table, build.flash_bytes if flash_size is None else flash_size
    if table.end > size:
        raise UsageError(
            f"flash too small: the partition table of {build.folder} ends at {table.end:#x} and needs "
            f"{size_words(-(-table.end // (1 << 20)) << 20)}, the flash has {size_words(size)}; build for this size"
        )
    notes = []
    table_at = build.table_file.address
    parts = [
        Part(
            "bootloader",
            build.bootloader.address,
            build.bootloader.data,
            table_at - build.bootloader.address,
            str(build.bootloader.path),
        ),
        Part("partition table", table_at, build.table_file.data, SECTOR_BYTES, str(build.table_file.path)),
        _app(build),
    ]
    if len(build.table_file.data) < TABLE_BYTES:
        notes.append(
            f"{build.table_file.path} is shorter than a whole table; the rest of its sector is left blank"
        )
    if (otadata := _otadata(build)) is not None:
        parts.append(otadata)
    for other in build.others:
        parts.append(
            Part(other.name, other.address, other.data, _room_at(table, other.address), str(other.path))
        )
    if settings is not None:
        parts.append(settings_part(table, *settings))
    else:
        notes.append("no settings are written: a blank board asks for Wi-Fi and broker (cutpoint provision)")
    if model is not None:
        parts.append(model_part(table, *model))
        if (spare := table.labelled(SPARE_LABEL)) is not None:
            parts.append(Part(SPARE_LABEL, spare.address, BLANK * SECTOR_BYTES, spare.size, "blank"))
    else:
        notes.append("no model is written: the slot keeps what it holds (--model BUNDLE writes one)")
    return FlashPlan(build.chip, size, tuple(sorted(parts, key=lambda part: part.address)), tuple(notes))


def plan_model(
    table: PartitionTable, image: bytes, source: str, labels: Sequence[str], flash_bytes: int
) -> FlashPlan:
    """A slot image for the slots of those labels, and nothing else.

    Raises:
        UsageError: it does not fit, or the table has no such slot.
    """
    parts = [model_part(table, image, source, label) for label in labels]
    return FlashPlan(None, flash_bytes, tuple(sorted(parts, key=lambda part: part.address)))


def settings_part(table: PartitionTable, image: bytes, source: str) -> Part:
    """The settings' place for an NVS image of exactly that partition's size.

    Raises:
        UsageError: the image has another size than the partition, or is no NVS image.
    """
    where = table.need(SETTINGS_LABEL)
    if len(image) != where.size:
        raise UsageError(
            f"{source} has {len(image):,} B; the settings' partition has {where.size:,}: make it again with "
            f"cutpoint provision --out FILE --size {where.size:#x}"
        )
    if image[4:9] != b"\0\0\0\0\xfe" or image[:1] not in (b"\xfe", b"\xfc"):
        raise UsageError(f"{source} is no NVS image; make one with cutpoint provision --out FILE")
    return Part("settings", where.address, image, where.size, source, secret=True)


def model_part(table: PartitionTable, image: bytes, source: str, label: str = MODEL_LABEL) -> Part:
    """A model slot's place for a slot image.

    Raises:
        UsageError: the image is larger than the slot.
    """
    where = table.need(label)
    if len(image) > where.size:
        raise UsageError(
            f"the model of {source} needs {len(image):,} B in its slot, the slot has {where.size:,}: take a smaller "
            "one, or leave operators to the edge (cutpoint split --max-cut)"
        )
    return Part(label, where.address, image, where.size, source)


def _app(build: Build) -> Part:
    slots = [one for one in build.table.partitions if one.address == build.app.address]
    if not slots or slots[0] != build.table.first_app:
        raise UsageError(
            f"{build.folder} puts the app at {build.app.address:#x}, where the partition table has no app slot to "
            "boot from; build again from clean"
        )
    slot: Partition = slots[0]
    if len(build.app.data) > slot.size:
        raise UsageError(
            f"{build.app.path} has {len(build.app.data):,} B, {len(build.app.data) - slot.size:,} more than the slot "
            f"{slot.label} holds; leave something out of the build or take a board with more flash"
        )
    return Part("app", slot.address, build.app.data, slot.size, str(build.app.path))


def _otadata(build: Build) -> Part | None:
    where = build.table.otadata
    if where is None:
        return None
    if build.otadata is None:
        # Blank otadata is what ESP-IDF's ota_data_initial.bin holds: the bootloader takes the first slot.
        return Part("otadata", where.address, BLANK * where.size, where.size, "blank")
    return Part("otadata", build.otadata.address, build.otadata.data, where.size, str(build.otadata.path))


def _room_at(table: PartitionTable, address: int) -> int:
    for one in table.partitions:
        if one.address <= address < one.end:
            return one.end - address
    raise UsageError(
        f"the build has a file for {address:#x}, which is in no partition; build again from clean"
    )


def read_settings(path: Path) -> tuple[bytes, str]:
    """An NVS image from a file, with its name.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_bytes(), str(path)
    except OSError as error:
        raise UsageError(f"cannot read the settings image {path}: {error.strerror}") from error
