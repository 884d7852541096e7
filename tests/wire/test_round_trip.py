"""Every message comes back as it was, whatever the network does to its frames."""

from __future__ import annotations

import zlib
from contextlib import suppress
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import activations, messages

from cutpoint.wire import (
    Activation,
    FrameError,
    Message,
    Reason,
    Receiver,
    decode,
    encode,
    plan_parameters,
    setting_of,
)

chunk_sizes = st.integers(64, 300)


@given(messages, chunk_sizes)
def test_a_message_survives_encoding_and_decoding(message: Message, chunk_bytes: int) -> None:
    frames = encode(message, chunk_bytes=chunk_bytes)
    assert max(map(len, frames)) <= chunk_bytes
    receiver = Receiver()
    *first, last = [receiver.push(frame) for frame in frames]
    assert first == [None] * len(first)
    assert last == message


@given(messages)
def test_what_was_decoded_encodes_to_the_same_frames(message: Message) -> None:
    frames = encode(message)
    if isinstance(message, Activation):
        return  # the fill that the sender knew is not part of what is received
    assert encode(decode(frames[0])) == frames


@given(messages, chunk_sizes, st.randoms(use_true_random=False))
def test_chunks_shuffled_and_repeated_make_the_message_once(
    message: Message, chunk_bytes: int, random: Random
) -> None:
    frames = encode(message, chunk_bytes=chunk_bytes)
    sent = frames * 2 if len(frames) > 1 else frames
    random.shuffle(sent)
    receiver = Receiver()
    received = []
    reasons: set[Reason] = set()
    for frame in sent:
        try:
            received.append(receiver.push(frame))
        except FrameError as error:
            reasons.add(error.reason)
        if received[-1:] == [message]:
            break  # what follows would begin the message anew
    assert reasons <= {Reason.DUPLICATE}
    assert [one for one in received if one is not None] == [message]


@given(activations(), activations(), st.randoms(use_true_random=False))
def test_chunks_of_two_messages_never_mix(older: Activation, newer: Activation, random: Random) -> None:
    assume((older.boot, older.sequence) != (newer.boot, newer.sequence))
    sent = encode(older, chunk_bytes=64) + encode(newer, chunk_bytes=64)
    random.shuffle(sent)
    receiver = Receiver()
    reasons: set[Reason] = set()
    for frame in sent:
        try:
            message = receiver.push(frame)
            assert message is None or message in (older, newer)
        except FrameError as error:
            reasons.add(error.reason)
    assert reasons <= {Reason.STALE, Reason.DUPLICATE}


@given(st.lists(messages, max_size=3), st.data())
def test_a_changed_byte_is_refused_and_disturbs_nothing_else(
    others: list[Message], data: st.DataObject
) -> None:
    frames = [frame for message in others for frame in encode(message)]
    receiver = Receiver()
    for frame in frames:
        at = data.draw(st.integers(0, len(frame) - 1))
        damaged = bytearray(frame)
        damaged[at] ^= data.draw(st.integers(1, 255))
        with pytest.raises(FrameError):
            receiver.push(bytes(damaged))
        assert receiver.push(frame) in others
    assert receiver.counters["messages"] == len(frames)
    assert receiver.counters["refused"] == len(frames)


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_random_bytes_are_refused(frames: list[bytes]) -> None:
    receiver = Receiver(capacity=256)
    for frame in frames:
        with pytest.raises(FrameError):
            receiver.push(frame)
    assert not receiver.collecting


@given(messages, st.data())
def test_random_payloads_under_a_good_checksum_are_read_or_refused(
    message: Message, data: st.DataObject
) -> None:
    frame = bytearray(encode(message)[0])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(18, len(frame) - 1))
        frame[at] = data.draw(st.integers(0, 255))
    frame[24:28] = (len(frame) - 32).to_bytes(4, "little")
    frame[28:32] = bytes(4)
    frame[28:32] = zlib.crc32(frame).to_bytes(4, "little")
    with suppress(FrameError):
        assert Receiver(capacity=4096).push(bytes(frame)) is not None or frame[22:24] != b"\1\0"


@given(st.integers(1, 255), st.integers(0, 0xFFFF_FFFF))
def test_plan_parameters_name_a_setting_and_its_tables(setting: int, version: int) -> None:
    parameters = plan_parameters(setting, version)
    assert len(parameters) == 5
    assert setting_of(parameters) == (setting, version)


@pytest.mark.parametrize("parameters", [b"", b"\1\2\3\4", bytes(5), b"\1\2\3\4\5\6"])
def test_other_parameters_name_none(parameters: bytes) -> None:
    assert setting_of(parameters) is None


@pytest.mark.parametrize(("setting", "version"), [(0, 1), (256, 1), (1, -1), (1, 1 << 32)])
def test_what_no_device_can_have_is_not_planned(setting: int, version: int) -> None:
    with pytest.raises(ValueError, match="cannot be planned"):
        plan_parameters(setting, version)
