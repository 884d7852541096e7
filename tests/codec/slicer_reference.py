"""Codec slicer as docs/codecs.md says it, in plain Python and NumPy: what the C++ is held against.

Nothing here comes from the core: blocks of the tables, values and coded bytes are written from the page alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LOW = 1 << 15
MOST_CELL_FLAGS = 8
BITMAP, RUNS, STREAM, NOTHING = range(4)
Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """A block of the tables file. `zero` is a value of the dtype."""

    shape: tuple[int, int, int]
    keep: int
    floors: tuple[int, int]
    """Below and above."""
    block_bits: int = 0
    widest: int = 16
    zero: int = 0
    signed: bool = True

    @property
    def low(self) -> int:
        """The least value of the dtype; the largest is 255 above it."""
        return -128 if self.signed else 0

    def block(self) -> bytes:
        head = struct.pack("<HHHBBBBH", *self.shape, 255, self.zero & 0xFF, 1 if self.signed else 2, 0, 0)
        return head + struct.pack("<HBBBBH", self.keep, *self.floors, self.block_bits, self.widest, 0)


@dataclass(frozen=True)
class Block:
    first: int
    last: int
    width: int
    cells: int
    offset: int = 0


@dataclass(frozen=True)
class Cut:
    """What a frame is made into, by element: its side (-1, 0 where it is not kept, 1), its block and its cell."""

    side: Array
    block: Array
    cell: Array
    blocks: tuple[Block, ...]


def values_of(tensor: bytes, settings: Settings) -> Array:
    return np.frombuffer(tensor, np.int8 if settings.signed else np.uint8).astype(np.int64)


def divide(firsts: list[int], last: int, widest: int) -> list[Block]:
    blocks = []
    for first, end in zip(firsts, [*firsts[1:], last + 1], strict=True):
        ranks = end - first
        cells = -(-ranks // widest)
        blocks.append(Block(first, end - 1, -(-ranks // cells) if cells else 1, cells))
    return blocks


def cut_of(tensor: bytes, settings: Settings) -> Cut | None:
    """Steps 1 to 3 of the page; None where nothing is kept."""
    distance = values_of(tensor, settings) - settings.zero
    side = np.sign(distance)
    floor = np.where(side < 0, settings.floors[0], settings.floors[1])
    rank = np.where((side != 0) & (floor != 0), np.abs(distance) - floor + 1, 0)
    candidates = np.flatnonzero(rank > 0)
    kept = candidates[np.argsort(-rank[candidates], kind="stable")][: settings.keep]
    if kept.size == 0:
        return None
    ascending = np.sort(rank[kept])
    count = 1 << settings.block_bits
    firsts = [int(ascending[ascending.size * j // count]) for j in range(count)]
    where = np.zeros_like(rank)
    where[kept] = np.searchsorted(firsts, rank[kept], side="right") - 1
    cell = np.zeros_like(rank)
    blocks = []
    for number, block in enumerate(divide(firsts, int(ascending[-1]), settings.widest)):
        own = kept[where[kept] == number]
        place = rank[own] - block.first
        cell[own] = place // block.width
        within = int((place % block.width).sum())
        offset = (2 * within + own.size) // (2 * own.size) if own.size else 0
        blocks.append(Block(block.first, block.last, block.width, block.cells, offset))
    return Cut(np.where(np.isin(np.arange(rank.size), kept), side, 0), where, cell, tuple(blocks))


def value_at(settings: Settings, block: Block, cell: int, side: int) -> int:
    """Step 4."""
    rank = min(block.first + cell * block.width + block.offset, block.last)
    floor = settings.floors[0] if side < 0 else settings.floors[1]
    value = settings.zero + side * (rank + floor - 1)
    return min(max(value, settings.low), settings.low + 255)


def seen(tensor: bytes, settings: Settings) -> bytes:
    """What a decoder must get of this tensor."""
    values = np.full(len(tensor), settings.zero)
    cut = cut_of(tensor, settings)
    if cut is not None:
        for i in np.flatnonzero(cut.side):
            values[i] = value_at(settings, cut.blocks[cut.block[i]], int(cut.cell[i]), int(cut.side[i]))
    return values.astype(np.int8 if settings.signed else np.uint8).tobytes()


def bits_for(count: int) -> int:
    return max(count - 1, 0).bit_length()


class BitString:
    """Bits, the least significant of a byte first."""

    def __init__(self) -> None:
        self.bits: list[int] = []

    def put(self, number: int, count: int) -> None:
        self.bits += [number >> i & 1 for i in range(count)]

    def bytes(self) -> bytes:
        return np.packbits(np.array(self.bits, np.uint8), bitorder="little").tobytes()


def put_value(bits: BitString, settings: Settings, cut: Cut, i: int) -> None:
    if all(settings.floors):
        bits.put(int(cut.side[i] < 0), 1)
    bits.put(int(cut.block[i]), settings.block_bits)
    bits.put(int(cut.cell[i]), bits_for(cut.blocks[cut.block[i]].cells))


def as_bitmap(settings: Settings, cut: Cut) -> bytes:
    bits = BitString()
    for i, side in enumerate(cut.side):
        bits.put(int(side != 0), 1)
        if side:
            put_value(bits, settings, cut, i)
    return bits.bytes()


def run_shift(settings: Settings, cut: Cut) -> int:
    kept = int(np.count_nonzero(cut.side))
    return min(max(((cut.side.size - kept) // kept).bit_length() - 1, 0), 7)


def as_runs(settings: Settings, cut: Cut) -> bytes:
    bits, shift, before = BitString(), run_shift(settings, cut), -1
    kept = np.flatnonzero(cut.side)
    for i in kept:
        dropped = int(i) - before - 1
        before = int(i)
        for _ in range(dropped >> shift):
            bits.put(1, 1)
        bits.put(0, 1)
        bits.put(dropped & (1 << shift) - 1, shift)
        put_value(bits, settings, cut, int(i))
    return struct.pack("<H", kept.size) + bits.bytes()


@dataclass(frozen=True)
class Symbol:
    """Of a stream: a flag of this kind, or a number of `bits` bits."""

    kind: tuple[str, int] | None
    number: int
    bits: int = 0


def context_of(settings: Settings, kept: npt.NDArray[np.bool_], i: int) -> tuple[int, list[int]]:
    """The number of the context of element i, and which neighbours are kept."""
    _, width, channels = settings.shape
    row = width * channels
    place = i % row
    around = ([i - channels] if place >= channels else []) + ([i - row] if i >= row else [])
    near = [one for one in around if kept[one]]
    recent = any(kept[i - back] for back in range(1, min(4, place) + 1))
    return 2 * len(near) + recent, near


def symbols_of(settings: Settings, cut: Cut) -> Iterator[Symbol]:
    """In the order in which they are decoded."""
    kept = cut.side != 0
    for i, side in enumerate(cut.side):
        context, near = context_of(settings, kept, i)
        yield Symbol(("kept", context), int(side != 0))
        if not side:
            continue
        if all(settings.floors):
            sides = {int(cut.side[one]) for one in near}
            if len(sides) == 1:
                yield Symbol(("sign", 0), int(side in sides))
            else:
                yield Symbol(("even", 0), int(side < 0))
        yield Symbol(None, int(cut.block[i]), settings.block_bits)
        block, cell = cut.blocks[cut.block[i]], int(cut.cell[i])
        most = min(block.cells - 1, MOST_CELL_FLAGS)
        for one_more in range(min(cell + 1, most)):
            yield Symbol(("more", int(cut.block[i])), int(one_more < cell))
        if cell >= MOST_CELL_FLAGS and block.cells > MOST_CELL_FLAGS + 1:
            yield Symbol(None, cell - MOST_CELL_FLAGS, bits_for(block.cells - MOST_CELL_FLAGS))


def frequency(flags: list[int]) -> int:
    return min(max((512 * sum(flags) + len(flags)) // (2 * len(flags)), 1), 255) if flags else 1


def as_stream(settings: Settings, cut: Cut) -> bytes:
    symbols = list(symbols_of(settings, cut))
    kinds = [("kept", i) for i in range(6)] + ([("sign", 0)] if all(settings.floors) else [])
    kinds += [("more", j) for j, block in enumerate(cut.blocks) if block.cells > 1]
    ones = {kind: frequency([s.number for s in symbols if s.kind == kind]) for kind in kinds}
    given = bytes(ones.values())
    ones["even", 0] = 128
    state, emitted = LOW, bytearray()
    for symbol in reversed(symbols):
        if symbol.kind is None:
            while state >= 1 << (23 - symbol.bits):
                emitted.append(state & 0xFF)
                state >>= 8
            state = state << symbol.bits | symbol.number
            continue
        zeros = 256 - ones[symbol.kind]
        f, start = (ones[symbol.kind], zeros) if symbol.number else (zeros, 0)
        while state >= f * LOW:
            emitted.append(state & 0xFF)
            state >>= 8
        state = state // f * 256 + state % f + start
    return given + struct.pack("<I", state)[:3] + bytes(reversed(emitted))


def forms(tensor: bytes, settings: Settings) -> list[bytes]:
    """Every form that a coded tensor may have, behind its version."""
    cut = cut_of(tensor, settings)
    if cut is None:
        return [bytes([NOTHING])]
    firsts, offsets = [block.first for block in cut.blocks], [block.offset for block in cut.blocks]
    head = bytes([*firsts, cut.blocks[-1].last, *offsets])
    return [
        bytes([BITMAP]) + head + as_bitmap(settings, cut),
        bytes([RUNS | run_shift(settings, cut) << 2]) + head + as_runs(settings, cut),
        bytes([STREAM]) + head + as_stream(settings, cut),
    ]


def encode(tensor: bytes, settings: Settings) -> bytes:
    """The form that an encoder takes."""
    return min(forms(tensor, settings), key=len)
