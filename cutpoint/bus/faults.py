"""What an unkind network does to messages, on purpose and repeatably."""

from __future__ import annotations

import random
from dataclasses import dataclass

from cutpoint.bus.filters import matches


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities (0..1) of each mishap, for topics that match `topics`.

    `reorder` holds a message back until the next one of the same topic has passed, so the last message of a
    run may stay away: to a receiver that is a loss. `corrupt` flips one bit.
    """

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    topics: str = "#"
    seed: int = 0


class FaultLine:
    """Applies `Faults` to a stream of messages; not thread-safe, the broker calls it under its lock."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._rng = random.Random(faults.seed)
        self._held: dict[str, bytes] = {}

    def passes(self, topic: str, payload: bytes) -> list[bytes]:
        """The payloads that come out for the one that went in, in order."""
        faults, rng = self._faults, self._rng
        if not matches(faults.topics, topic):
            return [payload]
        if rng.random() < faults.drop:
            return []
        if payload and rng.random() < faults.corrupt:
            spoilt = bytearray(payload)
            spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
            payload = bytes(spoilt)
        held = self._held.pop(topic, None)
        if held is None and rng.random() < faults.reorder:
            self._held[topic] = payload
            return []
        out = [payload] * (2 if rng.random() < faults.duplicate else 1)
        if held is not None:
            out.append(held)
        return out
