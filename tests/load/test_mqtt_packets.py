"""Streams are cut at packet boundaries however they arrive, and a changed payload leaves a packet that others read."""

from __future__ import annotations

from typing import Any

import pytest
from amqtt.mqtt.publish import PublishPacket
from hypothesis import given
from hypothesis import strategies as st

from host_tools.load.packets import PacketError, Splitter, kind_of, read_publish

PING = b"\xc0\x00"
TOPICS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00+#", exclude_categories=["Cs"]),
    min_size=1,
    max_size=40,
)
PAYLOADS = st.binary(max_size=300)
MESSAGES = st.builds(
    lambda topic, payload, mid, qos, dup, retain: PublishPacket.build(
        topic, payload, mid if qos else None, dup and qos > 0, qos, retain
    ),
    TOPICS,
    PAYLOADS,
    st.integers(1, 0xFFFF),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
)
"""As the broker amqtt writes them."""


@given(st.lists(MESSAGES, max_size=8), st.data())
def test_a_stream_cut_anywhere_gives_the_same_packets(messages: list[Any], data: st.DataObject) -> None:
    packets = [message.to_bytes() for message in messages] + [PING]
    stream = b"".join(packets)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    splitter, got = Splitter(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += splitter.feed(stream[start:end])
    assert got == packets
    assert splitter.waiting == 0


@given(MESSAGES, PAYLOADS)
def test_a_payload_is_found_and_changed_and_nothing_else_is(message: Any, payload: bytes) -> None:
    packet = message.to_bytes()
    found = read_publish(packet)
    assert (found.topic, found.payload) == (message.topic_name, message.data)
    assert found.leaf == message.topic_name.rpartition("/")[2]
    assert found.with_payload(found.payload) == packet
    message.data = payload
    assert found.with_payload(payload) == message.to_bytes()


@given(st.binary(max_size=200))
def test_noise_is_packets_or_an_error_and_never_anything_else(noise: bytes) -> None:
    splitter = Splitter()
    try:
        packets = splitter.feed(noise)
    except PacketError:
        return
    assert b"".join(packets) + noise[len(noise) - splitter.waiting :] == noise
    for packet in packets:
        if kind_of(packet) == 3:
            try:
                read_publish(packet)
            except PacketError:
                continue


def test_another_payload_rewrites_the_remaining_length() -> None:
    long = b"\x32\xb3\x02\x00\x03a/b\x00\x09" + bytes(300)  # QoS 1, 307 B
    short = read_publish(long).with_payload(b"xy")
    assert short == b"\x32\x09\x00\x03a/b\x00\x09xy"
    assert read_publish(short).with_payload(bytes(300)) == long


@pytest.mark.parametrize("stream", [b"\x30\xff\xff\xff\xff\x01", b"\x30\xff\xff\xff\x7f"])
def test_a_length_that_no_packet_has_is_an_error(stream: bytes) -> None:
    with pytest.raises(PacketError):
        Splitter().feed(stream)
