"""The calibrated codecs as ways to send: each setting of a bundle's tables at a cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cutpoint.codec import CodecId, CodecTables, Coded
from cutpoint.graph import Bundle
from cutpoint.graph.manifest import TensorEntry
from host_tools.codec_bench.halves import Live
from host_tools.codec_bench.ways import Sent, Way, fill_of


@dataclass(frozen=True, slots=True)
class CalibratedWay:
    """A setting: its number in the tables, codec by name, what the calibration says of it, and how it sends."""

    number: int
    codec: str
    what: str
    table_bytes: int
    way: Way


def calibrated_ways(bundle: Bundle, cut: int) -> tuple[CalibratedWay, ...]:
    """All settings at a cut, in the order of their numbers; none in a bundle that was not calibrated."""
    entry = bundle.manifest.codecs
    if entry is None or bundle.codec_tables is None:
        return ()
    tables = CodecTables.open(bundle.codec_tables, bundle.model_id)
    tensors = bundle.cuts[cut].tensors
    return tuple(
        CalibratedWay(
            setting.number,
            setting.codec,
            setting.what,
            setting.table_bytes,
            (Changing if setting.codec == "delta" else Calibrated)(tables, setting.number, tensors),
        )
        for setting in entry.settings
        if setting.cut == cut
    )


class Calibrated:
    """A setting whose frames stand for themselves."""

    def __init__(self, tables: CodecTables, number: int, tensors: Sequence[TensorEntry]) -> None:
        self._tables, self._number = tables, number
        self._fills = [fill_of(tensor) for tensor in tensors]

    def send(self, frames: Sequence[Live]) -> Sent:
        coded, received, raw = [], [], 0
        for frame in frames:
            sizes, back = [], []
            for place, (tensor, fill) in enumerate(zip(frame, self._fills, strict=True)):
                made = self._tables.encode(self._number, place, tensor.tobytes(), fill=fill)
                raw += made.codec is CodecId.RAW
                sizes.append(len(made.data))
                back.append(_like(tensor, self._decode(place, made, tensor.nbytes)))
            coded.append(tuple(sizes))
            received.append(tuple(back))
        return Sent(tuple(coded), tuple(received), raw)

    def _decode(self, place: int, made: Coded, raw_bytes: int) -> bytes:
        if made.codec is CodecId.RAW:
            return made.data
        return self._tables.decode(self._number, place, made.data, raw_bytes)


class Changing:
    """Codec delta: each frame against the one before, all of which arrive and are acknowledged in time."""

    def __init__(self, tables: CodecTables, number: int, tensors: Sequence[TensorEntry]) -> None:
        self._tables, self._number, self._tensors = tables, number, tuple(tensors)

    def send(self, frames: Sequence[Live]) -> Sent:
        references: list[bytes | None] = [None] * len(self._tensors)
        coded, received, raw = [], [], 0
        for frame in frames:
            sizes, back = [], []
            for place, tensor in enumerate(frame):
                reference = references[place]
                age = 0 if reference is None else 1
                made, levels = self._tables.encode_change(
                    self._number, place, tensor.tobytes(), reference, age
                )
                raw += made.codec is CodecId.RAW
                sizes.append(len(made.data))
                if made.codec is CodecId.RAW:
                    values = made.data
                else:
                    values, levels = self._tables.decode_change(
                        self._number, place, made.data, reference, tensor.nbytes
                    )
                references[place] = levels
                back.append(_like(tensor, values))
            coded.append(tuple(sizes))
            received.append(tuple(back))
        return Sent(tuple(coded), tuple(received), raw)


def _like(tensor: np.ndarray[Any, Any], data: bytes) -> np.ndarray[Any, Any]:
    return np.frombuffer(data, tensor.dtype).reshape(tensor.shape)
