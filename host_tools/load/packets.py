"""Cutting a TCP stream at MQTT packet boundaries, and changing the payload of a PUBLISH (MQTT 3.1.1, sections 2 and 3).

The fault proxy does something to single messages that pass between a client and its broker. This is ours since no
library offers it: clients and brokers parse what their own socket carries, answer it, and do not give the bytes on.
Whoever wants to speak MQTT uses paho (`client.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.errors import PeerError

PUBLISH = 3
"""A kind: the upper four bits of a packet's first byte."""
MOST_PACKET_BYTES = 64 << 20
"""No device or edge sends more; a stream that announces more is not MQTT, or out of step."""


class PacketError(PeerError):
    """The stream is not MQTT 3.1.1; the message says where it left the rails."""


class Splitter:
    """Cuts a stream of bytes at packet boundaries, however it is divided on arrival."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    @property
    def waiting(self) -> int:
        """Bytes of a packet that is not complete."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now, whole. Raises PacketError for a length that no packet has."""
        if self._rest:
            data = self._rest + data
        packets, at, size = [], 0, len(data)
        while at < size:
            end = _end(data, at)
            if end is None or end > size:
                break
            packets.append(data[at:end])
            at = end
        self._rest = data[at:] if at else data
        return packets


def _end(data: bytes, at: int) -> int | None:
    """Where the packet that begins at `at` ends; None while its length is not there."""
    length = shift = 0
    place = at + 1
    while place < len(data):
        byte = data[place]
        length |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            if length > MOST_PACKET_BYTES:
                raise PacketError(
                    f"a packet of {length} bytes is announced; the most here is {MOST_PACKET_BYTES}"
                )
            return place + length
        shift += 7
        if shift > 21:
            raise PacketError("a packet's length has more than four bytes: the stream is not MQTT")
    return None


@dataclass(frozen=True, slots=True)
class Published:
    """A PUBLISH packet in its parts: first byte (kind and flags), topic, the bytes from topic to payload, payload."""

    first: int
    topic: str
    head: bytes
    payload: bytes

    @property
    def leaf(self) -> str:
        """The last level of the topic."""
        return self.topic.rpartition("/")[2]

    def with_payload(self, payload: bytes) -> bytes:
        """The packet with another payload, its length made right."""
        start, length = bytearray((self.first,)), len(self.head) + len(payload)
        while length >= 0x80:
            start.append(length & 0x7F | 0x80)
            length >>= 7
        start.append(length)
        return bytes(start) + self.head + payload


def kind_of(packet: bytes) -> int:
    """Its kind, 1 to 14."""
    return packet[0] >> 4


def read_publish(packet: bytes) -> Published:
    """A whole PUBLISH packet in its parts. Raises PacketError."""
    first, at = packet[0], 2
    while packet[at - 1] & 0x80:
        at += 1
    topic_end = at + 2 + int.from_bytes(packet[at : at + 2], "big")
    qos = first >> 1 & 3
    payload_at = topic_end + (2 if qos else 0)
    if qos == 3 or payload_at > len(packet) or topic_end < at + 3:
        raise PacketError(f"a PUBLISH of {len(packet)} bytes has no room for its topic and identifier")
    try:
        topic = packet[at + 2 : topic_end].decode()
    except UnicodeDecodeError as error:
        raise PacketError("a PUBLISH has a topic that is no UTF-8") from error
    return Published(first, topic, packet[at:payload_at], packet[payload_at:])
