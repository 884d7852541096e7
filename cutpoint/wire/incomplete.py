"""What has come of an activation of which chunks are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cutpoint.codec import CodecId, DType
from cutpoint.wire.ids import ModelId
from cutpoint.wire.numbers import Flag

Range = tuple[int, int]
"""Bytes [first, end)."""


@dataclass(frozen=True, slots=True)
class IncompleteTensor:
    """One tensor: what its record states, and its coded bytes, which mean something inside of `came` alone.

    `came` are ascending ranges that do not touch; outside of them `coded` holds zeros.
    """

    index: int
    dtype: DType
    codec: CodecId
    raw_bytes: int
    coded: bytes
    came: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class IncompleteActivation:
    """An activation as far as it came; not a message, and never to be taken for one.

    `tensors` are those whose record came, without a gap from the first on; `tensor_count` is how many there are.
    `bytes_came` are the payload's.
    """

    model: ModelId
    boot: int
    sequence: int
    cut: int
    codec: CodecId
    flags: Flag
    plan_epoch: int
    setting: int
    tensor_count: int
    tensors: tuple[IncompleteTensor, ...]
    bytes_came: int


def incomplete_of(fields: tuple[Any, ...]) -> IncompleteActivation:
    """The value of what the core's receiver gives."""
    model, boot, sequence, cut, codec, flags, epoch, setting, count, tensors, came = fields
    return IncompleteActivation(
        ModelId(model),
        boot,
        sequence,
        cut,
        CodecId(codec),
        Flag(flags),
        epoch,
        setting,
        count,
        tuple(
            IncompleteTensor(index, DType(dtype), CodecId(used), raw_bytes, coded, ranges)
            for index, dtype, used, raw_bytes, coded, ranges in tensors
        ),
        came,
    )
