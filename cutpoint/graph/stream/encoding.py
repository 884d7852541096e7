"""The bytes of a plan file; firmware/core/stream/plan.h reads them in place. docs/stream.md has the tables."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from cutpoint.graph.stream.lines import LineOperator, LineTensor

if TYPE_CHECKING:  # a plan encodes itself
    from cutpoint.graph.stream.plan import StreamPlan

VERSION = 1
MAGIC = b"CPSP"
HEADER = struct.Struct("<4sHHII4sHHHHIIII")
TENSOR = struct.Struct("<HBBHHIiHH")
_RULE = struct.Struct("<HHiiii")
_OPERATOR = struct.Struct("<BBBBHHII")
LAYOUT = struct.Struct("<IIIIHH")
_ENTRY = struct.Struct("<IHH")
CRC_END = 16
DTYPE_NUMBERS = {"int8": 1, "uint8": 2, "int16": 3, "int32": 4, "int64": 5, "float32": 6, "bool": 7}
"""Numbers of the wire (docs/protocol.md, tensor record)."""


def encode(plan: StreamPlan) -> bytes:
    """The file of a plan; everything in it is at a multiple of 4."""
    number = {tensor.index: place for place, tensor in enumerate(plan.tensors)}
    readers: list[list[tuple[int, int]]] = [[] for _ in plan.tensors]
    for op, one in enumerate(plan.operators):
        for place, reading in enumerate(one.inputs):
            readers[number[reading.tensor]].append((op, place))

    body = bytearray(HEADER.size)
    for lines in plan.fed_lines:
        body += struct.pack("<HH", lines, 0)
    first = 0
    for tensor, own in zip(plan.tensors, readers, strict=True):
        body += _tensor(tensor, first, len(own))
        first += len(own)
    readers_at = len(body)
    for own in readers:
        for op, place in own:
            body += struct.pack("<HH", op, place)

    offsets = []
    for one in plan.operators:
        offsets.append(len(body))
        body += _operator(one, number)
    operators_at = len(body)
    body += struct.pack(f"<{len(offsets)}I", *offsets)

    layouts_at = len(body)
    body += bytes(LAYOUT.size * len(plan.layouts))
    for place, layout in enumerate(plan.layouts):
        entries_at = len(body)
        for entry in layout.places:
            body += _ENTRY.pack(entry.at, entry.lines, 0)
        live_at = len(body)
        body += struct.pack(f"<{len(layout.live)}H", *(number[index] for index in layout.live))
        body += bytes(-len(body) % 4)
        LAYOUT.pack_into(
            body,
            layouts_at + place * LAYOUT.size,
            entries_at,
            live_at,
            layout.head_bytes,
            layout.block_bytes,
            len(layout.live),
            0,
        )
    HEADER.pack_into(
        body,
        0,
        MAGIC,
        VERSION,
        plan.operators_in_model,
        len(body),
        0,
        plan.model_id,
        plan.on_board,
        len(plan.tensors),
        len(plan.inputs),
        first,
        operators_at,
        readers_at,
        layouts_at,
        0,
    )
    struct.pack_into("<I", body, CRC_END - 4, zlib.crc32(bytes(body[CRC_END:])))
    return bytes(body)


def _tensor(tensor: LineTensor, first_reader: int, readers: int) -> bytes:
    index = tensor.index if tensor.index >= 0 else 0xFFFF
    return TENSOR.pack(
        index,
        DTYPE_NUMBERS[tensor.dtype.name],
        0,
        tensor.rows,
        tensor.width,
        tensor.channels,
        tensor.fill,
        first_reader,
        readers,
    )


def _operator(one: LineOperator, number: dict[int, int]) -> bytes:
    blob = one.blob + bytes(-len(one.blob) % 4)
    made = [number[index] for index in one.outputs]
    made += [0] * (len(made) % 2)
    head = _OPERATOR.pack(
        one.kind,
        len(one.inputs),
        len(one.outputs),
        0,
        one.units,
        one.units_per_row,
        len(one.words),
        len(blob),
    )
    rules = b"".join(_RULE.pack(number[r.tensor], 0, r.num, r.den, r.lo, r.hi) for r in one.inputs)
    words = np.array(one.words, "<i4").tobytes()
    return head + rules + struct.pack(f"<{len(made)}H", *made) + words + blob
