"""A strict reader of freshly made NVS images, written from the documented format alone: every byte has to make sense.

ESP-IDF Programming Guide, API Reference, Storage, Non-Volatile Storage Library, Internals.
"""

from __future__ import annotations

import struct
import zlib

TYPES = {0x01: "u8", 0x02: "u16", 0x04: "u32"}


def crc(data: bytes) -> int:
    return zlib.crc32(data, 0xFFFFFFFF)


def parse(image: bytes) -> dict[str, dict[str, tuple[str, object]]]:
    """Namespace -> key -> (type, value). An assertion fails on anything that NVS would not write."""
    assert len(image) % 4096 == 0
    pages = [image[at : at + 4096] for at in range(0, len(image), 4096)]
    used = [page for page in pages if page != b"\xff" * 4096]
    assert pages[: len(used)] == used
    assert len(used) < len(pages), "NVS needs one page free"
    names: dict[int, str] = {}
    found: dict[str, dict[str, tuple[str, object]]] = {}
    blobs: dict[tuple[int, str], dict[int, bytes]] = {}
    for number, page in enumerate(used):
        state, sequence, version = struct.unpack_from("<IIB", page)
        assert state == (0xFFFFFFFE if number == len(used) - 1 else 0xFFFFFFFC)
        assert sequence == number
        assert version == 0xFE
        assert page[9:28] == b"\xff" * 19
        assert struct.unpack_from("<I", page, 28)[0] == crc(page[4:28])
        bits = [page[32 + entry // 4] >> 2 * (entry % 4) & 3 for entry in range(126)]
        assert page[32 + 31] >> 4 == 0xF
        at = 0
        while at < 126:
            raw = page[64 + 32 * at : 96 + 32 * at]
            if bits[at] == 3:
                assert set(page[64 + 32 * at :]) == {0xFF}, "written behind the last entry"
                assert set(bits[at:]) == {3}
                break
            space, kind, span, chunk = raw[:4]
            assert struct.unpack_from("<I", raw, 4)[0] == crc(raw[:4] + raw[8:])
            assert bits[at : at + span] == [2] * span
            key = raw[8:24].rstrip(b"\0").decode("ascii")
            assert 1 <= len(key) <= 15
            assert raw[23] == 0
            inline = raw[24:]
            if space == 0:
                assert (kind, span) == (0x01, 1)
                assert inline[0] not in names
                names[inline[0]] = key
                found[key] = {}
            elif kind in TYPES:
                width = kind
                assert (span, chunk) == (1, 0xFF)
                assert inline[width:] == b"\xff" * (8 - width)
                keep(found[names[space]], key, TYPES[kind], int.from_bytes(inline[:width], "little"))
            elif kind in (0x21, 0x42):
                size, reserved, data_crc = struct.unpack("<HHI", inline)
                assert reserved == 0xFFFF
                assert span == 1 + -(-size // 32)
                data = page[96 + 32 * at : 96 + 32 * at + size]
                assert data_crc == crc(data)
                assert set(page[96 + 32 * at + size : 64 + 32 * (at + span)]) <= {0xFF}
                if kind == 0x21:
                    assert chunk == 0xFF
                    assert data[-1:] == b"\0"
                    assert data.count(b"\0") == 1
                    keep(found[names[space]], key, "string", data[:-1].decode("utf-8"))
                else:
                    assert size
                    assert chunk not in blobs.setdefault((space, key), {})
                    blobs[space, key][chunk] = data
            else:
                assert kind == 0x48, f"an entry of type {kind:#x}"
                size, count, start = struct.unpack_from("<IBB", inline)
                assert start == 0
                data = b"".join(blobs.pop((space, key))[index] for index in range(count))
                assert len(data) == size
                keep(found[names[space]], key, "blob", data)
            at += span
    assert not blobs, "chunks without an index"
    return found


def keep(into: dict[str, tuple[str, object]], key: str, kind: str, value: object) -> None:
    assert key not in into, f"{key} is written twice"
    into[key] = (kind, value)
