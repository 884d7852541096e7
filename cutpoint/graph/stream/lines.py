"""A network as the Stream engine sees it: tensors of lines, and operators that make one line after another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import prod

import numpy as np

from cutpoint.graph.model import Tensor

NO_INDEX = 0xFFFF
"""Index of what an operator keeps between its units; no tensor of the model."""


class Kind(IntEnum):
    """Kinds of operators in a plan; firmware/core/stream/kernel.h has the same numbers."""

    CONV = 1
    DEPTHWISE_CONV = 2
    TRANSPOSE_CONV = 4
    ADD = 5
    MUL = 6
    MAX_POOL = 7
    AVERAGE_POOL = 8
    MEAN = 9
    SOFTMAX = 10
    TABLE = 11
    CONCATENATION = 12
    SLICE = 13
    PAD = 14
    RESHAPE = 15
    RESIZE_NEAREST = 16
    QUANTIZE = 17


@dataclass(frozen=True, slots=True)
class LineTensor:
    """`rows` lines of `width` x `channels` elements; index is that of the model. fill is its zero point."""

    index: int
    dtype: np.dtype[np.generic]
    rows: int
    width: int
    channels: int
    fill: int = 0

    @property
    def row_bytes(self) -> int:
        return self.width * self.channels * self.dtype.itemsize

    @property
    def bytes(self) -> int:
        return self.rows * self.row_bytes

    @classmethod
    def of(cls, tensor: Tensor) -> LineTensor:
        """Lines of a tensor: [1, H, W, C] has H, [1, T, C] has T, [B, C] has B, and [C] one.

        Raises ValueError for a batch above 1 or more than 4 dimensions.
        """
        rows, width, channels = line_shape(tensor.shape)
        return cls(tensor.index, tensor.dtype, rows, width, channels, tensor.zero_point or 0)


def line_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Rows, width and channels of a shape; ValueError for one that has none."""
    if prod(shape) == 0:
        raise ValueError(f"the shape {list(shape)} has no elements")
    match shape:
        case (1, rows, width, channels):
            return rows, width, channels
        case (1, rows, channels):
            return rows, 1, channels
        case (rows, channels):
            return rows, 1, channels
        case (channels,):
            return 1, 1, channels
        case ():
            return 1, 1, 1
    raise ValueError(f"the shape {list(shape)} is no picture, sequence or vector of a batch of 1")


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows of an input that unit u needs: from floor((u * num + lo) / den) up to floor((u * num + hi) / den).

    The second is not included; both are clamped to the tensor's rows. tensor is an index of the model.
    """

    tensor: int
    num: int
    den: int
    lo: int
    hi: int

    def first(self, unit: int) -> int:
        return max(0, (unit * self.num + self.lo) // self.den)

    def end(self, unit: int, rows: int) -> int:
        return min(rows, max(0, (unit * self.num + self.hi) // self.den))


def row_by_row(tensor: int) -> Reading:
    """Unit u needs row u."""
    return Reading(tensor, 1, 1, 0, 1)


def all_rows(tensor: int, rows: int) -> Reading:
    """Every unit needs the whole tensor."""
    return Reading(tensor, 0, 1, 0, rows)


@dataclass(frozen=True, slots=True)
class LineOperator:
    """One operator as the engine runs it.

    inputs are what it reads in memory; constants are in words and blob. outputs are indices of the model. Of its
    `units` of work every `units_per_row` complete one row of each output. words are signed 32-bit numbers.
    state_bytes are kept from one unit to the next, a multiple of 4.
    """

    kind: Kind
    inputs: tuple[Reading, ...]
    outputs: tuple[int, ...]
    units: int
    units_per_row: int
    words: tuple[int, ...]
    blob: bytes
    state_bytes: int = 0
