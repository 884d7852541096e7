"""The way of one picture gone once more, apart from device and server: head, codec, tail."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from cutpoint.answer import Answer
from cutpoint.codec import Codec, CodecId, DType, decode, read_label
from cutpoint.graph import Bundle
from cutpoint.kernels import Array, Kernels, Runner, open_runner
from host_tools.device.sources import Sample


@dataclass(frozen=True, slots=True)
class Retraced:
    """What came out. exact: every tensor is bit for bit what it was before coding. Bytes are the tensors', unframed."""

    answer: Answer
    exact: bool
    raw_bytes: int
    coded_bytes: int


class Retrace:
    """Heads and tails of one bundle, made when they are needed; every method may be called from any thread."""

    def __init__(self, bundle: Bundle, heads: Kernels, tails: Kernels) -> None:
        self._bundle = bundle
        self._model = bundle.model()
        self._kernels = (heads, tails)
        self._tables = bundle.tables()
        self._runners: dict[int, tuple[Runner, Runner]] = {}
        self._lock = threading.Lock()

    def of(self, sample: Sample, cut: int, codec: str) -> Retraced:
        """What the edge must answer when the tensors at `cut` travel as `codec` says: `raw`, `bitmap`, `rans:12`.

        Of codec delta it is what a key frame gives.
        """
        with self._lock:
            head, tail = self._at(cut)
            tensors = list(sample.arrays) if cut == 0 else head.run(list(sample.arrays))
            came, coded_bytes = [], 0
            for place, array in enumerate(tensors):
                data, size = self._coded(place, array, cut, codec)
                came.append(np.frombuffer(data, array.dtype).reshape(array.shape))
                coded_bytes += size
            answer = self._bundle.answer_rule.decode(tail.run(came))
        exact = all(one.tobytes() == other.tobytes() for one, other in zip(tensors, came, strict=True))
        return Retraced(answer, exact, sum(array.nbytes for array in tensors), coded_bytes)

    def _at(self, cut: int) -> tuple[Runner, Runner]:
        if cut not in self._runners:
            heads, tails = self._kernels
            head, tail = self._model.split(cut)
            self._runners[cut] = (open_runner(head, heads), open_runner(tail, tails))
        return self._runners[cut]

    def _coded(self, place: int, array: Array, cut: int, codec: str) -> tuple[bytes, int]:
        """A tensor coded and undone, and the bytes that it took."""
        id, number = read_label(codec)
        raw, dtype = array.tobytes(), DType.of(array.dtype)
        if not id.calibrated:
            coded = Codec(id).encode(raw, dtype, self._bundle.cuts[cut].tensors[place].zero_point or 0)
            return decode(coded, dtype, len(raw)), len(coded.data)
        assert self._tables is not None, f"{codec} without codec tables"
        coded = self._tables.encode(number, place, raw)
        if coded.codec is CodecId.RAW:
            return raw, len(raw)
        return self._tables.decode(number, place, coded.data, len(raw)), len(coded.data)
