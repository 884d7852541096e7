"""What a plan file says of itself: whose it is, and the memory of every cut."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np

from cutpoint.errors import ModelError
from cutpoint.graph.stream.encoding import CRC_END, DTYPE_NUMBERS, HEADER, LAYOUT, MAGIC, TENSOR, VERSION
from cutpoint.graph.stream.plan import OPERATOR_TABLE_BYTES, TENSOR_TABLE_BYTES

_INPUT_BYTES = 4
_ALIGNMENT = 8
"""Of each input in the caller's memory."""
_ITEM_BYTES = {number: np.dtype(name).itemsize for name, number in DTYPE_NUMBERS.items()}


@dataclass(frozen=True, slots=True)
class PlanFile:
    """The counts and sizes of a plan file, for a 32-bit chip.

    operators: of the whole network. head_bytes[k] and block_bytes[k] are those of `StreamPlan`, for the cuts 0 to K;
    picture_bytes: the network's inputs whole; line_bytes: where they come line by line.
    """

    model_id: bytes
    operators: int
    head_bytes: tuple[int, ...]
    block_bytes: tuple[int, ...]
    picture_bytes: int
    line_bytes: int

    @property
    def on_board(self) -> int:
        """Operators in the plan, K."""
        return len(self.head_bytes) - 1


def read_plan_file(data: bytes) -> PlanFile:
    """Read a plan file's header, inputs and layouts. Raises ModelError when it is none, damaged or of another version.

    Operators are not looked at: firmware/core/stream/check.h checks every byte before an engine runs a plan.
    """
    if len(data) < HEADER.size or data[:4] != MAGIC:
        raise ModelError("this is no plan of the Stream engine, which begins with CPSP")
    header = HEADER.unpack_from(data)
    _, version, operators, size, crc, model_id, on_board, tensors, inputs, _, _, _, layouts_at, _ = header
    if version != VERSION:
        raise ModelError(f"the plan is of version {version}, this program reads {VERSION}")
    if size != len(data) or crc != zlib.crc32(data[CRC_END:]):
        raise ModelError("the plan is damaged: its size or CRC-32 differs from what its header states")
    try:
        layouts = [
            LAYOUT.unpack_from(data, layouts_at + place * LAYOUT.size) for place in range(on_board + 1)
        ]
        picture, lines = _inputs(data, inputs)
    except (struct.error, KeyError):
        raise ModelError("the plan contradicts itself: its tables do not lie inside it") from None
    tables = TENSOR_TABLE_BYTES * tensors + OPERATOR_TABLE_BYTES * on_board
    return PlanFile(
        model_id=model_id,
        operators=operators,
        head_bytes=tuple(tables + head for _, _, head, _, _, _ in layouts),
        block_bytes=tuple(tables + block for _, _, _, block, _, _ in layouts),
        picture_bytes=picture,
        line_bytes=lines,
    )


def _inputs(data: bytes, inputs: int) -> tuple[int, int]:
    """Bytes of the inputs, whole and as rings of lines."""
    tensors_at = HEADER.size + _INPUT_BYTES * inputs
    picture = lines = 0
    for place in range(inputs):
        (fed,) = struct.unpack_from("<H", data, HEADER.size + _INPUT_BYTES * place)
        _, dtype, _, rows, width, channels, *_ = TENSOR.unpack_from(data, tensors_at + TENSOR.size * place)
        row_bytes = width * channels * _ITEM_BYTES[dtype]
        picture += _aligned(rows * row_bytes)
        lines += _aligned(fed * row_bytes)
    return picture, lines


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
