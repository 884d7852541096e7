"""The two model slots of a virtual device: in memory, or in a folder that outlives it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from cutpoint import _core
from cutpoint.board import FlashArea, MemoryFlash, SlotError, SlotImage, read_slot_image
from cutpoint.errors import UsageError

SECTOR_BYTES = 4096

Contents = tuple[tuple[bool, int], tuple[bool, int]]


class Store(Protocol):
    """Small values by name, and flash."""

    def read(self, name: str) -> bytes | None: ...
    def write(self, name: str, data: bytes) -> None: ...
    def flash(self, name: str, size: int) -> FlashArea: ...


class MemoryStore:
    """Kept as long as the object."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self._flash: dict[str, MemoryFlash] = {}

    def read(self, name: str) -> bytes | None:
        return self._values.get(name)

    def write(self, name: str, data: bytes) -> None:
        self._values[name] = data

    def flash(self, name: str, size: int) -> FlashArea:
        return self._flash.setdefault(name, MemoryFlash(size))


class FileFlash:
    """An area of flash in a file: what was not erased first does not hold. A file that fails is flash that fails."""

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path, size

    def size(self) -> int:
        return self._size

    def erase(self, offset: int, bytes: int, /) -> bool:
        if offset % SECTOR_BYTES or bytes % SECTOR_BYTES or offset + bytes > self._size:
            return False
        return self._put(offset, b"\xff" * bytes)

    def write(self, offset: int, data: bytes, /) -> bool:
        before = self.read(offset, len(data))
        if before is None:
            return False
        return self._put(offset, (int.from_bytes(before) & int.from_bytes(data)).to_bytes(len(data)))

    def read(self, offset: int, bytes: int, /) -> bytes | None:
        if offset + bytes > self._size:
            return None
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                found = file.read(bytes)
        except FileNotFoundError:
            found = b""
        except OSError:
            return None
        # A file is as long as what was written: flash behind it is erased.
        return found + b"\xff" * (bytes - len(found))

    def _put(self, offset: int, data: bytes) -> bool:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            with os.fdopen(descriptor, "r+b") as file:
                gap = offset - file.seek(0, os.SEEK_END)
                if gap > 0:
                    file.write(b"\xff" * gap)
                file.seek(offset)
                file.write(data)
        except OSError:
            return False
        return True


class FolderStore:
    """One file a value, replaced in one step; one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Raises UsageError when the folder cannot be made."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"a device's state cannot be kept in {folder}: {error.strerror}") from error

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Raises UsageError when it cannot be written."""
        fresh = self._folder / f"{name}.new"
        try:
            fresh.write_bytes(data)
            fresh.replace(self._folder / name)
        except OSError as error:
            raise UsageError(f"{self._folder / name} cannot be written: {error.strerror}") from error

    def flash(self, name: str, size: int) -> FlashArea:
        return FileFlash(self._folder / name, size)


class Progress:
    """How far an update has come, in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self) -> bytes | None:
        return self._store.read("progress")

    def store(self, progress: bytes, /) -> None:
        self._store.write("progress", progress)


class Slots:
    """Two slots and which of them is in use, by the rules of a board (firmware/device/slot/choice.h)."""

    def __init__(self, store: Store, slot_bytes: int) -> None:
        self.progress = Progress(store)
        self._store = store
        self._areas = [store.flash(f"slot-{number}", slot_bytes) for number in range(2)]
        self._slot_bytes = slot_bytes
        self._choice = _core.SlotChoice(store.read("choice"))

    def flash(self, image: bytes) -> None:
        """Put an image into the first slot, as by cable, unless that was done before. Raises UsageError."""
        mark = _core.slot_crc(image).to_bytes(4, "little")
        if self._store.read("flashed") == mark:
            return
        area = self._areas[0]
        room = -(-len(image) // SECTOR_BYTES) * SECTOR_BYTES
        if room > self._slot_bytes:
            raise UsageError(f"a slot image of {len(image):,} bytes does not fit {self._slot_bytes:,} bytes")
        if not (area.erase(0, room) and area.write(0, image) and self._areas[1].erase(0, SECTOR_BYTES)):
            raise UsageError("the files of the model slots cannot be written")
        self._choice = _core.SlotChoice()
        self._choice.boot(self._contents())
        self._keep()
        self.progress.store(b"")
        self._store.write("flashed", mark)

    def boot(self) -> tuple[SlotImage | None, str]:
        """The image to run, and why: settled, trial, returned, fallback or nothing."""
        slot, reason = self._choice.boot(self._contents())
        self._keep()
        return None if slot is None else self._image(slot), reason

    @property
    def spare(self) -> FlashArea:
        """Where an update goes."""
        return self._areas[self._choice.spare or 0]

    def begin_trial(self) -> SlotImage:
        """The verified image of the spare slot, from now on tried. Raises SlotError when it cannot be read."""
        self._choice.begin_trial()
        self._keep()
        return self._image(self._choice.slot)

    def prove(self) -> None:
        """The image on trial loaded and gave a first answer."""
        self._choice.prove(self._contents())
        self._keep()

    def fail(self) -> SlotImage | None:
        """The image on trial did not: the one to go back to."""
        slot = self._choice.fail(self._contents())
        self._keep()
        return None if slot is None else self._image(slot)

    def _keep(self) -> None:
        self._store.write("choice", self._choice.stored())

    def _image(self, slot: int) -> SlotImage:
        data = self._areas[slot].read(0, self._slot_bytes)
        if data is None:
            raise SlotError("the slot cannot be read")
        return read_slot_image(data)

    def _contents(self) -> Contents:
        return self._content(0), self._content(1)

    def _content(self, slot: int) -> tuple[bool, int]:
        try:
            self._image(slot)
        except SlotError:
            return False, 0
        header = self._areas[slot].read(0, _core.SLOT_HEADER_BYTES)
        return (False, 0) if header is None else (True, _core.slot_crc(header))
