"""The header of an ESP image, bootloader or app, checked as far as a board's ROM would check it.

Layout (esp_app_format.h, esp_image_format.h): 24 bytes of header, for each segment its address and length, the
segments, a checksum byte at the end of a 16-byte block, and the SHA-256 of all that where the header says so. An app's
first segment begins with its description.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import numpy as np

from cutpoint.errors import UsageError
from host_tools.flash.chips import Chip, chip_of_image

MAGIC = 0xE9
HEADER = struct.Struct("<BBBBI4xHBHH4xB")
SEGMENT = struct.Struct("<II")
MOST_SEGMENTS = 16
CHECKSUM_SEED = 0xEF
CHECKSUM_BLOCK = 16
SHA256_BYTES = 32
DESCRIPTION_MAGIC = 0xABCD5432
DESCRIPTION = struct.Struct("<II8x32s32s16s16s32s")
FLASH_SIZES = {
    0: 1 << 20,
    1: 2 << 20,
    2: 4 << 20,
    3: 8 << 20,
    4: 16 << 20,
    5: 32 << 20,
    6: 64 << 20,
    7: 128 << 20,
}


@dataclass(frozen=True, slots=True)
class AppDescription:
    """What an app says of itself (esp_app_desc_t)."""

    project: str
    version: str
    idf: str


@dataclass(frozen=True, slots=True)
class AppImage:
    """A bootloader or app image that is whole: `size` in bytes, digest included."""

    chip: Chip
    flash_bytes: int | None
    size: int
    description: AppDescription | None

    @staticmethod
    def parse(data: bytes, source: str) -> AppImage:
        """Check an image from its magic to its digest; `source` names it in sentences.

        Raises:
            UsageError: it is no image, is cut short, or its checksum or SHA-256 does not match.
        """
        if len(data) < HEADER.size or data[0] != MAGIC:
            seen = f"begins with {data[:1].hex()}" if data else "is empty"
            raise UsageError(f"{source} {seen}, not e9: this is no ESP image (an ELF file is none either)")
        _, segments, _, size_and_speed, _, chip_id, _, _, _, hashed = HEADER.unpack_from(data)
        chip = chip_of_image(chip_id)
        if chip is None:
            raise UsageError(f"{source} is for a chip with id {chip_id}, which is not known here")
        if not 1 <= segments <= MOST_SEGMENTS:
            raise UsageError(f"{source} claims {segments} segments; an image has 1 to {MOST_SEGMENTS}")
        size = _whole(data, segments, hashed == 1, source)
        return AppImage(chip, FLASH_SIZES.get(size_and_speed >> 4), size, _description(data))


def _whole(data: bytes, segments: int, hashed: bool, source: str) -> int:
    at = HEADER.size
    checksum = CHECKSUM_SEED
    for _ in range(segments):
        if at + SEGMENT.size > len(data):
            raise _truncated(source, len(data))
        _, length = SEGMENT.unpack_from(data, at)
        at += SEGMENT.size
        if at + length > len(data):
            raise _truncated(source, len(data))
        checksum ^= int(np.bitwise_xor.reduce(np.frombuffer(data, np.uint8, length, at)))
        at += length
    end = at + CHECKSUM_BLOCK - at % CHECKSUM_BLOCK
    if end + (SHA256_BYTES if hashed else 0) > len(data):
        raise _truncated(source, len(data))
    if data[end - 1] != checksum:
        raise UsageError(
            f"{source}: the checksum of its segments does not match; it is damaged, build it again"
        )
    if not hashed:
        return end
    if data[end : end + SHA256_BYTES] != hashlib.sha256(data[:end]).digest():
        raise UsageError(f"{source}: its SHA-256 does not match its content; it is damaged, build it again")
    return end + SHA256_BYTES


def _truncated(source: str, size: int) -> UsageError:
    return UsageError(f"{source} is cut short: its segments go on behind its {size:,} B; build it again")


def _description(data: bytes) -> AppDescription | None:
    at = HEADER.size + SEGMENT.size
    if len(data) < at + DESCRIPTION.size:
        return None
    magic, _, version, project, _, _, idf = DESCRIPTION.unpack_from(data, at)
    if magic != DESCRIPTION_MAGIC:
        return None
    return AppDescription(_text(project), _text(version), _text(idf))


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", errors="replace")
