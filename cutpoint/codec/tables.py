"""What a calibration found for the tensors of a cut, as values, and as blocks of the tables file (docs/codecs.md)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from cutpoint.codec.errors import CodecError
from cutpoint.codec.numbers import DType

FREQUENCY_SUM = 4096
MOST_CONTEXTS = 4
MOST_GROUPS = 16
MOST_ORDERED_CHANNELS = 256
MOST_ELEMENTS = 1 << 24


class Prediction(IntEnum):
    """What is expected of a level, from its neighbours or from the frame before."""

    NONE = 0
    LEFT = 1
    UPPER = 2
    AVERAGE = 3
    REFERENCE = 4


class Activity(IntEnum):
    """What chooses the context."""

    MAGNITUDE = 0
    GRADIENT = 1
    CHANGE = 2


def _require(good: bool, what: str) -> None:
    if not good:
        raise CodecError(what)


def padded(data: bytes) -> bytes:
    """With zeros up to a multiple of 4."""
    return data + bytes(-len(data) % 4)


@dataclass(frozen=True, slots=True)
class RansTable:
    """Frequencies of one context: of K symbols, and of the escape last where K is below the number of levels."""

    offset: int
    frequencies: tuple[int, ...]

    def __post_init__(self) -> None:
        _require(min(self.frequencies, default=0) >= 1, "a frequency is at least 1")
        total = sum(self.frequencies)
        _require(total == FREQUENCY_SUM, f"frequencies sum to {FREQUENCY_SUM}, these to {total}")

    def encoded(self, levels: int) -> bytes:
        """As the file has it, with the reciprocals by which an encoder divides."""
        count = len(self.frequencies)
        symbols = count if count == levels else count - 1
        _require(1 <= symbols <= levels, f"{count} frequencies do not fit {levels} levels")
        _require(0 <= self.offset < levels, f"offset {self.offset} is none of {levels} levels")
        out, start = struct.pack("<HH", symbols, self.offset), 0
        for frequency in self.frequencies:
            shift = (frequency - 1).bit_length()
            reciprocal = -(-(1 << (31 + shift)) // frequency)
            out += struct.pack("<II", reciprocal, start | frequency << 12 | shift << 25)
            start += frequency
        return out


@dataclass(frozen=True, slots=True)
class RansModel:
    """How levels become symbols, and their frequencies: the contexts of group 0 first.

    thresholds: one less than contexts, ascending. groups: the group of each channel, None for one group. sliced: a
    stream for each group, the most important first.
    """

    prediction: Prediction
    activity: Activity
    thresholds: tuple[int, ...]
    tables: tuple[RansTable, ...]
    groups: bytes | None = None
    sliced: bool = False

    def __post_init__(self) -> None:
        _require(
            self.contexts <= MOST_CONTEXTS, f"{self.contexts} contexts are too many: {MOST_CONTEXTS} at most"
        )
        within = all(1 <= one <= 255 for one in self.thresholds)
        ascending = all(a < b for a, b in pairwise(self.thresholds))
        _require(within and ascending, f"thresholds {self.thresholds} do not ascend within 1 to 255")
        count, rest = divmod(len(self.tables), self.contexts)
        _require(
            rest == 0 and 1 <= count <= MOST_GROUPS, f"{len(self.tables)} tables do not fit the contexts"
        )
        if self.groups is None:
            _require(count == 1, "tables of several groups need the group of each channel")
        else:
            _require(max(self.groups, default=0) < count, "a channel is in a group that has no tables")

    @property
    def contexts(self) -> int:
        """How many tables a group has."""
        return len(self.thresholds) + 1

    @property
    def group_count(self) -> int:
        """How many groups there are."""
        return len(self.tables) // self.contexts

    def encoded(self, levels: int, channels: int) -> bytes:
        """As the file has it, of a tensor with so many levels and channels."""
        thresholds = bytes(self.thresholds).ljust(MOST_CONTEXTS - 1, b"\0")
        out = struct.pack(
            "<BB3sBBB",
            self.prediction,
            self.contexts,
            thresholds,
            self.group_count,
            self.sliced,
            self.activity,
        )
        if self.group_count > 1:
            groups = self.groups or b""
            _require(
                len(groups) == channels, f"{len(groups)} channels have a group, the tensor has {channels}"
            )
            out += padded(groups)
        return out + b"".join(table.encoded(levels) for table in self.tables)


@dataclass(frozen=True, slots=True)
class Quantiser:
    """Bytes to levels and back: `to_level` for each of 256 bytes, `to_value` for each level."""

    to_level: bytes
    to_value: bytes
    zero_level: int

    def __post_init__(self) -> None:
        levels = len(self.to_value)
        _require(
            len(self.to_level) == 256 and 1 <= levels <= 256, "a quantiser has 256 bytes and 1 to 256 levels"
        )
        _require(max(self.to_level) < levels, f"a byte has level {max(self.to_level)}, there are {levels}")
        _require(0 <= self.zero_level < levels, f"the zero level {self.zero_level} is none of {levels}")
        _require(levels < 256 or self.lossless, "with 256 levels every byte comes back as it was")

    @property
    def levels(self) -> int:
        """M."""
        return len(self.to_value)

    @property
    def lossless(self) -> bool:
        """Whether every byte comes back as it was."""
        return all(self.to_value[level] == value for value, level in enumerate(self.to_level))

    @classmethod
    def identity(cls, zero_point: int) -> Quantiser:
        """Every byte its own level. zero_point: as an element; of int8 it may be below 0."""
        every = bytes(range(256))
        return cls(every, every, zero_point & 0xFF)


@dataclass(frozen=True, slots=True)
class TensorTables:
    """What one tensor is coded with. `models`: none for lowbit, one for rans, two for delta (key frames, changes).

    `shape` is height, width, channels. `order`, of lowbit: the channels, the most important first. `tolerance`, of
    delta: an element whose reference value is no further away keeps it.
    """

    shape: tuple[int, int, int]
    dtype: DType
    quantiser: Quantiser
    models: tuple[RansModel, ...] = ()
    order: bytes | None = None
    tolerance: int = 0

    def __post_init__(self) -> None:
        height, width, channels = self.shape
        _require(all(1 <= one <= 0xFFFF for one in self.shape), f"shape {self.shape}: each is 1 to 65,535")
        _require(
            height * width * channels <= MOST_ELEMENTS,
            f"shape {self.shape} has more than {MOST_ELEMENTS} elements",
        )
        _require(
            self.dtype in (DType.INT8, DType.UINT8), f"tensors of {self.dtype.name.lower()} have no levels"
        )
        _require(len(self.models) <= 2, f"{len(self.models)} models: there are two at most")
        _require(0 <= self.tolerance <= 255, f"tolerance {self.tolerance} is not within 0 to 255")
        _require(self.tolerance == 0 or len(self.models) == 2, "only delta has a tolerance")
        if self.order is not None:
            _require(not self.models, "only lowbit has a channel order")
            _require(
                channels <= MOST_ORDERED_CHANNELS, f"at most {MOST_ORDERED_CHANNELS} channels have an order"
            )
            _require(
                sorted(self.order) == list(range(channels)), "the order does not name every channel once"
            )
        for at, model in enumerate(self.models):
            changes = at == 1
            _require(changes or model.prediction is not Prediction.REFERENCE, "only changes have a reference")
            _require(changes or model.activity is not Activity.CHANGE, "only changes have a reference")
            _require(not (model.sliced and len(self.models) == 2), "delta has no slices")

    @property
    def elements(self) -> int:
        """Bytes of the tensor."""
        height, width, channels = self.shape
        return height * width * channels

    def block(self) -> bytes:
        """Its block of the file."""
        quantiser, levels = self.quantiser, self.quantiser.levels
        head = (
            *self.shape,
            levels - 1,
            quantiser.zero_level,
            self.dtype,
            self.order is not None,
            self.tolerance,
        )
        out = struct.pack("<3H4BH", *head) + quantiser.to_level + padded(quantiser.to_value)
        if self.order is not None:
            out += padded(self.order)
        return out + b"".join(model.encoded(levels, self.shape[2]) for model in self.models)
