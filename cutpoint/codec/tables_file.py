"""The file of codec tables: settings written, and their version (docs/codecs.md has the bytes)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cutpoint.codec.errors import CodecError
from cutpoint.codec.numbers import CodecId
from cutpoint.codec.tables import TensorTables

MAGIC = b"CPCT"
FORMAT = 1
MOST_SETTINGS = 255
MOST_TENSORS = 16

_HEAD = struct.Struct("<4sBBH4sI")
_SETTING = struct.Struct("<HBBI")
_MODELS = {CodecId.LOWBIT: 0, CodecId.RANS: 1, CodecId.DELTA: 2}


class TensorBlock(Protocol):
    """What a tensor of one codec is coded with."""

    def block(self) -> bytes:
        """Its block of the file."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to code the tensors of a cut, in the order in which they travel."""

    cut: int
    codec: CodecId
    tensors: tuple[TensorBlock, ...]

    def __post_init__(self) -> None:
        if not self.codec.calibrated:
            raise CodecError(f"codec {self.codec.name.lower()} has no tables")
        if not 1 <= len(self.tensors) <= MOST_TENSORS or not 0 <= self.cut <= 0xFFFF:
            raise CodecError(f"{len(self.tensors)} tensors at cut {self.cut}: there are 1 to {MOST_TENSORS}")
        wanted = _MODELS.get(self.codec)
        for tensor in self.tensors:
            plain = isinstance(tensor, TensorTables)
            if plain != (wanted is not None) or (
                isinstance(tensor, TensorTables) and len(tensor.models) != wanted
            ):
                raise CodecError(f"a tensor's tables are not those of codec {self.codec.name.lower()}")


def encode_tables(model_id: bytes, settings: Sequence[Setting]) -> bytes:
    """The file: settings are numbered from 1 in this order. Equal blocks stand in it once.

    Raises `CodecError` for what no file can hold.
    """
    if len(model_id) != 4:
        raise CodecError(f"a model id has 4 bytes, not {len(model_id)}")
    if not 1 <= len(settings) <= MOST_SETTINGS:
        raise CodecError(f"{len(settings)} settings: a file has 1 to {MOST_SETTINGS}")
    places = _HEAD.size + _SETTING.size * len(settings)
    at = places + 4 * sum(len(setting.tensors) for setting in settings)
    heads, offsets, blocks, found = b"", b"", b"", dict[bytes, int]()
    for setting in settings:
        heads += _SETTING.pack(setting.cut, setting.codec, len(setting.tensors), places + len(offsets))
        for tensor in setting.tensors:
            block = tensor.block()
            if block not in found:
                found[block] = at + len(blocks)
                blocks += block + bytes(-len(block) % 4)
            offsets += struct.pack("<I", found[block])
    behind = heads + offsets + blocks
    unsigned = _HEAD.pack(MAGIC, FORMAT, len(settings), 0, model_id, 0)
    version = zlib.crc32(unsigned + behind)
    return _HEAD.pack(MAGIC, FORMAT, len(settings), 0, model_id, version) + behind
