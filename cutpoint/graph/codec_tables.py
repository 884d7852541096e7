"""`codec.tables` against the manifest beside it: its settings, and that their tensors are those of the cuts.

Reads as much of the file as that takes (docs/codecs.md, "The tables file"); whoever codes with it checks the rest.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from cutpoint.errors import ModelError
from cutpoint.graph.codecs_entry import CodecsEntry
from cutpoint.graph.manifest import CutEntry

MAGIC, FORMAT = b"CPCT", 1
CODECS = {3: "lowbit", 4: "rans", 5: "slicer", 6: "delta"}
DTYPES = {1: "int8", 2: "uint8"}
MOST_TENSORS = 16
_HEAD, _CRC_AT, _SETTING, _SHAPE = (
    struct.Struct("<4sBBH4sI"),
    12,
    struct.Struct("<HBBI"),
    struct.Struct("<HHHBBB"),
)


@dataclass(frozen=True, slots=True)
class StatedTensor:
    """What a tensor's block says that it is for."""

    shape: tuple[int, int, int]
    dtype: str

    @property
    def bytes(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class StatedSetting:
    """Cut, codec by name, and the tensors in the order in which they travel."""

    cut: int
    codec: str
    tensors: tuple[StatedTensor, ...]


def check_codec_tables(entry: CodecsEntry, cuts: Sequence[CutEntry], model_id: bytes, data: bytes) -> None:
    """Raise ModelError unless the tables are of the model, and have the settings of the entry, each fit for its cut."""
    version, settings = read_settings(data, model_id)
    if (len(data), f"{version:08x}") != (entry.bytes, entry.version):
        raise ModelError(
            f"it is {len(data)} bytes of version {version:08x}, the manifest states {entry.bytes} of {entry.version}"
        )
    stated = [(setting.cut, setting.codec) for setting in entry.settings]
    if stated != [(setting.cut, setting.codec) for setting in settings]:
        raise ModelError("its settings are not those that the manifest states")
    for number, setting in enumerate(settings, start=1):
        if setting.cut >= len(cuts):
            raise ModelError(f"setting {number} is for cut {setting.cut}, the last cut is {len(cuts) - 1}")
        tensors = cuts[setting.cut].tensors
        here = [(tensor.bytes, tensor.dtype) for tensor in tensors]
        if here != [(tensor.bytes, tensor.dtype) for tensor in setting.tensors]:
            raise ModelError(f"setting {number} is for other tensors than travel at cut {setting.cut}")


def read_settings(data: bytes, model_id: bytes) -> tuple[int, tuple[StatedSetting, ...]]:
    """The version of a tables file and its settings; raises ModelError when it is none, damaged, or another model's."""
    if len(data) < _HEAD.size or not data.startswith(MAGIC):
        raise ModelError("it is no file of codec tables")
    _, form, count, _, model, version = _HEAD.unpack_from(data)
    if form != FORMAT:
        raise ModelError(f"its format has version {form}, this program reads {FORMAT}")
    if zlib.crc32(data[:_CRC_AT] + bytes(4) + data[_CRC_AT + 4 :]) != version:
        raise ModelError("its CRC-32 does not fit its bytes: it is damaged")
    if model != model_id:
        raise ModelError(f"it is of model {model.hex()}, this is {model_id.hex()}")
    try:
        return version, tuple(_setting(data, _HEAD.size + number * _SETTING.size) for number in range(count))
    except (struct.error, KeyError):
        raise ModelError("a setting has an unknown codec or dtype, or lies outside of the file") from None


def _setting(data: bytes, at: int) -> StatedSetting:
    cut, codec, tensors, offsets = _SETTING.unpack_from(data, at)
    if not 1 <= tensors <= MOST_TENSORS:
        raise ModelError(f"a setting has {tensors} tensors; 1 to {MOST_TENSORS} can be coded")
    blocks = struct.unpack_from(f"<{tensors}I", data, offsets)
    return StatedSetting(cut, CODECS[codec], tuple(_tensor(data, block) for block in blocks))


def _tensor(data: bytes, at: int) -> StatedTensor:
    height, width, channels, _, _, dtype = _SHAPE.unpack_from(data, at)
    return StatedTensor((height, width, channels), DTYPES[dtype])
