"""Frames that devices may name as what they change: the levels of those that were decoded, by device."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from cutpoint.wire import DeviceId
from edge_server.catalogue.undoing import Levels

MOST_FRAMES = 8
# What a remembered frame takes besides its levels: tuple, entries of dictionaries.
_FRAME_BYTES = 256

Stream = tuple[object, ...]
"""What frames must have in common for one to change another: boot, model, tables, setting."""


@dataclass(slots=True)
class _Held:
    stream: Stream
    frames: OrderedDict[int, Levels] = field(default_factory=OrderedDict)
    """By sequence, ascending."""


class References:
    """Bounded: `MOST_FRAMES` of a device, `most_bytes` of all; the device unheard for longest is forgotten first.

    Forgetting is harmless: a change of what is not known any more is refused, and its device sends a key frame. Belongs
    to the desk's thread.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held: OrderedDict[DeviceId, _Held] = OrderedDict()
        self.bytes = 0
        self.dropped = 0
        """Devices that were forgotten for want of room."""

    def get(self, device: DeviceId, stream: Stream, sequence: int) -> Levels | None:
        """The levels of one frame; None where it is not remembered."""
        held = self._held.get(device)
        return None if held is None or held.stream != stream else held.frames.get(sequence)

    def put(self, device: DeviceId, stream: Stream, sequence: int, levels: Levels, *, age: int) -> None:
        """Remember a frame that was decoded; it changed the one `age` before it, and what is older is dropped."""
        held = self._held.get(device)
        if held is not None and held.stream != stream:
            self.forget(device)
            held = None
        if held is None:
            held = self._held[device] = _Held(stream)
        self._held.move_to_end(device)
        self._drop(held, sequence)
        held.frames[sequence] = levels
        self.bytes += _size(levels)
        # A key frame names none: until it is acknowledged the device still goes by an older one.
        if age:
            for older in [one for one in held.frames if one < sequence - age]:
                self._drop(held, older)
        while len(held.frames) > MOST_FRAMES:
            # Not the one that is named: its device goes by it until it hears that a newer one came.
            self._drop(held, min(one for one in held.frames if one != sequence - age))
        while self.bytes > self._most_bytes and self._held:
            self.forget(next(iter(self._held)))
            self.dropped += 1

    def forget(self, device: DeviceId) -> None:
        """The device began a new life, changed its model, or is served here no longer."""
        held = self._held.pop(device, None)
        if held is not None:
            self.bytes -= sum(map(_size, held.frames.values()))

    def __len__(self) -> int:
        return len(self._held)

    def _drop(self, held: _Held, sequence: int) -> None:
        levels = held.frames.pop(sequence, None)
        if levels is not None:
            self.bytes -= _size(levels)


def _size(levels: Levels) -> int:
    return _FRAME_BYTES + sum(map(len, levels))
