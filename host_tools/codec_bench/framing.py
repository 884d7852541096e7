"""What a message takes on the wire around the coded tensors, and what MQTT adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cutpoint.wire import DEFAULT_CHUNK_BYTES

HEADER_BYTES = 32
"""Of each chunk (docs/protocol.md, "Frame header")."""
PAYLOAD_HEAD_BYTES = 8
"""Tensor count, setting, operators timed, epoch of the plan."""
RECORD_BYTES = 12
"""In front of each tensor."""
TOPIC = "cutpoint/1/cam-1/act"
"""The topic that MQTT's share is stated for."""


@dataclass(frozen=True, slots=True)
class Message:
    """An activation without a timing block: bytes of all its frames, and how many frames they are."""

    bytes: int
    frames: int

    @property
    def mqtt_bytes(self) -> int:
        """What MQTT adds at QoS 0: a fixed header and the topic, before each frame. TCP, IP and TLS are not in it."""
        largest = -(-self.bytes // self.frames)
        return self.frames * publish_bytes(TOPIC, largest)


def message(tensors: Sequence[int], chunk_bytes: int = DEFAULT_CHUNK_BYTES) -> Message:
    """The activation that carries tensors of so many coded bytes, cut into frames of at most `chunk_bytes`."""
    payload = PAYLOAD_HEAD_BYTES + sum(RECORD_BYTES + coded for coded in tensors)
    frames = max(1, -(-payload // (chunk_bytes - HEADER_BYTES)))
    return Message(payload + frames * HEADER_BYTES, frames)


def publish_bytes(topic: str, payload_bytes: int) -> int:
    """MQTT 3.1.1, section 3.3: type and flags, remaining length of 1 to 4 bytes, topic with its length of 2 bytes."""
    rest = 2 + len(topic.encode()) + payload_bytes
    length = 1
    while rest >= 128:
        rest >>= 7
        length += 1
    return 1 + length + 2 + len(topic.encode())
