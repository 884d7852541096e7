"""Read an NVS partition that a board has written to: what is valid in it, whatever else a power cut left behind.

The format is ESP-IDF's (api-reference/storage/nvs_flash, internals): pages of 4,096 bytes with a header, a bitmap of
two bits an entry, and 126 entries of 32 bytes; values longer than 8 bytes follow their entry. Nothing is written here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PAGE_BYTES = 4096
ENTRY_BYTES = 32
FIRST_ENTRY = 64
ENTRIES = 126
IN_USE = {0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFFFF8}
"""Active, full, and being freed; the entries of all three count."""
WRITTEN = 0b10
HEADER = struct.Struct("<IIB19xI")
ENTRY = struct.Struct("<BBBBI16s8s")
NUMBERS = {0x01: "<B", 0x02: "<H", 0x04: "<I", 0x08: "<Q", 0x11: "<b", 0x12: "<h", 0x14: "<i", 0x18: "<q"}
STRING, BLOB_DATA, BLOB_INDEX = 0x21, 0x42, 0x48

Value = int | str | bytes


@dataclass(frozen=True, slots=True)
class _Item:
    namespace: int
    kind: int
    chunk: int
    key: str
    inline: bytes
    data: bytes


def read_nvs(partition: bytes) -> dict[tuple[str, str], Value]:
    """Every valid value by namespace and key; where one was written twice, the later."""
    items = [item for page in _pages(partition) for item in _items(page)]
    names = {item.inline[0]: item.key for item in items if item.namespace == 0}
    chunks = {(item.namespace, item.key, item.chunk): item.data for item in items if item.kind == BLOB_DATA}
    found: dict[tuple[str, str], Value] = {}
    for item in items:
        if item.namespace not in names:
            continue
        where = (names[item.namespace], item.key)
        if item.kind in NUMBERS:
            form = NUMBERS[item.kind]
            found[where] = struct.unpack_from(form, item.inline)[0]
        elif item.kind == STRING:
            found[where] = item.data.rstrip(b"\0").decode("utf-8", errors="replace")
        elif item.kind == BLOB_INDEX:
            size, count, start = struct.unpack_from("<IBB", item.inline)
            parts = [chunks.get((item.namespace, item.key, start + number)) for number in range(count)]
            blob = b"".join(part for part in parts if part is not None)
            if None not in parts and len(blob) == size:
                found[where] = blob
    return found


def _pages(partition: bytes) -> list[bytes]:
    """The pages in use, in the order in which they were begun."""
    found = []
    for at in range(0, len(partition) - PAGE_BYTES + 1, PAGE_BYTES):
        page = partition[at : at + PAGE_BYTES]
        state, number, _, crc = HEADER.unpack_from(page)
        if state in IN_USE and crc == zlib.crc32(page[4:28], 0xFFFFFFFF):
            found.append((number, page))
    return [page for _, page in sorted(found, key=lambda one: one[0])]


def _items(page: bytes) -> Iterator[_Item]:
    at = 0
    while at < ENTRIES:
        span = 1
        if _state(page, at) == WRITTEN:
            raw = _entry(page, at)
            namespace, kind, span, chunk, crc, key, inline = ENTRY.unpack(raw)
            whole = 1 <= span <= ENTRIES - at and crc == zlib.crc32(raw[:4] + raw[8:], 0xFFFFFFFF)
            span = span if whole else 1
            data = b""
            if whole and kind in (STRING, BLOB_DATA):
                size, data_crc = struct.unpack("<H2xI", inline)
                begin = FIRST_ENTRY + (at + 1) * ENTRY_BYTES
                data = page[begin : begin + size]
                whole = size <= (span - 1) * ENTRY_BYTES and data_crc == zlib.crc32(data, 0xFFFFFFFF)
            if whole:
                yield _Item(
                    namespace, kind, chunk, key.split(b"\0")[0].decode("ascii", "replace"), inline, data
                )
        at += span


def _entry(page: bytes, number: int) -> bytes:
    begin = FIRST_ENTRY + number * ENTRY_BYTES
    return page[begin : begin + ENTRY_BYTES]


def _state(page: bytes, number: int) -> int:
    return page[32 + number // 4] >> 2 * (number % 4) & 0b11
