"""What a receiver shows of an activation whose chunks did not all come."""

from __future__ import annotations

import itertools
import random

import pytest

from cutpoint.wire import (
    Activation,
    CodecId,
    DType,
    Flag,
    FrameError,
    IncompleteActivation,
    ModelId,
    Receiver,
    TensorRecord,
    encode,
)

HEADER = 32
RAW = random.Random(1).randbytes(300)
TINY = bytes(range(40))


def asked(*tensors: bytes, sequence: int = 8) -> Activation:
    records = tuple(TensorRecord(60 + place, DType.INT8, data) for place, data in enumerate(tensors))
    return Activation(ModelId(b"abcd"), 2, sequence, 17, CodecId.RAW, Flag(0), 6, records)


def shown(frames: list[bytes], missing: set[int]) -> IncompleteActivation | None:
    receiver = Receiver(1000)
    for place, frame in enumerate(frames):
        if place not in missing:
            receiver.push(frame)
    return receiver.incomplete()


def test_every_byte_that_came_is_shown_where_it_belongs_and_no_other() -> None:
    frames = encode(asked(RAW), chunk_bytes=100)
    assert len(frames) == 5
    head, each = 8 + 12, 100 - HEADER
    for missing in itertools.chain.from_iterable(
        itertools.combinations(range(1, 5), many) for many in range(1, 5)
    ):
        seen = shown(frames, set(missing))
        assert seen is not None
        (tensor,) = seen.tensors
        assert (seen.model, seen.boot, seen.sequence, seen.cut) == (ModelId(b"abcd"), 2, 8, 17)
        assert (seen.plan_epoch, seen.setting, seen.tensor_count) == (6, 0, 1)
        assert (tensor.index, tensor.dtype, tensor.codec, tensor.raw_bytes) == (
            60,
            DType.INT8,
            CodecId.RAW,
            300,
        )
        assert len(tensor.coded) == 300
        there = {place for first, end in tensor.came for place in range(first, end)}
        assert there == {place for place in range(300) if (place + head) // each not in missing}
        assert all(tensor.coded[place] == (RAW[place] if place in there else 0) for place in range(300))
        assert all(a_end < b_first for (_, a_end), (b_first, _) in itertools.pairwise(tensor.came))


def test_without_its_first_chunk_nothing_can_be_read() -> None:
    frames = encode(asked(RAW), chunk_bytes=100)
    assert shown(frames, {0}) is None


def test_a_tensor_whose_record_did_not_come_is_not_shown() -> None:
    frames = encode(asked(RAW, TINY), chunk_bytes=100)
    seen = shown(frames, {4})
    assert seen is not None
    assert seen.tensor_count == 2
    assert [tensor.index for tensor in seen.tensors] == [60]


def test_what_is_shown_can_still_be_completed_and_is_then_shown_no_longer() -> None:
    receiver = Receiver(1000)
    *others, last = encode(asked(RAW), chunk_bytes=100)
    for frame in others:
        assert receiver.push(frame) is None
    assert receiver.incomplete() == receiver.incomplete() != None  # noqa: E711
    assert receiver.push(last) == asked(RAW)
    assert receiver.incomplete() is None


def test_nothing_is_shown_of_a_message_that_was_displaced() -> None:
    receiver = Receiver(1000)
    receiver.push(encode(asked(RAW), chunk_bytes=100)[0])
    receiver.push(encode(asked(TINY, sequence=9), chunk_bytes=100)[0])
    assert receiver.incomplete() is None


def test_a_damaged_chunk_shows_nothing() -> None:
    receiver = Receiver(1000)
    frames = encode(asked(RAW), chunk_bytes=100)
    receiver.push(frames[0])
    before = receiver.incomplete()
    damaged = bytearray(frames[2])
    damaged[50] ^= 1
    with pytest.raises(FrameError):
        receiver.push(bytes(damaged))
    assert receiver.incomplete() == before


def test_a_tensor_that_would_not_fit_the_receiver_is_not_shown() -> None:
    frame = encode(asked(RAW), chunk_bytes=100)[0]
    receiver = Receiver(320)
    receiver.push(frame)
    assert receiver.incomplete() is not None
    smaller = Receiver(299)
    smaller.push(frame)
    assert smaller.incomplete() is None
