"""Streams are cut at packet boundaries however they arrive, and packets are what MQTT 3.1.1 says they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.load.packets import (
    PING,
    PacketError,
    Published,
    Splitter,
    connect,
    kind_of,
    puback,
    read_publish,
    subscribe,
)

TOPICS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]),
    min_size=1,
    max_size=40,
)
MESSAGES = st.builds(
    lambda topic, payload, qos, retain, dup, mid: Published(
        topic, payload, qos, retain, dup and qos > 0, mid if qos else 0
    ),
    TOPICS,
    st.binary(max_size=300),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
    st.integers(1, 0xFFFF),
)


@given(st.lists(MESSAGES, max_size=8), st.data())
def test_a_stream_cut_anywhere_gives_the_same_packets(messages: list[Published], data: st.DataObject) -> None:
    packets = [message.encode() for message in messages] + [PING]
    stream = b"".join(packets)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    splitter, got = Splitter(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += splitter.feed(stream[start:end])
    assert got == packets
    assert splitter.waiting == 0


@given(MESSAGES)
def test_a_publish_reads_as_it_was_written(message: Published) -> None:
    assert read_publish(message.encode()) == message


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
    message = Published("a/b", bytes(300))
    assert message.encode()[1:3] == bytes((0x80 | (305 & 0x7F), 305 >> 7))
    short = message.with_payload(b"xy").encode()
    assert short == b"\x30\x07\x00\x03a/bxy"
    assert message.leaf == "b"


def test_packets_of_a_client_are_those_of_the_standard() -> None:
    will = Published("w", b"gone", 1, True)
    assert connect("me", 10, will) == (
        b"\x10\x17\x00\x04MQTT\x04\x2e\x00\x0a"  # clean session, will, QoS 1, retained
        b"\x00\x02me\x00\x01w\x00\x04gone"
    )
    assert connect("", 0, None, "u", "p") == b"\x10\x12\x00\x04MQTT\x04\xc2\x00\x00\x00\x00\x00\x01u\x00\x01p"
    assert subscribe(9, [("t", 1)]) == b"\x82\x06\x00\x09\x00\x01t\x01"
    assert puback(258) == b"\x40\x02\x01\x02"


@pytest.mark.parametrize("stream", [b"\x30\xff\xff\xff\xff\x01", b"\x30\xff\xff\xff\x7f"])
def test_a_length_that_no_packet_has_is_an_error(stream: bytes) -> None:
    with pytest.raises(PacketError):
        Splitter().feed(stream)
