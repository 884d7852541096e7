"""Flash in memory, for a virtual device and for tests: it behaves like the NOR flash of a board."""

from __future__ import annotations

from typing import Protocol

from cutpoint.board.partitions import SECTOR_BYTES


class FlashArea(Protocol):
    """A part of the flash that an update is written to. Offsets count from its start; False or None is a failure."""

    def size(self) -> int:
        """Bytes, a multiple of 4,096; 0 when there is no such area."""
        ...

    def erase(self, offset: int, bytes: int, /) -> bool:
        """Both multiples of 4,096; afterwards the bytes read 0xFF."""
        ...

    def write(self, offset: int, data: bytes, /) -> bool:
        """Into erased flash, at any offset and of any size."""
        ...

    def read(self, offset: int, bytes: int, /) -> bytes | None: ...


class ProgressStore(Protocol):
    """Keeps how far an update has come over a restart."""

    def load(self) -> bytes | None: ...
    def store(self, progress: bytes, /) -> None: ...


class MemoryFlash:
    """An area of erased flash. Writing can only clear bits, as on a chip: what was not erased first does not hold."""

    def __init__(self, size: int) -> None:
        self.data = bytearray(b"\xff" * size)

    def size(self) -> int:
        return len(self.data)

    def erase(self, offset: int, bytes: int, /) -> bool:
        if offset % SECTOR_BYTES or bytes % SECTOR_BYTES or offset + bytes > len(self.data):
            return False
        self.data[offset : offset + bytes] = b"\xff" * bytes
        return True

    def write(self, offset: int, data: bytes, /) -> bool:
        if offset + len(data) > len(self.data):
            return False
        before = self.data[offset : offset + len(data)]
        self.data[offset : offset + len(data)] = bytes(
            old & new for old, new in zip(before, data, strict=True)
        )
        return True

    def read(self, offset: int, bytes: int, /) -> bytes | None:
        return (
            None
            if offset + bytes > len(self.data)
            else memoryview(self.data)[offset : offset + bytes].tobytes()
        )


class MemoryProgress:
    """Progress that is kept as long as the object."""

    def __init__(self) -> None:
        self.kept: bytes | None = None

    def load(self) -> bytes | None:
        return self.kept

    def store(self, progress: bytes, /) -> None:
        self.kept = progress
