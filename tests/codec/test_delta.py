"""Codec delta is what docs/codecs.md says, and both ends have the same levels after any history."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rans_fitting import fitted, smooth_frames
from rans_models import MODEL_ID, tensors
from rans_reference import (
    AVERAGE,
    CHANGE,
    GRADIENT,
    REFERENCE,
    Levels,
    Model,
    RefusedError,
    Table,
    Tensor,
    changed_levels,
    decode_levels,
    encode_delta,
    own_levels,
    tables_file,
    values_of,
)

from cutpoint.codec import CodecError, CodecId, CodecTables, CodedError, NoReferenceError

LOSSLESS = np.arange(256, dtype=np.uint8) ^ 0x80
SHAPE = (12, 12, 16)
BYTES = 12 * 12 * 16


def opened(tensor: Tensor) -> CodecTables:
    return CodecTables.open(tables_file(MODEL_ID, CodecId.DELTA, [tensor]), MODEL_ID)


def packed(levels: Levels) -> bytes:
    return levels.astype(np.uint8).tobytes()


@given(tensors(delta=True), st.integers(1, 255))
def test_the_bytes_and_the_levels_are_those_of_the_page(drawn: tuple[Tensor, list[bytes]], age: int) -> None:
    tensor, frames = drawn
    tables = opened(tensor)
    mark = struct.pack("<H", tables.version & 0xFFFF)
    reference: Levels | None = None
    for data in frames:
        known = None if reference is None else packed(reference)
        coded, levels = tables.encode_change(1, 0, data, known, 0 if reference is None else age)
        # What leaves no smaller form goes raw; a device looks for a smaller one in less room than raw takes.
        expected, expected_levels = encode_delta(tensor, data, reference, age)
        if expected is None or len(expected) + 2 >= len(data):
            key, key_levels = encode_delta(tensor, data, None, 0)
            if key is not None and len(key) + 2 < len(data):
                expected, expected_levels = key, key_levels
            else:
                expected, expected_levels = None, own_levels(tensor, data)
        assert levels == packed(expected_levels)
        if expected is None:
            assert (coded.codec, coded.data) == (CodecId.RAW, data)
            assert tables.levels(1, 0, data) == levels
        else:
            assert coded.codec is CodecId.DELTA
            assert coded.data == mark + expected
            values, decoded = tables.decode_change(1, 0, coded.data, known, len(data))
            assert decoded == levels
            assert values == values_of(tensor, expected_levels)
            if CodecTables.age_of(coded.data) != 0:
                with pytest.raises(NoReferenceError):
                    tables.decode_change(1, 0, coded.data, None, len(data))
                with pytest.raises(NoReferenceError):
                    tables.decode(1, 0, coded.data, len(data))
            else:
                assert tables.decode(1, 0, coded.data, len(data)) == values
                assert tables.encode(1, 0, data) == coded
        reference = expected_levels


@given(tensors(delta=True), st.data())
def test_damaged_changes_are_refused_exactly_where_the_page_refuses_them(
    drawn: tuple[Tensor, list[bytes]], data: st.DataObject
) -> None:
    tensor, frames = drawn
    tables = opened(tensor)
    reference = own_levels(tensor, frames[0])
    coded, _ = encode_delta(tensor, frames[1], reference, 9)
    if coded is None:
        return
    damaged = bytearray(coded)
    damaged[0] = 9
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(1, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    sent = struct.pack("<H", tables.version & 0xFFFF) + bytes(damaged)
    try:
        levels = decode_levels(tensor, tensor.models[1], bytes(damaged[1:]), reference)
    except RefusedError:
        with pytest.raises(CodedError):
            tables.decode_change(1, 0, sent, packed(reference), len(frames[0]))
    else:
        assert tables.decode_change(1, 0, sent, packed(reference), len(frames[0])) == (
            values_of(tensor, levels),
            packed(levels),
        )


@given(tensors(delta=True), st.binary(max_size=80))
def test_random_bytes_are_refused_or_levels(drawn: tuple[Tensor, list[bytes]], streams: bytes) -> None:
    tensor, frames = drawn
    tables = opened(tensor)
    reference = packed(own_levels(tensor, frames[0]))
    try:
        values, levels = tables.decode_change(
            1, 0, struct.pack("<H", tables.version & 0xFFFF) + streams, reference, len(frames[0])
        )
    except CodedError:
        return
    assert max(levels) < tensor.levels
    assert values == tensor.to_value[np.frombuffer(levels, np.uint8)].tobytes()


@pytest.fixture(scope="module")
def still() -> tuple[Tensor, list[bytes]]:
    """A scene with a small thing that moves, and sensor noise; tables fitted to another such scene."""

    def scene(seed: int, count: int) -> list[bytes]:
        rng = np.random.default_rng(seed)
        ground = np.frombuffer(smooth_frames(rng, 1, SHAPE)[0], np.int8).reshape(SHAPE).astype(int)
        thing = np.frombuffer(smooth_frames(rng, 1, SHAPE)[0], np.int8).reshape(SHAPE).astype(int)
        shown = []
        for at in range(count):
            frame = ground + (rng.random(SHAPE) < 0.05)
            x = at % 9
            frame[4:7, x : x + 3] = thing[4:7, :3]
            shown.append(np.clip(frame, -128, 127).astype(np.int8).tobytes())
        return shown

    key = Model(tuple(Table(0, ()) for _ in range(4)), AVERAGE, GRADIENT, (12, 20, 30))
    change = Model(tuple(Table(0, ()) for _ in range(3)), REFERENCE, CHANGE, (1, 8))
    blank = Tensor(SHAPE, LOSSLESS, LOSSLESS, 28, (key, change), tolerance=1)
    keys, changes, before = [], [], None
    for data in scene(1, 30):
        levels = own_levels(blank, data) if before is None else changed_levels(blank, data, before)
        keys.append(own_levels(blank, data))
        if before is not None:
            changes.append((levels, before))
        before = levels
    fitted_key = fitted(blank, key, keys, 64)
    fitted_change = fitted(blank, change, [now for now, _ in changes], 64, [then for _, then in changes])
    return Tensor(SHAPE, LOSSLESS, LOSSLESS, 28, (fitted_key, fitted_change), tolerance=1), scene(2, 30)


def test_still_scenes_take_a_small_part_of_a_single_frame(
    still: tuple[Tensor, list[bytes]], record_property: pytest.RecordProperty
) -> None:
    tensor, frames = still
    tables = opened(tensor)
    alone = [len(tables.encode(1, 0, data).data) for data in frames]
    reference: bytes | None = None
    sizes = []
    for data in frames:
        coded, reference = tables.encode_change(1, 0, data, reference, 0 if reference is None else 1)
        sizes.append(len(coded.data))
        apart = np.frombuffer(reference, np.uint8).astype(int) - LOSSLESS[np.frombuffer(data, np.uint8)]
        assert abs(apart).max() <= 1
    part = sum(sizes[1:]) / sum(alone[1:])
    record_property("part_of_a_key_frame", round(part, 3))
    print(f"{sum(sizes[1:]) / 29:.0f} bytes a change, {sum(alone) / 30:.0f} a key frame: {100 * part:.0f} %")
    assert part < 0.4


def test_another_scene_is_a_key_frame(still: tuple[Tensor, list[bytes]]) -> None:
    tensor, frames = still
    tables = opened(tensor)
    reference = packed(own_levels(tensor, frames[0]))
    other = smooth_frames(np.random.default_rng(9), 1, SHAPE)[0]
    coded, levels = tables.encode_change(1, 0, other, reference, 1)
    assert CodecTables.age_of(coded.data) == 0
    assert levels == packed(own_levels(tensor, other))


def test_a_reference_is_of_this_tensor(still: tuple[Tensor, list[bytes]]) -> None:
    tensor, frames = still
    tables = opened(tensor)
    reference = packed(own_levels(tensor, frames[0]))
    coded, _ = tables.encode_change(1, 0, frames[1], reference, 255)
    assert CodecTables.age_of(coded.data) == 255
    with pytest.raises(NoReferenceError):
        tables.decode_change(1, 0, coded.data, reference[:-1], BYTES)
    with pytest.raises(CodecError):
        tables.encode_change(1, 0, frames[1], reference[:-1], 1)
    for age in (0, 256):
        with pytest.raises(CodecError):
            tables.encode_change(1, 0, frames[1], reference, age)
    with pytest.raises(CodecError, match="age"):
        tables.encode_change(1, 0, frames[1], None, 1)
