"""The packets of MQTT 3.1.1 that a light client and a fault proxy need (OASIS standard, sections 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cutpoint.errors import PeerError

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
"""Kinds: the upper four bits of a packet's first byte."""

PING, GOODBYE = b"\xc0\x00", b"\xe0\x00"
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
    """A PUBLISH packet. `mid` is its packet identifier, with QoS above 0."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    mid: int = 0

    @property
    def leaf(self) -> str:
        """The last level of the topic."""
        return self.topic.rpartition("/")[2]

    def with_payload(self, payload: bytes) -> Published:
        """The same message with other content; the packet's length follows when it is encoded."""
        return replace(self, payload=payload)

    def encode(self) -> bytes:
        """The packet."""
        first = PUBLISH << 4 | self.dup << 3 | self.qos << 1 | self.retain
        mid = self.mid.to_bytes(2, "big") if self.qos else b""
        return _packet(first, _text(self.topic) + mid + self.payload)


def kind_of(packet: bytes) -> int:
    """Its kind, 1 to 14."""
    return packet[0] >> 4


def read_publish(packet: bytes) -> Published:
    """A whole PUBLISH packet as a value. Raises PacketError."""
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
    mid = int.from_bytes(packet[topic_end:payload_at], "big")
    return Published(topic, packet[payload_at:], qos, bool(first & 1), bool(first & 8), mid)


def connect(
    client_id: str,
    keepalive_s: int,
    will: Published | None = None,
    username: str | None = None,
    password: str | None = None,
) -> bytes:
    """A CONNECT with a clean session."""
    flags, tail = 0x02, _text(client_id)
    if will is not None:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
        tail += _text(will.topic) + len(will.payload).to_bytes(2, "big") + will.payload
    if username is not None:
        flags |= 0x80
        tail += _text(username)
    if password is not None:
        flags |= 0x40
        tail += _text(password)
    return _packet(CONNECT << 4, _text("MQTT") + bytes((4, flags)) + keepalive_s.to_bytes(2, "big") + tail)


def subscribe(mid: int, filters: list[tuple[str, int]]) -> bytes:
    """A SUBSCRIBE to these topic filters, each with its QoS."""
    asked = b"".join(_text(topic) + bytes((qos,)) for topic, qos in filters)
    return _packet(SUBSCRIBE << 4 | 2, mid.to_bytes(2, "big") + asked)


def puback(mid: int) -> bytes:
    """The acknowledgement of a message of QoS 1."""
    return bytes((PUBACK << 4, 2)) + mid.to_bytes(2, "big")


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _packet(first: int, body: bytes) -> bytes:
    head, length = bytearray((first,)), len(body)
    while True:
        length, digit = length >> 7, length & 0x7F
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body
