"""A setting that may be kept, and what is expected of it from the pictures that it was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cutpoint.codec import CodecId, Quantiser, RansModel, Setting, TensorTables
from host_tools.calibration.halves import Activations, TravellingTensor
from host_tools.calibration.task import Quality

SETTING_BYTES: Final = 2048
"""Of a setting in the tables file, blocks and where they stand: all that a device reads while it encodes a frame."""
SETTING_HEAD_BYTES: Final = 8
OFFSET_BYTES: Final = 4
BLOCK_HEAD_BYTES: Final = 268


class Family(StrEnum):
    """Settings that are held against each other: each family is for something else."""

    RANS = "rans"
    SLICED = "sliced"
    """rANS in slices, of which those that came can be used."""
    LOWBIT = "lowbit"
    SLICER = "slicer"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting. frame_bytes, quality: of frames that it was fitted on. quantisers: by tensor, of levels."""

    setting: Setting = field(repr=False)
    family: Family
    what: str
    lossless: bool
    frame_bytes: float
    quality: Quality
    quantisers: tuple[Quantiser, ...] = field(default=(), repr=False)


def block_budget(activations: Activations, levels: int) -> int:
    """Bytes for the models of one tensor, when the tensors of the cut share the room and each has so many levels."""
    share = (SETTING_BYTES - SETTING_HEAD_BYTES) // len(activations.tensors) - OFFSET_BYTES
    return share - BLOCK_HEAD_BYTES - -(-levels // 4) * 4


def setting_of(
    activations: Activations,
    codec: CodecId,
    quantisers: Sequence[Quantiser],
    models: Sequence[tuple[RansModel, ...]],
    orders: Sequence[bytes | None] | None = None,
    tolerances: Sequence[int] | None = None,
) -> Setting:
    """A setting of the cut with one of each for each of its tensors."""
    several = len(quantisers)
    return Setting(
        activations.cut,
        codec,
        tuple(
            _tables(tensor, quantiser, model, order, tolerance)
            for tensor, quantiser, model, order, tolerance in zip(
                activations.tensors,
                quantisers,
                models,
                orders or [None] * several,
                tolerances or [0] * several,
                strict=True,
            )
        ),
    )


def _tables(
    tensor: TravellingTensor,
    quantiser: Quantiser,
    models: tuple[RansModel, ...],
    order: bytes | None,
    tolerance: int,
) -> TensorTables:
    return TensorTables(tensor.planes, tensor.dtype, quantiser, models, order, tolerance)
