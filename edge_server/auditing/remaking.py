"""What the edge would have got under another setting: exact tensors coded and undone again."""

from __future__ import annotations

import numpy as np

from cutpoint.codec import CodecTables
from cutpoint.kernels import Array


def remade(tables: CodecTables, number: int, arrays: list[Array]) -> list[Array]:
    """The tensors of a cut, exact, as setting `number` would have brought them; of `delta` as a key frame.

    Raises CodecError, or CodedError where what was coded cannot be undone, which would be an error of ours.
    """
    return [
        np.frombuffer(_bytes(tables, number, place, array.tobytes()), array.dtype).reshape(array.shape)
        for place, array in enumerate(arrays)
    ]


def _bytes(tables: CodecTables, number: int, place: int, data: bytes) -> bytes:
    coded = tables.encode(number, place, data)
    return tables.decode(number, place, coded.data, len(data)) if coded.codec.calibrated else data
