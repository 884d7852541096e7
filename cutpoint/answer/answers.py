"""Answers as values: equal when every field that crosses the wire is equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.answer.classes import Class
from cutpoint.answer.errors import OutputError
from cutpoint.answer.fomo import Centroid


@dataclass(frozen=True, slots=True)
class Centroids:
    """Objects found by a FOMO network, in the order of the decoder."""

    items: tuple[Centroid, ...]


@dataclass(frozen=True, slots=True)
class Classes:
    """Labels of a classifier, best first."""

    items: tuple[Class, ...]


@dataclass(frozen=True, slots=True)
class RawTensor:
    """One output tensor as it is: index in the graph, NumPy dtype name, little-endian bytes in C order.

    Its shape is not part of it, because a raw answer does not carry the shape on the wire; the bundle knows
    it.
    """

    index: int
    dtype: str
    data: bytes

    @classmethod
    def of(cls, index: int, array: npt.NDArray[np.generic]) -> RawTensor:
        """The tensor of one array; dtype and bytes are taken as they are."""
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        return cls(index, array.dtype.name, little.tobytes())

    def array(self, shape: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """The elements in `shape`; raises `OutputError` when their number differs."""
        flat = np.frombuffer(self.data, np.dtype(self.dtype).newbyteorder("<"))
        if flat.size != int(np.prod(shape, dtype=np.int64)):
            raise OutputError(
                f"tensor {self.index} has {flat.size} elements, which do not fill a shape of {shape}"
            )
        return flat.reshape(shape)


@dataclass(frozen=True, slots=True)
class Raw:
    """Output tensors without a meaning, in graph order."""

    tensors: tuple[RawTensor, ...]


Answer = Centroids | Classes | Raw
