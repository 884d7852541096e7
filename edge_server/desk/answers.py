"""The last answers of one device, so that a repeated inference is answered again and never run again."""

from __future__ import annotations

from collections import OrderedDict

Frames = tuple[bytes, ...]


class AnswerCache:
    """Result frames by (boot, sequence), the last `size` of them."""

    __slots__ = ("_frames", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._frames: OrderedDict[tuple[int, int], Frames] = OrderedDict()

    def get(self, boot: int, sequence: int) -> Frames | None:
        """The frames that answered this inference, or None when it was not answered or long ago."""
        return self._frames.get((boot, sequence))

    def put(self, boot: int, sequence: int, frames: Frames) -> None:
        self._frames[(boot, sequence)] = frames
        if len(self._frames) > self._size:
            self._frames.popitem(last=False)
