"""A bundle with codec tables made by hand: a few settings at two cuts, with the losses that a test states."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from hand_device import head, pictures

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
from cutpoint.graph import Bundle, TensorEntry
from cutpoint.graph.codecs_entry import CodecsEntry, CodecSettingEntry, JpegEntry

ONE, TWO = 7, 4
"""A cut with one tensor, and one with two."""
LOSSLESS, LOWBIT, COARSE, DELTA, PAIR, PAIR_DELTA = range(1, 7)
_STATED: Mapping[int, dict[str, Any]] = {
    LOSSLESS: {"loss": 0.0, "agreement": 1.0, "lossless": True},
    LOWBIT: {"loss": 0.05, "agreement": 0.98},
    COARSE: {"loss": 1.9, "agreement": 0.9},
    DELTA: {"loss": 0.0, "agreement": 1.0, "lossless": True},
    PAIR: {"loss": 0.0, "agreement": 1.0, "lossless": True},
    PAIR_DELTA: {"loss": 0.0, "agreement": 1.0, "lossless": True},
}


def calibrated(
    bundle: Bundle, *, jpeg: tuple[JpegEntry, ...] = (), seed: int = 9, **changes: Mapping[str, Any]
) -> Bundle:
    """The bundle with tables; `changes` by name of a setting (`coarse={"agreement": 1.0}`)."""
    samples = {cut: [head(bundle, cut, one) for one in pictures(bundle, 4, seed=seed)] for cut in (ONE, TWO)}
    made = (
        _setting(bundle, samples, ONE, CodecId.RANS, 256),
        _setting(bundle, samples, ONE, CodecId.LOWBIT, 32),
        _setting(bundle, samples, ONE, CodecId.RANS, 4),
        _setting(bundle, samples, ONE, CodecId.DELTA, 256),
        _setting(bundle, samples, TWO, CodecId.RANS, 256),
        _setting(bundle, samples, TWO, CodecId.DELTA, 256),
    )
    tables = encode_tables(bundle.model_id, made)
    stated = {number: dict(fields) for number, fields in _STATED.items()}
    for name, fields in changes.items():
        stated[globals()[name.upper()]].update(fields)
    entry = CodecsEntry(
        bytes=len(tables),
        sha256=hashlib.sha256(tables).hexdigest(),
        version=f"{int.from_bytes(tables[12:16], 'little'):08x}",
        pictures=4,
        held_out=4,
        metric="f1",
        baseline=0.95,
        settings=tuple(
            CodecSettingEntry(
                **{
                    "number": number,
                    "cut": setting.cut,
                    "codec": setting.codec.name.lower(),
                    "what": "by hand",
                    "mean_bytes": 300.0,
                    "largest_bytes": 400,
                    "raw_share": 0.0,
                    "table_bytes": 300,
                    "lossless": False,
                }
                | stated[number]
            )
            for number, setting in enumerate(made, start=1)
        ),
        jpeg=jpeg,
    )
    return bundle.with_codecs(entry, tables)


def _setting(
    bundle: Bundle, samples: Mapping[int, list[Any]], cut: int, codec: CodecId, levels: int
) -> Setting:
    tensors = bundle.cuts[cut].tensors
    return Setting(
        cut,
        codec,
        tuple(
            _tables(tensor, codec, levels, np.stack([sample[place] for sample in samples[cut]]))
            for place, tensor in enumerate(tensors)
        ),
    )


def _tables(tensor: TensorEntry, codec: CodecId, levels: int, seen: Any) -> TensorTables:
    quantiser = Quantiser.identity(tensor.zero_point or 0) if levels == 256 else _even(levels)
    shape = tensor.shape[1], tensor.shape[2], tensor.shape[3]
    coded = np.frombuffer(quantiser.to_level, np.uint8)[seen.view(np.uint8)]
    plain = _model(np.bincount(coded.ravel(), minlength=levels), Prediction.NONE)
    # Nearly all of a still scene is where it was.
    still = np.ones(levels)
    still[0] = 40 * levels
    models = {
        CodecId.LOWBIT: (),
        CodecId.RANS: (plain,),
        CodecId.DELTA: (plain, _model(still, Prediction.REFERENCE)),
    }[codec]
    return TensorTables(shape, DType.INT8, quantiser, models)


def _even(levels: int) -> Quantiser:
    """Steps of one size over the values from -128 up, as elements in unsigned bytes."""
    step = 256 // levels
    values = [(byte ^ 0x80) // step for byte in range(256)]
    middles = bytes(((level * step + step // 2) ^ 0x80) & 0xFF for level in range(levels))
    return Quantiser(bytes(values), middles, 0)


def _model(counts: Any, prediction: Prediction) -> RansModel:
    share = counts / counts.sum()
    frequencies = np.maximum((share * 3_500).astype(int), 1)
    frequencies[int(np.argmax(frequencies))] += 4096 - int(frequencies.sum())
    return RansModel(prediction, Activity.MAGNITUDE, (), (RansTable(0, tuple(map(int, frequencies))),))
