"""What is done to single messages on their way: dropped, doubled, held back, cut short, a bit turned."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from host_tools.load.packets import PUBLISH, kind_of, read_publish
from host_tools.load.scenario import Fault

HOLD_S = 0.05
"""How long a message that is to be overtaken waits for another one."""


class Tamperer:
    """Applies the frame faults that are active to the packets of one direction of one connection, in their order.

    Only PUBLISH packets of the faults' topics are touched. `held` is a packet that the next one overtakes.
    """

    def __init__(self, direction: str, draw: float, rng: random.Random, counts: Counter[str]) -> None:
        self.held: bytes | None = None
        self._direction = direction
        self._draw = draw
        self._rng = rng
        self._counts = counts

    def apply(self, packet: bytes, faults: Sequence[Fault]) -> list[bytes]:
        """The packets to send now for this one."""
        held, self.held = self.held, None
        if kind_of(packet) != PUBLISH:
            return [packet] if held is None else [packet, held]
        message = read_publish(packet)
        payload, sent = message.payload, [packet]
        for fault in faults:
            if not sent or not self._hits(fault, message.leaf):
                continue
            kind = fault.what.partition(".")[2]
            if kind == "reorder" and held is not None:
                continue
            self._counts[kind] += 1
            match kind:
                case "drop":
                    sent = []
                case "duplicate":
                    sent = [*sent, sent[-1]]
                case "reorder":
                    self.held = sent.pop()
                case "truncate":
                    payload = payload[: self._rng.randrange(len(payload) + 1)]
                    sent[-1] = message.with_payload(payload)
                case "flip":
                    payload = self._flipped(payload)
                    sent[-1] = message.with_payload(payload)
        return sent if held is None else [*sent, held]

    def _hits(self, fault: Fault, leaf: str) -> bool:
        return (
            fault.direction in ("both", self._direction)
            and self._draw < fault.share
            and leaf in fault.leaves
            and self._rng.random() < fault.rate
        )

    def _flipped(self, payload: bytes) -> bytes:
        if not payload:
            return payload
        spoilt = bytearray(payload)
        spoilt[self._rng.randrange(len(spoilt))] ^= 1 << self._rng.randrange(8)
        return bytes(spoilt)
