"""Tensors under random tables, coded and undone: what comes back is what their levels stand for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quantisers import MODEL, quantisers, rans_models, tensors_of, uniform

from cutpoint.codec import (
    Activity,
    CodecError,
    CodecId,
    CodecTables,
    Coded,
    CodedError,
    DType,
    NoReferenceError,
    OtherTablesError,
    Prediction,
    Quantiser,
    RansModel,
    RansTable,
    Setting,
    TensorTables,
    encode_tables,
)

SHAPES = st.tuples(*[st.integers(1, 6)] * 3)
EXAMPLES = 40
"""Each draws tables of its own, which takes longer than coding with them."""
CODECS = {CodecId.LOWBIT: 0, CodecId.RANS: 1, CodecId.DELTA: 2}


@st.composite
def tables_of(draw: st.DrawFn, codec: CodecId) -> tuple[CodecTables, TensorTables]:
    shape, quantiser = draw(SHAPES), draw(quantisers())
    models = tuple([draw(rans_models(quantiser.levels, shape[2], at == 1)) for at in range(CODECS[codec])])
    models = tuple([replace(model, sliced=model.sliced and codec is CodecId.RANS) for model in models])
    tolerance = draw(st.integers(0, 255)) if codec is CodecId.DELTA else 0
    dtype = draw(st.sampled_from((DType.INT8, DType.UINT8)))
    tensor = TensorTables(shape, dtype, quantiser, models, tolerance=tolerance)
    return opened(codec, tensor), tensor


def opened(codec: CodecId, tensor: TensorTables) -> CodecTables:
    return CodecTables.open(encode_tables(MODEL, [Setting(9, codec, (tensor,))]), MODEL)


def values_of(raw: bytes, quantiser: Quantiser) -> bytes:
    return bytes(quantiser.to_value[quantiser.to_level[element]] for element in raw)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name.lower())
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_what_comes_back_is_what_the_levels_stand_for(codec: CodecId, data: st.DataObject) -> None:
    tables, tensor = data.draw(tables_of(codec))
    raw = data.draw(tensors_of(tensor.shape))
    coded = tables.encode(1, 0, raw)
    if coded.codec is CodecId.RAW:
        assert coded.data == raw
        return
    assert coded.codec is codec
    assert len(coded.data) < len(raw)
    assert tables.decode(1, 0, coded.data, len(raw)) == values_of(raw, tensor.quantiser)
    assert tables.encode(1, 0, raw) == coded


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name.lower())
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_bytes_of_any_content_are_refused_or_are_a_tensor(codec: CodecId, data: st.DataObject) -> None:
    tables, tensor = data.draw(tables_of(codec))
    mark = (tables.version & 0xFFFF).to_bytes(2, "little")
    coded = mark + data.draw(st.binary(max_size=2 * tensor.elements))
    try:
        raw = tables.decode(1, 0, coded, tensor.elements)
    except CodedError:
        return
    assert set(raw) <= set(tensor.quantiser.to_value)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name.lower())
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_coded_tensor_cut_off_or_changed_is_never_out_of_bounds(
    codec: CodecId, data: st.DataObject
) -> None:
    tables, tensor = data.draw(tables_of(codec))
    coded = tables.encode(1, 0, data.draw(tensors_of(tensor.shape)))
    if coded.codec is CodecId.RAW:
        return
    with pytest.raises(CodedError):
        tables.decode(1, 0, coded.data[: data.draw(st.integers(0, len(coded.data) - 1))], tensor.elements)
    changed = bytearray(coded.data)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        tables.decode(1, 0, bytes(changed), tensor.elements)
    except CodedError:
        return


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_changes_are_told_against_the_reference_and_keep_to_the_tolerance(data: st.DataObject) -> None:
    tables, tensor = data.draw(tables_of(CodecId.DELTA))
    quantiser, size = tensor.quantiser, tensor.elements
    first, second = data.draw(tensors_of(tensor.shape)), data.draw(tensors_of(tensor.shape))
    key, reference = tables.encode_change(1, 0, first, None, 0)
    assert reference == tables.levels(1, 0, first)
    if key.codec is CodecId.DELTA:
        assert tables.age_of(key.data) == 0
        assert tables.decode_change(1, 0, key.data, None, size) == (values_of(first, quantiser), reference)
    coded, levels = tables.encode_change(1, 0, second, reference, 3)
    if coded.codec is CodecId.RAW:
        return
    values, seen = tables.decode_change(1, 0, coded.data, reference, size)
    assert seen == levels
    assert values == bytes(quantiser.to_value[level] for level in levels)
    if tables.age_of(coded.data) == 3:
        known = [signed(quantiser.to_value[level], tensor.dtype) for level in reference]
        near = [
            abs(signed(a, tensor.dtype) - b) <= tensor.tolerance for a, b in zip(second, known, strict=True)
        ]
        own = tables.levels(1, 0, second)
        assert levels == bytes(r if kept else o for r, kept, o in zip(reference, near, own, strict=True))
        with pytest.raises(NoReferenceError):
            tables.decode_change(1, 0, coded.data, None, size)
        with pytest.raises(NoReferenceError):
            tables.decode(1, 0, coded.data, size)
    else:
        assert levels == tables.levels(1, 0, second)


def signed(value: int, dtype: DType) -> int:
    return value - 256 if dtype is DType.INT8 and value > 127 else value


LOWBIT = TensorTables((4, 4, 4), DType.INT8, uniform(4))


def test_what_was_made_with_other_tables_is_named() -> None:
    tables, others = (
        opened(CodecId.LOWBIT, LOWBIT),
        opened(CodecId.LOWBIT, replace(LOWBIT, dtype=DType.UINT8)),
    )
    coded = tables.encode(1, 0, bytes(64))
    with pytest.raises(OtherTablesError, match=f"{others.version:08x}"):
        others.decode(1, 0, coded.data, 64)


def test_what_a_setting_is_not_for_is_refused() -> None:
    tables = opened(CodecId.LOWBIT, LOWBIT)
    coded = tables.encode(1, 0, bytes(64)).data
    for number, place in ((0, 0), (2, 0), (1, 1), (1, -1), (256, 0)):
        with pytest.raises(CodecError, match="no setting"):
            tables.encode(number, place, bytes(64))
        with pytest.raises(CodecError, match="no setting"):
            tables.decode(number, place, coded, 64)
    with pytest.raises(CodecError, match="another size"):
        tables.encode(1, 0, bytes(63))
    with pytest.raises(CodedError, match="63 are stated"):
        tables.decode(1, 0, coded, 63)
    with pytest.raises(CodecError, match="only codec delta"):
        tables.encode_change(1, 0, bytes(64), None, 0)


def test_a_batch_is_each_tensor_and_refused_as_a_whole() -> None:
    tables = opened(CodecId.LOWBIT, LOWBIT)
    tensors = [bytes([value]) * 64 for value in (0, 70, 200)]
    coded = [tables.encode(1, 0, tensor).data for tensor in tensors]
    batch = tables.decode_batch(1, 0, coded, 64)
    assert batch.shape == (3, 64)
    assert batch.dtype == np.uint8
    assert batch.tobytes() == b"".join(tables.decode(1, 0, one, 64) for one in coded)
    assert tables.decode_batch(1, 0, [], 64).shape == (0, 64)
    with pytest.raises(CodedError):
        tables.decode_batch(1, 0, [coded[0], coded[1][:-1]], 64)


def test_a_tensor_whose_form_is_larger_than_the_scratch_goes_raw() -> None:
    even = RansModel(Prediction.NONE, Activity.MAGNITUDE, (), (RansTable(0, (16,) * 256),))
    tensor = TensorTables((32, 32, 8), DType.INT8, uniform(256), (even,))
    noise = np.random.default_rng(1).integers(0, 256, 8192, np.uint8).tobytes()
    assert opened(CodecId.RANS, tensor).encode(1, 0, noise) == Coded(CodecId.RAW, noise)
