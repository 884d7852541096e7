"""A bundle with codec tables that nobody fitted: uniform levels, likelier the nearer to the one that is predicted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import prod
from pathlib import Path

from cutpoint.codec import (
    Activity,
    CodecId,
    DType,
    Prediction,
    Quantiser,
    RansModel,
    RansTable,
    Setting,
    TensorTables,
    encode_tables,
)
from cutpoint.graph import Bundle
from cutpoint.graph.codecs_entry import CodecsEntry, CodecSettingEntry
from cutpoint.graph.manifest import CutEntry

LEVELS = 16
CODECS = (CodecId.LOWBIT, CodecId.RANS, CodecId.RANS, CodecId.DELTA)
"""The settings of each cut: lowbit, rans without loss, rans and delta of 16 levels."""


def uniform(dtype: DType, zero_point: int) -> Quantiser:
    """Equal ranges of the element's value; the levels ascend with it."""
    signed = dtype is DType.INT8
    turned = [byte ^ 0x80 if signed else byte for byte in range(256)]  # the place in ascending order
    to_level = bytes(place * LEVELS // 256 for place in turned)
    middles = [(level * 256 + 128) // LEVELS for level in range(LEVELS)]
    to_value = bytes(middle ^ 0x80 if signed else middle for middle in middles)
    return Quantiser(to_level, to_value, to_level[zero_point & 0xFF])


def near(levels: int, offset: int) -> RansTable:
    """Of every level a symbol, with half of the sum at the one that was predicted."""
    each = 2048 // levels
    frequencies = [each] * levels
    frequencies[offset] += 4096 - each * levels
    return RansTable(offset, tuple(frequencies))


def settings_of(cut: CutEntry) -> list[Setting]:
    """Each of CODECS for the tensors of one cut, which are int8 or uint8."""
    made: list[Setting] = []
    for number, codec in enumerate(CODECS):
        tensors = []
        for tensor in cut.tensors:
            dtype, zero_point = DType.of(tensor.dtype), tensor.zero_point or 0
            quantiser = Quantiser.identity(zero_point) if number == 1 else uniform(dtype, zero_point)
            zero = quantiser.zero_level
            key = RansModel(Prediction.NONE, Activity.MAGNITUDE, (), (near(quantiser.levels, 0),))
            if number == 1:
                key = RansModel(Prediction.AVERAGE, Activity.MAGNITUDE, (), (near(256, 128),))
            change = RansModel(Prediction.REFERENCE, Activity.CHANGE, (), (near(LEVELS, LEVELS // 2),))
            models = {CodecId.LOWBIT: (), CodecId.RANS: (key,), CodecId.DELTA: (key, change)}[codec]
            shape = (1, 1, prod(tensor.shape)) if len(tensor.shape) != 4 else tensor.shape[1:]
            assert 0 <= zero < quantiser.levels
            tensors.append(TensorTables((shape[0], shape[1], shape[2]), dtype, quantiser, models))
        made.append(Setting(cut.k, codec, tuple(tensors)))
    return made


def number_of(cuts: Sequence[int], cut: int, place: int) -> int:
    """Of the setting of CODECS[place] at a cut, in tables for these cuts."""
    return cuts.index(cut) * len(CODECS) + place + 1


def calibrated(bundle: Bundle, cuts: Sequence[int]) -> Bundle:
    """The bundle with settings for these cuts, in its own folder."""
    settings = [setting for cut in cuts for setting in settings_of(bundle.cuts[cut])]
    tables = encode_tables(bundle.model_id, settings)
    entries = tuple(
        CodecSettingEntry(
            number=number,
            cut=setting.cut,
            codec=setting.codec.name.lower(),
            what="for a test",
            mean_bytes=100.0,
            largest_bytes=200,
            raw_share=0.0,
            loss=0.0,
            agreement=1.0,
            table_bytes=300,
            lossless=CODECS[(number - 1) % len(CODECS)] is CodecId.RANS and (number - 1) % len(CODECS) == 1,
        )
        for number, setting in enumerate(settings, start=1)
    )
    entry = CodecsEntry(
        bytes=len(tables),
        sha256=hashlib.sha256(tables).hexdigest(),
        version=f"{int.from_bytes(tables[12:16], 'little'):08x}",
        pictures=10,
        held_out=10,
        metric="agreement",
        baseline=None,
        settings=entries,
        jpeg=(),
    )
    return bundle.with_codecs(entry, tables)


def calibrated_copy(model: bytes, folder: Path, name: str, cuts: Sequence[int]) -> Bundle:
    """A bundle of a model, calibrated, in a folder of its own."""
    return calibrated(Bundle.create(model, folder, name=name), cuts)
