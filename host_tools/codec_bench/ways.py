"""Ways to send the tensors of a cut: what each makes of a row of frames, and what the edge has then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cutpoint.codec import CodecId, DType, by_name
from cutpoint.graph.manifest import TensorEntry
from host_tools.codec_bench.halves import Live


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of frames as a way sent them.

    coded: bytes of each tensor, frame by frame. received: what the edge has, frame by frame; None where that is what
    was sent, bit by bit. raw: tensors that went raw because the way would not have been smaller.
    """

    coded: tuple[tuple[int, ...], ...]
    received: tuple[Live, ...] | None = None
    raw: int = 0


class Way(Protocol):
    """One way to send; frames come in their order, as of one device."""

    def send(self, frames: Sequence[Live]) -> Sent:
        """Code all frames, and undo it."""
        ...


class Raw:
    """Every byte as it is."""

    def send(self, frames: Sequence[Live]) -> Sent:
        coded = tuple(tuple(tensor.nbytes for tensor in frame) for frame in frames)
        return Sent(coded, raw=sum(map(len, coded)))


class Bitmap:
    """The codec without tables, with raw where that is smaller."""

    def __init__(self, tensors: Sequence[TensorEntry]) -> None:
        self._fills = [fill_of(tensor) for tensor in tensors]

    def send(self, frames: Sequence[Live]) -> Sent:
        bitmap = by_name("bitmap")
        coded, raw = [], 0
        for frame in frames:
            made = [
                bitmap.encode(tensor.tobytes(), DType.of(tensor.dtype), fill)
                for tensor, fill in zip(frame, self._fills, strict=True)
            ]
            raw += sum(one.codec is CodecId.RAW for one in made)
            coded.append(tuple(len(one.data) for one in made))
        return Sent(tuple(coded), raw=raw)


def fill_of(tensor: TensorEntry) -> int:
    """The element that a ReLU leaves: the zero point; 0 for a float."""
    return 0 if tensor.zero_point is None else tensor.zero_point
