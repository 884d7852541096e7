"""The receiver and its errors: what callers rely on besides the bytes."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest
from messages import message_of, vectors

from cutpoint.errors import PeerError
from cutpoint.wire import Activation, FrameError, Kind, Reason, Receiver, decode, encode, read_header

STATUS_H = Path(__file__).parents[2] / "firmware/core/status.h"
PLAIN = message_of(vectors("activation")[0]["message"])
CHUNKED = next(one for one in vectors("activation") if one["name"] == "three_chunks")


def test_reasons_are_the_core_s_statuses_by_number() -> None:
    found = re.findall(r"^  k(\w+) = (\d+),", STATUS_H.read_text(), re.MULTILINE)
    statuses = {name.lower(): int(number) for name, number in found}
    not_refused = {"ok", "pending", "buffertoosmall", "argument", "cipher", "exhausted"}
    assert statuses.keys() - not_refused == {reason.value.replace("_", "") for reason in Reason}
    for reason in Reason:
        assert Reason.of_status(statuses[reason.value.replace("_", "")]) is reason


def test_every_reason_has_a_sentence() -> None:
    for reason in Reason:
        assert str(FrameError(reason)).startswith("frame refused: ")


def test_a_refused_frame_still_names_its_inference() -> None:
    frame = bytearray(encode(PLAIN)[0])
    frame[-1] ^= 1
    with pytest.raises(PeerError) as refused:
        Receiver().push(bytes(frame))
    assert isinstance(refused.value, FrameError)
    header = refused.value.header
    assert header is not None
    assert (header.kind, header.boot, header.sequence, header.cut) == (Kind.ACTIVATION, 3, 11, 4)
    assert header.model == PLAIN.model


def test_noise_has_no_header() -> None:
    with pytest.raises(FrameError) as refused:
        Receiver().push(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert refused.value.reason is Reason.MAGIC
    assert refused.value.header is None


def test_the_header_of_a_frame_of_a_later_kind_is_readable() -> None:
    frame = bytearray(encode(PLAIN)[0])
    frame[3] = 99
    assert read_header(bytes(frame)).kind == 99


def test_a_message_sent_again_is_returned_again() -> None:
    receiver = Receiver()
    (frame,) = encode(PLAIN)
    assert receiver.push(frame) == receiver.push(frame) == PLAIN


def test_a_single_frame_is_decoded_without_a_receiver() -> None:
    assert decode(encode(PLAIN)[0]) == PLAIN


def test_one_chunk_of_several_is_no_message() -> None:
    with pytest.raises(FrameError) as refused:
        decode(bytes.fromhex(CHUNKED["frames"][0]))
    assert refused.value.reason is Reason.CHUNK


def test_views_are_read_like_bytes() -> None:
    (frame,) = encode(PLAIN)
    assert Receiver().push(memoryview(bytearray(frame))) == PLAIN  # type: ignore[arg-type]


def test_a_receiver_reset_takes_older_chunks_again() -> None:
    frames = [bytes.fromhex(frame) for frame in CHUNKED["frames"]]
    receiver = Receiver()
    receiver.push(frames[0])
    assert receiver.collecting
    receiver.reset()
    assert not receiver.collecting
    assert [receiver.push(frame) for frame in frames][-1] == message_of(CHUNKED["message"])


def test_a_message_larger_than_the_receiver_is_refused_in_one_chunk_as_in_many() -> None:
    receiver = Receiver(capacity=40)
    for frame in (encode(PLAIN)[0], bytes.fromhex(CHUNKED["frames"][0])):
        with pytest.raises(FrameError) as refused:
            receiver.push(frame)
        assert refused.value.reason is Reason.OVERSIZED
    assert receiver.counters["oversized"] == 2


def test_what_a_frame_unfolds_to_is_bounded_before_it_is_reserved() -> None:
    vector = next(one for one in vectors("bad") if one["name"] == "bomb_above_capacity")
    frame = bytes.fromhex(vector["frames"][0])
    tracemalloc.start()
    with pytest.raises(FrameError):
        Receiver(capacity=2000).push(frame)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8000


def test_received_tensors_are_bytes_that_outlive_the_frame() -> None:
    buffer = bytearray(encode(PLAIN)[0])
    message = Receiver().push(bytes(buffer))
    buffer[:] = bytes(len(buffer))
    assert isinstance(message, Activation)
    assert message == PLAIN
