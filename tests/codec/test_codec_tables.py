"""The file of codec tables: what is written is read by the core, and nothing else is."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quantisers import MODEL, quantisers, tensors_of, uniform

from cutpoint.codec import (
    Activity,
    CodecError,
    CodecId,
    CodecTables,
    DType,
    Prediction,
    Quantiser,
    RansModel,
    RansTable,
    Setting,
    TensorTables,
    encode_tables,
)

FLAT = RansTable(0, (1024,) * 4)
MODEL_OF_4 = RansModel(Prediction.LEFT, Activity.GRADIENT, (3,), (FLAT, FLAT))
LOWBIT = TensorTables((2, 3, 4), DType.INT8, uniform(4), order=bytes((2, 0, 3, 1)))
RANS = TensorTables((2, 3, 4), DType.INT8, uniform(4), (MODEL_OF_4,))
CHANGES = RansModel(Prediction.REFERENCE, Activity.CHANGE, (), (RansTable(3, (4000, 96)),))
DELTA = TensorTables((4, 1, 1), DType.UINT8, uniform(4), (MODEL_OF_4, CHANGES), tolerance=7)
SETTINGS = (
    Setting(5, CodecId.LOWBIT, (LOWBIT, LOWBIT)),
    Setting(17, CodecId.RANS, (RANS,)),
    Setting(17, CodecId.DELTA, (DELTA,)),
)
FILE = encode_tables(MODEL, SETTINGS)


def signed(file: bytes) -> bytes:
    """With the checksum that it should have."""
    version = zlib.crc32(file[:12] + bytes(4) + file[16:])
    return file[:12] + struct.pack("<I", version) + file[16:]


def test_what_was_written_is_read() -> None:
    tables = CodecTables.open(FILE, MODEL)
    assert [(one.number, one.cut, one.codec, one.tensors) for one in tables.settings] == [
        (1, 5, CodecId.LOWBIT, 2),
        (2, 17, CodecId.RANS, 1),
        (3, 17, CodecId.DELTA, 1),
    ]
    assert (
        tables.version
        == struct.unpack_from("<I", FILE, 12)[0]
        == zlib.crc32(FILE[:12] + bytes(4) + FILE[16:])
    )
    head = tables.tensor(2, 0)
    assert (head.shape, head.dtype, head.levels, head.zero_level) == ((2, 3, 4), DType.INT8, 4, 2)
    assert tables.tensor(3, 0).dtype is DType.UINT8


def test_the_page_s_layout_is_the_file_s() -> None:
    assert FILE[:8] == b"CPCT\1\3\0\0"
    assert FILE[8:12] == MODEL
    cut, codec, count, places = struct.unpack_from("<HBBI", FILE, 16)
    assert (cut, codec, count) == (5, 3, 2)
    first, second = struct.unpack_from("<II", FILE, places)
    assert first == second, "equal blocks stand there once"
    assert struct.unpack_from("<3H4BH", FILE, first) == (2, 3, 4, 3, 2, 1, 1, 0)
    assert FILE[first + 268 + 4 : first + 276] == bytes((2, 0, 3, 1))
    (place,) = struct.unpack_from("<I", FILE, struct.unpack_from("<I", FILE, 16 + 8 + 4)[0])
    assert FILE[place + 272 : place + 280] == bytes((1, 2, 3, 0, 0, 1, 0, 1))
    # Frequency 1,024: shift 10, reciprocal 2^41 / 2^10.
    assert struct.unpack_from("<HHII", FILE, place + 280) == (4, 0, 1 << 31, 1024 << 12 | 10 << 25)


def test_a_file_of_another_model_is_refused() -> None:
    with pytest.raises(CodecError, match="another model"):
        CodecTables.open(FILE, b"abcd")


@given(st.integers(0, 8 * len(FILE) - 1))
def test_any_changed_bit_is_noticed(bit: int) -> None:
    changed = bytearray(FILE)
    changed[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(CodecError):
        CodecTables.open(bytes(changed), MODEL)


@given(st.integers(0, len(FILE) - 1))
def test_a_file_cut_off_is_refused(size: int) -> None:
    with pytest.raises(CodecError):
        CodecTables.open(FILE[:size], MODEL)
    if size >= 16:
        with pytest.raises(CodecError):
            CodecTables.open(signed(FILE[:size]), MODEL)


@given(st.lists(st.tuples(st.integers(12, len(FILE) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_signed_file_of_any_content_is_read_safely(changes: list[tuple[int, int]]) -> None:
    changed = bytearray(FILE)
    for at, value in changes:
        changed[at] = value
    try:
        tables = CodecTables.open(signed(bytes(changed)), MODEL)
    except CodecError:
        return
    for setting in tables.settings:
        for place in range(setting.tensors):
            head = tables.tensor(setting.number, place)
            assert head.zero_level < head.levels


@pytest.mark.parametrize(
    ("at", "value", "why"),
    [
        (5, 0, "out of range"),
        (6, 1, "value"),
        (18, 2, "no tables"),
        (19, 17, "out of range"),
        (20, 2, "does not lie"),
    ],
)
def test_a_wrong_head_is_refused_for_its_reason(at: int, value: int, why: str) -> None:
    changed = bytearray(FILE)
    changed[at] = value
    with pytest.raises(CodecError, match=why):
        CodecTables.open(signed(bytes(changed)), MODEL)


@pytest.mark.parametrize("frequencies", [(), (4095,), (4096, 0), (4000, 97), (-1, 4097)])
def test_frequencies_that_are_no_distribution_are_refused(frequencies: tuple[int, ...]) -> None:
    with pytest.raises(CodecError):
        RansTable(0, frequencies)


def test_values_check_themselves() -> None:
    with pytest.raises(CodecError, match="ascend"):
        RansModel(Prediction.NONE, Activity.MAGNITUDE, (3, 3), (FLAT,) * 3)
    with pytest.raises(CodecError, match="group"):
        RansModel(Prediction.NONE, Activity.MAGNITUDE, (), (FLAT,) * 2)
    with pytest.raises(CodecError, match="comes back"):
        Quantiser(bytes(256), bytes(range(256)), 0)
    with pytest.raises(CodecError, match="zero level"):
        Quantiser(bytes(256), b"\1", 1)
    with pytest.raises(CodecError, match="every channel once"):
        TensorTables((1, 1, 2), DType.INT8, uniform(4), order=b"\0\0")
    with pytest.raises(CodecError, match="reference"):
        TensorTables((1, 1, 2), DType.INT8, uniform(4), (CHANGES,))
    with pytest.raises(CodecError, match="no levels"):
        TensorTables((1, 1, 2), DType.FLOAT32, uniform(4))
    with pytest.raises(CodecError, match="not those of codec lowbit"):
        Setting(1, CodecId.LOWBIT, (RANS,))
    with pytest.raises(CodecError, match="has no tables"):
        Setting(1, CodecId.BITMAP, (LOWBIT,))
    with pytest.raises(CodecError, match="settings"):
        encode_tables(MODEL, ())


def test_a_lossless_quantiser_is_one_whatever_the_order_of_its_levels() -> None:
    assert Quantiser.identity(-128).lossless
    assert Quantiser.identity(-128).zero_level == 128
    assert not uniform(16).lossless


@given(st.data())
def test_lowbit_undone_is_each_element_s_level(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(*[st.integers(1, 6)] * 3))
    quantiser = data.draw(quantisers())
    order = data.draw(st.none() | st.permutations(range(shape[2])).map(bytes))
    setting = Setting(3, CodecId.LOWBIT, (TensorTables(shape, DType.INT8, quantiser, order=order),))
    tables = CodecTables.open(encode_tables(MODEL, [setting]), MODEL)
    raw = data.draw(tensors_of(shape))
    coded = tables.encode(1, 0, raw)
    bits = (quantiser.levels - 1).bit_length()
    expected = 2 + (len(raw) * bits + 7) // 8
    if expected >= len(raw):
        assert coded.codec is CodecId.RAW
        assert coded.data == raw
        return
    assert coded.codec is CodecId.LOWBIT
    values = bytes(quantiser.to_value[quantiser.to_level[element]] for element in raw)
    assert coded.data == packed_by_hand(raw, quantiser, shape[2], order, tables.version)
    assert tables.decode(1, 0, coded.data, len(raw)) == values
    batch = tables.decode_batch(1, 0, [coded.data] * 3, len(raw))
    assert np.array_equal(batch, np.frombuffer(values * 3, np.uint8).reshape(3, len(raw)))


def packed_by_hand(
    raw: bytes, quantiser: Quantiser, channels: int, order: bytes | None, version: int
) -> bytes:
    """The page in plain Python."""
    elements = raw if order is None else b"".join(raw[channel::channels] for channel in order)
    bits = (quantiser.levels - 1).bit_length()
    number = sum(quantiser.to_level[element] << (at * bits) for at, element in enumerate(elements))
    return struct.pack("<H", version & 0xFFFF) + number.to_bytes((len(elements) * bits + 7) // 8, "little")
