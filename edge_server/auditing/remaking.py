"""What the edge would have got under another setting: exact tensors coded and undone again."""

from __future__ import annotations

import numpy as np

from cutpoint.codec import CodecTables
from cutpoint.codec.numbers import CodecId
from cutpoint.kernels import Array


def remade(
    tables: CodecTables, codec: CodecId, number: int, arrays: list[Array], fills: list[int]
) -> list[Array]:
    """The tensors of a cut as setting `number` would have brought them; of `delta` as a key frame.

    arrays  exact, in the order in which they travel
    fills   zero point of each
    Raises CodecError, or CodedError where what was coded cannot be undone, which would be an error of ours.
    """
    return [
        np.frombuffer(_bytes(tables, codec, number, place, array.tobytes(), fill), array.dtype).reshape(
            array.shape
        )
        for place, (array, fill) in enumerate(zip(arrays, fills, strict=True))
    ]


def _bytes(tables: CodecTables, codec: CodecId, number: int, place: int, data: bytes, fill: int) -> bytes:
    if codec is CodecId.DELTA:
        coded, _ = tables.encode_change(number, place, data, None, 0)
        if not coded.codec.calibrated:
            return data
        values, _ = tables.decode_change(number, place, coded.data, None, len(data))
        return values
    coded = tables.encode(number, place, data, fill=fill)
    return tables.decode(number, place, coded.data, len(data)) if coded.codec.calibrated else data
