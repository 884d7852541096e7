"""What codec slicer is set to for a tensor, and which settings are worth a try (docs/codecs.md, "slicer")."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.codec.errors import CodecError
from cutpoint.codec.numbers import DType

MOST_ELEMENTS = 0xFFFF
MOST_BLOCK_BITS = 3

# At cut 17 of the shipped FOMO a fifth of the elements keeps the F1, a twentieth loses 3 points of it; the floors
# between lie 6 to 15 % apart.
KEPT_SHARES = (0.32, 0.25, 0.19, 0.17, 0.145, 0.12, 0.1, 0.08, 0.063, 0.045)
# Widths of cells in floors: narrower ones cost more bytes than a lower floor, wider ones more of the answer than a
# higher one.
WIDTHS_OF_FLOOR = (0.75, 1.0, 1.25)
# The cap is for the frame that has far more to say than others.
CAP_OVER_MEAN = 2.0


@dataclass(frozen=True, slots=True)
class SlicerTables:
    """One tensor's settings.

    shape: height, width, channels. zero_point: a value of the dtype; what is not kept becomes it. keep: the most
    elements that a frame keeps. floors: how far below and above the zero point an element must be to be kept; 0 keeps
    none of that side. widest: ranks of a cell; a kept element decodes to less than that away from it. blocks: 1, 2, 4
    or 8, of equal count.
    """

    shape: tuple[int, int, int]
    dtype: DType
    zero_point: int
    keep: int
    floors: tuple[int, int]
    widest: int
    blocks: int = 1

    def __post_init__(self) -> None:
        if self.dtype not in (DType.INT8, DType.UINT8):
            raise CodecError(f"slicer codes int8 and uint8, no {self.dtype.name.lower()}")
        if min(self.shape) < 1 or self.elements > MOST_ELEMENTS:
            raise CodecError(f"slicer codes 1 to {MOST_ELEMENTS:,} elements, no tensor of shape {self.shape}")
        below, above = (self.zero_point - self._lowest, 255 - (self.zero_point - self._lowest))
        if not (0 <= below <= 255):
            raise CodecError(f"zero point {self.zero_point} is no {self.dtype.name.lower()}")
        fit = 0 <= self.floors[0] <= below and 0 <= self.floors[1] <= above and any(self.floors)
        if not fit:
            raise CodecError(
                f"floors {self.floors}: with zero point {self.zero_point} they are at most {below} and {above}, "
                "and not both 0"
            )
        if not 1 <= self.keep <= MOST_ELEMENTS or not 1 <= self.widest <= 255:
            raise CodecError(
                f"keep {self.keep} and widest {self.widest}: 1 to {MOST_ELEMENTS:,} and 1 to 255"
            )
        if self.blocks not in [1 << bits for bits in range(MOST_BLOCK_BITS + 1)]:
            raise CodecError(f"{self.blocks} blocks: there are 1, 2, 4 or 8")

    @property
    def elements(self) -> int:
        """Bytes of the tensor."""
        height, width, channels = self.shape
        return height * width * channels

    @property
    def _lowest(self) -> int:
        return -128 if self.dtype is DType.INT8 else 0

    def block(self) -> bytes:
        """Its block of the file."""
        head = struct.pack("<3H4BH", *self.shape, 255, self.zero_point & 0xFF, self.dtype, 0, 0)
        own = (self.keep, *self.floors, self.blocks.bit_length() - 1, self.widest, 0)
        return head + struct.pack("<H4BH", *own)


def candidates(
    tensors: npt.NDArray[np.int8] | npt.NDArray[np.uint8], zero_point: int
) -> tuple[SlicerTables, ...]:
    """Settings from light to strong that a calibration should measure; the Pareto set is among their bytes and losses.

    tensors: (n, height, width, channels) of what the head gives. Floors are those beyond which shares of all elements
    lie (`KEPT_SHARES`), the same below as above; each with cells as wide as some parts of it (`WIDTHS_OF_FLOOR`), in
    one block: the cells' flags take less than the numbers of several blocks. Where a side has no room, nothing of it
    is kept.

    Raises:
        CodecError: another dtype, another number of dimensions, or no tensor at all.
    """
    if tensors.ndim != 4 or not len(tensors):
        raise CodecError(
            f"tensors of shape (n, height, width, channels) are needed, these are {tensors.shape}"
        )
    dtype = DType.of(tensors.dtype)
    lowest = -128 if dtype is DType.INT8 else 0
    shape = (tensors.shape[1], tensors.shape[2], tensors.shape[3])
    elements = shape[0] * shape[1] * shape[2]
    room = (zero_point - lowest, 255 - (zero_point - lowest))
    counts = np.bincount(np.abs(tensors.astype(np.int64) - zero_point).ravel(), minlength=257)
    beyond = counts[::-1].cumsum()[::-1] / tensors.size  # share at that distance or farther
    by_floor = {int(np.argmax(beyond <= share)): share for share in reversed(KEPT_SHARES)}
    found: list[SlicerTables] = []
    for floor, share in sorted(by_floor.items()):
        if floor == 0 or beyond[floor] == 0:
            continue
        floors = (min(floor, room[0]), min(floor, room[1]))
        keep = min(max(int(CAP_OVER_MEAN * share * elements), 1), elements)
        for part in WIDTHS_OF_FLOOR:
            widest = min(max(round(part * floor), 1), 255)
            found.append(SlicerTables(shape, dtype, zero_point, keep, floors, widest))
    return tuple(found)
