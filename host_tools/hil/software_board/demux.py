"""Takes a console's bytes apart: lines, and packets with pictures. Of half a packet nothing is left after a while."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from host_tools.hil.packet import MAGIC

LONGEST_LINE = 512
PACKET_S = 2.0
_HEAD = struct.Struct("<4sII")


@dataclass(frozen=True, slots=True)
class Words:
    """A line without its end."""

    text: str


@dataclass(frozen=True, slots=True)
class PictureData:
    """A packet whose CRC is right."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """What was neither, in a sentence."""

    reason: str


class Demux:
    """Bytes in, events out. `largest`: bytes of a picture that are taken."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buffer = bytearray()
        self._since = 0.0

    def push(self, data: bytes) -> Iterator[Words | PictureData | Refused]:
        """What these bytes complete."""
        now = time.monotonic()
        if self._buffer and now - self._since > PACKET_S:
            self._buffer.clear()
            yield Refused("what came before was never finished")
        self._since = now
        self._buffer += data
        while (event := self._next()) is not None:
            yield event

    def _next(self) -> Words | PictureData | Refused | None:
        start = self._buffer.find(MAGIC)
        end = self._buffer.find(b"\n")
        if end >= 0 and (start < 0 or end < start):
            text = self._take(end + 1)[:-1].decode("utf-8", "replace").rstrip("\r")
            return Refused("a line is too long") if len(text) > LONGEST_LINE else Words(text)
        if start < 0:
            if len(self._buffer) > LONGEST_LINE + len(MAGIC):
                self._take(len(self._buffer) - len(MAGIC))
                return Refused("a line is too long")
            return None
        if start:
            self._take(start)
        if len(self._buffer) < _HEAD.size:
            return None
        _, size, crc = _HEAD.unpack_from(self._buffer)
        if size > self._largest:
            self._take(len(MAGIC))
            return Refused(f"a picture of {size} bytes is too large; {self._largest} are taken")
        if len(self._buffer) < _HEAD.size + size:
            return None
        data = self._take(_HEAD.size + size)[_HEAD.size :]
        return PictureData(data) if zlib.crc32(data) == crc else Refused("the picture's CRC is wrong")

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken
