"""Codecs by name, over the device's implementation."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint import _core, codec
from cutpoint.codec import CodecError, CodecId, Coded, CodedError, DType


@st.composite
def tensors(draw: st.DrawFn) -> tuple[DType, bytes, int]:
    """Bytes of few distinct elements, and a fill that is one of them or 0."""
    dtype = draw(st.sampled_from([one for one in DType if one is not DType.BOOL]))
    palette = draw(
        st.lists(st.binary(min_size=dtype.item_bytes, max_size=dtype.item_bytes), min_size=1, max_size=3)
    )
    items = draw(st.lists(st.sampled_from(palette), max_size=200))
    fill = draw(st.sampled_from([0, int.from_bytes(palette[0], "little")]))
    return dtype, b"".join(items), fill


@given(tensors(), st.sampled_from(codec.names()))
def test_a_tensor_comes_back_and_never_grows(tensor: tuple[DType, bytes, int], name: str) -> None:
    dtype, data, fill = tensor
    coded = codec.by_name(name).encode(data, dtype, fill)
    assert codec.decode(coded, dtype, len(data)) == data
    assert len(coded.data) <= len(data)
    assert codec.by_name(name).coded_bytes(data, dtype, fill) == len(coded.data)


@given(tensors(), st.data())
def test_damaged_bytes_are_refused_or_another_tensor(
    tensor: tuple[DType, bytes, int], data: st.DataObject
) -> None:
    dtype, raw, fill = tensor
    coded = codec.by_name("bitmap").encode(raw, dtype, fill)
    damaged = bytearray(coded.data)
    for _ in range(data.draw(st.integers(1, 3))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        again = codec.decode(Coded(coded.codec, bytes(damaged)), dtype, len(raw))
    except CodedError:
        return
    assert len(again) == len(raw)


@given(st.binary(max_size=64), st.sampled_from(CodecId), st.sampled_from(DType), st.integers(0, 600))
def test_random_bytes_are_refused_or_a_tensor_of_the_stated_size(
    data: bytes, used: CodecId, dtype: DType, raw_bytes: int
) -> None:
    try:
        raw = codec.decode(Coded(used, data), dtype, raw_bytes)
    except CodedError:
        return
    assert len(raw) == raw_bytes


def test_a_zero_point_heavy_activation_shrinks() -> None:
    rng = np.random.default_rng(0)
    activation = np.where(rng.random(2304) < 0.6, -128, rng.integers(-127, 128, 2304)).astype(np.int8)
    coded = codec.by_name("bitmap").encode(activation.tobytes(), DType.INT8, -128)
    assert coded.codec is CodecId.BITMAP
    assert len(coded.data) == 1 + 288 + np.count_nonzero(activation != -128)


def test_a_tensor_that_would_grow_goes_raw() -> None:
    data = bytes(range(100))
    assert codec.by_name("bitmap").encode(data, DType.UINT8, 200) == Coded(CodecId.RAW, data)


def test_codecs_are_found_by_the_names_that_devices_announce() -> None:
    assert codec.names() == ("raw", "bitmap")
    assert [codec.by_name(name).name for name in codec.names()] == list(codec.names())


def test_an_unknown_codec_is_answered_with_those_that_exist() -> None:
    with pytest.raises(CodecError, match="use one of raw, bitmap"):
        codec.by_name("jpeg")


@pytest.mark.parametrize(
    ("data", "dtype", "fill"), [(b"abc", DType.INT16, 0), (b"ab", DType.INT8, 300), (b"ab", DType.INT8, None)]
)
def test_what_is_no_tensor_is_refused(data: bytes, dtype: DType, fill: int) -> None:
    for use in (codec.by_name("bitmap").encode, codec.by_name("bitmap").coded_bytes):
        with pytest.raises(CodecError):
            use(data, dtype, fill)


def test_a_claim_to_unfold_to_gigabytes_is_refused_unread() -> None:
    with pytest.raises(CodedError):
        codec.decode(Coded(CodecId.BITMAP, bytes(10)), DType.INT64, 0xFFFF_FFF8)


@pytest.mark.parametrize("dtype", DType)
def test_dtypes_are_numpy_s(dtype: DType) -> None:
    assert DType.of(dtype.numpy) is dtype
    assert DType.of(dtype.numpy.name) is dtype
    assert dtype.numpy.itemsize == dtype.item_bytes


@pytest.mark.parametrize("name", ["float64", "complex64", "uint32", "U3"])
def test_a_dtype_that_cannot_travel_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="cannot travel"):
        DType.of(name)


@given(st.binary(max_size=2000), st.binary(max_size=100))
def test_the_core_s_checksum_is_zlib_s(data: bytes, more: bytes) -> None:
    assert _core.crc32(data) == zlib.crc32(data)
    assert _core.crc32(more, _core.crc32(data)) == zlib.crc32(data + more)
