"""When a message leaves one direction of an emulated link, or that it never does: arithmetic, no waiting."""

from dataclasses import dataclass

import numpy as np

from host_tools.device.link import Direction

TCP_SEGMENT_BYTES = 1460
"""Payload of a full TCP segment over Ethernet or Wi-Fi (MTU 1,500)."""
TCP_IP_HEADER_BYTES = 40
"""IPv4 (RFC 791) and TCP (RFC 9293) without options."""
RETRANSMIT_US = 200_000
"""What one lost copy costs a message that TCP sends again: the usual least retransmission time-out."""
MOST_COPIES = 10


def wire_bytes(topic: str, payload: int, qos: int) -> int:
    """Bytes on the link for one MQTT 3.1.1 PUBLISH: header, topic, packet id, payload, and TCP/IP headers."""
    body = 2 + len(topic.encode()) + (2 if qos else 0) + payload
    length_bytes = 1 + (body > 127) + (body > 16_383) + (body > 2_097_151)
    packet = 1 + length_bytes + body
    segments = -(-packet // TCP_SEGMENT_BYTES)
    return packet + segments * TCP_IP_HEADER_BYTES


@dataclass(slots=True)
class LineCounters:
    """What happened on one direction since the start. Bytes include headers and copies sent again."""

    messages: int = 0
    bytes: int = 0
    lost: int = 0
    sent_again: int = 0
    overflowed: int = 0
    discarded: int = 0


class Line:
    """One direction: messages queue behind each other, take their time on the line, and arrive in order.

    Not safe for threads; the owner locks. Times are microseconds on the owner's clock.
    """

    def __init__(self, direction: Direction, rng: np.random.Generator) -> None:
        self.direction = direction
        self.counters = LineCounters()
        self._rng = rng
        self._free_us = 0.0
        self._last_due_us = 0.0

    def send(self, now_us: float, size: int, *, droppable: bool) -> float | None:
        """The time at which a message of `size` bytes arrives; None when it is lost.

        A lost message has occupied the line all the same. One that must not be lost is sent again by TCP:
        each lost copy occupies the line once more and delays the message by `RETRANSMIT_US`.
        """
        direction = self.direction
        copies = 1
        lost = bool(direction.loss) and self._rng.random() < direction.loss
        if not droppable:
            while lost and copies < MOST_COPIES:
                copies += 1
                lost = self._rng.random() < direction.loss
        busy_us = direction.compute.draw_us(self._rng) + copies * direction.serialisation_us(size)
        self._free_us = max(now_us, self._free_us) + busy_us
        self.counters.messages += 1
        self.counters.bytes += size * copies
        self.counters.sent_again += copies - 1
        if lost and droppable:
            self.counters.lost += 1
            return None
        due_us = self._free_us + direction.delay.draw_us(self._rng) + (copies - 1) * RETRANSMIT_US
        # One TCP connection delivers in order: a message with a short delay waits for the one before it.
        self._last_due_us = max(due_us, self._last_due_us)
        return self._last_due_us

    def clear(self) -> None:
        """Forget what is on the line: the connection that carried it is gone."""
        self._free_us = 0.0
        self._last_due_us = 0.0
