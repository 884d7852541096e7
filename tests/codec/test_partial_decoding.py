"""Coded tensors of which only some bytes came: exactly the elements that those bytes hold, and no other."""

from __future__ import annotations

import random
from itertools import pairwise

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
    CodedError,
    DType,
    OtherTablesError,
    Prediction,
    Quantiser,
    RansModel,
    RansTable,
    Setting,
    TensorTables,
    encode_tables,
)

SHAPE = (3, 5, 4)
SIZE = 60
MARK = 2
GROUPS = bytes((1, 0, 1, 2))
SLICES = 3
FLAT = RansTable(8, (240,) * 15 + (256, 240))
SLICED = RansModel(Prediction.AVERAGE, Activity.GRADIENT, (2, 6), (FLAT,) * 9, GROUPS, sliced=True)
ONE_STREAM = RansModel(Prediction.NONE, Activity.MAGNITUDE, (), (FLAT,))
CHANGES = RansModel(Prediction.REFERENCE, Activity.CHANGE, (), (FLAT,))

Ranges = list[tuple[int, int]]


def opened(codec: CodecId, *tensors: TensorTables) -> CodecTables:
    return CodecTables.open(encode_tables(MODEL, [Setting(5, codec, tensors)]), MODEL)


def sliced(quantiser: Quantiser | None = None) -> CodecTables:
    return opened(CodecId.RANS, TensorTables(SHAPE, DType.INT8, quantiser or uniform(32), (SLICED,)))


def ranges_of(came: set[int]) -> Ranges:
    """Ascending and apart."""
    runs: Ranges = []
    for place in sorted(came):
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


@st.composite
def arrivals(draw: st.DrawFn, size: int) -> set[int]:
    """The bytes that came: chunks of some size, of which some are missing."""
    chunk, offset = draw(st.integers(1, 24)), draw(st.integers(0, 23))
    there = draw(st.lists(st.booleans(), min_size=size + 24, max_size=size + 24))
    return {place for place in range(size) if there[(place + offset) // chunk]}


def scrambled(coded: bytes, came: set[int]) -> bytes:
    """With noise where nothing came."""
    rng = random.Random(len(coded))
    return bytes(byte if place in came else rng.randrange(256) for place, byte in enumerate(coded))


@given(quantisers(), tensors_of(SHAPE), st.none() | st.permutations(range(4)), st.data())
def test_of_lowbit_every_element_is_there_whose_bits_came(
    quantiser: Quantiser, tensor: bytes, order: list[int] | None, data: st.DataObject
) -> None:
    tables = opened(
        CodecId.LOWBIT,
        TensorTables(SHAPE, DType.INT8, quantiser, order=None if order is None else bytes(order)),
    )
    coded = tables.encode(1, 0, tensor)
    if coded.codec is CodecId.RAW:
        return
    came = data.draw(arrivals(len(coded.data)))
    elements, there = tables.decode_partial(1, 0, scrambled(coded.data, came), ranges_of(came), SIZE)
    bits = (len(quantiser.to_value) - 1).bit_length()
    travels = range(SIZE) if order is None else [at for channel in order for at in range(channel, SIZE, 4)]
    expected = bytearray([quantiser.to_value[quantiser.zero_level]]) * SIZE
    count = 0
    for turn, at in enumerate(travels):
        needs = {MARK + bit // 8 for bit in range(turn * bits, (turn + 1) * bits)} | {0, 1}
        if needs <= came:
            expected[at] = quantiser.to_value[quantiser.to_level[tensor[at]]]
            count += 1
    assert elements == expected
    assert there == count


@given(tensors_of(SHAPE), st.data())
def test_of_rans_in_slices_every_slice_is_there_that_came_whole(tensor: bytes, data: st.DataObject) -> None:
    tables = sliced()
    coded = tables.encode(1, 0, tensor)
    if coded.codec is CodecId.RAW:
        return
    came = data.draw(arrivals(len(coded.data)))
    elements, there = tables.decode_partial(1, 0, scrambled(coded.data, came), ranges_of(came), SIZE)
    whole = np.frombuffer(tables.decode(1, 0, coded.data, SIZE), np.uint8).reshape(SHAPE)
    expected = np.full(SHAPE, uniform(32).to_value[16], np.uint8)
    head = MARK + 2 * SLICES
    sizes = [int.from_bytes(coded.data[at : at + 2], "little") for at in range(MARK, head, 2)]
    at, count = head, 0
    for group, size in enumerate(sizes):
        if set(range(head)) | set(range(at, at + size)) <= came:
            mine = [channel for channel in range(4) if GROUPS[channel] == group]
            expected[..., mine] = whole[..., mine]
            count += len(mine) * 15
        at += size
    assert elements == expected.tobytes()
    assert there == count


@given(tensors_of(SHAPE))
def test_what_came_whole_is_the_whole_tensor(tensor: bytes) -> None:
    for tables in (sliced(), opened(CodecId.LOWBIT, TensorTables(SHAPE, DType.INT8, uniform(4)))):
        coded = tables.encode(1, 0, tensor)
        if coded.codec is not CodecId.RAW:
            size = len(coded.data)
            assert tables.decode_partial(1, 0, coded.data, [(0, size)], SIZE) == (
                tables.decode(1, 0, coded.data, SIZE),
                SIZE,
            )


@pytest.mark.parametrize(
    ("codec", "models"),
    [(CodecId.RANS, (ONE_STREAM,)), (CodecId.DELTA, (ONE_STREAM, CHANGES))],
    ids=["one stream", "delta"],
)
def test_what_cannot_be_undone_in_part_is_not_there(codec: CodecId, models: tuple[RansModel, ...]) -> None:
    tables = opened(codec, TensorTables(SHAPE, DType.INT8, uniform(32), models))
    coded = tables.encode(1, 0, bytes(SIZE))
    assert coded.codec is codec
    nothing = bytes([uniform(32).to_value[16]]) * SIZE
    assert tables.decode_partial(1, 0, coded.data, [(0, len(coded.data))], SIZE) == (nothing, 0)
    assert tables.decode_partial(1, 0, coded.data, [], SIZE) == (nothing, 0)


@given(st.sampled_from([CodecId.LOWBIT, CodecId.RANS]), st.binary(max_size=120), st.data())
def test_noise_is_refused_or_some_elements_and_never_more(
    codec: CodecId, noise: bytes, data: st.DataObject
) -> None:
    tables = sliced() if codec is CodecId.RANS else opened(codec, TensorTables(SHAPE, DType.INT8, uniform(5)))
    coded = (tables.version & 0xFFFF).to_bytes(2, "little") + noise
    came = data.draw(arrivals(len(coded))) | {0, 1}
    try:
        elements, there = tables.decode_partial(1, 0, coded, ranges_of(came), SIZE)
    except CodedError:
        return
    assert len(elements) == SIZE
    assert 0 <= there <= SIZE


def test_other_tables_are_told_from_the_mark() -> None:
    tables = sliced()
    coded = bytearray(tables.encode(1, 0, bytes(SIZE)).data)
    coded[0] ^= 1
    with pytest.raises(OtherTablesError):
        tables.decode_partial(1, 0, bytes(coded), [(0, len(coded))], SIZE)
    elements, there = tables.decode_partial(1, 0, bytes(coded), [(1, len(coded))], SIZE)
    assert there == 0
    assert len(elements) == SIZE


@pytest.mark.parametrize(
    "came", [[(0, 0)], [(3, 2)], [(0, 4), (4, 6)], [(4, 6), (0, 2)], [(0, 10_000)], [(0, 4), (2, 6)]]
)
def test_ranges_that_are_none_are_a_user_s_mistake(came: Ranges) -> None:
    tables = sliced()
    coded = tables.encode(1, 0, bytes(SIZE)).data
    with pytest.raises(CodecError):
        tables.decode_partial(1, 0, coded, came, SIZE)


def test_another_raw_size_is_refused() -> None:
    tables = sliced()
    with pytest.raises(CodedError):
        tables.decode_partial(1, 0, tables.encode(1, 0, bytes(SIZE)).data, [(0, 2)], SIZE - 4)


def test_ranges_of_these_tests_are_apart() -> None:
    assert ranges_of({0, 1, 3, 4, 9}) == [(0, 2), (3, 5), (9, 10)]
    assert all(end < first for (_, end), (first, _) in pairwise(ranges_of({0, 2, 5})))
