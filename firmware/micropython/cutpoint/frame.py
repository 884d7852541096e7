"""Frames: the 32-byte header, chunks, and putting chunks together again. docs/protocol.md says what every byte is."""

import struct
from binascii import crc32

ACTIVATION, RESULT, PLAN, TELEMETRY, COMMAND = 1, 2, 3, 4, 5

ENCRYPTED, HEDGED, TIMINGS, ANSWERED, PROBE, EXPLORATION, PARTIAL = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40
RESERVED_FLAGS = 0x80

HEADER_BYTES = 32
MAX_CHUNKS = 1024
CODECS = 7  # raw, bitmap, jpeg, lowbit, rans, slicer, delta

_HEADER = "<2sBB4sIIHBBHHII"
_NO_CRC = b"\0\0\0\0"


class FrameError(Exception):
    """A frame or payload that is refused; `reason` is the name in the golden vectors."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class Header:
    """A header's fields; of a whole message, `index` is 0 and `payload_bytes` that of all chunks."""

    __slots__ = (
        "boot",
        "codec",
        "count",
        "cut",
        "flags",
        "index",
        "kind",
        "model",
        "payload_bytes",
        "sequence",
    )

    def __init__(
        self, kind, model, boot=0, sequence=0, cut=0, codec=0, flags=0, index=0, count=1, payload_bytes=0
    ):
        self.kind = kind
        self.model = model
        self.boot = boot
        self.sequence = sequence
        self.cut = cut
        self.codec = codec
        self.flags = flags
        self.index = index
        self.count = count
        self.payload_bytes = payload_bytes

    def message(self):
        """What all chunks of a message have in common."""
        return (self.kind, self.model, self.boot, self.sequence, self.cut, self.codec, self.flags, self.count)


def newer(a, b):
    """Whether counter `a` is newer than `b`, both u32 that wrap (RFC 1982)."""
    return a != b and (a - b) & 0xFFFFFFFF < 0x80000000


def close_frame(buffer, header):
    """Write `header` in front of its payload, which lies in `buffer` from byte 32 on; returns the frame, no copy."""
    view = memoryview(buffer)[: HEADER_BYTES + header.payload_bytes]
    struct.pack_into(
        _HEADER, buffer, 0, b"CP", 1, header.kind, header.model, header.boot, header.sequence, header.cut,
        header.codec, header.flags, header.index, header.count, header.payload_bytes, 0,
    )  # fmt: skip
    struct.pack_into("<I", buffer, 28, crc32(view))
    return view


def open_frame(frame):
    """(Header, payload as a memoryview) of one frame; raises FrameError, checks in the page's order."""
    view = memoryview(frame)
    size = len(view)
    if size < HEADER_BYTES:
        raise FrameError("truncated")
    fields = struct.unpack_from(_HEADER, view, 0)
    magic, version, kind, model, boot, sequence, cut, codec, flags, index, count, payload_bytes, crc = fields
    if magic != b"CP":
        raise FrameError("magic")
    if version != 1:
        raise FrameError("version")
    if size - HEADER_BYTES < payload_bytes:
        raise FrameError("truncated")
    if size - HEADER_BYTES > payload_bytes:
        raise FrameError("length")
    if crc32(view[HEADER_BYTES:], crc32(_NO_CRC, crc32(view[:28]))) != crc:
        raise FrameError("crc")
    if not ACTIVATION <= kind <= COMMAND:
        raise FrameError("kind")
    if flags & RESERVED_FLAGS or (kind != RESULT and flags & PARTIAL):
        raise FrameError("flags")
    if kind == ACTIVATION and flags & PROBE and not flags & ANSWERED:
        raise FrameError("flags")
    if not 1 <= count <= MAX_CHUNKS or index >= count or (count > 1 and not payload_bytes):
        raise FrameError("chunk")
    if codec >= CODECS:
        raise FrameError("codec")
    header = Header(kind, model, boot, sequence, cut, codec, flags, index, count, payload_bytes)
    return header, view[HEADER_BYTES:]


def chunk_frames(header, payload_bytes, pieces, buffer):
    """The frames of one message, one after another in `buffer`: each is overwritten by the next.

    `pieces` yields the payload in bytes-likes of any size, `payload_bytes` together; each may overwrite the one before.
    Nothing is copied but into `buffer`. Raises FrameError "oversized" for more chunks than a message may have.
    """
    room = len(buffer) - HEADER_BYTES
    count = max(1, (payload_bytes + room - 1) // room)
    if count > MAX_CHUNKS:
        raise FrameError("oversized")
    header.count = count
    pieces = iter(pieces)
    piece, at = b"", 0
    view = memoryview(buffer)
    for index in range(count):
        size = min(room, payload_bytes - index * room)
        filled = 0
        while filled < size:
            if at == len(piece):
                piece, at = next(pieces), 0
                continue
            step = min(size - filled, len(piece) - at)
            view[HEADER_BYTES + filled : HEADER_BYTES + filled + step] = memoryview(piece)[at : at + step]
            filled += step
            at += step
        header.index = index
        header.payload_bytes = size
        yield close_frame(buffer, header)
