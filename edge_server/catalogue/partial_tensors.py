"""The tensors at a cut from the chunks that came: what is missing becomes the zero point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cutpoint.codec import CodecError, CodecId, CodecTables, CodedError
from cutpoint.kernels import Array
from cutpoint.wire import IncompleteActivation, IncompleteTensor
from edge_server.catalogue.served import ExpectedTensor, TensorMismatchError


def tensors_that_came(
    expected: Sequence[ExpectedTensor], seen: IncompleteActivation, tables: CodecTables | None
) -> tuple[list[Array], float]:
    """Arrays in the order that the tail takes them, and the share of their elements that came, 0 to 1.

    Of codec raw every whole element is there, of lowbit every element whose bits are, of rANS in slices every slice
    that came whole. The other codecs cannot be undone in part: of those nothing is there. Raises TensorMismatchError
    when a record is not that of the tensor that belongs there.
    """
    if seen.tensor_count != len(expected):
        raise TensorMismatchError(f"{seen.tensor_count} tensors at cut {seen.cut}, which has {len(expected)}")
    if seen.codec.calibrated:
        _check_setting(seen, tables)
    arrays: list[Array] = []
    came = elements = 0
    for place, wanted in enumerate(expected):
        record = seen.tensors[place] if place < len(seen.tensors) else None
        array, there = _nothing(wanted), 0
        if record is not None:
            array, there = _tensor(wanted, record, seen.setting, place, tables)
        arrays.append(array)
        came += there
        elements += array.size
    return arrays, came / elements if elements else 1.0


def _check_setting(seen: IncompleteActivation, tables: CodecTables | None) -> None:
    heads = () if tables is None else tables.settings
    if not any((one.number, one.cut, one.codec) == (seen.setting, seen.cut, seen.codec) for one in heads):
        raise TensorMismatchError(
            f"setting {seen.setting} of {seen.codec.name.lower()} at cut {seen.cut}, which this bundle has not"
        )


def _tensor(
    wanted: ExpectedTensor,
    record: IncompleteTensor,
    setting: int,
    place: int,
    tables: CodecTables | None,
) -> tuple[Array, int]:
    if record.index != wanted.index or record.dtype != wanted.code or record.raw_bytes != wanted.bytes:
        raise TensorMismatchError(
            f"tensor {record.index} ({record.dtype!r}, {record.raw_bytes} bytes) where tensor "
            f"{wanted.index} ({wanted.code!r}, {wanted.bytes} bytes) belongs"
        )
    if record.codec is CodecId.RAW:
        return _raw(wanted, record)
    if record.codec in (CodecId.LOWBIT, CodecId.RANS) and tables is not None:
        try:
            data, there = tables.decode_partial(setting, place, record.coded, record.came, record.raw_bytes)
        except (CodecError, CodedError) as error:
            raise TensorMismatchError(f"tensor {wanted.index}: {error}") from error
        return np.frombuffer(data, wanted.dtype).reshape(wanted.shape), there
    return _nothing(wanted), 0


def _raw(wanted: ExpectedTensor, record: IncompleteTensor) -> tuple[Array, int]:
    array = _nothing(wanted)
    flat, item = array.reshape(-1), wanted.dtype.itemsize
    there = 0
    for first, end in record.came:
        begin, stop = -(-first // item), end // item
        if stop > begin:
            flat[begin:stop] = np.frombuffer(record.coded[begin * item : stop * item], wanted.dtype)
            there += stop - begin
    if wanted.dtype.kind == "f" and not np.isfinite(array).all():
        raise TensorMismatchError(f"tensor {wanted.index} holds a number that is not finite")
    return array, there


def _nothing(wanted: ExpectedTensor) -> Array:
    return np.full(wanted.shape, wanted.fill, wanted.dtype)
