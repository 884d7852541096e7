"""The golden vectors: the same bytes in Python as on the page, in both directions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from messages import KINDS, VECTORS, as_received, message_of, vectors

from cutpoint.wire import (
    Activation,
    CommandMessage,
    DeviceId,
    FrameError,
    IdError,
    Leaf,
    Receiver,
    RootError,
    TopicError,
    Topics,
    encode,
)

MESSAGES = [pytest.param(vector, id=f"{kind}-{vector['name']}") for kind in KINDS for vector in vectors(kind)]
BAD = [pytest.param(vector, id=vector["name"]) for vector in vectors("bad")]
ORDERS = [pytest.param(vector, id=vector["name"]) for vector in vectors("orders")]


def frames_of(vector: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(frame) for frame in vector["frames"]]


def test_the_vectors_are_what_their_script_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, VECTORS / "make_vectors.py", tmp_path], check=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {name: (VECTORS / name).read_text() for name in made}
    assert set(made) == {path.name for path in VECTORS.glob("*.json")} | {"vectors.txt"}


@pytest.mark.parametrize("vector", MESSAGES)
def test_a_message_is_written_byte_for_byte(vector: dict[str, Any]) -> None:
    assert encode(message_of(vector["message"]), chunk_bytes=vector["chunk_bytes"]) == frames_of(vector)


@pytest.mark.parametrize("vector", MESSAGES)
def test_a_message_is_read_from_its_frames(vector: dict[str, Any]) -> None:
    receiver = Receiver()
    *first, last = frames_of(vector)
    assert [receiver.push(frame) for frame in first] == [None] * len(first)
    assert receiver.push(last) == as_received(message_of(vector["message"]))


@pytest.mark.parametrize("vector", MESSAGES)
def test_any_changed_bit_of_a_message_is_noticed(vector: dict[str, Any]) -> None:
    frame = frames_of(vector)[0]
    for bit in range(0, 8 * len(frame), 1 + len(frame) // 200):
        changed = bytearray(frame)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(FrameError):
            Receiver().push(bytes(changed))


@pytest.mark.parametrize("vector", BAD)
def test_a_bad_frame_is_refused_for_its_reason(vector: dict[str, Any]) -> None:
    receiver = Receiver(vector["capacity"])
    *first, last = frames_of(vector)
    assert [receiver.push(frame) for frame in first] == [None] * len(first)
    with pytest.raises(FrameError) as refused:
        receiver.push(last)
    assert refused.value.reason.value == vector["reason"]


@pytest.mark.parametrize("vector", BAD)
def test_a_refused_frame_is_counted_once(vector: dict[str, Any]) -> None:
    receiver = Receiver(vector["capacity"])
    for frame in frames_of(vector):
        try:
            receiver.push(frame)
        except FrameError:
            break
    counted = {name: count for name, count in receiver.counters.items() if count}
    name = vector["reason"] if vector["reason"] in ("duplicate", "stale", "oversized") else "refused"
    assert counted == {name: 1}


@pytest.mark.parametrize("vector", ORDERS)
def test_chunks_come_together_in_every_order(vector: dict[str, Any]) -> None:
    receiver = Receiver(vector["capacity"])
    for step in vector["steps"]:
        try:
            message = receiver.push(bytes.fromhex(step["frame"]))
            outcome = "pending" if message is None else argument_of(message)
        except FrameError as error:
            outcome = error.reason.value
        expected = step["outcome"]
        # An outcome of whole bytes is the payload: a command, whose argument begins after 4 bytes.
        assert outcome == (expected[8:] if expected.startswith("0400") else expected)


def argument_of(message: object) -> str:
    assert isinstance(message, CommandMessage)
    return message.argument.hex()


def test_a_bitmap_vector_names_the_codec_that_each_tensor_used() -> None:
    (vector,) = (one for one in vectors("activation") if one["name"] == "bitmap_falls_back")
    message = Receiver().push(frames_of(vector)[0])
    assert isinstance(message, Activation)
    assert [(tensor.codec.name, tensor.coded_bytes) for tensor in message.tensors] == [
        ("BITMAP", 1 + 13 + 15),
        ("RAW", 48),
    ]


@pytest.mark.parametrize(
    "vector", [one for one in vectors("topics") if one["ok"]], ids=lambda one: one["topic"]
)
def test_a_topic_is_built_and_read(vector: dict[str, Any]) -> None:
    topics = Topics(vector["root"])
    assert topics.of(DeviceId(vector["device"]), Leaf(vector["leaf"])) == vector["topic"]
    assert topics.parse(vector["topic"]) == (vector["device"], vector["leaf"])


@pytest.mark.parametrize(
    "vector",
    [one for one in vectors("topics") if not one["ok"]],
    ids=lambda one: repr((one["root"], one["topic"])),
)
def test_a_foreign_topic_or_root_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises((TopicError, RootError, IdError)):
        Topics(vector["root"]).parse(vector["topic"])
