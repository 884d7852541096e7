"""The last answers of one device, so that a repeated inference is answered again and never run again."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from cutpoint.wire import Activation, Flag

Frames = tuple[bytes, ...]
Asked = tuple[int, int]
"""Boot and sequence: an inference of one device."""
OF_A_PART: Final = -1
"""In place of the digest of a question that was answered, or is to be, from the chunks that came."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer that was given, and the digest of what it was asked with."""

    digest: int
    frames: Frames


class AnswerCache:
    """Result frames by inference, the last `size` of them."""

    __slots__ = ("_answers", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[Asked, Remembered] = OrderedDict()

    def get(self, asked: Asked) -> Remembered | None:
        """What answered this inference, or None when it was not answered or long ago."""
        return self._answers.get(asked)

    def put(self, asked: Asked, digest: int, frames: Frames) -> None:
        self._answers[asked] = Remembered(digest, frames)
        if len(self._answers) > self._size:
            self._answers.popitem(last=False)


def digest_of(message: Activation) -> int:
    """A number that differs for another question: CRC-32 of model, cut and tensors. 0 where there is no question.

    What a device itself has answered is no question; it may follow the question of the same inference.
    """
    if not message.tensors or Flag.ANSWERED in message.flags:
        return 0
    digest = zlib.crc32(message.model.raw + message.cut.to_bytes(2, "little"))
    for tensor in message.tensors:
        digest = zlib.crc32(tensor.data, digest)
    return digest or 1
