"""The numbers by which the wire names dtypes and codecs."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np


class CodecId(IntEnum):
    """How the bytes of a tensor travel; on the device the same as `cutpoint::CodecId`."""

    RAW = 0
    BITMAP = 1
    JPEG = 2
    """An input that is a picture, as its camera coded it; lossy, and undone by whoever knows the model."""
    LOWBIT = 3
    RANS = 4
    SLICER = 5
    DELTA = 6

    @property
    def calibrated(self) -> bool:
        """Whether it is made and undone with the tables of a calibration only."""
        return self >= CodecId.LOWBIT

    @property
    def opaque(self) -> bool:
        """Whether undoing it takes more than the bytes: the model, or the tables. Receivers hand it on as it came."""
        return self >= CodecId.JPEG


class DType(IntEnum):
    """Element types that a tensor on the wire can have; bytes are little-endian."""

    INT8 = 1
    UINT8 = 2
    INT16 = 3
    INT32 = 4
    INT64 = 5
    FLOAT32 = 6
    BOOL = 7

    @property
    def numpy(self) -> np.dtype[Any]:
        """The NumPy dtype, little-endian."""
        return _NUMPY[self]

    @property
    def item_bytes(self) -> int:
        """Bytes of one element."""
        return _NUMPY[self].itemsize

    @classmethod
    def of(cls, dtype: np.dtype[Any] | str | type) -> DType:
        """The wire's number of a NumPy dtype (or its name); raises ValueError for one that cannot travel."""
        name = np.dtype(dtype).name
        found = _BY_NAME.get(name)
        if found is None:
            raise ValueError(f"tensors of {name} cannot travel; those of {', '.join(_BY_NAME)} can")
        return found


_NUMPY: dict[DType, np.dtype[Any]] = {
    DType.INT8: np.dtype("i1"),
    DType.UINT8: np.dtype("u1"),
    DType.INT16: np.dtype("<i2"),
    DType.INT32: np.dtype("<i4"),
    DType.INT64: np.dtype("<i8"),
    DType.FLOAT32: np.dtype("<f4"),
    DType.BOOL: np.dtype("bool"),
}
_BY_NAME: dict[str, DType] = {dtype.name: number for number, dtype in _NUMPY.items()}
