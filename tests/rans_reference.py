"""Codec rans and delta as docs/codecs.md says them, in plain Python and NumPy: what the C++ is held against.

Nothing here comes from the core: tables, streams and changes are written from the page alone.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LOW = 1 << 23
TOTAL = 1 << 12
NONE, LEFT, UPPER, AVERAGE, REFERENCE = range(5)
MAGNITUDE, GRADIENT, CHANGE = range(3)
Levels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Frequencies of K symbols, and of the escape behind them where K is less than the levels."""

    offset: int
    frequencies: tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """How symbols come about, and a table for each context of each group, group 0 first."""

    tables: tuple[Table, ...]
    prediction: int = NONE
    activity: int = MAGNITUDE
    thresholds: tuple[int, ...] = ()
    groups: tuple[int, ...] | None = None
    sliced: bool = False

    @property
    def group_count(self) -> int:
        return len(self.tables) // (len(self.thresholds) + 1)


@dataclass(frozen=True)
class Tensor:
    """What a tensor's block says of it. `to_level`: 256 levels by unsigned byte; `to_value`: M unsigned bytes."""

    shape: tuple[int, int, int]
    to_level: npt.NDArray[np.uint8]
    to_value: npt.NDArray[np.uint8]
    zero: int
    models: tuple[Model, ...]
    dtype: int = 1
    tolerance: int = 0

    @property
    def levels(self) -> int:
        return len(self.to_value)

    def signed(self, data: npt.NDArray[np.uint8]) -> Levels:
        """Elements, or values, as numbers of the tensor's dtype."""
        return data.view(np.int8 if self.dtype == 1 else np.uint8).astype(np.int64)


class RefusedError(Exception):
    """Bytes that no encoder makes."""


def neighbours(levels: Levels, zero: int) -> tuple[Levels, Levels, Levels]:
    """Left, upper, and left above of every element; `zero` outside."""
    padded = np.pad(levels, ((1, 0), (1, 0), (0, 0)), constant_values=zero)
    return padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]


def predictions(model: Model, levels: Levels, zero: int, reference: Levels | None) -> Levels:
    left, upper, _ = neighbours(levels, zero)
    if model.prediction == REFERENCE:
        assert reference is not None
        return reference
    choices: dict[int, Callable[[], Levels]] = {
        NONE: lambda: np.zeros_like(levels),
        LEFT: lambda: left,
        UPPER: lambda: upper,
        AVERAGE: lambda: (left + upper) >> 1,
    }
    return choices[model.prediction]()


def contexts(model: Model, levels: Levels, zero: int, reference: Levels | None) -> Levels:
    left, upper, corner = neighbours(levels, zero)
    if model.activity == MAGNITUDE:
        activity = abs(left - zero) + abs(upper - zero)
    elif model.activity == GRADIENT:
        activity = abs(left - corner) + abs(upper - corner)
    else:
        assert reference is not None
        reference_left, reference_upper, _ = neighbours(reference, zero)
        activity = abs(left - reference_left) + abs(upper - reference_upper)
    return sum((activity >= threshold for threshold in model.thresholds), np.zeros_like(levels))


def tables_of(tensor: Tensor, model: Model, levels: Levels, reference: Levels | None) -> Levels:
    """Which of the model's tables each element is coded with."""
    groups = np.zeros(tensor.shape[2], np.int64) if model.groups is None else np.array(model.groups)
    return groups * (len(model.thresholds) + 1) + contexts(model, levels, tensor.zero, reference)


def symbols_of(
    tensor: Tensor, model: Model, levels: Levels, reference: Levels | None = None
) -> tuple[Levels, Levels]:
    """For each element its symbol and its table; not yet told which symbols are escapes."""
    which = tables_of(tensor, model, levels, reference)
    offsets = np.array([table.offset for table in model.tables])[which]
    predicted = predictions(model, levels, tensor.zero, reference)
    return (levels - predicted + offsets) % tensor.levels, which


def encode_symbols(steps: Sequence[tuple[int, int, int]]) -> bytes:
    """One stream of (start, frequency, bits) steps, given in the order in which they are decoded."""
    state, written = LOW, bytearray()
    for start, frequency, bits in reversed(steps):
        while state >= ((LOW >> bits) << 8) * frequency:
            written.append(state & 0xFF)
            state >>= 8
        state = ((state // frequency) << bits) + state % frequency + start
    return struct.pack("<I", state) + bytes(reversed(written))


def streams_of(tensor: Tensor, model: Model) -> list[list[int]]:
    """The channels of each stream."""
    channels = range(tensor.shape[2])
    if not model.sliced:
        return [list(channels)]
    groups = model.groups or (0,) * len(channels)
    return [[c for c in channels if groups[c] == group] for group in range(model.group_count)]


def encode_levels(
    tensor: Tensor, model: Model, levels: Levels, reference: Levels | None = None
) -> bytes | None:
    """The streams of a whole tensor, with their sizes where it is sliced; None where a slice exceeds 65,535 bytes."""
    symbols, which = symbols_of(tensor, model, levels, reference)
    parts = []
    for channels in streams_of(tensor, model):
        steps = []
        for symbol, table, level in zip(
            symbols[..., channels].ravel().tolist(),
            which[..., channels].ravel().tolist(),
            levels[..., channels].ravel().tolist(),
            strict=True,
        ):
            frequencies = model.tables[table].frequencies
            escape = len(frequencies) - 1 if sizes(model.tables[table], tensor) < len(frequencies) else None
            coded = symbol if escape is None or symbol < escape else escape
            steps.append((sum(frequencies[:coded]), frequencies[coded], 12))
            if coded == escape:
                steps.append((level, 1, 8))
        parts.append(encode_symbols(steps))
    if not model.sliced:
        return parts[0]
    if any(len(part) > 0xFFFF for part in parts):
        return None
    return b"".join(struct.pack("<H", len(part)) for part in parts) + b"".join(parts)


def sizes(table: Table, tensor: Tensor) -> int:
    """K of a table: it has an escape unless every level has a symbol."""
    return len(table.frequencies) if len(table.frequencies) == tensor.levels else len(table.frequencies) - 1


class _Stream:
    def __init__(self, data: bytes) -> None:
        if len(data) < 4:
            raise RefusedError("no state")
        self.state, self.rest = struct.unpack_from("<I", data)[0], list(data[4:])
        if not LOW <= self.state < LOW << 8:
            raise RefusedError("no state of an encoder")

    def fill(self) -> None:
        while self.state < LOW:
            if not self.rest:
                raise RefusedError("ends too early")
            self.state = self.state << 8 | self.rest.pop(0)

    def symbol(self, frequencies: Sequence[int]) -> int:
        slot, start = self.state % TOTAL, 0
        for symbol, frequency in enumerate(frequencies):
            if slot < start + frequency:
                self.state = frequency * (self.state // TOTAL) + slot - start
                self.fill()
                return symbol
            start += frequency
        raise AssertionError("frequencies do not sum to 4,096")

    def even_bits(self) -> int:
        level = self.state & 0xFF
        self.state >>= 8
        self.fill()
        return level


def decode_levels(tensor: Tensor, model: Model, coded: bytes, reference: Levels | None = None) -> Levels:
    """The levels again, element by element; raises RefusedError for anything that `encode_levels` never makes."""
    levels = np.full(tensor.shape, tensor.zero, np.int64)
    parts = [coded]
    streams = streams_of(tensor, model)
    if model.sliced:
        count = len(streams)
        if len(coded) < 2 * count:
            raise RefusedError("no sizes")
        ends = 2 * count + np.cumsum(struct.unpack_from(f"<{count}H", coded)).astype(int)
        if ends[-1] != len(coded):
            raise RefusedError("sizes that are not those of the streams")
        parts = [coded[a:b] for a, b in zip([2 * count, *ends[:-1]], ends, strict=True)]
    groups = model.groups or (0,) * tensor.shape[2]
    for part, channels in zip(parts, streams, strict=True):
        stream = _Stream(part)
        for y in range(tensor.shape[0]):
            for x in range(tensor.shape[1]):
                for channel in channels:
                    levels[y, x, channel] = _element(
                        tensor, model, stream, levels, reference, (y, x, channel), groups[channel]
                    )
        if stream.state != LOW or stream.rest:
            raise RefusedError("something is left over")
    return levels


def _element(
    tensor: Tensor,
    model: Model,
    stream: _Stream,
    levels: Levels,
    reference: Levels | None,
    at: tuple[int, int, int],
    group: int,
) -> int:
    y, x, c = at
    zero = tensor.zero

    def of(grid: Levels, dy: int, dx: int) -> int:
        return int(grid[y - dy, x - dx, c]) if y >= dy and x >= dx else zero

    a, b, corner = of(levels, 0, 1), of(levels, 1, 0), of(levels, 1, 1)
    if model.activity == MAGNITUDE:
        activity = abs(a - zero) + abs(b - zero)
    elif model.activity == GRADIENT:
        activity = abs(a - corner) + abs(b - corner)
    else:
        assert reference is not None
        activity = abs(a - of(reference, 0, 1)) + abs(b - of(reference, 1, 0))
    context = sum(activity >= threshold for threshold in model.thresholds)
    table = model.tables[group * (len(model.thresholds) + 1) + context]
    if model.prediction == REFERENCE:
        assert reference is not None
        predicted = int(reference[at])
    else:
        predicted = {NONE: 0, LEFT: a, UPPER: b, AVERAGE: (a + b) >> 1}[model.prediction]
    symbol, count = stream.symbol(table.frequencies), sizes(table, tensor)
    if symbol < count:
        return (symbol + predicted - table.offset) % tensor.levels
    level = stream.even_bits()
    if level >= tensor.levels or (level - predicted + table.offset) % tensor.levels < count:
        raise RefusedError("an escape that none needs")
    return level


def own_levels(tensor: Tensor, data: bytes) -> Levels:
    return tensor.to_level[np.frombuffer(data, np.uint8)].astype(np.int64).reshape(tensor.shape)


def changed_levels(tensor: Tensor, data: bytes, reference: Levels) -> Levels:
    """Levels of a frame that keeps those of the reference within the tolerance."""
    values = tensor.signed(np.frombuffer(data, np.uint8)).reshape(tensor.shape)
    known = tensor.signed(tensor.to_value)[reference]
    return np.where(abs(values - known) <= tensor.tolerance, reference, own_levels(tensor, data))


def values_of(tensor: Tensor, levels: Levels) -> bytes:
    return tensor.to_value[levels].tobytes()


def zero_is_reached(tensor: Tensor) -> bool:
    """Whether an element has the zero level; an encoder sends raw where none has."""
    return tensor.zero in tensor.to_level


def encode_rans(tensor: Tensor, data: bytes) -> bytes | None:
    """The coded tensor without the mark of its tables; None where there is none."""
    return (
        encode_levels(tensor, tensor.models[0], own_levels(tensor, data)) if zero_is_reached(tensor) else None
    )


def encode_delta(
    tensor: Tensor, data: bytes, reference: Levels | None, age: int
) -> tuple[bytes | None, Levels]:
    """The coded tensor without the mark, and the levels of who decodes it; None where it goes raw."""
    own = own_levels(tensor, data)
    streams = encode_levels(tensor, tensor.models[0], own) if zero_is_reached(tensor) else None
    key = None if streams is None else b"\0" + streams
    if reference is None:
        return key, own
    levels = changed_levels(tensor, data, reference)
    change = encode_levels(tensor, tensor.models[1], levels, reference)
    assert change is not None, "changes have no slices"
    many = int((levels != reference).sum()) > levels.size // 2
    if many and key is not None and len(key) < len(change) + 1:
        return key, own
    return bytes([age]) + change, levels


def tables_file(model_id: bytes, codec: int, tensors: Sequence[Tensor]) -> bytes:
    """A tables file with one setting a tensor, at cut 1."""
    count = len(tensors)
    heads, places, blocks, at = b"", b"", b"", 16 + 12 * count
    for number, tensor in enumerate(tensors):
        heads += struct.pack("<HBBI", 1, codec, 1, 16 + 8 * count + 4 * number)
        places += struct.pack("<I", at + len(blocks))
        blocks += tensor_block(tensor)
    head = b"CPCT" + struct.pack("<BBH", 1, count, 0) + model_id
    version = zlib.crc32(head + bytes(4) + heads + places + blocks)
    return head + struct.pack("<I", version) + heads + places + blocks


def table_block(table: Table, levels: int) -> bytes:
    count = len(table.frequencies) if len(table.frequencies) == levels else len(table.frequencies) - 1
    entries, start = [], 0
    for frequency in table.frequencies:
        shift = (frequency - 1).bit_length()
        reciprocal = -(-(1 << (31 + shift)) // frequency)
        entries.append(struct.pack("<II", reciprocal, start | frequency << 12 | shift << 25))
        start += frequency
    return struct.pack("<HH", count, table.offset) + b"".join(entries)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def model_block(model: Model, levels: int) -> bytes:
    thresholds = bytes(model.thresholds).ljust(3, b"\0")
    head = struct.pack(
        "<BB3sBBB",
        model.prediction,
        len(model.thresholds) + 1,
        thresholds,
        model.group_count,
        model.sliced,
        model.activity,
    )
    groups = padded(bytes(model.groups)) if model.group_count > 1 and model.groups is not None else b""
    return head + groups + b"".join(table_block(table, levels) for table in model.tables)


def tensor_block(tensor: Tensor) -> bytes:
    """The tensor's block of codec.tables."""
    head = struct.pack(
        "<HHHBBBBH", *tensor.shape, tensor.levels - 1, tensor.zero, tensor.dtype, 0, tensor.tolerance
    )
    return (
        head
        + tensor.to_level.tobytes()
        + padded(tensor.to_value.tobytes())
        + b"".join(model_block(model, tensor.levels) for model in tensor.models)
    )
